# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exam records: what is declared, what was done about it, and which phase an exam is in. A record is a ConfigMap."""

from __future__ import annotations

import math
import typing as t
from datetime import datetime

from .._common.timestamps import format_time, parse_time
from .._platform.names import EXAM_RECORD_PREFIX
from .._platform.records import Malformed, Record, new_record, of_type, open_record, selector
from .._safety.protection import person
from .._safety.shield import Shield, ShieldedExam, Unreadable
from .declaration import BadDeclaration, Exam, read_exam

SELECTOR = selector("exam")
HISTORY_LENGTH = 50
# Sessions of an exam may last so much longer than its shield, and its end may move as far without another patch.
SPARE_MINUTES = 60

Phase = t.Literal["closed", "declared", "warming", "warm", "running", "cooling"]
Source = t.Literal["calendar", "manual"]


class Recorded(t.NamedTuple):
    """An exam as it is on record. Its shield may be wider than what is declared by now."""

    exam: Exam
    shield_from: datetime
    shield_until: datetime
    closed_at: datetime | None
    source: Source

    @property
    def name(self) -> str:
        return self.exam.name

    @property
    def shielded(self) -> ShieldedExam:
        """Whom it shields, and when."""
        return ShieldedExam(
            self.name,
            self.shield_from,
            self.shield_until,
            frozenset(definition.name for definition in self.exam.app_definitions),
            frozenset(map(person, self.exam.users)),
            closed=self.closed_at is not None,
        )

    @property
    def session_minutes(self) -> int:
        """How long a session of it may have to last: as long as the shield, and some time to spare."""
        return math.ceil((self.shield_until - self.shield_from).total_seconds() / 60) + SPARE_MINUTES

    def is_open(self, *clocks: datetime | None) -> bool:
        """Whether its shield holds now, by any of the clocks that may be right."""
        return self.closed_at is None and any(self.shield_from <= now <= self.shield_until for now in clocks if now)

    def is_over(self, now: datetime) -> bool:
        """Whether it shields nobody any more."""
        return self.closed_at is not None or now > self.shield_until


def read_records(config_maps: t.Iterable[t.Mapping[str, t.Any]]) -> Shield:
    """Whom all records shield; what cannot be parsed is kept by name, never skipped."""
    exams, unreadable = read_all(config_maps)
    return Shield(tuple(recorded.shielded for recorded in exams), unreadable)


def read_all(config_maps: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[list[Recorded], tuple[Unreadable, ...]]:
    """The exams on record, and the records that cannot be read."""
    exams, unreadable = [], []
    for config_map in config_maps:
        try:
            exams.append(read_record(config_map))
        except Malformed as exc:
            unreadable.append(Unreadable(exc.record, exc.reason))
    return exams, tuple(unreadable)


def read_record(config_map: t.Mapping[str, t.Any]) -> Recorded:
    """The exam of one record; Malformed says what is wrong with it."""
    record = open_record(config_map)
    _history(record)
    recorded = record.read("exam", lambda value: _read(of_type(value, dict)))
    if record.name != record_name(recorded.name):
        raise Malformed(
            record.name,
            f"it holds the exam {recorded.name!r}, whose record has to be named {record_name(recorded.name)}",
        )
    return recorded


def read_history(config_map: t.Mapping[str, t.Any]) -> list[t.Any]:
    return _history(open_record(config_map))


def record_name(exam: str) -> str:
    return f"{EXAM_RECORD_PREFIX}{exam}"


def write_record(
    namespace: str, recorded: Recorded, before: t.Mapping[str, t.Any] | None, entry: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """The ConfigMap for this exam, with one more entry in its history; it replaces the one that was read, if any."""
    history = read_history(before) if before else []
    values = {"exam": describe(recorded), "history": [*history, entry][-HISTORY_LENGTH:]}
    version = before["metadata"].get("resourceVersion") if before else None
    return new_record("exam", record_name(recorded.name), namespace, values, resource_version=version)


def describe(recorded: Recorded) -> dict[str, t.Any]:
    """As it is kept and shown: the declaration and what follows from it, times in UTC."""
    return {
        **recorded.exam.written(),
        "shield_from": format_time(recorded.shield_from),
        "shield_until": format_time(recorded.shield_until),
        "closed_at": format_time(recorded.closed_at) if recorded.closed_at else None,
        "source": recorded.source,
    }


def phase(recorded: Recorded, now: datetime, *, warm: bool) -> Phase:
    """Where an exam stands; ``warm`` says whether its instances are ready."""
    if recorded.closed_at is not None:
        return "closed"
    if now < recorded.shield_from:
        return "declared"
    if now < recorded.exam.start:
        return "warm" if warm else "warming"
    return "running" if now <= recorded.shield_until else "cooling"


def history_entry(at: datetime, action: str, run: str, outcome: str, **more: str) -> dict[str, t.Any]:
    return {"at": format_time(at), "action": action, "run": run, "outcome": outcome, **more}


def with_history(
    config_map: t.Mapping[str, t.Any], *, at: datetime, action: str, run: str, outcome: str, **more: str
) -> dict[str, t.Any]:
    """The record with one more entry in its history, of which the last ones are kept."""
    record = open_record(config_map)
    history = [*_history(record), history_entry(at, action, run, outcome, **more)]
    return {**config_map, "data": record.written("history", history[-HISTORY_LENGTH:])}


def _read(value: dict[str, t.Any]) -> Recorded:
    """The window that was written down and the one that follows from the declaration: the wider one counts."""
    exam = read_exam(value, parse_time)
    first, last = _optional_time(value, "shield_from"), _optional_time(value, "shield_until")
    return Recorded(
        exam,
        shield_from=min(exam.shield_from, first or exam.shield_from),
        shield_until=max(exam.shield_until, last or exam.shield_until),
        closed_at=_optional_time(value, "closed_at"),
        source="calendar" if value.get("source") == "calendar" else "manual",
    )


def _history(record: Record) -> list[t.Any]:
    found: list[t.Any] = record.read("history", lambda value: of_type(value, list)) if "history" in record.data else []
    return found


def _optional_time(value: t.Mapping[str, t.Any], field: str) -> datetime | None:
    stated = value.get(field)
    try:
        return parse_time(stated)
    except (ValueError, TypeError, OverflowError) as exc:
        raise BadDeclaration(f"{field} {stated!r} is not a time ({exc})") from exc
