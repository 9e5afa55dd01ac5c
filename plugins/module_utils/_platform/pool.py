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
from .fields import Owner
from .names import INTERNAL_SUFFIX
from .workloads import AddressListRow, DeploymentRow, ProxyRow, ServiceRow

# A release takes the operator a moment: labels go before addresses do. Only what stays longer was missed.
RELEASE_GRACE = timedelta(seconds=30)


class _OfPool(t.Protocol):
    """A row of an object that may be part of a pool."""

    @property
    def name(self) -> str: ...

    @property
    def owners(self) -> tuple[Owner, ...]: ...

    @property
    def instance_id(self) -> int | None: ...


class _Stranger(t.NamedTuple):
    """What is named like an object of the pool and does not belong to the app definition."""

    kind: str
    name: str
    instance_id: int
    claimed: bool
    owned: bool


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


class Half(t.NamedTuple):
    """An instance of which a part is missing."""

    id: int
    lacks: tuple[str, ...]
    """In words: C(external Service), C(internal Service), C(Deployment), C(address list), C(proxy ConfigMap)."""


class Pool(t.NamedTuple):
    """All instances of one app definition, and the ids that something else occupies."""

    instances: tuple[Instance, ...]
    occupied_ids: frozenset[int]
    ownerless: tuple[str, ...]
    abandoned: tuple[int, ...] = ()
    """Ids of instances that a session holds and the app definition gave up, when it was lowered below them."""
    parts: tuple[Half, ...] = ()
    """Every id of which the app definition owns something and not everything."""

    @property
    def claimed_ids(self) -> frozenset[int]:
        return frozenset(i.id for i in self.instances if not i.free)

    @property
    def highest_claimed_id(self) -> int:
        return max(self.claimed_ids, default=0)

    @property
    def blocked_ids(self) -> frozenset[int]:
        return self.claimed_ids | self.occupied_ids

    @property
    def warm_count(self) -> int:
        return sum(i.warm for i in self.instances)

    @property
    def outdated_count(self) -> int:
        """Free instances of an earlier generation. One that a session is on is rebuilt when that has ended."""
        return sum(i.free and not i.current for i in self.instances)

    @property
    def free_count(self) -> int:
        return sum(i.free for i in self.instances)

    def claims_above(self, minimum: int) -> list[Instance]:
        return [i for i in self.instances if not i.free and i.id > minimum]

    def halves(self, minimum: int) -> list[Half]:
        """Those up to the bound: the operator neither completes them nor gives them to anybody."""
        return [half for half in self.parts if half.id <= minimum]

    def surplus(self, minimum: int) -> list[int]:
        """Ids of free instances above the bound, which the operator has yet to remove."""
        return [i.id for i in self.instances if i.free and i.id > minimum]

    def missing(self, minimum: int) -> list[int]:
        """Ids up to the bound of which nothing is there."""
        there = {i.id for i in self.instances} | {half.id for half in self.parts} | self.occupied_ids
        return [number for number in range(1, minimum + 1) if number not in there]

    def cold(self, minimum: int) -> list[int]:
        """Ids up to the bound that should be warm and are not: a student who comes now would have to wait there."""
        settled = {i.id for i in self.instances if i.warm or not i.free} | self.occupied_ids
        return [number for number in range(1, minimum + 1) if number not in settled]


class Effect(t.NamedTuple):
    """What a change of bounds does to pods."""

    starts: int
    rebuilds: int
    removes: int


def count(
    uid: str,
    generation: int,
    *,
    services: t.Iterable[ServiceRow],
    deployments: t.Iterable[DeploymentRow],
    addresses: t.Iterable[AddressListRow] | None,
    proxies: t.Iterable[ProxyRow] | None = None,
    now: datetime,
) -> Pool:
    """Count the pool of the app definition with this uid.

    ``addresses`` are the e-mail ConfigMaps, or None where no login protects sessions or they cannot be read; then
    nothing is said about locked-out users. So it is with ``proxies``, the ConfigMaps of login proxies. Objects built
    before generation labels existed count as current.
    """
    services, deployments = list(services), list(deployments)
    claimed_sidecars = _by_id([row for row in services if row.sidecar and row.sessions], uid)
    services = [row for row in services if not row.sidecar]
    deployments = [row for row in deployments if not row.sidecar]
    ours = _by_id([row for row in services if not row.name.endswith(INTERNAL_SUFFIX)], uid)
    internal = _by_id([row for row in services if row.name.endswith(INTERNAL_SUFFIX)], uid)
    built, lists = _by_id(deployments, uid), None if addresses is None else _by_id(addresses, uid)
    generations = [*(row.generation for row in ours.values()), *(row.generation for row in built.values())]
    labelled = any(found is not None for found in generations)
    strangers = _strangers(uid, services, deployments)
    return Pool(
        instances=tuple(
            _instance(
                _Objects(service, internal.get(number), claimed_sidecars.get(number), built.get(number)),
                number,
                lists,
                generation if labelled else None,
                now,
            )
            for number, service in sorted(ours.items())
        ),
        occupied_ids=frozenset(stranger.instance_id for stranger in strangers) - frozenset(ours),
        ownerless=tuple(sorted(f"{stranger.kind}/{stranger.name}" for stranger in strangers if not stranger.owned)),
        abandoned=tuple(sorted({stranger.instance_id for stranger in strangers if stranger.claimed} - ours.keys())),
        parts=_halves(
            {"external Service": ours, "internal Service": internal},
            {
                "proxy ConfigMap": None if proxies is None else _by_id(proxies, uid),
                "address list": lists,
                "Deployment": built,
            },
            now,
        ),
    )


class _Objects(t.NamedTuple):
    """What one instance consists of, and the Service of a sidecar that a session holds."""

    service: ServiceRow
    twin: ServiceRow | None
    sidecar: ServiceRow | None
    deployment: DeploymentRow | None


def _instance(
    objects: _Objects, number: int, lists: t.Mapping[int, AddressListRow] | None, generation: int | None, now: datetime
) -> Instance:
    """One instance; without ``generation`` every one is current, without ``lists`` nobody is locked out."""
    service, twin, sidecar, deployment = objects
    allowed = lists.get(number) if lists is not None else None
    # The operator takes the first Service by name for the instance's own, and that may be a sidecar's.
    session = next((owner for row in (service, twin, sidecar) if row and (owner := _session(row))), None)
    current = generation is None or (deployment is not None and deployment.generation == generation)
    return Instance(
        id=number,
        session=session,
        ready=deployment is not None and deployment.ready and not deployment.deleting and twin is not None,
        dirty=session is None and _release_missed(service, twin, allowed, now),
        locked_out=session is not None and lists is not None and not (allowed and allowed.addresses),
        current=current and not service.deleting,
    )


def _strangers(uid: str, services: list[ServiceRow], deployments: list[DeploymentRow]) -> list[_Stranger]:
    """What is named after this app definition and belongs to something else."""
    return [
        _Stranger(kind, row.name, row.instance_id, _session(row) is not None, bool(row.owners))
        for kind, rows in (("Service", services), ("Deployment", deployments))
        for row in rows
        if row.instance_id is not None and not _owned_by(row, uid) and _named_after(row.name, uid[-12:])
    ]


def _halves(
    services: t.Mapping[str, t.Mapping[int, ServiceRow]],
    others: t.Mapping[str, t.Mapping[int, t.Any] | None],
    now: datetime,
) -> tuple[Half, ...]:
    """Not those whose Service was written a moment ago: the operator is at work on them."""
    read = {role: found for role, found in {**services, **others}.items() if found is not None}
    halves = []
    for number in sorted({number for found in read.values() for number in found}):
        lacks = tuple(role for role, found in read.items() if number not in found)
        if lacks and not _just_written([found[number] for found in services.values() if number in found], now):
            halves.append(Half(number, lacks))
    return tuple(halves)


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
    taken = {i.id for i in pool.instances} | pool.occupied_ids
    return Effect(
        starts=sum(number not in taken for number in range(1, minimum + 1)),
        rebuilds=sum(number <= minimum for number in free),
        removes=sum(number > minimum for number in free),
    )


R = t.TypeVar("R", bound=_OfPool)


def _by_id(rows: t.Iterable[R], uid: str) -> dict[int, R]:
    return {row.instance_id: row for row in rows if row.instance_id is not None and _owned_by(row, uid)}


def _owned_by(row: _OfPool, uid: str) -> bool:
    return any(owner.uid == uid for owner in row.owners)


def _session(row: _OfPool) -> Owner | None:
    return next((owner for owner in row.owners if owner.kind == "Session"), None)


def _named_after(name: str, suffix: str) -> bool:
    """Names end in the last twelve characters of the app definition's uid: all that is left without an owner."""
    return name.removesuffix(INTERNAL_SUFFIX).endswith(suffix)


def _release_missed(
    service: ServiceRow, twin: ServiceRow | None, allowed: AddressListRow | None, now: datetime
) -> bool:
    """A free instance that still carries traces of a session for longer than a release takes.

    The Service was last written when it lost its session, so its last write is when the release began.
    """
    services = [row for row in (service, twin) if row]
    traces = any(row.labelled_for is not None for row in services) or (allowed is not None and allowed.addresses)
    return traces and not _just_written(services, now)


def _just_written(services: t.Iterable[ServiceRow], now: datetime) -> bool:
    written = [time for row in services if (time := parse_time(row.written))]
    return bool(written) and now - max(written) <= RELEASE_GRACE
