# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 15: whether a pool is quiet enough for a change, and whole after it."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.quiet import incomplete, releases, went
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from unit.pool_world import PARTS, PoolWorld


@pytest.fixture
def world():
    world = PoolWorld(3)
    world.sleep(60)
    return world


def texts(world):
    return [each.text for each in incomplete(world.look(), keycloak=True)]


def test_a_pool_that_sessions_hold_and_nobody_leaves_is_quiet(world):
    world.claim(1)
    world.claim(2)
    assert releases(world.look(), 5) == ()


def test_a_session_that_is_gone_and_still_owns_its_instance_is_being_released(world):
    world.claim(2)
    world.end(2)
    assert releases(world.look(), 5) == ("instance 2 still belongs to a session that is gone",)


def test_a_session_on_its_way_out_counts_from_the_beginning(world):
    world.claim(2)
    world.gateway.change(kinds.SESSION, "session-2", {"metadata": {"deletionTimestamp": "2027-02-11T08:31:00Z"}})
    assert releases(world.look(), 5) == ("instance 2 belongs to session session-2, which is being deleted",)


def test_an_instance_that_was_given_back_is_loud_for_a_moment(world):
    world.claim(2)
    world.sleep(60)
    world.end(2)
    world.release(2)
    assert releases(world.look(), 5) == ("instance 2 was given back a moment ago",)
    world.sleep(4)
    assert releases(world.look(), 5)
    world.sleep(2)
    assert releases(world.look(), 5) == ()


def test_traces_of_a_session_are_part_of_its_release_for_half_a_minute(world):
    world.claim(2)
    world.sleep(60)
    world.end(2)
    world.disown(2, "deployment")
    owners = world.live(1, "external")["metadata"]["ownerReferences"]
    for part in ("external", "internal"):
        world._write(2, part, {"metadata": {"ownerReferences": owners}})
    world.sleep(29)
    assert releases(world.look(), 5)
    world.sleep(2)
    assert releases(world.look(), 5) == (), "it is dirty, and nobody is at work on it"


def test_instances_that_were_just_built_say_nothing_of_sessions():
    assert releases(PoolWorld(3).look(), 5) == ()


def test_the_services_of_sidecars_are_built_anew_at_every_touch_and_that_is_no_rebuild(world):
    """A change of metadata is enough for these, and it cycles no instance."""
    owners = world.live(1, "external")["metadata"]["ownerReferences"]
    name = world.name(1, "external").replace("instance-1-", "instance-1-langserver-")
    metadata = {"name": name, "labels": {names.SIDECAR_LABEL: "langserver"}, "ownerReferences": owners}
    metadata |= {"creationTimestamp": "2027-02-11T08:00:00Z"}
    world.gateway.put(kinds.SERVICE, {"metadata": dict(metadata)})
    earlier = world.look()
    assert [part.role for part in earlier.instances[1].others] == ["sidecar"]
    world.gateway.remove(kinds.SERVICE, name)
    world.gateway.put(kinds.SERVICE, {"metadata": {**metadata, "uid": "another"}})
    assert went(earlier, world.look()) == ()
    assert texts(world) == []


def test_what_goes_between_two_looks_is_noticed_and_what_comes_is_not(world):
    world.claim(1)
    earlier = world.look()
    world.claim(2)
    assert went(earlier, world.look()) == ()
    world.end(1)
    world.release(1)
    world.lose(3, "external")
    assert went(earlier, world.look()) == ("a session left instance 1", "instance 3 is being rebuilt")


def test_a_pool_as_its_app_definition_wants_it_lacks_nothing(world):
    world.claim(1)
    assert texts(world) == []


@pytest.mark.parametrize("part", PARTS)
def test_whatever_part_is_missing_is_named(world, part):
    named = {"external": "external Service", "internal": "internal Service", "proxy": "proxy ConfigMap"}
    named |= {"email": "address list", "deployment": "Deployment"}
    world.lose(2, part)
    assert texts(world) == [f"instance 2 has no {named[part]}"]


def test_an_id_without_anything_an_old_one_and_one_too_many(world):
    world.works = False
    world.lose(1, *PARTS)
    world.change(minInstances=2)
    world.build(1)
    world.lose(2, *PARTS)
    assert texts(world) == ["instance 2 does not exist", "instance 3 is above the bound of 2"]
    world.build(2)
    world.change(maxInstances=7)
    assert texts(world)[:2] == ["instance 1 is of an earlier generation", "instance 2 is of an earlier generation"]


def test_of_a_held_instance_only_the_config_maps_have_to_be_current(world):
    world.claim(2)
    world.works = False
    world.change(maxInstances=7)
    for number in (1, 3):
        world.lose(number, *PARTS)
        world.build(number)
    [old] = incomplete(world.look(), keycloak=True)
    assert (old.id, old.held) == (2, True)
    world.lose(2, "proxy", "email")
    world.build(2)
    assert texts(world) == []


def test_an_id_whose_name_is_taken_is_not_waited_for(world):
    world.disown(2, *PARTS)
    assert texts(world) == []
