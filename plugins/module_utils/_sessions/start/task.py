# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) does for C(state=present), from its options to its result."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured
from ..._common.progress import Reporter
from ..._common.report import Report, Task
from ..._common.waiting import Deadline
from ..._kubernetes.connect import connect
from ..._platform.options import read_installation
from ..._platform.snapshot import read
from ..options import read_thresholds
from ..view import view_sessions
from .execute import start_through_cluster, start_through_service
from .options import read_start_request
from .plan import StartRequest, plan_start
from .report import report, why_not_usable
from .wait import PARTS, REQUIRED, SessionWatch, Waited

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.rows import SessionRow
    from ..._service.client import Service

Params = t.Mapping[str, t.Any]


def run_present(task: Task) -> Report:
    """Start the session unless it is there, and wait until it can be used."""
    params, check_mode = task.params, task.check_mode
    request, thresholds = read_start_request(params), read_thresholds(params)
    service = _service(params, request, check_mode=check_mode) if params["api"] == "service" else None
    gateway, installation = connect(params, check_mode=check_mode), read_installation(params)
    view = view_sessions(read(gateway, installation, PARTS, REQUIRED), thresholds)
    task.warn(view.unread, view.doubt)
    plan = plan_start(request, view.snapshot)
    watch = SessionWatch(gateway, installation, thresholds, Reporter(params["progress_file"], "usable"))
    deadline = Deadline(params["wait_timeout_seconds"])
    if check_mode:
        waited = Waited(watch.look(plan.found.uid if plan.found else ""))
    else:
        row = plan.found or _start(gateway, service, request, plan.name, deadline)
        waited = _wait(watch, row, deadline) if params["wait"] else Waited(watch.look(row.uid))
    return report(request, plan, waited, would=check_mode, precondition="none" if service else "name")


def _start(
    gateway: Gateway, service: Service | None, request: StartRequest, name: str, deadline: Deadline
) -> SessionRow:
    if service is None:
        return start_through_cluster(gateway, request, name)
    return start_through_service(gateway, service, request, name, deadline.seconds)


def _wait(watch: SessionWatch, row: SessionRow, deadline: Deadline) -> Waited:
    has_url = watch.until_url(row, deadline)
    seconds_to_url = round(deadline.elapsed, 1) if has_url else None
    seen = watch.until_usable(row.uid, max(deadline.remaining, 0) if has_url else 0)
    if seen.usable:
        return Waited(seen, seconds_to_url)
    seen = watch.with_leader(seen)
    return Waited(seen, seconds_to_url, why_not_usable(row.name, seen, deadline.elapsed))


def _service(params: Params, request: StartRequest, *, check_mode: bool) -> Service:
    # Every import is compiled anew by every task, and few tasks need this one.
    from ..._service.client import connect_service

    service = connect_service(params, check_mode=check_mode)
    if params["user_token"] and service.user != request.user:
        raise Misconfigured(
            f"the service starts sessions for their own user alone, and user_token is that of {service.user!r}, not of "
            f"{request.user!r}"
        )
    return service
