# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks refuse before they change anything, and installations that do not disturb each other."""

from __future__ import annotations

import json

import pytest

from integration.capacity_site import CapacitySite, wish
from integration.exam_night import Duty, exam

JAVA = "java-17-latest"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(running=["operator"]))


@pytest.fixture(scope="module")
def lazy(module_installation):
    return CapacitySite(module_installation(start="lazy", running=[]))


def refused(run, *words):
    assert run.code != 0, run.output
    text = " ".join(task.msg for task in run.tasks if task.failed)
    for word in words:
        assert word in text, text


@pytest.mark.parametrize("calendar", [False, True], ids=["no calendar", "calendar"])
def test_it_has_to_be_known_what_to_warm(site, tmp_path, calendar):
    duty = Duty(tmp_path, production=site.installation)
    known = (
        [duty.calendar(exam("pgdp-final", wish(JAVA, warm=5)), exam("eist", wish(JAVA, warm=5)))] if calendar else []
    )
    since = site.now()
    run = duty.play("pre_exam", *known, exam="pgdp-finale")
    refused(run, "-e app_definition=NAME -e warm=NUMBER", "pgdp-final, eist" if calendar else "no entries")
    assert site.writes(since) == []


@pytest.mark.parametrize("said", [{"app_definition": JAVA, "warm": 80}, {"warm": 80}])
def test_what_to_warm_is_not_said_twice(site, tmp_path, said):
    duty = Duty(tmp_path, production=site.installation)
    since = site.now()
    run = duty.play("pre_exam", duty.calendar(exam("pgdp-final", wish(JAVA, warm=5))), exam="pgdp-final", **said)
    refused(run, "pgdp-final is an exam of theia_exams, which says what to warm")
    assert site.writes(since) == []


def test_a_lazy_operator_is_told_before_anything_is_changed(lazy, tmp_path):
    since = lazy.now()
    run = Duty(tmp_path, production=lazy.installation).play("pre_exam", app_definition=JAVA, warm=5)
    refused(run, "--eagerStart", "Nothing was changed")
    assert lazy.writes(since) == []


@pytest.mark.parametrize("playbook", ["pre_exam", "post_exam", "status"])
def test_two_hosts_that_lead_to_the_same_installation_end_at_once(site, tmp_path, playbook):
    duty = Duty(tmp_path, production=site.installation, copy=site.installation)
    since = site.now()
    run = duty.play(playbook, app_definition=JAVA, warm=5)
    refused(run, "production and copy", "copy and production", site.namespace, "--limit")
    assert not run.of("theia_capacity")
    assert site.writes(since) == []


def test_they_are_the_same_however_they_are_reached(site, tmp_path):
    """Another file, and the server's address with a slash at its end."""
    duty = Duty(tmp_path, production=site.installation, copy=site.installation)
    moved = tmp_path / "another.kubeconfig"
    moved.write_text(site.installation.kubeconfig.read_text().replace(site.lab.url, f"{site.lab.url}/"))
    inventory = json.loads(duty.inventory.read_text())
    inventory["theia_installations"]["hosts"]["copy"]["theia_connection"]["kubeconfig"] = str(moved)
    duty.inventory.write_text(json.dumps(inventory))
    refused(duty.play("status"), "production and copy", "copy and production")


def test_one_of_two_such_hosts_can_be_chosen(site, tmp_path):
    duty = Duty(tmp_path, production=site.installation, copy=site.installation)
    run = duty.play("pre_exam", "--limit", "production", "--check", app_definition=JAVA, warm=5).good()
    assert [task.host for task in run.of("theia_capacity")] == ["production"]


def test_one_installation_that_fails_keeps_no_other_from_its_exam(site, lazy, tmp_path):
    duty = Duty(tmp_path, production=site.installation, staging=lazy.installation)
    run = duty.play("pre_exam", app_definition=JAVA, warm=5, exam="both-exam")
    assert run.code != 0
    outcome = {task.host: task.failed for task in run.of("theia_capacity")}
    assert outcome == {"production": False, "staging": True}
    assert (site.bounds(JAVA)[0], lazy.bounds(JAVA)[0]) == (5, 3)
    duty.play("post_exam", "--limit", "production", exam="both-exam").good()


WRONG = {
    "kubeconfig": ({"kubeconfig": "/nowhere/config"}, "/nowhere/config"),
    "context": ({"context": "production"}, "'production'"),
    "token": ({"kubeconfig": None, "api_key": "an-old-token"}, "(401)"),
}


@pytest.mark.parametrize("playbook", ["pre_exam", "post_exam", "status"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_way_to_the_cluster_is_told_before_anything_is_changed(site, tmp_path, playbook, wrong):
    options, told = WRONG[wrong]
    duty = Duty(tmp_path, production=site.installation)
    inventory = json.loads(duty.inventory.read_text())
    connection = inventory["theia_installations"]["hosts"]["production"]["theia_connection"]
    direct = {"host": site.lab.url, "ca_cert": str(site.lab.ca_file)} if "api_key" in options else {}
    given = {**connection, **direct, **options}
    inventory["theia_installations"]["hosts"]["production"]["theia_connection"] = {
        name: value for name, value in given.items() if value is not None
    }
    duty.inventory.write_text(json.dumps(inventory))
    since = site.now()
    run = duty.play(playbook, app_definition=JAVA, warm=5)
    refused(run, told, *(["Nothing was changed"] if playbook == "pre_exam" else []))
    assert "an-old-token" not in run.output
    assert site.writes(since) == []


@pytest.mark.parametrize("playbook", ["pre_exam", "post_exam"])
def test_an_unknown_app_definition_is_told_with_the_known_ones(site, tmp_path, playbook):
    since = site.now()
    run = Duty(tmp_path, production=site.installation).play(playbook, app_definition="java-18-latest", warm=5)
    refused(run, "'java-18-latest'", JAVA)
    assert site.writes(since) == []


def test_an_inventory_without_a_namespace_says_where_it_belongs(site, tmp_path):
    duty = Duty(tmp_path, production=site.installation)
    duty.inventory.write_text(duty.inventory.read_text().replace('"namespace"', '"name_space"'))
    run = duty.play("status")
    refused(run, "production", "theia_connection", "namespace")
