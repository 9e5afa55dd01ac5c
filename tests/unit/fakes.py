# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway that keeps its objects in a dictionary and treats writes as the API server does.

It is checked against a real API server: the same scenario runs on both (tests/integration/edges/test_kubernetes.py).
Not modelled: finalizers, validation by schemas, defaulting, garbage collection.
"""

from __future__ import annotations

import datetime
import re
import typing as t
import uuid

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    EduideError,
    Forbidden,
    Invalid,
    NotFound,
    NotServed,
    Unreachable,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.gateway import (
    Json,
    Objects,
    Project,
    whole,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import APP_DEFINITION, THEIA_GROUP, Kind

NOW = datetime.datetime(2027, 2, 11, 8, 30, tzinfo=datetime.UTC)
T = t.TypeVar("T")
R = t.TypeVar("R")
Interceptor = t.Callable[[str, Kind, str | None], None]
_WRITES = frozenset({"create", "update", "patch", "delete"})
# Built-in kinds that keep no count of changes to what is wanted.
_WITHOUT_GENERATION = frozenset({"configmaps", "events", "leases", "services", "resourcequotas", "nodes", "pods"})


class FakeGateway:
    """See ``Gateway``. ``writes`` holds what was sent; ``interceptors`` run before each request and may raise.

    ``ahead`` is how far its clock is ahead of this machine's.
    """

    def __init__(
        self,
        *,
        namespace: str = "theia",
        now: datetime.datetime = NOW,
        check_mode: bool = False,
        not_served: t.Collection[Kind] = (),
        forbidden: t.Collection[tuple[str, Kind]] = (),
    ) -> None:
        self.writes: list[tuple[str, str, str, Json]] = []
        self.requests: list[tuple[str, str, str | None]] = []
        self.interceptors: list[Interceptor] = []
        self.logs: dict[str, list[str]] = {}
        self.check_mode = check_mode
        self._namespace = namespace
        self._now = now
        self.ahead = datetime.timedelta(0)
        self._not_served = {(kind.group, kind.plural) for kind in not_served}
        self._forbidden = {(verb, kind.group, kind.plural) for verb, kind in forbidden}
        self._objects: dict[tuple[str, str], dict[tuple[str, str], Json]] = {}
        self._version = 100

    # What tests do to the world, as opposed to what the code under test asks for.

    def put(self, kind: Kind, obj: Json) -> Json:
        """Place an object, status included, as if others had made it; what the server would fill in may be given."""
        stored = _copied(obj)
        metadata = stored.setdefault("metadata", {})
        stored.setdefault("apiVersion", kind.api_version)
        stored.setdefault("kind", kind.kind)
        if kind.namespaced:
            metadata.setdefault("namespace", self._namespace)
        # The same run makes the same objects.
        uid = uuid.uuid5(uuid.NAMESPACE_OID, f"{kind.plural} {metadata['name']} {self._version}")
        metadata.setdefault("uid", str(uid))
        metadata.setdefault("creationTimestamp", self._now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if kind.plural not in _WITHOUT_GENERATION:
            metadata.setdefault("generation", 1)
        metadata["resourceVersion"] = self._next_version()
        self._shelf(kind)[metadata.get("namespace", ""), metadata["name"]] = stored
        return _copied(stored)

    def change(self, kind: Kind, name: str, patch: Json) -> Json:
        """Change any part of an object, status included, as if others had done it."""
        merged = _merge(self._stored(kind, name), patch)
        return self._store(kind, name, merged)

    def remove(self, kind: Kind, name: str) -> None:
        """Take an object away as if others had deleted it."""
        del self._shelf(kind)[self._key(kind, name)]

    def _shelf(self, kind: Kind) -> dict[tuple[str, str], Json]:
        """All objects of a kind, by namespace and name, as they are kept."""
        return self._objects.setdefault((kind.group, kind.plural), {})

    def advance(self, seconds: float) -> None:
        self._now += datetime.timedelta(seconds=seconds)

    # The protocol.

    @property
    def namespace(self) -> str:
        return self._namespace

    def list(
        self,
        kind: Kind,
        *,
        project: Project = whole,
        label_selector: str | None = None,
        name: str | None = None,
        everywhere: bool = False,
        patient: bool = True,  # noqa: ARG002 (it always answers)
        metadata_only: bool = False,
    ) -> Objects:
        self._asked("list", kind, None)
        found: Objects = []
        for (place, found_name), obj in sorted(self._shelf(kind).items()):
            if (kind.namespaced and not everywhere and place != self._namespace) or name not in (None, found_name):
                continue
            if not _matches(obj["metadata"].get("labels") or {}, label_selector):
                continue
            listed = _as_listed(kind, obj)
            projected = project({"metadata": listed["metadata"]} if metadata_only else listed)
            if projected is not None:
                found.append(projected)
        return found

    def list_few(self, kind: Kind, *, most: int, project: Project) -> Objects | None:
        found = self.list(kind, project=project, metadata_only=True)
        return found if len(found) <= most else None

    def following(self) -> FakeGateway:
        return self

    def get(self, kind: Kind, name: str) -> Json | None:
        self._asked("get", kind, name)
        found = self._shelf(kind).get(self._key(kind, name))
        return _copied(found)

    def create(self, kind: Kind, body: Json) -> Json:
        name = body["metadata"]["name"]
        self._asked("create", kind, name, body)
        if self._key(kind, name) in self._shelf(kind):
            raise Conflict(f"{kind.kind} {name!r} already exists", reason="AlreadyExists", status=409)
        metadata = {key: value for key, value in body["metadata"].items() if key not in ("uid", "resourceVersion")}
        fresh = {**body, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
        if _has_status(kind):
            fresh.pop("status", None)
        return self.put(kind, fresh)

    def replace(self, kind: Kind, name: str, body: Json) -> Json:
        self._asked("update", kind, name, body)
        stored = self._stored(kind, name)
        if kind.group == THEIA_GROUP and not body["metadata"].get("resourceVersion"):
            raise Invalid(f"{kind.kind} {name!r} is invalid: metadata.resourceVersion must be specified", status=422)
        self._guard(kind, name, stored, body["metadata"])
        wanted: Json = {**_copied(body), "apiVersion": kind.api_version, "kind": kind.kind}
        wanted["metadata"] = {**stored["metadata"], **wanted["metadata"]}
        for field in ("labels", "annotations"):
            if field not in body["metadata"]:
                wanted["metadata"].pop(field, None)
        return self._store(kind, name, _main_part(kind, stored, wanted))

    def merge_patch(self, kind: Kind, name: str, body: Json, subresource: str | None = None) -> Json:
        self._asked("patch", kind, name, body)
        stored = self._stored(kind, name)
        metadata = body.get("metadata") or {}
        if metadata.get("uid", stored["metadata"]["uid"]) != stored["metadata"]["uid"]:
            raise Invalid(f"{kind.kind} {name!r}: metadata.uid cannot be changed", status=422)
        self._guard(kind, name, stored, metadata)
        patch = {key: value for key, value in body.items() if key not in ("apiVersion", "kind")}
        merged = _merge(stored, patch)
        if subresource == "status":
            merged = {**stored, "status": merged.get("status")}
            return self._store(kind, name, {key: value for key, value in merged.items() if value is not None})
        return self._store(kind, name, _main_part(kind, stored, merged))

    def delete(self, kind: Kind, name: str, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        self._asked("delete", kind, name, {"uid": uid, "resourceVersion": resource_version})
        stored = self._shelf(kind).get(self._key(kind, name))
        if stored is None:
            return False
        self._guard(kind, name, stored, {"uid": uid, "resourceVersion": resource_version})
        self.remove(kind, name)
        return True

    def log_lines(self, pod: str, *, container: str | None = None, tail: int = 500) -> t.Sequence[str]:
        if pod not in self.logs:
            raise NotFound(f"Pod {pod!r} does not exist (container {container})", status=404)
        return self.logs[pod][-tail:]

    def may(self, verb: str, resource: str, group: str, *, name: str = "", everywhere: bool = False) -> bool:
        self.requests.append(("review", resource, name or None))
        del everywhere
        return (verb, group, resource) not in self._forbidden

    def versions(self, kind: Kind) -> t.Sequence[str]:
        return [] if (kind.group, kind.plural) in self._not_served else [kind.version]

    def no_installation(self) -> EduideError:
        return NotFound(f"Namespace {self._namespace!r} has no app definitions", namespace=self._namespace)

    def now(self) -> datetime.datetime:
        return self._now

    def skew(self) -> datetime.timedelta:
        return self.ahead

    def map(self, function: t.Callable[[T], R], items: t.Iterable[T], concurrency: int = 8) -> t.Sequence[R]:
        assert concurrency > 0
        return [function(item) for item in items]

    # How it works.

    def _asked(self, verb: str, kind: Kind, name: str | None, body: Json | None = None) -> None:
        for interceptor in self.interceptors:
            interceptor(verb, kind, name)
        self.requests.append((verb, kind.plural, name))
        if verb in _WRITES:
            if self.check_mode:
                raise RuntimeError(f"{verb} of {kind.kind} {name!r} in check mode")
            self.writes.append((verb, kind.plural, name or "", _copied(body or {})))
        if (kind.group, kind.plural) in self._not_served:
            raise NotServed(f"{kind.plural} of {kind.api_version} are not served", status=404)
        if (verb, kind.group, kind.plural) in self._forbidden:
            raise Forbidden(f"not allowed to {verb} {kind.plural}", status=403)

    def _key(self, kind: Kind, name: str) -> tuple[str, str]:
        return (self._namespace if kind.namespaced else "", name)

    def _stored(self, kind: Kind, name: str) -> Json:
        try:
            return self._shelf(kind)[self._key(kind, name)]
        except KeyError:
            raise NotFound(f"{kind.kind} {name!r} does not exist", status=404) from None

    def _next_version(self) -> str:
        self._version += 1
        return str(self._version)

    def _guard(self, kind: Kind, name: str, stored: Json, guards: t.Mapping[str, t.Any]) -> None:
        for field in ("uid", "resourceVersion"):
            if guards.get(field) and guards[field] != stored["metadata"][field]:
                raise Conflict(f"{kind.kind} {name!r}: {field} is another one by now", reason="Conflict", status=409)

    def _store(self, kind: Kind, name: str, wanted: Json) -> Json:
        stored = self._stored(kind, name)
        server_side = ("uid", "creationTimestamp", "resourceVersion", "generation", "namespace", "name")
        kept = {field: stored["metadata"][field] for field in server_side if field in stored["metadata"]}
        wanted = {**_copied(wanted), "metadata": {**wanted["metadata"], **kept}}
        if wanted != stored:
            wanted["metadata"]["resourceVersion"] = self._next_version()
            if "generation" in kept and _desired(wanted) != _desired(stored):
                wanted["metadata"]["generation"] = kept["generation"] + 1
            self._shelf(kind)[self._key(kind, name)] = wanted
        return _copied(wanted)


def _copied(value: t.Any) -> t.Any:
    """A copy of JSON, in a fraction of the time that Python's own needs: lists are copied often."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, (list, tuple)) else value


def _has_status(kind: Kind) -> bool:
    return kind.group == THEIA_GROUP or kind.plural in ("deployments", "pods", "services")


def _main_part(kind: Kind, stored: Json, wanted: Json) -> Json:
    """A write to the object itself leaves its status alone where that has an endpoint of its own."""
    if not _has_status(kind):
        return wanted
    rest = {key: value for key, value in wanted.items() if key != "status"}
    return {**rest, "status": stored["status"]} if "status" in stored else rest


def _desired(obj: Json) -> Json:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def _as_listed(kind: Kind, obj: Json) -> Json:
    """Entries of a list name their kind only where it is a custom resource."""
    listed = _copied(obj)
    if kind.group != THEIA_GROUP:
        del listed["apiVersion"], listed["kind"]
    return listed


def _merge(target: t.Any, patch: t.Any) -> t.Any:
    """A merge patch as RFC 7386 has it: null removes, dictionaries merge, everything else replaces."""
    if not isinstance(patch, dict):
        return _copied(patch)
    merged = _copied(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _matches(values: t.Mapping[str, t.Any], selector: str | None) -> bool:
    # A comma between brackets does not end a term.
    for term in (term.strip() for term in re.split(r",(?![^(]*\))", selector or "")):
        if not term:
            continue
        if " in " in term:
            key, _sign, listed = term.partition(" in ")
            good = values.get(key) in listed.strip("()").split(",")
        elif "!=" in term:
            key, _sign, value = term.partition("!=")
            good = values.get(key) != value
        elif "=" in term:
            key, _sign, value = term.replace("==", "=").partition("=")
            good = values.get(key) == value
        elif term.startswith("!"):
            good = term[1:] not in values
        else:
            good = term in values
        if not good:
            return False
    return True


def app_definition(name: str, **spec: t.Any) -> Json:
    """An app definition with the fields that every one has."""
    required = {
        "name": name,
        "image": f"registry.example.org/{name}:1",
        "uid": 101,
        "port": 3000,
        "ingressname": "theia-cloud-demo-ws-route",
        "minInstances": 0,
        "maxInstances": 10,
        "requestsCpu": "100m",
        "requestsMemory": "1000M",
        "limitsCpu": "2",
        "limitsMemory": "3000M",
    }
    return {
        "apiVersion": APP_DEFINITION.api_version,
        "kind": APP_DEFINITION.kind,
        "metadata": {"name": name},
        "spec": {**required, **spec},
    }


def held(gateway):
    """The cluster accepts deletes, and something else has not agreed yet."""

    def delete(kind, name, **_guards):
        patch = {"deletionTimestamp": "2027-02-11T08:30:00Z", "finalizers": ["policy.example.org/audit"]}
        gateway.change(kind, name, {"metadata": patch})
        return True

    gateway.delete = delete
    return gateway


def lose_answer(gateway, verb, kind, *, arrives, always=False):
    """The first such write, or each, gets no answer, whether it arrives or not."""
    send, still = getattr(gateway, verb), [True]

    def sent(asked, *arguments, **named):
        if asked != kind or not still:
            return send(asked, *arguments, **named)
        if not always:
            still.clear()
        if arrives:
            send(asked, *arguments, **named)
        raise Unreachable("the connection broke", applied="unknown")

    setattr(gateway, verb, sent)
