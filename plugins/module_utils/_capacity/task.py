# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_capacity) does: from its options to its result."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, WaitTimeout
from .._common.progress import ProgressFile
from .._common.report import Report
from .._kubernetes.connect import connect
from .._platform.options import read_installation
from . import service as rest
from .execute import Execution, run
from .finish import finish_draining
from .job import read_job
from .mend import Mending, Repaired, to_mend
from .problems import failure_of, warnings_of
from .result import describe_change, describe_repair, differences
from .search import lateness
from .send import merge_patch
from .wait import Undone, Warmth, wait_until_warm

if t.TYPE_CHECKING:
    from .._common.report import Task
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .job import Job

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
    installation = read_installation(params)
    send = rest.admin_patch(params) if params["api"] == "service" else merge_patch(gateway)
    done = run(gateway, send, job, installation, check_mode=check_mode)
    if params["wait"] and job.state == "baseline" and not check_mode:
        seconds, progress = params["wait_timeout_seconds"], ProgressFile(params["progress_file"])
        done = finish_draining(gateway, send, job, installation, done, timeout_seconds=seconds, progress=progress)
    task.warn(*warnings_of(done, job, check_mode=check_mode))
    repaired, problems = _repair(gateway, installation, params, job, done, check_mode=check_mode)
    task.warn(*(each.text for each in repaired if each.note and not each.problem))
    warmths: dict[str, Warmth] = {}
    late: EduideError | None = None
    # Without a pool there is nothing to wait for: what needs one was refused, and the rest is done.
    has_pool = done.snapshot.operator is not None and done.snapshot.operator.eager
    if params["wait"] and has_pool and job.state == "present" and not check_mode:
        try:
            done, warmths = _wait(gateway, installation, params, job, done)
            late = lateness(gateway, installation, done.snapshot, warmths, params["wait_timeout_seconds"])
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
    return Report(done.ledger_written or bool(diff) or mended, fields, diff, failure_of(done, late, problems))


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
    operator = done.snapshot.operator
    # Where there are no pools, nobody is locked out of one.
    if not params["repair"] or (params["repair"] == ["address_lists"] and not (operator and operator.eager)):
        return [], []
    stated = [item["name"] for item in params["app_definitions"] or ()]
    # What an exam held may be gone by now.
    names = to_mend(done.snapshot, stated, gateway.namespace, may_be_gone=job.state == "baseline")
    try:
        mending = Mending(gateway, installation, operator, job.care, params["repair"])
        repaired = mending.foresee(names) if check_mode else mending.run(names)
    except EduideError as exc:
        if not done.sent:
            raise
        # What was changed before has to be told all the same.
        return [], [exc.told]
    return repaired, [each.problem for each in repaired if each.problem]
