# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of each API object: a projection turns the object into a small row while its page is read.

A row holds nothing secret. ``spec.sessionSecret`` and ``spec.envVars`` of a Session are dropped here, with the page
that brought them, so that no later step can show them. Rows tolerate what the platform leaves out: a status that is
missing or null, fields that are null, numbers that are text.

There may be a hundred thousand rows: texts that occur in several of them (uids, names of containers and nodes) are
kept once.
"""

from __future__ import annotations

import functools
import sys
import typing as t

from .._common.quantities import byte_count, millicores
from .names import (
    CANARY,
    INSTANCE_ID,
    LAST_SEEN,
    PROTECTED,
    SESSION_LABEL,
    SIDECAR_LABEL,
    STRATEGY,
    TEMPLATE_HASH,
    TOUCHED,
)

# A hundred years: longer than anything lasts here, and short enough to count with.
MOST_MINUTES = 100 * 365 * 24 * 60

Object = t.Mapping[str, t.Any]


class SessionRow(t.NamedTuple):
    name: str
    uid: str
    resource_version: str
    created: str
    deleting: bool
    user: str
    app_definition: str
    workspace: str | None
    strategy: str | None
    instance_id: int | None
    protected: str | None
    canary: str | None
    touched: int | None
    """The value of ``lastActivity`` that this collection wrote last."""
    operator_status: str | None
    operator_message: str | None
    url: str | None
    error: str | None
    last_activity: int
    """Milliseconds since 1970; 0 if the platform has none."""
    status_written: str | None
    """When the status was last written: the operator leaves no other time of its progress."""

    @property
    def on_workspaces(self) -> frozenset[str]:
        return workspaces_of(self.name, self.workspace)


class AppDefinitionRow(t.NamedTuple):
    name: str
    uid: str
    spec_name: str
    """Names the IDE container; the same as ``name`` unless somebody chose otherwise."""
    image: str | None
    min_instances: int
    timeout_minutes: int | None
    inactive_minutes: int | None
    """``monitor.activityTracker.timeoutAfter``; None if this app definition has no working monitor and tracker."""
    protected: str | None


class WorkspaceRow(t.NamedTuple):
    name: str
    uid: str
    resource_version: str
    created: str
    deleting: bool
    user: str
    app_definition: str
    """The one last used: the operator rewrites it when a session of its own starts on the workspace."""
    label: str | None
    claim: str | None
    protected: str | None
    last_seen: str | None
    operator_status: str | None
    error: str | None


class Condition(t.NamedTuple):
    message: str
    since: str | None


class DeploymentRow(t.NamedTuple):
    name: str
    uid: str
    sessions: tuple[str, ...]
    """Uids. A session that is gone may still be among its owners, before the one that is there."""
    app_definition: str | None
    sidecar: bool
    claims: tuple[str, ...]
    refused: Condition | None
    """Why its pods could not be created; the Deployment repeats what its ReplicaSet says."""


class ReplicaSetRow(t.NamedTuple):
    uid: str
    deployment: str


class ServiceRow(t.NamedTuple):
    name: str
    sessions: tuple[str, ...]
    app_definition: str | None
    labelled_for: str | None
    """The Session uid on its label; it outlives the owner where a release was missed."""


class ContainerRow(t.NamedTuple):
    name: str
    image: str | None
    memory_limit: int | None
    restarts: int
    waiting: str | None
    waiting_message: str
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


class ContainerUsage(t.NamedTuple):
    name: str
    cpu_millicores: int | None
    memory_bytes: int | None


class UsageRow(t.NamedTuple):
    pod: str
    containers: tuple[ContainerUsage, ...]


def workspaces_of(session: str, workspace: str | None) -> frozenset[str]:
    """The one that a session says it is on, and the one that takes it along, by its name, when that is deleted."""
    by_name = session.removesuffix("-session")
    return frozenset({*([workspace] if workspace else []), *([by_name] if by_name != session else [])})


def session_row(obj: Object) -> SessionRow:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    annotations = metadata.get("annotations") or {}
    return SessionRow(
        name=metadata["name"],
        uid=sys.intern(metadata["uid"]),
        resource_version=metadata["resourceVersion"],
        created=metadata["creationTimestamp"],
        deleting=bool(metadata.get("deletionTimestamp")),
        user=str(spec.get("user") or ""),
        app_definition=sys.intern(str(spec.get("appDefinition") or "")),
        workspace=_text(spec.get("workspace")),
        strategy=_shared(_text(annotations.get(STRATEGY))),
        instance_id=_number(annotations.get(INSTANCE_ID)),
        protected=_reason(annotations),
        canary=_text(annotations.get(CANARY)),
        touched=_number(annotations.get(TOUCHED)),
        operator_status=_operator_status(status),
        operator_message=_text(status.get("operatorMessage")),
        url=_text(status.get("url")),
        error=_text(status.get("error")),
        last_activity=max(0, _number(status.get("lastActivity")) or 0),
        status_written=_status_written(metadata),
    )


def app_definition_row(obj: Object) -> AppDefinitionRow:
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    monitor = spec.get("monitor") or {}
    inactive = _number((monitor.get("activityTracker") or {}).get("timeoutAfter")) or 0
    return AppDefinitionRow(
        name=metadata["name"],
        uid=sys.intern(metadata["uid"]),
        spec_name=str(spec.get("name") or metadata["name"]),
        image=_text(spec.get("image")),
        min_instances=_number(spec.get("minInstances")) or 0,
        timeout_minutes=_minutes(_number(spec.get("timeout"))),
        inactive_minutes=_minutes(inactive) if _positive(_number(monitor.get("port"))) else None,
        protected=_reason(metadata.get("annotations") or {}),
    )


def workspace_row(obj: Object) -> WorkspaceRow:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    annotations = metadata.get("annotations") or {}
    return WorkspaceRow(
        name=metadata["name"],
        uid=sys.intern(metadata["uid"]),
        resource_version=metadata["resourceVersion"],
        created=metadata["creationTimestamp"],
        deleting=bool(metadata.get("deletionTimestamp")),
        user=str(spec.get("user") or ""),
        app_definition=sys.intern(str(spec.get("appDefinition") or "")),
        label=_text(spec.get("label")),
        claim=_text(spec.get("storage")),
        protected=_reason(annotations),
        last_seen=_text(annotations.get(LAST_SEEN)),
        operator_status=_operator_status(status),
        error=_text(status.get("error")),
    )


def deployment_row(obj: Object) -> DeploymentRow:
    metadata = obj["metadata"]
    volumes = obj["spec"]["template"]["spec"].get("volumes") or []
    failure = _condition(obj, "ReplicaFailure", "True")
    return DeploymentRow(
        name=sys.intern(metadata["name"]),
        uid=sys.intern(metadata["uid"]),
        sessions=_owners(metadata, "Session"),
        app_definition=_owner(metadata, "AppDefinition"),
        sidecar=SIDECAR_LABEL in (metadata.get("labels") or {}),
        claims=tuple(v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")),
        refused=_as_condition(failure) if failure and failure.get("reason") == "FailedCreate" else None,
    )


def replica_set_row(obj: Object) -> ReplicaSetRow | None:
    deployment = _owner(obj["metadata"], "Deployment")
    return ReplicaSetRow(sys.intern(obj["metadata"]["uid"]), deployment) if deployment else None


def service_row(obj: Object) -> ServiceRow | None:
    metadata = obj["metadata"]
    row = ServiceRow(
        name=metadata["name"],
        sessions=_owners(metadata, "Session"),
        app_definition=_owner(metadata, "AppDefinition"),
        labelled_for=_shared((metadata.get("labels") or {}).get(SESSION_LABEL)),
    )
    return row if any(row[1:]) else None


def pod_row(obj: Object) -> PodRow:
    metadata, status = obj["metadata"], obj.get("status") or {}
    labels = metadata.get("labels") or {}
    ready, scheduled = _condition(obj, "Ready", None) or {}, _condition(obj, "PodScheduled", "False")
    replica_set = next((o for o in metadata.get("ownerReferences") or [] if o["kind"] == "ReplicaSet"), None)
    template_hash = f"-{labels.get(TEMPLATE_HASH)}"
    made_by = replica_set["name"] if replica_set else ""
    statuses = {s["name"]: s for s in status.get("containerStatuses") or []}
    return PodRow(
        name=sys.intern(metadata["name"]),
        uid=sys.intern(metadata["uid"]),
        created=metadata["creationTimestamp"],
        deleting=bool(metadata.get("deletionTimestamp")),
        app=labels.get("app"),
        node=_shared(_text((obj.get("spec") or {}).get("nodeName"))),
        phase=_shared(_text(status.get("phase"))),
        ready=ready.get("status") == "True",
        ready_changed=ready.get("lastTransitionTime"),
        unschedulable=_as_condition(scheduled) if scheduled else None,
        replica_set=sys.intern(replica_set["uid"]) if replica_set else None,
        deployment_name=sys.intern(made_by.removesuffix(template_hash)) if made_by.endswith(template_hash) else None,
        containers=tuple(
            _alike(_container(c, statuses.get(c["name"], {}))) for c in (obj.get("spec") or {}).get("containers") or []
        ),
    )


def usage_row(obj: Object) -> UsageRow:
    containers = obj.get("containers") or []
    return UsageRow(
        pod=sys.intern(obj["metadata"]["name"]),
        containers=tuple(
            ContainerUsage(sys.intern(c["name"]), millicores(usage.get("cpu")), byte_count(usage.get("memory")))
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
        image=_text(spec.get("image")),
        memory_limit=byte_count(((spec.get("resources") or {}).get("limits") or {}).get("memory")),
        restarts=int(status.get("restartCount") or 0),
        waiting=_text(waiting.get("reason")),
        waiting_message=str(waiting.get("message") or ""),
        killed_at=next((e.get("finishedAt") or "" for e in ends if e.get("reason") == "OOMKilled"), None),
    )


def _operator_status(status: Object) -> str | None:
    """NEW is the platform's word for none yet."""
    found = _text(status.get("operatorStatus"))
    return None if found == "NEW" else found


@functools.cache
def _alike(row: ContainerRow) -> ContainerRow:
    """The same row for all containers that are alike, as most of them are."""
    return row


def _shared(text: str | None) -> str | None:
    return text if text is None else sys.intern(text)


def _status_written(metadata: Object) -> str | None:
    """The field managers' bookkeeping is the only place that keeps the time of the last write of a status."""
    times = [
        entry["time"]
        for entry in metadata.get("managedFields") or []
        if entry.get("time") and (entry.get("subresource") == "status" or "f:status" in (entry.get("fieldsV1") or {}))
    ]
    return max(times, default=None)


def _owner(metadata: Object, kind: str) -> str | None:
    return next(iter(_owners(metadata, kind)), None)


def _owners(metadata: Object, kind: str) -> tuple[str, ...]:
    return tuple(sys.intern(owner["uid"]) for owner in metadata.get("ownerReferences") or [] if owner["kind"] == kind)


def _condition(obj: Object, kind: str, status: str | None) -> Object | None:
    for condition in (obj.get("status") or {}).get("conditions") or []:
        if condition.get("type") == kind and status in (None, condition.get("status")):
            return t.cast(Object, condition)
    return None


def _as_condition(condition: Object) -> Condition:
    text = condition.get("message") or condition.get("reason") or ""
    return Condition(str(text), condition.get("lastTransitionTime"))


def _reason(annotations: t.Mapping[str, str]) -> str | None:
    """An annotation without a value protects too: whoever wrote it meant it."""
    if PROTECTED not in annotations:
        return None
    return str(annotations[PROTECTED] or "").strip() or "no reason given"


def _text(value: object) -> str | None:
    """Absent, null, empty and blank mean the same to the platform."""
    return str(value).strip() or None if value is not None else None


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _positive(value: int | None) -> int | None:
    return value if value is not None and value > 0 else None


def _minutes(value: int | None) -> int | None:
    return None if _positive(value) is None else min(t.cast(int, value), MOST_MINUTES)
