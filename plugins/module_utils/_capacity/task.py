# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of the capacity modules: from their options to their results."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, WaitTimeout, several
from .._common.progress import ProgressFile
from .._common.report import Report, Task
from .._common.timestamps import format_time, parse_time
from .._kubernetes.connect import connect
from .._platform import snapshot as platform
from .._platform.leader import leads
from .._platform.options import Installation, read_installation
from . import service as rest
from .execute import Execution, Job, locked_out, merge_patch, run
from .finish import finish_draining
from .job import read_job
from .lateness import TIME_LIMITS, first_loss
from .mend import Mending, Repaired
from .plan import Change
from .result import describe_capacity, describe_change, describe_repair, differences
from .verdict import task as verdict_tasks
from .verdict.view import PARTS as VERDICT_PARTS
from .view import PARTS, REQUIRED, Snapshot, pick, view_capacity
from .wait import Undone, Warmth, find_causes, wait_until_warm

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway

Params = t.Mapping[str, t.Any]


def run_task(task: Task) -> Report:
    """What C(theia_capacity) does."""
    try:
        return _run(task)
    except EduideError as exc:
        # Once something was sent, a report tells of each app definition what became of it.
        exc.details.setdefault("applied", "no")
        raise


def _run(task: Task) -> Report:
    params, check_mode = task.params, task.check_mode
    job = read_job(params)
    if params["unchecked"]:
        return rest.run_unchecked(params, job, check_mode=check_mode)
    gateway = connect(params, check_mode=check_mode)
    installation = _installation(params)
    send = rest.admin_patch(params) if params["api"] == "service" else merge_patch(gateway)
    done = run(gateway, send, job, installation, check_mode=check_mode)
    if params["wait"] and job.state == "baseline" and not check_mode:
        seconds, progress = params["wait_timeout_seconds"], ProgressFile(params["progress_file"])
        done = finish_draining(gateway, send, job, installation, done, timeout_seconds=seconds, progress=progress)
    task.warn(*_warnings(done, job, check_mode=check_mode))
    repaired, problems = _repair(gateway, installation, params, job, done, check_mode=check_mode)
    task.warn(*(each.text for each in repaired if each.note and not each.problem))
    warmths: dict[str, Warmth] = {}
    late: EduideError | None = None
    # Without a pool there is nothing to wait for: what needs one was refused, and the rest is done.
    has_pool = done.snapshot.operator is not None and done.snapshot.operator.eager
    if params["wait"] and has_pool and job.state == "present" and not check_mode:
        try:
            done, warmths = _wait(gateway, installation, params, job, done)
            late = _lateness(gateway, installation, params, done, warmths)
        except Undone as exc:
            late = exc
        except EduideError as exc:
            # What was changed has to be told all the same.
            late = WaitTimeout(f"the wait for warm instances was interrupted: {exc}", **exc.details)
    items = [
        describe_change(
            change,
            done.snapshot,
            warmth=warmths.get(name),
            failure=done.problems.get(name),
            sent=name in done.sent,
            settled=name not in done.failures,
            gaps=done.aftermath.gaps,
        )
        for name, change in done.changes.items()
    ]
    diff = differences(items)
    fields = {
        "app_definitions": items,
        "repairs": [describe_repair(each, would=check_mode) for each in repaired],
        "precondition": "none" if params["api"] == "service" else "resource_version",
    }
    mended = any(each.outcome == "repaired" for each in repaired)
    return Report(done.ledger_written or bool(diff) or mended, fields, diff, _failure(done, late, problems))


def run_info(task: Task) -> Report:
    """What C(theia_capacity_info) does."""
    params = task.params
    if params["api"] == "service":
        return Report(changed=False, fields=rest.read_bounds(params))
    asked = verdict_tasks.question(params)
    gateway = connect(params)
    installation = _installation(params)
    seen = platform.read(gateway, installation, (*PARTS, *(VERDICT_PARTS if asked else ())), REQUIRED)
    snapshot = view_capacity(seen)
    for name in params["app_definitions"] or ():
        pick(snapshot, name, gateway.namespace)
    for what, reason in snapshot.missing.items():
        # What a verdict lacks is among its reasons.
        task.warn(None if what in VERDICT_PARTS else f"{what} could not be read and is null: {reason}")
    leading = leads(gateway, installation) if snapshot.operator and params["check_leader"] else None
    fields = describe_capacity(snapshot, params["app_definitions"], leading=leading)
    if asked:
        fields |= verdict_tasks.verdicts(gateway, installation, seen, snapshot, asked)
    return Report(changed=False, fields=fields)


def _installation(params: Params) -> Installation:
    return read_installation(params)


def _wait(
    gateway: Gateway, installation: Installation, params: Params, job: Job, done: Execution
) -> tuple[Execution, dict[str, Warmth]]:
    waited_for = {
        name: change for name, change in done.changes.items() if name not in done.failures and change.outcome != "late"
    }
    snapshot, warmths = wait_until_warm(
        gateway,
        installation,
        waited_for,
        {desired.name: desired.warm for desired in job.all_desired},
        timeout_seconds=params["wait_timeout_seconds"],
        settle_seconds=params["settle_seconds"],
        progress=ProgressFile(params["progress_file"]),
    )
    return done._replace(snapshot=snapshot), warmths


def _repair(
    gateway: Gateway, installation: Installation, params: Params, job: Job, done: Execution, *, check_mode: bool
) -> tuple[list[Repaired], list[str]]:
    """Mend the pools of the app definitions of the task; what became of it, and what went wrong."""
    if not params["repair"]:
        return [], []
    known = done.snapshot.app_definitions
    names = [item["name"] for item in params["app_definitions"] or ()] or sorted(known)
    if job.state == "baseline":
        # What an exam held may be gone by now.
        names = [name for name in names if name in known]
    for name in names:
        pick(done.snapshot, name, gateway.namespace)
    try:
        mending = Mending(gateway, installation, done.snapshot.operator, job.care, params["repair"])
        repaired = mending.foresee(names) if check_mode else mending.run(names)
    except EduideError as exc:
        if not done.sent:
            raise
        # What was changed before has to be told all the same.
        return [], [exc.told]
    return repaired, [each.problem for each in repaired if each.problem]


def _warnings(done: Execution, job: Job, *, check_mode: bool) -> list[str]:
    warnings = []
    for name, change in done.changes.items():
        entry = change.ledger_before
        if entry is not None and entry.uid != change.app_definition.uid:
            warnings.append(change.note)
        if change.outlasting:
            warnings.append(
                f"{name}: timeout_minutes stays {change.after['timeout_minutes']}, because "
                f"{len(change.outlasting)} sessions are older than the shorter limit and would be ended by it; run the "
                "task again when those listed under draining have ended"
            )
        if change.draining:
            ids = ", ".join(str(instance.id) for instance in change.draining)
            warnings.append(
                f"{name}: min_instances stays {change.after['min_instances']}, because sessions are on instances {ids} "
                "and nothing is lowered below them; run the task again when those listed under draining have ended"
            )
        if text := _short_limits(name, change, done.snapshot, job):
            warnings.append(text)
        if locked_out(change, done.snapshot, job):
            warnings.append(
                f"{name}: the app definition of instances that sessions are on "
                f"{'would be' if check_mode else 'was'} changed; operators built before 2026-08-28 empty their address "
                "lists then, and their users are refused (403) until their session is started anew or a task with "
                "repair=address_lists has run"
            )
    warnings += done.aftermath.warnings
    return warnings


def _short_limits(name: str, change: Change, snapshot: Snapshot, job: Job) -> str | None:
    """That the platform ends sessions before the exam is over."""
    until = parse_time(job.terms.until)
    if until is None or job.state != "present":
        return None
    lost = first_loss(change.after, snapshot.sessions.get(name, ()), snapshot.now, job.start)
    if lost is None or lost >= until:
        return None
    limits = ", ".join(f"{field} {change.after[field]}" for field in TIME_LIMITS)
    return (
        f"{name}: its time limits ({limits}) may end the first session at {format_time(lost)}, and the exam is over at "
        f"{format_time(until)}; say extend_time_limits with the minutes that sessions have to last"
    )


def _lateness(
    gateway: Gateway, installation: Installation, params: Params, done: Execution, warmths: t.Mapping[str, Warmth]
) -> WaitTimeout | None:
    """The error for pools that did not become warm in time, with the causes."""
    late = {name: warmth for name, warmth in warmths.items() if warmth.seconds is None}
    if not late:
        return None
    causes = find_causes(gateway, installation, done.snapshot, late)
    told = "; ".join(f"{name} has {w.warm} warm and {len(w.cold)} cold instances" for name, w in late.items())
    text = f"not warm after {params['wait_timeout_seconds']} s: {told}; causes: {'; '.join(causes)}"
    return WaitTimeout(text, causes=causes)


def _failure(done: Execution, late: EduideError | None, unrepaired: t.Sequence[str]) -> EduideError | None:
    problems = [f"{name}: {text}" for name, text in done.problems.items()]
    problems += [change.note for change in done.changes.values() if change.outcome in ("drift", "late", "failed")]
    problems += unrepaired
    if isinstance(late, WaitTimeout):
        text = several([f"{late}; the higher bounds stay in place", *problems])
        return WaitTimeout(text, **late.details)
    if late is not None:
        problems.insert(0, str(late))
    return EduideError(several(problems)) if problems else None
