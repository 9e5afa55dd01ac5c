# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of each object of Theia Cloud: a projection turns the object into a small row while its page is read.

A row holds nothing secret. ``spec.sessionSecret`` and ``spec.envVars`` of a Session are dropped here, with the page
that brought them, so that no later step can show them. Rows tolerate what the platform leaves out: a status that is
missing or null, fields that are null, numbers that are text.
"""

from __future__ import annotations

import sys
import typing as t
from datetime import datetime

from .._common.timestamps import parse_time
from .fields import Object, held, number, positive, shared, text
from .managers import Writer, applying_tool, last_writer
from .names import CANARY, INSTANCE_ID, LAST_SEEN, PROTECTED, SPEC_FIELDS, STRATEGY, TOUCHED
from .room import PodTemplate, session_pods

# A hundred years: longer than anything lasts here, and short enough to count with.
MOST_MINUTES = 100 * 365 * 24 * 60


class LiveSession(t.NamedTuple):
    """A session of an app definition, for whom a shorter time limit matters."""

    uid: str
    name: str
    user: str
    age_minutes: float
    idle_minutes: float | None = None
    """Since its last activity by the platform's word, which is its start where nobody measures; None: as its age."""


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
    held: str | None = None
    """Why it is still there although it was deleted."""

    def living(self, now: datetime) -> LiveSession:
        created = parse_time(self.created) or now
        age = (now - created).total_seconds() / 60
        idle = (now.timestamp() - self.last_activity / 1000) / 60
        return LiveSession(self.uid, self.name, self.user, age, min(age, max(idle, 0.0)))

    @property
    def on_workspaces(self) -> frozenset[str]:
        return workspaces_of(self.name, self.workspace)


class AppDefinitionRow(t.NamedTuple):
    name: str
    uid: str
    generation: int
    resource_version: str
    values: t.Mapping[str, int | None]
    """What its spec states, by option; None if it states nothing."""
    spec_name: str = ""
    """Names the IDE container; the same as ``name`` unless somebody chose otherwise."""
    image: str | None = None
    inactive_minutes: int | None = None
    """``monitor.activityTracker.timeoutAfter``; None if this app definition has no working monitor and tracker."""
    protected: str | None = None
    pods: tuple[PodTemplate, ...] = ()
    """What a session of it runs in, by the operator's own templates: the IDE, then its sidecars."""
    writers: t.Mapping[str, Writer] = {}
    """By option, the client that wrote its field last, and when."""
    applied_by: str | None = None
    """The tool that applies it from elsewhere."""

    @property
    def min_instances(self) -> int:
        return self.values["min_instances"] or 0

    @property
    def timeout_minutes(self) -> int | None:
        """After how long the operator ends its sessions; None if never."""
        return _minutes(self.values["timeout_minutes"])


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
    held: str | None = None
    """Why it is still there although it was deleted."""


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
        workspace=text(spec.get("workspace")),
        strategy=shared(text(annotations.get(STRATEGY))),
        instance_id=number(annotations.get(INSTANCE_ID)),
        protected=_reason(annotations),
        canary=text(annotations.get(CANARY)),
        touched=number(annotations.get(TOUCHED)),
        operator_status=_operator_status(status),
        operator_message=text(status.get("operatorMessage")),
        url=text(status.get("url")),
        error=text(status.get("error")),
        last_activity=max(0, number(status.get("lastActivity")) or 0),
        status_written=_status_written(metadata),
        held=held(metadata),
    )


def app_definition_row(obj: Object) -> AppDefinitionRow:
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    monitor = spec.get("monitor") or {}
    inactive = number((monitor.get("activityTracker") or {}).get("timeoutAfter"))
    return AppDefinitionRow(
        name=metadata["name"],
        uid=sys.intern(metadata["uid"]),
        generation=metadata.get("generation") or 0,
        resource_version=metadata["resourceVersion"],
        values={option: number(_at(spec, path)) for option, path in SPEC_FIELDS.items()},
        spec_name=str(spec.get("name") or metadata["name"]),
        image=text(spec.get("image")),
        inactive_minutes=_minutes(inactive) if positive(number(monitor.get("port"))) else None,
        writers=_writers(obj),
        applied_by=applying_tool(obj),
        protected=_reason(metadata.get("annotations") or {}),
        pods=session_pods({**spec, "name": spec.get("name") or metadata["name"]}),
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
        label=text(spec.get("label")),
        claim=text(spec.get("storage")),
        protected=_reason(annotations),
        last_seen=text(annotations.get(LAST_SEEN)),
        operator_status=_operator_status(status),
        error=text(status.get("error")),
        held=held(metadata),
    )


def _at(obj: t.Any, path: t.Sequence[str]) -> t.Any:
    for field in path:
        obj = obj.get(field) if isinstance(obj, dict) else None
    return obj


def _writers(obj: Object) -> dict[str, Writer]:
    found = {option: last_writer(obj, "spec", *path) for option, path in SPEC_FIELDS.items()}
    return {option: writer for option, writer in found.items() if writer}


def _operator_status(status: Object) -> str | None:
    """NEW is the platform's word for none yet."""
    found = text(status.get("operatorStatus"))
    return None if found == "NEW" else found


def _status_written(metadata: Object) -> str | None:
    """The field managers' bookkeeping is the only place that keeps the time of the last write of a status."""
    times = [
        entry["time"]
        for entry in metadata.get("managedFields") or []
        if entry.get("time") and (entry.get("subresource") == "status" or "f:status" in (entry.get("fieldsV1") or {}))
    ]
    return max(times, default=None)


def _reason(annotations: t.Mapping[str, str]) -> str | None:
    """An annotation without a value protects too: whoever wrote it meant it."""
    if PROTECTED not in annotations:
        return None
    return str(annotations[PROTECTED] or "").strip() or "no reason given"


def _minutes(value: int | None) -> int | None:
    limit = positive(value)
    return None if limit is None else min(limit, MOST_MINUTES)
