# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service needs of the cluster: one namespace, a few kinds, plain dictionaries in and out."""

from __future__ import annotations

import typing as t

Object: t.TypeAlias = dict[str, t.Any]

SESSIONS = "sessions"
WORKSPACES = "workspaces"
APP_DEFINITIONS = "appdefinitions"
PODS = "pods"
REPLICA_SETS = "replicasets"
DEPLOYMENTS = "deployments"
SERVICES = "services"
POD_METRICS = "podmetrics"


class StoreError(Exception):
    """The API server refused a request or did not answer."""


class Store(t.Protocol):
    """The objects of one namespace, by kind and name."""

    async def get(self, kind: str, name: str) -> Object | None: ...

    async def list(self, kind: str) -> list[Object]: ...

    async def create(self, kind: str, body: Object) -> Object: ...

    async def delete(self, kind: str, name: str) -> None:
        """Delete in the background; what is already gone is an error."""

    async def patch(self, kind: str, name: str, body: Object, *, status: bool = False) -> Object | None:
        """Merge into an object or its status; None if it does not exist."""

    def watch(self, kind: str, name: str) -> t.AsyncIterator[Object]:
        """The object as it is, if it is, and then each time it changes or goes."""


def spec(obj: Object) -> Object:
    return t.cast(Object, obj.get("spec") or {})


def status(obj: Object) -> Object:
    return t.cast(Object, obj.get("status") or {})


def error_of(obj: Object) -> str | None:
    """``status.error``, where a blank text counts as none."""
    error = status(obj).get("error")
    return error if error and error.strip() else None


def url_of(session: Object) -> str | None:
    """``status.url``, where a blank text counts as none."""
    url = status(session).get("url")
    return url if url and url.strip() else None
