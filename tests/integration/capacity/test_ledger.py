# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was there before is written down first, and what somebody else changed is not overwritten unasked."""

from __future__ import annotations

import secrets
import time

import pytest

from integration.capacity_site import LEDGER, CapacitySite, desired, rules_without
from integration.module_run import module
from lab import chart, identities

EXAM = "ledger-exam"
END = {"state": "baseline", "hold": EXAM}


@pytest.fixture(scope="module")
def site(module_installation):
    """Nothing runs: bounds and ledger are all that counts here."""
    site = CapacitySite(module_installation(app_definitions=[], running=[]))
    # So that the ledger is there, and every write to it is an update.
    site.set(desired(add(site), max_instances=2000), hold="somebody-else")
    return site


def add(site, minimum=3, **spec):
    name = f"ide-{secrets.token_hex(3)}"
    site.installation.add(chart.app_definition(name, minInstances=minimum, **spec))
    return name


def held(site, minimum=3, raised=10):
    name = add(site, minimum)
    site.set(desired(name, min_instances=raised), hold=EXAM)
    return name


def entry(site, name):
    return site.ledger().get(name)


def without_patches(site, *asked):
    """As an account that may write the ledger, and only read app definitions."""
    reading = identities.rule("theia.cloud", "appdefinitions", *identities.READ)
    rules = [*rules_without("appdefinitions"), reading]
    account = site.lab.identity("no-patches", namespace=site.namespace, rules=rules)
    return site.set(*asked, hold=EXAM, kubeconfig=str(account.kubeconfig))


def test_the_ledger_is_written_before_the_patch_and_cleared_after_it(site):
    name = add(site)
    since = site.now()
    site.set(desired(name, min_instances=10), hold=EXAM)
    assert site.writes(since) == [f"update configmaps {LEDGER}", f"patch appdefinitions {name}"]
    assert entry(site, name)["baseline"] == {"min_instances": 3}
    assert entry(site, name)["written"] == [{"min_instances": 10}]

    since = site.now()
    site.set(desired(name), **END)
    assert site.writes(since) == [
        f"update configmaps {LEDGER}",
        f"patch appdefinitions {name}",
        f"update configmaps {LEDGER}",
    ]
    assert (site.bounds(name), entry(site, name)) == ((3, 1000), None)


def test_patches_carry_the_version_that_was_seen(site):
    name = add(site)
    seen = site.installation.get("appdefinitions", name)["metadata"]["resourceVersion"]
    since = site.now()
    result = site.set(desired(name, min_instances=10), hold=EXAM)
    [patch] = site.patches(since)
    assert patch["metadata"] == {"resourceVersion": seen}
    writers = site.installation.get("appdefinitions", name)["metadata"]["managedFields"]
    ours = [each["fieldsV1"]["f:spec"] for each in writers if each["manager"] == "eduide.theia"]
    assert [*map(set, ours)] == [{"f:minInstances"}]
    assert result["precondition"] == "resource_version"


def test_only_fields_that_we_changed_are_brought_back(site):
    name = held(site)
    site.patch(name, maxInstances=77, timeout=30)
    site.set(desired(name), **END)
    spec = site.installation.get("appdefinitions", name)["spec"]
    assert (spec["minInstances"], spec["maxInstances"], spec["timeout"]) == (3, 77, 30)


def test_limits_travel_and_come_back_with_the_bounds(site):
    name = add(site)
    since = site.now()
    site.set(desired(name, min_instances=10, max_instances=1500, timeout_minutes=2000), hold=EXAM)
    site.set(desired(name), **END)
    assert [patch["spec"] for patch in site.patches(since)] == [
        {"minInstances": 10, "maxInstances": 1500, "timeout": 2000},
        {"minInstances": 3, "maxInstances": 1000, "timeout": 1440},
    ]


def test_an_exam_never_tightens_a_limit(site):
    name = add(site)
    result = site.set(desired(name, min_instances=10, max_instances=50), hold=EXAM)
    assert result["app_definitions"][0]["after"]["max_instances"] == 1000
    assert site.bounds(name) == (10, 1000)


def test_two_exams_add_up_and_the_last_one_brings_the_baseline_back(site):
    name = add(site)
    site.set(desired(name, min_instances=10), hold=EXAM)
    site.set(desired(name, min_instances=15), hold="second-exam")
    assert site.bounds(name)[0] == 15
    since = site.now()
    site.set(desired(name), **END)
    assert site.writes(since) == [f"update configmaps {LEDGER}"]
    site.set(desired(name), state="baseline", hold="second-exam")
    assert (site.bounds(name)[0], entry(site, name)) == (3, None)


def test_a_hold_whose_patch_was_refused_is_settled_by_the_next_run(site):
    name = add(site)
    refused = without_patches(site, desired(name, min_instances=10))
    assert refused["failed"] is True
    assert "appdefinitions" in refused["msg"]
    assert (site.bounds(name)[0], entry(site, name)["baseline"]) == (3, {"min_instances": 3})

    site.set(desired(name, min_instances=10), hold=EXAM)
    assert (site.bounds(name)[0], list(entry(site, name)["holds"])) == (10, [EXAM])
    site.set(desired(name), **END)
    assert (site.bounds(name)[0], entry(site, name)) == (3, None)


def test_a_hold_whose_patch_was_refused_ends_without_another_try(site):
    name = add(site)
    assert without_patches(site, desired(name, min_instances=10))["failed"] is True
    since = site.now()
    site.set(desired(name), **END)
    # That patch may be on its way still: what it was planned on changes, but no value does.
    ledger = f"update configmaps {LEDGER}"
    assert site.writes(since) == [ledger, f"patch appdefinitions {name}", ledger]
    assert [list(patch) for patch in site.patches(since)] == [["metadata"]]
    assert (site.bounds(name)[0], entry(site, name)) == (3, None)


# --- foreign values


def test_foreign_values_are_reported_and_left(site):
    name = held(site)
    site.patch(name, minInstances=12)
    since = site.now()
    result = site.set(desired(name), **END)
    assert result["failed"] is True
    for word in (name, "min_instances=12", "drift=overwrite", "drift=adopt"):
        assert word in result["msg"]
    assert result["app_definitions"][0]["outcome"] == "drift"
    assert site.writes(since) == []
    refused = site.set(desired(name, min_instances=20), hold="other-exam")
    assert "min_instances=12" in refused["msg"]
    assert site.writes(since) == []


def test_foreign_values_can_be_overwritten(site):
    name = held(site)
    site.patch(name, minInstances=12)
    assert site.set(desired(name), drift="overwrite", **END)["changed"] is True
    assert (site.bounds(name)[0], entry(site, name)) == (3, None)


def test_foreign_values_can_be_adopted_and_outlive_the_exam(site):
    name = held(site, minimum=3, raised=10)
    site.patch(name, minInstances=12)
    adopted = site.set(desired(name, min_instances=10), hold=EXAM, drift="adopt")
    assert adopted.get("failed") is None
    assert site.bounds(name)[0] == 12 + 7
    site.set(desired(name), **END)
    assert (site.bounds(name)[0], entry(site, name)) == (12, None)


def test_a_foreign_value_elsewhere_keeps_nobody_from_coming_back(site):
    drift, ours = held(site), held(site)
    site.patch(drift, minInstances=12)
    result = site.set(desired(drift), desired(ours), **END)
    assert [item["outcome"] for item in result["app_definitions"]] == ["drift", "changed"]
    assert result["failed"] is True
    assert (site.bounds(drift)[0], site.bounds(ours)[0]) == (12, 3)


def test_what_another_client_puts_back_is_repaired_once_and_then_a_fight(site):
    """By what the API server keeps of writers, in whole seconds."""
    name = held(site)

    def undone():
        time.sleep(1.1)
        site.patch(name, minInstances=3)
        return site.now(), site.set(desired(name, min_instances=10), hold=EXAM, drift="repair_once")

    _since, repaired = undone()
    assert "min_instances should be 10, and kubectl-patch at " in repaired["app_definitions"][0]["note"]
    assert site.bounds(name)[0] == 10
    since, fought = undone()
    assert (fought["failed"], fought["app_definitions"][0]["outcome"]) == (True, "drift")
    assert (site.bounds(name)[0], site.writes(since)) == (3, [])
    [told] = [fight for fight in module("theia_agenda_info", site.options())["fights"] if name in fight]
    assert told in fought["msg"]
    assert "have kubectl-patch leave /spec/minInstances alone" in told


# --- recreated app definitions


def test_what_is_known_of_an_app_definition_is_void_when_it_was_created_anew(site):
    name = held(site)
    site.kubectl("delete", "appdefinitions.theia.cloud", name)
    site.installation.add(chart.app_definition(name, minInstances=7))
    result = site.set(desired(name), **END)
    assert [item["outcome"] for item in result["app_definitions"]] == ["void"]
    assert any(name in warning and "void" in warning for warning in result["warnings"]), result
    assert (site.bounds(name)[0], entry(site, name)) == (7, None)


def test_an_app_definition_that_is_gone_leaves_the_ledger(site):
    name = held(site)
    site.kubectl("delete", "appdefinitions.theia.cloud", name)
    result = site.set(**END)
    assert {item["name"]: item["outcome"] for item in result["app_definitions"]}[name] == "void"
    assert entry(site, name) is None


def test_a_new_object_of_the_same_name_is_raised_from_its_own_values(site):
    name = held(site)
    site.kubectl("delete", "appdefinitions.theia.cloud", name)
    made = site.installation.add(chart.app_definition(name, minInstances=7))
    result = site.set(desired(name, min_instances=20), hold=EXAM)
    assert any("void" in warning for warning in result["warnings"])
    assert site.bounds(name)[0] == 20
    assert (entry(site, name)["uid"], entry(site, name)["baseline"]) == (made["metadata"]["uid"], {"min_instances": 7})


# --- a ledger that cannot be read


@pytest.fixture
def broken(site):
    """Breaks the ledger with a merge patch, and gives it back."""
    path = site.installation.here.path("configmaps", LEDGER)
    kept = site.lab.api.get(path)["data"]
    yield lambda data: site.lab.api.merge(path, {"data": data})
    found = site.lab.api.get(path)["data"]
    site.lab.api.merge(path, {"data": {**dict.fromkeys(found), **kept}})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param({"version": "2"}, "'2'", id="a version of the future"),
        pytest.param({"torn.json": '{"uid": "x"'}, "torn.json", id="no JSON"),
        pytest.param({"odd.json": '{"uid": "x"}'}, "odd.json", id="fields missing"),
    ],
)
def test_an_unreadable_ledger_stops_everything_before_anything_is_sent(site, broken, data, said):
    name = add(site)
    broken(data)
    since = site.now()
    result = site.set(desired(name, min_instances=10), hold=EXAM)
    assert result["failed"] is True
    assert LEDGER in result["msg"]
    assert said in result["msg"]
    assert site.writes(since) == []


def test_a_change_outside_of_an_open_hold_is_refused(site):
    name = held(site)
    since = site.now()
    result = site.set(desired(name, min_instances=4))
    assert EXAM in result["msg"]
    assert "state=baseline" in result["msg"]
    assert site.writes(since) == []
