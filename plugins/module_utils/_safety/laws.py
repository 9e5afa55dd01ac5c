# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laws that sessions and workspaces share, in the order in which they object."""

from __future__ import annotations

from .case import Case
from .clocks import due_by_one_clock, shielded_by_the_other_clock
from .decision import Law
from .ownership import of_another_user
from .protection import protected
from .shield import shielded

COMMON_LAWS: tuple[Law[Case], ...] = (
    protected,
    shielded,
    shielded_by_the_other_clock,
    of_another_user,
    due_by_one_clock,
)
