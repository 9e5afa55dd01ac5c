# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading fields of API objects, which the platform leaves out, nulls, or writes as text where numbers are meant.

There may be a hundred thousand rows: texts that occur in several of them (uids, names of containers and nodes) are
kept once, and so are owners.
"""

from __future__ import annotations

import functools
import sys
import typing as t

Object = t.Mapping[str, t.Any]


class Owner(t.NamedTuple):
    """Who owns an object: with the last owner the object goes."""

    kind: str
    name: str
    uid: str


class Condition(t.NamedTuple):
    message: str
    since: str | None


def text(value: object) -> str | None:
    """Absent, null, empty and blank mean the same to the platform."""
    return str(value).strip() or None if value is not None else None


def number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def positive(value: int | None) -> int | None:
    return value if value is not None and value > 0 else None


def shared(value: str | None) -> str | None:
    return value if value is None else sys.intern(value)


def labels_of(metadata: Object) -> t.Mapping[str, str]:
    return metadata.get("labels") or {}


def owners(metadata: Object) -> tuple[Owner, ...]:
    """All owners: a session that is gone may still be among them, before the one that is there."""
    return tuple(_owner(owner["kind"], owner["name"], owner["uid"]) for owner in metadata.get("ownerReferences") or ())


def uids_of(found: t.Iterable[Owner], kind: str) -> tuple[str, ...]:
    return tuple(owner.uid for owner in found if owner.kind == kind)


def uid_of(found: t.Iterable[Owner], kind: str) -> str | None:
    return next((owner.uid for owner in found if owner.kind == kind), None)


def held(metadata: Object) -> str | None:
    """What keeps an object that was deleted from going; None if it was not deleted, or nothing does."""
    finalizers = metadata.get("finalizers")
    if not finalizers or not metadata.get("deletionTimestamp"):
        return None
    return f"still Terminating since {metadata['deletionTimestamp']}, held by finalizer {', '.join(finalizers)}"


def condition(obj: Object, kind: str, status: str | None) -> Object | None:
    """The condition of this kind, and of this status unless that is None."""
    for found in (obj.get("status") or {}).get("conditions") or []:
        if found.get("type") == kind and status in (None, found.get("status")):
            return t.cast(Object, found)
    return None


def as_condition(found: Object) -> Condition:
    return Condition(str(found.get("message") or found.get("reason") or ""), found.get("lastTransitionTime"))


@functools.cache
def _owner(kind: str, name: str, uid: str) -> Owner:
    """The same one for all objects of a session, and for the whole pool of an app definition."""
    return Owner(sys.intern(kind), name, sys.intern(uid))
