# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes for workspaces, and what goes with a workspace that is deleted."""

from __future__ import annotations

import logging
from http import HTTPStatus

from lightkube.core.exceptions import ApiError

from lab.kube import CLAIM, SESSION, VOLUME, WORKSPACE, Cluster, Resource, code_of
from lab.operator import names, templates
from lab.operator.arguments import Settings
from lab.operator.statuses import HANDLED, Gone, Statuses

LOG = logging.getLogger(__name__)


class Workspaces:
    """Called for one event after the other."""

    def __init__(self, cluster: Cluster, settings: Settings, statuses: Statuses) -> None:
        self._cluster = cluster
        self._settings = settings
        self._statuses = statuses

    async def added(self, workspace: Resource) -> None:
        try:
            if await self._statuses.may_begin(WORKSPACE, workspace):
                await self._give_volume(workspace)
        except Gone:
            LOG.info("workspace %s went while it was handled", workspace["metadata"]["name"])
        except ApiError:
            await self._statuses.unexpected(WORKSPACE, workspace)

    async def _give_volume(self, workspace: Resource) -> None:
        """The steps of the status are named after volumes and claims the wrong way round; so they are in the real one.

        A volume is made by the storage class when the claim is there, so its own step does nothing.
        """
        await self._statuses.handling(WORKSPACE, workspace)
        await self._step(workspace, volumeClaim="started")
        await self._step(workspace, volumeClaim="finished", volumeAttach="started")
        name = names.workspace_claim(workspace)
        if await self._cluster.get(CLAIM, name) is None:
            await self._cluster.create(CLAIM, await self._claim(workspace, name))
        await self._step(workspace, volumeAttach="claimed")
        await self._cluster.merge(WORKSPACE, workspace["metadata"]["name"], {"spec": {"storage": name}})
        await self._step(workspace, volumeAttach="finished")
        await self._statuses.set(WORKSPACE, workspace, operatorStatus=HANDLED)

    async def _step(self, workspace: Resource, **steps: str) -> None:
        fields = {step: {"status": status, "message": ""} for step, status in steps.items()}
        await self._statuses.set(WORKSPACE, workspace, **fields)

    async def _claim(self, workspace: Resource, name: str) -> Resource:
        kind = self._settings.switches.app_definition
        app_definition = await self._cluster.get(kind, workspace["spec"].get("appDefinition") or "-")
        shared = app_definition is not None and templates.has_workspace_sidecar(app_definition)
        return templates.workspace_claim(workspace, name, shared=shared, arguments=self._settings.arguments)

    async def deleted(self, workspace: Resource) -> None:
        """The session first, then the claim under the name that fits the app definition of today."""
        await self._cluster.delete(SESSION, names.session_of_workspace(workspace["metadata"]["name"]))
        name = names.workspace_claim(workspace)
        if self._settings.switches.upstream:
            name = workspace["spec"].get("storage") or name
        await self._cluster.delete(CLAIM, name)
        try:
            # Only where the operator makes the volumes itself do they have the name of their claim.
            await self._cluster.delete(VOLUME, name)
        except ApiError as error:
            if code_of(error) != HTTPStatus.FORBIDDEN:
                raise
