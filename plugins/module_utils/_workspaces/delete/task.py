# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace) does for C(state=absent), from its options to its result."""

from __future__ import annotations

import typing as t

from ..._common.errors import EduideError, WaitTimeout, several
from ..._common.progress import Reporter
from ..._common.report import Report, Task
from ..._kubernetes.connect import connect
from ..._kubernetes.kinds import SESSION, WORKSPACE
from ..._platform.lists import describe_missing
from ..._platform.options import read_installation
from ..._safety.clocks import describe_doubt
from ..._safety.execution import Pace
from ..._safety.guard import deleter
from ..._safety.targets import Request
from ..._sessions.filter import Selection
from ..._sessions.findings import Thresholds
from ..._sessions.stop import task as stop_task
from ..._sessions.stop.execute import StopExecution, StopJob, stop_sessions
from ..._sessions.stop.service import StopThrough, stop_through
from ..._sessions.stop.wait import WaitResult, wait_for_endings
from .. import results
from ..record import DELETION_NOTES, NO_VOLUME, VOLUME_DELETED, VOLUME_RELEASED, Deletion
from ..restore.report import restore_steps
from ..usage.options import read_max_gap
from .execute import DeletionExecution, DeletionJob, delete_workspaces, read_and_plan_deletion
from .options import read_deletion_request, read_deletion_terms, read_session_terms
from .plan import DeletionItem, is_named, key_of, owner_of
from .service import NOT_CHECKED, delete_through, delete_unchecked
from .wait import NOT_GONE, SettleResult, settle

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Params = t.Mapping[str, t.Any]


class Outcome(t.NamedTuple):
    """All that is known when everything that could be done is done."""

    done: DeletionExecution
    settled: SettleResult
    waited: WaitResult
    """How the sessions ended that were stopped."""


def run_absent(task: Task) -> Report:
    """Delete what is asked for and may be deleted."""
    params, check_mode = task.params, task.check_mode
    if params["unchecked"]:
        done = delete_unchecked(params, check_mode=check_mode)
        outcome = Outcome(done, SettleResult({}, {}, None), WaitResult({}))
        return _report(task, outcome, params["namespace"], precondition="none", untold=NOT_CHECKED)
    service = stop_through(params, check_mode=check_mode) if params["api"] == "service" else None
    job = _job(params, only_user=service.user if service else None)
    gateway = connect(params, check_mode=check_mode)
    planned = read_and_plan_deletion(gateway, job)
    seen = planned.view.context
    task.warn(describe_missing(planned.view.missing), describe_doubt(seen.now, seen.machine_now))
    outcome = Outcome(planned, SettleResult({}, {}, None), WaitResult({}))
    if not check_mode:
        outcome = _carry_out(gateway, job, planned, service, params)
    precondition = "none" if service else "uid_and_resource_version"
    return _report(task, outcome, gateway.namespace, precondition=precondition)


def _report(
    task: Task, outcome: Outcome, namespace: str, *, precondition: str, untold: t.Collection[str] = ()
) -> Report:
    would, done = task.check_mode, outcome.done
    items = [_describe(item, outcome, namespace, would=would) for item in done.plan.items]
    stopping = done.stopping.plan.items if done.stopping else ()
    sessions = [stop_task.describe(item, outcome.waited.endings, would=would) for item in stopping]
    task.warn(*_warnings(outcome, items))
    return results.report(
        items,
        changed=bool(done.noted) or bool(done.plan.acts) or any(item.acts for item in stopping),
        precondition=precondition,
        not_checked=list(untold),
        sessions=sessions,
        missing=done.view.missing,
        failure=_failure(outcome, items, sessions, task.params["wait_timeout_seconds"]),
    )


def _job(params: Params, only_user: str | None) -> DeletionJob:
    terms = read_deletion_terms(params, only_user)
    stop = StopJob(
        request=Request(Selection()),
        terms=read_session_terms(params, terms),
        thresholds=Thresholds(),
        installation=read_installation(params),
        pace=Pace(params["concurrency"], params["max_failures"]),
        # No session leaves the shield of an exam this way, so that nothing is signed.
        run="",
    )
    return DeletionJob(read_deletion_request(params), terms, stop, read_max_gap(params))


def _carry_out(
    gateway: Gateway, job: DeletionJob, planned: DeletionExecution, service: StopThrough | None, params: Params
) -> Outcome:
    """Sessions first, then workspaces, then what is left of both."""
    waited = WaitResult({})
    if planned.stopping is not None:
        stopping = Reporter(params["progress_file"], "sessions stopped")
        stop = service.sender(gateway) if service else deleter(gateway, SESSION)
        stopped = stop_sessions(gateway, job.stop, planned.stopping, stop, stopping.report)
        planned = planned._replace(stopping=stopped)
        if params["wait"]:
            waited = _wait_for_sessions(gateway, stopped, params)
    deleting = Reporter(params["progress_file"], "workspaces deleted")
    send = delete_through(service, gateway) if service else deleter(gateway, WORKSPACE)
    done = delete_workspaces(gateway, job, planned, send, deleting.report)
    leftovers = {
        key: trace.leftovers for key, trace in done.traces.items() if params["wait"] or trace.leftovers.reclaim
    }
    settling = Reporter(params["progress_file"], "volumes settled")
    timeout_seconds = params["wait_timeout_seconds"]
    settled = settle(gateway, leftovers, timeout_seconds=timeout_seconds, progress=settling.report)
    return Outcome(done, settled, waited)


def _wait_for_sessions(gateway: Gateway, stopped: StopExecution, params: Params) -> WaitResult:
    waiting = Reporter(params["progress_file"], "sessions cleaned up")
    return wait_for_endings(
        gateway,
        stopped.view,
        stopped.leftovers,
        timeout_seconds=params["wait_timeout_seconds"],
        progress=waiting.report,
    )


def _warnings(outcome: Outcome, items: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    if outcome.settled.unread:
        yield f"what became of claims and volumes could not be read: {outcome.settled.unread}"
    if outcome.waited.unread:
        yield f"{stop_task.NOT_TOLD}: {outcome.waited.unread}"
    if unseen := [item["name"] for item in items if item["late_sessions"] is None]:
        yield f"whether a session slipped in at the last moment could not be read for {', '.join(unseen)}"
    if late_sessions := [name for item in items for name in item["late_sessions"] or ()]:
        yield (
            f"started in the last moment on workspaces that are gone: {', '.join(late_sessions)}; what is done in them "
            "is in no volume that lasts"
        )


def _describe(item: DeletionItem, outcome: Outcome, namespace: str, *, would: bool) -> dict[str, t.Any]:
    record = item.assessed.record if item.assessed else None
    kept, trace = owner_of(item), outcome.done.traces.get(key_of(item))
    claim, volume = (record["claim"], record["volume"]) if record else (None, None)
    row = item.assessed.volume if item.assessed else None
    failure = outcome.settled.failures.get(key_of(item))
    ending, deletion = outcome.settled.endings.get(key_of(item)), item.decision.consequence
    if ending == NO_VOLUME and deletion is None:
        # Whether it had one could not be read.
        ending = None
    restore: list[str] = []
    if item.acts and deletion == VOLUME_RELEASED and ending != VOLUME_DELETED and row and kept:
        restore = restore_steps(row, kept, namespace=namespace)
    return results.item(
        name=item.name,
        uid=item.uid or None,
        user=kept.user if kept else None,
        app_definition=kept.app_definition if kept else None,
        exam=record["exam"] if record else None,
        claim=claim["name"] if claim else (item.left.claim if item.left else None),
        volume=volume["name"] if volume else (item.left.name if item.left else None),
        sessions=record["sessions"] if record else [],
        outcome="failed" if failure else item.decision.outcome,
        would=would,
        reason=failure or item.decision.text,
        deletion=deletion,
        deletion_note=_note(deletion),
        ending=ending,
        restore=restore,
        late_sessions=trace.late_sessions if trace else [],
        unguarded_milliseconds=_milliseconds(trace.unguarded_seconds if trace else None),
    )


def _note(deletion: str | None) -> str | None:
    return DELETION_NOTES[t.cast(Deletion, deletion)] if deletion else None


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _failure(
    outcome: Outcome,
    workspaces: t.Sequence[t.Mapping[str, t.Any]],
    sessions: t.Sequence[t.Mapping[str, t.Any]],
    waited_seconds: int,
) -> EduideError | None:
    """Everything that could be done is done by now; the task still fails if something was not."""
    planned = outcome.done.plan
    if planned.over_cap:
        return EduideError(f"{planned.over_cap}; they are listed in the result")
    problems = [
        f"{told['name']}: {told['reason']}"
        for item, told in zip(planned.items, workspaces, strict=True)
        if told["outcome"] == "failed"
        # Whoever names a workspace and gets a green task believes that it is gone.
        or (told["outcome"] in ("refused", "kept_in_use") and is_named(item.criteria))
    ]
    problems += [f"session {told['name']}: {told['reason']}" for told in sessions if told["outcome"] == "failed"]
    problems += [
        f"{told['name']}: {told['deletion_note']} was meant, and {_note(told['ending'])} in the end: another client "
        "changed its volume"
        for told in workspaces
        if told["deletion"] and told["ending"] not in (None, NOT_GONE, told["deletion"])
    ]
    if problems:
        return EduideError(several(problems))
    late = [
        f"{told['name']} ({delay})" if (delay := outcome.settled.delays.get(key_of(item))) else told["name"]
        for item, told in zip(outcome.done.plan.items, workspaces, strict=True)
        if told["ending"] == NOT_GONE
    ]
    late += [told["name"] for told in sessions if told["ending"] in stop_task.FAILING_ENDINGS]
    if not late:
        return None
    told = ", ".join(late[:5]) + (f" and {len(late) - 5} more" if len(late) > 5 else "")
    return WaitTimeout(
        f"deleted, but after {waited_seconds} s something is left of {told}; a claim stays as long as a pod uses "
        "it, and a volume until its provisioner has removed it"
    )
