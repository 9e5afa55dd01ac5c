# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The absolute time limit: once a minute, sessions that are too old are deleted."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from lab.kube import SESSION, Cluster, Resource
from lab.operator.arguments import Settings
from lab.operator.output import TRACE

LOG = logging.getLogger(__name__)


def expired(session: Resource, app_definition: Resource | None, now: datetime, minute_seconds: float) -> bool:
    """Counted from the creation, whatever the user does; no limit, zero and negative mean never."""
    limit = (app_definition or {"spec": {}})["spec"].get("timeout") or 0
    return 0 < limit < minutes(session, now, minute_seconds)


def minutes(session: Resource, now: datetime, minute_seconds: float) -> int:
    """Since the creation."""
    created = datetime.fromisoformat(session["metadata"]["creationTimestamp"])
    return int((now - created).total_seconds() // minute_seconds)


class TimeLimit:
    """The clean-up loop."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._kind = settings.switches.app_definition
        self._minute_seconds = settings.switches.minute_seconds

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._minute_seconds)
            await self._round()

    async def _round(self) -> None:
        app_definitions = {item["metadata"]["name"]: item for item in await self._cluster.items(self._kind)}
        now = datetime.now(UTC)
        for session in await self._cluster.items(SESSION):
            name, app_definition = session["metadata"]["name"], app_definitions.get(session["spec"]["appDefinition"])
            LOG.log(TRACE, "session %s is looked at for its time limit", name)
            # Not what the word says, but what the real one prints under it.
            LOG.log(TRACE, "session %s: minutesSinceLastActivity %d", name, minutes(session, now, self._minute_seconds))
            if expired(session, app_definition, now, self._minute_seconds):
                LOG.info("session %s has reached its time limit", name)
                await self._cluster.delete(SESSION, name)
