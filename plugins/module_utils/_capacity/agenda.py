# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What should be done now over all exams, by what they hold and by what another client made of it."""

from __future__ import annotations

import typing as t
from datetime import datetime, tzinfo

from .._common.timestamps import format_time, tell_time
from .._exams.agenda import Agenda, Holds, agenda
from .drift import Deviation, deviations, tell_fight, tell_repair

if t.TYPE_CHECKING:
    from .._exams.calendar import Calendar
    from .._exams.record import Recorded
    from .._platform.rows import AppDefinitionRow
    from .._safety.shield import Unreadable
    from .ledger import Ledger

Step = dict[str, str]


class Due(t.NamedTuple):
    """What is to be done."""

    agenda: Agenda
    holds: Holds
    repairs: t.Mapping[str, t.Sequence[Deviation]]
    """By app definition that an exam holds, the values that are put right."""
    fights: t.Sequence[str]
    """What is left as it is, because another client would undo it again."""


def due_now(
    calendar: Calendar | None,
    records: t.Iterable[Recorded],
    ledger: Ledger,
    apps: t.Iterable[AppDefinitionRow],
    now: datetime,
    *,
    machine_now: datetime | None,
) -> Due:
    holds = _holds(ledger)
    repairs, fights = {}, []
    for name, found in _deviations(apps, ledger).items():
        if fought := [each for each in found if each.fought(format_time(now))]:
            fights.append(tell_fight(name, fought))
        else:
            repairs[name] = found
    return Due(agenda(calendar, records, holds, now, machine_now), holds, repairs, fights)


def _holds(ledger: Ledger) -> Holds:
    draining = tuple(
        next(iter(entry.holds)) for entry in ledger.entries.values() if entry.holds and not entry.open_holds
    )
    return Holds(frozenset(ledger.open_exams), draining)


def _deviations(apps: t.Iterable[AppDefinitionRow], ledger: Ledger) -> dict[str, list[Deviation]]:
    """By app definition that an exam holds, the values that are not what the ledger wants."""
    found = {}
    for app in apps:
        entry = ledger.entries.get(app.name)
        if entry and entry.open_holds and entry.uid == app.uid and (each := deviations(app, entry)):
            found[app.name] = each
    return found


def steps_of(found: Due, now: datetime, zone: tzinfo | None) -> t.Iterator[Step]:
    """What would change, and why."""
    due, holds, repairs = found.agenda, found.holds, dict(found.repairs)
    for exam in due.declare:
        window = f"from {tell_time(exam.start, zone)} to {tell_time(exam.end, zone)}"
        yield _step("declare", exam.name, f"the calendar has it {window}, and its record does not say so")
    for name in due.withdraw:
        yield _step("withdraw", name, "it left the calendar before its lead")
    for recorded in due.warm:
        if recorded.name not in holds.open:
            why = f"its lead began on {tell_time(recorded.shield_from, zone)}"
            yield _step("warm", recorded.name, f"{why}, and it holds nothing yet")
            continue
        for app in recorded.exam.app_definitions:
            if app.name in repairs:
                changed = repairs.pop(app.name)
                do = "repair" if any(one.by_another_client for one in changed) else "finish"
                yield _step(do, recorded.name, tell_repair(app.name, changed))
    for name in due.cool:
        held = "it holds instances" if name in holds.open else "its instances are not lowered yet"
        yield _step("cool", name, f"it is over, and {held}")
    for name in due.close:
        yield _step("close", name, f"it is over by {tell_time(now, zone)}")


def _step(do: str, exam: str, why: str) -> Step:
    return {"do": do, "exam": exam, "why": why}


def problems_of(calendar: Calendar | None, unreadable: t.Iterable[Unreadable]) -> list[str]:
    """What keeps a single exam from being seen to; the others are."""
    broken = calendar.broken if calendar else ()
    return [
        *(f"entry {entry.label} of the calendar: {entry.problem}" for entry in broken),
        *(f"ConfigMap {each.record}: {each.reason}; every live session is shielded" for each in unreadable),
    ]
