# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) does for C(state=active), from its options to its result."""

from __future__ import annotations

import collections
import typing as t

from ..._common.batch import retry_on_conflict, run_batch
from ..._common.errors import (
    Conflict,
    EduideError,
    Forbidden,
    Misconfigured,
    NotFound,
    ServerFailed,
    Unreachable,
)
from ..._common.report import Report, Task, differences
from ..._kubernetes.connect import connect
from ..._kubernetes.kinds import SESSION
from ..._platform.lists import describe_missing
from ..._platform.options import read_installation
from ..._platform.rows import SessionRow, session_row
from ..._platform.snapshot import read
from ..._safety.guard import ROUNDS, look_up
from ..._safety.limits import read_caps
from ..._safety.targets import check_request, find_targets
from ..._service.client import Service, connect_service
from ..filter import Selection, select
from ..options import read_thresholds
from ..record import assess_sessions
from ..stop.options import read_stop_request
from ..stop.plan import StopRequest, needed_lists
from ..stop.service import failure_of
from ..view import GATHERED, REQUIRED, parts_of, view_sessions
from .plan import (
    ActivityReport,
    annotation_patch,
    decide_touch,
    milliseconds,
    status_patch,
)

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Params = t.Mapping[str, t.Any]
Send = t.Callable[[SessionRow], bool]
"""Reports activity for the session that was seen; False if it is gone, Conflict if it was changed."""
NOT_CHECKED = ("uid", "activity", "state")
_GONE = ActivityReport("gone", "it was gone before its activity could be reported")


class Target(t.NamedTuple):
    name: str
    uid: str | None
    row: SessionRow | None
    """None: it does not exist."""


def run_active(task: Task) -> Report:
    """Report activity for the sessions asked for."""
    params, check_mode = task.params, task.check_mode
    request = read_stop_request(params)
    check_request(request, "session", "reports for nobody")
    read_caps(params, "max_stop")
    service = connect_service(params, check_mode=check_mode) if params["api"] == "service" else None
    if params["unchecked"]:
        return _touch_unchecked(request, service, params, check_mode=check_mode)
    gateway = connect(params, check_mode=check_mode)
    targets, missing = _targets(gateway, params, request)
    task.warn(describe_missing(missing))
    send = _through(gateway, service, task) if service else _send(gateway)
    touches = [
        attempt.settle(_unfinished)
        for attempt in run_batch(
            targets,
            lambda target: _touch(gateway, target.row, send, params["fresh_seconds"], check_mode=check_mode),
            concurrency=params["concurrency"],
            max_failures=params["max_failures"],
            across=gateway.map,
        )
    ]
    done = list(zip(targets, touches, strict=True))
    return _report(done, would=check_mode, through_service=service is not None, missing=missing)


def _unfinished(_target: object, outcome: t.Literal["failed", "skipped_cap"], text: str) -> ActivityReport:
    return ActivityReport(outcome, text)


def _touch(
    gateway: Gateway, seen: SessionRow | None, send: Send, fresh_seconds: int, *, check_mode: bool
) -> ActivityReport:
    """Report for one session, again and again while others write to it."""

    def attempt(again: bool) -> ActivityReport:
        row = _as_it_is_now(gateway, seen) if again and seen else seen
        decision = decide_touch(row, now=gateway.now(), fresh_seconds=fresh_seconds)
        if row is None or decision.outcome != "touched" or check_mode:
            return decision
        try:
            return decision if send(row) else _GONE
        except NotFound:
            return _GONE

    return retry_on_conflict(ROUNDS, attempt, doing="its activity was being reported")


def _send(gateway: Gateway) -> Send:
    def send(row: SessionRow) -> bool:
        value = milliseconds(gateway.now())
        # The note goes first: a run that ends in between must not leave our own report as the user's activity.
        noted = gateway.merge_patch(SESSION, row.name, annotation_patch(value, row.resource_version))
        version = noted["metadata"]["resourceVersion"]
        gateway.merge_patch(SESSION, row.name, status_patch(value, version), subresource="status")
        return True

    return send


def _through(gateway: Gateway, service: Service, task: Task) -> Send:
    """The service writes its own time, so what it wrote is read back and noted."""

    def send(row: SessionRow) -> bool:
        before = _as_it_is_now(gateway, row)
        if before is None or not _reported(gateway, before, service):
            return False
        written = _as_it_is_now(gateway, row)
        if written is not None:
            try:
                patch = annotation_patch(written.last_activity, written.resource_version)
                gateway.merge_patch(SESSION, row.name, patch)
            except (Conflict, Forbidden) as exc:
                task.warn(f"{row.name}: that this activity is not its user's could not be noted: {exc}")
        return True

    return send


def _reported(gateway: Gateway, before: SessionRow, service: Service) -> bool:
    """Whether the service reported it. It may answer 500 although it did, so what it wrote is looked up."""
    try:
        return service.report_activity(before.name)
    except (ServerFailed, Unreachable) as exc:
        now = _as_it_is_now(gateway, before)
        if now is None:
            return False
        if now.last_activity > before.last_activity:
            return True
        if isinstance(exc, Unreachable):
            raise
        raise ServerFailed(str(exc), **{**exc.details, "applied": "no"}) from exc


def _as_it_is_now(gateway: Gateway, seen: SessionRow) -> SessionRow | None:
    found = look_up(gateway, SESSION, seen)
    return session_row(found) if found else None


def _targets(gateway: Gateway, params: Params, request: StopRequest) -> tuple[list[Target], dict[str, str]]:
    installation = read_installation(params)
    parts = needed_lists(request) & set(GATHERED) | ({"exams"} if request.selection.exam else set())
    parts |= {"memory": {"objects", "usage"}, "restarts": {"objects"}}.get(request.sort_by or "", set())
    view = view_sessions(read(gateway, installation, parts_of(parts), REQUIRED), read_thresholds(params))
    sessions = assess_sessions(view.sources, view.context)
    found = find_targets(sessions, request, select, thing="session")
    return [Target(item.name, item.uid, item.assessed.row if item.assessed else None) for item in found], view.missing


def _touch_unchecked(request: StopRequest, service: Service | None, params: Params, *, check_mode: bool) -> Report:
    names = request.selection.names
    stated = request.records is not None or request.selection != Selection(names=names) or request.sort_by
    if service is None or stated:
        raise Misconfigured(
            "unchecked is for api=service with names: without the cluster nothing else can be told apart"
        )
    asked = sorted(names) if request.limit is None else sorted(names)[: request.limit]
    if check_mode:
        touches = _predict(service, asked)
    else:
        done = run_batch(
            asked,
            lambda name: _report_one(service, name),
            concurrency=params["concurrency"],
            max_failures=params["max_failures"],
        )
        touches = [attempt.settle(_unfinished) for attempt in done]
    told = list(zip([Target(name, None, None) for name in asked], touches, strict=True))
    return _report(told, would=check_mode, through_service=True, not_checked=list(NOT_CHECKED))


def _report_one(service: Service, name: str) -> ActivityReport:
    if service.report_activity(name):
        return ActivityReport("touched", "reported as active")
    return ActivityReport("gone", "there is no such session")


def _predict(service: Service, names: t.Sequence[str]) -> list[ActivityReport]:
    """The service lists sessions to their own user alone, and takes reports for those of everybody."""
    known: set[str] = set()
    if service.user:
        try:
            known = {session.name for session in service.sessions(service.user)}
        except EduideError:
            # What cannot be listed is not known; the report itself may be accepted all the same.
            known = set()
    there = "reported as active"
    unknown = "reported as active if there is such a session, which the service does not tell"
    return [ActivityReport("touched", there if name in known else unknown) for name in names]


def _report(
    done: t.Sequence[tuple[Target, ActivityReport]], *, would: bool, through_service: bool, **more: t.Any
) -> Report:
    items = [_describe(target, touch, would=would) for target, touch in done]
    fields = {
        "sessions": items,
        "outcomes": dict(collections.Counter(touch.outcome for _unused, touch in done)),
        "data_lost": {},
        "precondition": "none" if through_service else "resource_version",
        "not_checked": [],
        "missing": {},
        **more,
    }
    diff = differences(items, ("touched",))
    return Report(bool(diff), fields, diff, failure_of(items))


def _describe(target: Target, touch: ActivityReport, *, would: bool) -> dict[str, t.Any]:
    row = target.row
    return {
        **dict.fromkeys(("state", "data_at", "exam", "ending")),
        "name": target.name,
        "uid": target.uid,
        "user": row.user if row else None,
        "app_definition": row.app_definition if row else None,
        "outcome": touch.outcome,
        "would": would,
        "reason": touch.text,
        "reasons": [],
    }
