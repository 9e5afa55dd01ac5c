# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_exam) does: it writes the record of one exam, which nobody else has changed since it was read."""

from __future__ import annotations

import math
import typing as t
from datetime import datetime, tzinfo

from .._common.batch import retry_on_conflict
from .._common.errors import Unreachable
from .._common.report import Difference, Report, Task
from .._common.whoami import who
from .._kubernetes.connect import connect
from .._kubernetes.kinds import CONFIG_MAP
from .._safety.guard import ROUNDS
from . import plan as exam_plan
from .options import check_name, read_time_zone
from .prepare import foresee_write, make_plan
from .record import Recorded, describe, history_entry, read_record, record_name, write_record
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
        plan = make_plan(task, gateway, before, zone)
        now = gateway.now()
        if plan.action and task.check_mode:
            foresee_write(gateway, record_name(name), new=found is None)
        elif plan.action:
            try:
                _write(gateway, plan, found, _entry(params, plan, now))
            except Unreachable:
                unanswered.append((plan, before))
                raise
        elif unanswered and not plan.action:
            # The record says by now what this task wrote.
            plan, before = unanswered[-1]
        task.warn(plan.note)
        return _report(task, plan, before, now, zone)

    return retry_on_conflict(ROUNDS, attempt, doing=f"the record of the exam {name} was being written", guarded=True)


def _write(gateway: Gateway, plan: exam_plan.Plan, found: Json | None, entry: t.Mapping[str, t.Any]) -> None:
    body = write_record(gateway.namespace, plan.after, found, entry)
    if found is None:
        gateway.create(CONFIG_MAP, body)
    else:
        gateway.replace(CONFIG_MAP, body["metadata"]["name"], body)


def _entry(params: Params, plan: exam_plan.Plan, now: datetime) -> dict[str, t.Any]:
    reason = {"reason": params["end_early_reason"]} if plan.action == "closed_early" else {}
    return history_entry(now, t.cast(str, plan.action), params["run"] or who(), "recorded", **reason)


def _report(task: Task, plan: exam_plan.Plan, before: Recorded | None, now: datetime, zone: tzinfo | None) -> Report:
    closing = plan.action in CLOSING
    shown = [describe(recorded) if recorded else {} for recorded in (before, plan.after)]
    diff = [Difference(plan.after.name, *shown)] if plan.action else []
    fields = {
        "exam": shown[1],
        "action": plan.action,
        "sentence": tell(plan.after, now, zone, would=closing and task.check_mode),
        "session_minutes": plan.after.session_minutes,
        "closed_minutes": 0 if closing else _closed_minutes(plan.after, now),
    }
    return Report(bool(plan.action), fields, diff)


def _closed_minutes(recorded: Recorded, now: datetime) -> int | None:
    """Since when it is closed, rounded up: what began later than that has nothing to do with it."""
    if recorded.closed_at is None:
        return None
    return math.ceil(max(0.0, (now - recorded.closed_at).total_seconds() / 60))
