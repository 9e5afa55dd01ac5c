# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Setting bounds: both ways of writing, check mode, diff, one patch and no second one."""

from __future__ import annotations

import json

import pytest

from integration.ansible_run import connection, play, task
from integration.capacity_site import CapacitySite, desired

WRITE_PATHS = ("kubernetes", "service")


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


@pytest.fixture(params=WRITE_PATHS)
def api(request):
    return request.param


def writer(site, api):
    """Whose account patches app definitions."""
    return site.installation.user if api == "kubernetes" else site.installation.service.user


def patches_by(site, user, since):
    site._log_is_complete()
    return [
        event["requestObject"]["spec"]
        for event in site.lab.audit(user=user, namespace=site.namespace, since=since, verbs={"patch", "update"})
        if event["objectRef"]["resource"] == "appdefinitions"
    ]


@pytest.mark.both
def test_a_list_is_set_with_one_patch_each(site, api):
    first, second, third = (site.definition(0) for _unused in range(3))
    since = site.now()
    result = site.set(
        desired(first, min_instances=2, max_instances=30),
        desired(second, max_instances=40),
        desired(third, max_instances=1000),
        api=api,
    )
    assert [site.bounds(name) for name in (first, second, third)] == [(2, 30), (0, 40), (0, 1000)]
    assert [item["outcome"] for item in result["app_definitions"]] == ["changed", "changed", "unchanged"]
    assert result["changed"] is True
    assert len(patches_by(site, writer(site, api), since)) == 2


def test_only_what_differs_is_sent(site):
    name = site.definition(1)
    since = site.now()
    site.set(desired(name, min_instances=1, max_instances=20, timeout_minutes=90))
    [patch] = site.patches(since)
    assert patch["spec"] == {"maxInstances": 20, "timeout": 90}


def test_the_second_run_is_quiet(site, api):
    name = site.definition(0)
    asked = desired(name, min_instances=2, max_instances=30)
    site.set(asked, api=api)
    since = site.now()
    again = site.set(asked, api=api)
    assert again["changed"] is False
    assert [item["outcome"] for item in again["app_definitions"]] == ["unchanged"]
    assert site.writes(since) == []
    assert patches_by(site, site.installation.service.user, since) == []


def plan(result):
    """All but the pools, which are counted by the bounds that are there."""
    items = [{key: value for key, value in item.items() if key != "pool"} for item in result["app_definitions"]]
    return {**result, "app_definitions": items}


def test_check_mode_says_what_the_run_then_does_and_sends_nothing(site, api):
    first, second = site.definition(1), site.definition(0)
    site.installation.wait_warm(first, 1)
    asked = [desired(first, min_instances=3), desired(second, max_instances=50)]
    since = site.now()
    foretold = site.set(*asked, api=api, check=True, diff=True)
    assert site.writes(since) == []
    assert [site.bounds(name) for name in (first, second)] == [(1, 1000), (0, 1000)]
    assert plan(site.set(*asked, api=api, diff=True)) == plan(foretold)
    assert foretold["changed"] is True


def test_check_mode_foretells_a_hold_ledger_and_all(site):
    name = site.definition(1)
    site.installation.wait_warm(name, 1)
    asked = {"hold": "check-exam", "hold_until": "2099-02-11T11:00:00+01:00"}
    foretold = site.set(desired(name, min_instances=4), check=True, diff=True, **asked)
    assert name not in site.ledger()
    assert plan(site.set(desired(name, min_instances=4), diff=True, **asked)) == plan(foretold)
    assert foretold["app_definitions"][0]["ledger"]["holds"] == [
        {"exam": "check-exam", "asked": {"min_instances": 4}, "add": 3, "until": "2099-02-11T10:00:00Z", "ended": False}
    ]
    site.installation.wait_warm(name, 4)
    ended = {"state": "baseline", "hold": "check-exam"}
    foretold = site.set(desired(name), check=True, diff=True, **ended)
    assert name in site.ledger()
    assert plan(site.set(desired(name), diff=True, **ended)) == plan(foretold)
    assert name not in site.ledger()


def test_a_hold_through_the_service_is_in_the_ledger_like_any_other(site):
    name = site.definition(1)
    since = site.now()
    site.set(desired(name, min_instances=3), hold="service-exam", api="service")
    assert [write.split()[1] for write in site.writes(since)] == ["configmaps"]
    assert patches_by(site, site.installation.service.user, since) == [{"minInstances": 3}]
    assert site.ledger()[name]["written"] == [{"min_instances": 3}]
    assert site.set(desired(name), state="baseline", hold="service-exam", api="service")["precondition"] == "none"
    assert (site.bounds(name)[0], name in site.ledger()) == (1, False)


def test_the_diff_shows_each_changed_app_definition_by_name(site, tmp_path):
    first, second = site.definition(0), site.definition(0)
    asked = [desired(first, max_instances=30), desired(second, max_instances=1000)]
    run = play(
        tmp_path,
        [task("theia_capacity", app_definitions=asked)],
        "--check",
        "--diff",
        connection=connection(site.installation),
    ).good()
    shown = [line for line in run.output.splitlines() if line.startswith(("+", "-"))]
    assert shown[:2] == [f"--- before: {first}", f"+++ after: {first}"]
    assert [line.split() for line in shown[2:]] == [
        ["-", '"max_instances":', "1000,"],
        ["+", '"max_instances":', "30,"],
    ]
    assert second not in "\n".join(shown)


def pods(result):
    """What a change means for pods, but for how long none is warm."""
    return {count: value for count, value in result["app_definitions"][0]["pods"].items() if count != "cold_seconds"}


def test_the_plan_counts_the_pods_that_then_start(site):
    name = site.definition(3)
    site.installation.wait_warm(name, 3)
    since = site.now()
    result = site.set(desired(name, min_instances=8), wait=True)
    assert pods(result) == {"starts": 5, "rebuilds": 3, "removes": 0, "warm_lost": 3}
    assert site.pod_starts(since) == 8


def test_instances_that_go_are_foretold(site):
    name = site.definition(4)
    site.installation.wait_warm(name, 4)
    result = site.set(desired(name, min_instances=1))
    assert pods(result) == {"starts": 0, "rebuilds": 1, "removes": 3, "warm_lost": 4}
    for number in (2, 3, 4):
        site.gone(name, number)


@pytest.mark.parametrize("field", ["max_instances", "timeout_minutes"])
def test_a_change_beside_the_pool_rebuilds_it_and_says_so(site, field):
    name = site.definition(2)
    site.installation.wait_warm(name, 2)
    since = site.now()
    result = site.set(desired(name, **{field: 77}), wait=True)
    assert pods(result) == {"starts": 0, "rebuilds": 2, "removes": 0, "warm_lost": 2}
    assert site.pod_starts(since) == 2


def test_at_least_so_many_warm_sends_nothing_if_there_are_more(site):
    name = site.definition(3)
    site.installation.wait_warm(name, 3)
    since = site.now()
    assert site.set(desired(name, warm=2))["changed"] is False
    assert site.writes(since) == []


def test_fields_of_others_stay(site):
    name = site.definition(0)
    before = site.installation.get("appdefinitions", name)["spec"]
    site.set(desired(name, min_instances=1, max_instances=9, timeout_minutes=5))
    after = site.installation.get("appdefinitions", name)["spec"]
    changed = {"minInstances": 1, "maxInstances": 9, "timeout": 5}
    assert json.dumps(after, sort_keys=True) == json.dumps({**before, **changed}, sort_keys=True)
