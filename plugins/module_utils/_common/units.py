# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths of time and amounts of memory as people read them."""

from __future__ import annotations

from datetime import timedelta

NOTHING = "-"


def span(time: timedelta | float | None) -> str:
    """A length of time, given or in seconds, in at most two units: ``45s``, ``12m``, ``3h05m``, ``2d4h``."""
    if time is None:
        return NOTHING
    whole = max(0, int(time.total_seconds() if isinstance(time, timedelta) else time))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 60:
        return f"{whole}s"
    if hours < 1:
        return f"{minutes}m"
    return f"{hours}h{minutes % 60:02}m" if days < 1 else f"{days}d{hours % 24}h"


def size(count: float | None) -> str:
    """Bytes in binary units, three digits: ``812MiB``, ``1.5GiB``."""
    if count is None:
        return NOTHING
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f}{unit}" if unit == "B" or value >= 10 else f"{value:.1f}{unit}"
        value /= 1024
    return f"{value:.1f}TiB"
