# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes take a pod, by what the scheduler filters, and how much room they have left."""

from __future__ import annotations

import collections
import typing as t

from ..._platform.room import ONE, Node, PodOnNode, PodTemplate, Requirement, Taint, Toleration

_KEEPING_OFF = frozenset({"NoSchedule", "NoExecute"})


def room_on(nodes: t.Iterable[Node], pods: t.Iterable[PodOnNode]) -> dict[str, dict[str, int]]:
    """What is left of each node; a pod that is ending still takes its part."""
    taken: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for pod in pods:
        if pod.node is not None:
            taken[pod.node].update({**pod.requests, "pods": ONE})
    return {
        node.name: {name: amount - taken[node.name][name] for name, amount in node.allocatable.items()}
        for node in nodes
    }


def takes(node: Node, template: PodTemplate) -> bool:
    """Whether the node takes pods of this template at all, room left aside."""
    return (
        all(node.labels.get(key) == value for key, value in template.node_selector.items())
        and (not template.node_terms or any(_meets(node, term) for term in template.node_terms))
        and all(
            any(_tolerates(toleration, taint) for toleration in template.tolerations)
            for taint in node.taints
            if taint.effect in _KEEPING_OFF
        )
    )


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect not in (None, "", taint.effect):
        return False
    if not toleration.key:
        return toleration.operator == "Exists"
    if toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or toleration.value == taint.value


def _meets(node: Node, term: t.Sequence[Requirement]) -> bool:
    """All expressions of a term; one without any meets nothing."""
    return bool(term) and all(_meets_one(node, requirement) for requirement in term)


def _meets_one(node: Node, requirement: Requirement) -> bool:
    key, operator, values = requirement
    found = node.name if key == "metadata.name" else node.labels.get(key)
    if operator in ("In", "NotIn"):
        return (found in values) == (operator == "In")
    if operator in ("Exists", "DoesNotExist"):
        return (found is not None) == (operator == "Exists")
    if found is None or not found.lstrip("-").isdecimal():
        return False
    return int(found) > int(values[0]) if operator == "Gt" else int(found) < int(values[0])
