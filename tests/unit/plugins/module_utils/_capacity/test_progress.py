# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a pool has come, as people say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.progress import describe_progress, step_of
from ansible_collections.eduide.theia.plugins.module_utils._capacity.wait import changes_of
from ansible_collections.eduide.theia.plugins.module_utils._platform.workloads import pod_row
from unit.capacity_world import UID, app_definition, pool_of

NOW = datetime(2027, 2, 11, 8, 30, tzinfo=UTC)


def pod(number, *, age=10, ready_after=None, node="node-1", waiting=None, phase="Pending", refused=False):
    created = NOW - timedelta(seconds=age)
    conditions = []
    if ready_after is not None:
        moment = (created + timedelta(seconds=ready_after)).isoformat()
        conditions.append({"type": "Ready", "status": "True", "lastTransitionTime": moment})
    if refused:
        conditions.append({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"})
    status = {"phase": phase, "conditions": conditions}
    if waiting:
        status["containerStatuses"] = [{"name": "ide", "state": {"waiting": {"reason": waiting}}}]
    metadata = {
        "name": f"instance-{number}-java-{UID[-12:]}-5d-x",
        "uid": f"uid-{number}",
        "creationTimestamp": created.isoformat(),
    }
    spec = {"containers": [{"name": "ide", "image": "ide:1"}], **({"nodeName": node} if node else {})}
    return pod_row({"metadata": metadata, "spec": spec, "status": status})


@pytest.mark.parametrize(
    ("found", "step"),
    [
        (None, "without a pod"),
        (pod(1, node=None, refused=True), "not scheduled"),
        (pod(1, node=None), "not scheduled"),
        (pod(1), "scheduled"),
        (pod(1, waiting="ContainerCreating"), "pulling image"),
        (pod(1, waiting="ImagePullBackOff"), "in trouble"),
        (pod(1, phase="Running"), "starting"),
    ],
)
def test_what_a_pod_is_at(found, step):
    assert step_of(found) == step


def told(pods, warm=55, minimum=60):
    return describe_progress(
        app_definition(minimum), pool_of(free=range(1, warm + 1)), pods, goal=minimum, now=NOW, elapsed=12.0
    )


def test_progress_says_how_many_what_the_others_are_at_and_how_long_it_takes():
    ready = [pod(number, age=300, ready_after=30) for number in range(1, 56)]
    rest = [pod(n, age=10, waiting="ContainerCreating") for n in (56, 57, 58)] + [pod(n, age=10) for n in (59, 60)]
    found = told([*ready, *rest])
    assert (found["warm"], found["goal"], found["cold"]) == (55, 60, 5)
    assert found["steps"] == {"scheduled": 2, "pulling image": 3}
    assert found["about_seconds"] == 20


def test_nobody_knows_how_long_what_cannot_start_takes():
    stuck = [pod(56, waiting="ImagePullBackOff")]
    assert told(stuck)["about_seconds"] is None
    assert told(None) == {**told([]), "steps": {}, "about_seconds": None}
    assert told([], warm=60)["about_seconds"] is None


def test_of_the_looks_of_a_wait_those_are_kept_that_saw_something_new_and_the_last_one():
    looks = [{"at": number, "counts": {"java": {"warm": warm}}} for number, warm in enumerate([0, 0, 3, 3, 3, 0, 0])]
    assert [look["at"] for look in changes_of(looks)] == [0, 2, 5, 6]
