# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which workspaces are meant."""

    DOCUMENTATION = r"""
options:
  names:
    description: Names of workspaces. A name says nothing about which workspace of that name it is; O(uids) do.
    type: list
    elements: str
  uids:
    description: Uids of workspaces.
    type: list
    elements: str
  users:
    description: Users whose workspaces are meant, compared exactly.
    type: list
    elements: str
  app_definitions:
    description:
      - App definitions that the workspaces were last used with. One that neither exists nor has workspaces is an error.
    type: list
    elements: str
  exam:
    description: Name of an open exam that the workspaces' app definitions and users are part of.
    type: str
  in_use:
    description: Only those with a live session on them, or only those without.
    type: bool
  older_than_days:
    description: Only workspaces created at least so long ago. It says nothing about their use.
    type: int
  unused_days:
    description:
      - Only workspaces that were seen unused for so long, without a gap in the looks.
      - The platform keeps no time of last use. What is known is what
        O(eduide.theia.theia_workspace#module:state=observed) noted, so on a new
        installation this selects nothing for so many days.
    type: int
  max_gap_hours:
    description:
      - The longest time between two looks. After a longer one it is not known what was used meanwhile, and the time
        that O(unused_days) counts begins anew.
      - A session that began and ended between two looks was not seen, so look more often than your sessions last. Only
        if its pod mounted the workspace, and if the cluster notes when pods leave a claim (Kubernetes from 1.37 on),
        does it count all the same.
    type: int
    default: 26
  sort_by:
    description:
      - The oldest, the one used longest ago, or the largest first; by name if not set.
      - Workspaces of which it is not known come last.
    type: str
    choices: [created, last_used, size]
  limit:
    description: Only so many, the first of the sorted ones.
    type: int
"""
