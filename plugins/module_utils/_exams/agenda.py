# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What should hold now, over all exams. It follows from the clock and from what is there, and from no earlier run."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta, tzinfo

from .._common.timestamps import tell_time
from .._safety.shield import Unreadable
from .calendar import Calendar
from .declaration import Exam
from .plan import in_doubt, plan_declared
from .record import Recorded, read_all


class Agenda(t.NamedTuple):
    """What has to be done now, in this order."""

    declare: tuple[Exam, ...]
    """Exams of the calendar whose record is missing or says something else."""
    withdraw: tuple[str, ...]
    """Exams that left the calendar before their lead."""
    warm: tuple[Recorded, ...]
    """Exams that are under way. All of them are held, those that are already included."""
    cool: tuple[str, ...]
    """Exams that are over and hold something."""
    close: tuple[str, ...]
    """Exams that are over, and not closed."""
    next_change_at: datetime | None
    """When the next run has something to do, if nothing else happens."""
    in_doubt: tuple[Recorded, ...] = ()
    """Exams that would be ended, and are not: by this machine's clock their shield holds."""
    closed_early: tuple[Recorded, ...] = ()
    """Exams that somebody closed while the calendar still has them ahead; nothing is done for them."""

    def doubts(self, now: datetime, machine_now: datetime | None, zone: tzinfo | None) -> list[str]:
        """Why these are not ended."""
        return [in_doubt(each, now, machine_now, zone) for each in self.in_doubt] if machine_now else []

    def told_closed_early(self, zone: tzinfo | None) -> list[str]:
        """What is said about these."""
        return ["; ".join(tell_closed_early(each, zone)) for each in self.closed_early]


def agenda(
    calendar: Calendar | None,
    records: t.Iterable[Recorded],
    holding: t.Collection[str],
    now: datetime,
    machine_now: datetime | None = None,
) -> Agenda:
    """Work it out, knowing which exams hold something. No exam is ended that one clock has open.

    Without a calendar the records say what there is.
    """
    found = {recorded.name: recorded for recorded in records}
    ahead = _declarations(calendar, found, now, machine_now)
    known = {**found, **{exam.name: after for exam, after in ahead}}
    withdraw = [name for name, each in known.items() if calendar and _has_left(each, calendar, now)]
    left = {name: each for name, each in known.items() if name not in withdraw}
    under_way = sorted(
        (each for each in left.values() if each.is_open(now)), key=lambda each: (each.shield_from, each.name)
    )
    # One that is declared anew has ended all the same.
    ended = [name for name, each in known.items() if name in withdraw or found.get(name, each).is_over(now)]
    cool = [name for name in ended if name in holding and not known[name].is_open(now)]
    close = [name for name, each in left.items() if each.closed_at is None and now > each.shield_until]
    doubted = [name for name in dict.fromkeys((*withdraw, *cool, *close)) if known[name].is_open(machine_now)]
    return Agenda(
        tuple(exam for exam, _after in ahead),
        tuple(name for name in withdraw if name not in doubted),
        tuple(under_way),
        tuple(name for name in cool if name not in doubted),
        tuple(name for name in close if name not in doubted),
        _next_change(left.values(), now),
        tuple(known[name] for name in doubted),
        _closed_early(calendar, found, now),
    )


class Ahead(t.NamedTuple):
    """The exams that are not over, those of a calendar as if they were declared."""

    exams: tuple[Recorded, ...]
    undeclared: frozenset[str]
    """Those of them that are not on record as the calendar has them."""
    unreadable: tuple[Unreadable, ...]
    closed_early: tuple[Recorded, ...]


def look_ahead(calendar: Calendar | None, config_maps: t.Iterable[t.Mapping[str, t.Any]], now: datetime) -> Ahead:
    """What will be on record once the calendar is carried out."""
    records, unreadable = read_all(config_maps)
    found = {recorded.name: recorded for recorded in records}
    planned = {exam.name: after for exam, after in _declarations(calendar, found, now)}
    exams = tuple(each for each in {**found, **planned}.values() if not each.is_over(now))
    return Ahead(exams, frozenset(planned), unreadable, _closed_early(calendar, found, now))


def tell_closed_early(recorded: Recorded, zone: tzinfo | None) -> tuple[str, str]:
    """What the calendar and the record disagree about, and what to do if the calendar is right."""
    closed = tell_time(t.cast(datetime, recorded.closed_at), zone)
    told = f"it was closed on {closed}, before its time, so nothing is warmed or shielded for it"
    remedy = f"if it takes place, run pre_exam with exam={recorded.name}, which declares it again"
    return f"{recorded.name}: the calendar has it, and {told}", remedy


def _declarations(
    calendar: Calendar | None,
    found: t.Mapping[str, Recorded],
    now: datetime,
    machine_now: datetime | None = None,
) -> list[tuple[Exam, Recorded]]:
    """The exams of a calendar that are not declared as it has them, each with what its record will say."""
    declared = []
    for exam in calendar.exams if calendar else ():
        before = found.get(exam.name)
        if _is_past(before, exam, now):
            continue
        plan = plan_declared(before, exam, now, source="calendar", machine_now=machine_now)
        if plan.action:
            declared.append((exam, plan.after))
    return declared


def _is_past(before: Recorded | None, exam: Exam, now: datetime) -> bool:
    """Whether the entry is of an exam that has ended, by the clock or because somebody closed it."""
    if before is not None and before.is_open(now):
        return False
    return now > exam.shield_until or (before is not None and _was_closed(before, exam))


def _closed_early(calendar: Calendar | None, found: t.Mapping[str, Recorded], now: datetime) -> tuple[Recorded, ...]:
    """One that was closed after its time says nothing that the calendar does not."""
    entries = calendar.exams if calendar else ()
    closed = ((found[exam.name], exam) for exam in entries if exam.name in found and now <= exam.shield_until)
    return tuple(before for before, exam in closed if _was_closed(before, exam))


def _was_closed(before: Recorded, exam: Exam) -> bool:
    """One that is moved to a later time may come back, as may one that was withdrawn before its lead."""
    if before.closed_at is None or before.closed_at < before.shield_from:
        return False
    return exam.start <= max(before.closed_at, before.exam.start)


def _has_left(recorded: Recorded, calendar: Calendar, now: datetime) -> bool:
    """An exam under way stays whatever the calendar says: a revert in git takes nothing from students."""
    return (
        recorded.source == "calendar"
        and recorded.closed_at is None
        and now < recorded.shield_from
        and not calendar.may_have(recorded.name)
    )


def _next_change(records: t.Iterable[Recorded], now: datetime) -> datetime | None:
    times = []
    for recorded in records:
        if recorded.closed_at is None and now < recorded.shield_from:
            times.append(recorded.shield_from)
        elif recorded.is_open(now):
            # At its last second the shield still holds.
            times.append(recorded.shield_until + timedelta(seconds=1))
    return min(times, default=None)
