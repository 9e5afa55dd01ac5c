# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What should be done now over all exams, by what they hold and by what another client made of it."""

from __future__ import annotations

import typing as t
from datetime import datetime, tzinfo

from .._common.timestamps import format_time, tell_time
from .._exams.agenda import Agenda, agenda
from .._exams.declaration import LIMITS
from .drift import Deviation, deviations, tell_fight, tell_repair
from .ledger import lasting

if t.TYPE_CHECKING:
    from .._exams.calendar import Calendar
    from .._exams.declaration import AppDefinition
    from .._exams.record import Recorded
    from .._platform.rows import AppDefinitionRow
    from .._safety.shield import Unreadable
    from .ledger import Ledger, Values

Step = dict[str, str]


class Due(t.NamedTuple):
    """What is to be done."""

    agenda: Agenda
    holding: frozenset[str]
    """Exams that hold something."""
    left: t.Mapping[str, t.Sequence[str]]
    """App definitions that nobody holds any more and that are not lowered yet, each under one of the exams it was held
    by. That exam may go on elsewhere, so nothing but these is let go."""
    repairs: t.Mapping[str, t.Sequence[Deviation]]
    """By app definition that an exam holds, the values that are put right."""
    fights: t.Mapping[str, str]
    """By app definition, what is left as it is, because another client would undo it again."""


def due_now(
    calendar: Calendar | None,
    records: t.Iterable[Recorded],
    ledger: Ledger,
    apps: t.Iterable[AppDefinitionRow],
    now: datetime,
    *,
    machine_now: datetime | None,
) -> Due:
    holding = frozenset(ledger.open_exams)
    repairs, fights = {}, {}
    for name, found in _deviations(apps, ledger).items():
        if fought := [each for each in found if each.fought(format_time(now))]:
            fights[name] = tell_fight(name, fought)
        else:
            repairs[name] = found
    due = agenda(calendar, records, holding, now, machine_now)
    return Due(due, holding, _left(ledger, due), repairs, fights)


def _left(ledger: Ledger, due: Agenda) -> dict[str, list[str]]:
    """Not what an exam under way is about to hold again: what it is left from is finished when that has ended."""
    wanted = {app.name for each in due.warm for app in each.exam.app_definitions}
    others = {*due.cool, *(each.name for each in due.in_doubt)}
    left: dict[str, list[str]] = {}
    for name, entry in ledger.entries.items():
        exam = next(iter(entry.holds), None)
        if exam is not None and not entry.open_holds and exam not in others and name not in wanted:
            left.setdefault(exam, []).append(name)
    return left


def _deviations(apps: t.Iterable[AppDefinitionRow], ledger: Ledger) -> dict[str, list[Deviation]]:
    """By app definition that an exam holds, the values that are not what the ledger wants."""
    found = {}
    for app in apps:
        entry = ledger.entries.get(app.name)
        if entry and entry.open_holds and entry.uid == app.uid and (each := deviations(app, entry)):
            found[app.name] = each
    return found


class Asked(t.NamedTuple):
    """What an exam under way asks for by now."""

    recorded: Recorded
    session_minutes: int | None
    """How long sessions have to last; None leaves time limits alone."""

    def of(self, app: AppDefinition, held: Values) -> Values:
        """What it asks of one app definition, as its hold says it; a time limit that is held and lasts is kept."""
        limits = {} if self.session_minutes is None else lasting(self.session_minutes, held)
        return {"warm": app.warm, **limits, **{field: app.stated[field] for field in LIMITS if field in app.stated}}

    def told(self) -> dict[str, t.Any]:
        return {**self.recorded.exam.written(), "session_minutes": self.session_minutes}


def asked_now(found: Due, *, extend_time_limits: bool) -> list[Asked]:
    """What the exams under way ask for."""
    return [Asked(each, each.session_minutes if extend_time_limits else None) for each in found.agenda.warm]


def held_otherwise(
    asked: t.Iterable[Asked], ledger: Ledger, apps: t.Iterable[AppDefinitionRow], fights: t.Container[str]
) -> dict[str, dict[str, str]]:
    """By exam and app definition, what it holds and asks for if these differ; nothing is said where clients fight."""
    rows = {app.name: app for app in apps}
    others: dict[str, dict[str, str]] = {}
    for each in asked:
        for app in each.recorded.exam.app_definitions:
            entry = ledger.entries.get(app.name)
            if app.name in fights or app.name not in rows:
                continue
            hold = entry.holds.get(each.recorded.name) if entry and entry.uid == rows[app.name].uid else None
            held = {} if hold is None or hold.ended else hold.asked
            if held != (wanted := each.of(app, held)):
                others.setdefault(each.recorded.name, {})[app.name] = _difference(held, wanted)
    return others


def _difference(held: t.Mapping[str, t.Any], wanted: t.Mapping[str, t.Any]) -> str:
    if not held:
        return "it holds nothing of it yet"
    values = [(field, held.get(field, "unset"), wanted.get(field, "unset")) for field in sorted({*held, *wanted})]
    changes = ", ".join(f"{field} {has} -> {asks}" for field, has, asks in values if has != asks)
    return f"what it asks for is not what it holds: {changes}"


def steps_of(
    found: Due, now: datetime, zone: tzinfo | None, others: t.Mapping[str, t.Mapping[str, str]]
) -> t.Iterator[Step]:
    """What would change, and why."""
    due, repairs = found.agenda, dict(found.repairs)
    for exam in due.declare:
        window = f"from {tell_time(exam.start, zone)} to {tell_time(exam.end, zone)}"
        yield _step("declare", exam.name, f"the calendar has it {window}, and its record does not say so")
    for name in due.withdraw:
        yield _step("withdraw", name, "it left the calendar before its lead")
    for recorded in due.warm:
        if recorded.name not in found.holding:
            why = f"its lead began on {tell_time(recorded.shield_from, zone)}"
            yield _step("warm", recorded.name, f"{why}, and it holds nothing yet")
            continue
        for app in recorded.exam.app_definitions:
            if app.name in repairs:
                changed = repairs.pop(app.name)
                do = "repair" if any(one.by_another_client for one in changed) else "finish"
                yield _step(do, recorded.name, tell_repair(app.name, changed))
            elif difference := others.get(recorded.name, {}).get(app.name):
                yield _step("warm", recorded.name, f"{app.name}: {difference}")
    ends = dict.fromkeys(due.cool, "it is over, and it holds instances")
    told = "no exam holds {} any more, and it is not lowered yet"
    ends |= {name: told.format(", ".join(apps)) for name, apps in found.left.items()}
    for name, why in ends.items():
        yield _step("cool", name, why)
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
