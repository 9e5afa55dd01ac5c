# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator put together: who gets which event, and when the process ends."""

from __future__ import annotations

import asyncio
import logging

from lab.kube import DEPLOYMENT, SESSION, WORKSPACE, Cluster
from lab.operator.activity import ActivityMonitor
from lab.operator.addresses import Addresses
from lab.operator.app_definitions import AppDefinitionHandler, EagerAppDefinitions, LazyAppDefinitions
from lab.operator.arguments import (
    DEPLOYMENT_NAME,
    ArgumentsError,
    Settings,
    Switches,
    container_args,
    parse,
)
from lab.operator.claims import Claims
from lab.operator.context import Context
from lab.operator.eager import EagerSessions
from lab.operator.lazy import LazySessions
from lab.operator.lease import Leadership
from lab.operator.output import EVERYTHING_KNOWN
from lab.operator.pool import Pool
from lab.operator.sessions import EagerWithFallback, LazyOnly, SessionHandler
from lab.operator.timeouts import TimeLimit
from lab.operator.traced import TracedCluster
from lab.operator.upstream import UpstreamEagerSessions
from lab.operator.watching import Queues, Received, Watch
from lab.operator.workspaces import Workspaces

LOG = logging.getLogger(__name__)

LEAD_LOST = 0
BROKEN = 255


async def run(switches: Switches) -> int:
    """Wait for the lead, work while it lasts; returns the exit code."""
    cluster = TracedCluster.connect(switches.kubeconfig, switches.namespace)
    deployment = await cluster.get(DEPLOYMENT, DEPLOYMENT_NAME)
    if deployment is None:
        raise ArgumentsError(f"namespace {switches.namespace} has no Deployment {DEPLOYMENT_NAME}")
    settings = Settings(parse(container_args(deployment)), switches)
    leadership = Leadership(cluster, settings.arguments)
    await leadership.acquire()
    lead = asyncio.create_task(leadership.hold())
    work = asyncio.create_task(Operator(cluster, settings).run())
    await asyncio.wait({lead, work}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        return LEAD_LOST
    LOG.error("the operator ends", exc_info=work.exception())
    return BROKEN


class Operator:
    """One leading operator. Any error that reaches it ends it, as a container that is started anew."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._arguments = settings.arguments
        context = Context.of(cluster, settings)
        addresses = Addresses(cluster)
        pool = Pool(cluster, settings, addresses)
        self._app_definitions: AppDefinitionHandler = (
            EagerAppDefinitions(settings, pool, context.routes)
            if settings.arguments.eager_start
            else LazyAppDefinitions(settings, context.statuses, context.routes)
        )
        self._sessions = _session_handler(context, Claims(cluster, settings, addresses), pool)
        self._workspaces = Workspaces(cluster, settings, context.statuses)
        self._time_limit = TimeLimit(cluster, settings)
        self._monitor = ActivityMonitor(cluster, settings, context.statuses)
        queues = Queues(self._session_event, settings.arguments.threads, self._fatal)
        april = settings.switches.april
        self._watches = (
            Watch(cluster, settings.switches.app_definition, self._app_definition_event, april=april),
            Watch(cluster, WORKSPACE, self._workspace_event, april=april),
            Watch(cluster, SESSION, queues.put, april=april),
        )
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """The monitor looks before anything is handled: what has no status then ends it."""
        monitored = self._arguments.enable_monitor and self._arguments.enable_activity_tracker
        monitor = [self._monitor.run(await self._monitor.look())] if monitored else []
        await asyncio.gather(self._failure, self._time_limit.run(), self._follow(), *monitor)

    async def _follow(self) -> None:
        """All that exists, kind after kind; only then what happens."""
        for watch in self._watches:
            await watch.replay()
        LOG.info(EVERYTHING_KNOWN)
        await asyncio.gather(*(watch.run() for watch in self._watches))

    async def _app_definition_event(self, event: Received) -> None:
        try:
            if event.action == "ADDED":
                await self._app_definitions.added(event.item)
            elif event.action == "MODIFIED":
                await self._app_definitions.modified(event.item)
            else:
                await self._app_definitions.deleted(event.item)
        except Exception:
            # The one kind whose errors never end the process.
            LOG.exception("app definition %s", event.item["metadata"]["name"])

    async def _workspace_event(self, event: Received) -> None:
        try:
            if event.action == "ADDED":
                await self._workspaces.added(event.item)
            elif event.action == "DELETED":
                await self._workspaces.deleted(event.item)
        except Exception as error:  # noqa: BLE001  --continueOnException decides
            self._fatal(error)

    async def _session_event(self, event: Received) -> None:
        LOG.info("session %s: %s", event.item["metadata"]["name"], event.action)
        if event.action == "ADDED":
            await self._sessions.added(event.item)
        elif event.action == "DELETED":
            await self._sessions.deleted(event.item)

    def _fatal(self, error: BaseException) -> None:
        LOG.error("unhandled", exc_info=error)
        if not self._arguments.continue_on_exception and not self._failure.done():
            self._failure.set_exception(error)


def _session_handler(context: Context, claims: Claims, pool: Pool) -> SessionHandler:
    lazy = LazySessions(context)
    if not context.settings.arguments.eager_start:
        return LazyOnly(lazy)
    if context.settings.switches.upstream:
        return UpstreamEagerSessions(context, claims)
    return EagerWithFallback(EagerSessions(context, claims, pool), lazy)
