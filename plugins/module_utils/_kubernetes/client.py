# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway over a real connection."""

from __future__ import annotations

import datetime
import json
import math
import threading
import typing as t

from .._common.batch import in_parallel
from .._common.errors import (
    EduideError,
    Forbidden,
    NotFound,
    ServerFailed,
)
from .._common.http.client import Answer
from .following import FollowedList, PlaceForgotten
from .gateway import (
    Json,
    Objects,
    Project,
    R,
    T,
    whole,
)
from .kinds import (
    ACCESS_REVIEW,
    APP_DEFINITION,
    NAMESPACE,
    POD,
    THEIA_GROUP,
    Kind,
)
from .pages import Page, read_page
from .requests import Request, access_review, reading
from .responses import check_deleted, json_of, object_of, refusal
from .transport import Transport

PAGE_SIZE = 500
# How often a list is begun anew because its continue token expired while it was read.
LIST_RESTARTS = 3
# Half a million objects. Something that answers each page with one more is no API server.
MOST_PAGES = 1000
CONNECTIONS = 16
_OLDER_APP_DEFINITION = APP_DEFINITION._replace(version="v1beta10")
GONE = 410


class _TooMany(Exception):
    """There are more objects than are wanted."""


class KubeGateway:
    """See ``gateway.Gateway``."""

    def __init__(
        self,
        transport: Transport,
        *,
        namespace: str,
        check_mode: bool = False,
        page_size: int = PAGE_SIZE,
        follow: bool = False,
    ) -> None:
        self._access = transport.access
        self._transport = transport
        self._namespace = namespace
        self._check_mode = check_mode
        self._page_size = page_size
        self._app_definition: Kind | None = None
        self._followed: dict[t.Any, FollowedList] | None = {} if follow else None
        self._discovery = threading.Lock()
        # Pages arrive side by side, but only one thread at a time can take them apart anyway, and each needs memory.
        self._parsing = threading.Lock()

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
        patient: bool = True,
        metadata_only: bool = False,
    ) -> Objects:
        query = {"labelSelector": label_selector} if label_selector else {}
        query |= {"fieldSelector": f"metadata.name={name}"} if name else {}
        request = self._request("list", kind, everywhere=everywhere)
        if self._followed is None or everywhere or not patient:
            request = request._replace(metadata_only=metadata_only)
            return self._read_list(request, query, project, patient=patient)[0]
        # A projection that is made anew for every look is the same one.
        key = kind.group, kind.plural, *query.values(), getattr(project, "__code__", project)
        followed = FollowedList(
            lambda project: self._read_list(request, query, project, patient=True),
            lambda since: self._read_changes(request, {**query, **since}),
            project,
        )
        return self._followed.setdefault(key, followed).look()

    def list_few(self, kind: Kind, *, most: int, project: Project) -> Objects | None:
        request = self._request("list", kind, metadata_only=True)
        try:
            return self._read_list(request, {}, project, patient=True, most=most)[0]
        except _TooMany:
            return None

    def following(self) -> KubeGateway:
        return KubeGateway(
            self._transport,
            namespace=self._namespace,
            check_mode=self._check_mode,
            page_size=self._page_size,
            follow=True,
        )

    def get(self, kind: Kind, name: str) -> Json | None:
        request = self._request("get", kind, name=name)
        try:
            return object_of(self._send(request), self._access, request)
        except NotFound:
            return None

    def create(self, kind: Kind, body: Json) -> Json:
        return self._write(self._stamped(self._request("create", kind, body=body)))

    def replace(self, kind: Kind, name: str, body: Json) -> Json:
        return self._write(self._stamped(self._request("update", kind, name=name, body=body)))

    def merge_patch(self, kind: Kind, name: str, body: Json, subresource: str | None = None) -> Json:
        return self._write(self._request("patch", kind, name=name, body=body, subresource=subresource))

    def delete(self, kind: Kind, name: str, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        guards = {"uid": uid, "resourceVersion": resource_version}
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        options["preconditions"] = {field: value for field, value in guards.items() if value}
        request = self._request("delete", kind, name=name, body=options)
        try:
            check_deleted(self._sent(request), self._access, request)
        except NotFound:
            return False
        return True

    def log_lines(self, pod: str, *, container: str | None = None, tail: int = 500) -> t.Sequence[str]:
        query = {"tailLines": str(tail), **({"container": container} if container else {})}
        request = self._request("get", POD, name=pod, subresource="log")
        return self._send(request, query).body.decode("utf-8", "replace").splitlines()

    def now(self) -> datetime.datetime:
        if self._transport.clock.read() is None:
            self._transport.request(reading("/version"))
        moment = self._transport.clock.read()
        if moment is None:
            raise ServerFailed(f"{self._access.host} sends no date with its answers, so its time is not known")
        return moment

    def skew(self) -> datetime.timedelta:
        return self._transport.clock.skew()

    def map(self, function: t.Callable[[T], R], items: t.Iterable[T], concurrency: int = 8) -> t.Sequence[R]:
        return in_parallel(function, items, concurrency)

    def may(self, verb: str, resource: str, group: str, *, name: str = "", everywhere: bool = False) -> bool:
        plural, _slash, subresource = resource.partition("/")
        asked = {"verb": verb, "group": group, "resource": plural, "subresource": subresource}
        asked |= {"name": name} if name else {}
        asked |= {} if everywhere else {"namespace": self._namespace}
        request = Request("create", ACCESS_REVIEW)
        answer = self._checked(self._transport.request(access_review(ACCESS_REVIEW, asked)), request)
        status = json_of(answer, self._access, request).get("status")
        return isinstance(status, dict) and status.get("allowed") is True

    def versions(self, kind: Kind) -> t.Sequence[str]:
        from .discovery import versions_with

        return versions_with(self._transport, kind)

    def no_installation(self) -> EduideError:
        facts = {"namespace": self._namespace}
        missing = False
        try:
            missing = self.get(NAMESPACE, self._namespace) is None
            places = self.list(APP_DEFINITION, project=lambda obj: obj["metadata"]["namespace"], everywhere=True)
        except Forbidden:
            # Looking around needs more rights than working here does.
            places = []
        there = ", ".join(sorted(set(places)))
        if missing:
            hint = f", such as {there}" if there else ""
            return NotFound(
                f"there is no namespace {self._namespace!r} on {self._access.host}; name one that Theia Cloud runs in "
                f"as the namespace of theia_connection{hint}",
                **facts,
            )
        hint = f"; there are some in {there}" if there else ""
        return NotFound(
            f"Namespace {self._namespace!r} on {self._access.host} has no app definitions; "
            f"is it the one that Theia Cloud runs in?{hint}",
            **facts,
        )

    def _read_list(
        self, request: Request, query: t.Mapping[str, str], project: Project, *, patient: bool, most: float = math.inf
    ) -> tuple[Objects, str]:
        """All pages of a list, and the version of it."""
        for _restart in range(LIST_RESTARTS + 1):
            projected: Objects = []
            page: dict[str, str] = {**query, "limit": str(min(self._page_size, most + 1))}
            version = ""
            try:
                for _page in range(MOST_PAGES):
                    found = self._read_page(request, page, project, patient=patient)
                    projected += found.projected
                    if len(projected) + found.remaining > most:
                        raise _TooMany
                    version = version or found.version
                    if not found.token:
                        return projected, version
                    if found.token == page.get("continue"):
                        break
                    page = {**page, "continue": found.token}
            except PlaceForgotten:
                continue
            raise ServerFailed(
                f"cannot list {request.thing}: {self._access.host} announces one more page after each page and never "
                "ends; is that the address of a Kubernetes API, and is nothing in between answering in its place?"
            )
        raise ServerFailed(
            f"cannot list {request.thing}: it took so long that the server forgot its place {LIST_RESTARTS + 1} times; "
            "is the API server overloaded?",
            status=GONE,
        )

    def _read_page(
        self,
        request: Request,
        page: t.Mapping[str, str],
        project: Project,
        *,
        patient: bool,
    ) -> Page:
        """What is kept of a page. The page itself goes when this returns."""
        answer = self._transport.request(request.message(page), patient=patient)
        if answer.status == GONE:
            raise PlaceForgotten
        self._checked(answer, request)
        with self._parsing:
            return read_page(answer, self._access, request, project)

    def _read_changes(self, request: Request, query: t.Mapping[str, str]) -> t.Sequence[Json]:
        """The events of a watch. PlaceForgotten: the server does not know that version any more."""
        answer = self._transport.request(request.message(query))
        if answer.status == GONE:
            raise PlaceForgotten
        self._checked(answer, request)
        try:
            return [json.loads(line) for line in answer.body.splitlines() if line.strip()]
        except ValueError:
            # The answer was cut off: what it would have said is in the next list.
            raise PlaceForgotten from None

    def _request(self, verb: str, kind: Kind, *, everywhere: bool = False, **more: t.Any) -> Request:
        namespace = self._namespace if kind.namespaced and not everywhere else None
        return Request(verb, self._served(kind), namespace, **more)

    def _served(self, kind: Kind) -> Kind:
        """App definitions have a newer version in one of the two variants of the platform: ask once."""
        if kind != APP_DEFINITION:
            return kind
        with self._discovery:
            if self._app_definition is None:
                request = Request("list", kind)
                answer = self._checked(self._transport.request(reading(f"/apis/{THEIA_GROUP}")), request)
                served = json_of(answer, self._access, request).get("versions")
                entries = served if isinstance(served, list) else ()
                versions = {str(entry.get("version")) for entry in entries if isinstance(entry, dict)}
                self._app_definition = kind if kind.version in versions else _OLDER_APP_DEFINITION
            return self._app_definition

    def _stamped(self, request: Request) -> Request:
        """The version is ours to choose, also where the object was read through another one."""
        stamp = {"apiVersion": request.kind.api_version, "kind": request.kind.kind}
        return request._replace(body={**(request.body or {}), **stamp})

    def _write(self, request: Request) -> Json:
        return object_of(self._sent(request), self._access, request)

    def _sent(self, request: Request) -> Answer:
        """The good answer to a write."""
        if self._check_mode:
            raise RuntimeError(f"in check mode nothing may be sent, but {request.verb} {request.thing} was asked for")
        return self._send(request)

    def _send(self, request: Request, query: t.Mapping[str, str] | None = None) -> Answer:
        return self._checked(self._transport.request(request.message(query or {})), request)

    def _checked(self, answer: Answer, request: Request) -> Answer:
        if answer.fault:
            from .discovery import explained

            raise explained(self._transport, refusal(answer, self._access, request), request)
        return answer
