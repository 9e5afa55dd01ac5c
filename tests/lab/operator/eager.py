# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session that is put on an instance of the pool."""

from __future__ import annotations

import logging
import typing as t
from http import HTTPStatus

from lightkube.core.exceptions import ApiError

from lab.kube import SECRET, SESSION, Resource, code_of
from lab.operator import labels, pool_plan, templates
from lab.operator.claims import Claims, ReservationFailed, SetUpFailed
from lab.operator.context import Context
from lab.operator.pool import Pool
from lab.operator.statuses import HANDLED, Failed, Gone, operator_status

LOG = logging.getLogger(__name__)

Outcome = t.Literal["handled", "no-capacity", "error"]


class EagerSessions:
    """Claims and releases on behalf of sessions. No limit is looked at on this way."""

    def __init__(self, context: Context, claims: Claims, pool: Pool) -> None:
        self._cluster = context.cluster
        self._app_definition_kind = context.settings.switches.app_definition
        self._statuses = context.statuses
        self._routes = context.routes
        self._polls = context.polls
        self._claims = claims
        self._pool = pool
        self._april = context.settings.switches.april

    async def added(self, session: Resource) -> Outcome:
        try:
            if not await self._statuses.may_begin(SESSION, session):
                return "handled" if operator_status(session) == HANDLED else "error"
            await self._statuses.handling(SESSION, session)
            return await self._begin(session)
        except Failed as failure:
            await self._statuses.failed(SESSION, session, str(failure))
            return "error"
        except Gone:
            raise
        except Exception:
            await self._statuses.unexpected(SESSION, session)
            raise

    async def _begin(self, session: Resource) -> Outcome:
        app_definition = await self._cluster.get(self._app_definition_kind, session["spec"]["appDefinition"])
        if app_definition is None:
            raise Failed("App Definition not found.")
        shared = await self._routes.shared(app_definition)
        if shared is None:
            raise Failed("HTTPRoute not available.")
        instance = await self._claim(session, app_definition)
        if instance is None:
            return "no-capacity"
        path = templates.instance_path(app_definition, instance.number)
        way = templates.Way(path, instance.external, app_definition["spec"]["port"])
        try:
            url = await self._routes.open(session, app_definition, shared, way)
        except ApiError as error:
            LOG.warning("session %s: %s", session["metadata"]["name"], error)
            raise Failed("Failed to edit HTTPRoute.") from error
        await self._resolve_secrets(session)
        self._polls.begin(session, url)
        await self._statuses.handled(session)
        return "handled"

    async def _claim(self, session: Resource, app_definition: Resource) -> pool_plan.Free | None:
        """Take an instance and make it the session's; what fails half-way leaves the instance taken."""
        try:
            instance = await self._claims.reserve(session, app_definition)
            if instance is None:
                return None
            await self._annotate(session, **{labels.START_STRATEGY: "eager", labels.INSTANCE_ID: str(instance.number)})
            await self._claims.set_up(session, app_definition, instance)
        except ReservationFailed as error:
            LOG.warning("session %s: %s", session["metadata"]["name"], error)
            raise Failed("Failed to reserve prewarmed instance.") from error
        except SetUpFailed as error:
            LOG.warning("session %s: %s", session["metadata"]["name"], error)
            raise Failed("Failed to complete session setup.") from error
        return instance

    async def _resolve_secrets(self, session: Resource) -> None:
        """What a session wants from Secrets would be sent to its pod. That it cannot be read fails nothing."""
        for name in session["spec"].get("envVarsFromSecrets") or []:
            try:
                await self._cluster.get(SECRET, name)
            except ApiError as error:
                LOG.error("Failed to resolve Secret: %s: %s", name, error)  # noqa: TRY400  expected, no trace wanted

    async def mark_as_fallback(self, session: Resource) -> None:
        await self._annotate(session, **{labels.START_STRATEGY: "lazy-fallback"})

    async def _annotate(self, session: Resource, **annotations: str) -> None:
        metadata = {"uid": session["metadata"]["uid"], "annotations": annotations}
        try:
            await self._cluster.merge(SESSION, session["metadata"]["name"], {"metadata": metadata})
        except ApiError as error:
            if code_of(error) in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                raise Gone(session["metadata"]["name"]) from error
            raise

    async def deleted(self, session: Resource) -> None:
        """Give the instance back. Without the annotation nobody knows which one, and nothing is done."""
        app_definition = await self._cluster.get(self._app_definition_kind, session["spec"]["appDefinition"])
        number = labels.annotations_of(session).get(labels.INSTANCE_ID, "")
        if app_definition is None:
            return
        if not number.isdecimal():
            LOG.error("session %s names no instance, nothing is released", session["metadata"]["name"])
            return
        try:
            await self._claims.restart_sidecars(app_definition, int(number))
            await self._claims.release(session, app_definition)
            await self._pool.check_instance(app_definition, int(number))
        except ApiError as error:
            # April's operator ends of it: a Service that somebody else has made, labels that cannot be asked for.
            if self._april:
                raise
            LOG.warning("release of instance %s: %s", number, error)
