# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List and watch: everything that exists comes as "added", then every change as it happens.

A watch begins with all there is once more. April's operator takes that for news of its own and handles everything
twice, the second time with the status that the object had when the watch began.
"""

from __future__ import annotations

import asyncio
import logging
import typing as t
import uuid

import httpx2

from lab.kube import Cluster, Event, Kind, Resource
from lab.operator.output import CORRELATION, INIT, TRACE, as_yaml
from lab.operator.statuses import Gone

LOG = logging.getLogger(__name__)

RECONNECTS = 10
RECONNECT_PAUSE = 1.0


class Received(t.NamedTuple):
    """An event, and the id under which all that follows from it is logged."""

    action: str
    item: Resource
    correlation: str


Receiver = t.Callable[[Received], t.Awaitable[None]]


class WatchLost(Exception):
    """The operator ends itself when it may have missed something."""


class Watch:
    """Events of one kind, each handed over before the next is read. Any change counts, to metadata and status too."""

    def __init__(self, cluster: Cluster, kind: Kind, receive: Receiver, *, april: bool) -> None:
        self._cluster = cluster
        self._kind = kind
        self._receive = receive
        self._april = april
        self._versions: dict[str, int] = {}

    async def replay(self) -> None:
        """What exists at the start."""
        for item in await self._cluster.items(self._kind):
            self._is_news(item)
            await self._hand_over(Received("ADDED", item, INIT))

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
        action: str = event.action
        if action == "DELETED":
            del self._versions[uid]
        elif known and not self._april:
            action = "MODIFIED"
        await self._hand_over(Received(action, event.item, str(uuid.uuid4())))

    def _is_news(self, item: Resource) -> bool:
        """Older events are outdated; for April's operator one of the same version is not."""
        uid, version = item["metadata"]["uid"], int(item["metadata"]["resourceVersion"])
        known = self._versions.get(uid, -1)
        if known > version or (known == version and not self._april):
            return False
        self._versions[uid] = version
        return True

    async def _hand_over(self, received: Received) -> None:
        CORRELATION.set(received.correlation)
        LOG.log(TRACE, "%s %s %s", self._kind.kind, received.item["metadata"]["name"], received.action)
        if received.action == "ADDED" and LOG.isEnabledFor(TRACE):
            LOG.log(TRACE, as_yaml(received.item["spec"]))
        await self._receive(received)


class Queues:
    """Events of one object wait for each other, different objects are worked on side by side."""

    def __init__(self, handle: Receiver, threads: int, fatal: t.Callable[[BaseException], None]) -> None:
        self._handle = handle
        self._room = asyncio.Semaphore(threads)
        self._fatal = fatal
        self._waiting: dict[str, list[Received]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, received: Received) -> None:
        uid = received.item["metadata"]["uid"]
        if uid in self._waiting:
            self._waiting[uid].append(received)
            return
        self._waiting[uid] = [received]
        task = asyncio.create_task(self._drain(uid))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, uid: str) -> None:
        async with self._room:
            while self._waiting[uid]:
                received = self._waiting[uid].pop(0)
                CORRELATION.set(received.correlation)
                try:
                    await self._handle(received)
                except Gone:
                    LOG.info("session %s went while it was handled", received.item["metadata"]["name"])
                except Exception as error:  # noqa: BLE001  whoever made the queues decides whether the process ends
                    self._fatal(error)
            del self._waiting[uid]
