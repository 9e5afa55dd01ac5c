# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store of the service on a real API server."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import logging
import typing as t
from http import HTTPStatus

import httpx2
from lightkube.core.exceptions import ApiError

from lab import kube
from lab.service.store import (
    APP_DEFINITIONS,
    DEPLOYMENTS,
    POD_METRICS,
    PODS,
    REPLICA_SETS,
    SERVICES,
    SESSIONS,
    WORKSPACES,
    Object,
    StoreError,
)

LOG = logging.getLogger("lab.service")

KINDS = {
    SESSIONS: kube.SESSION,
    WORKSPACES: kube.WORKSPACE,
    APP_DEFINITIONS: kube.APP_DEFINITION,
    PODS: kube.POD,
    SERVICES: kube.SERVICE,
    DEPLOYMENTS: kube.DEPLOYMENT,
    REPLICA_SETS: kube.Kind("apps", "v1", "ReplicaSet", "replicasets"),
    POD_METRICS: kube.Kind("metrics.k8s.io", "v1beta1", "PodMetrics", "pods"),
}
RECONNECT_SECONDS = 0.5

Failure = (ApiError, httpx2.HTTPError)


class KubeStore:
    """Reads and writes go straight to the API server; all waiting requests share one watch per kind."""

    def __init__(self, cluster: kube.Cluster, *, upstream: bool = False) -> None:
        self._cluster = cluster
        self._kinds = {**KINDS, APP_DEFINITIONS: kube.APP_DEFINITION_UPSTREAM} if upstream else KINDS
        self._broadcasts: dict[str, _Broadcast] = {}

    async def close(self) -> None:
        for broadcast in self._broadcasts.values():
            await broadcast.close()
        await self._cluster.close()

    async def get(self, kind: str, name: str) -> Object | None:
        if "/" in name:
            raise StoreError(f"no object can be called {name}")
        with _failures_as_store_errors():
            return await self._cluster.get(self._kinds[kind], name)

    async def list(self, kind: str) -> list[Object]:
        with _failures_as_store_errors():
            return await self._cluster.items(self._kinds[kind])

    async def create(self, kind: str, body: Object) -> Object:
        with _failures_as_store_errors():
            return await self._cluster.create(self._kinds[kind], body)

    async def delete(self, kind: str, name: str) -> None:
        with _failures_as_store_errors():
            if not await self._cluster.delete(self._kinds[kind], name):
                raise StoreError(f"{kind}/{name} was gone already")

    async def patch(self, kind: str, name: str, body: Object, *, status: bool = False) -> Object | None:
        write = self._cluster.merge_status if status else self._cluster.merge
        try:
            return await write(self._kinds[kind], name, body)
        except Failure as failure:
            if kube.code_of(failure) == HTTPStatus.NOT_FOUND:
                return None
            raise StoreError(str(failure)) from failure

    async def watch(self, kind: str, name: str) -> t.AsyncIterator[Object]:
        broadcast = self._broadcasts.get(kind)
        if broadcast is None:
            broadcast = self._broadcasts[kind] = _Broadcast(self._cluster, self._kinds[kind])
        with broadcast.listen(name) as events:
            current = await self.get(kind, name)
            seen = 0
            if current is not None:
                seen = _version(current)
                yield current
            while True:
                changed = await events.get()
                # The shared watch may lag behind the read, even behind a delete and a creation under the same name.
                if _version(changed) > seen:
                    yield changed


class _Broadcast:
    """One endless watch whose events go to whoever listens for a name."""

    def __init__(self, cluster: kube.Cluster, kind: kube.Kind) -> None:
        self._cluster = cluster
        self._kind = kind
        self._listeners: dict[str, set[asyncio.Queue[Object]]] = collections.defaultdict(set)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @contextlib.contextmanager
    def listen(self, name: str) -> t.Iterator[asyncio.Queue[Object]]:
        queue: asyncio.Queue[Object] = asyncio.Queue()
        self._listeners[name].add(queue)
        try:
            yield queue
        finally:
            self._listeners[name].discard(queue)
            if not self._listeners[name]:
                del self._listeners[name]

    async def _run(self) -> None:
        while True:
            try:
                async for event in self._cluster.watch(self._kind):
                    for queue in self._listeners.get(event.item["metadata"]["name"], ()):
                        queue.put_nowait(event.item)
            except Failure:
                LOG.exception("the watch of %s broke and starts anew", self._kind.plural)
                await asyncio.sleep(RECONNECT_SECONDS)


def _version(obj: Object) -> int:
    return int(obj["metadata"]["resourceVersion"])


@contextlib.contextmanager
def _failures_as_store_errors() -> t.Iterator[None]:
    try:
        yield
    except Failure as failure:
        raise StoreError(str(failure)) from failure
