# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to which session, found by owner uid: names of sessions are reused, and names of objects are cut."""

from __future__ import annotations

import collections
import typing as t

from .lists import Lists
from .rows import AppDefinitionRow, SessionRow, WorkspaceRow
from .workloads import ContainerRow, ContainerUsage, DeploymentRow, PodRow, ServiceRow, ide_container, ide_usage


class SessionObjects(t.NamedTuple):
    """One session and what belongs to it. Where None could mean "none" or "not read", a flag tells."""

    session: SessionRow
    app_definition: AppDefinitionRow | None
    app_definitions_read: bool
    workspace: WorkspaceRow | None
    workspaces_read: bool
    deployment: DeploymentRow | None
    deployments_read: bool
    services: tuple[ServiceRow, ...]
    services_read: bool
    pods: tuple[PodRow, ...]
    """The one that counts first."""
    pods_read: bool
    container: ContainerRow | None
    """The one that the student works in: limits are enforced per container."""
    usage: ContainerUsage | None
    sessions_of_user: int
    instance_id: int | None
    addresses: bool | None
    """Whether the claimed instance admits any address; None if there is no list to look at."""

    @property
    def pod(self) -> PodRow | None:
        return self.pods[0] if self.pods else None

    @property
    def ready(self) -> bool | None:
        """Whether a student could be working in it; None if the pods were not read."""
        if not self.pods_read:
            return None
        return self.pod is not None and self.pod.ready and not self.pod.deleting

    @property
    def owns_objects(self) -> bool | None:
        if self.deployment or self.services or self.pods:
            return True
        return False if self.deployments_read and self.services_read and self.pods_read else None

    @property
    def pooled(self) -> bool | None:
        """Whether it holds objects that an app definition owns too: those of a pool instance."""
        if (self.deployment and self.deployment.app_definition) or any(s.app_definition for s in self.services):
            return True
        return False if self.deployments_read and self.services_read else None


class Index:
    """A snapshot arranged so that the parts of any session, also of one read later, are found at once."""

    def __init__(self, sources: Lists) -> None:
        self._sources = sources
        self._app_definitions = {row.name: row for row in sources.app_definitions or ()}
        self._workspaces = {row.name: row for row in sources.workspaces or ()}
        self._deployments = {uid: row for row in sources.deployments or () if not row.sidecar for uid in row.sessions}
        self._services: dict[str, list[ServiceRow]] = {}
        for row in sources.services or ():
            for uid in row.sessions:
                self._services.setdefault(uid, []).append(row)
        self._pods = pods_by_deployment(sources)
        self._usage = {row.pod: row for row in sources.usage or ()}
        self._addresses = {
            (owner.uid, row.instance_id): row.addresses for row in sources.address_lists or () for owner in row.owners
        }
        self._sessions_of = collections.Counter(row.user for row in sources.sessions)

    def parts(self, session: SessionRow) -> SessionObjects:
        """What belongs to a session."""
        sources = self._sources
        app = self._app_definitions.get(session.app_definition)
        deployment = self._deployments.get(session.uid)
        pods = _in_order(self._pods.get(deployment.uid, ())) if deployment else ()
        container = ide_container(pods[0], app) if pods else None
        instance_id = _instance_id(session, deployment)
        return SessionObjects(
            session=session,
            app_definition=app,
            app_definitions_read=sources.app_definitions is not None,
            workspace=self._workspaces.get(session.workspace) if session.workspace else None,
            workspaces_read=sources.workspaces is not None,
            deployment=deployment,
            deployments_read=sources.deployments is not None,
            services=tuple(self._services.get(session.uid, ())),
            services_read=sources.services is not None,
            pods=pods,
            pods_read=sources.pods is not None and sources.deployments is not None,
            container=container,
            usage=ide_usage(container, self._usage.get(pods[0].name)) if pods else None,
            sessions_of_user=self._sessions_of[session.user],
            instance_id=instance_id,
            addresses=self._addresses.get((app.uid, instance_id)) if app and instance_id is not None else None,
        )


def join(sources: Lists, names: t.Collection[str] | None = None) -> t.Iterator[SessionObjects]:
    """Put each session, or each with one of these names, together with its objects, in the order of the sessions."""
    index = Index(sources)
    return (index.parts(session) for session in sources.sessions if names is None or session.name in names)


def pods_by_deployment(sources: Lists) -> dict[str, list[PodRow]]:
    """Deployment uid to its pods, through the ReplicaSets.

    Where ReplicaSets may not be read, the name that the Deployment controller gives them leads to the same Deployment:
    it is exactly the Deployment's name and the pod's template hash.
    """
    made_by = {row.uid: row.deployment for row in sources.replica_sets or ()}
    named = {row.name: row.uid for row in sources.deployments or ()}
    found: dict[str, list[PodRow]] = {}
    for pod in sources.pods or ():
        if sources.replica_sets is not None:
            deployment = made_by.get(pod.replica_set or "")
        else:
            deployment = named.get(pod.deployment_name or "")
        if deployment:
            found.setdefault(deployment, []).append(pod)
    return found


def _instance_id(session: SessionRow, deployment: DeploymentRow | None) -> int | None:
    """The pool instance that a session sits on: as annotated, else as its pool Deployment is called."""
    if session.instance_id is not None or deployment is None or not deployment.app_definition:
        return session.instance_id
    number = deployment.name.split("-")[1:2]
    return int(number[0]) if number and number[0].isdigit() else None


def _in_order(pods: t.Iterable[PodRow]) -> tuple[PodRow, ...]:
    """A pod that stays before one that goes, a ready one before the others, then the newest first."""
    newest = sorted(pods, key=lambda pod: (pod.created, pod.name), reverse=True)
    return tuple(sorted(newest, key=lambda pod: (pod.deleting, not pod.ready)))
