# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspaces as the REST service tells them to their own user: names, and who is on them. It knows no more."""

from __future__ import annotations

import collections
import typing as t
from datetime import datetime

from .._common.errors import Misconfigured
from .._platform.rows import WorkspaceRow, workspaces_of
from .._service.client import UNTOLD_BY_SERVICE, ListedSession, ListedWorkspace, connect_service
from .._sessions.service import token_user
from .record import AssessedWorkspace, WorkspaceRecord

Params = t.Mapping[str, t.Any]
# What has to be read from the cluster.
UNTOLD = ("status", "claims", "volumes", "live_sessions", "last_used", "exams", "quotas")
_BEYOND = ("uids", "exam", "in_use", "older_than_days", "unused_days", "sort_by")


def list_workspaces(params: Params) -> dict[str, t.Any]:
    """The workspaces of the token's user, in the shape of a result whose other fields are unknown."""
    if beyond := [option for option in _BEYOND if params[option] not in (None, [])]:
        raise Misconfigured(f"with api=service nobody can tell {', '.join(beyond)}: {UNTOLD_BY_SERVICE}")
    service = connect_service(params)
    user = token_user(service, params)
    chosen = sorted(workspace for workspace in service.workspaces(user) if _wanted(workspace, params))
    sessions = service.sessions(user)
    records = [_record(workspace, sessions) for workspace in chosen]
    return {
        "workspaces": records if params["limit"] is None else records[: params["limit"]],
        "orphans": None,
        "pool_claims": None,
        "summary": {
            "total": len(chosen),
            "by_app_definition": dict(collections.Counter(each.app_definition for each in chosen).most_common()),
        },
        "garbage_collector": None,
        "observation": None,
        "missing": dict.fromkeys(UNTOLD, UNTOLD_BY_SERVICE),
        "seen_at": None,
    }


def assess_listed(workspace: ListedWorkspace, now: datetime) -> AssessedWorkspace:
    """A workspace of which nobody knows more than the service tells."""
    unknown: dict[str, t.Any] = dict.fromkeys(WorkspaceRow._fields)
    told = {name: getattr(workspace, name) for name in ("name", "user", "label")}
    app_definition = workspace.app_definition or ""
    row = WorkspaceRow(**{**unknown, **told, "app_definition": app_definition, "uid": "", "deleting": False})
    record = _record(workspace, ())
    record["app_definition"] = app_definition
    record["live_sessions"] = ["that the service tells of"] if workspace.active else []
    return AssessedWorkspace(record, row, now, None, (), (), None, None)


def _wanted(workspace: ListedWorkspace, params: Params) -> bool:
    values = (("names", workspace.name), ("app_definitions", workspace.app_definition))
    return all(value in params[option] for option, value in values if params[option])


def _record(workspace: ListedWorkspace, sessions: t.Iterable[ListedSession]) -> WorkspaceRecord:
    record: dict[str, t.Any] = dict.fromkeys(WorkspaceRecord.__annotations__)
    record |= {name: getattr(workspace, name) for name in ("name", "user", "app_definition", "label")}
    record["sessions"] = sorted(
        session.name for session in sessions if workspace.name in workspaces_of(session.name, session.workspace)
    )
    return t.cast(WorkspaceRecord, record)
