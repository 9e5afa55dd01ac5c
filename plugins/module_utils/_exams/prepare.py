# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and plan: what the record of an exam should say, by its declaration and by what the installation has."""

from __future__ import annotations

import typing as t
from datetime import datetime, tzinfo

from .._common.errors import Misconfigured, several
from .._common.timestamps import is_time_of_day
from .._kubernetes.kinds import CONFIG_MAP
from .._safety.clocks import describe_doubt, doubted
from .._safety.permission import Write, foresee_refusal
from . import plan as exam_plan
from .declaration import BadDeclaration, declare
from .known import check_app_definitions, unknown_users, who_loses
from .options import read_stated
from .record import SELECTOR, Recorded, read_all, record_name

if t.TYPE_CHECKING:
    from .._common.report import Task
    from .._kubernetes.gateway import Gateway


def make_plan(task: Task, gateway: Gateway, before: Recorded | None, zone: tzinfo | None) -> exam_plan.Plan:
    params, name, now = task.params, task.params["name"], gateway.now()
    machine_now = doubted(now, gateway.skew())
    task.warn(describe_doubt(now, machine_now))
    if params["state"] == "closed":
        known = _open_names(gateway, now) if before is None else ()
        reason = params["end_early_reason"]
        plan = exam_plan.plan_closed(before, name, known, now, reason=reason, zone=zone, machine_now=machine_now)
        if before is not None and plan.action == "closed_early":
            task.warn(who_loses(gateway, before))
        return plan
    stated = read_stated(params)
    if before is None and "app_definitions" not in stated:
        raise exam_plan.unknown(name, _open_names(gateway, now), "state app_definitions and end to declare it")
    try:
        exam = declare(exam_plan.complete(stated, before, name, now, zone), now=now, zone=zone)
    except BadDeclaration as exc:
        raise Misconfigured(f"exam {name}: {exc}; correct its declaration") from exc
    clock = [stated[field] for field in ("start", "end") if is_time_of_day(stated.get(field, ""))]
    if zone is None and clock:
        task.warn(
            f"{several(clock)}: no time zone is stated, so it was read in that of this machine, "
            f"{exam.end.astimezone().tzname()}; state time_zone, which is theia_time_zone of the inventory"
        )
    check_app_definitions(gateway, exam)
    task.warn(unknown_users(gateway, exam))
    return exam_plan.plan_declared(
        before,
        exam,
        now,
        source=params["source"],
        must_be_due=params["must_be_due"],
        zone=zone,
        machine_now=machine_now,
    )


def foresee_write(gateway: Gateway, record: str, *, new: bool) -> None:
    """Fail as the run would that may not write the record."""
    write = Write("create" if new else "update", CONFIG_MAP, record)
    foresee_refusal(gateway, [write], persona="exam_manager")


def _open_names(gateway: Gateway, now: datetime) -> list[str]:
    """The exams that are not over, by name. A record that cannot be read may be what was meant."""
    exams, unreadable = read_all(gateway.list(CONFIG_MAP, label_selector=SELECTOR))
    return [exam.name for exam in exams if not exam.is_over(now)] + [
        entry.record.removeprefix(record_name("")) for entry in unreadable
    ]
