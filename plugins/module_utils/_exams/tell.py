# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exam in a sentence for people, its times in their time zone and in UTC."""

from __future__ import annotations

import typing as t
from datetime import datetime, tzinfo

from .._common.timestamps import tell_time

if t.TYPE_CHECKING:
    from .record import Recorded


def tell(recorded: Recorded, now: datetime, zone: tzinfo | None, *, would: bool = False) -> str:
    """When an exam is, and how long its shield holds, in a sentence for people; closing it may be a prediction."""
    if recorded.closed_at is not None:
        words = ("would be withdrawn", "would end") if would else ("was withdrawn", "ended")
        became = words[0] if recorded.closed_at < recorded.shield_from else words[1]
        return f"{recorded.name} {became} on {tell_time(recorded.closed_at, zone)}"
    if now > recorded.shield_until:
        return f"{recorded.name} was over on {tell_time(recorded.shield_until, zone)}, and is not closed"
    exam = recorded.exam
    return (
        f"{recorded.name} lasts from {tell_time(exam.start, zone)} to {tell_time(exam.end, zone)}; nobody in it is "
        f"stopped from {tell_time(recorded.shield_from, zone)} to {tell_time(recorded.shield_until, zone)}"
    )
