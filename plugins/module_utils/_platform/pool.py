# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pool of prewarmed instances of an app definition: counting it, and foreseeing what a change does to it.

Facts about the platform that the counting rests on:

* ``minInstances`` is the total of instances, claimed ones included; ids run from 1.
* An instance is an external and an internal Service (suffix ``-int``), a Deployment and ConfigMaps, all owned by the
  app definition. A claim adds the Session as a second owner to the Services and the Deployment.
* Objects are found by owner uid. Only the id is parsed from a name: it is the second part, ``instance-<id>-…``.
* Every change of an app definition's spec raises its generation, and the operator then rebuilds each free instance
  whose generation label is an older one.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._common.timestamps import parse_time
from .names import EMAILS_KEY, GENERATION_LABEL, INSTANCE_PREFIX, INTERNAL_SUFFIX, SESSION_LABEL, SIDECAR_LABEL

# A release takes the operator a moment: labels go before addresses do. Only what stays longer was missed.
RELEASE_GRACE = timedelta(seconds=30)


class Owner(t.NamedTuple):
    kind: str
    name: str
    uid: str


class PoolObject(t.NamedTuple):
    """What counting needs of a Service, Deployment or ConfigMap."""

    kind: str
    name: str
    owners: tuple[Owner, ...]
    session_label: bool
    generation: int | None
    ready: bool
    deleting: bool
    addresses: bool
    written_at: datetime | None

    @property
    def instance_id(self) -> int:
        return int(self.name.split("-")[1])

    @property
    def session(self) -> Owner | None:
        return next((owner for owner in self.owners if owner.kind == "Session"), None)

    def owned_by(self, uid: str) -> bool:
        return any(owner.uid == uid for owner in self.owners)


class Instance(t.NamedTuple):
    """One member of the pool."""

    id: int
    session: Owner | None
    ready: bool
    dirty: bool
    locked_out: bool
    current: bool

    @property
    def free(self) -> bool:
        return self.session is None

    @property
    def warm(self) -> bool:
        return self.free and self.ready and self.current and not self.dirty


class Pool(t.NamedTuple):
    """All instances of one app definition, and the ids that something else occupies."""

    instances: tuple[Instance, ...]
    foreign_ids: frozenset[int]
    ownerless: tuple[str, ...]
    abandoned: tuple[int, ...] = ()
    """Ids of instances that a session holds and the app definition gave up, when it was lowered below them."""

    @property
    def claimed_ids(self) -> frozenset[int]:
        return frozenset(i.id for i in self.instances if not i.free)

    @property
    def highest_claimed_id(self) -> int:
        return max(self.claimed_ids, default=0)

    @property
    def blocked_ids(self) -> frozenset[int]:
        return self.claimed_ids | self.foreign_ids

    @property
    def warm_count(self) -> int:
        return sum(i.warm for i in self.instances)

    @property
    def free_count(self) -> int:
        return sum(i.free for i in self.instances)

    def claims_above(self, minimum: int) -> list[Instance]:
        return [i for i in self.instances if not i.free and i.id > minimum]

    def cold(self, minimum: int) -> list[int]:
        """Ids up to the bound that should be warm and are not: a student who comes now would have to wait there."""
        settled = {i.id for i in self.instances if i.warm or not i.free} | self.foreign_ids
        return [number for number in range(1, minimum + 1) if number not in settled]


class Effect(t.NamedTuple):
    """What a change of bounds does to pods."""

    starts: int
    rebuilds: int
    removes: int


def project(kind: str) -> t.Callable[[t.Mapping[str, t.Any]], PoolObject | None]:
    """Make a projection that keeps what counting needs of an object of this kind.

    The kind is given because the items of a list do not carry it. None comes back for what is not part of a pool.
    """

    def keep(obj: t.Mapping[str, t.Any]) -> PoolObject | None:
        metadata = obj["metadata"]
        labels = metadata.get("labels") or {}
        parts = metadata["name"].split("-")
        if parts[0] != INSTANCE_PREFIX or not parts[1:2] or not parts[1].isdigit() or SIDECAR_LABEL in labels:
            return None
        generation = str(labels.get(GENERATION_LABEL, ""))
        times = [parse_time(entry.get("time")) for entry in metadata.get("managedFields") or []]
        return PoolObject(
            kind=kind,
            name=metadata["name"],
            owners=tuple(Owner(o["kind"], o["name"], o["uid"]) for o in metadata.get("ownerReferences") or []),
            session_label=SESSION_LABEL in labels,
            generation=int(generation) if generation.isdigit() else None,
            ready=int((obj.get("status") or {}).get("readyReplicas") or 0) >= 1,
            deleting=bool(metadata.get("deletionTimestamp")),
            addresses=bool(((obj.get("data") or {}).get(EMAILS_KEY) or "").strip()),
            written_at=max((time for time in times if time), default=None),
        )

    return keep


def count(
    uid: str,
    generation: int,
    *,
    services: t.Collection[PoolObject],
    deployments: t.Collection[PoolObject],
    addresses: t.Collection[PoolObject] | None,
    now: datetime,
) -> Pool:
    """Count the pool of the app definition with this uid.

    ``addresses`` are the e-mail ConfigMaps, or None where no login protects sessions or they cannot be read; then
    nothing is said about locked-out users. Objects built before generation labels existed count as current.
    """
    ours = _by_id(services, uid, internal=False)
    internal = _by_id(services, uid, internal=True)
    built = _by_id(deployments, uid)
    lists = _by_id(addresses or (), uid)
    labelled = any(obj.generation is not None for obj in [*ours.values(), *built.values()])
    instances = []
    for number, service in sorted(ours.items()):
        deployment, twin, allowed = built.get(number), internal.get(number), lists.get(number)
        session = service.session or (twin.session if twin else None)
        current = not labelled or (deployment is not None and deployment.generation == generation)
        instances.append(
            Instance(
                id=number,
                session=session,
                ready=deployment is not None and deployment.ready and not deployment.deleting and twin is not None,
                dirty=session is None and _release_missed(service, twin, allowed, now),
                locked_out=session is not None and addresses is not None and not (allowed and allowed.addresses),
                current=current and not service.deleting,
            )
        )
    suffix = uid[-12:]
    strangers = [o for o in [*services, *deployments] if not o.owned_by(uid) and _named_after(o.name, suffix)]
    return Pool(
        instances=tuple(instances),
        foreign_ids=frozenset(o.instance_id for o in strangers) - frozenset(ours),
        ownerless=tuple(sorted(f"{o.kind}/{o.name}" for o in strangers if not o.owners)),
        abandoned=tuple(sorted({o.instance_id for o in strangers if o.session} - ours.keys())),
    )


def smallest_total(free: int, pool: Pool) -> int:
    """The smallest ``minInstances`` that leaves this many instances free for students and takes none away."""
    blocked = pool.blocked_ids
    total = max(free, pool.highest_claimed_id)
    while total - sum(number <= total for number in blocked) < free:
        total += 1
    return total


def effect(pool: Pool, minimum: int) -> Effect:
    """Foresee a changed spec with this bound: free instances are rebuilt up to it and removed above it."""
    free = [i.id for i in pool.instances if i.free]
    taken = {i.id for i in pool.instances} | pool.foreign_ids
    return Effect(
        starts=sum(number not in taken for number in range(1, minimum + 1)),
        rebuilds=sum(number <= minimum for number in free),
        removes=sum(number > minimum for number in free),
    )


def _by_id(objects: t.Iterable[PoolObject], uid: str, *, internal: bool = False) -> dict[int, PoolObject]:
    return {o.instance_id: o for o in objects if o.owned_by(uid) and o.name.endswith(INTERNAL_SUFFIX) == internal}


def _named_after(name: str, suffix: str) -> bool:
    """Names end in the last twelve characters of the app definition's uid: all that is left without an owner."""
    return name.removesuffix(INTERNAL_SUFFIX).endswith(suffix)


def _release_missed(service: PoolObject, twin: PoolObject | None, allowed: PoolObject | None, now: datetime) -> bool:
    """A free instance that still carries traces of a session for longer than a release takes.

    The Service was last written when it lost its session, so its last write is when the release began.
    """
    traces = (
        service.session_label
        or (twin is not None and twin.session_label)
        or (allowed is not None and allowed.addresses)
    )
    since = max((o.written_at for o in (service, twin) if o and o.written_at), default=None)
    return traces and (since is None or now - since > RELEASE_GRACE)
