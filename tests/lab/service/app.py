# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in service: its routes, and what surrounds every request."""

from __future__ import annotations

import asyncio
import logging
import typing as t

import aiohttp
from aiohttp import web

from lab.service import app_definitions, launching, performance, sessions, workspaces
from lab.service.context import CLIENT, LAUNCHER, METRICS, SETTINGS, STORE, VERIFIER
from lab.service.errors import PlainError, ServiceError, Unforeseen, UnknownPath
from lab.service.identity import Handler, proactive_authentication
from lab.service.launch import Launcher
from lab.service.settings import Settings
from lab.service.startup_metrics import StartupMetrics
from lab.service.store import Store
from lab.service.tokens import Verifier

LOG = logging.getLogger("lab.service")

GATEWAY_TIMEOUT_TEXT = "upstream request timeout"
# Requests that go on after their 504. The loop itself does not keep them alive.
UNFINISHED: web.AppKey[set[asyncio.Future[web.StreamResponse]]] = web.AppKey("unfinished")


def create_app(settings: Settings, store: Store, verifier: Verifier | None) -> web.Application:
    """One service for one namespace."""
    app = web.Application(middlewares=[gateway_timeout, error_answers, proactive_authentication])
    app[SETTINGS] = settings
    app[VERIFIER] = verifier
    app[STORE] = store
    app[LAUNCHER] = Launcher(store, settings)
    app[METRICS] = StartupMetrics(settings.namespace)
    app[UNFINISHED] = set()
    app.cleanup_ctx.append(_client)
    app.on_response_prepare.append(_nothing_has_no_type)
    for route in (*_admin_routes(settings), *_routes()):
        app.router.add_route(route.method, route.path, route.handler)
        app.router.add_route(route.method, f"{route.path}/", route.handler)
    return app


def _routes() -> list[web.RouteDef]:
    return [
        web.get("/q/metrics", _metrics),
        web.post("/service", launching.launch),
        web.get("/service/appdefinition/{app_id}", app_definitions.list_app_definitions),
        web.post("/service/session", launching.start),
        web.delete("/service/session", sessions.stop),
        web.patch("/service/session", sessions.activity),
        web.get("/service/session/performance/{app_id}/{session}", performance.performance),
        web.get("/service/session/{app_id}/{user}", sessions.list_sessions),
        web.post("/service/session/{session}/config", sessions.set_config_value),
        web.post("/service/workspace", workspaces.create_workspace),
        web.delete("/service/workspace", workspaces.delete_workspace),
        web.get("/service/workspace/{app_id}/{user}", workspaces.list_workspaces),
        # A fixed path is never taken for an appId, whatever the method.
        web.get("/service/session", _wrong_method),
        web.get("/service/workspace", _wrong_method),
        web.get("/service/{app_id}", launching.ping),
    ]


def _admin_routes(settings: Settings) -> list[web.RouteDef]:
    """Before the others: a fixed path wins over one with an appId in the same place."""
    ping = web.get("/service/admin/{app_id}", app_definitions.admin_ping)
    if settings.upstream:
        return [web.patch("/service/admin/appdefinition/{name}", app_definitions.scale_upstream), ping]
    return [
        web.get("/service/admin/appdefinition", app_definitions.list_scaling),
        web.get("/service/admin/appdefinition/{name}", app_definitions.get_scaling),
        web.patch("/service/admin/appdefinition/{name}", app_definitions.scale),
        ping,
    ]


async def _wrong_method(_request: web.Request) -> web.Response:
    raise PlainError(405)


async def _nothing_has_no_type(_request: web.Request, response: web.StreamResponse) -> None:
    if isinstance(response, web.Response) and not response.body:
        response.headers.pop("Content-Type", None)


async def _metrics(request: web.Request) -> web.Response:
    return web.Response(text=request.app[METRICS].render())


async def _client(app: web.Application) -> t.AsyncIterator[None]:
    async with aiohttp.ClientSession() as client:
        app[CLIENT] = client
        yield


@web.middleware
async def error_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into the answers that clients see."""
    try:
        return await handler(request)
    except ServiceError as error:
        return error.response()
    except web.HTTPNotFound:
        return UnknownPath().response()
    except web.HTTPException as error:
        return PlainError(error.status).response()
    except Exception:
        unforeseen = Unforeseen()
        LOG.exception("%s failed, error id %s", request.method, unforeseen.error_id)
        return unforeseen.response()


@web.middleware
async def gateway_timeout(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The gateway in front loses patience and says 504, while the request goes on inside."""
    limit = request.app[SETTINGS].gateway_timeout_seconds
    if not limit:
        return await handler(request)
    work = asyncio.ensure_future(handler(request))
    unfinished = request.app[UNFINISHED]
    unfinished.add(work)
    work.add_done_callback(unfinished.discard)
    done, _pending = await asyncio.wait({work}, timeout=limit)
    return work.result() if done else web.Response(status=504, text=GATEWAY_TIMEOUT_TEXT)
