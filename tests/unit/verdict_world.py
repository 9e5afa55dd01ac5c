# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as a verdict sees them, from few words; and a cluster that acts, to hold verdicts against."""

from __future__ import annotations

import random
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.question import (
    Candidate,
    Surroundings,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.room import (
    ONE,
    Amounts,
    LimitItem,
    LimitRange,
    Node,
    PodOnNode,
    PodTemplate,
    Quota,
    amounts,
    pod_requests,
    pod_template,
)

PROXY = {"name": "oauth2-proxy"}
Words = t.Mapping[str, t.Any]


def ide(requests: Words | None = None, limits: Words | None = None, name: str = "ide") -> dict[str, t.Any]:
    return {"name": name, "resources": {"requests": dict(requests or {}), "limits": dict(limits or {})}}


def pod(*containers: Words, **spec: t.Any) -> PodTemplate:
    return pod_template({"containers": list(containers), **spec})


def candidate(template: PodTemplate | None = None, seats: t.Sequence[str] = (), **changes: t.Any) -> Candidate:
    template = template or pod(ide({"memory": "1Gi"}, {"memory": "2Gi"}))
    values = {"name": "java-17-latest", "session_pods": (template,), "instance_pod": template, "keycloak": False}
    return Candidate(**{**values, "seats": tuple(seats), **changes})


def quota(hard: Words, used: Words | None = None, *, scopes: t.Sequence[t.Any] = (), name: str = "quota") -> Quota:
    return Quota(name, amounts(hard), amounts(used), tuple(scopes))


def limit_range(kind: str = "Container", name: str = "limits", **fields: Words) -> LimitRange:
    order = ("minimum", "maximum", "default", "default_request", "ratio")
    return LimitRange(name, (LimitItem(kind, *(amounts(fields.get(field)) for field in order)),))


def defaults(**quantities: str) -> LimitRange:
    """The same default for requests and limits, as the API server completes it."""
    return limit_range(default=quantities, default_request=quantities)


def node(name: str, **allocatable: str) -> Node:
    return Node(name, {}, (), amounts({"pods": "110", **allocatable}))


def running(name: str, where: str | None, template: PodTemplate) -> PodOnNode:
    requests = pod_requests(template.containers)
    return PodOnNode(name, "theia", where, None, requests, True, False, False, template)


class Cluster:
    """Takes pods as admission and the scheduler do: as long as each quota, and any one node, has room."""

    def __init__(self, around: Surroundings, chance: random.Random) -> None:
        self.left = [dict(found.left) for found in around.quotas]
        self.rooms = [dict(found.allocatable) for found in around.nodes or ()]
        self.chance = chance

    def create(self, usage: Amounts) -> bool:
        """Whether quotas let it in."""
        counted = [{name: usage[name] for name in left.keys() & usage.keys()} for left in self.left]
        if any(
            left[name] < amount
            for left, found in zip(self.left, counted, strict=True)
            for name, amount in found.items()
        ):
            return False
        for left, found in zip(self.left, counted, strict=True):
            for name, amount in found.items():
                left[name] -= amount
        return True

    def place(self, template: PodTemplate) -> bool:
        """Put it on any node that has room."""
        needs = {**pod_requests(template.containers), "pods": ONE}
        fitting = [room for room in self.rooms if all(room.get(name, 0) >= amount for name, amount in needs.items())]
        if not fitting:
            return False
        room = self.chance.choice(fitting)
        for name, amount in needs.items():
            room[name] -= amount
        return True
