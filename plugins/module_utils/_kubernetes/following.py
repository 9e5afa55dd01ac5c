# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list that is read once and then followed by what changes, for whoever looks at it again and again."""

from __future__ import annotations

import threading
import typing as t

from .._common.errors import Forbidden
from .gateway import Json, Objects, Project

# For how long the server collects changes before it answers. Whoever looks gets an answer as old as this at most.
WATCH_SECONDS = 1


class PlaceForgotten(Exception):
    """The server no longer knows the state of which it has sent a part."""


Read = t.Callable[[Project], tuple[Objects, str]]
"""All of a list as it is projected, and its version."""
Changes = t.Callable[[t.Mapping[str, str]], t.Sequence[Json]]
"""The events of a watch with this query; PlaceForgotten if the server does not know the version any more."""


class FollowedList:
    """What is kept of the objects of a list, and the version up to which it is known."""

    def __init__(self, read: Read, changes: Changes, project: Project) -> None:
        self._read, self._changes, self._project = read, changes, project
        self._rows: dict[str, t.Any] = {}
        self._version: str | None = None
        self._watched = True
        self._looking = threading.Lock()

    def look(self) -> Objects:
        with self._looking:
            if self._version is None or not self._watched or not self._follow(self._version):
                self._begin()
            return [row for _name, row in sorted(self._rows.items()) if row is not None]

    def _begin(self) -> None:
        rows, self._version = self._read(lambda obj: (obj["metadata"]["name"], self._project(obj)))
        self._rows = dict(rows)

    def _follow(self, version: str) -> bool:
        """Take in what has changed; False if the list has to be read anew."""
        watch = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(WATCH_SECONDS)}
        try:
            changes = self._changes({**watch, "resourceVersion": version})
        except PlaceForgotten:
            return False
        except Forbidden:
            # Who may list and not watch goes on listing.
            self._watched = False
            return False
        return all(self._take(change) for change in changes)

    def _take(self, change: Json) -> bool:
        """One event; False if it is none that the list can be followed by, as the end of the server's memory is."""
        obj = change.get("object") or {}
        metadata = obj.get("metadata") or {}
        if change.get("type") == "ERROR" or not metadata.get("resourceVersion"):
            return False
        if change["type"] == "DELETED":
            self._rows.pop(metadata["name"], None)
        elif change["type"] != "BOOKMARK":
            self._rows[metadata["name"]] = self._project(obj)
        self._version = metadata["resourceVersion"]
        return True
