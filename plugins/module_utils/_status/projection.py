# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an installation will be empty, if sessions go on ending as they did while somebody looked."""

from __future__ import annotations

import math
import typing as t
from datetime import datetime, timedelta, tzinfo

from .._common.sentences import counted
from .._common.timestamps import format_time


class Present(t.NamedTuple):
    """Who was there at one look."""

    at: datetime
    sessions: frozenset[str]
    """Their uids."""


def project(first: Present, last: Present, zone: tzinfo | None) -> dict[str, t.Any]:
    """How many ended and came between two looks, and when nobody is left at that rate; with the basis in words."""
    ended, came, left = first.sessions - last.sessions, last.sessions - first.sessions, len(last.sessions)
    elapsed = last.at - first.at
    empty_at = _empty_at(last, elapsed, len(ended))
    return {
        "from": format_time(first.at),
        "to": format_time(last.at),
        "ended": len(ended),
        "came": len(came),
        "left": left,
        "empty_at": format_time(empty_at) if empty_at else None,
        "sentence": _tell(first, last, empty_at, zone),
    }


def _empty_at(last: Present, elapsed: timedelta, ended: int) -> datetime | None:
    if not last.sessions:
        return last.at
    return last.at + elapsed * (len(last.sessions) / ended) if ended else None


def _tell(first: Present, last: Present, empty_at: datetime | None, zone: tzinfo | None) -> str:
    ended, came, left = first.sessions - last.sessions, last.sessions - first.sessions, len(last.sessions)
    minutes = math.ceil((last.at - first.at).total_seconds() / 60)
    basis = f"{len(ended)} of {counted(len(first.sessions), 'session')} ended in {counted(minutes, 'minute')}"
    basis += f", {len(came)} came" if came else ""
    if not left:
        return f"empty since {_clock(last.at, zone)}: {basis}" if ended else "empty: there is no session"
    are = "is" if left == 1 else "are"
    if empty_at is None:
        return f"nobody can say when it will be empty: {basis}, {left} {are} left"
    return f"empty at about {_clock(empty_at, zone)}: {basis}, {left} {are} left"


def _clock(time: datetime, zone: tzinfo | None) -> str:
    return f"{time.astimezone(zone):%H:%M}" if zone else f"{time:%H:%M} UTC"
