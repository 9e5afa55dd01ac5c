# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done about damaged instances. An instance that a session holds gets its address list back, no more.

The operator makes what an id lacks when the metadata of its app definition changes, and rebuilds nothing that is whole
and current for that. But an id counts as missing only if neither of its Services is there, so one that is left over is
deleted first.
"""

from __future__ import annotations

import typing as t

from .._common.timestamps import parse_time
from .._platform.parts import SERVICES, InstanceObjects, Part
from .._platform.pool import RELEASE_GRACE
from .lockout import seat_of
from .quiet import PoolObjects

Kind = t.Literal["address_lists", "dirty", "ownerless", "halves", "outdated"]

KINDS: tuple[Kind, ...] = ("address_lists", "dirty", "ownerless", "halves", "outdated")


class Repair(t.NamedTuple):
    """What is wrong with one instance, and what mends it."""

    kind: Kind
    instance_id: int
    evidence: str
    deletes: tuple[Part, ...] = ()
    """Objects to delete, in this order."""
    session: str | None = None
    """The uid of the session that holds the instance."""

    @property
    def touches(self) -> bool:
        """Whether the operator has to look at the pool afterwards."""
        return self.kind != "address_lists" and not self.kept

    @property
    def kept(self) -> bool:
        """Whether it has to wait for the end of the session on it."""
        return self.kind != "address_lists" and self.session is not None


def plan_repairs(pool: PoolObjects, kinds: t.Collection[Kind], *, keycloak: bool) -> list[Repair]:
    """At most one repair for each instance: the first kind, in the order of ``KINDS``, that finds something."""
    numbers = sorted({*pool.instances, *range(1, pool.app.min_instances + 1)})
    found = []
    for number in numbers:
        parts = pool.instances.get(number) or InstanceObjects(number, {}, ())
        repairs = (_RULES[kind](parts, pool, keycloak) for kind in KINDS if kind in kinds)
        found += [repair for repair in repairs if repair][:1]
    return found


def _address_list(parts: InstanceObjects, pool: PoolObjects, keycloak: bool) -> Repair | None:
    """Its user is refused, although the session is there to stay."""
    seat = seat_of(pool, parts.id) if keycloak and parts.own else None
    if seat is None or parts.own["address list"].addresses or parts.own["address list"].deleting:
        return None
    evidence = f"{seat.address_list} admits nobody, and session {seat.session} is on the instance"
    return Repair("address_lists", parts.id, evidence, session=seat.session_uid)


def _dirty(parts: InstanceObjects, pool: PoolObjects, keycloak: bool) -> Repair | None:
    """Everything of it goes, the pod with the files of its last user included."""
    del keycloak
    traces = [part.name for part in parts.own.values() if part.labelled_for or part.addresses]
    if parts.sessions or not traces or _young(parts, pool):
        return None
    return Repair("dirty", parts.id, f"{' and '.join(traces)} still name an earlier user", tuple(parts.own.values()))


def _ownerless(parts: InstanceObjects, pool: PoolObjects, keycloak: bool) -> Repair | None:
    del pool, keycloak
    objects = tuple(part for part in parts.others if not part.owners and not part.deleting)
    if not objects:
        return None
    return Repair("ownerless", parts.id, f"nothing owns {_named(objects)}", objects, _anybody(parts))


def _half(parts: InstanceObjects, pool: PoolObjects, keycloak: bool) -> Repair | None:
    lacking = parts.lacking(keycloak=keycloak)
    if not parts.own or not lacking or parts.strangers or parts.id > pool.app.min_instances:
        return None
    services = [parts.own[role] for role in SERVICES if role in parts.own]
    leftover = tuple(services) if len(services) == 1 else ()
    return Repair("halves", parts.id, f"it has no {' and no '.join(lacking)}", leftover, _anybody(parts))


def _outdated(parts: InstanceObjects, pool: PoolObjects, keycloak: bool) -> Repair | None:
    """The operator mends these by itself, once it looks; an instance that a session holds is as it should be."""
    del keycloak
    if parts.sessions or parts.strangers:
        return None
    minimum, generation = pool.app.min_instances, pool.app.generation
    if not parts.own:
        missing = Repair("outdated", parts.id, f"it does not exist, and the bound is {minimum}")
        return missing if parts.id <= minimum else None
    if parts.id > minimum:
        return Repair("outdated", parts.id, f"it is above the bound of {minimum}")
    if parts.outdated(generation):
        return Repair("outdated", parts.id, f"it was built before generation {generation} of the app definition")
    return None


_RULES: dict[Kind, t.Callable[[InstanceObjects, PoolObjects, bool], Repair | None]] = {
    "address_lists": _address_list,
    "dirty": _dirty,
    "ownerless": _ownerless,
    "halves": _half,
    "outdated": _outdated,
}


def _anybody(parts: InstanceObjects) -> str | None:
    return min(parts.sessions, default=None)


def _young(parts: InstanceObjects, pool: PoolObjects) -> bool:
    """Whether its release may still be under way."""
    written = [time for part in parts.own.values() if (time := parse_time(part.written))]
    return bool(written) and pool.now - max(written) <= RELEASE_GRACE


def _named(objects: t.Iterable[Part]) -> str:
    return " and ".join(f"{part.role} {part.name}" for part in objects)
