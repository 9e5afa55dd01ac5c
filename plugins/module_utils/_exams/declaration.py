# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody declares as an exam: read, checked, and written the one way in which it is kept."""

from __future__ import annotations

import difflib
import re
import typing as t
from datetime import date, datetime, timedelta, tzinfo

from .._common.timestamps import format_time, is_time_of_day, parse_moment, tell_time
from .._safety.protection import person

DEFAULT_LEAD_MINUTES = 30
# Students submit and read the last message after the bell.
DEFAULT_GRACE_MINUTES = 15
# What is beyond these is a slip: a digit too many, or the wrong year.
MOST_MINUTES = 24 * 60
MOST_HOURS = 7 * 24
MOST_PARTICIPANTS = 100_000
MOST_WARM = 10_000
MOST_OF_A_FIELD = 2**31 - 1

LIMITS = ("max_instances", "timeout_minutes")
MINUTES = {
    "lead_minutes": DEFAULT_LEAD_MINUTES,
    "extra_time_minutes": 0,
    "grace_minutes": DEFAULT_GRACE_MINUTES,
}
FIELDS = ("name", "start", "end", *MINUTES, "participants", "app_definitions", "users")
APP_DEFINITION_FIELDS = ("name", "warm", *LIMITS)
# It becomes part of the names of objects and of labels.
EXAM_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?", re.ASCII)
# As the API server has it.
OBJECT_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)

Entry = t.Mapping[str, t.Any]


class BadDeclaration(ValueError):
    """A declaration that does not say what an exam needs; the text names the field."""


class AppDefinition(t.NamedTuple):
    """What an exam needs of one app definition."""

    name: str
    warm: int = 0
    """Free instances that students should find."""
    max_instances: int | None = None
    timeout_minutes: int | None = None

    @property
    def stated(self) -> dict[str, t.Any]:
        """As it was written, without what was not said."""
        return {field: value for field, value in self._asdict().items() if value is not None}


class Exam(t.NamedTuple):
    """A declared exam, its times in UTC."""

    name: str
    start: datetime
    end: datetime
    lead_minutes: int
    extra_time_minutes: int
    grace_minutes: int
    participants: int | None
    app_definitions: tuple[AppDefinition, ...]
    users: tuple[str, ...]
    """Empty means everybody on these app definitions."""

    @property
    def shield_from(self) -> datetime:
        return self.start - timedelta(minutes=self.lead_minutes)

    @property
    def shield_until(self) -> datetime:
        return self.end + timedelta(minutes=self.extra_time_minutes + self.grace_minutes)

    def written(self) -> dict[str, t.Any]:
        """As it is kept: everything stated, times in UTC."""
        return {
            **self._asdict(),
            "start": format_time(self.start),
            "end": format_time(self.end),
            "app_definitions": [definition.stated for definition in self.app_definitions],
            "users": list(self.users),
        }


def unknown_fields(entry: Entry) -> list[str]:
    """What is stated under a name that no exam and no app definition of one has, and which may be meant."""
    found = _unknown(entry, FIELDS, "")
    for definition in _list(entry, "app_definitions"):
        if isinstance(definition, dict):
            found += _unknown(definition, APP_DEFINITION_FIELDS, f"app_definitions[{definition.get('name')}].")
    return found


def declare(entry: t.Any, *, now: datetime | None, zone: tzinfo | None) -> Exam:
    """Read what somebody declares, and refuse what cannot be meant; BadDeclaration names every field.

    Without a ``now`` a time needs its date.
    """
    if not isinstance(entry, dict):
        raise BadDeclaration(f"an exam is a mapping with {', '.join(FIELDS)}, not {entry!r}")
    problems = _unknown(entry, FIELDS, "")
    try:
        exam = read_exam(entry, lambda text: parse_moment(text, now=now, zone=zone).replace(microsecond=0), zone)
    except BadDeclaration as exc:
        problems.append(str(exc))
    else:
        problems += _slips(exam, entry, zone)
    if problems:
        raise BadDeclaration("; ".join(problems))
    return exam


def read_exam(entry: Entry, read_time: t.Callable[[str], datetime | None], zone: tzinfo | None = None) -> Exam:
    """What a declaration says, whether it can be meant or not; times are told in the zone."""
    start, end = _time(entry, "start", read_time), _time(entry, "end", read_time)
    if end <= start:
        # HH:MM is a time of today, also at 23:48.
        hint = "; one of tomorrow needs its date" if is_time_of_day(str(entry["end"])) else ""
        raise BadDeclaration(f"end {tell_time(end, zone)} is not after start {tell_time(start, zone)}{hint}")
    exam = Exam(
        name=_name(entry.get("name"), "name"),
        start=start,
        end=end,
        **{field: _count(entry, field, default) for field, default in MINUTES.items()},
        participants=_optional_count(entry, "participants"),
        app_definitions=_app_definitions(entry),
        # However somebody is written, it is one user.
        users=tuple({person(user): user for user in (_name(each, "users") for each in _list(entry, "users"))}.values()),
    )
    try:
        _window = exam.shield_from, exam.shield_until
    except OverflowError as exc:
        raise BadDeclaration(
            f"lead_minutes {exam.lead_minutes}, or extra_time_minutes {exam.extra_time_minutes} and grace_minutes "
            f"{exam.grace_minutes}, lead beyond the calendar"
        ) from exc
    return exam


def _slips(exam: Exam, entry: Entry, zone: tzinfo | None) -> list[str]:
    """What can be read and cannot be meant."""
    problems = []
    if not EXAM_NAME.fullmatch(exam.name):
        problems.append(
            f"name {exam.name!r} cannot name an exam: use up to 50 lower-case letters, digits and hyphens, such as "
            "pgdp-final-2027"
        )
    if exam.end - exam.start > timedelta(hours=MOST_HOURS):
        start, end = tell_time(exam.start, zone), tell_time(exam.end, zone)
        problems.append(f"end {end} is more than {MOST_HOURS} h after start {start}")
    for field in MINUTES:
        problems += _too_many(getattr(exam, field), MOST_MINUTES, field)
    problems += _too_many(exam.participants, MOST_PARTICIPANTS, "participants")
    for definition, stated in zip(exam.app_definitions, entry["app_definitions"], strict=True):
        where = f"app_definitions[{definition.name}]."
        problems += _unknown(stated, APP_DEFINITION_FIELDS, where)
        problems += _too_many(definition.warm, MOST_WARM, f"{where}warm")
        for field in LIMITS:
            problems += _too_many(getattr(definition, field), MOST_OF_A_FIELD, where + field)
        if not OBJECT_NAME.fullmatch(definition.name):
            problems.append(f"app_definitions: {definition.name!r} cannot name an object of the cluster")
    problems += _twice([definition.name for definition in exam.app_definitions], "app_definitions")
    problems += [
        f"users: {user!r} looks like several, write a list"
        for user in exam.users
        if re.search(r"[,;\r\n]", user.strip())
    ]
    return problems


def _unknown(entry: Entry, known: t.Sequence[str], where: str) -> list[str]:
    problems = []
    for field in entry:
        if field not in known:
            near = difflib.get_close_matches(str(field), known, n=1)
            problems.append(f"{where}{field} is no field" + (f", {near[0]} perhaps" if near else ""))
    return problems


def _too_many(value: int | None, most: int, field: str) -> list[str]:
    return [f"{field} {value} is more than {most}"] if value is not None and value > most else []


def _twice(names: t.Sequence[str], field: str) -> list[str]:
    return [f"{field} names {name} more than once" for name in sorted({n for n in names if names.count(n) > 1})]


def _time(entry: Entry, field: str, read_time: t.Callable[[str], datetime | None]) -> datetime:
    value = entry.get(field)
    if value is None or value == "":
        raise BadDeclaration(f"{field} is missing")
    try:
        # YAML gives dates and numbers types of their own.
        time = read_time(value.isoformat() if isinstance(value, date) else str(value))
    except (ValueError, OverflowError) as exc:
        raise BadDeclaration(f"{field} {_shown(value)} is not a time ({exc})") from exc
    return t.cast(datetime, time)


def _optional_count(entry: Entry, field: str, where: str = "") -> int | None:
    value = entry.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadDeclaration(f"{where}{field} {value!r} is not a whole number from 0")
    return value


def _count(entry: Entry, field: str, default: int) -> int:
    value = _optional_count(entry, field)
    return default if value is None else value


def _app_definitions(entry: Entry) -> tuple[AppDefinition, ...]:
    stated = _list(entry, "app_definitions")
    if not stated:
        raise BadDeclaration("app_definitions is empty, so nobody could take part")
    return tuple(map(_app_definition, stated))


def _app_definition(stated: t.Any) -> AppDefinition:
    if not isinstance(stated, dict):
        raise BadDeclaration(f"app_definitions has {stated!r} instead of a name and a number")
    name = _name(stated.get("name"), "app_definitions.name")
    where = f"app_definitions[{name}]."
    limits = (_optional_count(stated, field, where) for field in LIMITS)
    return AppDefinition(name, _optional_count(stated, "warm", where) or 0, *limits)


def _list(entry: Entry, field: str) -> list[t.Any]:
    value = entry.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadDeclaration(f"{field} is not a list")
    return value


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        # A number may not be what was written: YAML reads 0123 as 83.
        hint = "" if value is None or isinstance(value, str) else ": it is not text as YAML reads it; put it in quotes"
        raise BadDeclaration(f"{field} {_shown(value)} is not a name{hint}")
    return value


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)
