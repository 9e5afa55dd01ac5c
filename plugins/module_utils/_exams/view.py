# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a snapshot says whom exams shield."""

from __future__ import annotations

import typing as t

from .._safety.shield import NOBODY, Shield, unlisted
from .record import read_records

if t.TYPE_CHECKING:
    from .._platform.lists import Snapshot
    from .._platform.snapshot import Part

PARTS: tuple[Part, ...] = ("exams",)


def shield_of(snapshot: Snapshot) -> Shield:
    """The shield of all records; records that could not be listed shield everybody."""
    if "exams" in snapshot.missing:
        return unlisted(snapshot.missing["exams"])
    return NOBODY if snapshot.lists.exams is None else read_records(snapshot.lists.exams)
