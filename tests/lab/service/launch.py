# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting sessions and workspaces, and waiting until the operator has brought them up."""

from __future__ import annotations

import asyncio
import time
import typing as t
import uuid

from lab.operator.names import session_of_workspace
from lab.service.body import Body
from lab.service.errors import SESSION_TIMEOUT, WORKSPACE_TIMEOUT, PlainError, PlatformError
from lab.service.names import ephemeral_session_name, generated_workspace_name, workspace_label
from lab.service.settings import Settings
from lab.service.store import (
    APP_DEFINITIONS,
    SESSIONS,
    WORKSPACES,
    Object,
    Store,
    StoreError,
    error_of,
    spec,
    status,
    url_of,
)

DEFAULT_TIMEOUT_MINUTES = 3
WORKSPACE_TIMEOUT_MINUTES = 1
SESSION_API_VERSION = "theia.cloud/v1beta8"
WORKSPACE_API_VERSION = "theia.cloud/v1beta5"


class Environment(t.NamedTuple):
    """What a launch wants to have in the environment of the IDE."""

    values: dict[str, str | None]
    config_maps: list[str]
    secrets: list[str]

    @classmethod
    def of(cls, body: Body) -> Environment:
        env = Body(body.mapping("env"))
        return cls(env.texts_by_name("fromMap"), env.texts("fromConfigMaps"), env.texts("fromSecrets"))


def session_body(
    name: str, app_definition: str | None, user: str, workspace: str | None, environment: Environment
) -> Object:
    """A new Session. The secret is made anew for every one, whatever the request says."""
    fields: Object = {
        "name": name,
        "appDefinition": app_definition,
        "user": user,
        "workspace": workspace,
        "sessionSecret": str(uuid.uuid4()),
        "envVars": environment.values,
        "envVarsFromConfigMaps": environment.config_maps,
        "envVarsFromSecrets": environment.secrets,
    }
    return {
        "apiVersion": SESSION_API_VERSION,
        "kind": "Session",
        "metadata": {"name": name},
        "spec": {field: value for field, value in fields.items() if value is not None},
    }


def workspace_body(name: str, app_definition: str | None, user: str, label: str | None) -> Object:
    fields: Object = {
        "name": name,
        "label": workspace_label(user, app_definition) if label is None else label,
        "appDefinition": app_definition,
        "user": user,
    }
    return {
        "apiVersion": WORKSPACE_API_VERSION,
        "kind": "Workspace",
        "metadata": {"name": name},
        "spec": {field: value for field, value in fields.items() if value is not None},
    }


class Launcher:
    """Launches one session or workspace at a time; many requests may wait in it side by side."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def ephemeral(
        self, app_definition: str | None, user: str, timeout_minutes: int, environment: Environment
    ) -> str | None:
        """A session without a volume. The answer is its URL, or None if none is known although nothing failed."""
        live = await self._store.get(APP_DEFINITIONS, app_definition) if app_definition else None
        if live and any(sidecar.get("mountWorkspace") for sidecar in spec(live).get("sidecars") or ()):
            raise PlainError(400)
        name = ephemeral_session_name(user, app_definition)
        return await self._launch(session_body(name, app_definition, user, None, environment), timeout_minutes)

    async def on_workspace(
        self, workspace: Object, app_definition: str | None, timeout_minutes: int, environment: Environment
    ) -> str | None:
        """The one session of a workspace."""
        fields = spec(workspace)
        name = session_of_workspace(fields["name"])
        body = session_body(name, app_definition, fields["user"], fields["name"], environment)
        return await self._launch(body, timeout_minutes)

    async def _launch(self, body: Object, timeout_minutes: int) -> str | None:
        name = body["metadata"]["name"]
        session = await self._get_or_create(SESSIONS, body)
        if (url := url_of(session)) is not None:
            return url
        if (error := error_of(session)) is not None:
            await self._store.delete(SESSIONS, name)
            raise PlatformError.from_status_error(error)
        if not await self._settled(SESSIONS, name, url_of, timeout_minutes):
            failure = PlatformError(SESSION_TIMEOUT)
            if await self._record(SESSIONS, name, failure) is None:
                raise PlainError(500)
            raise failure
        # A session that failed while it was awaited is gone by now, so this makes a second one in its place.
        session = await self._get_or_create(SESSIONS, body)
        if (error := error_of(session)) is not None:
            raise PlatformError.from_status_error(error)
        return url_of(session)

    async def workspace(self, app_definition: str | None, user: str, name: str | None, label: str | None) -> Object:
        """A workspace with storage; an existing one of that name is taken as it is."""
        chosen = name or generated_workspace_name(user, app_definition, time.time_ns() // 1_000_000)
        workspace = await self._get_or_create(WORKSPACES, workspace_body(chosen, app_definition, user, label))
        if _storage_of(workspace) is not None:
            return workspace
        if (error := error_of(workspace)) is not None:
            await self._store.delete(WORKSPACES, chosen)
            raise PlatformError.from_status_error(error)
        if not await self._settled(WORKSPACES, chosen, _storage_of, WORKSPACE_TIMEOUT_MINUTES):
            failure = PlatformError(WORKSPACE_TIMEOUT)
            await self._record(WORKSPACES, chosen, failure)
            raise failure
        settled = await self._store.get(WORKSPACES, chosen)
        return workspace if settled is None else settled

    async def _get_or_create(self, kind: str, body: Object) -> Object:
        live = await self._store.get(kind, body["metadata"]["name"])
        return await self._store.create(kind, body) if live is None else live

    async def _settled(
        self, kind: str, name: str, ready: t.Callable[[Object], str | None], timeout_minutes: int
    ) -> bool:
        """Wait until an object is ready or has failed; a failed one is deleted at once. False when time is up."""
        try:
            async with asyncio.timeout(max(0.0, self._settings.minutes(timeout_minutes))):
                async for obj in self._store.watch(kind, name):
                    if ready(obj) is not None:
                        return True
                    if error_of(obj) is not None:
                        await self._store.delete(kind, name)
                        return True
        except TimeoutError:
            return False
        raise StoreError(f"the watch of {kind}/{name} ended")

    async def _record(self, kind: str, name: str, failure: PlatformError) -> Object | None:
        error: Object = {"error": failure.as_status_error()}
        live = await self._store.get(kind, name)
        if live is None:
            return None
        if not status(live).get("lastActivity") and kind == SESSIONS:
            # The status is written as a whole object whose activity is a plain number: 0 where nobody has set it.
            error["lastActivity"] = 0
        return await self._store.patch(kind, name, {"status": error}, status=True)


def _storage_of(workspace: Object) -> str | None:
    storage = spec(workspace).get("storage")
    return storage if storage and storage.strip() else None
