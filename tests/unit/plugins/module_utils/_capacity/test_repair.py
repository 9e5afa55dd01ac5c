# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done about damaged instances; a held one gets its address list back, and nothing else."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.repair import KINDS, plan_repairs
from unit.pool_world import PARTS, PoolWorld

SUBSETS = [some for size in range(1, len(PARTS)) for some in itertools.combinations(PARTS, size)]

# What a claim makes a session an owner of.
CLAIMED = {"external", "internal", "deployment"}


@pytest.fixture
def world():
    world = PoolWorld(3)
    world.sleep(60)
    return world


def planned(world, *kinds):
    return plan_repairs(world.look(), kinds or KINDS, keycloak=True)


def test_nothing_is_repaired_where_nothing_is_wrong(world):
    world.claim(1)
    assert planned(world) == []


@pytest.mark.parametrize("left", SUBSETS, ids="+".join)
def test_of_half_an_instance_a_single_service_goes_and_the_rest_stays(world, left):
    world.lose(2, *(set(PARTS).difference(left)))
    [repair] = planned(world)
    services = {"external", "internal"}.intersection(left)
    wanted = [world.name(2, *services)] if len(services) == 1 else []
    assert (repair.kind, repair.instance_id, [part.name for part in repair.deletes]) == ("halves", 2, wanted)
    assert repair.touches


@pytest.mark.parametrize("left", [each for each in SUBSETS if CLAIMED.intersection(each)], ids="+".join)
def test_half_an_instance_that_a_session_holds_is_not_touched(world, left):
    session = world.claim(2)
    world.lose(2, *(set(PARTS).difference(left)))
    for repair in planned(world):
        assert repair.session == session["metadata"]["uid"]
        assert (repair.kept, repair.touches) == (repair.kind == "halves", False)


def test_an_empty_list_of_a_session_is_to_be_filled(world):
    world.claim(2)
    world._write(2, "email", {"data": {"authenticated-emails-list": ""}})
    [repair] = planned(world)
    assert (repair.kind, repair.deletes, repair.touches) == ("address_lists", (), False)
    world.end(2)
    assert planned(world, "address_lists") == []


def test_what_an_earlier_user_left_goes_with_the_whole_instance(world):
    world._write(2, "email", {"data": {"authenticated-emails-list": "ada@tum.de"}})
    assert planned(world) == [], "its release may still be under way"
    world.sleep(31)
    [repair] = planned(world)
    names = [world.name(2, part) for part in PARTS]
    assert (repair.kind, [part.name for part in repair.deletes]) == ("dirty", names)
    world.claim(2)
    assert planned(world) == []


def test_what_nothing_owns_is_deleted_unless_a_session_is_on_the_instance(world):
    world.disown(2, "external", "deployment")
    [repair] = planned(world, "ownerless")
    assert [part.kind for part in repair.deletes] == ["Service", "Deployment"]
    world.disown(3, "proxy")
    world.claim(3)
    assert [(each.instance_id, each.kept) for each in planned(world, "ownerless")] == [(2, False), (3, True)]


def test_old_missing_and_surplus_instances_need_no_more_than_a_look(world):
    world.works = False
    world.change(minInstances=4)
    world.lose(1, *PARTS)
    world.claim(3)
    assert [(r.instance_id, r.kind, r.deletes, r.touches) for r in planned(world, "outdated")] == [
        (1, "outdated", (), True),
        (2, "outdated", (), True),
        (4, "outdated", (), True),
    ]
    world.change(minInstances=0)
    assert [r.evidence for r in planned(world, "outdated")] == ["it is above the bound of 0"]


def test_only_the_named_kinds_are_planned(world):
    world.lose(1, "external")
    world.disown(2, "deployment")
    assert [r.kind for r in planned(world, "halves")] == ["halves"]
    assert [r.kind for r in planned(world, "ownerless")] == ["ownerless"]
