# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: workspace_table
short_description: Show workspaces as a table that people read
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Aligns workspaces under headings, those that something went wrong with first, with ages and sizes in human units.
    Why something was done or left undone stands below each. Columns in which nothing is known of any are left out.
options:
  _input:
    description: Records of workspaces as RV(eduide.theia.theia_workspace_info#module:workspaces).
    type: list
    elements: dict
    required: true
  outcomes:
    description: What became of workspaces, as RV(eduide.theia.theia_workspace#module:workspaces).
    type: list
    elements: dict
    default: []
  limit:
    description: Show only so many rows, and count the others. All of them if not set.
    type: int
seealso:
  - plugin: eduide.theia.session_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: See the largest workspaces
  eduide.theia.theia_workspace_info:
    namespace: theia-prod
    sort_by: size
    limit: 20
  register: seen

- name: Show them
  eduide.theia.theia_report:
    title: workspaces
    lines: "{{ seen.workspaces | eduide.theia.workspace_table }}"
"""

RETURN = r"""
_value:
  description: The lines of the table, the headings first.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.module_utils._workspaces import table as _workspace_table

Records = t.Sequence[t.Mapping[str, t.Any]]


def workspace_table(records: Records, outcomes: Records = (), limit: int | None = None) -> list[str]:
    try:
        return _workspace_table.workspace_table(records, outcomes=outcomes, limit=limit).split("\n")
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(
            f"workspace_table wants records as theia_workspace_info returns them: {exc!r}"
        ) from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"workspace_table": workspace_table}
