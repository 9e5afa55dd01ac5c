# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who did what: reads the API server's audit log.

All tests share one log, so events are chosen by user, namespace and time, never by position in the file.
"""

from __future__ import annotations

import json
import typing as t
from datetime import datetime
from pathlib import Path

from lab.api import Object

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


def events(
    log: Path,
    *,
    user: str | None = None,
    namespace: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    verbs: t.Collection[str] | None = None,
    resource: str | None = None,
    name: str | None = None,
) -> list[Object]:
    """Events in the order of the log. `user` is a full name, or the last part of a ServiceAccount's."""

    def wanted(event: Object) -> bool:
        target = event.get("objectRef", {})
        who = event["user"].get("username", "")  # a request whose token was refused has none
        when = datetime.fromisoformat(event["requestReceivedTimestamp"])
        return (
            (user is None or user in (who, who.rpartition(":")[2]))
            and (namespace is None or target.get("namespace") == namespace)
            and (since is None or when >= since)
            and (until is None or when < until)
            and (verbs is None or event["verb"] in verbs)
            and (resource is None or target.get("resource") == resource)
            and (name is None or target.get("name") == name)
        )

    return [event for event in _read(log) if wanted(event)]


def writes(log: Path, **filters: t.Any) -> list[Object]:
    """Only what changed something, or tried to."""
    return events(log, verbs=WRITES, **filters)


def pod_starts(log: Path, namespace: str, since: datetime | None = None, until: datetime | None = None) -> int:
    """How many pods the ReplicaSet controller created there: every one is an IDE that starts anew."""
    created = events(log, namespace=namespace, since=since, until=until, verbs={"create"}, resource="pods")
    return sum(
        event["userAgent"].endswith("replicaset-controller") and event["responseStatus"]["code"] == 201
        for event in created
        if "subresource" not in event["objectRef"]
    )


def _read(log: Path) -> t.Iterator[Object]:
    with log.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):  # the last one may be half written
                yield json.loads(line)
