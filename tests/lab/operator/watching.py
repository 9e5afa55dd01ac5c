# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List and watch: everything that exists comes as "added" once, then every change as it happens."""

from __future__ import annotations

import asyncio
import logging
import typing as t

import httpx2

from lab.kube import Cluster, Event, Kind, Resource
from lab.operator.statuses import Gone

LOG = logging.getLogger(__name__)

RECONNECTS = 10
RECONNECT_PAUSE = 1.0

Receiver = t.Callable[[Event], t.Awaitable[None]]


class WatchLost(Exception):
    """The operator ends itself when it may have missed something."""


class Watch:
    """Events of one kind, each handed over before the next is read. Any change counts, to metadata and status too."""

    def __init__(self, cluster: Cluster, kind: Kind, receive: Receiver) -> None:
        self._cluster = cluster
        self._kind = kind
        self._receive = receive
        self._versions: dict[str, int] = {}

    async def replay(self) -> None:
        """What exists at the start."""
        for item in await self._cluster.items(self._kind):
            self._is_news(item)
            await self._receive(Event("ADDED", item))

    async def run(self) -> None:
        """From now on."""
        lost = 0
        while True:
            try:
                # Without a version the server begins with all there is, so that no change since the replay is missed.
                async for event in self._cluster.watch(self._kind):
                    lost = 0
                    await self._pass_on(event)
            except httpx2.TransportError as error:
                lost += 1
                if lost >= RECONNECTS:
                    raise WatchLost(f"{self._kind.plural}: {error}") from error
                await asyncio.sleep(RECONNECT_PAUSE)
            except httpx2.HTTPStatusError as error:
                raise WatchLost(f"{self._kind.plural}: {error}") from error

    async def _pass_on(self, event: Event) -> None:
        uid = event.item["metadata"]["uid"]
        known = uid in self._versions
        if not self._is_news(event.item):
            return
        if event.action == "DELETED":
            del self._versions[uid]
        elif known:
            event = Event("MODIFIED", event.item)
        await self._receive(event)

    def _is_news(self, item: Resource) -> bool:
        uid, version = item["metadata"]["uid"], int(item["metadata"]["resourceVersion"])
        if self._versions.get(uid, -1) >= version:
            return False
        self._versions[uid] = version
        return True


class Queues:
    """Events of one object wait for each other, different objects are worked on side by side."""

    def __init__(self, handle: Receiver, threads: int, fatal: t.Callable[[BaseException], None]) -> None:
        self._handle = handle
        self._room = asyncio.Semaphore(threads)
        self._fatal = fatal
        self._waiting: dict[str, list[Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, event: Event) -> None:
        uid = event.item["metadata"]["uid"]
        if uid in self._waiting:
            self._waiting[uid].append(event)
            return
        self._waiting[uid] = [event]
        task = asyncio.create_task(self._drain(uid))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, uid: str) -> None:
        async with self._room:
            while self._waiting[uid]:
                event = self._waiting[uid].pop(0)
                try:
                    await self._handle(event)
                except Gone:
                    LOG.info("session %s went while it was handled", event.item["metadata"]["name"])
                except Exception as error:  # noqa: BLE001  whoever made the queues decides whether the process ends
                    self._fatal(error)
            del self._waiting[uid]
