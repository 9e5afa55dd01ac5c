# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way from a URL to a session, and the question whether it is open."""

from __future__ import annotations

import asyncio
import itertools
import logging
import typing as t
from http import HTTPStatus

import aiohttp
import httpx2
from lightkube.core.exceptions import ApiError

from lab.kube import HTTP_ROUTE, SESSION, Cluster, Resource, code_of
from lab.operator import labels, owners
from lab.operator.arguments import Settings
from lab.operator.statuses import Gone, Statuses
from lab.operator.templates import Way, session_route

LOG = logging.getLogger(__name__)

# How often, and with which pause before it in seconds: about an hour in all.
POLLS = ((60, 0.5), (60, 1.0), (24, 2.5), (60, 5.0), (105, 30.0))

NOT_THERE_YET = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)

TRIES = 5


class Routes:
    """The shared HTTPRoute of an installation, and one for each session."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings

    async def adopt(self, app_definition: Resource) -> bool:
        """Make the app definition an owner of the shared route; False if there is no such route."""
        reference = owners.reference(self._settings.switches.app_definition, app_definition)
        for _attempt in range(TRIES):
            route = await self._cluster.get(HTTP_ROUTE, app_definition["spec"]["ingressname"])
            if route is None:
                return False
            if owners.is_owned_by(route, app_definition):
                return True
            route["metadata"]["ownerReferences"] = [*owners.references(route), reference]
            try:
                await self._cluster.replace(HTTP_ROUTE, route)
            except ApiError as error:
                if code_of(error) != HTTPStatus.CONFLICT:
                    raise
        return False

    async def shared(self, app_definition: Resource) -> Resource | None:
        """The shared route, if the app definition is one of its owners: only then its sessions can start."""
        route = await self._cluster.get(HTTP_ROUTE, app_definition["spec"]["ingressname"])
        return route if route and owners.is_owned_by(route, app_definition) else None

    async def open(self, session: Resource, app_definition: Resource, shared: Resource, way: Way) -> str:
        """Lead a path to the Service of the session; returns the URL, which has no scheme."""
        host = self._settings.arguments.instances_host
        found_by = labels.session_labels(session, app_definition, tidy_cut=self._settings.switches.upstream)
        route = session_route(shared, session, found_by, way, host)
        try:
            await self._cluster.create(HTTP_ROUTE, route)
        except ApiError as error:
            if code_of(error) != HTTPStatus.CONFLICT:
                raise
            await self._cluster.merge(HTTP_ROUTE, route["metadata"]["name"], route)
        return f"{host}{way.path}/"


class UrlPolls:
    """Asks for the URL of each new session until something answers. A restart of the operator ends all of it."""

    def __init__(self, settings: Settings, statuses: Statuses) -> None:
        self._settings = settings
        self._statuses = statuses
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, session: Resource, url: str) -> None:
        task = asyncio.create_task(self._poll(session, url))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _poll(self, session: Resource, url: str) -> None:
        host, _slash, path = url.partition("/")
        answered = False
        async with aiohttp.ClientSession(headers={"Host": host}) as http:
            for pause in _pauses():
                await asyncio.sleep(pause * self._settings.switches.poll_scale)
                code = await self._ask(http, path)
                if code is None:
                    continue
                if code == HTTPStatus.OK or answered:
                    await self._publish(session, url)
                    return
                # Something is there that is not the page itself, an auth proxy for instance: once more, then it counts.
                answered = code not in NOT_THERE_YET

    async def _ask(self, http: aiohttp.ClientSession, path: str) -> int | None:
        """The final status, redirects followed and certificates unchecked; None without an answer."""
        gateway = self._settings.switches.gateway_url
        if gateway is None:
            return None
        try:
            async with http.get(f"{gateway}/{path}", ssl=False) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _publish(self, session: Resource, url: str) -> None:
        try:
            await self._statuses.set(SESSION, session, url=url)
        except (Gone, httpx2.HTTPError) as error:
            LOG.info("session %s gets no URL: %s", session["metadata"]["name"], error)


def _pauses() -> t.Iterator[float]:
    return itertools.chain.from_iterable(itertools.repeat(pause, times) for times, pause in POLLS)
