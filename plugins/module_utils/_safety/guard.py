# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only what was seen is deleted: names are reused, so the uid says which object is meant."""

from __future__ import annotations

import typing as t

from .._common.errors import ServerFailed, Unreachable
from .decision import Decision

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway, Json
    from .._kubernetes.kinds import Kind
    from .case import Case

# How often an object is assessed anew because it changed before a write to it arrived.
ROUNDS = 5
# How old what a delete rests on may be, such as pods, and how old the exam records and the sight of a leader.
OBJECTS_SECONDS = 10.0
RECORDS_SECONDS = 60.0


class Seen(t.Protocol):
    """An object as it was seen."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def uid(self) -> str:
        """Tells it from others of the same name."""

    @property
    def resource_version(self) -> str:
        """Changes whenever it does."""


Send = t.Callable[[t.Any], bool]
"""Deletes the object that was seen and no other: False if it was gone, Conflict if it is another or was changed."""


def going(case: Case) -> Decision | None:
    """What is being deleted already is not deleted a second time, and is not gone as long as something holds it."""
    if not case.subject.deleting:
        return None
    if case.subject.held:
        return Decision("failed", f"it is {case.subject.held}; whoever set that has to remove it")
    return Decision("gone", "it is already being deleted")


def look_up(gateway: Gateway, kind: Kind, seen: Seen) -> Json | None:
    """The same object as it is now; one of the same name made since is another."""
    found = gateway.get(kind, seen.name)
    return found if found and found["metadata"]["uid"] == seen.uid else None


def deleter(gateway: Gateway, kind: Kind) -> Send:
    """Delete straight through the cluster, guarded by what was seen."""
    return lambda seen: gateway.delete(kind, seen.name, uid=seen.uid, resource_version=seen.resource_version)


def delete_seen(gateway: Gateway, kind: Kind, seen: Seen, send: Send) -> bool:
    """Delete it; False if it was gone already. An answer that was lost is looked up before anything is said."""
    try:
        return send(seen)
    except (ServerFailed, Unreachable) as exc:
        if exc.uncertain and look_up(gateway, kind, seen) is None:
            return True
        raise
