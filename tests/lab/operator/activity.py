# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inactivity limit: sessions are asked when they were last used, and deleted if that is too long ago."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import typing as t

import httpx2

from lab.kube import SERVICE, SESSION, Cluster, Resource
from lab.operator import names, owners
from lab.operator.arguments import Settings
from lab.operator.ides import Ide, Ides
from lab.operator.statuses import HANDLED, Gone, Statuses

LOG = logging.getLogger(__name__)

Verdict = t.Literal["leave", "notify", "delete"]


class Tracker(t.NamedTuple):
    """The figures of an app definition, in minutes."""

    port: int
    notify_after: int
    timeout_after: int

    @classmethod
    def of(cls, app_definition: Resource) -> Tracker:
        """An app definition without these fields is an error here, as it is in the real one."""
        monitor = app_definition["spec"]["monitor"]
        tracker = monitor["activityTracker"]
        return cls(monitor["port"], tracker["notifyAfter"], tracker["timeoutAfter"])


def judge(last_activity_ms: int, now_ms: int, tracker: Tracker, minute_seconds: float) -> Verdict:
    minutes = int((now_ms - last_activity_ms) / 1000 // minute_seconds)
    if minutes >= tracker.timeout_after:
        return "delete"
    return "notify" if minutes >= tracker.notify_after else "leave"


class ActivityMonitor:
    """The polling loop. It dies of the first object that lacks what it expects, and nobody notices."""

    def __init__(self, cluster: Cluster, settings: Settings, statuses: Statuses) -> None:
        self._cluster = cluster
        self._kind = settings.switches.app_definition
        self._minute_seconds = settings.switches.minute_seconds
        self._pause = settings.arguments.monitor_interval * self._minute_seconds
        self._judges_failed_polls = settings.switches.april
        self._ides = Ides(settings.switches.ide_url)
        self._statuses = statuses

    async def look(self) -> list[Resource]:
        """All sessions there are."""
        return await self._cluster.items(SESSION)

    async def run(self, sessions: list[Resource]) -> None:
        """Begin with these. As in the real one, nothing is said when it ends, and the process goes on without it."""
        LOG.info("the activity of sessions is asked for every %s s", self._pause)
        with contextlib.suppress(KeyError, TypeError, httpx2.HTTPError):
            while True:
                await self._round(sessions)
                await asyncio.sleep(self._pause)
                sessions = await self.look()

    async def _round(self, sessions: list[Resource]) -> None:
        # Not .get(): a session without a status ends the loop.
        handled = [session for session in sessions if session["status"].get("operatorStatus") == HANDLED]
        LOG.debug("Pinging sessions: %s", [session["metadata"]["name"] for session in handled])
        services = await self._cluster.items(SERVICE)
        app_definitions = {item["metadata"]["name"]: item for item in await self._cluster.items(self._kind)}
        for session in handled:
            address = _cluster_ip(services, session)
            app_definition = app_definitions.get(session["spec"]["appDefinition"])
            if address is None or app_definition is None:
                LOG.error("session %s cannot be asked", session["metadata"]["name"])
            else:
                await self._session(session, address, Tracker.of(app_definition))

    async def _session(self, session: Resource, address: str, tracker: Tracker) -> None:
        ide = Ide.of(session, address, tracker.port)
        known = int(session["status"].get("lastActivity") or 0)
        reported = await self._ides.last_activity(ide)
        if reported is None and not self._judges_failed_polls:
            return
        last = max(known, reported or 0)
        if last > known:
            try:
                await self._statuses.set(SESSION, session, lastActivity=last)
            except Gone:
                return
        verdict = judge(last, int(time.time() * 1000), tracker, self._minute_seconds)
        if verdict == "notify":
            await self._ides.pop_up(ide)
        elif verdict == "delete":
            LOG.info("session %s was not used for %d minutes", session["metadata"]["name"], tracker.timeout_after)
            await self._cluster.delete(SESSION, session["metadata"]["name"])


def _cluster_ip(services: list[Resource], session: Resource) -> str | None:
    for service in services:
        if owners.is_owned_by(service, session) and not names.is_internal(service):
            return t.cast(str, service["spec"]["clusterIP"])
    return None
