# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) does for C(state=active), from its options to its result."""

from __future__ import annotations

import collections
import typing as t

from ..._common.batch import Failures
from ..._common.errors import (
    Conflict,
    EduideError,
    Forbidden,
    Misconfigured,
    NotFound,
)
from ..._common.report import Report, Task, differences
from ..._kubernetes.connect import connect
from ..._kubernetes.kinds import SESSION
from ..._platform.options import read_installation
from ..._platform.rows import SessionRow, session_row
from ..._safety.limits import read_caps
from ..._service.client import Service, connect_service
from ..filter import Selection, select
from ..options import read_thresholds
from ..record import judge_sessions
from ..snapshot import PARTS, describe_missing, read
from ..stop.options import read_request
from ..stop.plan import Request, rests_on
from ..stop.service import each, failure_of
from .plan import (
    Outcome,
    Touch,
    annotation_patch,
    decide_touch,
    milliseconds,
    status_patch,
)

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Params = t.Mapping[str, t.Any]
ROUNDS = 5
NOT_CHECKED = ("uid", "activity", "state")


class Target(t.NamedTuple):
    name: str
    uid: str | None
    row: SessionRow | None
    """None: it does not exist."""


def run_active(task: Task) -> Report:
    """Report activity for the sessions asked for."""
    params, check_mode = task.params, task.check_mode
    request = read_request(params)
    if request.records is None and not request.selection.states_anything:
        raise Misconfigured("No session is selected: give records, names, uids or filters")
    read_caps(params, "max_stop")
    service = connect_service(params, check_mode=check_mode) if params["api"] == "service" else None
    if params["unchecked"]:
        return _touch_unchecked(request, service, params, check_mode=check_mode)
    gateway = connect(params, check_mode=check_mode)
    targets, missing = _targets(gateway, params, request)
    task.warn(describe_missing(missing))
    toucher = _Toucher(gateway, service, task)
    touches = gateway.map(toucher.touch, targets, concurrency=params["concurrency"])
    done = list(zip(targets, touches, strict=True))
    return _report(done, would=check_mode, through_service=service is not None, missing=missing)


class _Toucher:
    def __init__(self, gateway: Gateway, service: Service | None, task: Task) -> None:
        self._gateway, self._service, self._task = gateway, service, task
        self._fresh_seconds, self._check_mode = task.params["fresh_seconds"], task.check_mode
        self._failures = Failures(task.params["max_failures"])

    def touch(self, target: Target) -> Touch:
        if why := self._failures.too_many:
            return Touch("skipped_cap", why)
        touch = self._touch(target.row)
        self._failures.note(touch.outcome)
        return touch

    def _touch(self, row: SessionRow | None) -> Touch:
        """Report for one session, again and again while others write to it."""
        try:
            for _unused in range(ROUNDS):
                decision = decide_touch(row, now=self._gateway.now(), fresh_seconds=self._fresh_seconds)
                if row is None or decision.outcome != "touched" or self._check_mode:
                    return decision
                try:
                    return self._send(row, decision)
                except Conflict:
                    row = self._read(row)
                except NotFound:
                    return Touch("gone", "it was gone before its activity could be reported")
        except EduideError as exc:
            return Touch("failed", exc.told)
        return Touch("failed", f"it changed {ROUNDS} times while its activity was being reported")

    def _send(self, row: SessionRow, decision: Touch) -> Touch:
        if self._service is not None:
            return self._send_through(self._service, row, decision)
        value = milliseconds(self._gateway.now())
        # The note goes first: a run that ends in between must not leave our own report as the user's activity.
        noted = self._gateway.merge_patch(SESSION, row.name, annotation_patch(value, row.resource_version))
        version = noted["metadata"]["resourceVersion"]
        self._gateway.merge_patch(SESSION, row.name, status_patch(value, version), subresource="status")
        return decision

    def _send_through(self, service: Service, row: SessionRow, decision: Touch) -> Touch:
        """The service writes its own time, so what it wrote is read back and noted."""
        current = self._read(row)
        if current is None or not service.report_activity(row.name):
            return Touch("gone", "it was gone before its activity could be reported")
        written = self._read(row)
        if written is not None:
            try:
                patch = annotation_patch(written.last_activity, written.resource_version)
                self._gateway.merge_patch(SESSION, row.name, patch)
            except (Conflict, Forbidden) as exc:
                self._task.warn(f"{row.name}: that this activity is not its user's could not be noted: {exc}")
        return decision

    def _read(self, row: SessionRow) -> SessionRow | None:
        found = self._gateway.get(SESSION, row.name)
        return session_row(found) if found and found["metadata"]["uid"] == row.uid else None


def _targets(gateway: Gateway, params: Params, request: Request) -> tuple[list[Target], dict[str, str]]:
    installation = read_installation(params)
    parts = rests_on(request) & set(PARTS) | ({"exams"} if request.selection.exam else set())
    parts |= {"memory": {"objects", "usage"}, "restarts": {"objects"}}.get(request.sort_by or "", set())
    view = read(gateway, installation, read_thresholds(params), parts)
    rows = {row.uid: row for row in view.sources.sessions}
    if request.records is not None:
        listed = dict.fromkeys(request.records)
        return [Target(each.name, each.uid, rows.get(each.uid)) for each in listed], view.missing
    sessions = judge_sessions(view.sources, view.circumstances)
    chosen = select(sessions, request.selection, sort_by=request.sort_by, limit=request.limit)
    known = {row.name for row in rows.values()} | set(rows)
    absent = sorted((request.selection.names | request.selection.uids) - known)
    found = [Target(judged.row.name, judged.row.uid, judged.row) for judged in chosen]
    return found + [Target(name, None, None) for name in absent], view.missing


def _touch_unchecked(request: Request, service: Service | None, params: Params, *, check_mode: bool) -> Report:
    names = request.selection.names
    stated = request.records is not None or request.selection != Selection(names=names) or request.sort_by
    if service is None or stated:
        raise Misconfigured(
            "unchecked is for api=service with names: without the cluster nothing else can be told apart"
        )
    asked = sorted(names) if request.limit is None else sorted(names)[: request.limit]
    outcomes = _predict(service, asked) if check_mode else each(asked, lambda name: _report_one(service, name), params)
    done = [(Target(name, None, None), Touch(t.cast(Outcome, word), text)) for name, (word, text) in outcomes.items()]
    return _report(done, would=check_mode, through_service=True, not_checked=list(NOT_CHECKED))


def _report_one(service: Service, name: str) -> tuple[str, str]:
    if service.report_activity(name):
        return "touched", "reported as active"
    return "gone", "there is no such session"


def _predict(service: Service, names: t.Sequence[str]) -> dict[str, tuple[str, str]]:
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
    return {name: ("touched", there if name in known else unknown) for name in names}


def _report(done: t.Sequence[tuple[Target, Touch]], *, would: bool, through_service: bool, **more: t.Any) -> Report:
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


def _describe(target: Target, touch: Touch, *, would: bool) -> dict[str, t.Any]:
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
