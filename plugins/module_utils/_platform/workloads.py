# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of the objects that sessions run in: Deployments and their pods, Services, and lists of addresses.

Objects of a pool are named ``instance-<id>-…``; only the id is read from a name, everything else from the owners.
"""

from __future__ import annotations

import functools
import sys
import typing as t

from .._common.quantities import byte_count, millicores, used
from .fields import (
    Condition,
    Object,
    Owner,
    as_condition,
    condition,
    labels_of,
    number,
    owners,
    shared,
    text,
    uid_of,
    uids_of,
)
from .names import APP_LABEL, EMAILS_KEY, GENERATION_LABEL, INSTANCE_PREFIX, SESSION_LABEL, SIDECAR_LABEL, TEMPLATE_HASH
from .pods import ContainerTrouble, container_troubles
from .rows import AppDefinitionRow


class DeploymentRow(t.NamedTuple):
    name: str
    uid: str
    owners: tuple[Owner, ...]
    sidecar: bool
    generation: int | None
    """That of the app definition which it was built from; None if it was built before the operator noted it."""
    ready: bool
    deleting: bool
    claims: tuple[str, ...]
    refused: Condition | None
    """Why its pods could not be created; the Deployment repeats what its ReplicaSet says."""
    app: str | None = None
    """The label by which it finds its pods; None if it goes by others."""

    @property
    def sessions(self) -> tuple[str, ...]:
        """Uids. A session that is gone may still be among its owners, before the one that is there."""
        return uids_of(self.owners, "Session")

    @property
    def app_definition(self) -> str | None:
        return uid_of(self.owners, "AppDefinition")

    @property
    def instance_id(self) -> int | None:
        return instance_id(self.name)


class ReplicaSetRow(t.NamedTuple):
    uid: str
    deployment: str


class ServiceRow(t.NamedTuple):
    name: str
    owners: tuple[Owner, ...]
    labelled_for: str | None
    """The Session uid on its label; it outlives the owner where a release was missed."""
    sidecar: bool
    generation: int | None
    deleting: bool
    written: str | None
    """When it was last written, if no session owns it: that is when its release began."""

    @property
    def sessions(self) -> tuple[str, ...]:
        return uids_of(self.owners, "Session")

    @property
    def app_definition(self) -> str | None:
        return uid_of(self.owners, "AppDefinition")

    @property
    def instance_id(self) -> int | None:
        return instance_id(self.name)


class AddressListRow(t.NamedTuple):
    """The addresses that the login proxy of an instance admits."""

    name: str
    owners: tuple[Owner, ...]
    addresses: bool
    """Whether it admits any. Which ones is nobody's business."""

    @property
    def instance_id(self) -> int | None:
        return instance_id(self.name)


class ProxyRow(t.NamedTuple):
    """The settings of the login proxy of an instance. They hold secrets, so nothing of them is kept."""

    name: str
    owners: tuple[Owner, ...]

    @property
    def instance_id(self) -> int | None:
        return instance_id(self.name)


class ContainerRow(t.NamedTuple):
    name: str
    image: str | None
    memory_limit: int | None
    restarts: int
    waiting: str | None
    killed_at: str | None
    """When it last ran out of memory."""


class PodRow(t.NamedTuple):
    name: str
    uid: str
    created: str
    deleting: bool
    app: str | None
    node: str | None
    phase: str | None
    ready: bool
    ready_changed: str | None
    unschedulable: Condition | None
    replica_set: str | None
    deployment_name: str | None
    containers: tuple[ContainerRow, ...]
    troubles: tuple[ContainerTrouble, ...] = ()
    """Its containers that are neither running nor on their way, init containers among them."""
    init_restarts: int = 0
    ended: str | None = None
    """Why the cluster ended it, such as an eviction, in its own words."""

    @property
    def restarts(self) -> int:
        return self.init_restarts + sum(container.restarts for container in self.containers)


class ContainerUsage(t.NamedTuple):
    name: str
    cpu_millicores: int | None
    memory_bytes: int | None


class UsageRow(t.NamedTuple):
    pod: str
    containers: tuple[ContainerUsage, ...]


def instance_id(name: str) -> int | None:
    """The number of the pool instance that an object of this name is part of."""
    parts = name.split("-", 2)
    return int(parts[1]) if parts[0] == INSTANCE_PREFIX and len(parts) > 1 and parts[1].isdecimal() else None


def deployment_row(obj: Object) -> DeploymentRow:
    metadata, status = obj["metadata"], obj.get("status") or {}
    labels = labels_of(metadata)
    volumes = obj["spec"]["template"]["spec"].get("volumes") or []
    failure = condition(obj, "ReplicaFailure", "True")
    return DeploymentRow(
        name=sys.intern(metadata["name"]),
        uid=sys.intern(metadata["uid"]),
        owners=owners(metadata),
        sidecar=SIDECAR_LABEL in labels,
        generation=_generation(labels),
        ready=(number(status.get("readyReplicas")) or 0) >= 1,
        deleting=bool(metadata.get("deletionTimestamp")),
        claims=tuple(v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")),
        refused=as_condition(failure) if failure and failure.get("reason") == "FailedCreate" else None,
        app=shared(((obj["spec"].get("selector") or {}).get("matchLabels") or {}).get(APP_LABEL)),
    )


def replica_set_row(obj: Object) -> ReplicaSetRow | None:
    metadata = obj["metadata"]
    made_by = next((o["uid"] for o in metadata.get("ownerReferences") or [] if o["kind"] == "Deployment"), None)
    return ReplicaSetRow(sys.intern(metadata["uid"]), sys.intern(made_by)) if made_by else None


def service_row(obj: Object) -> ServiceRow | None:
    """None for a Service that has to do with neither sessions nor pools."""
    metadata = obj["metadata"]
    labels = labels_of(metadata)
    found = owners(metadata)
    is_claimed = any(owner.kind == "Session" for owner in found)
    row = ServiceRow(
        name=metadata["name"],
        owners=found,
        labelled_for=shared(labels.get(SESSION_LABEL)),
        sidecar=SIDECAR_LABEL in labels,
        generation=_generation(labels),
        deleting=bool(metadata.get("deletionTimestamp")),
        written=None if is_claimed else _written(metadata),
    )
    ours = is_claimed or row.labelled_for is not None or row.app_definition or row.instance_id is not None
    return row if ours else None


def address_list_row(obj: Object) -> AddressListRow | None:
    """None for the list of a session with a pod of its own, and for any other ConfigMap: some hold secrets."""
    metadata = obj["metadata"]
    if instance_id(metadata["name"]) is None:
        return None
    return AddressListRow(metadata["name"], owners(metadata), bool(text((obj.get("data") or {}).get(EMAILS_KEY))))


def proxy_row(obj: Object) -> ProxyRow | None:
    metadata = obj["metadata"]
    return None if instance_id(metadata["name"]) is None else ProxyRow(metadata["name"], owners(metadata))


def pod_row(obj: Object) -> PodRow:
    metadata, status = obj["metadata"], obj.get("status") or {}
    labels = labels_of(metadata)
    ready, scheduled = condition(obj, "Ready", None) or {}, condition(obj, "PodScheduled", "False")
    replica_set = next((o for o in metadata.get("ownerReferences") or [] if o["kind"] == "ReplicaSet"), None)
    template_hash = f"-{labels.get(TEMPLATE_HASH)}"
    made_by = replica_set["name"] if replica_set else ""
    statuses = {s["name"]: s for s in status.get("containerStatuses") or []}
    return PodRow(
        name=sys.intern(metadata["name"]),
        uid=sys.intern(metadata["uid"]),
        created=metadata["creationTimestamp"],
        deleting=bool(metadata.get("deletionTimestamp")),
        app=shared(labels.get(APP_LABEL)),
        node=shared(text((obj.get("spec") or {}).get("nodeName"))),
        phase=shared(text(status.get("phase"))),
        ready=ready.get("status") == "True",
        ready_changed=ready.get("lastTransitionTime"),
        unschedulable=as_condition(scheduled) if scheduled else None,
        replica_set=sys.intern(replica_set["uid"]) if replica_set else None,
        deployment_name=sys.intern(made_by.removesuffix(template_hash)) if made_by.endswith(template_hash) else None,
        containers=tuple(
            _alike(_container(c, statuses.get(c["name"], {}))) for c in (obj.get("spec") or {}).get("containers") or []
        ),
        troubles=tuple(container_troubles(status)),
        init_restarts=sum(int(s.get("restartCount") or 0) for s in status.get("initContainerStatuses") or []),
        ended=_ended(status),
    )


def _ended(status: Object) -> str | None:
    if status.get("phase") != "Failed":
        return None
    return ": ".join(str(status[field]) for field in ("reason", "message") if status.get(field)) or None


def usage_row(obj: Object) -> UsageRow:
    containers = obj.get("containers") or []
    return UsageRow(
        pod=sys.intern(obj["metadata"]["name"]),
        containers=tuple(
            ContainerUsage(
                sys.intern(c["name"]), used(millicores(usage.get("cpu"))), used(byte_count(usage.get("memory")))
            )
            for c in containers
            for usage in [c.get("usage") or {}]
        ),
    )


def ide_container(pod: PodRow, app: AppDefinitionRow | None) -> ContainerRow | None:
    """The container that the student works in: by name, else by image, else the one that is not the login proxy."""
    if app is not None:
        for container in pod.containers:
            if container.name == app.spec_name:
                return container
        for container in pod.containers:
            if container.image is not None and container.image == app.image:
                return container
    return next((c for c in pod.containers if c.name != "oauth2-proxy"), None)


def ide_usage(container: ContainerRow | None, usage: UsageRow | None) -> ContainerUsage | None:
    """What that container uses; None for a pod too young to have been measured."""
    if container is None or usage is None:
        return None
    return next((used for used in usage.containers if used.name == container.name), None)


def _container(spec: Object, status: Object) -> ContainerRow:
    waiting = (status.get("state") or {}).get("waiting") or {}
    ends = [(status.get(state) or {}).get("terminated") or {} for state in ("state", "lastState")]
    return ContainerRow(
        name=sys.intern(spec["name"]),
        image=text(spec.get("image")),
        memory_limit=byte_count(((spec.get("resources") or {}).get("limits") or {}).get("memory")),
        restarts=int(status.get("restartCount") or 0),
        waiting=text(waiting.get("reason")),
        killed_at=next((e.get("finishedAt") or "" for e in ends if e.get("reason") == "OOMKilled"), None),
    )


def _generation(labels: t.Mapping[str, str]) -> int | None:
    found = str(labels.get(GENERATION_LABEL, ""))
    return int(found) if found.isdecimal() else None


def _written(metadata: Object) -> str | None:
    """The API server writes all times in one form, so the latest is the largest text."""
    return max((entry["time"] for entry in metadata.get("managedFields") or [] if entry.get("time")), default=None)


@functools.cache
def _alike(row: ContainerRow) -> ContainerRow:
    """The same row for all containers that are alike, as most of them are."""
    return row
