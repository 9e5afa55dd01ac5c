# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a stopped session's objects: nothing counts as clean before it is."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._platform.index import join
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.release import ending, leftovers_of
from unit.session_world import World


def eager_world(number=2):
    world = World()
    world.eager("s1", world.app_definition(), number)
    return world


def lazy_world():
    world = World()
    world.app_definition()
    world.running("s1")
    return world


def left_by(world, *, pooled):
    (parts,) = join(world.sources())
    return leftovers_of(parts, holds_slot=pooled)


def release(world, *, owner=True, labels=True, addresses=True, pod="new"):
    """What an operator does after a session was deleted; each step can be left out."""
    for kind in ("services", "deployments"):
        for obj in world.objects[kind]:
            metadata = obj["metadata"]
            if owner:
                metadata["ownerReferences"] = [o for o in metadata["ownerReferences"] if o["kind"] != "Session"]
            if labels:
                metadata["labels"] = {}
    if addresses:
        world.objects["address_lists"][0]["data"] = None
    old = world.objects["pods"][0]
    if pod == "new":
        world.objects["pods"] = []
        world.pod(world.objects["replica_sets"][0], container="java-17-latest", ready=False)
    if pod == "both":
        world.pod(world.objects["replica_sets"][0], container="java-17-latest", ready=False)
    if pod == "old-going":
        old["metadata"]["deletionTimestamp"] = "2027-02-11T08:59:59Z"
        world.pod(world.objects["replica_sets"][0], container="java-17-latest", ready=False)
    if pod == "none":
        world.objects["pods"] = []


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        pytest.param({}, "fresh", id="all-steps"),
        pytest.param({"pod": "old-going"}, "fresh", id="old-pod-still-going"),
        pytest.param({"owner": False}, None, id="still-owned"),
        pytest.param({"labels": False}, None, id="still-labelled"),
        pytest.param({"addresses": False}, None, id="still-admits-the-last-user"),
        pytest.param({"pod": "old"}, None, id="the-same-pod"),
        pytest.param({"pod": "both"}, None, id="the-old-pod-stays"),
        pytest.param({"pod": "none"}, None, id="no-pod-yet"),
    ],
)
def test_an_instance_is_fresh_only_after_every_step(steps, end):
    world = eager_world()
    left = left_by(world, pooled=True)
    assert ending(left, world.sources()) is None
    release(world, **steps)
    assert ending(left, world.sources()) == end
    assert ending(left, world.sources(without={"replica_sets"})) == end


def test_address_lists_of_other_instances_have_no_say():
    world = eager_world()
    other = world.app_definition("c-latest")
    left = left_by(world, pooled=True)
    release(world)
    world.address_list(other, 2, "eve@tum.de")
    world.address_list(world.objects["app_definitions"][0], 3, "eve@tum.de")
    assert ending(left, world.sources()) == "fresh"


def test_a_new_pod_that_goes_again_is_none():
    world = eager_world()
    left = left_by(world, pooled=True)
    release(world, pod="none")
    world.pod(world.objects["replica_sets"][0], container="java-17-latest", deleting=True)
    assert ending(left, world.sources()) is None


def test_an_instance_claimed_again_at_once_is_fresh_too():
    world = eager_world()
    left = left_by(world, pooled=True)
    release(world, addresses=False)
    for kind in ("services", "deployments"):
        for obj in world.objects[kind]:
            obj["metadata"]["ownerReferences"].append({"kind": "Session", "name": "s2", "uid": "the-next"})
    assert ending(left, world.sources()) == "fresh"


def test_an_instance_under_a_new_deployment_is_rebuilt():
    world = eager_world()
    left = left_by(world, pooled=True)
    release(world, pod="none")
    world.objects["deployments"][0]["metadata"]["uid"] = "another"
    assert ending(left, world.sources()) == "rebuilt"


@pytest.mark.parametrize(("number", "end"), [(3, None), (4, "removed")], ids=["within-the-bound", "above-the-bound"])
def test_an_instance_that_is_gone_was_removed_only_above_the_bound(number, end):
    world = eager_world(number)
    left = left_by(world, pooled=True)
    for kind in ("services", "deployments", "pods"):
        world.objects[kind] = []
    assert ending(left, world.sources()) == end


def test_an_instance_that_nobody_owns_is_no_slot_for_the_next_student():
    world = eager_world(4)
    left = left_by(world, pooled=True)
    release(world)
    for kind in ("services", "deployments"):
        for obj in world.objects[kind]:
            obj["metadata"]["ownerReferences"] = []
    assert ending(left, world.sources()) is None


def test_a_removed_instance_has_no_pod_left():
    world = eager_world(4)
    left = left_by(world, pooled=True)
    for kind in ("services", "deployments"):
        world.objects[kind] = []
    assert ending(left, world.sources()) is None


def test_a_pod_that_is_shutting_down_is_not_gone():
    world = lazy_world()
    left = left_by(world, pooled=False)
    world.objects["deployments"] = world.objects["services"] = []
    world.objects["pods"][0]["metadata"]["deletionTimestamp"] = "2027-02-11T08:59:59Z"
    assert ending(left, world.sources()) is None


@pytest.mark.parametrize("kind", ["deployments", "services", "pods"])
def test_a_lazy_session_is_gone_when_all_its_objects_are(kind):
    world = lazy_world()
    left = left_by(world, pooled=False)
    kept = copy.deepcopy(world.objects[kind])
    for each in ("deployments", "services", "pods"):
        world.objects[each] = []
    assert ending(left, world.sources()) == "gone"
    world.objects[kind] = kept
    assert ending(left, world.sources()) is None


def test_a_session_that_never_had_objects_is_gone_at_once():
    world = World()
    world.app_definition()
    world.session("s1", strategy="eager", operatorStatus="ERROR")
    assert ending(left_by(world, pooled=True), world.sources()) == "gone"
