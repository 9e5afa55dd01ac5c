# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pool of instances built ahead: kept at its size, rebuilt after changes."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from lightkube.core.exceptions import ApiError

from lab.kube import CLAIM, CONFIG_MAP, DEPLOYMENT, SERVICE, Cluster, Kind, Resource, code_of
from lab.operator import names, owners, pool_plan, templates
from lab.operator.addresses import Addresses
from lab.operator.arguments import Settings
from lab.operator.instances import Parts, Sort
from lab.operator.pool_plan import Step

LOG = logging.getLogger(__name__)

# The real one sends one request after the other. Within one sort of objects their order shows nowhere,
# and a lab should not take a minute for what a large cluster does in the background.
# With April's code it would show elsewhere: each session that ends within a reconcile would end the operator, whereas
# the releases of the real one mostly pass between two requests. So that one sends them one after the other.
CONCURRENCY = 16
CLAIM_PAUSE = 0.1


class MissingTemplate(Exception):
    """The installation lacks the ConfigMap from which the auth proxies get their settings."""


class Pool:
    """What happens to the instances of app definitions; claims are made elsewhere."""

    def __init__(self, cluster: Cluster, settings: Settings, addresses: Addresses) -> None:
        self._cluster = cluster
        self._settings = settings
        self._addresses = addresses
        self._room = asyncio.Semaphore(CONCURRENCY)

    async def ensure_capacity(self, app_definition: Resource) -> None:
        """At the start of the operator, or of an app definition: what is missing is made, the rest is left."""
        await self._bring_to_size(app_definition, rebuild=False)

    async def reconcile(self, app_definition: Resource) -> None:
        """After any change of an app definition, to its metadata too."""
        LOG.info("Reconciling pool to %d instances", app_definition["spec"]["minInstances"])
        await self._bring_to_size(app_definition, rebuild=True)

    async def release_all(self, app_definition: Resource) -> None:
        """After an app definition was deleted; sessions keep what they hold."""
        for kind in (SERVICE, CONFIG_MAP, DEPLOYMENT):
            existing = await self._owned(kind, app_definition)
            await self._carry_out(kind, pool_plan.release_all(existing, app_definition), app_definition, None)

    async def check_instance(self, app_definition: Resource, number: int) -> None:
        """When a session has left an instance: is it still wanted, and as it is?"""
        kinds = (SERVICE, DEPLOYMENT, CONFIG_MAP)
        objects = {
            kind: [item for item in await self._owned(kind, app_definition) if pool_plan.number_of(item) == number]
            for kind in kinds
        }
        # Sidecars carry no generation and therefore count as outdated.
        verdict = pool_plan.after_release((i for items in objects.values() for i in items), number, app_definition)
        if verdict == "keep":
            return
        for kind, items in objects.items():
            deletions = [Step("delete", number, item["metadata"]["name"]) for item in items]
            await self._carry_out(kind, deletions, app_definition, None)
        if templates.has_workspace_sidecar(app_definition):
            await self._cluster.delete(CLAIM, names.instance_claim(app_definition, number))
        if verdict == "rebuild":
            await self._build(await self._parts(app_definition), number)

    async def _build(self, parts: Parts, number: int) -> None:
        """Part after part. In April's operator it is an error that nobody expects if somebody has made one already."""
        for sort in parts.all():
            if sort.kind == DEPLOYMENT:
                while not await self._ensure_claim(parts, number):
                    await asyncio.sleep(CLAIM_PAUSE)
            if self._settings.switches.april:
                await self._cluster.create(sort.kind, sort.build(number))
            else:
                await self._carry_out(sort.kind, [Step("create", number)], None, sort)

    async def _bring_to_size(self, app_definition: Resource, *, rebuild: bool) -> None:
        """Sort after sort, in the order of the real one."""
        target = int(app_definition["spec"]["minInstances"])
        parts = await self._parts(app_definition)
        services = await self._owned(SERVICE, app_definition)
        # For April's operator an id is missing only if it has no Service at all.
        absent = pool_plan.missing(services, target) if self._settings.switches.april else None
        for sort in parts.services():
            await self._bring_sort(sort, services, app_definition, absent, rebuild=rebuild)
        config_maps = await self._owned(CONFIG_MAP, app_definition)
        for sort in parts.config_maps():
            await self._bring_sort(sort, config_maps, app_definition, None, rebuild=rebuild)
        await asyncio.gather(*(self._ensure_claim(parts, number) for number in range(1, target + 1)))
        for sort in parts.sidecars():
            existing = await self._owned(sort.kind, app_definition)
            await self._bring_sort(sort, existing, app_definition, None, rebuild=rebuild)
        deployments = await self._owned(DEPLOYMENT, app_definition)
        await self._bring_sort(parts.deployment(), deployments, app_definition, None, rebuild=rebuild)
        if self._settings.arguments.keycloak and not self._settings.switches.april:
            await self._addresses.restore(app_definition)

    async def _bring_sort(
        self, sort: Sort, objects: list[Resource], app_definition: Resource, absent: list[int] | None, *, rebuild: bool
    ) -> None:
        target = int(app_definition["spec"]["minInstances"])
        existing = [item for item in objects if sort.belongs(item)]
        create = pool_plan.missing(existing, target) if absent is None else absent
        if rebuild:
            steps = pool_plan.reconcile(existing, app_definition, target=target, create=create)
        else:
            steps = [Step("create", number) for number in create]
        await self._carry_out(sort.kind, steps, app_definition, sort)

    async def _carry_out(
        self, kind: Kind, steps: list[Step], app_definition: Resource | None, sort: Sort | None
    ) -> None:
        if self._settings.switches.april:
            for step in steps:
                await self._step(kind, step, app_definition, sort)
        else:
            await asyncio.gather(*(self._step(kind, step, app_definition, sort) for step in steps))

    async def _step(self, kind: Kind, step: Step, app_definition: Resource | None, sort: Sort | None) -> None:
        """One object. What the API server refuses is logged and left for the next reconcile."""
        async with self._room:
            try:
                if step.name and step.action in ("delete", "rebuild"):
                    await self._cluster.delete(kind, step.name)
                if step.name and app_definition and step.action == "disown":
                    await self._cluster.strategic(kind, step.name, owners.without(app_definition))
                if sort and step.action in ("create", "rebuild"):
                    await self._cluster.create(kind, sort.build(step.number))
            except ApiError as error:
                LOG.warning("%s of %s %s: %s", step.action, kind.kind, step.name or step.number, error)

    async def _ensure_claim(self, parts: Parts, number: int) -> bool:
        """False if there still is one that is on its way out: pods keep it until they have ended."""
        claim = parts.claim(number)
        if claim is None:
            return True
        try:
            await self._cluster.create(CLAIM, claim)
        except ApiError as error:
            if code_of(error) != HTTPStatus.CONFLICT:
                LOG.warning("claim of instance %d: %s", number, error)
                return True
            live = await self._cluster.get(CLAIM, claim["metadata"]["name"])
            return live is not None and "deletionTimestamp" not in live["metadata"]
        return True

    async def _owned(self, kind: Kind, app_definition: Resource) -> list[Resource]:
        return [item for item in await self._cluster.items(kind) if owners.is_owned_by(item, app_definition)]

    async def _parts(self, app_definition: Resource) -> Parts:
        template: Resource | None = {}
        if self._settings.arguments.keycloak:
            template = await self._cluster.get(CONFIG_MAP, templates.PROXY_TEMPLATE)
        if template is None:
            raise MissingTemplate(templates.PROXY_TEMPLATE)
        return Parts(app_definition, self._settings, template)
