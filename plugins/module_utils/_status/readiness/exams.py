# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be right for the exams that are not over, on record or in the calendar."""

from __future__ import annotations

import typing as t
from datetime import timedelta, tzinfo

from ..._capacity.lateness import first_loss
from ..._common.errors import several
from ..._common.sentences import counted
from ..._common.timestamps import tell_time
from ..._exams.agenda import tell_closed_early
from ..._platform.names import COLLECTOR_DEPLOYMENT
from .check import Check, Facts, Result, Rule, unknown

if t.TYPE_CHECKING:
    from ..._capacity.view import CapacityView
    from ..._exams.record import Recorded

_DAY = timedelta(days=1)


def records(facts: Facts) -> t.Iterator[Check]:
    if reason := facts.unread("exams"):
        yield unknown("exams", reason)
        return
    for record, reason in facts.unreadable:
        evidence = f"{record}: {reason}; as long as that stays so, nothing that is not dead is stopped"
        yield Check("exams", "no_go", evidence, f"correct ConfigMap {record}, or delete it")
    known = {app.name for app in facts.snapshot.lists.app_definitions or ()}
    for recorded in facts.exams if known else ():
        if strange := sorted({each.name for each in recorded.exam.app_definitions} - known):
            evidence = f"{recorded.name} is about {several(strange)}, and there is no such app definition"
            yield Check("exams", "no_go", evidence, f"declare {recorded.name} anew; there are {several(sorted(known))}")
    for entry in facts.broken:
        evidence = f"entry {entry.label} of the calendar declares no exam: {entry.problem}"
        yield Check("exams", "no_go", evidence, "correct the calendar")
    for recorded in facts.closed_early:
        yield Check("exams", "warning", *tell_closed_early(recorded, facts.zone))
    if facts.undeclared:
        yield Check("exams", "go", f"in the calendar, and declared later: {_told(facts, facts.undeclared)}")
    if not facts.unreadable:
        told = _told(facts, {recorded.name for recorded in facts.exams} - facts.undeclared)
        yield Check("exams", "go", f"on record: {told}" if told else "none is on record")


def _told(facts: Facts, names: t.Collection[str]) -> str:
    """When each of them starts."""
    chosen = [recorded for recorded in facts.exams if recorded.name in names]
    return several([f"{recorded.name} at {tell_time(recorded.exam.start, facts.zone)}" for recorded in chosen])


def verdict(facts: Facts) -> t.Iterator[Check]:
    """Whether those who are expected get a session."""
    if facts.capacity is None:
        yield unknown("verdict", facts.unread("app_definitions", "services", "deployments") or "pools were not counted")
        return
    for exam, found in facts.verdicts.items():
        yield _of_exam(exam, found)
    asked = {name for found in facts.verdicts.values() for name in found["app_definitions"]}
    for found in facts.alone:
        if found["app_definitions"][0] not in asked:
            yield _alone(found)


def _of_exam(exam: str, found: t.Mapping[str, t.Any]) -> Check:
    expected = "" if found["participants"] is None else f"; {found['participants']} are still expected"
    evidence = f"{exam}: {found['headline']}{expected}"
    return (
        Check("verdict", "no_go", evidence, _lift(found))
        if found["enough"] is False
        else Check("verdict", "go", evidence)
    )


def _alone(found: t.Mapping[str, t.Any]) -> Check:
    if found["sessions"] == 0:
        return Check("verdict", "warning", found["headline"], _lift(found))
    return Check("verdict", "go", found["headline"])


def _lift(found: t.Mapping[str, t.Any]) -> str:
    return (
        "; ".join(dict.fromkeys(limit["remedy"] for limit in found["limits"])) or "look at the instances that are stuck"
    )


def time_limits(facts: Facts) -> t.Iterator[Check]:
    """Whether the platform would end sessions before an exam is over."""
    if facts.capacity is None:
        yield unknown("time_limits", facts.unread("app_definitions", "sessions") or "app definitions were not read")
        return
    short = [check for recorded in facts.exams for check in _of_limits(recorded, facts.capacity, facts.zone)]
    yield from short
    if not short:
        told = f"no session of {counted(len(facts.exams), 'exam')} ends by one" if facts.exams else "no exam is ahead"
        yield Check("time_limits", "go", told)


def _of_limits(recorded: Recorded, capacity: CapacityView, zone: tzinfo | None) -> t.Iterator[Check]:
    exam = recorded.exam
    measured = capacity.operator is not None and capacity.operator.monitor and capacity.operator.activity_tracker
    ends = exam.end + timedelta(minutes=exam.extra_time_minutes)
    # Who comes when the instances are warm loses the session first.
    lead = timedelta(minutes=exam.lead_minutes)
    for definition in exam.app_definitions:
        app = capacity.app_definitions.get(definition.name)
        if app is None:
            continue
        stated = {
            **app.values,
            **({"timeout_minutes": definition.timeout_minutes} if definition.timeout_minutes else {}),
        }
        sessions = capacity.sessions.get(app.name, ())
        for field, grave in (("timeout_minutes", True), ("inactive_minutes", not measured)):
            lost = first_loss({field: stated[field]}, sessions, capacity.now, exam.start, lead=lead)
            if lost is None or lost >= ends or (field == "inactive_minutes" and not grave):
                continue
            evidence = (
                f"{app.name}: by {field} {stated[field]} the platform ends a session at {tell_time(lost, zone)}, and "
                f"{exam.name} lasts until {tell_time(ends, zone)}"
            )
            result: Result = "no_go" if field == "timeout_minutes" else "warning"
            remedy = f"raise {field} of {app.name} to {recorded.session_minutes} before the exam"
            yield Check("time_limits", result, evidence, remedy)


def collector(facts: Facts) -> t.Iterator[Check]:
    """Whether the platform's garbage collector would take workspaces away."""
    if reason := facts.unread("collector", "workspaces"):
        yield unknown("collector", reason)
        return
    found = facts.collected
    if found is None:
        yield Check("collector", "go", "the platform runs no garbage collector")
    elif found["ttl_seconds"] is None:
        evidence = "after how long the platform's garbage collector deletes workspaces cannot be read"
        yield Check("collector", "unknown", evidence, f"look at WORKSPACE_TTL of Deployment {COLLECTOR_DEPLOYMENT}")
    elif found["would_delete_in_use"]:
        days = round(found["ttl_seconds"] / _DAY.total_seconds(), 1)
        evidence = (
            f"it deletes workspaces {days:g} days after their creation, and would delete some that are in use: "
            f"{several(found['would_delete_in_use'])}"
        )
        yield Check("collector", "warning", evidence, f"stop Deployment {COLLECTOR_DEPLOYMENT} until the exam is over")
    else:
        days = round(found["ttl_seconds"] / _DAY.total_seconds(), 1)
        yield Check("collector", "go", f"it deletes workspaces {days:g} days after their creation, none that is in use")


RULES: tuple[Rule, ...] = (verdict, records, time_limits, collector)
