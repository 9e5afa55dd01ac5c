# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as the API server writes them: RFC 3339 text and aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_CLOCK_TIME = re.compile(r"([01]?[0-9]|2[0-3]|24(?=:00)):([0-5][0-9])", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_END_OF_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]24:00(?::00)?(Z|[+-]\d{2}:\d{2}|)", re.ASCII)


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


def tell_time(time: datetime, zone: tzinfo | None) -> str:
    """Write a time for people: in a time zone, with UTC beside it, or in UTC alone."""
    utc = time.astimezone(UTC)
    if zone is None:
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    there = utc.astimezone(zone)
    day = "" if there.date() == utc.date() else f"{utc:%Y-%m-%d} "
    return f"{there:%Y-%m-%d %H:%M %Z} ({day}{utc:%H:%M} UTC)"


def read_zone(name: str | None) -> tzinfo | None:
    """The time zone of this name; None for none, and ValueError for one that is not known here."""
    try:
        return ZoneInfo(name) if name else None
    # A folder of zones and a path outside of them are no zones either.
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        if not available_timezones():
            raise ValueError(
                f"{name!r} cannot be looked up: this machine has no time zone data; install the Python package tzdata"
            ) from exc
        raise ValueError(f"{name!r} is not known here; use a name such as Europe/Berlin") from exc


def parse_until(text: str, *, now: datetime, zone: tzinfo | None) -> datetime:
    """Read the end of an exam as ``parse_moment`` does. ValueError if it is no time, or already over."""
    time = parse_moment(text, now=now, zone=zone)
    if time <= now:
        raise ValueError(f"it is already over: {tell_time(time, zone)} is not after {tell_time(now, zone)}")
    return time


def parse_moment(text: str, *, now: datetime | None, zone: tzinfo | None) -> datetime:
    """Read what people write: a time with an offset, one of a time zone, or ``HH:MM`` of today, up to 24:00.

    Without a zone ``HH:MM`` is this machine's, and a date needs an offset; without a ``now`` a date is needed.
    ValueError if it is none of them, or a local time that the change of the clocks leaves out or repeats.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        raise ValueError(f"it is a number, as which YAML reads a time of day without quotes{_meant(int(text))}")
    if _DATE.fullmatch(text):
        raise ValueError("it has no time of day; write it as 2027-02-11T11:00:00+01:00")
    if found := _CLOCK_TIME.fullmatch(text):
        if now is None:
            raise ValueError("it has no date; write it as 2027-02-11T11:00:00+01:00")
        return _in_utc(_local(_at(now.astimezone(zone), int(found[1]), int(found[2])), zone))
    if found := _END_OF_DAY.fullmatch(text):
        time = datetime.fromisoformat(f"{found[1]}T00:00{found[2]}") + timedelta(days=1)
    else:
        try:
            time = datetime.fromisoformat(text)
        except ValueError as exc:
            raise ValueError("write it as 2027-02-11T11:00:00+01:00, or as HH:MM for today") from exc
    if time.tzinfo is not None:
        return _in_utc(time)
    if zone is None:
        raise ValueError(
            "it has no offset, and no time zone is stated, which is theia_time_zone of an inventory; write it as "
            "2027-02-11T11:00:00+01:00, or as HH:MM for today"
        )
    return _in_utc(_local(time, zone))


def is_time_of_day(text: str) -> bool:
    """Whether it is ``HH:MM``, for which the zone has to be known."""
    return _CLOCK_TIME.fullmatch(text.strip()) is not None


def _meant(number: int) -> str:
    """YAML takes 23:59 for a number of base sixty, and 1:00:00 and later times for larger ones."""
    minutes = number // 60 if number >= 60 * 60 else number
    shown = f'"{minutes // 60:02}:{minutes % 60:02}"' if minutes < 24 * 60 else "as 2027-02-11T11:00:00+01:00"
    return f"; put it in quotes, {shown}"


def _at(day: datetime, hour: int, minute: int) -> datetime:
    """The time without a zone; 24:00 is the next day's first."""
    return day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(hours=hour, minutes=minute)


def _local(time: datetime, zone: tzinfo | None) -> datetime:
    """This local time in its zone, if there is exactly one."""
    first, second = (
        (time.replace(fold=fold).astimezone() if zone is None else time.replace(fold=fold, tzinfo=zone))
        for fold in (0, 1)
    )
    before, after = first.utcoffset() or timedelta(0), second.utcoffset() or timedelta(0)
    if before < after:
        raise ValueError(f"{time:%H:%M} does not exist on {time:%Y-%m-%d}, the clocks are put forward then")
    if before > after:
        raise ValueError(
            f"{time:%H:%M} comes twice on {time:%Y-%m-%d}, the clocks are put back then; write it with an offset, "
            f"{first.isoformat()} or {second.isoformat()}"
        )
    return first


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"{time.isoformat()} is beyond the calendar in UTC") from exc
