# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: delete_report
short_description: Say what became of workspaces that were to be deleted
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the workspaces with what becomes of their files, the sessions on them, those in use, and the steps that bring
    files back.
options:
  _input:
    description: Result of M(eduide.theia.theia_workspace) with O(eduide.theia.theia_workspace#module:state=absent).
    type: dict
    required: true
  terms:
    description:
      - Variables of the playbook C(delete_workspaces) that decided what was destroyed, such as C(live_sessions) and
        C(volume). A command that goes on carries them, too.
    type: dict
    default: {}
extends_documentation_fragment:
  - eduide.theia._reports
"""

EXAMPLES = r"""
- name: Delete what a user has
  eduide.theia.theia_workspace:
    namespace: theia-prod
    users: [ada@example.org]
  register: deleted

- name: Say what became of it
  eduide.theia.theia_report:
    title: delete
    lines: "{{ deleted | eduide.theia.delete_report(would=ansible_check_mode, rows=30) }}"
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

from ansible_collections.eduide.theia.plugins.module_utils._workspaces import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import command_of, lines_of

Fields = t.Mapping[str, t.Any]


@pass_context
def delete_report(
    context: Context,
    result: Fields,
    *,
    terms: Fields | None = None,
    would: bool = False,
    rows: int | None = None,
) -> list[str]:
    return lines_of(
        "delete_report",
        lambda: _report.delete_report(result, terms=terms or {}, would=would, rows=rows, command=command_of(context)),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"delete_report": delete_report}
