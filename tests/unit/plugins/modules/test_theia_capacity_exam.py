# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_capacity) does about the time of an exam: its start, its time limits, and who changes it meanwhile."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.pool_world import NAME, PoolWorld

MONITOR = {"port": 3000, "activityTracker": {"timeoutAfter": 30, "notifyAfter": 20}}
# Two minutes and ten hours after what the clock of the gateway says.
SOON, LATER = "2027-02-11T08:32:00Z", "2027-02-11T18:30:00Z"


@pytest.fixture
def world():
    world = PoolWorld(3).led()
    world.change(timeout=120, monitor=MONITOR)
    world.sleep(0)
    return world


@pytest.fixture
def run(cluster, world):
    def run(check=False, **options):
        cluster(world.gateway)
        asked = {"hold": "pgdp", "app_definitions": [{"name": NAME, "min_instances": 5}]}
        patience = {"quiet_seconds": 0, "quiet_wait_seconds": 5}
        return module("theia_capacity", {"namespace": "theia-prod", **patience, **asked, **options}, check=check)

    return run


def spec(world):
    return world.gateway.get(kinds.APP_DEFINITION, NAME)["spec"]


@pytest.mark.parametrize("check", [False, True])
def test_warm_instances_that_are_not_back_at_the_start_are_left(run, world, check):
    done = run(check=check, hold_from=SOON)
    assert (done["failed"], done["changed"], world.gateway.writes) == (True, False, [])
    assert done["app_definitions"][0]["outcome"] == "late"
    assert "java: 3 instances are warm now, and with the change all are cold until about" in done["msg"]
    assert "say late=true" in done["msg"]


@pytest.mark.parametrize("options", [{"hold_from": LATER}, {"hold_from": SOON, "late": True}])
def test_with_time_or_with_a_word_the_change_is_made(run, world, options):
    done = run(**options)
    assert (done.get("failed"), spec(world)["minInstances"]) == (None, 5)


@pytest.mark.parametrize("readable", [True, False])
def test_check_mode_counts_the_pool_as_it_is_and_says_for_how_long_nothing_is_warm(run, world, readable):
    """Of a bound that is not raised yet nothing is missing."""

    def refuse(verb, kind, _name):
        if (verb, kind) == ("list", kinds.POD) and not readable:
            raise Forbidden("no right to list pods")

    world.gateway.interceptors.append(refuse)
    [foretold] = run(check=True, app_definitions=[{"name": NAME, "min_instances": 63}], accept=["verdict"])[
        "app_definitions"
    ]
    assert (foretold["before"]["min_instances"], foretold["after"]["min_instances"]) == (3, 63)
    counts = {state: foretold["pool"][state] for state in ("warm", "cold", "total", "missing")}
    assert counts == {"warm": 3, "cold": 0, "total": 3, "missing": []}
    assert foretold["pods"] == {"starts": 60, "rebuilds": 3, "removes": 0, "warm_lost": 3, "cold_seconds": 180}


@pytest.mark.parametrize("refused", [True, False])
def test_why_pods_are_not_there_is_read_where_everybody_may_look(run, world, refused):
    """Events may not be read; that pods were refused stands on their Deployments."""
    message = 'pods "x" is forbidden: exceeded quota: theia, requested: pods=1'
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}

    def interfere(verb, kind, _name):
        if (verb, kind) == ("list", kinds.EVENT):
            raise Forbidden("no right to list events")
        if (verb, kind) == ("list", kinds.DEPLOYMENT) and spec(world)["minInstances"] == 5:
            for number in range(1, 6):
                status = {"readyReplicas": 0, "conditions": [failure] if refused else []}
                if world.live(number, "deployment"):
                    world.gateway.change(kinds.DEPLOYMENT, world.name(number, "deployment"), {"status": status})

    world.gateway.interceptors.append(interfere)
    done = run(wait=True, wait_timeout_seconds=0)
    assert done["failed"]
    [cause, unread] = done["causes"]
    assert unread.startswith("not everything could be looked at: no right to list events; readiness names")
    if refused:
        assert cause == "5 × pods refused: exceeded quota: theia, requested: pods=1"
        return
    assert cause.startswith("no pod was created for 0 s for instances java 1; java 2")
    assert "probably nobody reconciles Deployments (events, which would tell of a refusal, could not be read)" in cause


def test_both_time_limits_last_for_the_exam_and_come_back_in_one_patch(run, world):
    done = run(extend_time_limits=300)
    assert done.get("failed") is None, done["msg"]
    (patch,) = [write[3]["spec"] for write in world.gateway.writes if write[1] == "appdefinitions"]
    assert patch == {"minInstances": 5, "timeout": 300, "monitor": {"activityTracker": {"timeoutAfter": 300}}}
    assert spec(world)["monitor"] == {"port": 3000, "activityTracker": {"timeoutAfter": 300, "notifyAfter": 20}}
    run(state="baseline", app_definitions=None)
    assert (spec(world)["timeout"], spec(world)["minInstances"]) == (120, 3)
    assert spec(world)["monitor"] == MONITOR


def test_of_limits_that_have_to_wait_all_are_told_for_either_may_be_the_one(run, world):
    world.change(timeout=1440)
    world.sleep(0)
    run(extend_time_limits=300)
    world.claim(1)
    world.sleep(40 * 60)
    done = run(state="baseline", app_definitions=None)
    [warned] = done["warnings"]
    assert warned.startswith("java: its time limits (timeout_minutes 1440, inactive_minutes 300) are not shortened")
    assert done["app_definitions"][0]["after"]["inactive_minutes"] == 300


def test_limits_that_are_long_enough_or_absent_stay(run, world):
    world.change(timeout=0, monitor=None)
    run(extend_time_limits=300)
    assert (spec(world)["timeout"], spec(world).get("monitor")) == (0, None)


def test_limits_that_end_sessions_before_the_exam_is_over_are_warned_of(run, world):
    soon = {"hold_from": "2027-02-11T09:00:00Z", "hold_until": "2099-02-11T11:00:00Z"}
    [warned] = run(**soon)["warnings"]
    assert warned.startswith(
        "java: its time limits (timeout_minutes 120, inactive_minutes 30) may end the first session"
    )
    assert "at 2027-02-11 09:30 UTC, and the exam is over at 2099-02-11 11:00 UTC" in warned
    world.change(timeout=0, monitor=None)
    assert run(**soon)["warnings"] == []


def test_drift_names_what_was_wanted_who_wrote_and_when(run, world):
    run()
    owned = {"f:spec": {"f:minInstances": {}}}
    entry = {"manager": "argocd-controller", "time": "2027-02-11T03:17:51Z", "fieldsV1": owned}
    world.gateway.change(kinds.APP_DEFINITION, NAME, {"metadata": {"managedFields": [entry]}})
    world.change(minInstances=2)
    done = run(state="baseline", app_definitions=None)
    told = "min_instances should be 3, and argocd-controller at 2027-02-11T03:17:51Z wrote 2"
    assert (done["failed"], told in done["msg"]) == (True, True)


@pytest.mark.parametrize(
    ("live", "time", "foreign"),
    [(2, "2027-02-11T03:17:51Z", True), (3, "2027-02-11T18:17:51Z", True), (3, "2027-02-11T03:17:51Z", False)],
)
def test_whoever_looks_sees_what_an_exam_needs_and_lost(run, world, live, time, foreign):
    """A value that nobody meant, the baseline put back, and a run of ours that did not get so far."""
    run()
    entry = {"manager": "argocd-controller", "time": time, "fieldsV1": {"f:spec": {"f:minInstances": {}}}}
    world.gateway.change(kinds.APP_DEFINITION, NAME, {"metadata": {"managedFields": [entry]}})
    world.change(minInstances=live)
    (app,) = module("theia_capacity_info", {"namespace": "theia-prod"})["app_definitions"]
    who = {"manager": "argocd-controller", "at": time} if foreign else {"manager": None, "at": None}
    what = {"field": "min_instances", "path": "/spec/minInstances", "wanted": 5, "live": live}
    assert app["drift"] == [{**what, "by_another_client": foreign, **who}]
    world.change(minInstances=5)
    (app,) = module("theia_capacity_info", {"namespace": "theia-prod"})["app_definitions"]
    assert app["drift"] == []


def test_an_exam_that_is_named_alone_holds_again_what_it_held(run, world):
    """Limits that it asked for come back as well; whoever sits it by now is not counted on top."""
    asked = {"name": NAME, "warm": 5, "max_instances": 120}
    alone = {"app_definitions": None, "drift": "overwrite", "lockout": "accept", "wait": True, "settle_seconds": 0}
    run(app_definitions=[asked])
    held = spec(world)["minInstances"], spec(world)["maxInstances"]
    world.claim(1)
    world.change(minInstances=1, maxInstances=50)
    world.sleep(60)
    foretold = run(check=True, **alone)
    assert spec(world)["minInstances"] == 1
    done = run(**alone)
    assert done.get("failed") is None, done["msg"]
    assert [app["after"] for app in foretold["app_definitions"]] == [app["after"] for app in done["app_definitions"]]
    assert (spec(world)["minInstances"], spec(world)["maxInstances"]) == held
    [hold] = done["app_definitions"][0]["ledger"]["holds"]
    assert hold["asked"] == {"warm": 5, "max_instances": 120}
    writes = len(world.gateway.writes)
    assert (run(**alone)["changed"], len(world.gateway.writes)) == (False, writes)


@pytest.mark.parametrize(
    ("name", "nothing", "told"), [("pgdpp", None, "pgdp holds something"), ("pgdp", [], "nor does any other exam")]
)
def test_one_that_holds_nothing_has_to_say_what_it_needs(run, world, name, nothing, told):
    run()
    if name == "pgdp":
        run(state="baseline", app_definitions=None)
    writes = len(world.gateway.writes)
    done = run(hold=name, app_definitions=nothing, drift="overwrite")
    assert done["failed"]
    assert f"exam {name}: it holds nothing here, and {told}; state the app_definitions that it needs" in done["msg"]
    assert len(world.gateway.writes) == writes


@pytest.mark.parametrize(
    ("verb", "kind", "told"),
    [
        ("create", kinds.CONFIG_MAP, "cannot create ConfigMap 'theia-capacity'"),
        ("patch", kinds.APP_DEFINITION, f"cannot patch AppDefinition '{NAME}'"),
    ],
)
def test_check_mode_fails_where_the_run_would_not_be_allowed(run, world, monkeypatch, verb, kind, told):
    def may(asked, resource, *_unused, **_named):
        return (asked, resource) != (verb, kind.plural)

    monkeypatch.setattr(world.gateway, "may", may)
    foretold = run(check=True, hold_from=LATER)
    assert (foretold["failed"], world.gateway.writes) == (True, [])
    assert told in foretold["msg"]
    assert "grant it with setup_access -e persona=exam_manager" in foretold["msg"]
