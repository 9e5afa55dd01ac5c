# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody else writes between our look and our write: we look again and plan again, and overwrite nobody."""

from __future__ import annotations

import json

import pytest

from integration.capacity_site import LEDGER, CapacitySite, desired
from integration.module_run import process
from lab.faults import Hold, Rule, Status
from lab.proxy import FaultProxy

EXAM = "our-exam"
APP_DEFINITION = "/appdefinitions/"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[], running=[]))


@pytest.fixture
def proxy(control_plane):
    with FaultProxy.before(control_plane) as proxy:
        yield proxy


@pytest.fixture
def through(site, proxy, tmp_path):
    """the option that leads a run through the proxy."""
    config = proxy.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
    return {"kubeconfig": str(config)}


def definition(site, minimum=3):
    return site.definition(minimum, wait=False)


def statuses(proxy, verb, path):
    return [seen.status for seen in proxy.requests if seen.verb == verb and path in seen.target]


def test_a_change_of_another_field_is_kept(site, proxy, through):
    name = definition(site)
    proxy.add(Rule(Hold(lambda: site.patch(name, maxInstances=70)), verb="patch", path=APP_DEFINITION, count=1))
    result = site.set(desired(name, min_instances=10), hold=EXAM, **through)
    assert statuses(proxy, "patch", APP_DEFINITION) == [409, 200]
    [item] = result["app_definitions"]
    assert (item["outcome"], item["before"]["max_instances"], item["after"]["max_instances"]) == ("changed", 70, 70)
    assert site.bounds(name) == (10, 70)
    assert site.ledger()[name]["baseline"] == {"min_instances": 3}


@pytest.mark.parametrize("state", ["present", "baseline"])
def test_a_foreign_value_that_appears_between_look_and_patch_is_not_overwritten(site, proxy, through, state):
    name = definition(site)
    if state == "baseline":
        site.set(desired(name, min_instances=10), hold=EXAM)
    proxy.add(Rule(Hold(lambda: site.patch(name, minInstances=12)), verb="patch", path=APP_DEFINITION, count=1))
    asked = desired(name, min_instances=10) if state == "present" else desired(name)
    result = site.set(asked, state=state, hold=EXAM, **through)
    assert statuses(proxy, "patch", APP_DEFINITION) == [409]
    assert result["failed"] is True
    assert "min_instances=12" in result["msg"]
    assert site.bounds(name)[0] == 12


def test_only_the_one_that_was_changed_is_planned_again(site, proxy, through):
    changed, other = definition(site), definition(site)
    rule = Rule(
        Hold(lambda: site.patch(changed, maxInstances=70)), verb="patch", path=APP_DEFINITION + changed, count=1
    )
    proxy.add(rule)
    result = site.set(desired(changed, min_instances=10), desired(other, min_instances=10), hold=EXAM, **through)
    assert statuses(proxy, "patch", APP_DEFINITION + other) == [200]
    assert [item["outcome"] for item in result["app_definitions"]] == ["changed", "changed"]
    assert [item["before"]["min_instances"] for item in result["app_definitions"]] == [3, 3]
    assert (site.bounds(changed), site.bounds(other)) == ((10, 70), (10, 1000))


def test_whoever_never_comes_to_rest_is_left_after_four_tries(site, proxy, through):
    name = definition(site)
    maxima = iter(range(50, 100))
    proxy.add(Rule(Hold(lambda: site.patch(name, maxInstances=next(maxima))), verb="patch", path=APP_DEFINITION))
    result = site.set(desired(name, min_instances=10), hold=EXAM, **through)
    assert statuses(proxy, "patch", APP_DEFINITION) == [409, 409, 409, 409]
    assert result["failed"] is True
    assert name in result["msg"]
    assert [item["outcome"] for item in result["app_definitions"]] == ["failed"]
    assert site.bounds(name)[0] == 3
    # What was written before the patch is told, and a quieter moment ends in the same place as if nothing had been.
    assert result["app_definitions"][0]["ledger"]["holds"][0]["exam"] == EXAM
    assert site.set(desired(name, min_instances=10), hold=EXAM)["changed"] is True
    assert site.bounds(name)[0] == 10


def test_two_exams_that_write_the_ledger_at_once_are_both_in_it(site, proxy, through):
    name, other = definition(site), definition(site)

    def second_exam():
        run = process(
            "theia_capacity", site.options(app_definitions=[desired(other, min_instances=7)], hold="second-exam")
        )
        assert json.loads(run.communicate()[0])["changed"] is True

    # Whether the ledger is created or updated depends on what has run before.
    for verb in ("create", "update"):
        proxy.add(Rule(Hold(second_exam), verb=verb, path="/configmaps", count=1))
    result = site.set(desired(name, min_instances=10), hold=EXAM, **through)
    assert result["changed"] is True
    assert {*site.ledger()[name]["holds"], *site.ledger()[other]["holds"]} == {EXAM, "second-exam"}
    assert (site.bounds(name)[0], site.bounds(other)[0]) == (10, 7)


def test_a_ledger_that_cannot_be_written_keeps_bounds_as_they_are(site, proxy, through):
    name = definition(site)
    for verb in ("create", "update"):
        proxy.add(Rule(Status(403, message="no more room"), verb=verb, path="/configmaps"))
    result = site.set(desired(name, min_instances=10), hold=EXAM, **through)
    assert result["failed"] is True
    assert LEDGER in result["msg"]
    assert "no more room" in result["msg"]
    assert statuses(proxy, "patch", APP_DEFINITION) == []
    assert site.bounds(name)[0] == 3


def test_a_patch_that_is_refused_is_told_with_what_is_in_the_ledger(site, proxy, through):
    refused, fine = definition(site), definition(site)
    proxy.add(Rule(Status(422, message="spec: not like this"), verb="patch", path=APP_DEFINITION + refused))
    result = site.set(desired(refused, min_instances=10), desired(fine, min_instances=10), hold=EXAM, **through)
    assert result["failed"] is True
    assert "spec: not like this" in result["msg"]
    items = {item["name"]: item for item in result["app_definitions"]}
    assert (items[refused]["outcome"], items[fine]["outcome"]) == ("failed", "changed")
    assert items[refused]["after"] == items[refused]["before"]
    for name in (refused, fine):
        assert items[name]["ledger"]["holds"][0]["add"] == site.ledger()[name]["holds"][EXAM]["add"]
    assert site.set(desired(refused), desired(fine), state="baseline", hold=EXAM)["changed"] is True
    assert (site.bounds(refused)[0], site.bounds(fine)[0]) == (3, 3)
    assert not {refused, fine} & site.ledger().keys()


def test_a_ledger_that_changes_while_the_patch_is_out_is_settled_all_the_same(site, proxy, through):
    name, other = definition(site), definition(site)
    site.set(desired(name, min_instances=10), hold=EXAM)

    def second_exam():
        asked = {"app_definitions": [desired(other, min_instances=7)], "hold": "second-exam"}
        assert json.loads(process("theia_capacity", site.options(**asked)).communicate()[0])["changed"] is True

    proxy.add(Rule(Hold(second_exam), verb="patch", path=APP_DEFINITION, count=1))
    result = site.set(desired(name), state="baseline", hold=EXAM, **through)
    [item] = result["app_definitions"]
    assert (item["before"]["min_instances"], item["after"]["min_instances"], item["ledger"]) == (10, 3, None)
    assert (site.bounds(name)[0], site.bounds(other)[0]) == (3, 7)
    assert set(site.ledger()) >= {other}
    assert name not in site.ledger()


def test_what_was_done_is_told_when_a_later_look_ends_the_run(site, proxy, through):
    done, foreign = definition(site), definition(site)
    disturb = Hold(lambda: site.patch(foreign, minInstances=12))
    proxy.add(Rule(disturb, verb="patch", path=APP_DEFINITION + foreign, count=1))
    result = site.set(desired(done, min_instances=10), desired(foreign, min_instances=10), hold=EXAM, **through)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "min_instances=12" in result["msg"]
    items = {item["name"]: item for item in result["app_definitions"]}
    assert (items[done]["outcome"], items[done]["after"]["min_instances"]) == ("changed", 10)
    assert (items[foreign]["outcome"], items[foreign]["after"]) == ("failed", items[foreign]["before"])
    assert (site.bounds(done)[0], site.bounds(foreign)[0]) == (10, 12)


def test_a_wait_that_is_interrupted_still_tells_what_was_changed(module_installation, proxy, tmp_path):
    site = CapacitySite(module_installation(app_definitions=[], running=["operator"]))
    name = definition(site, minimum=0)
    config = proxy.write_kubeconfig(tmp_path / "waiting", site.installation.identity.token, site.namespace)

    def expire():
        proxy.add(Rule(Status(401), verb="list"))

    proxy.add(Rule(Hold(expire), verb="patch", path=APP_DEFINITION, count=1))
    result = site.set(desired(name, min_instances=2), hold=EXAM, wait=True, kubeconfig=str(config))
    assert (result["failed"], result["changed"]) == (True, True)
    for words in ("interrupted", "credentials", "the higher bounds stay in place"):
        assert words in result["msg"]
    assert result["app_definitions"][0]["after"]["min_instances"] == 2
    assert name in site.ledger()
