# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace) does for C(state=present): one workspace, with the volume that the operator gives it."""

from __future__ import annotations

import re
import typing as t

from .._common.errors import (
    Conflict,
    EduideError,
    Misconfigured,
    NotFound,
    WaitTimeout,
)
from .._common.report import Report, Task
from .._common.waiting import wait_until
from .._kubernetes.connect import connect
from .._kubernetes.kinds import APP_DEFINITION, WORKSPACE
from .._platform.rows import WorkspaceRow, workspace_row
from .._platform.unknown import no_app_definition
from . import results

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway, Json

Params = t.Mapping[str, t.Any]

# What both the name of an object and the platform's own pattern for spec.name allow.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,251}[a-z0-9])?")


def run_present(task: Task) -> Report:
    """Create the workspace unless it is there."""
    params, check_mode = task.params, task.check_mode
    if params["api"] == "service":
        raise Misconfigured(
            "state=present goes through the cluster: the service chooses the names of workspaces itself"
        )
    if lacking := [option for option in ("name", "user", "app_definition") if not params[option]]:
        raise Misconfigured(f"state=present needs {' and '.join(lacking)}")
    if not _NAME.fullmatch(params["name"]):
        raise Misconfigured(
            f"name={params['name']!r} cannot name a workspace: it takes lower-case letters, digits and hyphens, with a "
            "letter or digit at both ends"
        )
    gateway = connect(params, check_mode=check_mode)
    row, created = _found_or_created(gateway, params, check_mode=check_mode)
    if row and params["wait"] and not check_mode:
        row = _with_volume(gateway, row, params["wait_timeout_seconds"])
    told = results.item(
        name=params["name"],
        uid=row.uid if row else None,
        user=params["user"],
        app_definition=row.app_definition if row else params["app_definition"],
        claim=row.claim if row else None,
        outcome="created" if created else "present",
        would=check_mode,
        reason="there was none of this name" if created else "it is there already",
    )
    return results.report([told], precondition="name")


def _found_or_created(gateway: Gateway, params: Params, *, check_mode: bool) -> tuple[WorkspaceRow | None, bool]:
    """The workspace, if there is one by now, and whether it is new."""
    name = params["name"]
    if (row := _find(gateway, params)) is not None:
        return row, False
    wanted = params["app_definition"]
    if gateway.get(APP_DEFINITION, wanted) is None:
        known = gateway.list(APP_DEFINITION, project=lambda obj: obj["metadata"]["name"])
        raise no_app_definition(wanted, known, gateway.namespace)
    if check_mode:
        return None, True
    try:
        return workspace_row(gateway.create(WORKSPACE, _body(params))), True
    except Conflict:
        row = _find(gateway, params)
        if row is None:
            raise NotFound(f"workspace {name!r} was made and deleted by another client just now; try again") from None
        return row, False


def _find(gateway: Gateway, params: Params) -> WorkspaceRow | None:
    found = gateway.get(WORKSPACE, params["name"])
    row = workspace_row(found) if found else None
    if row is not None and row.user != params["user"]:
        raise EduideError(f"workspace {row.name!r} belongs to {row.user!r}, and a workspace does not change its user")
    return row


def _body(params: Params) -> Json:
    name, user, app_definition = params["name"], params["user"], params["app_definition"]
    label = params["label"] or f"{app_definition} of {user}"
    return {
        "metadata": {"name": name},
        "spec": {"name": name, "label": label, "appDefinition": app_definition, "user": user},
    }


def _with_volume(gateway: Gateway, row: WorkspaceRow, timeout_seconds: float) -> WorkspaceRow:
    """Wait until the operator has made a claim for it."""

    def look() -> WorkspaceRow | None:
        found = gateway.get(WORKSPACE, row.name)
        return workspace_row(found) if found and found["metadata"]["uid"] == row.uid else None

    def settled(now: WorkspaceRow | None) -> bool:
        return now is None or now.operator_status == "ERROR" or bool(now.operator_status == "HANDLED" and now.claim)

    seen, reached = wait_until(look, settled, timeout_seconds=timeout_seconds)
    if seen is None:
        raise NotFound(f"workspace {row.name!r} was deleted again before it had a volume")
    if not reached:
        raise WaitTimeout(
            f"workspace {row.name!r} has no volume after {timeout_seconds} s; does an operator lead?",
            last_seen=seen.operator_status,
        )
    if seen.operator_status == "ERROR":
        raise EduideError(f"the operator gave up on workspace {row.name!r}: {seen.error or 'it does not say why'}")
    return seen
