# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the objects of a stopped session. A prewarmed instance must not reach the next student as it was."""

from __future__ import annotations

import typing as t

from ..._platform.index import SessionObjects, pods_by_deployment
from ..._platform.labels import claim_failed
from ..._platform.lists import Lists
from ..._platform.workloads import DeploymentRow

Ending = t.Literal["gone", "fresh", "rebuilt", "removed"]


class SessionLeftovers(t.NamedTuple):
    """What a session had when it was stopped."""

    session: str
    pooled: bool
    deployment: str | None
    deployment_uid: str | None
    pods: frozenset[str]
    app_definition_uid: str | None
    instance_id: int | None
    above_bound: bool
    """Whether its instance is one that the operator does not keep."""


def leftovers_of(parts: SessionObjects, *, holds_slot: bool) -> SessionLeftovers:
    app = parts.app_definition
    if holds_slot and claim_failed(parts.session):
        # Nobody was let in: what is reserved is as it was before.
        return SessionLeftovers(parts.session.uid, False, None, None, frozenset(), None, None, False)
    return SessionLeftovers(
        session=parts.session.uid,
        pooled=holds_slot,
        deployment=parts.deployment.name if parts.deployment else None,
        deployment_uid=parts.deployment.uid if parts.deployment else None,
        pods=frozenset(pod.uid for pod in parts.pods),
        app_definition_uid=app.uid if app else None,
        instance_id=parts.instance_id,
        above_bound=app is None or (parts.instance_id or 0) > app.min_instances,
    )


def ending(left: SessionLeftovers, now: Lists) -> Ending | None:
    """How it ended, or None as long as something of the session is still there.

    Needs the Deployments, ReplicaSets (where readable), Services and pods of the namespace.
    """
    if _still_owned(left, now):
        return None
    deployment = next((row for row in now.deployments or () if row.name == left.deployment), None)
    pods = [pod for pod in now.pods or () if pod.uid in left.pods]
    if not left.pooled or left.deployment is None:
        # A pod that is shutting down still holds the volume of its workspace.
        return None if pods else "gone"
    remaining = {pod.uid for pod in pods if not pod.deleting}
    if deployment is None:
        return "removed" if left.above_bound and not remaining else None
    # Above the bound the app definition may own it no more: then it is an orphan, and nobody's slot.
    if deployment.app_definition is None or (not deployment.sessions and _admits_somebody(left, now)):
        return None
    if deployment.uid != left.deployment_uid:
        return "rebuilt"
    return "fresh" if _new_pod(left, deployment, now) and not remaining else None


def _still_owned(left: SessionLeftovers, now: Lists) -> bool:
    return any(left.session in row.sessions for row in now.deployments or ()) or any(
        left.session in (*row.sessions, row.labelled_for) for row in now.services or ()
    )


def _admits_somebody(left: SessionLeftovers, now: Lists) -> bool:
    """Whether the login proxy of the free instance would still let the last user in."""
    return any(
        row.addresses and row.instance_id == left.instance_id and left.app_definition_uid in {o.uid for o in row.owners}
        for row in now.address_lists or ()
    )


def _new_pod(left: SessionLeftovers, deployment: DeploymentRow, now: Lists) -> bool:
    pods = pods_by_deployment(now).get(deployment.uid, [])
    return any(pod.uid not in left.pods and not pod.deleting for pod in pods)
