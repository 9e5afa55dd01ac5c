# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a verdict looks at of a snapshot: candidates with their free instances, and the cluster around them."""

from __future__ import annotations

import math
import typing as t

from ..._common.quantities import thousandths
from ..._platform.room import PodTemplate, pod_template
from ..._platform.workloads import instance_id
from .question import Candidate, Competitor, Seat, Storage, Surroundings

if t.TYPE_CHECKING:
    from ..._platform.lists import Snapshot
    from ..._platform.operator import Operator
    from ..._platform.pool import Instance, Pool
    from ..._platform.room import PodMaker, PodOnNode
    from ..._platform.rows import AppDefinitionRow, SessionRow
    from ..._platform.snapshot import Part

PARTS: tuple[Part, ...] = ("quota_rules", "limit_ranges", "pod_makers", "nodes", "pods_everywhere")
# Instead of the last one, which takes rights in the whole cluster.
PARTS_HERE: tuple[Part, ...] = ("pods_here",)

_PROXY = pod_template({"containers": [{"name": "oauth2-proxy"}]}).containers
_WITHOUT = {
    "quota_rules": "quotas could not be read",
    "limit_ranges": "limit ranges could not be read",
    "pod_makers": "the Deployments could not be read",
    "pods_here": "pods could not be read",
}


class VerdictView:
    """An installation, and what of the cluster decides about new pods."""

    def __init__(
        self,
        apps: t.Mapping[str, AppDefinitionRow],
        pools: t.Mapping[str, Pool],
        operator: Operator | None,
        room: Snapshot,
        sessions: t.Sequence[SessionRow] = (),
    ) -> None:
        self._apps, self._pools, self._operator, self._sessions, self._room = apps, pools, operator, sessions, room
        everywhere = room.lists.pods_everywhere
        found = room.lists.pods_here if everywhere is None else everywhere
        self._pods = [pod for pod in found or () if pod.namespace == room.namespace]
        self._of_deployment: dict[str | None, list[PodOnNode]] = {}
        for pod in self._pods:
            if not pod.deleting:
                self._of_deployment.setdefault(pod.deployment, []).append(pod)
        self._makers = room.lists.pod_makers or ()
        self._of_pools = {
            (owner.uid, instance_id(maker.name)): maker
            for maker in self._makers
            for owner in maker.owners
            if not maker.sidecar
        }

    def candidate(self, name: str, *, with_workspaces: bool = False) -> Candidate:
        app, operator = self._apps[name], self._operator
        eager, keycloak = operator is None or operator.eager, operator is None or operator.keycloak
        ide = self._template(app, keycloak=keycloak)
        pool = self._pools[name]
        free = [instance for instance in pool.instances if instance.free] if eager else []
        sessions = [session for session in self._sessions if session.app_definition == name]
        most = app.values["max_instances"]
        limited = most is not None and most >= 0
        return Candidate(
            name=name,
            seats=tuple(seat for one in sorted(free, key=lambda one: one.id) if (seat := self._seat(app, one))),
            session_pods=(ide._replace(claims=with_workspaces), *app.pods[1:]),
            instance_pod=ide,
            keycloak=keycloak,
            storage=self._storage() if with_workspaces else None,
            left_by_service=(most or 0) - sum(s.error is None for s in sessions) if limited else math.inf,
            left_by_operator=(most or 0) - sum(s.operator_status != "ERROR" for s in sessions) if limited else math.inf,
            max_instances=most,
        )

    def surroundings(self, names: t.Collection[str], *, with_workspaces: bool = False) -> Surroundings:
        """Everything but the free instances of these app definitions."""
        lists = self._room.lists
        known = lists.nodes is not None and lists.pods_everywhere is not None
        return Surroundings(
            quotas=tuple(lists.quota_rules or ()),
            limit_ranges=None if lists.limit_ranges is None else tuple(lists.limit_ranges),
            nodes=tuple(lists.nodes or ()) if known else None,
            pods=tuple(lists.pods_everywhere or ()) if known else tuple(self._pods),
            competitors=tuple(self._competitors(names)),
            sessions_per_user=self._operator.sessions_per_user if self._operator else None,
            doubts=tuple(self._doubts(names, with_workspaces=with_workspaces)),
        )

    def pods_of(self, name: str, instances: t.Iterable[Instance]) -> list[PodOnNode]:
        """The pods that these instances have now and that are not ending."""
        makers = [self._maker(self._apps[name], instance) for instance in instances]
        return [pod for maker in makers if maker for pod in self._of_deployment.get(maker.name, ())]

    def _template(self, app: AppDefinitionRow, *, keycloak: bool) -> PodTemplate:
        """As the pool has it, for an operator may have templates of its own; else as the platform's makes it."""
        for (uid, number), maker in self._of_pools.items():
            if uid == app.uid and number is not None and maker.generation in (None, app.generation):
                return maker.template
        ide = app.pods[0]
        return ide._replace(containers=(*_PROXY, *ide.containers)) if keycloak else ide

    def _maker(self, app: AppDefinitionRow, instance: Instance) -> PodMaker | None:
        return self._of_pools.get((app.uid, instance.id))

    def _seat(self, app: AppDefinitionRow, instance: Instance) -> Seat | None:
        """None for one with a ready pod that is not ready itself: without both Services nobody is put there."""
        if instance.ready:
            return "warm" if instance.warm else "ready"
        if self._maker(app, instance) is None:
            return "stuck"
        pods = self.pods_of(app.name, [instance])
        if any(pod.ready for pod in pods):
            return None
        if not pods:
            return "missing"
        if any(pod.troubled for pod in pods):
            return "stuck"
        return "starting" if any(pod.node for pod in pods) else "unplaced"

    def _storage(self) -> Storage:
        operator = self._operator
        size = operator.requested_storage if operator else None
        return Storage(thousandths(size or "250Mi"), operator.storage_class if operator else None)

    def _competitors(self, names: t.Collection[str]) -> t.Iterator[Competitor]:
        """Pods without a node, wherever they are, and pods that a Deployment of this namespace has not got yet."""
        seats = {
            maker.name
            for name in names
            for instance in self._pools[name].instances
            if instance.free and (maker := self._maker(self._apps[name], instance))
        }
        for pod in self._room.lists.pods_everywhere or self._pods:
            here = pod.namespace == self._room.namespace
            if pod.node is None and not pod.deleting and not (here and pod.deployment in seats):
                yield Competitor(pod.template, exists=True)
        for maker in self._makers:
            if maker.name not in seats:
                for _unused in range(maker.replicas - len(self._of_deployment.get(maker.name, ()))):
                    yield Competitor(maker.template, exists=False)

    def _doubts(self, names: t.Collection[str], *, with_workspaces: bool) -> t.Iterator[str]:
        for part, text in _WITHOUT.items():
            if part in self._room.missing:
                yield text
        if self._operator is None:
            yield "how the operator runs is not known"
        instances = [instance for name in names for instance in self._pools[name].instances if instance.free]
        if outdated := sum(not instance.current for instance in instances):
            yield f"{outdated} free instances are outdated, and are rebuilt at some time, with two pods for a moment"
        if dirty := sum(instance.dirty for instance in instances):
            yield f"{dirty} free instances are dirty: whoever gets one gets the files of an earlier student"
        on_workspaces = [s for s in self._sessions if s.app_definition in names and s.workspace]
        if on_workspaces and not with_workspaces:
            yield f"{len(on_workspaces)} sessions are on workspaces, and no volumes of new ones are counted"
