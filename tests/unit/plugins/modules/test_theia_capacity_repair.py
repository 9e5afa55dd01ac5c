# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option C(repair) of C(theia_capacity) on a gateway with an operator of April."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity import settle
from ansible_collections.eduide.theia.plugins.module_utils._common import waiting
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.pool_world import NAME, PARTS, PoolWorld

ALL = ["address_lists", "dirty", "ownerless", "halves", "outdated"]
EMAILS = "authenticated-emails-list"


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setitem(waiting.wait_until.__kwdefaults__, "interval_seconds", 0.01)
    monkeypatch.setattr(settle, "STALLED_SECONDS", 0.02)
    world = PoolWorld(5).led()
    world.sleep(60)
    return world


@pytest.fixture
def repair(cluster, world):
    def repair(*kinds_of_damage, check=False, **options):
        cluster(world.gateway)
        asked = {"app_definitions": [{"name": NAME}], "repair": list(kinds_of_damage), "lockout": "repair"}
        patience = {"quiet_seconds": 0.01, "quiet_wait_seconds": 1}
        return module("theia_capacity", {"namespace": "theia-prod", **patience, **asked, **options}, check=check)

    return repair


def damage(world):
    """One instance of each kind."""
    world.claim(1)
    world._write(1, "email", {"data": {EMAILS: ""}})
    world._write(2, "email", {"data": {EMAILS: "gone@tum.de"}})
    world.disown(3, *PARTS)
    world.lose(4, "external")
    world.lose(5, *PARTS)
    world.sleep(60)


def outcomes(result):
    return [(each["instance_id"], each["kind"], each["outcome"]) for each in result["repairs"]]


def whole(world):
    return all(world.parts(number) == set(PARTS) for number in range(1, 6))


REPAIRED = [
    (1, "address_lists", "repaired"),
    (2, "dirty", "repaired"),
    (3, "ownerless", "repaired"),
    (4, "halves", "repaired"),
    (5, "outdated", "repaired"),
]


def test_every_kind_of_damage_is_mended(repair, world):
    damage(world)
    mine = world.live(1, "external")["metadata"]["uid"]
    done = repair(*ALL)
    assert (done.get("failed"), done["changed"], sorted(outcomes(done))) == (None, True, REPAIRED)
    assert whole(world)
    assert (world.address(1), world.address(2)) == ("ada@tum.de", "")
    assert world.live(1, "external")["metadata"]["uid"] == mine
    again = repair(*ALL)
    assert (again["changed"], again["repairs"]) == (False, [])


def test_in_check_mode_the_same_is_told_and_nothing_sent(repair, world):
    damage(world)
    before = list(world.gateway.writes)
    done = repair(*ALL, check=True)
    assert (done["changed"], sorted(outcomes(done))) == (True, REPAIRED)
    assert all(each["would"] and each["evidence"] for each in done["repairs"])
    assert world.gateway.writes == before


def test_only_what_is_named_is_repaired(repair, world):
    damage(world)
    done = repair("address_lists")
    assert outcomes(done) == REPAIRED[:1]
    assert [write[:2] for write in world.gateway.writes] == [("patch", "configmaps"), ("patch", "pods")]


def test_an_instance_that_a_session_holds_waits_for_its_end(repair, world):
    world.claim(2)
    world.lose(2, "internal")
    world.sleep(60)
    done = repair("halves")
    assert (done.get("failed"), done["changed"], outcomes(done)) == (None, False, [(2, "halves", "kept_claimed")])
    assert done["warnings"] == ["java: instance 2: session session-2 is on it; repair it when that has ended"]
    assert world.gateway.writes == []


def test_deletes_name_what_was_seen(repair, world):
    world.lose(4, "external")
    seen = world.live(4, "internal")["metadata"]
    repair("halves")
    (deleted,) = [write for write in world.gateway.writes if write[0] == "delete"]
    assert deleted[3] == {"uid": seen["uid"], "resourceVersion": seen["resourceVersion"]}


def test_while_sessions_are_released_nothing_is_rebuilt(repair, world):
    world.lose(4, "external")
    world.claim(2)
    world.end(2)
    done = repair("halves", quiet_wait_seconds=0)
    assert (done["failed"], outcomes(done)) == (True, [(4, "halves", "late")])
    assert "instance 2 still belongs to a session that is gone" in done["msg"]
    assert world.gateway.writes == []


def test_a_touch_that_would_lock_users_out_is_refused(repair, world):
    """What changed while no operator led has left address lists of an earlier generation."""
    world.claim(1)
    world.works = False
    world.change(maxInstances=7)
    world.sleep(60)
    done = repair("outdated", lockout="refuse")
    assert (done["failed"], {each["outcome"] for each in done["repairs"]}) == (True, {"refused"})
    assert "say lockout=repair" in done["msg"]
    assert world.gateway.writes == []


def test_what_may_not_be_deleted_is_told(repair, world):
    def fail(verb, kind, _name):
        if (verb, kind) == ("delete", kinds.SERVICE):
            raise Forbidden("not allowed to delete services")

    world.lose(4, "external")
    world.gateway.interceptors.append(fail)
    done = repair("halves")
    assert (done["failed"], outcomes(done)) == (True, [(4, "halves", "failed")])
    assert "java: instance 4: not allowed to delete services" in done["msg"]


@pytest.mark.parametrize("check", [False, True])
def test_without_an_operator_nothing_is_begun(repair, world, check):
    world.lose(4, "external")
    world.gateway.remove(kinds.LEASE, "theia-cloud-operator-leaders")
    done = repair("halves", check=check)
    assert (done["failed"], world.gateway.writes) == (True, [])
    assert "no operator leads" in done["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_without_an_operator_students_are_let_in_all_the_same_and_that_is_told(repair, world, check):
    damage(world)
    world.gateway.remove(kinds.LEASE, "theia-cloud-operator-leaders")
    done = repair("address_lists", "halves", check=check)
    assert (done["failed"], done["changed"], outcomes(done)) == (True, True, [(1, "address_lists", "repaired")])
    assert "no operator leads" in done["msg"]


def test_a_change_and_a_repair_are_one_task(repair, world):
    world.lose(4, "external")
    done = repair("halves", app_definitions=[{"name": NAME, "min_instances": 4}], hold="pgdp")
    assert (done.get("failed"), whole(world) or world.parts(5) == set()) == (None, True)
