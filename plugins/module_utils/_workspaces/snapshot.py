# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what judging workspaces rests on: the snapshot of the sessions, and beside it claims and volumes."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._common.errors import Forbidden, NotServed, ServerFailed
from .._kubernetes.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    PV,
    PVC,
    RESOURCE_QUOTA,
)
from .._platform import storage
from .._platform.names import COLLECTOR_DEPLOYMENT, RETENTION_RECORD
from .._platform.options import Installation
from .._platform.quota import QuotaRow, project_quota
from .._platform.records import Malformed
from .._sessions import snapshot as session_snapshot
from .._sessions.findings import Thresholds
from .._sessions.record import Context
from .record import WorkspaceSources
from .usage import log as usage_log

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway

Part = t.Literal["objects", "exams", "claims", "volumes", "quotas", "collector", "observation"]
PARTS: tuple[Part, ...] = t.get_args(Part)
# Whatever decides about a workspace has to know both.
_REQUIRED = ("sessions", "workspaces")


class WorkspaceView(t.NamedTuple):
    """What was read of an installation, and why parts of it were not."""

    sources: WorkspaceSources
    context: Context
    missing: dict[str, str]


def read_workspaces(
    gateway: Gateway,
    installation: Installation,
    thresholds: Thresholds,
    parts: t.Collection[str] = PARTS,
    *,
    max_gap: timedelta = usage_log.DEFAULT_MAX_GAP,
) -> WorkspaceView:
    """Read workspaces and sessions, and of the rest the parts asked for."""
    missing: dict[str, str] = {}
    readers = {name: reader for name, reader in _readers(gateway, max_gap).items() if name in parts}
    session_parts = {"workspaces", *(part for part in ("objects", "exams") if part in parts)}

    def attempt(name: str) -> t.Any:
        if name == "sessions":
            return session_snapshot.read(gateway, installation, thresholds, session_parts, required=_REQUIRED)
        try:
            return readers[name]()
        except (Forbidden, NotServed, ServerFailed, Malformed) as exc:
            missing[name] = str(exc)
            return None

    names = ["sessions", *readers]
    found = dict(zip(names, gateway.map(attempt, names, concurrency=len(names)), strict=True))
    view: session_snapshot.View = found.pop("sessions")
    return WorkspaceView(WorkspaceSources(sessions=view.sources, **found), view.context, {**view.missing, **missing})


def _readers(gateway: Gateway, max_gap: timedelta) -> dict[str, session_snapshot.Reader]:
    keep = storage.volumes_of(gateway.namespace)
    return {
        "claims": lambda: gateway.list(PVC, keep=storage.claim_row),
        "volumes": lambda: gateway.list(PV, keep=keep),
        "quotas": lambda: _quotas(gateway),
        "collector": lambda: _collector(gateway),
        "observation": lambda: _observation(gateway, max_gap),
    }


def _quotas(gateway: Gateway) -> list[QuotaRow]:
    rows = [row for quota in gateway.list(RESOURCE_QUOTA, keep=project_quota) for row in quota]
    return [row for row in rows if "persistentvolumeclaims" in row.resource or "requests.storage" in row.resource]


def _collector(gateway: Gateway) -> storage.Collector | None:
    deployment = gateway.get(DEPLOYMENT, COLLECTOR_DEPLOYMENT)
    return storage.read_collector(deployment) if deployment else None


def _observation(gateway: Gateway, max_gap: timedelta) -> usage_log.Coverage | None:
    looks = usage_log.read_looks(gateway.get(CONFIG_MAP, RETENTION_RECORD))
    return looks.chain(gateway.now(), max_gap) if looks else None
