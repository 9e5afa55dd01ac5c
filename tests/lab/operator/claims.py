# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a session gets an instance of the pool, and how the instance comes back."""

from __future__ import annotations

import asyncio
import logging
import typing as t

from lightkube.core.exceptions import ApiError

from lab.kube import DEPLOYMENT, POD, SERVICE, SESSION, Cluster, Kind, Resource
from lab.operator import labels, names, owners, pool_plan
from lab.operator.addresses import Addresses
from lab.operator.arguments import Settings
from lab.operator.pool_plan import Free

LOG = logging.getLogger(__name__)

TRIES = 3


class ReservationFailed(Exception):
    """An instance was free, but could not be taken."""


class SetUpFailed(Exception):
    """The instance was taken, but not made ready; it stays taken."""


class Claims:
    """Reservation, set-up and release of instances."""

    def __init__(self, cluster: Cluster, settings: Settings, addresses: Addresses) -> None:
        self._cluster = cluster
        self._keycloak = settings.arguments.keycloak
        self._tidy_cut = settings.switches.upstream
        self._sidecars_apart = not settings.switches.april
        self._addresses = addresses
        # One session at a time looks for a free instance; another process would not be kept out.
        self._reserving = asyncio.Lock()

    async def reserve(self, session: Resource, app_definition: Resource) -> Free | None:
        """Take the lowest free instance; None if there is none."""
        async with self._reserving:
            services = [s for s in await self._cluster.items(SERVICE) if owners.is_owned_by(s, app_definition)]
            if self._sidecars_apart:
                services = [s for s in services if labels.SIDECAR not in labels.labels_of(s)]
            held = pool_plan.held_by(services, session)
            if held:
                return held
            free = pool_plan.lowest_free(services)
            if free is None:
                return None
            taken: list[str] = []
            try:
                for name in (free.external, free.internal):
                    await self._add_owner(SERVICE, name, session)
                    taken.append(name)
            except ApiError as error:
                await self._give_back(taken, session)
                raise ReservationFailed(str(error)) from error
            return free

    async def _add_owner(self, kind: Kind, name: str, session: Resource) -> None:
        await self._cluster.append(kind, name, "/metadata/ownerReferences", owners.reference(SESSION, session))

    async def _give_back(self, services: list[str], session: Resource) -> None:
        for name in services:
            try:
                await self._cluster.strategic(SERVICE, name, owners.without(session))
            except ApiError as error:
                LOG.warning("taking back the reservation of %s: %s", name, error)

    async def set_up(self, session: Resource, app_definition: Resource, instance: Free) -> None:
        """Labels for both Services, the session as owner of the Deployment, its user in the address list."""
        found_by = labels.session_labels(session, app_definition, tidy_cut=self._tidy_cut)
        deployment = names.instance_object(app_definition, instance.number)
        try:
            for name in (instance.external, instance.internal):
                await self._cluster.merge(SERVICE, name, {"metadata": {"labels": found_by}})
            live = await self._cluster.get(DEPLOYMENT, deployment)
            if live is None or not owners.is_owned_by(live, session):
                await self._add_owner(DEPLOYMENT, deployment, session)
            if self._keycloak:
                await self._addresses.admit(app_definition, instance.number, session["spec"]["user"])
        except ApiError as error:
            raise SetUpFailed(str(error)) from error

    async def restart_sidecars(self, app_definition: Resource, number: int) -> None:
        """Only their pods: Deployments, Services and the shared volume stay as they are."""
        for sidecar in app_definition["spec"].get("sidecars") or []:
            app = names.instance_object(app_definition, number, sidecar["name"])
            for pod in await self._cluster.items(POD, labels={"app": app}):
                await self._cluster.delete(POD, pod["metadata"]["name"])

    async def release(self, session: Resource, app_definition: Resource) -> None:
        """Undo the claim. Goes by the labels alone: if they do not lead to one pair of Services, nothing is undone."""
        found_by = labels.session_labels(session, app_definition, tidy_cut=self._tidy_cut)
        services = [service["metadata"]["name"] for service in await self._cluster.items(SERVICE, labels=found_by)]
        internal = [name for name in services if name.endswith("-int")]
        external = [name for name in services if not name.endswith("-int")]
        number = names.instance_number(external[0]) if len(external) == 1 == len(internal) else None
        if not services:
            LOG.error("No services found for session %s", session["metadata"]["name"])
        elif number is None:
            LOG.error("session %s: %d Services found, release stops", session["metadata"]["name"], len(services))
        if number is None:
            return
        for name in (*external, *internal):
            await self._clean(name, session)
        deployment = names.instance_object(app_definition, number)
        await _logged(self._cluster.strategic(DEPLOYMENT, deployment, owners.without(session)), deployment)
        if self._keycloak:
            await _logged(self._addresses.clear(app_definition, number), f"address list of {deployment}")
        await self._delete_pod(app_definition, number, deployment)

    async def _clean(self, service: str, session: Resource) -> None:
        patch = owners.without(session)
        patch["metadata"]["labels"] = dict.fromkeys(labels.SESSION_SPECIFIC)
        for attempt in range(1, TRIES + 1):
            try:
                await self._cluster.strategic(SERVICE, service, patch)
            except ApiError as error:
                LOG.warning("cleaning Service %s, try %d: %s", service, attempt, error)
            else:
                return
        LOG.error("Failed to cleanup service after %d attempts", TRIES)

    async def _delete_pod(self, app_definition: Resource, number: int, deployment: str) -> None:
        """The next user gets a fresh pod."""
        pods = await self._cluster.items(POD, labels={"app": names.instance_app(app_definition, number)})
        of_instance = [pod["metadata"]["name"] for pod in pods if pod["metadata"]["name"].startswith(deployment)]
        if of_instance:
            await self._cluster.delete(POD, of_instance[0])


async def _logged(work: t.Awaitable[object], what: str) -> None:
    """One step of a release may fail without holding up the next."""
    try:
        await work
    except ApiError as error:
        LOG.warning("release of %s: %s", what, error)
