# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the verdict is about: app definitions that students choose from, and the cluster around them."""

from __future__ import annotations

import math
import typing as t

from ..._platform.room import ONE, Amounts, LimitRange, Node, PodOnNode, PodTemplate, Quota

Seat = t.Literal["warm", "ready", "starting", "unplaced", "missing", "stuck"]
"""A free instance: warm; ready, but dirty or outdated; on a node; without a node; without a pod; in trouble."""

_SESSION = {"count/sessions.theia.cloud": ONE, "count/httproutes.gateway.networking.k8s.io": ONE}
# A Deployment brings a ReplicaSet, a Service what leads to its pods.
DEPLOYMENT = {"count/deployments.apps": ONE, "count/replicasets.apps": ONE}
SERVICE = {
    "services": ONE,
    "count/services": ONE,
    "count/endpoints": ONE,
    "count/endpointslices.discovery.k8s.io": ONE,
}
CONFIG_MAP = {"configmaps": ONE, "count/configmaps": ONE}


class Storage(t.NamedTuple):
    """The volume of a new workspace."""

    amount: int
    storage_class: str | None


class Candidate(t.NamedTuple):
    """One app definition that further students may choose."""

    name: str
    seats: tuple[Seat, ...]
    """Its free instances, by id: the operator gives the lowest one first, whatever its state."""
    session_pods: tuple[PodTemplate, ...]
    """Those of a session without an instance: the IDE, and a pod for each sidecar."""
    instance_pod: PodTemplate
    keycloak: bool
    storage: Storage | None = None
    """None where no new workspace comes with a session."""
    left_by_service: float = math.inf
    """How many more sessions the REST service allows by C(maxInstances)."""
    left_by_operator: float = math.inf
    """The same as the operator counts, who looks only at sessions without an instance."""
    max_instances: int | None = None

    @property
    def claim_objects(self) -> dict[str, int]:
        """What a session brings that finds an instance."""
        if self.storage is None:
            return dict(_SESSION)
        counted = {"persistentvolumeclaims": ONE, "requests.storage": self.storage.amount}
        by_class = f"{self.storage.storage_class}.storageclass.storage.k8s.io/"
        counted |= {by_class + name: amount for name, amount in counted.items()} if self.storage.storage_class else {}
        return {
            **_SESSION,
            **counted,
            "count/workspaces.theia.cloud": ONE,
            "count/persistentvolumeclaims": ONE,
        }

    @property
    def session_objects(self) -> dict[str, int]:
        """What a session brings that finds none, beside its pods."""
        sidecars = len(self.session_pods) - 1
        return {
            **self.claim_objects,
            **times(DEPLOYMENT, 1 + sidecars),
            **times(SERVICE, 2 + sidecars),
            **(times(CONFIG_MAP, 2) if self.keycloak else {}),
        }


class Competitor(t.NamedTuple):
    """A pod that wants to start already and is none of those that students are to get."""

    template: PodTemplate
    exists: bool
    """Whether quotas have counted it already, and only a node is missing."""


class Surroundings(t.NamedTuple):
    quotas: tuple[Quota, ...] = ()
    limit_ranges: tuple[LimitRange, ...] | None = ()
    """None: they could not be read, so that nobody knows what they fill in."""
    nodes: tuple[Node, ...] | None = None
    """None: they could not be read."""
    pods: tuple[PodOnNode, ...] = ()
    competitors: tuple[Competitor, ...] = ()
    sessions_per_user: int | None = None
    doubts: tuple[str, ...] = ()
    """Why not even an exact calculation would be exact."""


def times(counted: Amounts, number: float) -> dict[str, int]:
    return {name: int(amount * number) for name, amount in counted.items()}
