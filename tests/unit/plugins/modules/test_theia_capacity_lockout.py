# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_capacity) does about pools in use: law 3 and law 15 through the module."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity import lockout
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.pool_world import NAME, PARTS, PoolWorld

RAISED = {"app_definitions": [{"name": NAME, "min_instances": 5}]}


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(lockout, "PATIENCE_SECONDS", 0.1)
    world = PoolWorld(3).led()
    world.sleep(60)
    for number, user in ((1, "ada@tum.de"), (2, "ben@tum.de")):
        world.claim(number, user)
    return world


@pytest.fixture
def run(cluster, world):
    def run(*, check=False, **options):
        cluster(world.gateway)
        options = {"namespace": "theia-prod", "quiet_seconds": 0.01, "quiet_wait_seconds": 5, **options}
        return module("theia_capacity", options, check=check)

    return run


def bound(world):
    return world.gateway.get(kinds.APP_DEFINITION, NAME)["spec"]["minInstances"]


@pytest.mark.parametrize("check", [False, True])
def test_a_change_that_would_lock_users_out_is_refused(run, world, check):
    done = run(**RAISED, check=check)
    assert (done["failed"], world.gateway.writes, done["applied"]) == (True, [], "no")
    assert "java: sessions are on 2 of its instances" in done["msg"]
    assert "say lockout=repair" in done["msg"]


def test_the_end_of_a_hold_that_would_lock_users_out_is_refused_too(run, world):
    run(**RAISED, hold="pgdp", lockout="accept")
    done = run(state="baseline", hold="pgdp")
    assert (done["failed"], bound(world)) == (True, 5)
    assert [each["outcome"] for each in done["app_definitions"]] == ["failed"]


def test_users_are_let_in_again(run, world):
    done = run(**RAISED, lockout="repair")
    assert (done.get("failed"), done["warnings"]) == (None, [])
    assert [world.address(number) for number in (1, 2)] == ["ada@tum.de", "ben@tum.de"]
    found = done["app_definitions"][0]["lockouts"]
    assert [(each["user"], each["outcome"], each["filled_by"]) for each in found] == [
        ("ada@tum.de", "restored", "eduide.theia"),
        ("ben@tum.de", "restored", "eduide.theia"),
    ]
    assert all(0.1 <= each["gap_seconds"] < 5 for each in found)


def test_a_lockout_that_the_caller_accepts_is_warned_of(run, world):
    [foretold] = run(**RAISED, lockout="accept", check=True)["warnings"]
    assert foretold.startswith("java: the app definition of instances that sessions are on would be changed")
    done = run(**RAISED, lockout="accept")
    assert (done.get("failed"), done["app_definitions"][0]["lockouts"]) == (None, [])
    [warned] = done["warnings"]
    assert warned.startswith("java: the app definition of instances that sessions are on was changed")
    assert not world.address(1)


def test_a_user_who_stays_locked_out_is_a_failure(run, world):
    def fail(verb, kind, _name):
        if (verb, kind) == ("patch", kinds.CONFIG_MAP):
            raise Forbidden("not allowed to patch configmaps")

    world.gateway.interceptors.append(fail)
    done = run(**RAISED, lockout="repair")
    assert (done["failed"], done["changed"], bound(world)) == (True, True, 5)
    assert "ada@tum.de on instance 1: its address list could not be written: not allowed" in done["msg"]


def test_while_sessions_are_released_nothing_is_changed(run, world):
    world.end(2)
    done = run(**RAISED, lockout="repair", hold="pgdp", quiet_wait_seconds=0)
    assert (done["failed"], done["changed"], world.gateway.writes) == (True, False, [])
    assert done["app_definitions"][0]["outcome"] == "late"
    assert "instance 2 still belongs to a session that is gone" in done["msg"]
    assert "run the task again later" in done["msg"]
    world.release(2)
    world.sleep(60)
    again = run(**RAISED, lockout="repair", hold="pgdp", quiet_wait_seconds=5)
    assert (again.get("failed"), bound(world)) == (None, 5)
    assert all(world.parts(number) == set(PARTS) for number in range(1, 6))


def test_an_operator_that_ended_is_told(run, world):
    def end(verb, kind, _name):
        if (verb, kind) == ("patch", kinds.APP_DEFINITION):
            world.gateway.change(kinds.LEASE, "theia-cloud-operator-leaders", {"spec": {"holderIdentity": "second"}})

    world.gateway.change(kinds.LEASE, "theia-cloud-operator-leaders", {"spec": {"holderIdentity": "first"}})
    world.gateway.interceptors.append(end)
    done = run(**RAISED, lockout="repair")
    assert any("the operator ended while the pools were changed" in text for text in done["warnings"])
    assert done.get("failed") is None
