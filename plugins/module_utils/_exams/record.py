# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exam records: what is declared, and which phase an exam is in. A record is a ConfigMap."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._common.timestamps import format_time, parse_time
from .._platform.names import EXAM_RECORD_PREFIX
from .._platform.records import Malformed, Record, of_type, open_record, selector
from .._safety.protection import person
from .._safety.shield import Shield, ShieldedExam, Unreadable

SELECTOR = selector("exam")
HISTORY_LENGTH = 50
DEFAULT_LEAD_MINUTES = 30
# Students submit and read the last message after the bell.
DEFAULT_GRACE_MINUTES = 15

Phase = t.Literal["closed", "declared", "warming", "warm", "running", "cooling"]


class BadDeclaration(ValueError):
    """A declaration that does not say what an exam needs; the text names the field."""


class Exam(t.NamedTuple):
    """A declared exam, its times in UTC."""

    name: str
    start: datetime
    end: datetime
    shield_from: datetime
    shield_until: datetime
    app_definitions: t.Mapping[str, int]
    """Name to the number of free instances that should be warm."""
    users: frozenset[str]
    """Each as ``person`` has it; empty means everybody on these app definitions."""
    participants: int | None
    closed_at: datetime | None
    source: str

    @property
    def shielded(self) -> ShieldedExam:
        """Whom it shields, and when."""
        return ShieldedExam(
            self.name,
            self.shield_from,
            self.shield_until,
            frozenset(self.app_definitions),
            self.users,
            closed=self.closed_at is not None,
        )


def read_records(config_maps: t.Iterable[t.Mapping[str, t.Any]]) -> Shield:
    """Whom all records shield; what cannot be parsed is kept by name, never skipped."""
    exams, unreadable = [], []
    for config_map in config_maps:
        try:
            exams.append(read_record(config_map).shielded)
        except Malformed as exc:
            unreadable.append(Unreadable(exc.record, exc.reason))
    return Shield(tuple(exams), tuple(unreadable))


def read_record(config_map: t.Mapping[str, t.Any]) -> Exam:
    """The exam of one record; Malformed says what is wrong with it."""
    record = open_record(config_map)
    _history(record)
    exam = record.read("exam", lambda declared: parse_exam(of_type(declared, dict)))
    if record.name != record_name(exam.name):
        raise Malformed(
            record.name, f"it holds the exam {exam.name!r}, whose record has to be named {record_name(exam.name)}"
        )
    return exam


def record_name(exam: str) -> str:
    return f"{EXAM_RECORD_PREFIX}{exam}"


def parse_exam(declared: t.Mapping[str, t.Any]) -> Exam:
    """Check a declaration and complete it."""
    start, end = _time(declared, "start"), _time(declared, "end")
    if end <= start:
        raise BadDeclaration(f"end {format_time(end)} is not after start {format_time(start)}")
    shield_from, shield_until = _window(declared, start, end)
    return Exam(
        name=_name(declared.get("name"), "name"),
        start=start,
        end=end,
        shield_from=shield_from,
        shield_until=shield_until,
        app_definitions=_app_definitions(declared),
        users=frozenset(person(_name(user, "users")) for user in _list(declared, "users")),
        participants=_optional_count(declared, "participants"),
        closed_at=_optional_time(declared, "closed_at"),
        source=str(declared.get("source") or "manual"),
    )


def phase(exam: Exam, now: datetime, *, warm: bool) -> Phase:
    """Where an exam stands; ``warm`` says whether its instances are ready."""
    if exam.closed_at is not None:
        return "closed"
    if now < exam.shield_from:
        return "declared"
    if now < exam.start:
        return "warm" if warm else "warming"
    return "running" if now <= exam.shield_until else "cooling"


def with_history(
    config_map: t.Mapping[str, t.Any], *, at: datetime, action: str, run: str, outcome: str, **more: str
) -> dict[str, t.Any]:
    """The record with one more entry in its history, of which the last ones are kept."""
    record = open_record(config_map)
    history = [*_history(record), {"at": format_time(at), "action": action, "run": run, "outcome": outcome, **more}]
    return {**config_map, "data": record.written("history", history[-HISTORY_LENGTH:])}


def _window(declared: t.Mapping[str, t.Any], start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The window that was written down and the one that follows from the declaration: the wider one counts."""
    before = _minutes(declared, "lead_minutes", DEFAULT_LEAD_MINUTES)
    after = _minutes(declared, "extra_time_minutes", 0) + _minutes(declared, "grace_minutes", DEFAULT_GRACE_MINUTES)
    try:
        first, last = start - timedelta(minutes=before), end + timedelta(minutes=after)
    except OverflowError as exc:
        raise BadDeclaration(
            f"{before} minutes before the start or {after} after the end are beyond the calendar"
        ) from exc
    return min(first, _optional_time(declared, "shield_from") or first), max(
        last, _optional_time(declared, "shield_until") or last
    )


def _history(record: Record) -> list[t.Any]:
    found: list[t.Any] = record.read("history", lambda value: of_type(value, list)) if "history" in record.data else []
    return found


def _time(declared: t.Mapping[str, t.Any], field: str) -> datetime:
    time = _optional_time(declared, field)
    if time is None:
        raise BadDeclaration(f"{field} is missing")
    return time


def _optional_time(declared: t.Mapping[str, t.Any], field: str) -> datetime | None:
    value = declared.get(field)
    if value is None:
        return None
    try:
        return parse_time(value)
    except (ValueError, TypeError, OverflowError) as exc:
        raise BadDeclaration(f"{field} {value!r} is not a time ({exc})") from exc


def _optional_count(declared: t.Mapping[str, t.Any], field: str) -> int | None:
    value = declared.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadDeclaration(f"{field} {value!r} is not a whole number from 0")
    return value


def _minutes(declared: t.Mapping[str, t.Any], field: str, default: int) -> int:
    value = _optional_count(declared, field)
    return default if value is None else value


def _app_definitions(declared: t.Mapping[str, t.Any]) -> dict[str, int]:
    entries = _list(declared, "app_definitions")
    if not entries:
        raise BadDeclaration("app_definitions is empty, so nobody could take part")
    wanted = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise BadDeclaration(f"app_definitions has {entry!r} instead of a name and a number")
        wanted[_name(entry.get("name"), "app_definitions.name")] = _optional_count(entry, "warm") or 0
    return wanted


def _list(declared: t.Mapping[str, t.Any], field: str) -> list[t.Any]:
    value = declared.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadDeclaration(f"{field} is not a list")
    return value


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadDeclaration(f"{field} {value!r} is not a name")
    return value
