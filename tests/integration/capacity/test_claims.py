# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bound is never lowered below an instance that a session holds: it drains, and is finished later."""

from __future__ import annotations

import pytest

from integration.capacity_site import LEDGER, CapacitySite, desired
from lab.faults import Hold, Rule
from lab.proxy import FaultProxy

EXAM = "draining-exam"
END = {"state": "baseline", "hold": EXAM}
LEDGER_ONLY = [f"update configmaps {LEDGER}"]


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


def raised_with_students(site, minimum, raised, students):
    """An app definition that an exam has raised, and students on instances 1, 2, 3, …; name and sessions by user."""
    name = site.definition(minimum)
    site.set(desired(name, min_instances=raised), hold=EXAM, wait=True)
    return name, {user: site.launch(user, name) for user in students}


def test_an_exam_that_ends_while_students_write_drains_and_is_finished_later(site):
    name, sessions = raised_with_students(site, 1, 5, ["ada@x.org", "ben@x.org", "eve@x.org"])
    since = site.now()

    draining = site.set(desired(name), **END)
    [item] = draining["app_definitions"]
    assert (item["outcome"], item["after"]["min_instances"]) == ("draining", 5)
    assert [(d["instance_id"], d["session"], d["user"]) for d in item["draining"]] == [
        (2, sessions["ben@x.org"], "ben@x.org"),
        (3, sessions["eve@x.org"], "eve@x.org"),
    ]
    assert site.bounds(name)[0] == 5
    assert site.writes(since) == LEDGER_ONLY
    assert site.ledger()[name]["draining_since"] is not None

    since = site.now()
    again = site.set(desired(name), **END)
    assert again["changed"] is False
    assert again["app_definitions"][0]["outcome"] == "draining"
    assert site.writes(since) == []

    site.leave("eve@x.org", sessions["eve@x.org"])
    assert [d["instance_id"] for d in site.set(desired(name), **END)["app_definitions"][0]["draining"]] == [2]
    assert site.bounds(name)[0] == 5

    site.leave("ben@x.org", sessions["ben@x.org"])
    since = site.now()
    finished = site.set(desired(name), **END)
    assert finished["app_definitions"][0]["outcome"] == "changed"
    assert [patch["spec"] for patch in site.patches(since)] == [{"minInstances": 1}]
    assert name not in site.ledger()
    for number in (2, 3, 4, 5):
        site.gone(name, number)
    assert site.session(sessions["ada@x.org"])["status"]["operatorStatus"] == "HANDLED"
    assert site.pool(name)["ownerless"] == []


def test_without_the_name_of_the_exam_every_ledger_entry_is_finished(site):
    name, sessions = raised_with_students(site, 0, 2, ["ada@y.org"])
    assert site.set(desired(name), **END)["app_definitions"][0]["outcome"] == "draining"
    site.leave("ada@y.org", sessions["ada@y.org"])
    result = site.set(state="baseline", all_holds=True)
    assert {item["name"]: item["outcome"] for item in result["app_definitions"]}[name] == "changed"
    assert site.bounds(name)[0] == 0
    assert site.ledger() == {}


def test_without_a_hold_a_bound_is_not_lowered_below_a_claim_either(site):
    name = site.definition(3)
    for user in ("ada@z.org", "ben@z.org"):
        site.launch(user, name)
    since = site.now()
    result = site.set(desired(name, min_instances=1))
    assert result["changed"] is False
    [item] = result["app_definitions"]
    assert item["outcome"] == "draining"
    assert [d["user"] for d in item["draining"]] == ["ben@z.org"]
    [warning] = result["warnings"]
    assert f"{name}: min_instances stays 3" in warning
    assert site.writes(since) == []
    assert site.set(desired(name, min_instances=2))["app_definitions"][0]["outcome"] == "changed"
    assert site.bounds(name)[0] == 2


def test_a_draining_list_keeps_nobody_else_from_being_lowered(site):
    held, _sessions = raised_with_students(site, 0, 2, ["ada@w.org"])
    free, _sessions = raised_with_students(site, 0, 2, [])
    result = site.set(desired(held), desired(free), **END)
    assert [item["outcome"] for item in result["app_definitions"]] == ["draining", "changed"]
    assert (site.bounds(held)[0], site.bounds(free)[0]) == (2, 0)


def test_a_new_hold_takes_a_draining_entry_over(site):
    name, _sessions = raised_with_students(site, 1, 3, ["ada@v.org", "ben@v.org"])
    site.set(desired(name), **END)
    since = site.now()
    result = site.set(desired(name, min_instances=3), hold="next-exam")
    assert result["app_definitions"][0]["outcome"] == "changed"
    # Whoever may be about to lower it has to plan anew; no value changes, so no instance is rebuilt.
    assert site.writes(since) == [*LEDGER_ONLY, f"patch appdefinitions {name}"]
    assert [list(patch) for patch in site.patches(since)] == [["metadata"]]
    assert site.bounds(name)[0] == 3
    entry = site.ledger()[name]
    assert entry["baseline"] == {"min_instances": 1}
    assert entry["draining_since"] is None


def test_who_comes_between_plan_and_patch_keeps_the_instance(site, control_plane, tmp_path):
    """A claim changes no app definition, so that no version guards against it: the pools are looked at once more."""
    name, _sessions = raised_with_students(site, 1, 3, ["ada@x.org"])
    came = []
    with FaultProxy.before(control_plane) as proxy:
        config = proxy.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
        arrives = Hold(lambda: came.append(site.launch("ben@x.org", name)))
        proxy.add(Rule(arrives, verb="update", path=f"/configmaps/{LEDGER}", count=1))
        [item] = site.set(desired(name), **END, kubeconfig=str(config))["app_definitions"]
    assert (item["outcome"], site.bounds(name)[0]) == ("draining", 3)
    assert [(d["instance_id"], d["session"]) for d in item["draining"]] == [(2, came[0])]
    site.leave("ben@x.org", came[0])
    assert site.set(desired(name), **END)["app_definitions"][0]["outcome"] == "changed"
    assert site.bounds(name)[0] == 1
