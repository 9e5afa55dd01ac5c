# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: retention_outlook
short_description: See which workspaces were unused for long enough, and from when the next one will have been
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Sorts workspaces by what a rule of retention says about them. Only observed use counts, never the age alone.
positional: unused_days, now
options:
  _input:
    description:
      - Records of workspaces as RV(eduide.theia.theia_workspace_info#module:workspaces), with their uid, sessions,
        protection and the time since which they are unused.
    type: list
    elements: dict
    required: true
  unused_days:
    description: For how many days nobody may have used a workspace that goes.
    type: int
    required: true
  now:
    description: When the records were read, as RV(eduide.theia.theia_workspace_info#module:seen_at).
    type: str
    required: true
  not_before:
    description: Until this date or time nothing goes. Without an offset it is in UTC.
    type: str
    default: ""
seealso:
  - module: eduide.theia.theia_workspace_info
"""

EXAMPLES = r"""
- name: See all workspaces
  eduide.theia.theia_workspace_info:
    namespace: theia-prod
  register: seen

- name: Say from when the first one may go
  ansible.builtin.debug:
    msg: "{{ (seen.workspaces | eduide.theia.retention_outlook(180, seen.seen_at)).next_at }}"
"""

RETURN = r"""
_value:
  description:
    - C(due) has the uids of those that may go now, the longest unused first; C(next_at) says when the next one may, if
      nobody uses it until then. C(in_use), C(waiting), C(unobserved) and C(protected) count the others.
  type: dict
"""

import typing as t
from datetime import datetime

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.module_utils._workspaces import retention as _retention


def retention_outlook(
    records: t.Sequence[t.Mapping[str, t.Any]], unused_days: int, now: str, not_before: str = ""
) -> dict[str, t.Any]:
    try:
        rule = _retention.read_rule(int(unused_days), not_before)
    except (TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"this rule of retention cannot be used: {exc}") from exc
    try:
        return dict(_retention.outlook(records, rule, datetime.fromisoformat(now)))
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"retention_outlook wants what theia_workspace_info returns: {exc!r}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"retention_outlook": retention_outlook}
