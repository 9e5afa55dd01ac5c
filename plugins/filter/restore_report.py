# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: restore_report
short_description: Say where files are that were to come back
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Shows the workspace that got its files back, or where they are and how to go on if a step did not work.
options:
  _input:
    description: Result of M(eduide.theia.theia_workspace) with O(eduide.theia.theia_workspace#module:volume_from).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Give a student back what was kept
  eduide.theia.theia_workspace:
    namespace: theia-prod
    state: present
    volume_from: ws-java-17-latest-ada
  register: restored

- name: Say where the files are
  eduide.theia.theia_report:
    title: restore
    lines: "{{ restored | eduide.theia.restore_report }}"
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


@pass_context
def restore_report(context: Context, result: t.Mapping[str, t.Any]) -> list[str]:
    return lines_of("restore_report", lambda: _report.restore_report(result, command=command_of(context)))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"restore_report": restore_report}
