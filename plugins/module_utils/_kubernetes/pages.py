# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a page of a list object by object: a whole page, parsed, is several times as large and slower to make."""

from __future__ import annotations

import contextlib
import json
import re
import typing as t

from .._common.errors import ServerFailed
from .access import Access
from .gateway import Json, Keep, Objects
from .responses import Request, json_of
from .transport import Answer

_ITEMS = re.compile(r'"items"\s*:\s*\[\s*')
_AFTER = re.compile(r"\s*([,\]])\s*")
_DECODER = json.JSONDecoder()


class Page(t.NamedTuple):
    kept: Objects
    token: str | None
    """Where the next page begins; None after the last one."""


def read_page(answer: Answer, access: Access, request: Request, keep: Keep) -> Page:
    """What is kept of the objects of a good answer; whatever is no list of objects is an error."""
    text, start = _find_items(answer.body)
    kept, end = _keep_all(text, start, keep) if start else ([], 0)
    # Without its objects the rest is small. An answer that could not be taken apart is read in one piece, and said to
    # be damaged if it is.
    rest = answer._replace(body=(text[:start] + text[end:]).encode()) if end else answer
    content = json_of(rest, access, request)
    kept += _kept(_items(content, access, request), keep)
    return Page(kept, (content.get("metadata") or {}).get("continue") or None)


def _find_items(body: bytes) -> tuple[str, int]:
    """The text, and where the first object of the list is in it; 0 if that is not plain to see."""
    with contextlib.suppress(ValueError):
        text = body.decode()
        if found := _ITEMS.search(text):
            # Only at the top: what is before it is whole but for the closing brace.
            json.loads(text[: found.end()] + "]}")
            return text, found.end()
    return "", 0


def _keep_all(text: str, place: int, keep: Keep) -> tuple[Objects, int]:
    """What is kept of the objects that begin here, and where the list is closed; 0 if it is damaged."""
    kept: Objects = []
    if text[place : place + 1] == "]":
        return kept, place
    while True:
        try:
            obj, place = _DECODER.raw_decode(text, place)
        except ValueError:
            return [], 0
        after = _AFTER.match(text, place)
        if after is None:
            return [], 0
        kept += _kept([obj], keep)
        if after[1] == "]":
            return kept, after.start(1)
        place = after.end()


def _kept(objects: Objects, keep: Keep) -> Objects:
    return [projected for projected in map(keep, objects) if projected is not None]


def _items(content: Json, access: Access, request: Request) -> Objects:
    items = content.get("items", 0)
    # A list without entries may be written as null by servers in Go; a missing field means it is no list.
    if items is None:
        return []
    if not isinstance(items, list) or not str(content.get("kind", "")).endswith("List"):
        raise ServerFailed(
            f"cannot list {request.thing}: {access.host} answered with something that is not a list",
        )
    return items
