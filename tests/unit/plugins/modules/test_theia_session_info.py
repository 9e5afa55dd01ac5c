# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session_info) reads, returns and leaves out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._service.client import ListedSession, Performance
from integration.module_run import module
from unit.session_world import GIT_TOKEN, SECRET, World, exam_record, millis

OBJECTS = ("deployments", "replicasets", "services")


@pytest.fixture
def world():
    made = World()
    java = made.app_definition("java-17-latest")
    made.app_definition("c-latest")
    made.running("lazy", user="ada@tum.de", pod={"memory": "2Gi"}, workspace="w1")
    made.eager("eager", java, 1, user="bob@tum.de", pod={"memory": "1Gi"})
    made.running("idle", user="eve@tum.de", app="c-latest", lastActivity=millis(minutes=40))
    made.session("failed", user="bob@tum.de", operatorStatus="ERROR")
    return made


@pytest.fixture
def see(cluster):
    """Run the module on a gateway."""

    def run(gateway, **options):
        cluster(gateway)
        return module("theia_session_info", {"namespace": "theia-prod", **options})

    return run


def names(result):
    return [session["name"] for session in result["sessions"]]


def test_it_lists_all_sessions_with_totals_and_changes_nothing(world, see):
    gateway = world.gateway(records=[exam_record()])
    result = see(gateway)
    assert names(result) == ["eager", "failed", "idle", "lazy"]
    assert result["summary"]["by_state"] == {"running": 3, "failed": 1}
    assert result["summary"]["sessions_per_user"] == 10
    assert {s["name"]: s["exam"] for s in result["sessions"]}["eager"] == "pgdp-final"
    assert (result["changed"], result["warnings"], result["missing"]) == (False, [], {})
    assert result["seen_at"] == "2027-02-11T09:00:00Z"
    assert gateway.writes == []


def test_no_secret_is_returned(world, see):
    text = json.dumps(see(world.gateway()))
    assert SECRET not in text
    assert GIT_TOKEN not in text


def test_it_selects_sorts_and_limits_and_counts_before_the_limit(world, see):
    result = see(world.gateway(), states=["running"], sort_by="memory", limit=1)
    assert (names(result), result["summary"]["total"]) == (["lazy"], 3)
    assert see(world.gateway(), limit=0)["sessions"] == []


def test_thresholds_are_options(world, see):
    assert names(see(world.gateway(), findings=["idle"], thresholds={"idle_minutes": 20})) == ["idle"]
    assert names(see(world.gateway(), findings=["idle"])) == []
    unled = see(world.gateway(leading=False), findings=["idle"], thresholds={"idle_minutes": 20})
    assert (names(unled), unled["unknown_findings"]) == ([], [])


def test_limits_are_counted_over_all_sessions_of_a_user(world, see):
    gateway = world.gateway(arguments=["--sessionsPerUser=1"])
    summary = see(gateway, names=["lazy"])["summary"]
    assert summary["users_over_limit"] == [{"user": "bob@tum.de", "sessions": 2}]


def test_fields_are_chosen_and_a_query_replaces_the_list(world, see):
    assert see(world.gateway(), names=["lazy"], fields=["user", "pod"])["sessions"][0].keys() == {"user", "pod"}
    found = see(world.gateway(), query="sessions[?state=='failed'].user | [0]")
    assert (found["query_result"], "sessions" in found) == ("bob@tum.de", False)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"query": "sessions[?"}, "the query 'sessions[?' cannot be used"),
        ({"fields": ["name", "secret"]}, "a session has no field secret; its fields are name, uid"),
        ({"limit": -1}, "the option limit is -1"),
        ({"thresholds": {"idle_minutes": -5}}, "the option thresholds.idle_minutes is -5"),
        ({"other_pods": True, "gather": ["usage"]}, "add objects to gather"),
        ({"findings": ["bored"]}, "value of findings must be one or more of"),
    ],
)
def test_mistakes_are_named(world, see, options, text):
    result = see(world.gateway(), **options)
    assert result["failed"]
    assert text in result["msg"]


@pytest.mark.parametrize(
    ("app", "options", "arguments"),
    [
        pytest.param({"timeout": 10**13}, {}, [], id="timeout"),
        pytest.param({"inactive": 2**63 - 1}, {}, ["--enableMonitor", "--enableActivityTracker"], id="tracker"),
        pytest.param({}, {"thresholds": {"too_old_minutes": 10**9, "idle_minutes": 10**9}}, [], id="thresholds"),
        pytest.param(
            {}, {}, ["--enableMonitor", "--enableActivityTracker", f"--monitorInterval={10**14}"], id="interval"
        ),
    ],
)
def test_absurd_lengths_of_time_hide_nobody(see, app, options, arguments):
    world = World()
    world.app_definition(**app)
    world.running("s1")
    result = see(world.gateway(arguments=arguments), **options)
    assert [session["findings"] for session in result["sessions"]] == [[]]


def test_exam_records_that_say_nothing_are_named(world, see):
    records = [exam_record(exam=name, version="2") for name in ("a", "b")]
    result = see(world.gateway(records=[*records, exam_record()]))
    assert set(result["missing"]) == {"exams"}
    assert all(f"theia-exam-{name}: format version '2'" in result["missing"]["exams"] for name in ("a", "b"))
    (warning,) = result["warnings"]
    assert "theia-exam-a" in warning


def test_what_is_not_asked_for_is_not_read(world, see):
    gateway = world.gateway()
    result = see(gateway, gather=[])
    assert {plural for _verb, plural, _name in gateway.requests} == {"sessions", "appdefinitions", "deployments"}
    assert ("get", "deployments", "operator-deployment") in gateway.requests
    assert {(s["pod"], s["data_at"], s["exam"]) for s in result["sessions"] if s["url"]} == {(None, None, None)}
    assert (result["missing"], result["warnings"]) == ({}, [])


@pytest.mark.parametrize(
    ("options", "missing", "lost"),
    [
        pytest.param({"not_served": [kinds.POD_METRICS]}, {"usage"}, "memory_bytes", id="no-metrics-api"),
        pytest.param({"forbidden": [("list", kinds.POD_METRICS)]}, {"usage"}, "memory_bytes", id="metrics-forbidden"),
        pytest.param({"forbidden": [("list", kinds.POD)]}, {"pods"}, None, id="pods-forbidden"),
    ],
)
def test_what_cannot_be_read_is_null_with_one_warning(world, see, options, missing, lost):
    result = see(world.gateway(**options))
    assert set(result["missing"]) == missing
    (warning,) = result["warnings"]
    assert all(name in warning for name in missing)
    (lazy,) = [s for s in result["sessions"] if s["name"] == "lazy"]
    assert (lazy["pod"][lost] if lost else lazy["pod"]) is None
    assert "high_memory" in result["unknown_findings"]


def test_sessions_that_cannot_be_read_are_an_error(world, see):
    result = see(world.gateway(forbidden=[("list", kinds.SESSION)]))
    assert (result["failed"], "not allowed to list sessions" in result["msg"]) == (True, True)


def test_exam_records_that_cannot_be_read_are_named(world, see):
    result = see(world.gateway(forbidden=[("list", kinds.CONFIG_MAP)]))
    assert set(result["missing"]) == {"address_lists", "exams"}


def test_a_namespace_without_theia_cloud_is_an_error(see):
    assert "has no app definitions" in see(World().gateway())["msg"]


@pytest.mark.parametrize(
    ("leading", "waiting", "asks", "found"),
    [
        pytest.param(True, timedelta(minutes=3), True, ["waits"], id="an-operator-leads"),
        pytest.param(False, timedelta(minutes=3), True, [], id="nobody-leads"),
        pytest.param(True, timedelta(minutes=1), False, [], id="it-may-wait-a-little"),
    ],
)
def test_the_lease_is_watched_only_if_a_session_waits(world, see, leading, waiting, asks, found):
    world.session("waits", age=waiting)
    gateway = world.gateway(leading=leading)
    assert names(see(gateway, findings=["unseen"])) == found
    assert any(plural == "leases" for _verb, plural, _name in gateway.requests) is asks


def test_a_lease_that_may_not_be_read_leaves_it_unknown(world, see):
    world.session("waits", age=timedelta(minutes=3))
    result = see(world.gateway(forbidden=[("get", kinds.LEASE)]))
    assert ("lease" in result["missing"], "unseen" in result["unknown_findings"]) == (True, True)


def test_other_pods_are_those_without_a_session(world, see):
    java = world.objects["app_definitions"][0]["metadata"]["uid"]
    owner = {"kind": "AppDefinition", "name": "java-17-latest", "uid": java}
    world.deployment("instance-2-java", [owner], container="java-17-latest")
    (pod,) = see(world.gateway(), other_pods=True)["other_pods"]
    assert (pod["name"].startswith("instance-2-java"), pod["ready"]) == (True, True)


def test_pseudonyms_hide_people_and_stay_the_same(world, see):
    world.session("dead", user="bob@tum.de", operatorStatus="ERROR", operatorMessage="no room for BOB@tum.de")
    world.running("broken", user="bob@tum.de", pod={"ready": False, "waiting": "CrashLoopBackOff"})
    world.lazy_objects(
        world.session("bob-waits", operatorStatus="HANDLED"), pod=False, refused="exceeded quota for bob"
    )
    results = [see(world.gateway(), pseudonym_key=key, other_pods=True) for key in ("one", "one", "two")]
    text = json.dumps(results)
    assert not any(person in text for person in ("ada", "bob", "BOB", "eve@", "w1", "-lazy", "-broken"))
    first, again, other = ([s["user"] for s in result["sessions"]] for result in results)
    assert first == again != other
    assert len(set(first)) == 3
    assert results[0]["sessions"][0]["uid"] in text


class FakeService:
    user = "ada@tum.de"

    def __init__(self):
        self.asked = []

    def sessions(self, user):
        return [ListedSession(f"s{n}", user, "java-17-latest", "w1" if n else None) for n in (1, 0)]

    def performance(self, name):
        self.asked.append(name)
        return Performance(124, 2048)


class TestThroughTheService:
    @pytest.fixture
    def ask(self, through):
        def run(**options):
            service = through(FakeService())
            options = {"api": "service", "service_url": "https://service.invalid", **options}
            return module("theia_session_info", options), service

        return run

    def test_names_are_known_and_everything_else_is_null(self, ask):
        result, service = ask()
        assert [(s["name"], s["user"], s["workspace"]) for s in result["sessions"]] == [
            ("s0", "ada@tum.de", None),
            ("s1", "ada@tum.de", "w1"),
        ]
        assert {s[field] for s in result["sessions"] for field in ("uid", "state", "pod", "findings", "url")} == {None}
        assert (result["summary"]["total"], result["summary"]["by_state"]) == (2, None)
        assert service.asked == []
        assert "pods" in result["missing"]

    def test_performance_is_that_of_one_session(self, ask):
        result, service = ask(names=["s1"], performance=True)
        assert service.asked == ["s1"]
        pod = result["sessions"][0]["pod"]
        assert (pod["cpu_millicores"], pod["memory_bytes"], pod["ready"]) == (124, 2048, None)

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"performance": True}, "performance is for one session, and 2 are selected"),
            ({"other_pods": True}, "nobody can tell other_pods"),
            ({"limit": -1}, "the option limit is -1"),
            ({"younger_than_minutes": 0}, "nobody can tell younger_than_minutes"),
            ({"states": ["running"]}, "nobody can tell states"),
            ({"users": ["ada@tum.de", "bob@tum.de"]}, "there is one user"),
        ],
    )
    def test_mistakes_are_named(self, ask, options, text):
        result, _unused = ask(**options)
        assert text in result["msg"]

    def test_pseudonyms_work_there_too(self, ask):
        assert "ada" not in json.dumps(ask(pseudonym_key="k")[0]["sessions"])
