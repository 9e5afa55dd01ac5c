# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: retention_report
short_description: Say which workspaces were pruned, and when the next ones may go
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists what was deleted, counts what is kept and why, and says from when on the next workspace may go.
options:
  _input:
    description: Result of M(eduide.theia.theia_workspace_info), with its observation.
    type: dict
    required: true
  result:
    description: Result of M(eduide.theia.theia_workspace) for those that were due; empty if none was.
    type: dict
    required: true
  outlook:
    description: What P(eduide.theia.retention_outlook#filter) says.
    type: dict
    required: true
  noted:
    description: Whether the look could be noted.
    type: bool
    default: true
extends_documentation_fragment:
  - eduide.theia._reports
"""

EXAMPLES = r"""
- name: Say what is kept
  eduide.theia.theia_report:
    title: retention
    lines: >-
      {{ seen | eduide.theia.retention_report({}, outlook=seen.workspaces
                                                    | eduide.theia.retention_outlook(180, seen.seen_at)) }}
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._workspaces import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import lines_of

Fields = t.Mapping[str, t.Any]


def retention_report(
    listed: Fields,
    result: Fields,
    *,
    outlook: Fields,
    noted: bool = True,
    would: bool = False,
    rows: int | None = None,
) -> list[str]:
    return lines_of(
        "retention_report",
        lambda: _report.retention_report(listed, result, outlook=outlook, noted=noted, would=would, rows=rows),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"retention_report": retention_report}
