# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects that an instance of a pool consists of: two Services, a Deployment and, with Keycloak, two ConfigMaps.

Counting a pool (``pool``) takes an instance for one thing. Here its objects are looked at one by one: which of them
are missing, which belong to an earlier generation, and whose session holds them.
"""

from __future__ import annotations

import typing as t

from .fields import Object, Owner, labels_of, owners, shared, text
from .names import (
    EMAILS_KEY,
    EMAILS_PURPOSE,
    GENERATION_LABEL,
    INTERNAL_SUFFIX,
    PROXY_PURPOSE,
    PURPOSE_LABEL,
    SESSION_LABEL,
    SIDECAR_LABEL,
)
from .workloads import instance_id

Role = t.Literal["external Service", "internal Service", "Deployment", "proxy ConfigMap", "address list", "sidecar"]

# What the operator builds, in its order.
SERVICES: tuple[Role, ...] = ("external Service", "internal Service")
CONFIG_MAPS: tuple[Role, ...] = ("proxy ConfigMap", "address list")
ROLES: tuple[Role, ...] = (*SERVICES, *CONFIG_MAPS, "Deployment")
_WITHOUT_LOGIN: tuple[Role, ...] = (*SERVICES, "Deployment")
_TAIL = 12


class Part(t.NamedTuple):
    """One object of an instance."""

    role: Role
    kind: t.Literal["Service", "Deployment", "ConfigMap"]
    name: str
    uid: str
    resource_version: str
    owners: tuple[Owner, ...]
    generation: str | None
    deleting: bool
    created: str
    written: str | None
    """When a client last wrote it, by the API server's clock."""
    labelled_for: str | None
    """The uid of the session that it is labelled for."""
    addresses: bool
    """Whether it is an address list that admits somebody."""

    @property
    def sessions(self) -> frozenset[str]:
        return frozenset(owner.uid for owner in self.owners if owner.kind == "Session")


class InstanceObjects(t.NamedTuple):
    """The objects of one instance."""

    id: int
    own: t.Mapping[Role, Part]
    """Those that the app definition owns, by what they are, in the order in which they are built; no sidecars."""
    others: tuple[Part, ...]
    """Sidecars, and objects with its name that the app definition does not own."""

    @property
    def all(self) -> tuple[Part, ...]:
        return (*self.own.values(), *self.others)

    @property
    def sessions(self) -> frozenset[str]:
        """Uids of the sessions that hold it; a claim may have gone to the Service of a sidecar."""
        return frozenset(session for part in self.all for session in part.sessions)

    @property
    def strangers(self) -> tuple[Part, ...]:
        """What has its name and does not belong to it, so that the operator cannot build it."""
        return tuple(part for part in self.others if part.role != "sidecar")

    def lacking(self, *, keycloak: bool) -> tuple[Role, ...]:
        wanted = ROLES if keycloak else _WITHOUT_LOGIN
        return tuple(role for role in wanted if role not in self.own or self.own[role].deleting)

    def outdated(self, generation: int) -> bool:
        """Whether a part is of an earlier generation; parts without a generation say nothing."""
        return any(part.generation not in (None, str(generation)) for part in self.own.values())


def service_part(obj: Object) -> Part | None:
    """None for a Service that is no part of an instance; so it is with the others, too."""
    internal = obj["metadata"]["name"].endswith(INTERNAL_SUFFIX)
    return _part(obj, "internal Service" if internal else "external Service", "Service")


def deployment_part(obj: Object) -> Part | None:
    return _part(obj, "Deployment", "Deployment")


def config_map_part(obj: Object) -> Part | None:
    """Of its content nothing is kept but whether it admits anybody: other ConfigMaps hold secrets."""
    purpose = labels_of(obj["metadata"]).get(PURPOSE_LABEL)
    if purpose == EMAILS_PURPOSE:
        admits = bool(text((obj.get("data") or {}).get(EMAILS_KEY)))
        return _part(obj, "address list", "ConfigMap", addresses=admits)
    return _part(obj, "proxy ConfigMap", "ConfigMap") if purpose == PROXY_PURPOSE else None


def instances_of(uid: str, parts: t.Iterable[Part]) -> dict[int, InstanceObjects]:
    """The instances of the app definition with this uid, by id."""
    found: dict[int, list[Part]] = {}
    for part in parts:
        number = instance_id(part.name)
        if number is not None and (_owned_by(part, uid) or uid[-_TAIL:] in part.name):
            found.setdefault(number, []).append(part)
    return {number: _joined(number, uid, objects) for number, objects in sorted(found.items())}


def _joined(number: int, uid: str, objects: t.Sequence[Part]) -> InstanceObjects:
    found = {part.role: part for part in objects if _owned_by(part, uid)}
    own = {role: found[role] for role in ROLES if role in found}
    return InstanceObjects(number, own, tuple(part for part in objects if part is not own.get(part.role)))


def _owned_by(part: Part, uid: str) -> bool:
    return any(owner.uid == uid for owner in part.owners)


def _part(
    obj: Object, role: Role, kind: t.Literal["Service", "Deployment", "ConfigMap"], *, addresses: bool = False
) -> Part | None:
    metadata = obj["metadata"]
    if instance_id(metadata["name"]) is None:
        return None
    labels = labels_of(metadata)
    times = [entry["time"] for entry in metadata.get("managedFields") or [] if entry.get("time")]
    return Part(
        role="sidecar" if SIDECAR_LABEL in labels else role,
        kind=kind,
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        owners=owners(metadata),
        generation=shared(labels.get(GENERATION_LABEL)),
        deleting=bool(metadata.get("deletionTimestamp")),
        created=metadata["creationTimestamp"],
        written=max(times, default=None),
        labelled_for=shared(labels.get(SESSION_LABEL)),
        addresses=addresses,
    )
