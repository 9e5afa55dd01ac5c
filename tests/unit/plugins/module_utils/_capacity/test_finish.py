# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions that keep a bound from being restored are waited for, and the bound comes back when they have ended."""

from __future__ import annotations

from unittest import mock

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.care import Care
from ansible_collections.eduide.theia.plugins.module_utils._capacity.execute import run
from ansible_collections.eduide.theia.plugins.module_utils._capacity.finish import finish_draining
from ansible_collections.eduide.theia.plugins.module_utils._capacity.job import Job
from ansible_collections.eduide.theia.plugins.module_utils._capacity.send import merge_patch
from ansible_collections.eduide.theia.plugins.module_utils._capacity.terms import Desired, HoldTerms
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden, Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from unit.pool_world import NAME, PoolWorld

CARE = Care("repair", quiet_seconds=0, quiet_wait_seconds=5)
TERMS = HoldTerms("pgdp", None, None, "kubernetes")


def job(state):
    return Job(state, (Desired(NAME, None, {"min_instances": 6}),), TERMS, CARE)


@pytest.fixture
def world():
    """Raised from 3 to 6, with students on the fifth and the sixth instance."""
    world = PoolWorld(3).led()
    carry_out(world, "present")
    world.sleep(1)
    for number in (5, 6):
        world.claim(number)
    return world


def carry_out(world, state):
    return run(world.gateway, merge_patch(world.gateway), job(state), check_mode=False)


def finish(world, acts, seconds=60):
    """What became of it, what was reported, and what was written; acts happen at their seconds."""
    reports, first = [], carry_out(world, "baseline")
    assert first.changes[NAME].outcome == "draining"
    world.gateway.writes.clear()
    begin = world.time

    def sleep(lasting):
        world.sleep(lasting)
        for moment in [moment for moment in acts if moment <= world.time - begin]:
            acts.pop(moment)()

    done = finish_draining(
        world.gateway,
        merge_patch(world.gateway),
        job("baseline"),
        first,
        timeout_seconds=seconds,
        progress=mock.Mock(write=reports.append),
        clock=world.clock,
        sleep=sleep,
    )
    return done, reports


def leave(world, *numbers):
    def act():
        for number in numbers:
            world.end(number)
            world.release(number)

    return act


def minimum(world):
    return world.gateway.get(kinds.APP_DEFINITION, NAME)["spec"]["minInstances"]


def test_the_bound_comes_back_in_one_patch_when_the_last_one_has_left(world):
    done, reports = finish(world, {10: leave(world, 6), 20: leave(world, 5)})
    assert (done.changes[NAME].outcome, minimum(world), dict(done.problems)) == ("changed", 3, {})
    assert [write[1] for write in world.gateway.writes].count("appdefinitions") == 1
    assert [report["draining"] for report in reports][:: len(reports) - 1] == [2, 0]
    assert world.time < 40


def test_who_is_left_in_time_is_told_and_stays(world):
    done, reports = finish(world, {10: leave(world, 6)}, seconds=30)
    assert (done.changes[NAME].outcome, minimum(world), world.gateway.writes) == ("draining", 6, [])
    assert [claim.id for claim in done.changes[NAME].draining] == [5]
    assert 30 <= reports[-1]["seconds"] < 32
    assert dict(done.problems) == {}


def test_a_bad_look_ends_nothing_and_a_blind_wait_is_told(world):
    def blind(error, looks):
        left = [None] * looks

        def intercept(verb, kind, _name):
            if (verb, kind) == ("list", kinds.SESSION) and left:
                left.pop()
                raise error("no luck")

        return lambda: world.gateway.interceptors.append(intercept)

    done, _reports = finish(world, {5: blind(Unreachable, 1), 10: leave(world, 5, 6)})
    assert (done.changes[NAME].outcome, minimum(world)) == ("changed", 3)

    carry_out(world, "present")
    world.sleep(1)
    world.claim(6)
    done, _reports = finish(world, {5: blind(Forbidden, 99)})
    assert done.problems[NAME] == "no luck"
    assert minimum(world) == 6
