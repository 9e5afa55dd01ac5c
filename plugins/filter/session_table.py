# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: session_table
short_description: Show sessions as a table that people read
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Aligns sessions under headings, those that something was done about first, then the worst, with ages and sizes in
    human units. What is wrong, or why something was done, stands below each. Columns in which nothing is known of
    anybody are left out.
options:
  _input:
    description: Records of sessions as RV(eduide.theia.theia_session_info#module:sessions).
    type: list
    elements: dict
    required: true
  outcomes:
    description: What became of sessions, as RV(eduide.theia.theia_session#module:sessions).
    type: list
    elements: dict
    default: []
  limit:
    description: Show only so many rows, and count the others. All of them if not set.
    type: int
seealso:
  - plugin: eduide.theia.with_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: See who is in trouble
  eduide.theia.theia_session_info:
    namespace: theia-prod
    findings: [failed, stuck_starting, no_url]
  register: seen

- name: Show it
  eduide.theia.theia_report:
    title: in trouble
    lines: "{{ seen.sessions | eduide.theia.session_table(limit=20) }}"
"""

RETURN = r"""
_value:
  description: The lines of the table, the headings first.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.module_utils._sessions import table as _table

Records = t.Sequence[t.Mapping[str, t.Any]]


def session_table(records: Records, outcomes: Records = (), limit: int | None = None) -> list[str]:
    try:
        return _table.session_table(records, outcomes=outcomes, limit=limit).split("\n")
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(f"session_table wants records as theia_session_info returns them: {exc!r}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"session_table": session_table}
