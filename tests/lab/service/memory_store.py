# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store in memory, for tests of the service's own logic without a control plane."""

from __future__ import annotations

import asyncio
import copy
import itertools
import typing as t

from lab.service.store import Object, StoreError

React: t.TypeAlias = t.Callable[["MemoryStore", str, Object], None]


class MemoryStore:
    """Objects by kind and name. What plays the operator is called at every creation."""

    def __init__(self, react: React | None = None) -> None:
        self.objects: dict[tuple[str, str], Object] = {}
        self.calls: list[tuple[str, str, str]] = []
        self._react = react
        self._versions = itertools.count(1)
        self._queues: dict[asyncio.Queue[Object], tuple[str, str]] = {}

    async def get(self, kind: str, name: str) -> Object | None:
        return copy.deepcopy(self.objects.get((kind, name)))

    async def list(self, kind: str) -> list[Object]:
        return [copy.deepcopy(obj) for (of_kind, _unused), obj in self.objects.items() if of_kind == kind]

    async def create(self, kind: str, body: Object) -> Object:
        name = body["metadata"]["name"]
        if (kind, name) in self.objects:
            raise StoreError(f"{kind}/{name} exists")
        self.calls.append(("create", kind, name))
        created = self.put(kind, body)
        if self._react is not None:
            self._react(self, kind, created)
        return copy.deepcopy(created)

    async def delete(self, kind: str, name: str) -> None:
        self.calls.append(("delete", kind, name))
        gone = self.objects.pop((kind, name), None)
        if gone is None:
            raise StoreError(f"{kind}/{name} was gone already")
        self._tell(kind, gone)

    async def patch(self, kind: str, name: str, body: Object, *, status: bool = False) -> Object | None:
        self.calls.append(("patch status" if status else "patch", kind, name))
        live = self.objects.get((kind, name))
        return None if live is None else copy.deepcopy(self.put(kind, _merged(live, body)))

    async def watch(self, kind: str, name: str) -> t.AsyncIterator[Object]:
        queue: asyncio.Queue[Object] = asyncio.Queue()
        self._queues[queue] = (kind, name)
        try:
            if (kind, name) in self.objects:
                yield copy.deepcopy(self.objects[kind, name])
            while True:
                yield await queue.get()
        finally:
            del self._queues[queue]

    def put(self, kind: str, obj: Object) -> Object:
        """Write as somebody else: the operator, an administrator."""
        stored = copy.deepcopy(obj)
        stored["metadata"]["resourceVersion"] = str(next(self._versions))
        self.objects[kind, stored["metadata"]["name"]] = stored
        self._tell(kind, stored)
        return stored

    def _tell(self, kind: str, obj: Object) -> None:
        for queue, place in self._queues.items():
            if place == (kind, obj["metadata"]["name"]):
                queue.put_nowait(copy.deepcopy(obj))


def _merged(live: Object, patch: Object) -> Object:
    merged = dict(live)
    for field, value in patch.items():
        merged[field] = _merged(merged.get(field) or {}, value) if isinstance(value, dict) else value
    return merged
