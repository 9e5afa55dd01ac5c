# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to a few sessions of thousands, read without what belongs to all the others."""

from __future__ import annotations

import typing as t

from ..._kubernetes import kinds
from ..._platform.names import INTERNAL_SUFFIX, SESSION_LABEL
from ..._platform.rows import SessionRow, workspace_row
from ..._platform.workloads import DeploymentRow, ServiceRow, deployment_row, pod_row, replica_set_row, service_row

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway, Json, Project
    from ..._kubernetes.kinds import Kind
    from ..._platform.lists import Lists

# A query with so many values stays below 2 KiB, which every proxy passes on.
VALUES_AT_ONCE = 40
_POD_LABEL = "app"


class _Found(t.NamedTuple):
    deployment: DeploymentRow
    app: str | None
    """What its pods are labelled with; None if they are chosen by something else."""


def with_objects_of(gateway: Gateway, sessions: t.Sequence[SessionRow], lists: Lists) -> Lists | None:
    """The lists, with the objects and the workspaces of these sessions; None if something of one may be missing.

    Labels only lead to objects, and owners count: a pool's Deployment has no label, but the name of its Service.
    A session that owns no Deployment or no Service of those found may have others, which only whole lists would show.
    """
    uids = [row.uid for row in sessions]
    services: list[ServiceRow] = _labelled(gateway, kinds.SERVICE, service_row, SESSION_LABEL, uids, metadata_only=True)
    found: list[_Found] = _labelled(gateway, kinds.DEPLOYMENT, _found, SESSION_LABEL, uids)
    pooled = set(uids) - _owners(each.deployment for each in found)
    external = {row.name for row in services if not row.name.endswith(INTERNAL_SUFFIX) and pooled & {*row.sessions}}
    found += _named(gateway, kinds.DEPLOYMENT, _found, external)
    apps = {each.app for each in found}
    if not _owners(each.deployment for each in found) & _owners(services) >= set(uids) or None in apps:
        return None
    labels = sorted(app for app in apps if app)
    return lists._replace(
        workspaces=_named(
            gateway, kinds.WORKSPACE, workspace_row, {row.workspace for row in sessions if row.workspace}
        ),
        deployments=[each.deployment for each in found],
        services=services,
        replica_sets=_labelled(gateway, kinds.REPLICA_SET, replica_set_row, _POD_LABEL, labels, metadata_only=True),
        pods=_labelled(gateway, kinds.POD, pod_row, _POD_LABEL, labels),
    )


def _found(obj: Json) -> _Found:
    chosen = obj["spec"]["selector"].get("matchLabels") or {}
    return _Found(deployment_row(obj), chosen.get(_POD_LABEL))


def _owners(rows: t.Iterable[DeploymentRow | ServiceRow]) -> set[str]:
    """The sessions that own one of them which is not there for a sidecar."""
    return {uid for row in rows if not row.sidecar for uid in row.sessions}


def _labelled(
    gateway: Gateway, kind: Kind, project: Project, label: str, values: t.Sequence[str], *, metadata_only: bool = False
) -> list[t.Any]:
    parts = [values[place : place + VALUES_AT_ONCE] for place in range(0, len(values), VALUES_AT_ONCE)]

    def read(part: t.Sequence[str]) -> list[t.Any]:
        selector = f"{label} in ({','.join(part)})"
        return gateway.list(kind, project=project, label_selector=selector, metadata_only=metadata_only)

    return [row for rows in gateway.map(read, parts) for row in rows]


def _named(gateway: Gateway, kind: Kind, project: Project, names: t.Collection[str]) -> list[t.Any]:
    found = gateway.map(lambda name: gateway.list(kind, project=project, name=name), sorted(names))
    return [row for rows in found for row in rows]
