# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_exam) does: it writes the record of one exam, which nobody else has changed since it was read."""

from __future__ import annotations

import difflib
import math
import typing as t
from datetime import datetime, tzinfo

from .._common.batch import retry_on_conflict
from .._common.errors import Misconfigured, Unreachable, several
from .._common.report import Difference, Report, Task
from .._common.whoami import who
from .._kubernetes.connect import connect
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP, SESSION, WORKSPACE
from .._safety.clocks import describe_doubt, doubted
from .._safety.guard import ROUNDS
from .._safety.protection import person
from . import plan as exam_plan
from .declaration import BadDeclaration, Exam, declare
from .options import check_name, read_stated, read_time_zone
from .record import (
    SELECTOR,
    Recorded,
    describe,
    history_entry,
    read_all,
    read_record,
    record_name,
    write_record,
)
from .tell import tell

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway, Json

Params = t.Mapping[str, t.Any]

CLOSING = ("closed", "closed_early", "withdrawn")


def run_task(task: Task) -> Report:
    """Plan what the record will say, and write it."""
    params, name = task.params, task.params["name"]
    check_name(name)
    zone = read_time_zone(params)
    gateway = connect(params, check_mode=task.check_mode)
    unanswered: list[tuple[exam_plan.Plan, Recorded | None]] = []

    def attempt(_again: bool) -> Report:
        found = gateway.get(CONFIG_MAP, record_name(name))
        before = read_record(found) if found else None
        plan = _plan(task, gateway, before, zone)
        now = gateway.now()
        task.warn(describe_doubt(now, doubted(now, gateway.skew())))
        if plan.action and plan.after and not task.check_mode:
            try:
                _write(gateway, plan, found, _entry(params, plan, now))
            except Unreachable:
                unanswered.append((plan, before))
                raise
        elif unanswered and not plan.action:
            # The record says by now what this task wrote.
            plan, before = unanswered[-1]
        task.warn(plan.note)
        return _report(plan, before, now, zone)

    return retry_on_conflict(ROUNDS, attempt, doing=f"the record of the exam {name} was being written", guarded=True)


def _plan(task: Task, gateway: Gateway, before: Recorded | None, zone: tzinfo | None) -> exam_plan.Plan:
    params, name, now = task.params, task.params["name"], gateway.now()
    if params["state"] == "closed":
        known = _open_names(gateway, now) if before is None else ()
        return exam_plan.plan_closed(before, name, known, now, reason=params["end_early_reason"], zone=zone)
    stated = read_stated(params)
    if before is None and "app_definitions" not in stated:
        raise exam_plan.unknown(name, _open_names(gateway, now), "state app_definitions and end to declare it")
    try:
        exam = declare(exam_plan.complete(stated, before, name, now, zone), now=now, zone=zone)
    except BadDeclaration as exc:
        raise Misconfigured(f"exam {name}: {exc}; correct its declaration") from exc
    _check_app_definitions(gateway, exam)
    task.warn(_unknown_users(gateway, exam))
    return exam_plan.plan_declared(
        before, exam, now, source=params["source"], must_be_due=params["must_be_due"], zone=zone
    )


def _write(gateway: Gateway, plan: exam_plan.Plan, found: Json | None, entry: t.Mapping[str, t.Any]) -> None:
    recorded = t.cast(Recorded, plan.after)
    body = write_record(gateway.namespace, recorded, found, entry)
    if found is None:
        gateway.create(CONFIG_MAP, body)
    else:
        gateway.replace(CONFIG_MAP, body["metadata"]["name"], body)


def _entry(params: Params, plan: exam_plan.Plan, now: datetime) -> dict[str, t.Any]:
    reason = {"reason": params["end_early_reason"]} if plan.action == "closed_early" else {}
    return history_entry(now, t.cast(str, plan.action), params["run"] or who(), "recorded", **reason)


def _report(plan: exam_plan.Plan, before: Recorded | None, now: datetime, zone: tzinfo | None) -> Report:
    shown = [describe(recorded) if recorded else {} for recorded in (before, plan.after)]
    diff = [Difference(plan.after.name, *shown)] if plan.action and plan.after else []
    fields = {
        "exam": shown[1] or None,
        "action": plan.action,
        "told": tell(plan.after, now, zone) if plan.after else None,
        "session_minutes": plan.after.session_minutes if plan.after else None,
        "closed_minutes": 0 if plan.action in CLOSING else _closed_minutes(plan.after, now),
    }
    return Report(bool(plan.action), fields, diff)


def _closed_minutes(recorded: Recorded | None, now: datetime) -> int | None:
    """Since when it is closed, rounded up: what began later than that has nothing to do with it."""
    if recorded is None or recorded.closed_at is None:
        return None
    return math.ceil(max(0.0, (now - recorded.closed_at).total_seconds() / 60))


def _open_names(gateway: Gateway, now: datetime) -> list[str]:
    """The exams that are not over, by name. A record that cannot be read may be what was meant."""
    exams, unreadable = read_all(gateway.list(CONFIG_MAP, label_selector=SELECTOR))
    return [exam.name for exam in exams if not exam.is_over(now)] + [
        entry.record.removeprefix(record_name("")) for entry in unreadable
    ]


def _check_app_definitions(gateway: Gateway, exam: Exam) -> None:
    known = gateway.list(APP_DEFINITION, keep=lambda obj: obj["metadata"]["name"])
    if not known:
        raise gateway.no_installation()
    for definition in exam.app_definitions:
        if definition.name not in known:
            near = difflib.get_close_matches(definition.name, known, n=1)
            raise Misconfigured(
                f"exam {exam.name}: app_definitions names {definition.name!r}, and this installation has "
                f"{', '.join(sorted(known))}" + (f"; {near[0]} is the nearest name" if near else "")
            )


def _unknown_users(gateway: Gateway, exam: Exam) -> str | None:
    """A warning of users of whom nothing is there: they may be mistyped, or have never logged in."""
    if not exam.users:
        return None
    rows = [
        *gateway.list(SESSION, keep=lambda obj: (obj.get("spec") or {}).get("user")),
        *gateway.list(WORKSPACE, keep=lambda obj: (obj.get("spec") or {}).get("user")),
    ]
    known = {person(user) for user in rows if user}
    strangers = [user for user in exam.users if person(user) not in known]
    if not strangers:
        return None
    return (
        f"exam {exam.name}: {len(strangers)} of {len(exam.users)} users have neither session nor workspace here, so "
        f"a mistyped name would not be noticed: {several(strangers)}"
    )
