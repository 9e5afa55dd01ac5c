# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) does for C(state=absent), from its options to its result."""

from __future__ import annotations

from ..._common.progress import Reporter
from ..._common.report import Report, Task
from ..._kubernetes.connect import connect
from ..._kubernetes.kinds import SESSION
from ..._safety.guard import deleter
from .execute import stop_sessions
from .job import read_job
from .prepare import read_and_plan_stop
from .report import NOT_TOLD, report
from .wait import WaitResult, successor, wait_for_endings


def run_absent(task: Task) -> Report:
    """Stop what is asked for and may be stopped."""
    params, check_mode = task.params, task.check_mode
    service = None
    if params["unchecked"] or params["api"] == "service":
        # Every import is compiled anew by every task, and few tasks need these.
        from .alone import NOT_CHECKED, stop_unchecked
        from .service import stop_through

        if params["unchecked"]:
            done = stop_unchecked(params, check_mode=check_mode)
            return report(
                done, WaitResult({}), waited_seconds=0, would=check_mode, precondition="none", untold=NOT_CHECKED
            )
        service = stop_through(params, check_mode=check_mode)
    job = read_job(params, only_user=service.user if service else None)
    gateway = connect(params, check_mode=check_mode)
    done = read_and_plan_stop(gateway, job)
    protected = job.terms.safeguards.protection.app_definitions
    task.warn(done.view.unread, done.view.doubt, done.view.unprotected(protected))
    waited, planned = WaitResult({}), done.view
    if not check_mode:
        stopping = Reporter(params["progress_file"], "stopped")
        send = service.sender(gateway) if service else deleter(gateway, SESSION)
        done = stop_sessions(gateway, job, done, send, stopping.report)
        if params["wait"]:
            waiting = Reporter(params["progress_file"], "clean")
            waited = wait_for_endings(
                gateway,
                done.view,
                done.leftovers,
                timeout_seconds=params["wait_timeout_seconds"],
                progress=waiting.report,
                troubled=waiting.troubled,
            )
        if done.leftovers:
            task.warn(successor(gateway, job.installation, planned))
    if waited.denied:
        task.warn(f"{NOT_TOLD}: {waited.unread}")
    precondition = "none" if service else "uid_and_resource_version"
    waited_seconds = params["wait_timeout_seconds"]
    return report(done, waited, waited_seconds=waited_seconds, would=check_mode, precondition=precondition)
