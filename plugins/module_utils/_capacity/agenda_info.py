# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_agenda_info) does: it reads calendar, records and ledger, and tells what should be done now."""

from __future__ import annotations

import typing as t
from datetime import datetime, tzinfo

from .._common.report import Report, Task
from .._common.timestamps import format_time, tell_time
from .._exams.agenda import Agenda, Holds, agenda
from .._exams.calendar import Calendar, read_calendar
from .._exams.check import calendar_content
from .._exams.options import read_time_zone, stated_calendar
from .._exams.record import SELECTOR, read_all
from .._kubernetes.connect import connect
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP
from .._platform.names import CAPACITY_RECORD
from .._platform.rows import AppDefinitionRow, app_definition_row
from .._safety.clocks import describe_doubt, doubted
from . import ledger as capacity_ledger
from .drift import Deviation, deviations, tell_fight, tell_repair

if t.TYPE_CHECKING:
    from .._safety.shield import Unreadable

Step = dict[str, str]


def run_agenda(task: Task) -> Report:
    """Tell what has to be done; nothing is done here."""
    params = task.params
    zone = read_time_zone(params)
    stated = stated_calendar(params)
    calendar = None if stated is None else read_calendar(calendar_content(stated), zone)
    gateway = connect(params)
    ledger = capacity_ledger.read_ledger(gateway.get(CONFIG_MAP, CAPACITY_RECORD))
    now = gateway.now()
    machine_now = doubted(now, gateway.skew())
    task.warn(describe_doubt(now, machine_now))
    if not (apps := gateway.list(APP_DEFINITION, keep=app_definition_row)):
        raise gateway.no_installation()
    records, unreadable = read_all(gateway.list(CONFIG_MAP, label_selector=SELECTOR))
    holds = _holds(ledger)
    due = agenda(calendar, records, holds, now, machine_now)
    found = _deviations(apps, ledger)
    fights = {
        name: fought for name, each in found.items() if (fought := [d for d in each if d.fought(format_time(now))])
    }
    repairs = {name: each for name, each in found.items() if name not in fights}
    steps = list(_steps(due, holds, repairs, now, zone))
    fields = {
        "declare": [exam.written() for exam in due.declare],
        "withdraw": list(due.withdraw),
        "warm": [recorded.exam.written() for recorded in due.warm],
        "cool": list(due.cool),
        "close": list(due.close),
        "steps": steps,
        "changes": len(steps),
        "problems": [*_problems(calendar, unreadable), *due.doubts(now, machine_now, zone)],
        "fights": [tell_fight(name, each) for name, each in fights.items()],
        "next_change_at": format_time(due.next_change_at) if due.next_change_at else None,
        "next_change_told": tell_time(due.next_change_at, zone) if due.next_change_at else None,
        "seen_at": format_time(now),
    }
    return Report(changed=False, fields=fields)


def _holds(ledger: capacity_ledger.Ledger) -> Holds:
    draining = tuple(
        next(iter(entry.holds)) for entry in ledger.entries.values() if entry.holds and not entry.open_holds
    )
    return Holds(frozenset(ledger.open_exams), draining)


def _deviations(apps: t.Iterable[AppDefinitionRow], ledger: capacity_ledger.Ledger) -> dict[str, list[Deviation]]:
    """By app definition that an exam holds, the values that are not what the ledger wants."""
    found = {}
    for app in apps:
        entry = ledger.entries.get(app.name)
        if entry and entry.open_holds and entry.uid == app.uid and (each := deviations(app, entry)):
            found[app.name] = each
    return found


def _steps(
    due: Agenda, holds: Holds, repairs: dict[str, list[Deviation]], now: datetime, zone: tzinfo | None
) -> t.Iterator[Step]:
    """What would change, and why."""
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
                found = repairs.pop(app.name)
                do = "repair" if any(one.foreign for one in found) else "finish"
                yield _step(do, recorded.name, tell_repair(app.name, found))
    for name in due.cool:
        held = "it holds instances" if name in holds.open else "its instances are not lowered yet"
        yield _step("cool", name, f"it is over, and {held}")
    for name in due.close:
        yield _step("close", name, f"it is over by {tell_time(now, zone)}")


def _step(do: str, exam: str, why: str) -> Step:
    return {"do": do, "exam": exam, "why": why}


def _problems(calendar: Calendar | None, unreadable: t.Iterable[Unreadable]) -> list[str]:
    """What keeps a single exam from being seen to; the others are."""
    broken = calendar.broken if calendar else ()
    return [
        *(f"entry {entry.label} of the calendar: {entry.problem}" for entry in broken),
        *(f"ConfigMap {each.record}: {each.reason}; every live session is shielded" for each in unreadable),
    ]
