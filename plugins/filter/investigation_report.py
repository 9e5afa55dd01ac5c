# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: investigation_report
short_description: Say what is wrong with sessions, and what that rests on
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Says of each session in one sentence what is wrong, how to fix it, and what is known about it.
options:
  _input:
    description: Result of M(eduide.theia.theia_session_diagnosis_info).
    type: dict
    required: true
  asked:
    description: The names and users that were asked for, for the case that nothing was found.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look into a session
  eduide.theia.theia_session_diagnosis_info:
    namespace: theia-prod
    users: [ada@example.org]
  register: found

- name: Say what is wrong
  eduide.theia.theia_report:
    title: investigation
    lines: "{{ found | eduide.theia.investigation_report(asked=['ada@example.org']) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from jinja2 import pass_context
from jinja2.runtime import Context

from ansible_collections.eduide.theia.plugins.module_utils._sessions import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import command_of, lines_of

Fields = t.Mapping[str, t.Any]


@pass_context
def investigation_report(context: Context, found: Fields, asked: t.Sequence[str] = ()) -> list[str]:
    return lines_of(
        "investigation_report",
        lambda: _report.investigation_report(found, asked=asked, command=command_of(context)),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"investigation_report": investigation_report}
