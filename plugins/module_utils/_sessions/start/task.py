# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) does for C(state=present), from its options to its result."""

from __future__ import annotations

from ..._common.progress import Reporter
from ..._common.report import Report, Task
from ..._common.waiting import Deadline
from ..._kubernetes.connect import connect
from ..._platform.options import read_installation
from ..options import read_thresholds
from .execute import start_through_cluster
from .options import read_start_request
from .plan import plan_start
from .report import report
from .wait import SessionWatch, WaitResult


def run_present(task: Task) -> Report:
    """Start the session unless it is there, and wait until it can be used."""
    params, check_mode = task.params, task.check_mode
    request, thresholds = read_start_request(params), read_thresholds(params)
    service = None
    if params["api"] == "service":
        # Every import is compiled anew by every task, and few tasks need this one.
        from .service import start_through

        service = start_through(params, request, check_mode=check_mode)
    gateway, installation = connect(params, check_mode=check_mode), read_installation(params)
    watch = SessionWatch(gateway, installation, thresholds, Reporter(params["progress_file"], "usable"))
    view = watch.view()
    task.warn(view.unread, view.doubt)
    plan = plan_start(request, view.snapshot)
    deadline = Deadline(params["wait_timeout_seconds"])
    row = plan.found
    if row is None and not check_mode:
        if service is None:
            row = start_through_cluster(gateway, request, plan.name)
        else:
            row = service.start(gateway, plan.name, deadline.seconds)
    if row is None or check_mode or not params["wait"]:
        waited = WaitResult(watch.look(row.uid if row else ""))
    else:
        waited = watch.until_usable(row, deadline)
    return report(request, plan, waited, would=check_mode, precondition="none" if service else "name")
