# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Kubernetes API as the stand-ins see it: plain dictionaries in, plain dictionaries out.

A thin layer over lightkube, whose generic resources are dictionaries but want a class per kind.
"""

from __future__ import annotations

import typing as t
from functools import cache
from http import HTTPStatus
from pathlib import Path

import httpx2
from lightkube import AsyncClient, KubeConfig
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.types import PatchType

Resource = dict[str, t.Any]

PAGE = 500
# The library of both real programs; it stands in `managedFields` of what they write.
FIELD_MANAGER = "fabric8-kubernetes-client"
EVERYWHERE = "*"


class Kind(t.NamedTuple):
    """Which collection of the API is meant."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


SESSION = Kind("theia.cloud", "v1beta8", "Session", "sessions")
WORKSPACE = Kind("theia.cloud", "v1beta5", "Workspace", "workspaces")
APP_DEFINITION = Kind("theia.cloud", "v1beta11", "AppDefinition", "appdefinitions")
APP_DEFINITION_UPSTREAM = Kind("theia.cloud", "v1beta10", "AppDefinition", "appdefinitions")
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps")
POD = Kind("", "v1", "Pod", "pods")
SERVICE = Kind("", "v1", "Service", "services")
SECRET = Kind("", "v1", "Secret", "secrets")
CLAIM = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
VOLUME = Kind("", "v1", "PersistentVolume", "persistentvolumes", namespaced=False)
NAMESPACE = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")
LEASE = Kind("coordination.k8s.io", "v1", "Lease", "leases")
HTTP_ROUTE = Kind("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")


class Event(t.NamedTuple):
    """One line of a watch."""

    action: t.Literal["ADDED", "MODIFIED", "DELETED"]
    item: Resource


@cache
def _resource_class(kind: Kind) -> t.Any:
    # Untyped on purpose: lightkube makes these classes at run time.
    create = create_namespaced_resource if kind.namespaced else create_global_resource
    return create(kind.group, kind.version, kind.kind, kind.plural)


def code_of(error: Exception) -> int:
    """The HTTP status behind an error of this module, 0 if there was no answer."""
    if isinstance(error, ApiError):
        return int(error.status.code or 0)
    if isinstance(error, httpx2.HTTPStatusError):
        return error.response.status_code
    return 0


class Cluster:
    """A connection to one API server, with a namespace that calls without one refer to."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self.namespace = str(client.namespace)

    @classmethod
    def connect(cls, kubeconfig: Path, namespace: str) -> Cluster:
        config = KubeConfig.from_file(kubeconfig).get()
        # Loopback only: proxies named in the environment must not get between.
        return cls(AsyncClient(config=config, namespace=namespace, timeout=httpx2.Timeout(30), trust_env=False))

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, kind: Kind, name: str, *, namespace: str | None = None) -> Resource | None:
        try:
            return t.cast(Resource, await self._client.get(_resource_class(kind), name, namespace=namespace))
        except ApiError as error:
            if code_of(error) == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def items(
        self,
        kind: Kind,
        *,
        labels: t.Mapping[str, str] | None = None,
        fields: t.Mapping[str, str] | None = None,
        namespace: str | None = None,
    ) -> list[Resource]:
        """Of the own namespace, another one, or all of them (`EVERYWHERE`)."""
        pages = self._client.list(
            _resource_class(kind),
            chunk_size=PAGE,
            labels=dict(labels) if labels else None,
            fields=dict(fields) if fields else None,
            namespace=namespace,
        )
        return [t.cast(Resource, item) async for item in pages]

    async def create(self, kind: Kind, body: Resource) -> Resource:
        return t.cast(Resource, await self._client.create(_resource_class(kind)(body), field_manager=FIELD_MANAGER))

    async def replace(self, kind: Kind, body: Resource) -> Resource:
        """Guarded by the resourceVersion inside the body: 409 if the object changed since it was read."""
        return t.cast(Resource, await self._client.replace(_resource_class(kind)(body), field_manager=FIELD_MANAGER))

    async def merge(self, kind: Kind, name: str, patch: Resource) -> Resource:
        return await self._patch(_resource_class(kind), name, patch, PatchType.MERGE)

    async def merge_status(self, kind: Kind, name: str, patch: Resource) -> Resource:
        return await self._patch(_resource_class(kind).Status, name, patch, PatchType.MERGE)

    async def strategic(self, kind: Kind, name: str, patch: Resource) -> Resource:
        """For built-in kinds only; lists such as ownerReferences are merged by their key."""
        return await self._patch(_resource_class(kind), name, patch, PatchType.STRATEGIC)

    async def append(self, kind: Kind, name: str, pointer: str, value: t.Any) -> Resource:
        """Add to the end of an existing list, wherever it ends by now."""
        patch = [{"op": "add", "path": f"{pointer}/-", "value": value}]
        return await self._patch(_resource_class(kind), name, patch, PatchType.JSON)

    async def _patch(self, resource: t.Any, name: str, patch: t.Any, how: PatchType) -> Resource:
        patched = await self._client.patch(resource, name, patch, patch_type=how, field_manager=FIELD_MANAGER)
        return t.cast(Resource, patched)

    async def delete(self, kind: Kind, name: str) -> bool:
        """False if it was gone already."""
        try:
            await self._client.delete(_resource_class(kind), name)
        except ApiError as error:
            if code_of(error) == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    async def watch(
        self, kind: Kind, version: str | None = None, *, namespace: str | None = None
    ) -> t.AsyncIterator[Event]:
        """Endless: goes on where it was when the server ends a request, raises when one fails.

        Without a version it begins with what exists.
        """
        watching = self._client.watch(_resource_class(kind), resource_version=version, namespace=namespace)
        async for action, item in watching:
            yield Event(t.cast(t.Any, action), t.cast(Resource, item))
