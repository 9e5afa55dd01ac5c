# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unlock_report
short_description: Say what keeps a user from starting sessions
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Says what is wrong with the sessions of a user, what was removed, and what else keeps the user out.
options:
  _input:
    description: Result of M(eduide.theia.theia_session_diagnosis_info) for this user.
    type: dict
    required: true
  result:
    description: Result of M(eduide.theia.theia_session) for the dead sessions; empty if there were none.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look into what a user has
  eduide.theia.theia_session_diagnosis_info:
    namespace: theia-prod
    users: [ada@example.org]
  register: found

- name: Say what keeps the user out
  eduide.theia.theia_report:
    title: ada@example.org
    lines: "{{ found | eduide.theia.unlock_report({}) }}"
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
def unlock_report(context: Context, found: Fields, result: Fields) -> list[str]:
    return lines_of("unlock_report", lambda: _report.unlock_report(found, result, command=command_of(context)))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"unlock_report": unlock_report}
