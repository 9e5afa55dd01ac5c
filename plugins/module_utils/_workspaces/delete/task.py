# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace) does for C(state=absent), from its options to its result."""

from __future__ import annotations

from ..._common.report import Report, Task
from ..._kubernetes.connect import connect
from ..._sessions.stop.service import stop_through
from ..._sessions.stop.wait import WaitResult
from .alone import NOT_CHECKED, delete_unchecked
from .job import read_job
from .prepare import read_and_plan_deletion
from .report import report
from .steps import Outcome, carry_out
from .wait import SettleResult


def run_absent(task: Task) -> Report:
    """Delete what is asked for and may be deleted."""
    params, check_mode = task.params, task.check_mode
    if params["unchecked"]:
        done = delete_unchecked(params, check_mode=check_mode)
        outcome = Outcome(done, SettleResult({}, {}, None), WaitResult({}))
        return report(task, outcome, params["namespace"], precondition="none", untold=NOT_CHECKED)
    service = stop_through(params, check_mode=check_mode) if params["api"] == "service" else None
    job = read_job(params, only_user=service.user if service else None)
    gateway = connect(params, check_mode=check_mode)
    planned = read_and_plan_deletion(gateway, job)
    sessions, protected = planned.view.sessions, job.terms.safeguards.protection.app_definitions
    task.warn(planned.view.unread, sessions.doubt, sessions.unprotected(protected))
    outcome = Outcome(planned, SettleResult({}, {}, None), WaitResult({}))
    if not check_mode:
        outcome = carry_out(gateway, job, planned, service, params)
        task.warn(outcome.succession)
    precondition = "none" if service else "uid_and_resource_version"
    return report(task, outcome, gateway.namespace, precondition=precondition)
