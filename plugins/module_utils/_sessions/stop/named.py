# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to a few sessions of thousands, read without what belongs to all the others."""

from __future__ import annotations

import typing as t

from ..._platform.names import APP_LABEL, INTERNAL_SUFFIX, SESSION_LABEL
from ..._platform.snapshot import read_some

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.lists import Lists
    from ..._platform.rows import SessionRow
    from ..._platform.snapshot import Part
    from ..._platform.workloads import DeploymentRow, ServiceRow

# A query with so many values stays below 2 KiB, which every proxy passes on.
VALUES_AT_ONCE = 40


def with_objects_of(gateway: Gateway, sessions: t.Sequence[SessionRow], lists: Lists) -> Lists | None:
    """The lists, with the objects and the workspaces of these sessions; None if something of one may be missing.

    Labels only lead to objects, and owners count: a pool's Deployment has no label, but the name of its Service.
    A session that owns no Deployment or no Service of those found may have others, which only whole lists would show.
    """
    uids = [row.uid for row in sessions]
    services: list[ServiceRow] = _labelled(gateway, "services", SESSION_LABEL, uids)
    deployments: list[DeploymentRow] = _labelled(gateway, "deployments", SESSION_LABEL, uids)
    pooled = set(uids) - _owners(deployments)
    external = {row.name for row in services if not row.name.endswith(INTERNAL_SUFFIX) and pooled & {*row.sessions}}
    deployments += _named(gateway, "deployments", external)
    apps = {row.app for row in deployments}
    if not _owners(deployments) & _owners(services) >= set(uids) or None in apps:
        return None
    labels = sorted(app for app in apps if app)
    return lists._replace(
        workspaces=_named(gateway, "workspaces", {row.workspace for row in sessions if row.workspace}),
        deployments=deployments,
        services=services,
        replica_sets=_labelled(gateway, "replica_sets", APP_LABEL, labels),
        pods=_labelled(gateway, "pods", APP_LABEL, labels),
    )


def _owners(rows: t.Iterable[DeploymentRow | ServiceRow]) -> set[str]:
    """The sessions that own one of them which is not there for a sidecar."""
    return {uid for row in rows if not row.sidecar for uid in row.sessions}


def _labelled(gateway: Gateway, part: Part, label: str, values: t.Sequence[str]) -> list[t.Any]:
    batches = [values[place : place + VALUES_AT_ONCE] for place in range(0, len(values), VALUES_AT_ONCE)]

    def read(batch: t.Sequence[str]) -> list[t.Any]:
        return read_some(gateway, part, label_selector=f"{label} in ({','.join(batch)})")

    return [row for rows in gateway.map(read, batches) for row in rows]


def _named(gateway: Gateway, part: Part, names: t.Collection[str]) -> list[t.Any]:
    found = gateway.map(lambda name: read_some(gateway, part, name=name), sorted(names))
    return [row for rows in found for row in rows]
