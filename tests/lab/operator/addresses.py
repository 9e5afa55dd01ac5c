# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the auth proxy of an instance lets in."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from lightkube.core.exceptions import ApiError

from lab.kube import CONFIG_MAP, POD, SESSION, Cluster, Resource
from lab.operator import labels, names, pool_plan
from lab.operator.instances import email_map_name
from lab.operator.templates import EMAILS_KEY

LOG = logging.getLogger(__name__)


class Addresses:
    """The e-mail ConfigMaps of pool instances."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def admit(self, app_definition: Resource, number: int, user: str) -> None:
        """Write the address of the one who may use the instance, and make the pod notice."""
        await self._write(app_definition, number, user)
        await self._refresh_pods(app_definition, number)

    async def clear(self, app_definition: Resource, number: int) -> None:
        await self._write(app_definition, number, "")

    async def restore(self, app_definition: Resource) -> None:
        """Give sessions back what a rebuild of the ConfigMaps took from them.

        It comes at the end of all work on the pool: until then the users of claimed instances are locked out.
        """
        held = pool_plan.claims(await self._cluster.items(SESSION), app_definition)
        for number, session in held.items():
            try:
                await self._restore_one(app_definition, number, session)
            except ApiError as error:
                LOG.warning("address list of instance %d: %s", number, error)

    async def _restore_one(self, app_definition: Resource, number: int, session: Resource) -> None:
        user = session["spec"]["user"]
        config_map = await self._cluster.get(CONFIG_MAP, email_map_name(app_definition, number))
        if config_map is None:
            LOG.warning("claimed instance %d has no address list", number)
            return
        if (config_map.get("data") or {}).get(EMAILS_KEY) == user:
            return
        # The session may have ended since it was listed; its instance is no longer its own then.
        live = await self._cluster.get(SESSION, session["metadata"]["name"])
        if live and live["metadata"]["uid"] == session["metadata"]["uid"]:
            await self.admit(app_definition, number, user)

    async def _write(self, app_definition: Resource, number: int, user: str) -> None:
        name = email_map_name(app_definition, number)
        await self._cluster.merge(CONFIG_MAP, name, {"data": {EMAILS_KEY: user}})

    async def _refresh_pods(self, app_definition: Resource, number: int) -> None:
        """A changed annotation makes the kubelet look at the pod's volumes at once."""
        deployment = names.instance_object(app_definition, number)
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        patch = {"metadata": {"annotations": {labels.EAGER_START_REFRESH: now}}}
        for pod in await self._cluster.items(POD, labels={"app": names.instance_app(app_definition, number)}):
            if pod["metadata"]["name"].startswith(deployment):
                try:
                    await self._cluster.merge(POD, pod["metadata"]["name"], patch)
                except ApiError as error:
                    LOG.warning("refresh of pod %s: %s", pod["metadata"]["name"], error)
