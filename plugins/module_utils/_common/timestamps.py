# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as the API server writes them: RFC 3339 text and aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

_CLOCK_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def parse_time(text: str | None) -> datetime | None:
    """Read a time with an offset or a ``Z``; None for none."""
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write it with an offset, such as 2027-02-11T09:00:00+01:00")
    return _in_utc(time)


def format_time(time: datetime) -> str:
    """Write a time in UTC to the second, as the API server does."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_until(text: str, *, now: datetime, zone: tzinfo | None) -> datetime:
    """Read the end of an exam: a time with an offset, or ``HH:MM`` of today in a time zone (None: this machine's).

    ValueError if it is neither, or already over.
    """
    if found := _CLOCK_TIME.fullmatch(text.strip()):
        today = now.astimezone(zone)
        time = today.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    else:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise ValueError("it has no offset; write it as 2027-02-11T11:00:00+01:00, or as HH:MM for today")
    time = _in_utc(time)
    if time <= now:
        raise ValueError(f"it is already over: {format_time(time)} is not after {format_time(now)}")
    return time


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"{time.isoformat()} is beyond the calendar in UTC") from exc
