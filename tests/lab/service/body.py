# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Typed reading of request bodies, as strict and as lenient as the JSON reader of the service."""

from __future__ import annotations

import json
import re
import typing as t

from aiohttp import web

from lab.service.errors import PlainError

# The fields that requests declare. Whatever else stands in a body is ignored.
TEXTS = ("appId", "user", "appDefinition", "workspaceName", "sessionName", "label", "key", "value")
TYPES: t.Mapping[str, type] = {
    **dict.fromkeys(TEXTS, str),
    "timeout": int,
    "minInstances": int,
    "maxInstances": int,
    "ephemeral": bool,
    "env": dict,
    "fromMap": dict,
    "fromConfigMaps": list,
    "fromSecrets": list,
}
JSON = "application/json"
WHOLE_NUMBER = re.compile(r"\s*[+-]?\d+\s*")
INT_BITS = 32


class Body:
    """The fields of a JSON object; one of the wrong type is 400 without a body."""

    def __init__(self, fields: t.Mapping[str, t.Any]) -> None:
        self._fields = {name: _converted(value, TYPES.get(name)) for name, value in fields.items()}

    def text(self, name: str) -> str | None:
        return t.cast("str | None", self._fields.get(name))

    def integer(self, name: str) -> int | None:
        return t.cast("int | None", self._fields.get(name))

    def flag(self, name: str) -> bool:
        return bool(self._fields.get(name))

    def mapping(self, name: str) -> dict[str, t.Any]:
        return dict(self._fields.get(name) or {})

    def texts_by_name(self, name: str) -> dict[str, str | None]:
        """A mapping whose values become texts, numbers too."""
        return {key: None if value is None else _text(value) for key, value in self.mapping(name).items()}

    def texts(self, name: str) -> list[str]:
        return [str(item) for item in self._fields.get(name) or ()]


def _converted(value: t.Any, wanted: type | None) -> t.Any:
    """A value as its field takes it; numbers and truth values pass for texts, numbers in quotes for numbers."""
    if value is None or wanted is None:
        return value
    if wanted is str:
        return _text(value)
    if wanted is int:
        return _integer(value)
    if not isinstance(value, wanted):
        raise PlainError(400)
    return value


def _integer(value: t.Any) -> int:
    """What stands behind the point is cut off."""
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlainError(400)
    number = int(value)
    if not -(1 << INT_BITS - 1) <= number < 1 << INT_BITS - 1:
        raise PlainError(400)
    return number


def _text(value: t.Any) -> str:
    if isinstance(value, dict | list):
        raise PlainError(400)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _no_number(word: str) -> t.NoReturn:
    """Python would read NaN and Infinity, which are no JSON."""
    raise ValueError(word)


async def read_body(request: web.Request) -> Body | None:
    """The body of a request, or None where there is none. What is no JSON object is 400, what claims to be none 415."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != JSON:
        raise PlainError(415)
    raw = await request.read()
    if not raw.strip():
        return None
    try:
        fields = json.loads(raw, parse_constant=_no_number)
    except ValueError:
        raise PlainError(400) from None
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise PlainError(400)
    return Body(fields)
