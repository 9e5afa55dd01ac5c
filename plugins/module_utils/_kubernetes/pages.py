# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a page of a list object by object: a whole page, parsed, is several times as large and slower to make."""

from __future__ import annotations

import contextlib
import json
import re
import typing as t

from .._common.http.client import Answer
from .access import Access
from .gateway import Objects, Project
from .requests import Request
from .responses import json_of, not_understood

_ITEMS = re.compile(r'"items"\s*:\s*\[\s*')
_AFTER = re.compile(r"\s*([,\]])\s*")
_DECODER = json.JSONDecoder()


class Page(t.NamedTuple):
    projected: Objects
    token: str | None
    """Where the next page begins; None after the last one."""
    version: str
    """Of the whole list: what is changed later has a later one."""
    remaining: int = 0
    """How many objects come after this page, as far as the server says."""


class _UnexpectedAnswer(Exception):
    """An entry of the list is not what the list is said to hold."""


def read_page(answer: Answer, access: Access, request: Request, project: Project) -> Page:
    """What is kept of the objects of a good answer; whatever is no list of objects is an error."""
    text, start = _find_items(answer.body)
    try:
        projected, end = _project_all(text, start, project) if start else ([], 0)
        # Without its objects the rest is small. An answer that could not be taken apart is read in one piece, and said
        # to be damaged if it is.
        rest = answer._replace(body=(text[:start] + text[end:]).encode()) if end else answer
        content = json_of(rest, access, request)
        metadata, items = content.get("metadata") or {}, content.get("items", 0)
        # A list without entries may be written as null by servers in Go; a missing field means it is no list.
        listed = items is None or (isinstance(items, list) and str(content.get("kind", "")).endswith("List"))
        if not listed or not isinstance(metadata, dict):
            raise not_understood("something that is not a list", answer, access, request)
        projected += _projected(items or [], project)
    except _UnexpectedAnswer:
        what = f"a list with an entry that is no {request.kind.kind}"
        raise not_understood(what, answer, access, request) from None
    token = metadata.get("continue")
    remaining = metadata.get("remainingItemCount")
    return Page(
        projected,
        str(token) if token else None,
        str(metadata.get("resourceVersion") or ""),
        remaining if isinstance(remaining, int) else 0,
    )


def _find_items(body: bytes) -> tuple[str, int]:
    """The text, and where the first object of the list is in it; 0 if that is not plain to see."""
    with contextlib.suppress(ValueError, RecursionError):
        text = body.decode()
        if found := _ITEMS.search(text):
            # Only at the top: what is before it is whole but for the closing brace.
            json.loads(text[: found.end()] + "]}")
            return text, found.end()
    return "", 0


def _project_all(text: str, place: int, project: Project) -> tuple[Objects, int]:
    """What is kept of the objects that begin here, and where the list is closed; 0 if it is damaged."""
    projected: Objects = []
    if text[place : place + 1] == "]":
        return projected, place
    while True:
        try:
            obj, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            return [], 0
        after = _AFTER.match(text, place)
        if after is None:
            return [], 0
        projected += _projected([obj], project)
        if after[1] == "]":
            return projected, after.start(1)
        place = after.end()


def _projected(objects: Objects, project: Project) -> Objects:
    return [projected for projected in (_project(obj, project) for obj in objects) if projected is not None]


def _project(obj: t.Any, project: Project) -> t.Any:
    metadata = obj.get("metadata") if isinstance(obj, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise _UnexpectedAnswer
    try:
        return project(obj)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as exc:
        # Fields of another shape than the definition of the kind allows: no API server sends them.
        raise _UnexpectedAnswer from exc
