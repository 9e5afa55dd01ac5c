# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Eager sessions as upstream has them: no status of the operator, no fallback, no annotations."""

from __future__ import annotations

import logging

from lab.kube import SERVICE, Resource
from lab.operator import names, owners, templates
from lab.operator.claims import Claims, ReservationFailed, SetUpFailed
from lab.operator.context import Context

LOG = logging.getLogger(__name__)


class UpstreamEagerSessions:
    """A session for which no instance is free stays as it was created, for ever."""

    def __init__(self, context: Context, claims: Claims) -> None:
        self._cluster = context.cluster
        self._app_definition_kind = context.settings.switches.app_definition
        self._routes = context.routes
        self._polls = context.polls
        self._claims = claims

    async def added(self, session: Resource) -> None:
        app_definition = await self._cluster.get(self._app_definition_kind, session["spec"]["appDefinition"])
        shared = await self._routes.shared(app_definition) if app_definition else None
        if app_definition is None or shared is None or await self._holds_instance(session):
            return
        try:
            instance = await self._claims.reserve(session, app_definition)
            if instance is None:
                LOG.error("session %s: no instance is free", session["metadata"]["name"])
                return
            await self._claims.set_up(session, app_definition, instance)
        except (ReservationFailed, SetUpFailed) as error:
            LOG.error("session %s: %s", session["metadata"]["name"], error)  # noqa: TRY400  expected, no trace wanted
            return
        # The real one adds a rule to a shared Ingress; the lab's gateway knows HTTPRoutes.
        path = templates.instance_path(app_definition, instance.number)
        way = templates.Way(path, instance.external, app_definition["spec"]["port"])
        url = await self._routes.open(session, app_definition, shared, way)
        self._polls.begin(session, url)

    async def deleted(self, session: Resource) -> None:
        app_definition = await self._cluster.get(self._app_definition_kind, session["spec"]["appDefinition"])
        if app_definition:
            await self._claims.release(session, app_definition)

    async def _holds_instance(self, session: Resource) -> bool:
        services = await self._cluster.items(SERVICE)
        return any(owners.is_owned_by(s, session) and names.instance_number(s["metadata"]["name"]) for s in services)
