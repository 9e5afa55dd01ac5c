# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods answer for a host and a path: HTTPRoutes and EndpointSlices, kept in step with the cluster."""

from __future__ import annotations

import collections
import typing as t

Object: t.TypeAlias = dict[str, t.Any]
Key: t.TypeAlias = tuple[str, str]

ENDED_REDIRECT = "lab/session-ended-redirect"
UNREACHABLE = "lab/unreachable"
ANY_HOST = ""


class Target(t.NamedTuple):
    """Where a path leads: to a Service, or to another path."""

    service: Key | None
    redirect: str | None


class _Match(t.NamedTuple):
    exact: bool
    path: str
    target: Target

    def fits(self, path: str) -> bool:
        if self.exact:
            return path == self.path
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


class RouteTable:
    """All HTTPRoutes, found by host and the first part of the path."""

    def __init__(self) -> None:
        self._matches: dict[tuple[str, str], dict[Key, list[_Match]]] = collections.defaultdict(dict)
        self._places: dict[Key, list[tuple[str, str]]] = {}
        self._quirks: dict[Key, tuple[frozenset[str], frozenset[str]]] = {}

    def put(self, route: Object) -> None:
        key = _key(route)
        self.remove(route)
        hosts = frozenset(route["spec"].get("hostnames") or [ANY_HOST])
        annotations = route["metadata"].get("annotations") or {}
        if quirks := frozenset(name for name in (ENDED_REDIRECT, UNREACHABLE) if annotations.get(name) == "true"):
            self._quirks[key] = (hosts, quirks)
        for match in _matches(route):
            for host in hosts:
                place = (host, _first_part(match.path))
                self._matches[place].setdefault(key, []).append(match)
                self._places.setdefault(key, []).append(place)

    def remove(self, route: Object) -> None:
        key = _key(route)
        self._quirks.pop(key, None)
        for place in self._places.pop(key, ()):
            self._matches[place].pop(key, None)
            if not self._matches[place]:
                del self._matches[place]

    def find(self, host: str, path: str) -> Target | None:
        """The target of the most specific match; an exact one before any prefix."""
        candidates = [
            match
            for place in ((host, _first_part(path)), (ANY_HOST, _first_part(path)))
            for matches in self._matches.get(place, {}).values()
            for match in matches
            if match.fits(path)
        ]
        best = max(candidates, key=lambda match: (match.exact, len(match.path)), default=None)
        return None if best is None else best.target

    def has_quirk(self, host: str, quirk: str) -> bool:
        return any(quirk in quirks and host in hosts for hosts, quirks in self._quirks.values())


class EndpointTable:
    """Which pods of a Service are ready."""

    def __init__(self) -> None:
        self._ready: dict[Key, dict[str, list[str]]] = collections.defaultdict(dict)

    def put(self, endpoint_slice: Object) -> None:
        pods = [
            endpoint["targetRef"]["name"]
            for endpoint in endpoint_slice.get("endpoints") or ()
            if (endpoint.get("conditions") or {}).get("ready") and endpoint.get("targetRef")
        ]
        self._ready[_service(endpoint_slice)][endpoint_slice["metadata"]["name"]] = pods

    def remove(self, endpoint_slice: Object) -> None:
        self._ready[_service(endpoint_slice)].pop(endpoint_slice["metadata"]["name"], None)

    def ready_pod(self, service: Key) -> str | None:
        for pods in self._ready.get(service, {}).values():
            if pods:
                return pods[0]
        return None


def _matches(route: Object) -> t.Iterator[_Match]:
    namespace = route["metadata"]["namespace"]
    for rule in route["spec"].get("rules") or ():
        target = _target(rule, namespace)
        for match in rule.get("matches") or ():
            path = match.get("path") or {}
            yield _Match(path.get("type") == "Exact", path.get("value", "/"), target)


def _target(rule: Object, namespace: str) -> Target:
    for rule_filter in rule.get("filters") or ():
        if rule_filter["type"] == "RequestRedirect":
            path = rule_filter["requestRedirect"].get("path") or {}
            return Target(None, path.get("replaceFullPath") or path.get("replacePrefixMatch") or "/")
    for backend in rule.get("backendRefs") or ():
        return Target((backend.get("namespace", namespace), backend["name"]), None)
    return Target(None, None)


def _key(obj: Object) -> Key:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _service(endpoint_slice: Object) -> Key:
    labels = endpoint_slice["metadata"].get("labels") or {}
    return endpoint_slice["metadata"]["namespace"], labels.get("kubernetes.io/service-name", "")


def _first_part(path: str) -> str:
    return path.lstrip("/").partition("/")[0]
