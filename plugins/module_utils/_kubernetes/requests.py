# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the Kubernetes API, in the words of RBAC, of people and of HTTP."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

from .._common.http.client import Message
from .._common.http.rules import Effect
from .kinds import Kind

_METHODS = {"get": "GET", "list": "GET", "create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
# A server that does not know this form answers with whole objects.
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"


class Request(t.NamedTuple):
    verb: str
    kind: Kind
    namespace: str | None = None
    name: str | None = None
    subresource: str | None = None
    body: t.Mapping[str, t.Any] | None = None
    metadata_only: bool = False

    @property
    def resource(self) -> str:
        return f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural

    @property
    def thing(self) -> str:
        """The object, or the list of them."""
        name = f"{self.kind.kind} {self.name!r}" if self.name else self.kind.plural
        part = f"the {self.subresource} of {name}" if self.subresource else name
        return f"{part} in namespace {self.namespace!r}" if self.namespace else part

    @property
    def effect(self) -> Effect:
        """A version or a uid in the body protects the object from being changed twice."""
        body = self.body or {}
        if _METHODS[self.verb] == "GET":
            return Effect.READ
        if self.verb == "delete":
            return Effect.DELETE_BY_UID if body["preconditions"].get("uid") else Effect.UNGUARDED_WRITE
        return Effect.GUARDED_WRITE if body.get("metadata", {}).get("resourceVersion") else Effect.UNGUARDED_WRITE

    def message(self, query: t.Mapping[str, str]) -> Message:
        headers: list[tuple[str, str]] = []
        if self.body is not None:
            content = "application/merge-patch+json" if self.verb == "patch" else "application/json"
            headers.append(("Content-Type", content))
        if self.metadata_only:
            headers.append(("Accept", _METADATA))
        data = json.dumps(self.body).encode() if self.body is not None else None
        return Message(_METHODS[self.verb], self._target(query), self.effect, headers, data)

    def _target(self, query: t.Mapping[str, str]) -> str:
        parts = ["apis", self.kind.group, self.kind.version] if self.kind.group else ["api", self.kind.version]
        if self.namespace:
            parts += ["namespaces", self.namespace]
        parts += [part for part in (self.kind.plural, self.name, self.subresource) if part]
        path = "/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)
        return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def access_review(kind: Kind, attributes: t.Mapping[str, str]) -> Message:
    """Ask whether we may do something. It is a POST that changes nothing."""
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "spec": {"resourceAttributes": attributes}}
    target = f"/apis/{kind.api_version}/{kind.plural}"
    return Message("POST", target, Effect.READ, [("Content-Type", "application/json")], json.dumps(body).encode())


def reading(target: str) -> Message:
    """A read of something that is no object."""
    return Message("GET", target, Effect.READ)
