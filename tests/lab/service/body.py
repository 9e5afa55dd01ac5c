# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Typed reading of request bodies, as strict and as lenient as the JSON reader of the service."""

from __future__ import annotations

import json
import typing as t

from aiohttp import web

from lab.service.errors import PlainError

# The fields that requests declare with another type than text.
TYPES: t.Mapping[str, type] = {
    "timeout": int,
    "minInstances": int,
    "maxInstances": int,
    "ephemeral": bool,
    "env": dict,
    "fromMap": dict,
    "fromConfigMaps": list,
    "fromSecrets": list,
}


class Body:
    """The fields of a JSON object. Unknown ones are ignored; a known one of the wrong type is 400 without a body."""

    def __init__(self, fields: t.Mapping[str, t.Any]) -> None:
        for name, value in fields.items():
            if value is not None and not _fits(value, TYPES.get(name)):
                raise PlainError(400)
        self._fields = fields

    def text(self, name: str) -> str | None:
        value = self._fields.get(name)
        return None if value is None else str(value)

    def integer(self, name: str) -> int | None:
        return t.cast("int | None", self._fields.get(name))

    def flag(self, name: str) -> bool:
        return bool(self._fields.get(name))

    def mapping(self, name: str) -> dict[str, t.Any]:
        return dict(self._fields.get(name) or {})

    def texts(self, name: str) -> list[str]:
        return [str(item) for item in self._fields.get(name) or ()]


def _fits(value: t.Any, wanted: type | None) -> bool:
    """Whether a value can become a field; numbers and truth values pass for texts, but not the other way round."""
    if wanted is None:
        return not isinstance(value, dict | list)
    return isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)


async def read_body(request: web.Request) -> Body | None:
    """The body of a request, or None where there is none. What is no JSON object is 400."""
    raw = await request.read()
    if not raw.strip():
        return None
    try:
        fields = json.loads(raw)
    except ValueError:
        raise PlainError(400) from None
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise PlainError(400)
    return Body(fields)
