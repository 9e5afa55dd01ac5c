# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stop_report
short_description: Say what became of sessions that were to be stopped
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the sessions with what became of them, counts the outcomes, says whose files are lost, and writes the command
    that stops those whose files are in their pods.
options:
  _input:
    description: Result of M(eduide.theia.theia_session) with O(eduide.theia.theia_session#module:state=absent).
    type: dict
    required: true
  terms:
    description:
      - Variables of the playbook C(stop_sessions) that decided what was stopped, such as C(max_stop). A command that
        goes on carries them, too.
    type: dict
    default: {}
extends_documentation_fragment:
  - eduide.theia._reports
"""

EXAMPLES = r"""
- name: Stop what a user left
  eduide.theia.theia_session:
    namespace: theia-prod
    state: absent
    users: [ada@example.org]
  register: stopped

- name: Say what became of it
  eduide.theia.theia_report:
    title: stop
    lines: "{{ stopped | eduide.theia.stop_report(would=ansible_check_mode, rows=30) }}"
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
def stop_report(
    context: Context,
    result: Fields,
    *,
    terms: Fields | None = None,
    would: bool = False,
    rows: int | None = None,
) -> list[str]:
    return lines_of(
        "stop_report",
        lambda: _report.stop_report(result, terms=terms or {}, would=would, rows=rows, command=command_of(context)),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"stop_report": stop_report}
