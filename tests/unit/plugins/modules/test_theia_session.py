# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) sends, in which order, and what it says became of each session."""

from __future__ import annotations

import getpass
import itertools
import json
import os
import typing as t
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden, ServerFailed, Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from ansible_collections.eduide.theia.plugins.module_utils._safety import guard
from ansible_collections.eduide.theia.plugins.module_utils._service.client import ListedSession
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop import execute as stop_execute
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop import service as stop_service
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop import task as stop_task
from integration.module_run import module
from unit.fakes import held
from unit.session_world import GIT_TOKEN, KINDS, NOW, SECRET, World, ago, exam_record, millis

RELENTLESS = {"max_stop": 1000, "max_percent": 100, "wait": False}


@pytest.fixture
def run(monkeypatch, cluster):
    """Run the module on a gateway; ``meanwhile`` happens between the plan and what is done about it."""

    def run(gateway, *, check=False, diff=False, meanwhile=lambda: None, **options):
        def stop_sessions(*args):
            meanwhile()
            return stop_execute.stop_sessions(*args)

        monkeypatch.setattr(stop_task, "stop_sessions", stop_sessions)
        cluster(gateway)
        options = {"namespace": "theia-prod", "service_url": "https://service.invalid", **RELENTLESS, **options}
        return module("theia_session", options, check=check, diff=diff)

    return run


@pytest.fixture
def world():
    made = World()
    made.app_definition()
    return made


def outcomes(result):
    return {item["name"]: item["outcome"] for item in result["sessions"]}


def deleted(gateway):
    return [name for verb, plural, name, _body in gateway.writes if (verb, plural) == ("delete", "sessions")]


def before(gateway, verb, kind, act, name=None):
    """Do something right before the first such request arrives."""
    pending = [act]

    def intercept(asked, asked_kind, asked_name):
        if pending and (asked, asked_kind) == (verb, kind) and name in (None, asked_name):
            pending.pop()()

    gateway.interceptors.append(intercept)


class TestStopping:
    def test_a_delete_carries_what_was_seen_and_the_second_run_sends_nothing(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        world.running("live")
        gateway = world.gateway()
        seen = gateway.get(kinds.SESSION, "dead")["metadata"]
        first = run(gateway, findings=["failed"])
        assert gateway.writes == [
            ("delete", "sessions", "dead", {"uid": seen["uid"], "resourceVersion": seen["resourceVersion"]})
        ]
        assert (first["changed"], outcomes(first), first["data_lost"]) == (True, {"dead": "stopped"}, {"none": 1})
        assert first["precondition"] == "uid_and_resource_version"
        second = run(gateway, findings=["failed"])
        assert (second["changed"], second["sessions"], len(gateway.writes)) == (False, [], 1)
        assert outcomes(run(gateway, names=["dead"])) == {"dead": "gone"}

    @pytest.mark.parametrize("user", ["-x@tum.de", f"{'x' * 59}@tum.de"])
    def test_a_session_that_would_end_the_operator_loses_its_strategy_first(self, world, run, user):
        app = world.app_definition("python-latest")
        claim = {"app": "python-latest", "strategy": "eager", "instance": 1, "operatorStatus": "ERROR"}
        world.claimed_instance(world.session("s1", user=user, **claim), app, 1, addresses="")
        world.claimed_instance(world.session("s2", user="ada@tum.de", **{**claim, "instance": 2}), app, 2)
        gateway = world.gateway()
        seen = gateway.get(kinds.SESSION, "s1")["metadata"]
        guards = {"uid": seen["uid"], "resourceVersion": seen["resourceVersion"]}
        done = run(gateway, names=["s1", "s2"], concurrency=1)
        assert outcomes(done) == {"s1": "stopped", "s2": "stopped"}
        assert "the operator would end" in done["sessions"][0]["reason"]
        first, second, third = gateway.writes
        assert first == ("patch", "sessions", "s1", {"metadata": {**guards, "annotations": {names.STRATEGY: None}}})
        assert (second[:3], third[:3]) == (("delete", "sessions", "s1"), ("delete", "sessions", "s2"))
        assert second[3]["resourceVersion"] != guards["resourceVersion"]

    def test_without_the_right_to_that_it_stays(self, world, run):
        world.app_definition("python-latest")
        world.session("s1", user="-x@tum.de", strategy="eager", instance=1, operatorStatus="ERROR")
        gateway = world.gateway()

        def refuse(verb, kind, _name):
            if (verb, kind) == ("patch", kinds.SESSION):
                raise Forbidden("no right to patch sessions")

        gateway.interceptors.append(refuse)
        done = run(gateway, names=["s1"])
        assert (outcomes(done), deleted(gateway)) == ({"s1": "failed"}, [])
        assert "no right to patch sessions" in done["msg"]

    @pytest.mark.parametrize(("others", "asked"), [(100, ("list", "sessions")), (101, ("get", "sessions"))])
    def test_for_sessions_that_are_all_gone_nothing_else_is_read(self, world, run, others, asked):
        """Few are listed, many are not; the lab shows that one page is enough to know which it is."""
        for number in range(others):
            world.running(f"other-{number}")
        gateway = world.gateway()
        result = run(gateway, names=["s1", "s2"], discard_data=["named"])
        assert (outcomes(result), result["changed"]) == ({"s1": "gone", "s2": "gone"}, False)
        seen = {(verb, plural) for verb, plural, _name in gateway.requests}
        assert seen == {("list", "sessions"), asked, ("list", "appdefinitions")}
        records = [{"name": "s1", "uid": "u1", "findings": []}]
        assert outcomes(run(gateway, records=records)) == {"s1": "gone"}
        assert "pods" not in {plural for _verb, plural, _name in gateway.requests}

    @pytest.mark.parametrize("beside", [[], ["ws-ben"]], ids=["all gone", "one there"])
    def test_beside_a_name_that_does_not_exist_stands_the_nearest_one(self, world, run, beside):
        world.running("ws-anna")
        world.running("ws-ben")
        result = run(world.gateway(), names=["ws-ana", *beside], discard_data=["named"])
        [gone] = [item for item in result["sessions"] if item["outcome"] == "gone"]
        assert gone["reason"] == "there is no such session; ws-anna is the nearest name"

    def test_sessions_that_are_gone_do_not_hide_one_that_is_there(self, world, run):
        world.running("s300")
        names = [f"s{number}" for number in range(301)]
        result = run(world.gateway(), names=names, discard_data=["named"])
        assert {name for name, outcome in outcomes(result).items() if outcome == "stopped"} == {"s300"}

    def test_in_a_namespace_without_an_installation_no_session_counts_as_gone(self, run):
        assert "has no app definitions" in run(World().gateway(), names=["s1"])["msg"]

    def test_check_mode_predicts_what_a_run_does_and_sends_nothing(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        world.running("live")
        world.running("kept", annotations={names.PROTECTED: "demo"})
        options = {"names": ["dead", "live", "kept", "none"], "discard_data": ["named"], "diff": True}
        predicted = run(world.gateway(check_mode=True), check=True, **options)
        done = run(world.gateway(), **options)
        assert [{**item, "would": False} for item in predicted["sessions"]] == done["sessions"]
        assert {item["would"] for item in predicted["sessions"]} == {True}
        for field in ("changed", "data_lost", "outcomes", "diff"):
            assert predicted[field] == done[field]
        assert [part["before_header"] for part in done["diff"]] == ["dead", "live"]

    def test_no_secret_is_returned(self, world, run):
        world.running("live")
        text = json.dumps(
            [run(world.gateway(), names=["live"], diff=True), run(world.gateway(), names=["live"], check=True)]
        )
        assert SECRET not in text
        assert GIT_TOKEN not in text

    def test_a_lazy_platform_is_not_asked_who_leads(self, world, run):
        world.running("live")
        gateway = world.gateway()
        run(gateway, names=["live"], discard_data=["named"])
        assert "leases" not in {plural for _verb, plural, _name in gateway.requests}

    @pytest.mark.parametrize(
        ("activity", "outcome"),
        [
            pytest.param(millis(seconds=1), "kept_active", id="came-back"),
            pytest.param(millis(minutes=40), "stopped", id="same"),
        ],
    )
    def test_a_session_written_to_before_its_delete_is_judged_again(self, world, run, activity, outcome):
        world.running("away", age=timedelta(hours=2), lastActivity=millis(minutes=40))
        gateway = world.gateway()
        change = {"status": {"lastActivity": activity, "error": "551:written in between"}}
        before(gateway, "delete", kinds.SESSION, lambda: gateway.change(kinds.SESSION, "away", change))
        options = {"findings": ["idle"], "thresholds": {"idle_minutes": 20}, "discard_data": ["idle"]}
        result = run(gateway, **options)
        assert outcomes(result) == {"away": outcome}
        assert result["changed"] is (outcome == "stopped")
        assert (gateway.get(kinds.SESSION, "away") is None) is (outcome == "stopped")

    @pytest.mark.parametrize(("minutes", "outcome"), [(10, {}), (60, {"away": "stopped"})])
    def test_nobody_is_idle_by_what_an_operator_wrote_that_is_gone(self, world, run, minutes, outcome):
        """The monitor of the one that took over may not run, and whoever works now would seem to be away since then."""
        world.running("away", age=timedelta(hours=2), lastActivity=millis(minutes=40))
        gateway = world.gateway()
        acquired = {"spec": {"acquireTime": ago(minutes=minutes).replace("Z", ".000000Z")}}
        gateway.change(kinds.LEASE, "theia-cloud-operator-leaders", acquired)
        options = {"findings": ["idle"], "thresholds": {"idle_minutes": 20}, "discard_data": ["idle"]}
        assert outcomes(run(gateway, **options)) == outcome
        assert deleted(gateway) == list(outcome)

    def test_a_session_made_anew_under_the_same_name_is_not_touched(self, world, run):
        world.session("again", operatorStatus="ERROR")
        gateway = world.gateway()

        def replace():
            gateway.remove(kinds.SESSION, "again")
            spec = {"name": "again", "user": "ada@tum.de", "appDefinition": "java-17-latest"}
            gateway.put(
                kinds.SESSION, {"metadata": {"name": "again"}, "spec": spec, "status": {"operatorStatus": "ERROR"}}
            )

        before(gateway, "delete", kinds.SESSION, replace)
        assert outcomes(run(gateway, findings=["failed"])) == {"again": "gone"}
        assert gateway.get(kinds.SESSION, "again") is not None

    def test_a_session_that_ends_by_itself_is_gone(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        gateway = world.gateway()
        before(gateway, "delete", kinds.SESSION, lambda: gateway.remove(kinds.SESSION, "dead"))
        result = run(gateway, findings=["failed"])
        assert (outcomes(result), result["changed"]) == ({"dead": "gone"}, False)

    def test_pods_are_looked_at_again_before_the_first_delete(self, world, run):
        world.running("ill", pod={"ready": False, "waiting": "CrashLoopBackOff"})
        gateway = world.gateway()
        pod = world.objects["pods"][0]["metadata"]["name"]
        healed = {"status": {"conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": []}}
        lists = []

        def heal(verb, kind, _name):
            lists.extend([kind] if (verb, kind) == ("list", kinds.POD) else [])
            if len(lists) == 2:
                gateway.change(kinds.POD, pod, healed)

        gateway.interceptors.append(heal)
        result = run(gateway, findings=["crash_loop"], discard_data=["crash_loop"])
        assert (outcomes(result), deleted(gateway)) == ({"ill": "kept_active"}, [])

    @pytest.mark.parametrize(
        "how", [{"names": ["s1"]}, {"users": ["ada@tum.de"]}, {"app_definitions": ["java-17-latest"]}]
    )
    def test_a_dead_session_that_comes_to_life_is_shielded_whatever_it_was_chosen_for(self, world, run, how):
        dead = world.session("s1", age=timedelta(minutes=20), operatorStatus="HANDLED", written=ago(minutes=15))
        world.lazy_objects(dead, ready=False)
        gateway = world.gateway(records=[exam_record()])
        pod = world.objects["pods"][0]["metadata"]["name"]
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        result = run(gateway, meanwhile=lambda: gateway.change(kinds.POD, pod, ready), **how)
        assert (outcomes(result), deleted(gateway)) == ({"s1": "kept_shielded"}, [])

    @pytest.mark.parametrize("accepted", [False, True])
    def test_objects_that_came_with_a_change_are_seen(self, world, run, accepted):
        young = world.session("s1", age=timedelta(seconds=20), operatorStatus="HANDLING")
        gateway = world.gateway()
        later = World()
        later._numbers = itertools.count(5000)
        later.lazy_objects(young)

        def come_up():
            for kind in ("deployments", "replica_sets", "services", "pods"):
                for obj in later.objects[kind]:
                    gateway.put(KINDS[kind], obj)
            gateway.change(kinds.SESSION, "s1", {"status": {"operatorStatus": "HANDLED", "url": "ide.example.org/s1/"}})

        before(gateway, "delete", kinds.SESSION, come_up)
        result = run(gateway, names=["s1"], discard_data=["named"] if accepted else [])
        assert outcomes(result) == {"s1": "stopped" if accepted else "refused"}
        assert (gateway.get(kinds.SESSION, "s1") is None) is accepted
        # What is lost is what was there at last, not what was there when the run began.
        assert (result["sessions"][0]["data_at"], result["data_lost"]) == ("pod", {"pod": 1} if accepted else {})

    def test_a_pod_that_heals_while_its_session_changes_keeps_it(self, world, run):
        world.running("ill", pod={"ready": False, "waiting": "CrashLoopBackOff"})
        gateway = world.gateway()
        pod = world.objects["pods"][0]["metadata"]["name"]

        def heal():
            gateway.change(kinds.POD, pod, {"status": {"containerStatuses": []}})
            gateway.change(kinds.SESSION, "ill", {"status": {"error": "551:written in between"}})

        before(gateway, "delete", kinds.SESSION, heal)
        assert outcomes(run(gateway, findings=["crash_loop"], discard_data=["crash_loop"])) == {"ill": "kept_active"}

    def test_where_nothing_rests_on_objects_they_are_read_once(self, world, run):
        world.running("live")
        world.session("dead", operatorStatus="ERROR")
        gateway = world.gateway()
        run(gateway, names=["live", "dead"], discard_data=["named"])
        assert len(deleted(gateway)) == 2
        assert [plural for verb, plural, _name in gateway.requests if verb == "list"].count("pods") == 1

    def test_an_instance_whose_address_list_was_filled_meanwhile_stays(self, world, run):
        world.eager("s1", world.objects["app_definitions"][0], 1)
        (addresses,) = world.objects["address_lists"]
        admitted = {"data": {**addresses["data"]}}
        addresses["data"] = None
        gateway = world.gateway()

        def repair():
            gateway.change(kinds.CONFIG_MAP, addresses["metadata"]["name"], admitted)

        result = run(gateway, findings=["locked_out"], discard_data=["locked_out"], meanwhile=repair)
        assert (outcomes(result), deleted(gateway)) == ({"s1": "kept_active"}, [])

    @pytest.mark.parametrize("missing", ["app", "workspace"])
    def test_what_a_session_lacked_may_come_back(self, world, run, missing):
        world.running("s1", app="python" if missing == "app" else None, workspace="ws-1")
        other = World()
        if missing == "app":
            world.workspace()
            back, kind = other.app_definition("python"), kinds.APP_DEFINITION
        else:
            back, kind = other.workspace(), kinds.WORKSPACE
        gateway = world.gateway()
        options = {"findings": ["orphaned"], "discard_data": ["orphaned"]}
        result = run(gateway, meanwhile=lambda: gateway.put(kind, back), **options)
        assert (outcomes(result), deleted(gateway)) == ({"s1": "kept_active"}, [])

    def test_an_exam_declared_after_the_plan_shields(self, world, run):
        world.running("live")
        gateway = world.gateway()
        records = []

        def declare(verb, kind, _name):
            records.extend([kind] if (verb, kind) == ("list", kinds.CONFIG_MAP) else [])
            if len(records) == 2:
                gateway.put(kinds.CONFIG_MAP, exam_record())

        gateway.interceptors.append(declare)
        result = run(gateway, names=["live"], discard_data=["named"])
        assert (outcomes(result), deleted(gateway)) == ({"live": "kept_shielded"}, [])

    def test_a_session_that_never_holds_still_is_given_up(self, world, run):
        world.session("busy", operatorStatus="ERROR")
        gateway = world.gateway()
        rounds = []

        def write(verb, kind, _name):
            if (verb, kind) == ("delete", kinds.SESSION):
                rounds.append(len(rounds))
                gateway.change(kinds.SESSION, "busy", {"status": {"operatorMessage": f"write {len(rounds)}"}})

        gateway.interceptors.append(write)
        result = run(gateway, findings=["failed"])
        assert (result["failed"], outcomes(result), len(rounds)) == (True, {"busy": "failed"}, 5)
        assert "busy: it changed 5 times" in result["msg"]

    def test_an_answer_that_was_lost_is_looked_up(self, world, run):
        for name in ("done", "not-done"):
            world.session(name, operatorStatus="ERROR")
        gateway = world.gateway()
        lost = {"done", "not-done"}

        def lose(verb, kind, name):
            if (verb, kind) == ("delete", kinds.SESSION) and name in lost:
                lost.discard(name)
                if name == "done":
                    gateway.remove(kinds.SESSION, name)
                raise Unreachable("the connection was reset", applied="unknown")

        gateway.interceptors.append(lose)
        assert outcomes(run(gateway, findings=["failed"])) == {"done": "stopped", "not-done": "stopped"}
        assert gateway.get(kinds.SESSION, "not-done") is None

    def test_a_connection_that_is_always_reset_is_not_called_a_change(self, world, run):
        world.session("s1", operatorStatus="ERROR")
        gateway, resets = world.gateway(), []

        def reset(verb, kind, _name):
            if (verb, kind) == ("delete", kinds.SESSION):
                resets.append(verb)
                raise Unreachable("the connection was reset", applied="unknown")

        gateway.interceptors.append(reset)
        result = run(gateway, findings=["failed"])
        assert (outcomes(result), len(resets)) == ({"s1": "failed"}, 5)
        assert "s1: the connection was reset (tried 5 times)" in result["msg"]
        assert "it changed" not in result["msg"]

    @pytest.mark.parametrize(("applied", "outcome"), [(True, "stopped"), (False, "failed")])
    def test_after_an_error_of_the_server_it_is_looked_up(self, world, run, applied, outcome):
        world.running("s1")
        gateway = world.gateway()

        def give_up(verb, kind, name):
            if (verb, kind) == ("delete", kinds.SESSION):
                if applied:
                    gateway.remove(kind, name)
                raise ServerFailed("cannot delete: answered with status 504", applied="unknown")

        gateway.interceptors.append(give_up)
        result = run(gateway, names=["s1"], discard_data=["named"], wait=True, wait_timeout_seconds=0)
        assert outcomes(result) == {"s1": outcome}
        # What it left behind is looked for.
        assert result["sessions"][0]["ending"] == ("not_gone" if applied else None)

    def test_an_owner_that_is_gone_does_not_hide_whose_objects_they_are(self, world, run):
        world.running("s1")
        ghost = {"kind": "Session", "name": "ghost", "uid": "gone", "apiVersion": "theia.cloud/v1beta10"}
        for kind in ("deployments", "services"):
            for obj in world.objects[kind]:
                obj["metadata"]["ownerReferences"].insert(0, ghost)
        (item,) = run(world.gateway(), names=["s1"])["sessions"]
        assert (item["state"], item["data_at"], item["outcome"]) == ("running", "pod", "refused")

    def test_nobody_has_to_be_known_by_name(self, world, run, monkeypatch):
        def getuser():
            raise KeyError("getpwuid(): uid not found: 4242")

        monkeypatch.setattr(getpass, "getuser", getuser)
        session = world.running("s1")
        exit_ = {"uid": session["metadata"]["uid"], "exam": "pgdp-final", "reason": "wrong room"}
        gateway = world.gateway(records=[exam_record()])
        assert outcomes(run(gateway, names=["s1"], discard_data=["named"], shield_exit=exit_)) == {"s1": "stopped"}
        (entry,) = json.loads(gateway.get(kinds.CONFIG_MAP, "theia-exam-pgdp-final")["data"]["history"])
        assert entry["run"].startswith(f"uid-{os.getuid()}@")

    def test_one_failure_does_not_end_the_rest_and_fails_the_task(self, world, run):
        for number in range(5):
            world.session(f"s{number}", operatorStatus="ERROR")
        gateway = world.gateway()

        def fail(verb, _kind, name):
            if verb == "delete" and name in ("s1", "s3"):
                raise ServerFailed(f"no luck with {name}")

        gateway.interceptors.append(fail)
        result = run(gateway, findings=["failed"])
        assert (result["failed"], result["changed"]) == (True, True)
        assert result["outcomes"] == {"stopped": 3, "failed": 2}
        assert result["msg"] == "stopping sessions in theia-prod: s1: no luck with s1; s3: no luck with s3"

    def test_max_failures_ends_a_batch(self, world, run):
        for number in range(6):
            world.session(f"s{number}", operatorStatus="ERROR")
        gateway = world.gateway()

        def fail(verb, _kind, name):
            if verb == "delete":
                raise Forbidden(f"not allowed to delete {name}")

        gateway.interceptors.append(fail)
        result = run(gateway, findings=["failed"], max_failures=1)
        assert result["outcomes"] == {"failed": 2, "skipped_cap": 4}

    def test_beyond_a_cap_nothing_is_stopped_and_the_list_is_there(self, world, run):
        for number in range(4):
            world.session(f"s{number}", operatorStatus="ERROR")
        gateway = world.gateway()
        result = run(gateway, findings=["failed"], max_stop=3)
        assert result["failed"]
        assert "4 sessions would be stopped, and max_stop is 3" in result["msg"]
        assert (set(outcomes(result).values()), deleted(gateway)) == ({"skipped_cap"}, [])

    @pytest.mark.parametrize(
        ("asked", "accepts"),
        [
            ({"names": ["live"]}, "named"),
            ({"users": ["ada@tum.de"]}, "selected"),
            ({"app_definitions": ["java-17-latest"], "users": ["ada@tum.de"]}, "selected"),
        ],
    )
    def test_whoever_asks_for_a_session_that_is_refused_is_told_so_and_a_rule_is_not(self, world, run, asked, accepts):
        world.running("live")
        refused = run(world.gateway(), **asked)
        assert (refused["failed"], outcomes(refused)) == (True, {"live": "refused"})
        assert f"discard_data: {accepts} accepts that" in refused["msg"]
        selected = run(world.gateway(), states=["running"])
        assert (selected.get("failed", False), outcomes(selected)) == (False, {"live": "refused"})

    def test_protection_is_an_option_too(self, world, run):
        world.running("live")
        options = {"names": ["live"], "discard_data": ["named"]}
        assert outcomes(run(world.gateway(), protect={"users": ["ADA@tum.de"]}, **options)) == {
            "live": "kept_protected"
        }
        assert outcomes(run(world.gateway(), protect={"users": ["eve@tum.de"]}, **options)) == {"live": "stopped"}

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({}, "no session is selected"),
            ({"names": []}, "no session is selected"),
            ({"findings": ["too_old"]}, "only with a figure of your own"),
            ({"findings": ["not_reaped"]}, "never a reason to stop"),
            ({"names": ["s"], "max_percent": 101}, "max_percent is 101"),
            ({"names": ["s"], "max_stop": -1}, "max_stop is -1"),
            ({"names": ["s"], "concurrency": 0}, "concurrency is 0"),
            ({"records": [{"name": "s", "uid": "u"}]}, "a record has no findings"),
            ({"records": [{"name": "s", "uid": "u", "findings": ["failed"]}]}, "each has a code"),
            ({"records": [{"name": "s", "uid": "u", "findings": [{"since": None}]}]}, "each has a code"),
            ({"records": [{"name": "s", "uid": "u", "findings": "failed"}]}, "each has a code"),
            ({"records": [], "names": ["s"]}, "state no filters"),
            ({"names": ["s"], "unchecked": True}, "unchecked is for api=service"),
        ],
    )
    def test_mistakes_are_named_before_anything_is_read(self, world, run, options, text):
        gateway = world.gateway()
        result = run(gateway, **options)
        assert text in result["msg"]
        assert gateway.requests == []


class TestClocks:
    """The API server's Date is off: an exam that is on now is over, or not yet on, by its clock."""

    @pytest.mark.parametrize("hours", [5, 24, -24])
    def test_a_session_that_one_of_two_clocks_puts_into_an_exam_stays(self, world, run, hours):
        world.running("live")
        gateway = world.gateway(records=[exam_record()])
        gateway.ahead = timedelta(hours=hours)
        gateway.advance(hours * 3600)
        result = run(gateway, names=["live"], discard_data=["named"])
        assert (outcomes(result), deleted(gateway)) == ({"live": "kept_shielded"}, [])
        assert any(f"{abs(hours) * 60} min apart" in warning for warning in result["warnings"])

    def test_where_no_exam_is_on_by_either_it_goes_with_a_warning(self, world, run):
        world.running("live")
        gateway = world.gateway()
        gateway.ahead = timedelta(hours=5)
        result = run(gateway, names=["live"], discard_data=["named"])
        assert outcomes(result) == {"live": "stopped"}
        assert any("300 min apart" in warning for warning in result["warnings"])

    @pytest.mark.parametrize(
        ("ahead", "options", "age", "due"),
        [
            pytest.param(300, {"older_than_minutes": 120}, 60, False, id="older-than"),
            pytest.param(-300, {"younger_than_minutes": 120}, 360, False, id="younger-than"),
            pytest.param(
                300, {"findings": ["too_old"], "thresholds": {"too_old_minutes": 120}}, 60, False, id="too-old"
            ),
            pytest.param(30, {"findings": ["idle"], "thresholds": {"idle_minutes": 20}}, 60, False, id="idle"),
            pytest.param(300, {"older_than_minutes": 120}, 200, True, id="older-than-by-both"),
            pytest.param(10, {"findings": ["idle"], "thresholds": {"idle_minutes": 2}}, 60, True, id="idle-by-both"),
            pytest.param(300, {"users": ["ada@tum.de"]}, 60, True, id="no-policy-by-time"),
        ],
    )
    @pytest.mark.parametrize("check", [True, False])
    def test_what_is_due_by_one_of_two_clocks_alone_stays_and_both_are_named(
        self, world, run, ahead, options, age, due, check
    ):
        """The server's clock is the one that is off, by so many minutes."""
        world.running("live", age=timedelta(minutes=age), lastActivity=millis(minutes=9))
        gateway = world.gateway()
        gateway.advance(ahead * 60)
        gateway.ahead = timedelta(minutes=ahead)
        result = run(gateway, check=check, discard_data=["selected", "too_old", "idle"], **options)
        assert any(f"{abs(ahead)} min apart" in warning for warning in result["warnings"])
        assert outcomes(result) == {"live": "stopped" if due else "kept_active"}
        assert deleted(gateway) == (["live"] if due and not check else [])
        if not due:
            reason = result["sessions"][0]["reason"]
            assert reason.startswith("it is due by the clock of the API server, 2027-02-11T")
            assert f"and not by that of this machine, {ago()}: " in reason

    def test_one_that_is_dead_by_one_of_two_clocks_alone_may_be_alive(self, world, run):
        """Handled for three minutes by this machine's clock, and for five hours by the server's."""
        world.session("waits", operatorStatus="HANDLED", age=timedelta(minutes=3))
        for hours in (5, 0):
            gateway = world.gateway()
            gateway.advance(hours * 3600)
            gateway.ahead = timedelta(hours=hours)
            result = run(gateway, users=["ada@tum.de"], only_dead=True)
            assert outcomes(result) == {"waits": "kept_active"}
            assert ("300 min apart" in result["sessions"][0]["reason"]) is (hours == 5)


class TestLongRuns:
    """What is looked at again while deletes are under way; the pauses are shortened to nothing."""

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch):
        monkeypatch.setattr(guard, "RECORDS_SECONDS", -1.0)
        monkeypatch.setattr(guard, "OBJECTS_SECONDS", -1.0)

    @staticmethod
    def after_the_first_delete(gateway, act):
        pending = [act]

        def intercept(verb, kind, _name):
            if pending and deleted(gateway) and (verb, kind) != ("delete", kinds.SESSION):
                pending.pop()()

        gateway.interceptors.append(intercept)

    def test_an_exam_that_is_declared_meanwhile_shields_the_rest(self, world, run):
        for number in range(3):
            world.running(f"s{number}")
        gateway = world.gateway()
        self.after_the_first_delete(gateway, lambda: gateway.put(kinds.CONFIG_MAP, exam_record()))
        result = run(gateway, names=["s0", "s1", "s2"], discard_data=["named"])
        assert outcomes(result) == {"s0": "stopped", "s1": "kept_shielded", "s2": "kept_shielded"}

    def test_a_record_that_disappears_meanwhile_shields_as_before(self, world, run):
        world.running("s0", app="c-latest", user="eve@tum.de")
        world.running("s1")
        world.app_definition("c-latest")
        gateway = world.gateway(records=[exam_record()])
        self.after_the_first_delete(gateway, lambda: gateway.remove(kinds.CONFIG_MAP, "theia-exam-pgdp-final"))
        result = run(gateway, states=["running"], discard_data=["selected"])
        assert outcomes(result) == {"s0": "stopped", "s1": "kept_shielded"}

    def test_pods_that_heal_meanwhile_keep_their_sessions(self, world, run):
        for number in range(3):
            world.running(f"s{number}", pod={"ready": False, "waiting": "CrashLoopBackOff"})
        gateway = world.gateway()
        pods = [pod["metadata"]["name"] for pod in world.objects["pods"]]

        def heal():
            for pod in pods:
                gateway.change(kinds.POD, pod, {"status": {"containerStatuses": []}})

        self.after_the_first_delete(gateway, heal)
        result = run(gateway, findings=["crash_loop"], discard_data=["crash_loop"])
        assert outcomes(result) == {"s0": "stopped", "s1": "kept_active", "s2": "kept_active"}

    def test_an_operator_that_stops_leading_meanwhile_ends_stops_on_instances(self, world, run):
        app = world.objects["app_definitions"][0]
        for number in (1, 2, 3):
            world.eager(f"s{number}", app, number)
        gateway = world.gateway()
        self.after_the_first_delete(gateway, lambda: gateway.remove(kinds.LEASE, "theia-cloud-operator-leaders"))
        result = run(gateway, names=["s1", "s2", "s3"], discard_data=["named"])
        assert outcomes(result) == {"s1": "stopped", "s2": "refused", "s3": "refused"}


class TestUserLimit:
    """Of a user who has too many, only as many go as are too many."""

    OPTIONS: t.ClassVar = {"findings": ["over_user_limit"], "discard_data": ["over_user_limit"]}

    @pytest.fixture
    def crowd(self, world):
        for hours, name in enumerate(("young", "older", "oldest"), start=1):
            world.running(name, age=timedelta(hours=hours))
        world.running("other", user="eve@tum.de")
        return world

    @staticmethod
    def limited(world, limit, **options):
        return world.gateway(arguments=[f"--sessionsPerUser={limit}"], **options)

    @pytest.mark.parametrize(("limit", "going"), [(3, set()), (2, {"oldest"}), (1, {"oldest", "older"})])
    def test_the_oldest_go_and_check_mode_says_so(self, crowd, run, limit, going):
        predicted = run(self.limited(crowd, limit, check_mode=True), check=True, **self.OPTIONS)
        gateway = self.limited(crowd, limit)
        result = run(gateway, **self.OPTIONS)
        assert set(deleted(gateway)) == going
        assert outcomes(predicted) == outcomes(result)
        assert set(outcomes(result).values()) <= {"stopped", "kept_active"}

    def test_a_wreck_goes_before_a_session_somebody_may_work_in(self, crowd, run):
        crowd.session("wreck", operatorStatus="ERROR")
        gateway = self.limited(crowd, 3)
        run(gateway, **self.OPTIONS)
        assert deleted(gateway) == ["wreck"]

    def test_records_with_that_finding_are_not_more_either(self, crowd, run):
        gateway = self.limited(crowd, 2)
        records = [{"name": s["metadata"]["name"], "uid": s["metadata"]["uid"]} for s in crowd.objects["sessions"][:3]]
        listed = [{**record, "findings": [{"code": "over_user_limit"}]} for record in records]
        run(gateway, records=listed, discard_data=["over_user_limit"])
        assert deleted(gateway) == ["oldest"]

    def test_a_session_that_its_user_ended_counts_no_more(self, crowd, run):
        gateway = self.limited(crowd, 2)
        result = run(gateway, meanwhile=lambda: gateway.remove(kinds.SESSION, "young"), **self.OPTIONS)
        assert (outcomes(result)["oldest"], deleted(gateway)) == ("kept_active", [])

    def test_one_that_ends_between_two_deletes_counts_no_more(self, crowd, run, monkeypatch):
        monkeypatch.setattr(guard, "OBJECTS_SECONDS", -1.0)
        gateway = self.limited(crowd, 1)
        pending = ["young"]

        def end(verb, kind, _name):
            if pending and deleted(gateway) and (verb, kind) == ("list", kinds.SESSION):
                gateway.remove(kinds.SESSION, pending.pop())

        gateway.interceptors.append(end)
        run(gateway, **self.OPTIONS)
        assert deleted(gateway) == ["older"]

    def test_wrecks_of_one_user_all_block_however_many_went_before(self, world, run, monkeypatch):
        monkeypatch.setattr(guard, "OBJECTS_SECONDS", -1.0)
        for name in ("a", "b"):
            world.session(name, operatorStatus="ERROR")
        gateway = self.limited(world, 2)
        assert outcomes(run(gateway, findings=["blocks_user"])) == {"a": "stopped", "b": "stopped"}


class TestRecords:
    def test_records_with_pseudonyms_are_found_by_uid(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        uid = world.objects["sessions"][0]["metadata"]["uid"]
        records = [{"name": "session-3f2a", "uid": uid, "findings": [{"code": "failed"}]}]
        assert outcomes(run(world.gateway(), records=records)) == {"dead": "stopped"}

    def test_a_session_listed_twice_is_one(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        record = {"name": "dead", "uid": world.objects["sessions"][0]["metadata"]["uid"]}
        twice = [{**record, "findings": [{"code": "failed"}]}, {**record, "findings": []}]
        assert run(world.gateway(check_mode=True), records=twice, check=True)["outcomes"] == {"stopped": 1}
        assert run(world.gateway(), records=twice)["outcomes"] == {"stopped": 1}

    def test_records_of_the_info_module_are_stopped_by_uid(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        records = [assessed.record for assessed in world.judge()]
        assert outcomes(run(world.gateway(), records=records)) == {"dead": "stopped"}
        other = [{**record, "uid": "the-one-before"} for record in records]
        assert outcomes(run(world.gateway(), records=other)) == {"dead": "gone"}

    def test_no_records_stop_nobody(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        result = run(world.gateway(), records=[])
        assert (result["changed"], result["sessions"]) == (False, [])

    def test_pods_of_listed_sessions_are_looked_at_again(self, world, run):
        world.running("ill", pod={"ready": False, "waiting": "CrashLoopBackOff"})
        records = [assessed.record for assessed in world.judge()]
        healthy = World()
        healthy.app_definition()
        healthy.running("ill")
        assert outcomes(run(healthy.gateway(), records=records)) == {"ill": "kept_active"}

    def test_only_dead_ones_go_where_that_is_asked_for(self, world, run):
        """Between the diagnosis and the delete a pod came up: its finding holds still, and somebody may be in it."""
        world.running("late", age=timedelta(minutes=7), pod={"ready": False}, operatorStatus="HANDLING", url=None)
        records = [assessed.record for assessed in world.judge() if assessed.dead]
        assert [record["name"] for record in records] == ["late"]
        gateway = world.gateway()
        assert outcomes(run(gateway, records=records, only_dead=True, check=True)) == {"late": "stopped"}
        pod = world.objects["pods"][0]["metadata"]["name"]
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        result = run(gateway, records=records, only_dead=True, meanwhile=lambda: gateway.change(kinds.POD, pod, ready))
        assert (outcomes(result), deleted(gateway)) == ({"late": "kept_active"}, [])
        assert "not seen to be dead" in result["sessions"][0]["reason"]
        shielded = world.gateway(records=[exam_record()])
        shielded.change(kinds.POD, pod, ready)
        assert outcomes(run(shielded, records=records, only_dead=True)) == {"late": "kept_active"}

    def test_what_was_gone_and_is_there_again_is_seen_before_it_goes(self, world, run):
        wreck = world.session("wreck", age=timedelta(hours=2), operatorStatus="ERROR", url="x/")
        later = World()
        later._numbers = itertools.count(5000)
        later.lazy_objects(wreck)
        gateway = world.gateway()

        def come_back():
            for kind in ("deployments", "replica_sets", "services", "pods"):
                for obj in later.objects[kind]:
                    gateway.put(KINDS[kind], obj)

        assert outcomes(run(gateway, findings=["failed"], check=True)) == {"wreck": "stopped"}
        result = run(gateway, findings=["failed"], meanwhile=come_back)
        assert (outcomes(result), deleted(gateway)) == ({"wreck": "kept_active"}, [])


class TestShieldExit:
    @pytest.fixture
    def exam(self, world):
        session = world.running("live")
        return {"uid": session["metadata"]["uid"], "exam": "pgdp-final", "reason": "wrong room"}

    def test_it_is_in_the_history_before_the_session_goes(self, world, run, exam):
        gateway = world.gateway(records=[exam_record()])
        result = run(gateway, names=["live"], shield_exit=exam, discard_data=["named"], run="job 7")
        assert outcomes(result) == {"live": "stopped"}
        assert [(verb, plural) for verb, plural, _name, _body in gateway.writes] == [
            ("update", "configmaps"),
            ("delete", "sessions"),
        ]
        record = gateway.get(kinds.CONFIG_MAP, "theia-exam-pgdp-final")
        (entry,) = json.loads(record["data"]["history"])
        assert entry == {
            "at": "2027-02-11T09:00:00Z",
            "action": "shield_exit",
            "run": "job 7",
            "outcome": "allowed",
            "session": exam["uid"],
            "reason": "wrong room",
        }

    @pytest.mark.parametrize("by", ["names", "uids", "records"])
    def test_a_second_run_changes_nothing(self, world, run, exam, by):
        record = {"name": "live", "uid": exam["uid"], "findings": []}
        target = {"names": ["live"], "uids": [exam["uid"]], "records": [record]}[by]
        gateway = world.gateway(records=[exam_record()])
        options = {by: target, "shield_exit": exam, "discard_data": ["named"]}
        assert run(gateway, **options)["outcomes"] == {"stopped": 1}
        sent = len(gateway.writes)
        again = run(gateway, **options)
        assert (again["outcomes"], again["changed"], len(gateway.writes)) == ({"gone": 1}, False, sent)
        assert again["sessions"][0]["uid"] == (None if by == "names" else exam["uid"])

    def test_a_name_that_nobody_has_is_not_the_session_that_is_there(self, world, run, exam):
        gateway = world.gateway(records=[exam_record()])
        assert "this task is about 1 sessions" in run(gateway, names=["lvie"], shield_exit=exam)["msg"]

    def test_a_record_that_changes_meanwhile_is_written_again(self, world, run, exam):
        gateway = world.gateway(records=[exam_record()])
        change = {"metadata": {"annotations": {"a": "b"}}}
        before(
            gateway,
            "update",
            kinds.CONFIG_MAP,
            lambda: gateway.change(kinds.CONFIG_MAP, "theia-exam-pgdp-final", change),
        )
        assert outcomes(run(gateway, names=["live"], shield_exit=exam, discard_data=["named"])) == {"live": "stopped"}
        assert gateway.get(kinds.CONFIG_MAP, "theia-exam-pgdp-final")["metadata"]["annotations"] == {"a": "b"}

    def test_without_the_right_to_write_history_nothing_is_stopped(self, world, run, exam):
        gateway = world.gateway(records=[exam_record()], forbidden=[("update", kinds.CONFIG_MAP)])
        result = run(gateway, names=["live"], shield_exit=exam, discard_data=["named"])
        assert "not allowed to update configmaps" in result["msg"]
        assert deleted(gateway) == []

    def test_check_mode_writes_no_history(self, world, run, exam):
        gateway = world.gateway(records=[exam_record()], check_mode=True)
        result = run(gateway, names=["live"], shield_exit=exam, discard_data=["named"], check=True)
        assert (outcomes(result), gateway.writes) == ({"live": "stopped"}, [])

    def test_what_needs_no_exit_leaves_no_trace(self, world, run, exam):
        gateway = world.gateway(records=[exam_record(closed_at="2027-02-11T08:00:00Z")])
        run(gateway, names=["live"], shield_exit=exam, discard_data=["named"])
        assert [plural for _verb, plural, _name, _body in gateway.writes] == ["sessions"]

    def test_by_default_a_live_session_of_an_exam_stays(self, world, run, exam):
        gateway = world.gateway(records=[exam_record()])
        result = run(gateway, uids=[exam["uid"]], discard_data=["named"], without_operator=True)
        assert (outcomes(result), gateway.writes) == ({"live": "kept_shielded"}, [])


class TestInstances:
    @pytest.fixture
    def pool(self, world):
        world.eager("s1", world.objects["app_definitions"][0], 2)
        return world

    def test_without_an_operator_a_session_on_an_instance_is_refused(self, pool, run):
        gateway = pool.gateway(leading=False)
        result = run(gateway, names=["s1"], discard_data=["named"])
        assert (outcomes(result), deleted(gateway)) == ({"s1": "refused"}, [])
        assert "no operator leads" in result["msg"]

    def test_an_operator_that_resets_the_instance_makes_it_fresh(self, pool, run):
        gateway = pool.gateway()
        reset_instances(gateway, pool)
        result = run(gateway, names=["s1"], discard_data=["named"], wait=True)
        assert [(item["outcome"], item["ending"]) for item in result["sessions"]] == [("stopped", "fresh")]

    @pytest.mark.parametrize("wait", [True, False])
    @pytest.mark.parametrize(("holder", "told"), [("second", 1), ("first", 0)])
    def test_an_operator_that_ended_over_a_release_is_told(self, pool, run, wait, holder, told):
        gateway = pool.gateway()
        lease = "theia-cloud-operator-leaders"
        gateway.change(kinds.LEASE, lease, {"spec": {"holderIdentity": "first"}})
        reset_instances(gateway, pool)

        def end(verb, kind, _name):
            if (verb, kind) == ("delete", kinds.SESSION):
                gateway.change(kinds.LEASE, lease, {"spec": {"holderIdentity": holder}})

        gateway.interceptors.append(end)
        result = run(gateway, names=["s1"], discard_data=["named"], wait=wait)
        assert outcomes(result) == {"s1": "stopped"}
        assert sum("the operator ended while sessions were stopped" in text for text in result["warnings"]) == told

    def test_an_instance_that_is_not_reset_fails_the_task(self, pool, run):
        result = run(pool.gateway(), names=["s1"], discard_data=["named"], wait=True, wait_timeout_seconds=0)
        assert (result["failed"], result["changed"], outcomes(result)) == (True, True, {"s1": "stopped"})
        assert result["sessions"][0]["ending"] == "not_reset"
        assert "goes to the next student as it is" in result["msg"]

    def test_nobody_waits_for_an_operator_that_is_not_there(self, pool, run):
        gateway = pool.gateway(leading=False)
        options = {"without_operator": True, "wait": True, "wait_timeout_seconds": 3600}
        result = run(gateway, names=["s1"], discard_data=["named"], **options)
        assert (outcomes(result), result["sessions"][0]["ending"]) == ({"s1": "stopped"}, "not_reset")
        assert "while no operator leads something is left of s1" in result["msg"]

    def test_objects_of_a_lazy_session_have_to_go(self, world, run):
        world.running("lazy")
        gateway = world.gateway()
        collect_garbage(gateway)
        result = run(gateway, names=["lazy"], discard_data=["named"], wait=True)
        assert result["sessions"][0]["ending"] == "gone"
        late = run(world.gateway(), names=["lazy"], discard_data=["named"], wait=True, wait_timeout_seconds=0)
        assert (late["failed"], late["sessions"][0]["ending"]) == (True, "not_gone")
        assert late["msg"].endswith("after 0 s something is left of lazy")

    def test_without_the_right_to_see_pods_nobody_claims_an_ending(self, world, run):
        world.session("dead", operatorStatus="ERROR")
        gateway = world.gateway(forbidden=[("list", kinds.POD)])
        result = run(gateway, findings=["failed"], without_operator=True, wait=True)
        assert result["sessions"][0]["ending"] is None
        assert any("could not be read" in warning for warning in result["warnings"])

    def test_an_error_while_waiting_loses_nothing_of_what_was_done(self, world, run):
        world.running("s1")
        world.running("s2")
        gateway = world.gateway()

        def fail(verb, kind, _name):
            if deleted(gateway) and (verb, kind) == ("list", kinds.POD):
                raise ServerFailed("cannot list pods: 503")

        gateway.interceptors.append(fail)
        result = run(gateway, names=["s1", "s2"], discard_data=["named"], wait=True, wait_timeout_seconds=0)
        assert (result["failed"], result["changed"], outcomes(result)) == (
            True,
            True,
            dict.fromkeys(deleted(gateway), "stopped"),
        )
        assert (
            result["msg"]
            == "stopping sessions in theia-prod: stopped, but how they ended could not be read: cannot list pods: 503"
        )

    def test_endings_seen_before_an_error_are_told(self, pool, run):
        pool.running("lazy", user="eve@tum.de")
        gateway = pool.gateway()
        collect_garbage(gateway)
        looks = []

        def fail(verb, kind, _name):
            if deleted(gateway) and (verb, kind) == ("list", kinds.POD):
                looks.append(kind)
                if len(looks) >= 3:
                    raise ServerFailed("cannot list pods: 503")

        gateway.interceptors.append(fail)
        result = run(gateway, names=["lazy", "s1"], discard_data=["named"], wait=True, wait_timeout_seconds=2)
        assert result["failed"]
        assert "how they ended could not be read" in result["msg"]
        assert {item["name"]: item["ending"] for item in result["sessions"]} == {"lazy": "gone", "s1": None}

    def test_where_config_maps_may_not_be_listed_lazy_endings_are_waited_for(self, pool, run):
        pool.session("wreck", operatorStatus="ERROR", user="eve@tum.de")
        forbidden = [("list", kinds.CONFIG_MAP)]
        result = run(pool.gateway(forbidden=forbidden), findings=["failed"], wait=True)
        assert [item["ending"] for item in result["sessions"]] == ["gone"]
        assert not any("clean instances" in warning for warning in result["warnings"])
        pool.objects["sessions"][0]["status"] = {"operatorStatus": "ERROR", "url": None}
        both = run(pool.gateway(forbidden=forbidden), findings=["failed"], wait=True)
        assert {item["name"]: item["ending"] for item in both["sessions"]} == {"wreck": "gone", "s1": None}
        assert any("clean instances could not be read: not allowed to list" in warning for warning in both["warnings"])

    def test_progress_is_written_for_stopping_and_for_waiting(self, pool, run, tmp_path):
        gateway = pool.gateway()
        reset_instances(gateway, pool)
        file = tmp_path / "progress"
        run(gateway, names=["s1"], discard_data=["named"], wait=True, progress_file=str(file))
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert {(line["what"], line["done"], line["total"]) for line in lines} >= {("stopped", 1, 1), ("clean", 1, 1)}

    def test_progress_counts_only_what_is_gone(self, world, run, tmp_path):
        for name in ("s1", "s2"):
            world.running(name)
        gateway = world.gateway()

        def refuse(verb, _kind, name):
            if (verb, name) == ("delete", "s2"):
                raise ServerFailed("no luck")

        gateway.interceptors.append(refuse)
        file = tmp_path / "progress"
        run(gateway, names=["s1", "s2"], discard_data=["named"], progress_file=str(file))
        assert [json.loads(line)["done"] for line in file.read_text().splitlines()] == [1, 1]


def collect_garbage(gateway):
    """Remove what belongs to a deleted session, as the cluster does."""

    def collect(verb, kind, _name):
        if (verb, kind) == ("list", kinds.POD):
            alive = {obj["metadata"]["uid"] for obj in everything(gateway, kinds.SESSION)}
            for owned in (kinds.DEPLOYMENT, kinds.REPLICA_SET, kinds.SERVICE, kinds.POD):
                for obj in everything(gateway, owned):
                    owners = obj["metadata"].get("ownerReferences") or []
                    if owners and not {owner["uid"] for owner in owners} & alive:
                        gateway.remove(owned, obj["metadata"]["name"])
                    else:
                        alive.add(obj["metadata"]["uid"])

    gateway.interceptors.append(collect)


def reset_instances(gateway, world):
    """Release the instances of deleted sessions and give them new pods, as a leading operator does."""

    def reset(verb, kind, _name):
        if (verb, kind) == ("list", kinds.POD) and not everything(gateway, kinds.SESSION):
            for owned in (kinds.DEPLOYMENT, kinds.SERVICE):
                for obj in everything(gateway, owned):
                    if not obj["metadata"].get("ownerReferences"):
                        continue
                    keep = [o for o in obj["metadata"]["ownerReferences"] if o["kind"] != "Session"]
                    patch = {"metadata": {"ownerReferences": keep, "labels": None}}
                    gateway.change(owned, obj["metadata"]["name"], patch)
            for obj in everything(gateway, kinds.CONFIG_MAP):
                gateway.change(kinds.CONFIG_MAP, obj["metadata"]["name"], {"data": None})
            for obj in everything(gateway, kinds.POD):
                gateway.remove(kinds.POD, obj["metadata"]["name"])
            gateway.put(kinds.POD, world.pod(world.objects["replica_sets"][0], container="java-17-latest"))

    gateway.interceptors.append(reset)


def everything(gateway, kind):
    """What there is, seen from outside: without rules, interceptors and the record of requests."""
    return list(gateway._shelf(kind).values())


class FakeService:
    def __init__(self, gateway=None, user="ada@tum.de", names=("s1",), failing=()):
        self.gateway, self.user, self.stopped, self.touched = gateway, user, [], []
        self.names, self.failing = names, failing

    def sessions(self, user):
        return [ListedSession(name, user, "java-17-latest", None) for name in self.names]

    def stop_session(self, user, name):
        if name in self.failing:
            raise ServerFailed("the service answered 500")
        self.stopped.append((user, name))
        if self.gateway:
            self.gateway.remove(kinds.SESSION, name)
        return True

    def report_activity(self, name):
        if name in self.failing:
            raise ServerFailed("the service answered 500")
        self.touched.append(name)
        if self.gateway:
            self.gateway.change(kinds.SESSION, name, {"status": {"lastActivity": int(NOW.timestamp() * 1000) + 5}})
        return name in self.names

    def answer_500(self, *, written):
        report = self.report_activity

        def failing(name):
            if written and self.gateway.get(kinds.SESSION, name):
                report(name)
            raise ServerFailed("cannot report activity: Error id 4711 (500)", status=500, applied="unknown")

        self.report_activity = failing


def test_a_session_that_stays_terminating_is_not_gone(world, run):
    world.session("dead", operatorStatus="ERROR")
    gateway = held(world.gateway())
    told = "Terminating since 2027-02-11T08:30:00Z, held by finalizer policy.example.org/audit"
    first = run(gateway, names=["dead"], wait=True, wait_timeout_seconds=0)
    (item,) = first["sessions"]
    assert (first["failed"], item["ending"], told in first["msg"]) == (True, "not_gone", True)
    second = run(gateway, names=["dead"], only_dead=True)
    assert (second["failed"], outcomes(second), told in second["msg"]) == (True, {"dead": "failed"}, True)


@pytest.mark.parametrize("unreadable", [kinds.POD, kinds.DEPLOYMENT, kinds.SERVICE])
def test_it_is_not_gone_either_where_its_objects_cannot_be_read(world, run, unreadable):
    world.session("dead", operatorStatus="ERROR")
    gateway = held(world.gateway(forbidden=[("list", unreadable)]))
    done = run(gateway, names=["dead"], discard_data=["named"], wait=True, wait_timeout_seconds=0)
    (item,) = done["sessions"]
    assert (done["failed"], item["ending"]) == (True, "not_gone")
    assert "held by finalizer policy.example.org/audit" in done["msg"]


class TestThroughTheService:
    def test_a_session_is_judged_in_the_cluster_and_stopped_as_its_user(self, world, run, through):
        world.running("s1")
        world.running("s2", user="eve@tum.de")
        gateway = world.gateway()
        service = through(FakeService(gateway))
        result = run(gateway, api="service", states=["running"], discard_data=["selected"])
        assert outcomes(result) == {"s1": "stopped", "s2": "refused"}
        assert (service.stopped, gateway.writes, result["precondition"]) == ([("ada@tum.de", "s1")], [], "none")

    def test_the_shield_holds_on_that_way_too(self, world, run, through):
        world.running("s1")
        gateway = world.gateway(records=[exam_record()])
        service = through(FakeService(gateway))
        assert outcomes(run(gateway, api="service", names=["s1"], discard_data=["named"])) == {"s1": "kept_shielded"}
        assert service.stopped == []

    def test_another_session_of_the_same_name_is_not_stopped(self, world, run, through):
        world.running("s1")
        gateway = world.gateway()
        service = through(FakeService(gateway))

        def replace():
            old = gateway.get(kinds.SESSION, "s1")
            gateway.remove(kinds.SESSION, "s1")
            gateway.put(kinds.SESSION, {**old, "metadata": {"name": "s1"}})

        before(gateway, "get", kinds.SESSION, replace)
        result = run(gateway, api="service", states=["running"], discard_data=["selected"])
        assert outcomes(result) == {"s1": "gone"}
        assert service.stopped == []

    def test_a_session_that_is_still_there_afterwards_failed(self, world, run, through, monkeypatch):
        monkeypatch.setattr(stop_service, "CONFIRM_SECONDS", 0.0)
        world.running("s1")
        through(FakeService())
        result = run(world.gateway(), api="service", names=["s1"], discard_data=["named"])
        assert (result["failed"], outcomes(result)) == (True, {"s1": "failed"})

    def test_a_token_without_a_user_is_refused(self, world, run, through):
        through(FakeService(user=None))
        assert "names no user" in run(world.gateway(), api="service", names=["s1"])["msg"]

    def test_without_the_cluster_it_says_what_nobody_checked(self, run, through):
        service = through(FakeService())
        options = {"api": "service", "unchecked": True, "names": ["s1", "s2"]}
        assert run(None, check=True, **options)["changed"]
        assert service.stopped == []
        result = run(None, **options)
        assert (outcomes(result), service.stopped) == ({"s1": "stopped", "s2": "gone"}, [("ada@tum.de", "s1")])
        assert "exams" in result["not_checked"]

    @pytest.mark.parametrize(
        ("options", "stopped", "others"),
        [
            pytest.param({"limit": 1}, ["a"], set(), id="limit"),
            pytest.param({"protect": {"sessions": ["a"]}}, ["b", "c"], {"kept_protected"}, id="protected-session"),
            pytest.param({"protect": {"users": ["ADA@tum.de"]}}, [], {"kept_protected"}, id="protected-user"),
            pytest.param(
                {"protect": {"app_definitions": ["java-17-latest"]}}, [], {"kept_protected"}, id="protected-app"
            ),
            pytest.param({"max_stop": 2}, [], {"skipped_cap"}, id="cap"),
            pytest.param({"max_stop": 3}, ["a", "b", "c"], set(), id="at-the-cap"),
        ],
    )
    def test_without_the_cluster_bounds_and_protection_hold(self, run, through, options, stopped, others):
        service = through(FakeService(names=("a", "b", "c")))
        options = {"api": "service", "unchecked": True, "concurrency": 1, "names": ["a", "b", "c"], **options}
        predicted = run(None, check=True, **options)
        result = run(None, **options)
        assert [name for _user, name in service.stopped] == stopped
        assert outcomes(predicted) == outcomes(result)
        assert set(outcomes(result).values()) - {"stopped"} == others
        assert result.get("failed", False) is ("skipped_cap" in others)

    def test_without_the_cluster_nonsense_is_refused_too(self, run, through):
        through(FakeService())
        for state in ("absent", "active"):
            result = run(None, state=state, api="service", unchecked=True, names=["s1"], max_stop=-3)
            assert "max_stop is -3" in result["msg"]

    @pytest.mark.parametrize(
        ("state", "word", "options", "expected"),
        [
            ("absent", "stopped", {}, ["stopped", "failed", "stopped"]),
            ("absent", "stopped", {"max_failures": 0}, ["stopped", "failed", "skipped_cap"]),
            ("active", "touched", {}, ["touched", "failed", "touched"]),
            ("active", "touched", {"max_failures": 0}, ["touched", "failed", "skipped_cap"]),
        ],
    )
    def test_without_the_cluster_one_failure_loses_nothing(self, run, through, state, word, options, expected):
        through(FakeService(names=("a", "b", "c"), failing={"b"}))
        options = {
            "state": state,
            "api": "service",
            "unchecked": True,
            "concurrency": 1,
            "names": ["a", "b", "c"],
            **options,
        }
        result = run(None, **options)
        assert [item["outcome"] for item in result["sessions"]] == expected
        assert (result["failed"], result["changed"], result["outcomes"][word]) == (True, True, expected.count(word))
        assert "b: the service answered 500" in result["msg"]

    def test_without_the_cluster_only_names_can_be_given(self, run, through):
        through(FakeService())
        result = run(None, api="service", unchecked=True, findings=["failed"])
        assert "unchecked is for api=service with names" in result["msg"]


class TestActivity:
    def touch(self, run, gateway, **options):
        return run(gateway, state="active", **options)

    def test_it_is_set_to_now_and_noted_as_ours_first(self, world, run):
        world.running("s1", lastActivity=millis(minutes=40))
        gateway = world.gateway()
        result = self.touch(run, gateway, names=["s1"])
        now = int(NOW.timestamp() * 1000)
        after = gateway.get(kinds.SESSION, "s1")
        assert (outcomes(result), result["changed"]) == ({"s1": "touched"}, True)
        assert after["status"]["lastActivity"] == now
        assert after["metadata"]["annotations"][names.TOUCHED] == str(now)
        assert [sorted(body) for _verb, _plural, _name, body in gateway.writes] == [
            ["metadata"],
            ["metadata", "status"],
        ]
        again = self.touch(run, gateway, names=["s1"])
        assert (outcomes(again), again["changed"], len(gateway.writes)) == ({"s1": "fresh"}, False, 2)

    @pytest.mark.parametrize(("leading", "reported"), [(True, {"away": "touched"}), (False, {})])
    def test_for_those_who_seem_idle_it_is_watched_who_leads_first(self, world, run, leading, reported):
        world.running("away", age=timedelta(hours=2), lastActivity=millis(minutes=40))
        idle = {"findings": ["idle"], "thresholds": {"idle_minutes": 20}}
        assert outcomes(self.touch(run, world.gateway(leading=leading), **idle)) == reported

    def test_our_own_report_is_not_taken_for_the_users_activity(self, world, run):
        world.running("s1", lastActivity=millis(minutes=40))
        gateway = world.gateway()
        self.touch(run, gateway, names=["s1"])
        world.objects["sessions"] = [gateway.get(kinds.SESSION, "s1")]
        assert not world.judge()[0].record["activity_known"]

    @pytest.mark.parametrize(
        ("session", "outcome"),
        [
            pytest.param({"lastActivity": millis(seconds=59)}, "fresh", id="young"),
            pytest.param({"lastActivity": millis(seconds=60)}, "touched", id="old-enough"),
            pytest.param({"lastActivity": millis(minutes=-5)}, "fresh", id="never-lowered"),
            pytest.param({"lastActivity": None}, "touched", id="first-time"),
            pytest.param({"operatorStatus": "HANDLING"}, "refused", id="not-handled"),
            pytest.param({"operatorStatus": None}, "refused", id="not-seen"),
            pytest.param({"url": None}, "refused", id="nobody-can-be-in-it-yet"),
        ],
    )
    def test_when_there_is_something_to_report(self, world, run, session, outcome):
        world.running("s1", **session)
        gateway = world.gateway()
        assert outcomes(self.touch(run, gateway, names=["s1"])) == {"s1": outcome}
        assert bool(gateway.writes) is (outcome == "touched")

    def test_max_failures_ends_a_batch(self, world, run):
        for number in range(6):
            world.running(f"s{number}", lastActivity=millis(minutes=40))
        gateway = world.gateway(forbidden=[("patch", kinds.SESSION)])
        result = self.touch(run, gateway, names=[f"s{number}" for number in range(6)], max_failures=1)
        assert result["outcomes"] == {"failed": 2, "skipped_cap": 4}

    def test_an_activity_raised_meanwhile_is_left(self, world, run):
        world.running("s1", lastActivity=millis(minutes=40))
        gateway = world.gateway()
        raised = {"status": {"lastActivity": millis(seconds=1)}}
        before(gateway, "patch", kinds.SESSION, lambda: gateway.change(kinds.SESSION, "s1", raised))
        assert outcomes(self.touch(run, gateway, names=["s1"])) == {"s1": "fresh"}
        assert gateway.get(kinds.SESSION, "s1")["status"]["lastActivity"] == millis(seconds=1)

    def test_a_session_that_is_deleted_meanwhile_is_gone(self, world, run):
        for name in ("s1", "s2"):
            world.running(name, lastActivity=millis(minutes=40))
        gateway = world.gateway()
        before(gateway, "patch", kinds.SESSION, lambda: gateway.remove(kinds.SESSION, "s1"), "s1")
        assert outcomes(self.touch(run, gateway, names=["s1", "s2"])) == {"s1": "gone", "s2": "touched"}

    @pytest.mark.parametrize("sort_by", ["memory", "restarts"])
    def test_the_largest_one_is_the_largest(self, world, run, sort_by):
        for number, name in enumerate(("a", "b", "c")):
            pod = {"memory": f"{number}Gi", "restarts": number}
            world.running(name, lastActivity=millis(minutes=40), pod=pod)
        options = {"app_definitions": ["java-17-latest"], "sort_by": sort_by, "limit": 1}
        assert outcomes(self.touch(run, world.gateway(), **options)) == {"c": "touched"}

    def test_check_mode_predicts(self, world, run):
        world.running("s1", lastActivity=millis(minutes=40))
        gateway = world.gateway(check_mode=True)
        result = run(gateway, state="active", names=["s1", "s2"], check=True)
        assert (outcomes(result), result["changed"]) == ({"s1": "touched", "s2": "gone"}, True)

    def test_records_and_filters_choose_too(self, world, run):
        world.running("s1", lastActivity=millis(minutes=40))
        world.running("s2", lastActivity=millis(minutes=40), user="eve@tum.de")
        (record, _unused) = [assessed.record for assessed in world.judge()]
        assert outcomes(self.touch(run, world.gateway(), records=[record])) == {"s1": "touched"}
        gone = {**record, "uid": "another"}
        assert outcomes(self.touch(run, world.gateway(), records=[gone])) == {"s1": "gone"}
        assert outcomes(self.touch(run, world.gateway(), users=["eve@tum.de"])) == {"s2": "touched"}
        assert "no session is selected" in self.touch(run, world.gateway())["msg"]

    def test_only_sessions_and_little_else_are_read(self, world, run):
        world.running("s1")
        gateway = world.gateway()
        self.touch(run, gateway, names=["s1"])
        assert {plural for verb, plural, _name in gateway.requests if verb == "list"} == {"sessions", "appdefinitions"}

    def test_without_the_right_to_write_it_fails_and_names_the_session(self, world, run):
        world.running("s1", lastActivity=millis(minutes=40))
        result = self.touch(run, world.gateway(forbidden=[("patch", kinds.SESSION)]), names=["s1"])
        assert (result["failed"], result["msg"].startswith("reporting activity in theia-prod: s1: not allowed")) == (
            True,
            True,
        )

    def test_through_the_service_its_own_time_is_noted(self, world, run, through):
        world.running("s1", lastActivity=millis(minutes=40))
        gateway = world.gateway()
        service = through(FakeService(gateway))
        result = self.touch(run, gateway, api="service", names=["s1"])
        assert (outcomes(result), service.touched, result["precondition"]) == ({"s1": "touched"}, ["s1"], "none")
        noted = gateway.get(kinds.SESSION, "s1")
        assert noted["metadata"]["annotations"][names.TOUCHED] == str(noted["status"]["lastActivity"])

    def test_through_the_service_a_note_that_cannot_be_written_is_a_warning(self, world, run, through):
        world.running("s1", lastActivity=millis(minutes=40))
        gateway = world.gateway(forbidden=[("patch", kinds.SESSION)])
        through(FakeService(gateway))
        result = self.touch(run, gateway, api="service", names=["s1"])
        assert outcomes(result) == {"s1": "touched"}
        assert "could not be noted" in result["warnings"][0]

    @pytest.mark.parametrize("written", [True, False])
    def test_a_service_that_answers_500_is_looked_after(self, world, run, through, written):
        """April's service answers so although it has written the time."""
        world.running("s1", lastActivity=millis(minutes=40))
        gateway = world.gateway()
        service = through(FakeService(gateway))
        service.answer_500(written=written)
        result = self.touch(run, gateway, api="service", names=["s1"], fresh_seconds=0)
        assert (outcomes(result), result["changed"]) == ({"s1": "touched" if written else "failed"}, written)
        if written:
            noted = gateway.get(kinds.SESSION, "s1")
            assert noted["metadata"]["annotations"][names.TOUCHED] == str(noted["status"]["lastActivity"])
        else:
            assert "Error id 4711" in result["msg"]
            assert "may have been carried out" not in result["msg"]
        unchecked = run(None, state="active", api="service", unchecked=True, names=["s1"])
        assert "may have been carried out all the same: run the task again to know" in unchecked["msg"]

    def test_without_the_cluster_it_is_reported_every_time(self, run, through):
        service = through(FakeService())
        options = {"state": "active", "api": "service", "unchecked": True, "names": ["s1", "s2"]}
        for _unused in range(2):
            result = run(None, **options)
            assert (outcomes(result), result["changed"]) == ({"s1": "touched", "s2": "gone"}, True)
        assert service.touched == ["s1", "s2"] * 2
        predicted = run(None, check=True, **options)
        assert ["does not tell" in item["reason"] for item in predicted["sessions"]] == [False, True]
        assert result["not_checked"]
        assert "unchecked is for api=service" in run(None, state="active", unchecked=True, names=["s1"])["msg"]
