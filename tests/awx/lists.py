# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists: filters, order and pages."""

from __future__ import annotations

import typing as t
from urllib.parse import urlencode

from awx.fields import Refused, Values

Query = list[tuple[str, str]]
_ALWAYS = {"id", "type", "name", "created", "modified", "status", "organization", "identifier", "job__name"}
_STEERING = {"page", "page_size", "order_by", "search"}
_LOOKUPS: dict[str, t.Callable[[t.Any, str], bool]] = {
    "": lambda value, wanted: _text(value) == wanted,
    "in": lambda value, wanted: _text(value) in wanted.split(","),
    "icontains": lambda value, wanted: wanted.lower() in _text(value).lower(),
    "isnull": lambda value, wanted: (value is None) == (wanted.lower() in {"true", "1"}),
}


def page(path: str, objects: list[Values], query: Query, fields: set[str]) -> Values:
    """One page of the objects that the query asks for."""
    found = [each for each in objects if _matches(each, query, fields | _ALWAYS)]
    steering = dict(query)
    if order := steering.get("order_by"):
        found.sort(key=lambda each: _text(each.get(order.lstrip("-"))), reverse=order.startswith("-"))
    size, number = min(int(steering.get("page_size", 25)), 200), int(steering.get("page", 1))
    if number > 1 and (number - 1) * size >= len(found):
        raise Refused(404, {"detail": "Invalid page."})

    def link(other: int) -> str:
        return f"{path}?{urlencode({**steering, 'page': other})}"

    return {
        "count": len(found),
        "next": link(number + 1) if number * size < len(found) else None,
        "previous": link(number - 1) if number > 1 else None,
        "results": found[(number - 1) * size : number * size],
    }


def _matches(each: Values, query: Query, fields: set[str]) -> bool:
    one_of = []
    for key, wanted in query:
        if key in _STEERING:
            continue
        name = key.removeprefix("or__").removeprefix("not__")
        name, _mark, lookup = name.rpartition("__") if name.rpartition("__")[2] in _LOOKUPS else (name, "", "")
        if name not in fields:
            raise Refused(400, {"detail": f"there is no field {name} to filter by"})
        hit = _LOOKUPS[lookup](each.get(name), wanted) != key.startswith("not__")
        if key.startswith("or__"):
            one_of.append(hit)
        elif not hit:
            return False
    return any(one_of) if one_of else True


def _text(value: t.Any) -> str:
    return "" if value is None else str(value)
