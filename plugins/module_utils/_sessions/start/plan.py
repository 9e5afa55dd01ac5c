# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding whether one session may be started, and what it will be called."""

from __future__ import annotations

import re
import typing as t

from ..._common.errors import EduideError, Invalid, LimitReached
from ..._platform.labels import makes_label, user_label
from ..._platform.unknown import no_app_definition

if t.TYPE_CHECKING:
    from ..._platform.lists import Snapshot
    from ..._platform.rows import AppDefinitionRow, SessionRow

# What the platform makes of an app definition and a user is cut here, so that the suffix still fits.
_LONGEST_NAME = 54


class StartRequest(t.NamedTuple):
    """The options, in their order."""

    user: str
    app_definition: str
    canary: str | None = None
    """The exam for which it is a canary, which may be stopped although the exam is under way."""


class StartPlan(t.NamedTuple):
    name: str
    found: SessionRow | None
    """The same session, if it is there already."""


def plan_start(request: StartRequest, snapshot: Snapshot) -> StartPlan:
    """The name of the session, unless something speaks against starting it."""
    app = _app_definition(request, snapshot)
    _check_label(request.user)
    name = session_name(request.app_definition, request.user)
    sessions = snapshot.lists.sessions
    found = next((row for row in sessions if row.name == name), None)
    if found is not None:
        _check_same(found, request)
        return StartPlan(name, found)
    per_user = snapshot.operator.sessions_per_user if snapshot.operator else None
    _check_limits(request, app, sessions, per_user)
    return StartPlan(name, None)


def session_name(app_definition: str, user: str) -> str:
    """The platform's name of a session without a workspace: the same at each start, and cut if it is long."""
    name = re.sub(r"[^a-z0-9-]", "-", f"ws-{app_definition}-{user}".lower())[:_LONGEST_NAME]
    return f"{name[:-1]}z-session" if name.endswith("-") else f"{name}-session"


def _app_definition(request: StartRequest, snapshot: Snapshot) -> AppDefinitionRow:
    known = {row.name: row for row in snapshot.lists.app_definitions or ()}
    if request.app_definition in known:
        return known[request.app_definition]
    raise no_app_definition(request.app_definition, known, snapshot.namespace)


def _check_label(user: str) -> None:
    """The operator makes a label of the user. Where that is none, it ends itself when the session is stopped."""
    if not makes_label(user):
        raise Invalid(
            f"user {user!r}: the label {user_label(user)!r} that the operator makes of it begins or ends with no "
            "letter or digit, so that its session would fail; take another user"
        )


def _check_same(found: SessionRow, request: StartRequest) -> None:
    """Names are cut, so that another user may have the same one; and only our own canary may be stopped later."""
    if (found.user, found.app_definition) != (request.user, request.app_definition):
        raise EduideError(
            f"session {found.name}: the name belongs to the session of {found.user!r} on {found.app_definition}, and "
            "names of sessions are cut; take another user"
        )
    if found.deleting:
        raise EduideError(f"session {found.name}: it is being deleted; try again when it is gone")
    if request.canary and found.canary != request.canary:
        raise EduideError(
            f"session {found.name}: {found.user!r} has it already, and it is no canary of the exam {request.canary}; "
            "take a user who is nobody else"
        )


def _check_limits(
    request: StartRequest, app: AppDefinitionRow, sessions: t.Sequence[SessionRow], per_user: int | None
) -> None:
    most = app.values["max_instances"]
    # The service counts sessions without an error, the operator those that it did not give up; whoever counts more.
    present = [row for row in sessions if row.app_definition == app.name]
    counted = max(sum(row.error is None for row in present), sum(row.operator_status != "ERROR" for row in present))
    if most is not None and 0 <= most <= counted:
        raise LimitReached(
            f"app definition {app.name}: max_instances is {most}, and it has {counted} sessions; raise max_instances, "
            "or stop sessions that failed"
        )
    own = sum(row.user == request.user for row in sessions)
    if per_user is not None and own >= per_user:
        raise LimitReached(
            f"user {request.user!r}: a user may have {per_user} sessions (sessionsPerUser), and this one has {own}, "
            "failed ones included; stop one of them first"
        )
