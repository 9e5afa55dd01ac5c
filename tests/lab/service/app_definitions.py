# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""App definitions: the list for users, and the endpoints that scale them."""

from __future__ import annotations

from aiohttp import web

from lab.service.body import Body, read_body
from lab.service.context import STORE
from lab.service.errors import PlainError
from lab.service.identity import admin_group, admin_token, authenticated, check_app_id, checked_body
from lab.service.shapes import app_definition_entry, app_definition_resource, boolean, scaling_entry
from lab.service.store import APP_DEFINITIONS, Object, Store, StoreError, spec


@authenticated
async def list_app_definitions(request: web.Request) -> web.Response:
    check_app_id(request, request.match_info["app_id"])
    live = await request.app[STORE].list(APP_DEFINITIONS)
    return web.json_response([app_definition_entry(app_definition) for app_definition in live])


@admin_group
async def admin_ping(request: web.Request) -> web.Response:
    check_app_id(request, request.match_info["app_id"])
    return boolean(True)


@admin_token
async def list_scaling(request: web.Request) -> web.Response:
    live = await request.app[STORE].list(APP_DEFINITIONS)
    return web.json_response([scaling_entry(app_definition) for app_definition in live])


@admin_token
async def get_scaling(request: web.Request) -> web.Response:
    return web.json_response(scaling_entry(await _existing(request)))


@admin_token
async def scale(request: web.Request) -> web.Response:
    """Set the bounds. An absent or null one keeps its value, so a maximum cannot be removed here."""
    body = await read_body(request)
    wanted = None if body is None else _bounds(body)
    if wanted is None:
        raise PlainError(400)
    live = await _existing(request)
    if not wanted:
        raise PlainError(400)
    resulting = {**_present_bounds(live), **wanted}
    minimum, maximum = resulting["minInstances"], resulting["maxInstances"]
    if minimum < 0 or (maximum is not None and (maximum < 0 or minimum > maximum)):
        raise PlainError(400)
    return web.json_response(await _write(request.app[STORE], live, wanted))


@admin_group
async def scale_upstream(request: web.Request) -> web.Response:
    """Upstream checks nothing itself; a pair that the schema refuses comes back as 500."""
    wanted = _bounds(await checked_body(request))
    live = await _existing(request)
    return web.json_response(await _write(request.app[STORE], live, wanted))


async def _existing(request: web.Request) -> Object:
    live = await request.app[STORE].get(APP_DEFINITIONS, request.match_info["name"])
    if live is None:
        raise PlainError(404)
    return live


def _bounds(body: Body) -> Object:
    stated = {field: body.integer(field) for field in ("minInstances", "maxInstances")}
    return {field: value for field, value in stated.items() if value is not None}


def _present_bounds(app_definition: Object) -> Object:
    fields = spec(app_definition)
    return {"minInstances": fields.get("minInstances", 0), "maxInstances": fields.get("maxInstances")}


async def _write(store: Store, live: Object, wanted: Object) -> Object:
    """One patch that holds only if nobody wrote meanwhile. Whatever goes wrong is 500, conflicts included.

    Bounds that are set already are sent too, which changes nothing.
    """
    version = {"resourceVersion": live["metadata"]["resourceVersion"]}
    try:
        written = await store.patch(APP_DEFINITIONS, live["metadata"]["name"], {"metadata": version, "spec": wanted})
    except StoreError:
        raise PlainError(500) from None
    if written is None:
        raise PlainError(500)
    return app_definition_resource(written)
