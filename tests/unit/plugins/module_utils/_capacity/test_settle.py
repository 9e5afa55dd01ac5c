# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 15 in time: a change waits for quiet pools, and what it leaves behind becomes whole."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.settle import (
    make_whole,
    wait_until_quiet,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from unit.pool_world import NAME, PARTS, PoolWorld

SUBSETS = [some for size in range(1, len(PARTS)) for some in itertools.combinations(PARTS, size)]


@pytest.fixture
def world():
    world = PoolWorld(3)
    world.sleep(60)
    world.time = 0.0
    return world


class Script:
    """What happens at which second."""

    def __init__(self, world, **acts):
        self.world, self.acts = world, acts

    def sleep(self, seconds):
        self.world.sleep(seconds)
        for moment in [key for key in self.acts if float(key[1:]) <= self.world.time]:
            self.acts.pop(moment)()


def quiet(world, script=None, **options):
    timing = {"clock": world.clock, "sleep": script.sleep if script else world.sleep}
    return wait_until_quiet(world.gateway, [NAME], **{"quiet_seconds": 5, "timeout_seconds": 120, **options}, **timing)


def whole(world, **options):
    return make_whole(world.gateway, [NAME], **{"keycloak": True, "timeout_seconds": 60, **options}, **world.timing)


def test_a_pool_that_nobody_holds_is_not_waited_for(world):
    assert quiet(world) == (False, {})
    assert world.time == 0


def test_where_sessions_hold_instances_they_are_watched_for_a_while(world):
    world.claim(1)
    assert quiet(world) == (True, {})
    assert 5 <= world.time < 7


def test_releases_are_waited_for_until_the_last_one_is_over(world):
    for number in (1, 2, 3):
        world.claim(number)
    script = Script(
        world,
        t2=lambda: world.end(1),
        t4=lambda: (world.end(2), world.release(1)),
        t6=lambda: world.release(2),
    )
    assert quiet(world, script) == (True, {})
    assert 11 <= world.time < 13


def test_a_release_that_comes_and_goes_between_two_looks_is_noticed(world):
    world.claim(1)
    script = Script(world, t3=lambda: (world.end(1), world.lose(1, *PARTS), world.build(1)))
    assert quiet(world, script) == (True, {})
    assert world.time >= 8


def test_a_release_that_does_not_end_is_told_when_the_time_is_over(world):
    world.claim(2)
    world.end(2)
    assert quiet(world) == (True, {NAME: "instance 2 still belongs to a session that is gone"})
    assert world.time == 120
    assert quiet(world, quiet_seconds=0, timeout_seconds=0).late, "no figure turns the law off"


@pytest.mark.parametrize("left", SUBSETS, ids="+".join)
def test_whatever_is_left_of_an_instance_becomes_whole(world, left):
    before = {part: world.live(1, part)["metadata"]["uid"] for part in PARTS}
    world.lose(2, *(set(PARTS).difference(left)))
    assert whole(world) == {}
    assert world.parts(2) == set(PARTS)
    assert before == {part: world.live(1, part)["metadata"]["uid"] for part in PARTS}, "the others are not touched"


def test_an_operator_at_work_is_not_disturbed(world):
    world.lose(2, "internal", "deployment")
    script = Script(world, t4=lambda: world.build(2, ["deployment"]), t8=lambda: world.build(2, ["internal"]))
    result = make_whole(world.gateway, [NAME], keycloak=True, timeout_seconds=60, clock=world.clock, sleep=script.sleep)
    assert (result, world.gateway.writes) == ({}, [])


def test_a_session_that_takes_half_an_instance_meanwhile_keeps_it(world):
    """Its Service has another version by then, and is left alone."""
    world.lose(2, "internal")

    def claim(verb, kind, _name):
        if (verb, kind) == ("delete", kinds.SERVICE):
            world.gateway.interceptors.clear()
            world.claim(2)

    world.gateway.interceptors.append(claim)
    assert whole(world) == {}
    assert world.parts(2) == {"external", "proxy", "email", "deployment"}


def test_what_no_operator_mends_is_told(world):
    world.works = False
    world.lose(2, "external", "proxy", "email", "deployment")
    assert whole(world) == {NAME: "instance 2 does not exist"}
    assert len([write for write in world.gateway.writes if write[0] == "patch"]) == 2


def test_a_look_that_fails_is_no_end(world):
    world.lose(2, "external")
    failures = iter([True, False, True, True])

    def fail(verb, kind, _name):
        if (verb, kind) == ("list", kinds.SERVICE) and next(failures, False):
            raise Unreachable("the connection broke")

    world.gateway.interceptors.append(fail)
    assert whole(world) == {}
