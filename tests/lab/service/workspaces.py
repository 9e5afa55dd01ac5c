# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints for workspaces."""

from __future__ import annotations

from aiohttp import web

from lab.operator.names import session_of_workspace
from lab.service.context import LAUNCHER, STORE
from lab.service.deleting import delete_own
from lab.service.errors import MISSING_WORKSPACE_NAME
from lab.service.identity import check_app_id, checked_body, no_anonymous, user_of
from lab.service.shapes import workspace_entry
from lab.service.store import SESSIONS, WORKSPACES, spec


@no_anonymous
async def list_workspaces(request: web.Request) -> web.Response:
    """The caller's workspaces; one is active if its session exists, in whatever state."""
    check_app_id(request, request.match_info["app_id"])
    user = user_of(request, request.match_info["user"])
    store = request.app[STORE]
    entries = []
    for workspace in await store.list(WORKSPACES):
        if spec(workspace).get("user") == user:
            session = await store.get(SESSIONS, session_of_workspace(spec(workspace)["name"]))
            entries.append(workspace_entry(workspace, session is not None))
    return web.json_response(entries)


@no_anonymous
async def create_workspace(request: web.Request) -> web.Response:
    body = await checked_body(request)
    user = user_of(request, body.text("user"))
    launcher = request.app[LAUNCHER]
    workspace = await launcher.workspace(body.text("appDefinition"), user, None, body.text("label"))
    return web.json_response(workspace_entry(workspace, False))


@no_anonymous
async def delete_workspace(request: web.Request) -> web.Response:
    """In use or not, it goes."""
    return await delete_own(request, WORKSPACES, "workspaceName", MISSING_WORKSPACE_NAME)
