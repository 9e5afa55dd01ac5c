# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session that gets a pod of its own, built when it starts."""

from __future__ import annotations

import logging
import typing as t
from http import HTTPStatus

from lightkube.core.exceptions import ApiError

from lab.kube import (
    CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    SERVICE,
    SESSION,
    WORKSPACE,
    Kind,
    Resource,
    code_of,
)
from lab.operator import labels, limits, names, owners, pods, templates
from lab.operator.context import Context
from lab.operator.statuses import HANDLED, Failed, Gone, operator_status

LOG = logging.getLogger(__name__)


class Plan(t.NamedTuple):
    """What one session is built from."""

    session: Resource
    app_definition: Resource
    shared_route: Resource
    owned: templates.Owned


class LazySessions:
    """Starts sessions without a pool. Their end is the garbage collector's work."""

    def __init__(self, context: Context) -> None:
        self._cluster = context.cluster
        self._settings = context.settings
        self._arguments = context.settings.arguments
        self._statuses = context.statuses
        self._routes = context.routes
        self._polls = context.polls

    async def added(self, session: Resource) -> bool:
        """True if the session was handled, now or before."""
        try:
            if await self._statuses.may_begin(SESSION, session):
                return await self._begin(session)
        except Gone:
            raise
        except Exception:  # noqa: BLE001  whatever goes wrong in a lazy start, the operator lives on
            await self._statuses.unexpected(SESSION, session)
            return False
        return operator_status(session) == HANDLED

    async def _begin(self, session: Resource) -> bool:
        await self._statuses.handling(SESSION, session)
        try:
            plan = await self._plan(session)
            if plan is None:
                return False
            message = await self._build(plan)
        except Failed as failure:
            await self._statuses.failed(SESSION, session, str(failure))
            return False
        await self._statuses.handled(session, message)
        return True

    async def _plan(self, session: Resource) -> Plan | None:
        app_definition = await self._cluster.get(
            self._settings.switches.app_definition, session["spec"]["appDefinition"]
        )
        if app_definition is None:
            raise Failed("App Definition not found.")
        sessions = await self._cluster.items(SESSION)
        refused = limits.refusal(session, app_definition, sessions, self._arguments.sessions_per_user)
        if refused:
            await self._statuses.failed(SESSION, session, refused.message, error=refused.error)
            return None
        shared = await self._routes.shared(app_definition)
        if shared is None:
            raise Failed("HTTPRoute not available.")
        tidy = self._settings.switches.upstream
        owned = templates.Owned(
            reference=owners.reference(SESSION, session),
            app=names.session_app(session),
            labels=labels.session_labels(session, app_definition, tidy_cut=tidy),
        )
        return Plan(session, app_definition, shared, owned)

    async def _build(self, plan: Plan) -> str | None:
        """Object after object. A remark is returned when something of the session was there before."""
        await self._note_in_workspace(plan.session)
        if await self._has_own(SERVICE, plan.session):
            return "Service already exists."
        service = await self._create_services(plan)
        if self._arguments.keycloak:
            if await self._has_own(CONFIG_MAP, plan.session):
                return "ConfigMaps already exist."
            await self._create_config_maps(plan)
        if await self._has_own(DEPLOYMENT, plan.session):
            return "Deployment already exists."
        await self._create_pods(plan)
        await self._open_route(plan, service)
        return None

    async def _note_in_workspace(self, session: Resource) -> None:
        workspace = _workspace_name(session)
        if workspace and await self._cluster.get(WORKSPACE, workspace):
            await self._cluster.merge(
                WORKSPACE, workspace, {"spec": {"appDefinition": session["spec"]["appDefinition"]}}
            )

    async def _has_own(self, kind: Kind, session: Resource) -> bool:
        return any(owners.is_owned_by(item, session) for item in await self._cluster.items(kind))

    async def _create_services(self, plan: Plan) -> str:
        spec = plan.app_definition["spec"]
        name = names.session_object(plan.session)
        internal = names.session_internal_service(plan.session)
        keycloak = self._arguments.keycloak
        external_service = templates.external_service(name, spec, plan.owned, keycloak=keycloak)
        await self._create_service(plan, external_service, "Failed to create service.")
        internal_service = templates.internal_service(internal, spec, plan.owned)
        await self._create_service(plan, internal_service, "Failed to create internal service.")
        return name

    async def _create_service(self, plan: Plan, body: Resource, message: str) -> None:
        """What the API server calls invalid nobody has thought of; a name that is taken or a full quota, they have."""
        try:
            await self._cluster.create(SERVICE, body)
        except ApiError as error:
            if code_of(error) == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            LOG.warning("session %s: %s", plan.session["metadata"]["name"], error)
            raise Failed(message) from error

    async def _create_config_maps(self, plan: Plan) -> None:
        session, spec = plan.session, plan.app_definition["spec"]
        template = await self._cluster.get(CONFIG_MAP, templates.PROXY_TEMPLATE) or {}
        proxy = self._proxy(session)
        bodies = (
            templates.email_config_map(proxy.emails, plan.owned, session["spec"]["user"]),
            templates.proxy_config_map(proxy.config, plan.owned, template, self._url(session), spec["port"]),
        )
        for body in bodies:
            await self._create_or_log(CONFIG_MAP, body)

    async def _create_pods(self, plan: Plan) -> None:
        """That a Deployment or a sidecar could not be made is logged only: the session never gets a URL then."""
        session, spec = plan.session, plan.app_definition["spec"]
        claim = await self._claim_of(session)
        extras = pods.Extras(
            url=self._url(session),
            claim=claim,
            proxy=self._proxy(session) if self._arguments.keycloak else None,
            env=_environment(session),
            env_from=_environment_sources(session),
        )
        name, identity = names.session_object(session), pods.Identity.of(session)
        deployment = pods.ide_deployment(name, spec, plan.owned, self._arguments, identity=identity, extras=extras)
        await self._create_or_log(DEPLOYMENT, deployment)
        for sidecar in spec.get("sidecars") or []:
            name = names.session_sidecar(session, sidecar["name"])
            owner = plan.owned.reference
            await self._create_or_log(SERVICE, templates.sidecar_service(name, sidecar, owner))
            await self._create_or_log(DEPLOYMENT, pods.sidecar_deployment(name, sidecar, spec, owner, claim))

    async def _create_or_log(self, kind: Kind, body: Resource) -> None:
        try:
            await self._cluster.create(kind, body)
        except ApiError as error:
            LOG.warning("%s %s: %s", kind.kind, body["metadata"]["name"], error)

    async def _claim_of(self, session: Resource) -> str | None:
        """The volume of the workspace. Whatever is wrong with it, the session silently does without."""
        name = _workspace_name(session)
        workspace = await self._cluster.get(WORKSPACE, name) if name else None
        if workspace is None or workspace["spec"]["user"] != session["spec"]["user"]:
            return None
        spec = workspace["spec"]
        claim = (spec.get("storage") or "") if self._settings.switches.upstream else names.workspace_claim(workspace)
        return claim if claim and await self._cluster.get(CLAIM, claim) else None

    async def _open_route(self, plan: Plan, service: str) -> None:
        way = templates.Way(templates.session_path(plan.session), service, plan.app_definition["spec"]["port"])
        try:
            url = await self._routes.open(plan.session, plan.app_definition, plan.shared_route, way)
        except ApiError as error:
            LOG.warning("session %s: %s", plan.session["metadata"]["name"], error)
            raise Failed("Failed to edit HTTPRoute.") from error
        self._polls.begin(plan.session, url)

    def _proxy(self, session: Resource) -> pods.Proxy:
        return pods.Proxy(config=names.session_object(session, "proxy"), emails=names.session_object(session, "email"))

    def _url(self, session: Resource) -> str:
        return self._arguments.instances_host + templates.session_path(session) + "/"


def _workspace_name(session: Resource) -> str:
    """Empty for an ephemeral session, and a blank name counts as none."""
    return str(session["spec"].get("workspace") or "").strip()


def _environment(session: Resource) -> tuple[Resource, ...]:
    return tuple({"name": name, "value": str(value)} for name, value in (session["spec"].get("envVars") or {}).items())


def _environment_sources(session: Resource) -> tuple[Resource, ...]:
    spec = session["spec"]
    config_maps = tuple({"configMapRef": {"name": name}} for name in spec.get("envVarsFromConfigMaps") or [])
    return config_maps + tuple({"secretRef": {"name": name}} for name in spec.get("envVarsFromSecrets") or [])
