# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reporting activity through the REST service, which does it for everybody and writes its own time."""

from __future__ import annotations

import typing as t

from ..._common.errors import (
    Conflict,
    EduideError,
    Forbidden,
    Misconfigured,
    ServerFailed,
    Unreachable,
)
from ..._kubernetes.kinds import SESSION
from ..._platform.snapshot import read_row
from ..._service.client import Service, connect_service
from ..filter import Selection
from .plan import ActivityReport, annotation_patch
from .way import Send, Target, Way

if t.TYPE_CHECKING:
    from ..._common.report import Task
    from ..._kubernetes.gateway import Gateway
    from ..._platform.rows import SessionRow
    from ..stop.plan import StopRequest

# What nobody looks at if the cluster cannot be read.
NOT_CHECKED = ("uid", "activity", "state")


def service_send(gateway: Gateway, task: Task) -> Send:
    """What the service wrote is read back and noted."""
    service = connect_service(task.params, check_mode=task.check_mode)

    def send(row: SessionRow) -> bool:
        before = read_row(gateway, "sessions", row)
        if before is None or not _reported(gateway, before, service):
            return False
        written = read_row(gateway, "sessions", row)
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
        now = read_row(gateway, "sessions", before)
        if now is None:
            return False
        if now.last_activity > before.last_activity:
            return True
        if isinstance(exc, Unreachable):
            raise
        raise ServerFailed(str(exc), **{**exc.details, "applied": "no"}) from exc


def service_alone(task: Task, request: StopRequest) -> Way:
    """Sessions by name: all that the service does not tell of them is unknown."""
    names = request.selection.names
    stated = request.records is not None or request.selection != Selection(names=names) or request.sort_by
    if task.params["api"] != "service" or stated:
        raise Misconfigured(
            "unchecked is for api=service with names: without the cluster nothing else can be told apart"
        )
    service = connect_service(task.params, check_mode=task.check_mode)
    known = _names_of(service) if task.check_mode else set()

    def act(target: Target) -> ActivityReport:
        if task.check_mode:
            unsure = " if there is such a session, which the service does not tell"
            return ActivityReport("touched", f"reported as active{'' if target.name in known else unsure}")
        if service.report_activity(target.name):
            return ActivityReport("touched", "reported as active")
        return ActivityReport("gone", "there is no such session")

    targets = [Target(name) for name in sorted(names)[: request.limit]]
    return Way(targets, act, precondition="none", not_checked=NOT_CHECKED)


def _names_of(service: Service) -> set[str]:
    """The service lists sessions to their own user alone, and takes reports for those of everybody."""
    if not service.user:
        return set()
    try:
        return {session.name for session in service.sessions(service.user)}
    except EduideError:
        # What cannot be listed is not known; the report itself may be accepted all the same.
        return set()
