# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers as the service writes them."""

from __future__ import annotations

import typing as t

from aiohttp import web

from lab.service.errors import TEXT
from lab.service.store import Object, spec

MASK = "***"

SESSION_FIELDS: Object = {
    "name": None,
    "appDefinition": None,
    "user": None,
    "workspace": None,
    "sessionSecret": None,
    "options": None,
    "envVars": {},
    "envVarsFromConfigMaps": [],
    "envVarsFromSecrets": [],
}
APP_DEFINITION_FIELDS: Object = dict.fromkeys(
    (
        "name",
        "image",
        "imagePullPolicy",
        "pullSecret",
        "uid",
        "port",
        "ingressname",
        "ingressHostnamePrefixes",
        "minInstances",
        "maxInstances",
        "timeout",
        "requestsMemory",
        "requestsCpu",
        "limitsMemory",
        "limitsCpu",
        "downlinkLimit",
        "uplinkLimit",
        "mountPath",
        "monitor",
        "options",
        "sidecars",
    )
)


def boolean(value: bool) -> web.Response:
    """Java booleans travel as text."""
    return _text("true" if value else "false")


def text_or_nothing(text: str | None) -> web.Response:
    """Java strings travel as text, and null as 204."""
    return web.Response(status=204) if text is None else _text(text)


def _text(text: str) -> web.Response:
    return web.Response(body=text.encode(), headers={"Content-Type": TEXT})


def session_entry(session: Object, mask_secrets: bool) -> Object:
    """An entry of a session list: the spec with every field, and nothing of the status."""
    entry = _with_all_fields(spec(session), SESSION_FIELDS)
    return _masked(entry, "sessionSecret") if mask_secrets else entry


def app_definition_entry(app_definition: Object) -> Object:
    return _masked(_with_all_fields(spec(app_definition), APP_DEFINITION_FIELDS), "pullSecret")


def app_definition_resource(app_definition: Object) -> Object:
    """The whole resource. Its spec has every field, its status is there only if somebody has written one."""
    return {**app_definition, "spec": app_definition_entry(app_definition)}


def scaling_entry(app_definition: Object) -> Object:
    fields = spec(app_definition)
    return {
        "appDefinitionName": app_definition["metadata"].get("name") or fields.get("name"),
        "minInstances": fields.get("minInstances", 0),
        "maxInstances": fields.get("maxInstances"),
    }


def workspace_entry(workspace: Object, active: bool) -> Object:
    fields = spec(workspace)
    return {**{field: fields.get(field) for field in ("name", "label", "appDefinition", "user")}, "active": active}


def _with_all_fields(fields: Object, defaults: t.Mapping[str, t.Any]) -> Object:
    return {field: fields.get(field, default) for field, default in defaults.items()}


def _masked(fields: Object, secret: str) -> Object:
    return {**fields, secret: MASK} if fields.get(secret) else fields
