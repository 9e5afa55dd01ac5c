# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator does when an app definition comes, changes or goes."""

from __future__ import annotations

import logging
import typing as t

from lab.kube import Resource
from lab.operator.arguments import Settings
from lab.operator.pool import Pool
from lab.operator.routes import Routes
from lab.operator.statuses import HANDLED, Statuses

LOG = logging.getLogger(__name__)


class AppDefinitionHandler(t.Protocol):
    """Called for one event after the other."""

    async def added(self, app_definition: Resource) -> None: ...

    async def modified(self, app_definition: Resource) -> None: ...

    async def deleted(self, app_definition: Resource) -> None: ...


class EagerAppDefinitions:
    """Keeps pools. Says nothing in the status of the app definition."""

    def __init__(self, settings: Settings, pool: Pool, routes: Routes) -> None:
        self._ignores_changes = settings.switches.upstream
        self._pool = pool
        self._routes = routes

    async def added(self, app_definition: Resource) -> None:
        if await self._may_go_on(app_definition):
            await self._pool.ensure_capacity(app_definition)

    async def modified(self, app_definition: Resource) -> None:
        if not self._ignores_changes and await self._may_go_on(app_definition):
            await self._pool.reconcile(app_definition)

    async def deleted(self, app_definition: Resource) -> None:
        await self._pool.release_all(app_definition)

    async def _may_go_on(self, app_definition: Resource) -> bool:
        name = app_definition["metadata"]["name"]
        sidecars = [sidecar["name"] for sidecar in app_definition["spec"].get("sidecars") or []]
        if len(sidecars) != len(set(sidecars)):
            LOG.error("app definition %s: two sidecars have one name", name)
            return False
        if not await self._routes.adopt(app_definition):
            LOG.error("app definition %s: HTTPRoute %s is missing", name, app_definition["spec"]["ingressname"])
            return False
        return True


class LazyAppDefinitions:
    """Only looks for the shared route, and notes in the status that it did."""

    def __init__(self, settings: Settings, statuses: Statuses, routes: Routes) -> None:
        self._kind = settings.switches.app_definition
        self._statuses = statuses
        self._routes = routes

    async def added(self, app_definition: Resource) -> None:
        if not await self._statuses.may_begin(self._kind, app_definition):
            return
        await self._statuses.handling(self._kind, app_definition)
        if await self._routes.adopt(app_definition):
            await self._statuses.set(self._kind, app_definition, operatorStatus=HANDLED)
        else:
            await self._statuses.failed(self._kind, app_definition, "HTTPRoute does not exist.")

    async def modified(self, app_definition: Resource) -> None:
        """Nothing depends on the figures before a session starts."""

    async def deleted(self, app_definition: Resource) -> None:
        """The garbage collector does what there is to do."""
