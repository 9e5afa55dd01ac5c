# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a deletion: sessions first, then workspaces, then what is left of both."""

from __future__ import annotations

import typing as t

from ..._common.progress import Reporter
from ..._kubernetes.kinds import SESSION, WORKSPACE
from ..._safety.guard import deleter
from ..._sessions.stop.execute import stop_sessions
from ..._sessions.stop.wait import WaitResult, successor, wait_for_endings
from .execute import delete_workspaces
from .service import delete_through
from .wait import SettleResult, settle

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._sessions.stop.prepare import StopExecution
    from ..._sessions.stop.service import StopThrough
    from .job import DeletionJob
    from .prepare import DeletionExecution

Params = t.Mapping[str, t.Any]


class Outcome(t.NamedTuple):
    """All that is known when everything that could be done is done."""

    done: DeletionExecution
    settled: SettleResult
    waited: WaitResult
    """How the sessions ended that were stopped."""
    succession: str | None = None
    """That another operator leads since."""


def carry_out(
    gateway: Gateway, job: DeletionJob, planned: DeletionExecution, service: StopThrough | None, params: Params
) -> Outcome:
    """Carry out the plan, through the service or without it."""
    waited, succession = WaitResult({}), None
    if planned.stopping is not None:
        stopping = Reporter(params["progress_file"], "sessions stopped")
        stop = service.sender(gateway) if service else deleter(gateway, SESSION)
        stopped = stop_sessions(gateway, job.stop, planned.stopping, stop, stopping.report)
        if params["wait"]:
            waited = _wait_for_sessions(gateway, stopped, params)
        if stopped.leftovers:
            succession = successor(gateway, job.stop.installation, planned.stopping.view)
        planned = planned._replace(stopping=stopped)
    deleting = Reporter(params["progress_file"], "workspaces deleted")
    send = delete_through(service, gateway) if service else deleter(gateway, WORKSPACE)
    done = delete_workspaces(gateway, job, planned, send, deleting.report)
    leftovers = {
        key: trace.leftovers for key, trace in done.traces.items() if params["wait"] or trace.leftovers.reclaim
    }
    settling = Reporter(params["progress_file"], "volumes settled")
    settled = settle(
        gateway,
        leftovers,
        timeout_seconds=params["wait_timeout_seconds"],
        progress=settling.report,
        troubled=settling.troubled,
    )
    return Outcome(done, settled, waited, succession)


def _wait_for_sessions(gateway: Gateway, stopped: StopExecution, params: Params) -> WaitResult:
    waiting = Reporter(params["progress_file"], "sessions cleaned up")
    return wait_for_endings(
        gateway,
        stopped.view,
        stopped.leftovers,
        timeout_seconds=params["wait_timeout_seconds"],
        progress=waiting.report,
        troubled=waiting.troubled,
    )
