# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two endpoints that start a session, and the ping beside them."""

from __future__ import annotations

import time
import typing as t

from aiohttp import web

from lab.operator.names import valid_name
from lab.service.body import Body
from lab.service.context import LAUNCHER, METRICS, STORE
from lab.service.errors import (
    APP_DEFINITION_MISMATCH,
    INVALID_APP_DEFINITION_NAME,
    INVALID_WORKSPACE_NAME,
    MAX_INSTANCES_REACHED,
    PlatformError,
    ServiceError,
)
from lab.service.identity import authenticated, check_app_id, checked_body, no_anonymous, user_of
from lab.service.launch import DEFAULT_TIMEOUT_MINUTES, Environment
from lab.service.shapes import boolean, text_or_nothing
from lab.service.store import (
    APP_DEFINITIONS,
    SESSIONS,
    WORKSPACES,
    Object,
    Store,
    StoreError,
    error_of,
    spec,
)


class Wish(t.NamedTuple):
    """What a request wants to have started."""

    user: str
    app_definition: str | None
    workspace: str | None
    label: str | None
    ephemeral: bool
    timeout_minutes: int
    environment: Environment

    @classmethod
    def of(cls, user: str, body: Body) -> Wish:
        timeout = body.integer("timeout")
        workspace = body.text("workspaceName")
        return cls(
            user=user,
            app_definition=body.text("appDefinition"),
            workspace=workspace if workspace and workspace.strip() else None,
            label=body.text("label"),
            ephemeral=body.flag("ephemeral"),
            timeout_minutes=DEFAULT_TIMEOUT_MINUTES if timeout is None else timeout,
            environment=Environment.of(body),
        )


async def ping(request: web.Request) -> web.Response:
    check_app_id(request, request.match_info["app_id"])
    return boolean(True)


@authenticated
async def launch(request: web.Request) -> web.Response:
    body = await checked_body(request)
    wish = Wish.of(user_of(request, body.text("user")), body)
    started = time.monotonic()
    try:
        return text_or_nothing(await _launch(request, wish))
    finally:
        request.app[METRICS].record(wish.app_definition, time.monotonic() - started)


async def _launch(request: web.Request, wish: Wish) -> str | None:
    store, launcher = request.app[STORE], request.app[LAUNCHER]
    app_definition = await store.get(APP_DEFINITIONS, wish.app_definition) if wish.app_definition else None
    if app_definition is None:
        raise PlatformError(INVALID_APP_DEFINITION_NAME)
    if await _is_full(store, app_definition):
        raise PlatformError(MAX_INSTANCES_REACHED)
    if wish.ephemeral:
        return await launcher.ephemeral(wish.app_definition, wish.user, wish.timeout_minutes, wish.environment)
    name = valid_name(wish.workspace) if wish.workspace else None
    if name and (workspace := await _workspace_of(store, wish.user, name)) is not None:
        if spec(workspace).get("appDefinition") != wish.app_definition:
            raise PlatformError(APP_DEFINITION_MISMATCH)
        return await launcher.on_workspace(workspace, wish.app_definition, wish.timeout_minutes, wish.environment)
    workspace = await launcher.workspace(wish.app_definition, wish.user, name, wish.label)
    try:
        return await launcher.on_workspace(workspace, wish.app_definition, wish.timeout_minutes, wish.environment)
    except (ServiceError, StoreError):
        await store.delete(WORKSPACES, spec(workspace)["name"])
        raise


@no_anonymous
async def start(request: web.Request) -> web.Response:
    """Start on an existing workspace, or ephemeral without one. Nobody looks at maxInstances here."""
    body = await checked_body(request)
    wish = Wish.of(user_of(request, body.text("user")), body)
    launcher = request.app[LAUNCHER]
    if wish.workspace is None:
        url = await launcher.ephemeral(wish.app_definition, wish.user, wish.timeout_minutes, wish.environment)
        return text_or_nothing(url)
    workspace = await _workspace_of(request.app[STORE], wish.user, valid_name(wish.workspace))
    if workspace is None:
        raise PlatformError(INVALID_WORKSPACE_NAME)
    app_definition = wish.app_definition or spec(workspace).get("appDefinition")
    url = await launcher.on_workspace(workspace, app_definition, wish.timeout_minutes, wish.environment)
    return text_or_nothing(url)


async def _is_full(store: Store, app_definition: Object) -> bool:
    """Sessions with an error do not count; every other one does, the caller's own included."""
    limit: int | None = spec(app_definition).get("maxInstances")
    if limit is None or limit < 0:
        return False
    name = app_definition["metadata"]["name"]
    sessions = await store.list(SESSIONS)
    return sum(1 for s in sessions if spec(s).get("appDefinition") == name and error_of(s) is None) >= limit


async def _workspace_of(store: Store, user: str, name: str) -> Object | None:
    workspace = await store.get(WORKSPACES, name)
    return workspace if workspace is not None and spec(workspace).get("user") == user else None
