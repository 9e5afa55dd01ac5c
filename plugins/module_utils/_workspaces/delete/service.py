# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting workspaces through the REST service, which does it for their own user, in use or not."""

from __future__ import annotations

import typing as t

from ..._common.batch import run_batch
from ..._common.errors import EduideError, Misconfigured, ServerFailed
from ..._common.report import Report
from ..._kubernetes.kinds import WORKSPACE
from ..._platform.rows import WorkspaceRow
from ..._safety.decision import Outcome
from ..._safety.options import read_safeguards
from ..._safety.protection import Protection
from ..._service.client import ListedWorkspace, Service, connect_service
from ..._sessions.service import the_user
from ..._sessions.stop.service import StopThrough, failure_of, send_and_confirm
from .. import results
from .options import read_deletion_request

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Params = t.Mapping[str, t.Any]
# What nobody looks at if the cluster cannot be read.
NOT_CHECKED = ("uid", "sessions", "exams", "annotations", "max_percent", "volume")


def delete_through(through: StopThrough, gateway: Gateway) -> t.Callable[[WorkspaceRow], bool]:
    def send(row: WorkspaceRow) -> bool:
        return send_and_confirm(
            gateway, WORKSPACE, row, lambda: through.service.delete_workspace(through.user, row.name)
        )

    return send


def delete_unchecked(params: Params, *, check_mode: bool) -> Report:
    """Delete workspaces of the token's user by name, with nothing but the service to ask."""
    request = read_deletion_request(params)
    stated = request.selection._replace(names=frozenset(), users=frozenset())
    if (
        params["api"] != "service"
        or request.records is not None
        or not request.selection.names
        or stated.states_anything
        or params["volume"] != "follow"
        or params["live_sessions"] != "refuse"
    ):
        raise Misconfigured(
            "unchecked is for api=service with names, and neither touches sessions nor volumes: without the cluster "
            "nothing else can be told apart"
        )
    safeguards = read_safeguards(params, "workspaces", "max_delete")
    service = connect_service(params, check_mode=check_mode)
    user = the_user(service, params)
    listed = {workspace.name: workspace for workspace in service.workspaces(user)}
    names = sorted(request.selection.names)[: request.limit]
    decided: dict[str, tuple[str, str]] = {
        name: _decide(name, user, listed.get(name), safeguards.protection) for name in names
    }
    going = [name for name, (outcome, _reason) in decided.items() if outcome == "deleted"]
    over_cap = safeguards.caps.exceeded(len(going), 0, 0, things="workspaces", counted="workspaces", ended="deleted")
    if over_cap:
        decided.update(dict.fromkeys(going, ("skipped_cap", over_cap)))
    elif not check_mode:
        done = run_batch(
            going,
            lambda name: _delete(service, user, name),
            concurrency=params["concurrency"],
            max_failures=params["max_failures"],
        )
        decided |= {attempt.item: attempt.settle(lambda _name, *ending: ending) for attempt in done}
    items = [
        results.item(
            name=name,
            outcome=outcome,
            would=check_mode,
            reason=reason,
            **({"user": user, "app_definition": listed[name].app_definition} if name in listed else {}),
        )
        for name, (outcome, reason) in decided.items()
    ]
    failure = failure_of(items, ("failed", "kept_in_use"))
    if over_cap:
        failure = EduideError(f"{over_cap}; they are listed in the result")
    return results.report(items, precondition="none", not_checked=list(NOT_CHECKED), failure=failure)


def _decide(name: str, user: str, found: ListedWorkspace | None, protection: Protection) -> tuple[Outcome, str]:
    if found is None:
        return "gone", "there is no such workspace"
    if found.active:
        return "kept_in_use", "the service says that there is a session of it"
    why = protection.of("workspace", name, found.app_definition or "", user)
    return ("kept_protected", why) if why else ("deleted", "named by this task")


def _delete(service: Service, user: str, name: str) -> tuple[str, str]:
    if not service.delete_workspace(user, name):
        raise ServerFailed("the service says that it did not delete it")
    return "deleted", "named by this task"
