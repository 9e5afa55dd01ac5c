# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of the filters that tell what a run did."""

    DOCUMENTATION = r"""
options:
  would:
    description: Whether this is a prediction of check mode, which is told in the conditional.
    type: bool
    default: false
  rows:
    description: Most rows of a table; the others are counted. All of them if not set.
    type: int
"""
