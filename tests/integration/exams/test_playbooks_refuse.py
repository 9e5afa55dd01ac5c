# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks refuse before they change anything, and installations that do not disturb each other.

The hosts of one run are the cases: each has a connection, and variables, of its own.
"""

from __future__ import annotations

import json
import re
import typing as t
from datetime import UTC, datetime

import pytest

from integration.ansible_run import Run
from integration.capacity_site import CapacitySite, desired
from integration.exam_night import TONIGHT, Duty, exam

JAVA = "java-17-latest"
NEXT_YEAR = {
    name: f"{datetime.now(UTC).year + 1}-02-11T{hour}:00:00Z" for name, hour in (("start", "09"), ("end", "11"))
}
CALENDAR = [exam("pgdp-final", desired(JAVA, warm=5)), exam("eist", desired(JAVA, warm=5))]


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(running=["operator"]))


@pytest.fixture(scope="module")
def lazy(module_installation):
    return CapacitySite(module_installation(start="lazy", running=[]))


def connection_of(site, folder) -> dict[str, t.Any]:
    """As the inventory of an installation has it."""
    inventory = json.loads(Duty(folder, host=site.installation).inventory.read_text())
    return dict(inventory["theia_installations"]["hosts"]["host"]["theia_connection"])


@pytest.fixture(scope="module")
def hosts(site, lazy, tmp_path_factory):
    """By name, what is wrong with a host or with what it is asked for."""
    folder = tmp_path_factory.mktemp("hosts")
    known = connection_of(site, folder)
    # Another file, and the server's address with a slash at its end: it is the same however it is reached.
    moved = folder / "another.kubeconfig"
    moved.write_text(site.installation.kubeconfig.read_text().replace(site.lab.url, f"{site.lab.url}/"))
    direct = {"host": site.lab.url, "ca_cert": str(site.lab.ca_file), "namespace": "elsewhere"}
    usual = {"app_definition": JAVA, "warm": "5", **TONIGHT}
    connections = {
        "production": known,
        "copy": known,
        "moved": {**known, "kubeconfig": str(moved)},
        "file": {**known, "kubeconfig": "/nowhere/config"},
        "context": {**known, "context": "production"},
        "token": {**direct, "api_key": "an-old-token"},
        "unnamed": {name: value for name, value in known.items() if name != "namespace"},
        "unknown": connection_of(lazy, folder),
    }
    made = {name: {"theia_connection": connection, **usual} for name, connection in connections.items()}
    made["unknown"]["app_definition"] = "java-18-latest"
    # Of these it is told before anybody looks at a cluster.
    asked = {
        "unplanned": {"app_definition": JAVA},
        "endless": {"app_definition": JAVA, "warm": "5"},
        "twice": {"exam": "pgdp-final", "theia_exams": CALENDAR, **usual},
        "warm-twice": {"exam": "pgdp-final", "theia_exams": CALENDAR, "warm": "80"},
    }
    return made | {name: {"theia_connection": {"namespace": name}, **said} for name, said in asked.items()}


class Refused(t.NamedTuple):
    """A run in which every host is refused."""

    run: Run

    def text(self, host: str) -> str:
        texts = [task.msg for task in self.run.tasks if task.failed and task.host == host and "msg" in task.result]
        return texts[-1]


@pytest.fixture(scope="module")
def refused(site, lazy, hosts, tmp_path_factory):
    """What became of each playbook with all of its hosts; none of them wrote anything."""

    def play(playbook, *without):
        folder = tmp_path_factory.mktemp(playbook)
        duty = Duty(folder)
        chosen = {name: variables for name, variables in hosts.items() if name not in without}
        duty.inventory.write_text(json.dumps({"theia_installations": {"hosts": chosen}}))
        since = {each: each.now() for each in (site, lazy)}
        run = duty.play(playbook, **({"exam": "adhoc"} if playbook == "post_exam" else {}))
        assert run.code != 0
        assert {task.host for task in run.tasks if task.failed} == set(chosen)
        assert [writes for each in since if (writes := each.writes(since[each]))] == []
        return Refused(run)

    asked = [name for name in hosts if hosts[name]["theia_connection"].get("namespace") == name]
    return {
        "pre_exam": play("pre_exam"),
        "post_exam": play("post_exam", *asked),
        "status": play("status", *asked, "unknown"),
    }


def test_it_has_to_be_known_what_to_warm(refused):
    text = refused["pre_exam"].text("unplanned")
    assert "theia_exams, which has no entries, or -e app_definition=NAME -e warm=NUMBER -e end=HH:MM" in text
    assert "It is not known when the exam ends" in refused["pre_exam"].text("endless")


@pytest.fixture(scope="module")
def undeclared(site, lazy, tmp_path_factory):
    """Exams that the records, or their times, speak against."""
    duty = Duty(tmp_path_factory.mktemp("undeclared"), mistyped=site.installation, early=lazy.installation)
    inventory = json.loads(duty.inventory.read_text())
    hosts = inventory["theia_installations"]["hosts"]
    hosts["mistyped"] |= {"exam": "pgdp-finale", "theia_exams": CALENDAR}
    hosts["early"] |= {"exam": "pgdp-final", "theia_exams": [{**CALENDAR[0], **NEXT_YEAR}]}
    duty.inventory.write_text(json.dumps(inventory))
    since = site.now()
    run = duty.play("pre_exam")
    assert run.code != 0
    assert site.writes(since) + lazy.writes(since) == []
    return Refused(run)


def test_an_exam_that_is_neither_planned_nor_on_record(undeclared):
    text = undeclared.text("mistyped")
    assert "exam pgdp-finale: it has no record here, no exam is on record" in text
    assert "theia_exams has pgdp-final, eist. Nothing was changed." in text


def test_an_exam_of_another_time_is_told_with_both_times(undeclared):
    text = undeclared.text("early")
    assert f"it starts on {NEXT_YEAR['start'][:10]} 09:00 UTC, and now it is " in text
    assert "early=true" in text


@pytest.mark.parametrize("host", ["twice", "warm-twice"])
def test_what_to_warm_is_not_said_twice(refused, host):
    said = "pgdp-final is an exam of theia_exams, which says what to warm"
    assert said in refused["pre_exam"].text(host)


@pytest.mark.parametrize("playbook", ["pre_exam", "post_exam", "status"])
def test_hosts_that_lead_to_the_same_installation_end_at_once(site, refused, playbook):
    same = {"production", "copy", "moved"}
    for host in same:
        text = refused[playbook].text(host)
        (others,) = re.findall(rf"\b{host} and (.+) lead to the same installation", text)
        assert set(others.split(", ")) == same - {host}
        assert site.namespace in text
        assert "--limit" in text
        assert not [task for task in refused[playbook].run.of("theia_capacity") if task.host == host]


WRONG = {"file": "/nowhere/config", "context": "'production'", "token": "(401)"}


@pytest.mark.parametrize("playbook", ["pre_exam", "post_exam", "status"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_way_to_the_cluster_is_told_before_anything_is_changed(refused, playbook, wrong):
    text = refused[playbook].text(wrong)
    assert WRONG[wrong] in text
    assert ("Nothing was changed" in text) or playbook != "pre_exam"
    assert "an-old-token" not in refused[playbook].run.output


@pytest.mark.parametrize("playbook", ["pre_exam", "post_exam"])
def test_an_unknown_app_definition_is_told_with_the_known_ones(refused, playbook):
    text = refused[playbook].text("unknown")
    assert "'java-18-latest'" in text
    assert JAVA in text


@pytest.mark.parametrize("playbook", ["pre_exam", "post_exam", "status"])
def test_an_inventory_without_a_namespace_says_where_it_belongs(refused, playbook):
    text = refused[playbook].text("unnamed")
    for word in ("unnamed", "theia_connection", "namespace"):
        assert word in text


def test_one_of_two_hosts_for_the_same_installation_can_be_chosen(site, tmp_path):
    duty = Duty(tmp_path, production=site.installation, copy=site.installation)
    run = duty.play("pre_exam", "--limit", "production", "--check", app_definition=JAVA, warm=5, **TONIGHT).good()
    assert [task.host for task in run.of("theia_capacity")] == ["production"]


def test_one_installation_that_fails_keeps_no_other_from_its_exam(site, lazy, tmp_path):
    """It fails because its operator is lazy, which is told before anything is changed."""
    duty = Duty(tmp_path, production=site.installation, staging=lazy.installation)
    since = lazy.now()
    run = duty.play("pre_exam", app_definition=JAVA, warm=5, exam="both-exam", **TONIGHT)
    assert run.code != 0
    assert {task.host for task in run.of("theia_capacity") if "msg" in task.result} == {"staging"}
    assert (site.bounds(JAVA)[0], lazy.bounds(JAVA)[0]) == (5, 3)
    assert lazy.writes(since) == []
    text = Refused(run).text("staging")
    assert "--eagerStart" in text
    assert "Nothing was changed" in text
