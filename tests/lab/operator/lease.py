# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One operator leads, the others wait."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx2

from lab.kube import LEASE, Cluster, Resource
from lab.operator.arguments import Arguments

LOG = logging.getLogger(__name__)

NAME = "theia-cloud-operator-leaders"


class Leadership:
    """The Lease. Its holder is a random identity, from which nobody can tell the process."""

    def __init__(self, cluster: Cluster, arguments: Arguments) -> None:
        self._cluster = cluster
        self._identity = str(uuid.uuid4())
        self._duration = arguments.leader_lease_duration
        self._deadline = arguments.leader_renew_deadline
        self._pause = arguments.leader_retry_period

    async def acquire(self) -> None:
        """Wait until no other holds the Lease, and take it."""
        while not await self._try():
            await asyncio.sleep(self._pause)
        LOG.info("leading as %s", self._identity)

    async def hold(self) -> None:
        """Renew the Lease for as long as that works; returning means that the lead is lost."""
        renewed = time.monotonic()
        while time.monotonic() - renewed < self._deadline:
            await asyncio.sleep(self._pause)
            if await self._try():
                renewed = time.monotonic()
        LOG.error("the lead is lost")

    async def _try(self) -> bool:
        try:
            lease = await self._cluster.get(LEASE, NAME)
            now = datetime.now(UTC)
            if lease is None:
                await self._cluster.create(LEASE, self._lease(now, {}))
                return True
            if not self._may_take(lease, now):
                return False
            lease["spec"] = self._lease(now, lease["spec"])["spec"]
            await self._cluster.replace(LEASE, lease)
        except httpx2.HTTPError as error:
            LOG.info("lease: %s", error)
            return False
        return True

    def _may_take(self, lease: Resource, now: datetime) -> bool:
        spec = lease["spec"]
        holder = spec.get("holderIdentity")
        if not holder or holder == self._identity:
            return True
        renewed = datetime.fromisoformat(spec["renewTime"])
        return now > renewed + timedelta(seconds=spec["leaseDurationSeconds"])

    def _lease(self, now: datetime, before: Resource) -> Resource:
        mine = before.get("holderIdentity") == self._identity
        transitions = before.get("leaseTransitions", -1)
        spec = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": self._duration,
            "acquireTime": before["acquireTime"] if mine else _micro_time(now),
            "renewTime": _micro_time(now),
            "leaseTransitions": transitions if mine else transitions + 1,
        }
        return {"apiVersion": LEASE.api_version, "kind": LEASE.kind, "metadata": {"name": NAME}, "spec": spec}


def _micro_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
