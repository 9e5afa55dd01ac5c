# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints for sessions that exist: list, stop, report activity, configure."""

from __future__ import annotations

import time

import aiohttp
from aiohttp import web

from lab.service.context import CLIENT, SETTINGS, STORE
from lab.service.deleting import delete_own
from lab.service.errors import (
    CONFIG_STORE_UNAVAILABLE,
    INVALID_SESSION_NAME,
    MISSING_SESSION_NAME,
    PlainError,
    PlatformError,
)
from lab.service.identity import CALLER, check_app_id, checked_body, no_anonymous, user_of
from lab.service.shapes import boolean, session_entry
from lab.service.store import SERVICES, SESSIONS, Object, Store, spec

CONFIG_STORE_PATH = "/theia-cloud/config-store"
CONFIG_STORE_TIMEOUT = aiohttp.ClientTimeout(total=5)


@no_anonymous
async def list_sessions(request: web.Request) -> web.Response:
    check_app_id(request, request.match_info["app_id"])
    user = user_of(request, request.match_info["user"])
    mask = not request.app[SETTINGS].april
    sessions = await request.app[STORE].list(SESSIONS)
    return web.json_response([session_entry(s, mask) for s in sessions if spec(s).get("user") == user])


@no_anonymous
async def stop(request: web.Request) -> web.Response:
    return await delete_own(request, SESSIONS, "sessionName", MISSING_SESSION_NAME)


async def activity(request: web.Request) -> web.Response:
    """Set the last activity to now, whatever it was. Knowing the appId is enough."""
    body = await checked_body(request)
    name = body.text("sessionName")
    if name is None:
        raise PlatformError(MISSING_SESSION_NAME)
    store = request.app[STORE]
    session = await store.get(SESSIONS, name)
    if session is None:
        return boolean(False)
    status = {"status": {"lastActivity": time.time_ns() // 1_000_000}}
    written = await store.patch(SESSIONS, name, status, status=True)
    if request.app[SETTINGS].april:
        # The service edits the session around its own write of the status, and meets a conflict with itself.
        version = {"resourceVersion": session["metadata"]["resourceVersion"]}
        await store.patch(SESSIONS, name, {"metadata": version})
    return boolean(written is not None)


@no_anonymous
async def set_config_value(request: web.Request) -> web.Response:
    """Hand a value to the config store in the pod, over the internal Service and past the auth proxy."""
    body = await checked_body(request)
    session = await own_session(request, request.match_info["session"])
    host = await _internal_host(request.app[STORE], session)
    if host is None or request.app[SETTINGS].ide_url is None:
        raise PlainError(500)
    url = f"{request.app[SETTINGS].ide_url}{CONFIG_STORE_PATH}"
    client, headers = request.app[CLIENT], {"Host": host}
    value = {"key": body.text("key"), "value": body.text("value")}
    try:
        async with client.get(url, headers=headers, timeout=CONFIG_STORE_TIMEOUT) as answer:
            if not answer.ok:
                raise PlatformError(CONFIG_STORE_UNAVAILABLE)
        async with client.post(url, headers=headers, json=value, timeout=CONFIG_STORE_TIMEOUT) as answer:
            if not answer.ok:
                raise PlainError(500)
    except (TimeoutError, aiohttp.ClientError):
        raise PlainError(500) from None
    return web.Response(status=204)


async def own_session(request: web.Request, name: str) -> Object:
    """A session of the caller: 474 if there is none of that name, 403 if it is somebody else's."""
    session = await request.app[STORE].get(SESSIONS, name)
    if session is None:
        raise PlatformError(INVALID_SESSION_NAME)
    if spec(session).get("user") != request[CALLER].email:
        raise PlainError(403)
    return session


async def _internal_host(store: Store, session: Object) -> str | None:
    uid = session["metadata"]["uid"]
    for service in await store.list(SERVICES):
        owners = [owner["uid"] for owner in service["metadata"].get("ownerReferences") or ()]
        labels = service["metadata"].get("labels") or {}
        if uid in owners and labels.get("theia-cloud.io/service-type") == "internal":
            port = spec(service)["ports"][0]["port"]
            return f"{spec(service)['clusterIP']}:{port}"
    return None
