# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of an exam's record: declared, changed, extended, closed. A shield that holds only grows."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta, tzinfo

from .._common.errors import EduideError
from .._common.sentences import nearest
from .._common.timestamps import format_time, tell_time
from .._safety.clocks import apart
from .._safety.protection import person
from .declaration import Entry, Exam
from .record import Recorded, Source

# Instances that are warm long before an exam cost their nodes all that time.
MOST_AHEAD_HOURS = 12

Action = t.Literal["declared", "changed", "extended", "reopened", "closed", "closed_early", "withdrawn"]


class Refused(EduideError):
    """The exam cannot be declared or closed like this; the text says why and what to do."""


class Plan(t.NamedTuple):
    """What the record will say, and why it is written; without an action it stays as it is."""

    action: Action | None
    after: Recorded
    note: str | None = None
    """What was left out of a declaration and stays all the same."""


def complete(stated: Entry, before: Recorded | None, name: str, now: datetime, zone: tzinfo | None) -> Entry:
    """The whole declaration: with app definitions it is stated anew, without them it changes the one on record."""
    current = None if before is None or before.is_over(now) else before
    if "app_definitions" in stated:
        start = current.exam.written()["start"] if current else format_time(now)
        return {"name": name, "start": start, **stated}
    if current is not None:
        return {**current.exam.written(), **stated}
    told = f"{_told_end(before, zone)}; " if before else ""
    raise Refused(f"exam {name}: {told}state its app_definitions and end to declare it anew")


def unknown(name: str, known: t.Collection[str], remedy: str) -> Refused:
    """There is no such exam; what there is may be what was meant."""
    there = f"on record are {', '.join(sorted(known))}" if known else "no exam is on record"
    perhaps = nearest(name, known, before=", and ")
    return Refused(f"exam {name}: it has no record here, {there}{perhaps}; {remedy}", known=sorted(known))


def due_from(shield_from: datetime) -> datetime:
    """From when on an exam may be warmed without a word of its own."""
    return shield_from - timedelta(hours=MOST_AHEAD_HOURS)


def plan_declared(
    before: Recorded | None,
    exam: Exam,
    now: datetime,
    *,
    source: Source = "manual",
    must_be_due: bool = False,
    zone: tzinfo | None = None,
    machine_now: datetime | None = None,
) -> Plan:
    """Put a declaration on record. While its shield holds, by either clock, nothing that it covers is taken out."""
    if before is None or not before.is_open(now, machine_now):
        after, note = Recorded(exam, exam.shield_from, exam.shield_until, None, source), None
    else:
        after, note = _grown(before, exam, source, zone)
    if after.is_over(now):
        raise Refused(f"exam {exam.name}: {_told_end(after, zone)}; state an end that is still to come")
    if must_be_due and now < (first := due_from(after.shield_from)):
        raise Refused(
            f"exam {exam.name}: it starts on {tell_time(exam.start, zone)}, and now it is {tell_time(now, zone)}; run "
            f"this from {tell_time(first, zone)} on, {MOST_AHEAD_HOURS} h before its lead, or do without must_be_due "
            "(early=true in pre_exam)"
        )
    return Plan(_why(before, after, now), after, note)


def plan_closed(
    before: Recorded | None,
    name: str,
    known: t.Collection[str],
    now: datetime,
    *,
    reason: str | None = None,
    zone: tzinfo | None = None,
    machine_now: datetime | None = None,
) -> Plan:
    """End an exam. While its shield holds, by either clock, that takes a reason; before it it is only withdrawn."""
    if before is None:
        raise unknown(name, known, "name the exam that is to be closed")
    if before.closed_at is not None:
        return Plan(None, before)
    after = before._replace(closed_at=now.replace(microsecond=0))
    if not before.is_open(now, machine_now):
        return Plan("withdrawn" if now < before.shield_from else "closed", after)
    if reason:
        return Plan("closed_early", after)
    if machine_now and not before.is_open(now):
        raise Refused(in_doubt(before, now, machine_now, zone))
    raise Refused(
        f"exam {name}: it shields its students until {tell_time(before.shield_until, zone)}, and now it is "
        f"{tell_time(now, zone)}; close it after that, or say end_early_reason"
    )


def in_doubt(recorded: Recorded, now: datetime, machine_now: datetime, zone: tzinfo | None) -> str:
    """Why an exam is not ended whose shield holds by this machine's clock alone."""
    return (
        f"exam {recorded.name}: by the clock of this machine it shields its students until "
        f"{tell_time(recorded.shield_until, zone)}, and by the API server's it is {tell_time(now, zone)}: "
        f"{apart(now, machine_now)}; set right the one that is wrong, or close it with end_early_reason"
    )


def _grown(before: Recorded, exam: Exam, source: Source, zone: tzinfo | None) -> tuple[Recorded, str | None]:
    """What the record covers already, and what the declaration adds to it."""
    known, stated = ({each.name: each for each in e.app_definitions} for e in (before.exam, exam))
    everybody = not (before.exam.users and exam.users)
    users = {} if everybody else {person(user): user for user in (*before.exam.users, *exam.users)}
    after = Recorded(
        exam._replace(app_definitions=tuple((known | stated).values()), users=tuple(users.values())),
        min(before.shield_from, exam.shield_from),
        max(before.shield_until, exam.shield_until),
        None,
        source,
    )
    stays = [f"app definition {name}" for name in known if name not in stated]
    if after.shield_until > exam.shield_until:
        stays.append(f"its end, {tell_time(after.shield_until, zone)}")
    if users.keys() != set(map(person, exam.users)):
        stays.append("whom it shields")
    if not stays:
        return after, None
    return after, (
        f"exam {exam.name}: it is under way and its shield only grows, so this stays: {', '.join(stays)}; only closing "
        "the exam with end_early_reason makes it smaller"
    )


def _why(before: Recorded | None, after: Recorded, now: datetime) -> Action | None:
    if before == after:
        return None
    if before is None or (before.closed_at is None and before.is_over(now)):
        return "declared"
    if before.closed_at is not None:
        return "reopened"
    return "extended" if after.shield_until > before.shield_until else "changed"


def _told_end(recorded: Recorded, zone: tzinfo | None) -> str:
    ended = recorded.closed_at or recorded.shield_until
    return f"it ended on {tell_time(ended, zone)}"
