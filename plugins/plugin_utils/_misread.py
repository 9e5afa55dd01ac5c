# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a play that cannot be read, in the words of the filter that reads them.

Ansible tells an error of a filter where the variable is used first, below the name of an unrelated task and inside its
condition.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError

from ansible_collections.eduide.theia.plugins.plugin_utils._reading import Misread


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


def _first_cause(error: BaseException) -> str | None:
    at: BaseException | None = error
    while at is not None and not isinstance(at, Misread):
        # Before ansible-core 2.19 templates hand a cause on as an attribute.
        at = at.__cause__ or getattr(at, "orig_exc", None)
    return None if at is None else str(at)
