# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in for everything that runs in a session's pod: IDE page, activity monitor, data bridge, config store."""

from __future__ import annotations

import calendar
import re
import time
import typing as t

from aiohttp import web

from lab import kube
from lab.service.routing import EndpointTable
from lab.service.store import Object

LAST_ACTIVITY = "lab/last-activity"
ACCEPT_ANY_SECRET = "lab/accept-any-secret"
CONFIG_STORE = "lab/config-store"
MONITOR_FAULT = "lab/monitor-fault"

SECRET_VARIABLE = "THEIACLOUD_SESSION_SECRET"
SECONDS = {"s": 1, "m": 60, "h": 3600}
PROXIED = re.compile(r"/api/v1/namespaces/(?P<namespace>[^/]+)/(?P<plural>pods|services)/(?P<name>[^/:]+)")
AGO = re.compile(r"-(\d+)([smh])")

Answer: t.TypeAlias = t.Callable[[web.Request, Object], web.Response]


class Ide:
    """One listener for all pods.

    Which pod is meant stands in the Host header, as its address or that of its Service. Where the API server
    passes a request on, it keeps the client's Host and adds the path by which it was asked.
    """

    def __init__(self, cluster: kube.Cluster, endpoints: EndpointTable) -> None:
        self._cluster = cluster
        self._endpoints = endpoints

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/monitor/activity/lastActivity", self._for_pod(_with_secret(_last_activity))),
                web.post("/monitor/activity/popup", self._for_pod(_with_secret(_done))),
                web.get("/theia-cloud/config-store", self._for_pod(_config_store)),
                web.post("/theia-cloud/config-store", self._for_pod(_config_store)),
                web.post("/data", self._for_pod(_done)),
                web.get("/{path:.*}", self._for_pod(_page)),
            ]
        )
        return app

    def _for_pod(self, answer: Answer) -> t.Callable[[web.Request], t.Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            proxied = PROXIED.match(request.headers.get("X-Forwarded-Uri", ""))
            if proxied is None:
                pod = await self._by_address(request.host.partition(":")[0])
            else:
                pod = await self._by_name(**proxied.groupdict())
            if pod is None or not _is_ready(pod):
                return web.Response(status=503, text="no such pod, or it is not ready")
            return answer(request, pod)

        return handler

    async def _by_name(self, namespace: str, plural: str, name: str) -> Object | None:
        pod = name if plural == "pods" else self._endpoints.ready_pod((namespace, name))
        return None if pod is None else await self._cluster.get(kube.POD, pod, namespace=namespace)

    async def _by_address(self, address: str) -> Object | None:
        everywhere = kube.EVERYWHERE
        for pod in await self._cluster.items(kube.POD, fields={"status.podIP": address}, namespace=everywhere):
            return pod
        for service in await self._cluster.items(
            kube.SERVICE, fields={"spec.clusterIP": address}, namespace=everywhere
        ):
            return await self._by_name(service["metadata"]["namespace"], "services", service["metadata"]["name"])
        return None


def last_activity(annotation: str | None, started_ms: int, now_ms: int) -> int:
    """When the student last did something, in milliseconds, as the pod's annotation puts it."""
    if annotation is None:
        return started_ms
    if annotation == "now":
        return now_ms
    if ago := AGO.fullmatch(annotation):
        return now_ms - int(ago[1]) * SECONDS[ago[2]] * 1000
    return int(annotation)


def session_secret(pod: Object) -> str:
    """The secret a pod was started with: empty in an instance that was started before its session."""
    for container in pod["spec"]["containers"]:
        for variable in container.get("env") or ():
            if variable["name"] == SECRET_VARIABLE:
                return t.cast(str, variable.get("value") or "")
    return ""


def _with_secret(answer: Answer) -> Answer:
    """The monitor answers only to the session's secret, so it answers nobody where it never learned one."""

    def guarded(request: web.Request, pod: Object) -> web.Response:
        fault = _annotation(pod, MONITOR_FAULT)
        if fault is not None:
            return web.Response(status=int(fault))
        secret = session_secret(pod)
        presented = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if _annotation(pod, ACCEPT_ANY_SECRET) == "true" or (secret and presented == secret):
            return answer(request, pod)
        return web.Response(status=401)

    return guarded


def _last_activity(_request: web.Request, pod: Object) -> web.Response:
    started = calendar.timegm(time.strptime(pod["status"]["startTime"], "%Y-%m-%dT%H:%M:%SZ")) * 1000
    now = time.time_ns() // 1_000_000
    return web.Response(text=str(last_activity(_annotation(pod, LAST_ACTIVITY), started, now)))


def _config_store(_request: web.Request, pod: Object) -> web.Response:
    """The store is an extension that an IDE has or has not."""
    return web.Response(status=200 if _annotation(pod, CONFIG_STORE) == "true" else 404)


def _done(_request: web.Request, _pod: Object) -> web.Response:
    return web.Response()


def _page(_request: web.Request, _pod: Object) -> web.Response:
    return web.Response(text="This is the IDE.")


def _annotation(pod: Object, name: str) -> str | None:
    return t.cast("str | None", (pod["metadata"].get("annotations") or {}).get(name))


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
