# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes take a pod."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.nodes import room_on, takes
from ansible_collections.eduide.theia.plugins.module_utils._platform.room import amounts, node_of, pod_on_node
from unit.verdict_world import ide, node, pod, running

EXAM = {"key": "exam", "value": "yes", "effect": "NoSchedule"}


def seen(*, labels=None, **spec):
    return node_of({"metadata": {"name": "n1", "labels": labels or {}}, "spec": spec, "status": {}})


@pytest.mark.parametrize(
    ("toleration", "takes_it"),
    [
        (None, False),
        ({"key": "exam", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}, True),
        ({"key": "exam", "value": "yes"}, True),
        ({"key": "exam", "value": "no"}, False),
        ({"key": "exam", "operator": "Exists"}, True),
        ({"key": "exam", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"operator": "Exists"}, True),
    ],
)
def test_taints_and_tolerations(toleration, takes_it):
    tolerations = [toleration] if toleration else []
    assert takes(seen(taints=[EXAM]), pod(ide(), tolerations=tolerations)) == takes_it


def test_a_taint_that_only_prefers_keeps_nobody_off():
    assert takes(seen(taints=[{**EXAM, "effect": "PreferNoSchedule"}]), pod(ide()))
    assert not takes(seen(taints=[{**EXAM, "effect": "NoExecute"}]), pod(ide()))


def test_a_cordoned_node_takes_nothing():
    assert not takes(seen(unschedulable=True), pod(ide()))


def test_a_node_selector_needs_all_its_labels():
    wanting = pod(ide(), nodeSelector={"pool": "exam", "zone": "a"})
    assert takes(seen(labels={"pool": "exam", "zone": "a"}), wanting)
    assert not takes(seen(labels={"pool": "exam"}), wanting)


@pytest.mark.parametrize(
    ("expression", "takes_it"),
    [
        ({"key": "zone", "operator": "In", "values": ["a", "b"]}, True),
        ({"key": "zone", "operator": "NotIn", "values": ["a"]}, False),
        ({"key": "other", "operator": "NotIn", "values": ["a"]}, True),
        ({"key": "zone", "operator": "Exists"}, True),
        ({"key": "zone", "operator": "DoesNotExist"}, False),
        ({"key": "size", "operator": "Gt", "values": ["7"]}, True),
        ({"key": "size", "operator": "Lt", "values": ["8"]}, False),
        ({"key": "zone", "operator": "Gt", "values": ["7"]}, False),
        ({"key": "metadata.name", "operator": "In", "values": ["n1"]}, True),
    ],
)
def test_a_node_affinity(expression, takes_it):
    def wanting(*terms):
        affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
        return pod(ide(), affinity={"nodeAffinity": affinity})

    labelled = seen(labels={"zone": "a", "size": "8"})
    assert takes(labelled, wanting({"matchExpressions": [expression]})) == takes_it
    # Of several terms one is enough; an empty one is none.
    assert takes(labelled, wanting({"matchExpressions": [expression]}, {})) == takes_it


def test_what_a_node_has_left():
    template = pod(ide({"memory": "1Gi"}))
    left = room_on(
        [node("a", memory="5Gi"), node("b", memory="2Gi")], [running("x", "a", template), running("y", None, template)]
    )
    assert left == {"a": amounts({"memory": "4Gi", "pods": "109"}), "b": amounts({"memory": "2Gi", "pods": "110"})}


def test_a_pod_that_is_over_takes_nothing():
    obj = {"metadata": {"name": "x", "namespace": "n"}, "spec": {"containers": []}, "status": {"phase": "Succeeded"}}
    assert pod_on_node(obj) is None
    assert pod_on_node({**obj, "status": {"phase": "Pending"}}).node is None


def test_an_autoscaler_is_known_by_its_marks():
    assert seen(labels={"karpenter.sh/nodepool": "exam"}).autoscaled
    assert not seen(labels={"pool": "exam"}).autoscaled
