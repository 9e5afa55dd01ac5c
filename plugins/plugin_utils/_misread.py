# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a play that cannot be read, in the words of the filter that reads them, and those that nobody reads.

Ansible tells an error of a filter where the variable is used first, below the name of an unrelated task and inside its
condition.
"""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleError

from ansible_collections.eduide.theia.plugins.plugin_utils._reading import Misread, nearest

_READ = re.compile(r"\b(\w+) \| default\(")


def misread(names: t.Iterable[str], value_of: t.Callable[[str], t.Any]) -> list[str]:
    """Each problem once. What else is wrong with a variable is told by whoever uses it."""
    problems: dict[str, None] = {}
    for name in names:
        try:
            value_of(name)
        except AnsibleError as exc:
            if problem := _first_cause(exc):
                problems[problem] = None
    return list(problems)


def misspelt(variables: t.Mapping[str, t.Any], stated: t.Iterable[str]) -> list[str]:
    """What was stated under a name that is nearly one of those that the variables of the play read.

    Other names may be meant for a role, or stand in a file that several playbooks get.
    """
    known = _known(variables)
    near = {name: nearest(name, sorted(known)) for name in stated if name not in known and name not in variables}
    return [
        f"{name}: this playbook has no such variable; {meant} is perhaps meant" for name, meant in near.items() if meant
    ]


def fields_of_exams(variables: t.Mapping[str, t.Any], stated: t.Iterable[str]) -> list[str]:
    """What only an entry of a calendar has, stated as a variable of a play that reads calendars but not this."""
    known = _known(variables)
    if "theia_exams" not in known:
        return []
    # Most playbooks read no calendar.
    from ansible_collections.eduide.theia.plugins.module_utils._exams.declaration import APP_DEFINITION_FIELDS, FIELDS

    return sorted({*FIELDS, *APP_DEFINITION_FIELDS}.intersection(stated) - known)


def _known(variables: t.Mapping[str, t.Any]) -> set[str]:
    return {name for text in variables.values() if isinstance(text, str) for name in _READ.findall(text)}


def _first_cause(error: BaseException) -> str | None:
    at: BaseException | None = error
    while at is not None and not isinstance(at, Misread):
        # Before ansible-core 2.19 templates hand a cause on as an attribute.
        at = at.__cause__ or getattr(at, "orig_exc", None)
    return None if at is None else str(at)
