# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace) sends, in which order, and what it says became of each workspace."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    ServerFailed,
    Unreachable,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import LAST_SEEN
from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, write_note
from ansible_collections.eduide.theia.plugins.module_utils._safety import guard
from ansible_collections.eduide.theia.plugins.module_utils._service.client import ListedSession, ListedWorkspace
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.record import VOLUME_DELETED, VOLUME_RELEASED
from integration.module_run import module
from unit.fakes import held
from unit.session_world import SECRET, ago, exam_record
from unit.workspace_world import WorkspaceWorld

RELENTLESS = {"max_delete": 1000, "max_percent": 100, "wait_timeout_seconds": 0}
NOTE = "eduide-theia/workspace"
WANTED = {"state": "present", "name": "ws-1", "user": "ada@tum.de", "app_definition": "java-17-latest"}


def controllers(gateway):
    """What the cluster does to claims and volumes, done whenever somebody looks at claims."""

    def act(verb, kind, _name):
        if (verb, kind) != ("list", kinds.PVC):
            return
        gateway.interceptors.remove(act)
        there = {workspace["metadata"]["uid"] for workspace in gateway.list(kinds.WORKSPACE)}
        for claim in gateway.list(kinds.PVC):
            owners = {owner["uid"] for owner in claim["metadata"].get("ownerReferences") or []}
            if owners and not owners & there:
                gateway.remove(kinds.PVC, claim["metadata"]["name"])
                gateway.change(kinds.PV, claim["spec"]["volumeName"], {"status": {"phase": "Released"}})
        for volume in gateway.list(kinds.PV):
            if (volume["status"]["phase"], volume["spec"]["persistentVolumeReclaimPolicy"]) == ("Released", "Delete"):
                gateway.remove(kinds.PV, volume["metadata"]["name"])
        gateway.interceptors.append(act)

    gateway.interceptors.append(act)
    return gateway


@pytest.fixture
def run(cluster):
    """Run the module on a gateway."""

    def run(gateway, *, check=False, diff=False, **options):
        cluster(gateway)
        options = {"namespace": "theia-prod", "service_url": "https://service.invalid", **RELENTLESS, **options}
        return module("theia_workspace", options, check=check, diff=diff)

    return run


@pytest.fixture
def world():
    made = WorkspaceWorld()
    made.app_definition()
    return made


def outcomes(result):
    return {item["name"]: item["outcome"] for item in result["workspaces"]}


def only(result):
    (item,) = result["workspaces"]
    return item


def sent(gateway):
    return [(verb, plural, name) for verb, plural, name, _body in gateway.writes]


def before(gateway, verb, kind, act, name=None, skip=0):
    """Do something right before such a request arrives, once."""
    pending = [act] + [lambda: None] * skip

    def intercept(asked, asked_kind, asked_name):
        if pending and (asked, asked_kind) == (verb, kind) and name in (None, asked_name):
            pending.pop()()

    gateway.interceptors.append(intercept)


def failing(error):
    def act():
        raise error

    return act


def refuse(gateway, verb, kind, name, error):
    def intercept(asked, asked_kind, asked_name):
        if (asked, asked_kind, asked_name) == (verb, kind, name):
            raise error

    gateway.interceptors.append(intercept)


def new_session(gateway, name="late", workspace="ws-1"):
    spec = {"name": name, "user": "ada@tum.de", "appDefinition": "java-17-latest", "workspace": workspace}
    gateway.put(kinds.SESSION, {"metadata": {"name": name}, "spec": spec})


class TestDeleting:
    def test_one_whose_session_would_end_the_operator_waits_until_that_was_stopped(self, world, run):
        world.stored("ws-1")
        claim = {"strategy": "eager", "instance": 1, "operatorStatus": "ERROR"}
        world.session("ws-1-session", user="-x@tum.de", workspace="ws-1", **claim)
        gateway = controllers(world.gateway())
        refused = run(gateway, names=["ws-1"])
        assert (outcomes(refused), gateway.writes) == ({"ws-1": "refused"}, [])
        assert "ws-1-session would go with it and end the operator" in refused["msg"]
        gateway.remove(kinds.SESSION, "ws-1-session")
        assert outcomes(run(gateway, names=["ws-1"])) == {"ws-1": "deleted"}

    def test_a_delete_carries_what_was_seen_and_the_second_run_sends_nothing(self, world, run):
        world.stored("ws-1")
        gateway = controllers(world.gateway())
        seen = gateway.get(kinds.WORKSPACE, "ws-1")["metadata"]
        first = run(gateway, names=["ws-1"])
        guards = {"uid": seen["uid"], "resourceVersion": seen["resourceVersion"]}
        assert gateway.writes == [("delete", "workspaces", "ws-1", guards)]
        assert (first["changed"], outcomes(first)) == (True, {"ws-1": "deleted"})
        assert (only(first)["deletion"], only(first)["ending"]) == (VOLUME_DELETED, VOLUME_DELETED)
        assert first["precondition"] == "uid_and_resource_version"
        second = run(gateway, names=["ws-1"])
        assert (second["changed"], outcomes(second), len(gateway.writes)) == (False, {"ws-1": "gone"}, 1)

    @pytest.mark.parametrize("volume", ["follow", "retain", "reclaim"])
    def test_check_mode_predicts_what_a_run_does_and_sends_nothing(self, world, run, volume):
        for number, policy in enumerate(["Delete", "Retain"]):
            world.stored(f"ws-{number}", policy=policy)
            world.stored(f"used-{number}", policy=policy)
            world.session(f"s{number}", workspace=f"used-{number}", age=timedelta(0), operatorStatus="HANDLING")
        options = {"older_than_days": 0, "volume": volume, "diff": True, "wait_timeout_seconds": 5}
        for live_sessions, count in (("refuse", 2), ("stop", 4)):
            options["live_sessions"] = live_sessions
            predicted = run(world.gateway(check_mode=True), check=True, **options)
            done = run(controllers(world.gateway()), **options)
            ran = ("would", "ending", "unguarded_milliseconds")
            for kind in ("workspaces", "sessions"):
                assert [{**item, **dict.fromkeys(ran)} for item in predicted[kind]] == [
                    {**item, **dict.fromkeys(ran)} for item in done[kind]
                ]
            assert {item["would"] for item in predicted["workspaces"]} == {True}
            for field in ("changed", "outcomes", "diff"):
                assert predicted[field] == done[field]
            going = [item for item in done["workspaces"] if item["outcome"] == "deleted"]
            assert len(going) == count
            assert all(item["ending"] == item["deletion"] for item in going)

    def test_no_secret_is_returned(self, world, run):
        world.stored("ws-1")
        world.running("s", workspace="ws-1")
        for options in ({}, {"live_sessions": "stop", "discard_data": ["selected"]}):
            assert SECRET not in json.dumps(run(controllers(world.gateway()), names=["ws-1"], diff=True, **options))

    @pytest.mark.parametrize("asked", [{"names": ["ws-1"]}, {"users": ["ada@tum.de"]}])
    def test_whoever_asks_for_a_workspace_in_use_is_told_so_and_a_rule_is_not(self, world, run, asked):
        world.stored("ws-1")
        world.running("s", workspace="ws-1")
        gateway = world.gateway()
        kept = run(gateway, **asked)
        assert (kept["failed"], outcomes(kept)) == (True, {"ws-1": "kept_in_use"})
        assert "in use by the session s" in kept["msg"]
        selected = run(gateway, names=["ws-1"], older_than_days=0)
        assert (selected.get("failed", False), outcomes(selected)) == (False, {"ws-1": "kept_in_use"})
        assert gateway.writes == []

    def test_nothing_goes_while_sessions_cannot_be_read(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway(forbidden=[("list", kinds.SESSION)])
        assert run(gateway, names=["ws-1"])["failed"]
        assert gateway.writes == []

    def test_one_failure_does_not_end_the_others_unless_there_are_too_many(self, world, run):
        for number in range(4):
            world.stored(f"ws-{number}")
        gateway = controllers(world.gateway())
        for name in ("ws-0", "ws-1"):
            refuse(gateway, "delete", kinds.WORKSPACE, name, ServerFailed("not this one"))
        result = run(gateway, older_than_days=0)
        assert (result["failed"], result["outcomes"]) == (True, {"failed": 2, "deleted": 2})
        assert "ws-0: not this one; ws-1: not this one" in result["msg"]
        capped = run(gateway, older_than_days=0, max_failures=0)
        assert outcomes(capped) == {"ws-0": "failed", "ws-1": "skipped_cap"}

    def test_a_cap_that_is_passed_fails_the_task(self, world, run):
        for number in range(3):
            world.stored(f"ws-{number}")
        gateway = world.gateway()
        result = run(gateway, older_than_days=0, max_delete=2)
        assert "3 workspaces would be deleted, and max_delete is 2: nothing was deleted" in result["msg"]
        assert (result["outcomes"], gateway.writes) == ({"skipped_cap": 3}, [])

    @pytest.mark.parametrize("options", [{"max_delete": -1}, {"max_percent": 101}, {"concurrency": 0}, {}])
    def test_what_cannot_be_meant_is_refused_before_anything_is_read(self, world, run, options):
        gateway = world.gateway()
        assert run(gateway, **(options and {"names": ["ws-1"], **options}))["failed"]
        assert gateway.requests == []

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"user": "ada@tum.de", "app_definitions": ["java-17-latest"]}, "user cannot be stated with state=absent"),
            ({"name": "ws-1", "older_than_days": 0}, "name cannot be stated with state=absent"),
            ({**WANTED, "users": ["ada@tum.de"]}, "users cannot be stated with state=present"),
            ({"state": "observed", "names": ["ws-1"]}, "names cannot be stated with state=observed"),
            ({"state": "observed", "user": "ada@tum.de"}, "user cannot be stated with state=observed"),
        ],
    )
    def test_an_option_of_another_state_is_not_ignored(self, world, run, options, told):
        world.stored("ws-1")
        gateway = world.gateway()
        assert told in run(gateway, **options)["msg"]
        assert gateway.requests == []

    def test_a_workspace_listed_twice_counts_once(self, world, run):
        world.stored("ws-1")
        record = world.workspace_records()["ws-1"]
        result = run(controllers(world.gateway()), records=[record, {**record, "label": "other"}], check=True)
        assert [item["outcome"] for item in result["workspaces"]] == ["deleted"]


class TestLastLook:
    """Law 8: the sessions on a workspace right before it goes, and right after."""

    def test_a_session_that_came_since_the_judgement_keeps_it(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway()
        # The first list of sessions is the one that the plan is made of.
        before(gateway, "list", kinds.SESSION, lambda: new_session(gateway), skip=1)
        result = run(gateway, names=["ws-1"])
        assert (outcomes(result), gateway.writes) == ({"ws-1": "kept_in_use"}, [])
        assert "late (it came since the workspace was assessed)" in result["msg"]

    def test_one_that_comes_between_the_last_look_and_the_delete_is_reported(self, world, run):
        world.stored("ws-1")
        gateway = controllers(world.gateway())
        before(gateway, "delete", kinds.WORKSPACE, lambda: new_session(gateway))
        result = run(gateway, names=["ws-1"])
        assert (outcomes(result), only(result)["late_sessions"]) == ({"ws-1": "deleted"}, ["late"])
        assert "started in the last moment on workspaces that are gone: late" in result["warnings"][0]
        assert only(result)["unguarded_milliseconds"] is not None

    def test_that_nobody_could_look_afterwards_does_not_hide_that_it_is_gone(self, world, run):
        world.stored("ws-1")
        gateway = controllers(world.gateway())
        before(gateway, "list", kinds.SESSION, failing(ServerFailed("overloaded")), skip=2)
        result = run(gateway, names=["ws-1"])
        assert (outcomes(result), only(result)["late_sessions"]) == ({"ws-1": "deleted"}, None)
        assert "could not be read for ws-1" in result["warnings"][0]

    def test_while_a_volume_is_written_to_somebody_may_come(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway()
        before(gateway, "patch", kinds.PV, lambda: new_session(gateway))
        result = run(gateway, names=["ws-1"], volume="retain")
        assert (outcomes(result), result["changed"]) == ({"ws-1": "kept_in_use"}, True)
        assert sent(gateway) == [("patch", "persistentvolumes", "pvc-claim-ws-1")]
        assert "; its volume is kept by now" in result["msg"]

    @pytest.mark.parametrize(
        ("change", "outcome"),
        [
            pytest.param({"spec": {"label": "renamed"}}, "deleted", id="still-selected"),
            pytest.param({"spec": {"user": "eve@tum.de"}}, "kept_active", id="no-longer-selected"),
            pytest.param(
                {"metadata": {"annotations": {"eduide-theia/protected": "x"}}}, "kept_protected", id="protected"
            ),
        ],
    )
    def test_a_workspace_written_to_before_its_delete_is_judged_again(self, world, run, change, outcome):
        world.stored("ws-1")
        gateway = controllers(world.gateway())
        before(gateway, "delete", kinds.WORKSPACE, lambda: gateway.change(kinds.WORKSPACE, "ws-1", change))
        assert outcomes(run(gateway, users=["ada@tum.de"])) == {"ws-1": outcome}

    def test_one_made_anew_under_the_same_name_is_not_touched(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway()

        def replace():
            gateway.remove(kinds.WORKSPACE, "ws-1")
            gateway.put(kinds.WORKSPACE, {"metadata": {"name": "ws-1"}, "spec": {"name": "ws-1", "user": "eve@tum.de"}})

        before(gateway, "delete", kinds.WORKSPACE, replace)
        assert outcomes(run(gateway, names=["ws-1"])) == {"ws-1": "gone"}
        assert gateway.get(kinds.WORKSPACE, "ws-1")["spec"]["user"] == "eve@tum.de"

    def test_one_that_never_holds_still_is_given_up(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway()
        refuse(gateway, "delete", kinds.WORKSPACE, "ws-1", Conflict("changed"))
        assert "it changed 5 times" in run(gateway, names=["ws-1"])["msg"]

    def test_a_connection_that_is_always_reset_is_not_called_a_change(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway()
        refuse(gateway, "delete", kinds.WORKSPACE, "ws-1", Unreachable("the connection was reset", applied="unknown"))
        result = run(gateway, names=["ws-1"])
        assert "ws-1: the connection was reset (tried 5 times)" in result["msg"]
        assert "it changed" not in result["msg"]

    @pytest.mark.parametrize("applied", ["unknown", "no"])
    def test_a_delete_without_answer_is_looked_after(self, world, run, applied):
        world.stored("ws-1")
        gateway = controllers(world.gateway())

        def cut():
            if applied == "unknown":
                gateway.remove(kinds.WORKSPACE, "ws-1")
            raise Unreachable("cut", applied=applied)

        before(gateway, "delete", kinds.WORKSPACE, cut)
        assert outcomes(run(gateway, names=["ws-1"])) == {"ws-1": "deleted" if applied == "unknown" else "failed"}

    @pytest.mark.parametrize(
        ("applied", "gone", "word"),
        [("unknown", True, "deleted"), ("unknown", False, "failed"), ("no", True, "failed")],
    )
    def test_an_error_of_the_server_does_not_say_what_became_of_a_delete(self, world, run, applied, gone, word):
        world.stored("ws-1")
        gateway = controllers(world.gateway())

        def give_up():
            if gone:
                gateway.remove(kinds.WORKSPACE, "ws-1")
            raise ServerFailed("gave up", applied=applied)

        before(gateway, "delete", kinds.WORKSPACE, give_up)
        assert outcomes(run(gateway, names=["ws-1"])) == {"ws-1": word}

    def test_an_exam_that_is_declared_meanwhile_shields(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway()
        # Records are read for the plan, and again before the first delete.
        before(gateway, "list", kinds.CONFIG_MAP, lambda: gateway.put(kinds.CONFIG_MAP, exam_record()), skip=1)
        assert outcomes(run(gateway, names=["ws-1"])) == {"ws-1": "kept_shielded"}

    def test_records_of_exams_are_read_again_in_a_long_run(self, world, run, monkeypatch):
        for number in range(3):
            world.stored(f"ws-{number}")
        monkeypatch.setattr(guard, "RECORDS_SECONDS", -1.0)
        gateway = controllers(world.gateway())
        before(gateway, "delete", kinds.WORKSPACE, lambda: gateway.put(kinds.CONFIG_MAP, exam_record()), name="ws-1")
        assert outcomes(run(gateway, older_than_days=0)) == {
            "ws-0": "deleted",
            "ws-1": "deleted",
            "ws-2": "kept_shielded",
        }


class TestLiveSessions:
    @pytest.mark.parametrize("accepted", [False, True])
    def test_without_an_operator_a_session_on_an_instance_keeps_its_workspace(self, world, run, accepted):
        world.stored("ws-1")
        world.eager("s", world.objects["app_definitions"][0], 2, workspace="ws-1")
        gateway = controllers(world.gateway(leading=False))
        options = {"live_sessions": "stop", "discard_data": ["selected"], "without_operator": accepted, "wait": False}
        result = run(gateway, names=["ws-1"], **options)
        assert outcomes(result) == {"ws-1": "deleted" if accepted else "kept_in_use"}
        assert (gateway.get(kinds.SESSION, "s") is None) is accepted
        assert accepted or "no operator leads" in result["msg"]

    def test_sessions_are_stopped_first_and_their_items_are_those_of_the_session_module(self, world, run):
        world.stored("ws-1")
        world.running("s", workspace="ws-1", claim="claim-ws-1")
        gateway = controllers(world.gateway())
        result = run(gateway, names=["ws-1"], live_sessions="stop", wait=False)
        assert sent(gateway) == [("delete", "sessions", "s"), ("delete", "workspaces", "ws-1")]
        assert outcomes(result) == {"ws-1": "deleted"}
        assert [(item["name"], item["outcome"], item["data_at"]) for item in result["sessions"]] == [
            ("s", "stopped", "volume")
        ]

    def test_an_operator_that_ended_over_their_release_is_told(self, world, run):
        world.stored("ws-1")
        world.eager("s", world.objects["app_definitions"][0], 2, workspace="ws-1", claim="claim-ws-1")
        gateway = controllers(world.gateway())
        lease = "theia-cloud-operator-leaders"
        gateway.change(kinds.LEASE, lease, {"spec": {"holderIdentity": "first"}})

        def end(verb, kind, _name):
            if (verb, kind) == ("delete", kinds.SESSION):
                gateway.change(kinds.LEASE, lease, {"spec": {"holderIdentity": "second"}})

        gateway.interceptors.append(end)
        result = run(gateway, names=["ws-1"], live_sessions="stop", discard_data=["selected"], wait=False)
        assert outcomes(result) == {"ws-1": "deleted"}
        [warning] = result["warnings"]
        assert warning.startswith("the operator ended while sessions were stopped, and another one leads since")

    def test_each_kind_is_listed_once_to_plan_for_both(self, world, run):
        world.stored("ws-1")
        world.eager("s", world.objects["app_definitions"][0], 2, workspace="ws-1", claim="claim-ws-1")
        gateway = world.gateway(check_mode=True)
        options = {"live_sessions": "stop", "discard_data": ["selected"]}
        result = run(gateway, check=True, names=["ws-1"], **options)
        assert (outcomes(result), [each["outcome"] for each in result["sessions"]]) == (
            {"ws-1": "deleted"},
            ["stopped"],
        )
        listed = [plural for verb, plural, _name in gateway.requests if verb == "list"]
        assert sorted(listed) == sorted(set(listed))
        assert {"sessions", "workspaces", "pods", "persistentvolumes", "configmaps"} <= set(listed)

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            pytest.param({}, "files are in its pod and would be lost", id="data"),
            pytest.param({"discard_data": ["selected"], "protect": {"users": ["ADA@tum.de"]}}, "protected", id="user"),
        ],
    )
    def test_a_session_that_may_not_be_stopped_keeps_its_workspace(self, world, run, options, reason):
        world.stored("ws-1")
        world.running("s", workspace="ws-1")
        gateway = world.gateway()
        result = run(gateway, users=["ada@tum.de"], live_sessions="stop", **options)
        assert only(result)["outcome"] in ("kept_in_use", "kept_protected")
        assert reason in only(result)["reason"]
        assert gateway.writes == []

    def test_no_session_is_stopped_on_a_workspace_that_stays_for_another(self, world, run):
        world.stored("ws-1")
        world.running("s1", workspace="ws-1", claim="claim-ws-1")
        world.running("s2", workspace="ws-1", annotations={"eduide-theia/protected": "demo"})
        gateway = world.gateway()
        result = run(gateway, names=["ws-1"], live_sessions="stop")
        assert (outcomes(result), gateway.writes) == ({"ws-1": "kept_in_use"}, [])
        assert "s2 (protected: demo)" in result["msg"]

    def test_a_session_that_could_not_be_stopped_keeps_it(self, world, run):
        world.stored("ws-1")
        world.running("s", workspace="ws-1", claim="claim-ws-1")
        gateway = world.gateway()
        refuse(gateway, "delete", kinds.SESSION, "s", ServerFailed("not now"))
        result = run(gateway, names=["ws-1"], live_sessions="stop", wait=False)
        assert outcomes(result) == {"ws-1": "kept_in_use"}
        assert "workspaces" not in {plural for _verb, plural, _name in sent(gateway)}

    def test_a_session_that_could_not_be_stopped_fails_the_task_also_for_a_selection(self, world, run):
        world.stored("ws-1")
        world.running("s", workspace="ws-1", claim="claim-ws-1")
        gateway = controllers(world.gateway())
        refuse(gateway, "delete", kinds.SESSION, "s", ServerFailed("no luck"))
        result = run(gateway, older_than_days=0, live_sessions="stop", wait=False)
        assert (result["failed"], outcomes(result)) == (True, {"ws-1": "kept_in_use"})
        assert "session s: no luck" in result["msg"]

    def test_that_nobody_can_tell_how_a_session_ended_does_not_hide_what_was_done(self, world, run):
        world.stored("ws-1")
        world.running("s", workspace="ws-1", claim="claim-ws-1")
        gateway = controllers(world.gateway())

        def break_pods():
            gateway.interceptors.append(
                lambda verb, kind, _name: (
                    failing(ServerFailed("no luck"))() if (verb, kind) == ("list", kinds.POD) else None
                )
            )

        before(gateway, "delete", kinds.SESSION, break_pods)
        result = run(gateway, names=["ws-1"], live_sessions="stop")
        assert (outcomes(result), result["changed"]) == ({"ws-1": "deleted"}, True)
        assert [each["outcome"] for each in result["sessions"]] == ["stopped"]
        assert any("no luck" in warning for warning in result["warnings"])

    def test_more_sessions_than_the_cap_allows_stop_nothing(self, world, run):
        for number in range(3):
            world.stored(f"ws-{number}")
            for letter in "ab":
                world.running(f"s{number}{letter}", workspace=f"ws-{number}", claim=f"claim-ws-{number}")
        gateway = world.gateway()
        result = run(gateway, older_than_days=0, live_sessions="stop", max_delete=5)
        assert "6 sessions would be stopped, and max_delete is 5" in result["msg"]
        assert (result["outcomes"], gateway.writes) == ({"skipped_cap": 3}, [])


def test_a_workspace_that_stays_terminating_is_not_gone(world, run):
    world.stored("ws-1")
    gateway = held(world.gateway())
    told = "Terminating since 2027-02-11T08:30:00Z, held by finalizer policy.example.org/audit"
    first = run(gateway, names=["ws-1"])
    assert (first["failed"], only(first)["ending"], told in first["msg"]) == (True, "not_gone", True)
    second = run(gateway, names=["ws-1"])
    assert (second["failed"], only(second)["outcome"], told in second["msg"]) == (True, "failed", True)


def test_a_volume_that_could_not_be_removed_is_not_gone(world, run):
    volume = world.volume("pvc-1", policy="Retain", phase="Failed")
    volume["metadata"]["annotations"] = {NOTE: write_note(FilesOwner("ws-1", "u", "ada@tum.de", "c", None), "gone")}
    volume["status"] |= {"reason": "VolumeFailedDelete", "message": "the disk is busy"}
    gateway = world.gateway()
    for check in (True, False):
        result = run(gateway, names=["ws-1"], volume="reclaim", check=check)
        assert (result["failed"], only(result)["outcome"], only(result)["volume"]) == (True, "failed", "pvc-1")
        assert "its volume pvc-1 is Failed (VolumeFailedDelete: the disk is busy)" in result["msg"]
    assert gateway.writes == []


class TestVolumes:
    def test_retain_comes_before_the_delete_and_says_how_to_go_back(self, world, run):
        world.stored("ws-1")
        gateway = controllers(world.gateway())
        result = run(gateway, names=["ws-1"], volume="retain")
        assert sent(gateway) == [("patch", "persistentvolumes", "pvc-claim-ws-1"), ("delete", "workspaces", "ws-1")]
        assert (only(result)["deletion"], only(result)["ending"]) == (VOLUME_RELEASED, VOLUME_RELEASED)
        assert "patch pv pvc-claim-ws-1 " in only(result)["restore"][-2]
        kept = json.loads(gateway.get(kinds.PV, "pvc-claim-ws-1")["metadata"]["annotations"][NOTE])
        assert (kept["name"], kept["user"]) == ("ws-1", "ada@tum.de")
        again = run(gateway, names=["ws-1"], volume="retain")
        assert (again["changed"], outcomes(again), len(gateway.writes)) == (False, {"ws-1": "gone"}, 2)

    @pytest.mark.parametrize("policy", ["Delete", "Retain"])
    def test_reclaim_removes_it_whatever_its_policy(self, world, run, policy):
        world.stored("ws-1", policy=policy)
        gateway = controllers(world.gateway())
        result = run(gateway, names=["ws-1"], volume="reclaim", wait=False, wait_timeout_seconds=5)
        assert (outcomes(result), only(result)["ending"]) == ({"ws-1": "deleted"}, VOLUME_DELETED)
        assert gateway.get(kinds.PV, "pvc-claim-ws-1") is None
        patches = [name for verb, _plural, name in sent(gateway) if verb == "patch"]
        assert patches == (["pvc-claim-ws-1"] * 2 if policy == "Retain" else [])

    def test_what_was_retained_is_reclaimed_later_by_name(self, world, run):
        world.stored("ws-1")
        gateway = controllers(world.gateway())
        run(gateway, names=["ws-1"], volume="retain")
        options = {"names": ["ws-1"], "volume": "reclaim", "wait_timeout_seconds": 5}
        predicted = run(gateway, check=True, **options)
        result = run(gateway, **options)
        assert outcomes(predicted) == outcomes(result) == {"ws-1": "reclaimed"}
        assert (only(result)["user"], only(result)["ending"]) == ("ada@tum.de", VOLUME_DELETED)
        assert gateway.get(kinds.PV, "pvc-claim-ws-1") is None
        again = run(gateway, **options)
        assert (again["changed"], outcomes(again)) == (False, {"ws-1": "gone"})

    def test_without_the_right_to_patch_volumes_nothing_is_retained_and_nothing_deleted(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway(forbidden=[("patch", kinds.PV)])
        result = run(gateway, names=["ws-1"], volume="retain")
        assert (outcomes(result), result["changed"]) == ({"ws-1": "failed"}, False)
        assert "not allowed to patch persistentvolumes" in result["msg"]
        assert gateway.get(kinds.WORKSPACE, "ws-1")

    def test_without_the_right_to_read_volumes_only_follow_deletes(self, world, run):
        world.stored("ws-1")
        gateway = controllers(world.gateway(forbidden=[("list", kinds.PV)]))
        assert outcomes(run(gateway, names=["ws-1"], volume="retain")) == {"ws-1": "refused"}
        gateway.interceptors.pop()
        gateway.interceptors.append(lambda *_asked: None)
        result = run(gateway, names=["ws-1"], wait=False)
        assert (outcomes(result), only(result)["deletion"], only(result)["volume"]) == ({"ws-1": "deleted"}, None, None)
        assert "volumes (not allowed" in result["warnings"][0]

    def test_a_volume_bound_to_another_claim_by_now_is_left_alone(self, world, run):
        world.stored("ws-1")
        gateway = world.gateway()
        other = {"spec": {"claimRef": {"uid": "another"}}}
        before(gateway, "get", kinds.PV, lambda: gateway.change(kinds.PV, "pvc-claim-ws-1", other))
        result = run(gateway, names=["ws-1"], volume="retain")
        assert "is bound to something else by now" in result["msg"]
        assert gateway.writes == []

    def test_a_volume_that_cannot_be_reclaimed_is_a_failure(self, world, run):
        world.stored("ws-1", policy="Retain")
        gateway = controllers(world.gateway())
        before(gateway, "patch", kinds.PV, failing(Forbidden("not that")), skip=1)
        result = run(gateway, names=["ws-1"], volume="reclaim", wait_timeout_seconds=5)
        assert (result["failed"], only(result)["outcome"]) == (True, "failed")
        assert "its volume pvc-claim-ws-1 stays: not that" in result["msg"]

    def test_a_volume_that_came_since_the_plan_is_kept_as_well(self, world, run):
        """A claim may wait for the first pod; the plan then knows of no volume."""
        claim = world.claim("claim", world.workspace("ws-1", claim="claim"))
        world.running("s", workspace="ws-1")
        gateway = controllers(world.gateway())

        def bind():
            gateway.change(kinds.PVC, "claim", {"spec": {"volumeName": "pvc"}, "status": {"phase": "Bound"}})
            gateway.put(kinds.PV, WorkspaceWorld().volume("pvc", claim))

        before(gateway, "delete", kinds.SESSION, bind)
        result = run(gateway, names=["ws-1"], volume="retain", live_sessions="stop", discard_data=["selected"])
        assert (only(result)["outcome"], only(result)["deletion"]) == ("deleted", VOLUME_RELEASED)
        assert gateway.get(kinds.PV, "pvc")["status"]["phase"] == "Released"
        assert only(result)["volume"] == "pvc"
        assert any("kubectl patch pv pvc" in step for step in only(result)["restore"])

    def test_where_claims_could_not_be_read_nobody_says_that_there_was_no_volume(self, world, run):
        world.stored("ws-1", policy="Retain")
        gateway = controllers(world.gateway())
        before(gateway, "list", kinds.PVC, failing(ServerFailed("overloaded")))
        result = run(gateway, names=["ws-1"])
        assert (only(result)["outcome"], only(result)["deletion"], only(result)["ending"]) == ("deleted", None, None)

    def test_a_dead_session_that_came_to_life_keeps_its_workspace(self, world, run):
        """Its pod came up, which changes nothing of the session itself."""
        world.stored("ws-1")
        dead = world.session("s", workspace="ws-1", operatorStatus="HANDLED", age=timedelta(hours=2))
        world.lazy_objects(dead, ready=False)
        gateway = controllers(world.gateway())
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}

        def heal():
            for pod in gateway.list(kinds.POD):
                gateway.change(kinds.POD, pod["metadata"]["name"], ready)

        assert outcomes(run(gateway, names=["ws-1"], check=True)) == {"ws-1": "deleted"}
        # Records are read for the plan, and again when the work begins.
        before(gateway, "list", kinds.WORKSPACE, heal, skip=1)
        assert outcomes(run(gateway, names=["ws-1"])) == {"ws-1": "kept_in_use"}
        assert gateway.get(kinds.WORKSPACE, "ws-1")

    def test_one_look_that_fails_makes_nobody_gone(self, world, run):
        for number in range(3):
            world.stored(f"ws-{number}")
            world.session(f"s-{number}", workspace=f"ws-{number}", operatorStatus="ERROR")
        gateway = world.gateway()
        before(gateway, "list", kinds.WORKSPACE, failing(ServerFailed("overloaded")), skip=1)
        result = run(gateway, names=["ws-0", "ws-1", "ws-2"], wait=False)
        assert outcomes(result) == {"ws-0": "failed", "ws-1": "deleted", "ws-2": "deleted"}

    def test_without_a_volume_nothing_else_is_read_again(self, world, run):
        for number in range(5):
            world.workspace(f"bare-{number}", claim=None)
            world.claim(f"claim-{number}", world.workspace(f"pending-{number}", claim=f"claim-{number}"))
        gateway = world.gateway()
        assert set(outcomes(run(gateway, older_than_days=0, wait=False)).values()) == {"deleted"}
        asked = [(verb, plural) for verb, plural, _name in gateway.requests]
        assert asked.count(("list", "workspaces")) == 1
        assert asked.count(("get", "persistentvolumeclaims")) == 5

    def test_a_promise_that_was_not_kept_fails_the_task(self, world, run):
        world.stored("ws-1")
        gateway = controllers(world.gateway())
        delete = {"spec": {"persistentVolumeReclaimPolicy": "Delete"}}
        before(gateway, "delete", kinds.WORKSPACE, lambda: gateway.change(kinds.PV, "pvc-claim-ws-1", delete))
        result = run(gateway, names=["ws-1"], volume="retain")
        assert (result["failed"], only(result)["ending"], only(result)["restore"]) == (True, VOLUME_DELETED, [])
        assert "ws-1: volume stays as Released" in result["msg"]

    def test_what_a_deletion_returned_says_what_to_reclaim(self, world, run):
        world.stored("ws-1", policy="Retain")
        gateway = controllers(world.gateway())
        deleted = run(gateway, names=["ws-1"])["workspaces"]
        again = only(run(gateway, records=deleted, volume="reclaim", wait_timeout_seconds=2))
        assert (again["outcome"], again["ending"]) == ("reclaimed", VOLUME_DELETED)

    def test_a_claim_that_does_not_go_is_told(self, world, run):
        world.stored("ws-1")
        result = run(world.gateway(), names=["ws-1"])
        assert (result["failed"], only(result)["outcome"], only(result)["ending"]) == (True, "deleted", "not_gone")


class FakeService:
    """The REST service: who it is for, and what it was asked to do."""

    user = "ada@tum.de"

    def __init__(self, gateway=None, workspaces=(), answers=None):
        self.deleted, self.gateway, self.listed, self.answers = [], gateway, workspaces, answers or {}

    def workspaces(self, _user):
        return self.listed

    def sessions(self, _user):
        return [ListedSession("s", self.user, "java-17-latest", None)]

    def delete_workspace(self, user, name):
        self.deleted.append((user, name))
        if self.gateway:
            self.gateway.remove(kinds.WORKSPACE, name)
        answer = self.answers.get(name, True)
        if isinstance(answer, Exception):
            raise answer
        return answer


class TestThroughTheService:
    def test_it_deletes_for_its_own_user_and_makes_sure(self, world, run, through):
        world.stored("ws-1")
        world.stored("ws-2", user="eve@tum.de")
        gateway = controllers(world.gateway())
        used = through(FakeService(gateway))
        result = run(gateway, api="service", names=["ws-1", "ws-2"])
        assert outcomes(result) == {"ws-1": "deleted", "ws-2": "refused"}
        assert (used.deleted, gateway.writes) == ([("ada@tum.de", "ws-1")], [])
        assert (result["precondition"], result["failed"]) == ("none", True)

    def test_without_the_cluster_it_says_what_nobody_checked(self, run, through):
        def workspace(name, *, active):
            return ListedWorkspace(name, None, "java-17-latest", "ada@tum.de", active)

        used = through(FakeService(workspaces=[workspace("idle", active=False), workspace("busy", active=True)]))
        options = {"api": "service", "unchecked": True}
        predicted = run(None, names=["idle", "none"], check=True, **options)
        result = run(None, names=["idle", "none"], **options)
        assert outcomes(predicted) == outcomes(result) == {"idle": "deleted", "none": "gone"}
        assert used.deleted == [("ada@tum.de", "idle")]
        assert set(result["not_checked"]) == {"uid", "sessions", "exams", "annotations", "max_percent", "volume"}
        busy = run(None, names=["busy"], **options)
        assert (busy["failed"], outcomes(busy), len(used.deleted)) == (True, {"busy": "kept_in_use"}, 1)

    def test_without_the_cluster_too_there_are_limits_and_one_failure_does_not_end_the_rest(self, run, through):
        listed = [ListedWorkspace(f"ws-{n}", None, "java-17-latest", "ada@tum.de", False) for n in range(4)]
        used = through(FakeService(workspaces=listed, answers={"ws-1": ServerFailed("no luck"), "ws-2": False}))
        options = {"api": "service", "unchecked": True, "concurrency": 1, "names": [f"ws-{n}" for n in range(4)]}
        capped = run(None, **{**options, "max_delete": 3})
        assert set(outcomes(capped).values()) == {"skipped_cap"}
        assert (capped["failed"], capped["changed"], used.deleted) == (True, False, [])
        done = run(None, **options, protect={"workspaces": ["ws-0"]})
        assert outcomes(done) == {"ws-0": "kept_protected", "ws-1": "failed", "ws-2": "failed", "ws-3": "deleted"}
        assert done["failed"]
        assert done["changed"]
        assert "ws-1: no luck" in done["msg"]

    @pytest.mark.parametrize(
        "options",
        [
            {"api": "kubernetes", "names": ["x"]},
            {"users": ["ada@tum.de"]},
            {"names": ["x"], "volume": "retain"},
            {"names": ["x"], "live_sessions": "stop"},
            {"names": ["x"], "older_than_days": 1},
        ],
    )
    def test_what_nobody_could_check_is_refused(self, run, through, options):
        used = through(FakeService())
        assert "unchecked is for api=service" in run(None, **{"api": "service", "unchecked": True, **options})["msg"]
        assert used.deleted == []


class TestPresent:
    def operate(self, gateway, **status):
        """An operator that gives a workspace its claim as soon as somebody looks."""

        def act(verb, kind, name):
            if (verb, kind) == ("get", kinds.WORKSPACE) and any(
                plural == "workspaces" for _v, plural, _n in sent(gateway)
            ):
                gateway.interceptors.remove(act)
                patch = {"spec": {"storage": "claim-9"}, "status": status or {"operatorStatus": "HANDLED"}}
                gateway.change(kinds.WORKSPACE, name, patch)

        gateway.interceptors.append(act)
        return gateway

    def test_it_is_created_once_and_has_a_claim(self, world, run):
        gateway = self.operate(world.gateway())
        predicted = run(world.gateway(check_mode=True), check=True, **WANTED)
        first = run(gateway, **WANTED)
        assert (predicted["changed"], outcomes(predicted)) == (first["changed"], outcomes(first))
        assert (first["changed"], outcomes(first), only(first)["claim"]) == (True, {"ws-1": "created"}, "claim-9")
        spec = gateway.get(kinds.WORKSPACE, "ws-1")["spec"]
        assert (spec["label"], spec["user"]) == ("java-17-latest of ada@tum.de", "ada@tum.de")
        second = run(gateway, **WANTED)
        assert (second["changed"], outcomes(second), len(gateway.writes)) == (False, {"ws-1": "present"}, 1)

    def test_it_is_not_taken_from_its_user(self, world, run):
        world.stored("ws-1", user="eve@tum.de")
        assert "belongs to 'eve@tum.de'" in run(world.gateway(), **WANTED)["msg"]

    @pytest.mark.parametrize(
        ("status", "msg"),
        [
            ({"operatorStatus": "ERROR", "error": "no room"}, "gave up on workspace 'ws-1': no room"),
            ({"operatorStatus": "HANDLING"}, "has no volume after 0 s; does an operator lead?"),
        ],
    )
    def test_one_that_gets_no_volume_fails_the_task(self, world, run, status, msg):
        assert msg in run(self.operate(world.gateway(), **status), **WANTED)["msg"]

    @pytest.mark.parametrize(
        ("change", "msg"),
        [
            ({"app_definition": "none"}, "there is no app definition 'none'"),
            ({"user": None}, "state=present needs user"),
            ({"name": "My WS"}, "name='My WS' cannot name a workspace"),
            ({"name": "ws-"}, "name='ws-' cannot name a workspace"),
            ({"api": "service"}, "goes through the cluster"),
        ],
    )
    def test_what_cannot_work_is_refused(self, world, run, change, msg):
        gateway = world.gateway()
        options = {name: value for name, value in {**WANTED, **change}.items() if value is not None}
        assert msg in run(gateway, **options)["msg"]
        assert gateway.writes == []


def test_seen_notes_who_is_at_work(world, run):
    world.stored("used")
    world.stored("unused", annotations={LAST_SEEN: ago(days=3)})
    world.running("s", workspace="used")
    result = run(world.gateway(), state="observed")
    assert (result["changed"], outcomes(result)) == (True, {"used": "stamped"})


@pytest.mark.parametrize(
    ("ahead", "found"),
    [(0, {"b": "deleted"}), (20, {"a": "kept_active", "b": "deleted"}), (-20, {"b": "deleted"}), (-60, {})],
)
def test_what_is_unused_for_long_enough_by_one_of_two_clocks_alone_is_kept(world, run, ahead, found):
    """Of two workspaces, unused for 190 and for 250 days by this machine's clock; the server's is off by days."""
    world.stored("a", age=timedelta(days=190))
    world.stored("b", age=timedelta(days=250))
    world.observed(days=300)
    gateway = controllers(world.gateway())
    gateway.advance(ahead * 86400)
    gateway.ahead = timedelta(days=ahead)
    result = run(gateway, unused_days=200, max_gap_hours=2000)
    assert outcomes(result) == found
    assert bool([text for text in result["warnings"] if f"{abs(ahead) * 1440} min apart" in text]) is bool(ahead)
    for item in result["workspaces"]:
        assert ("and not by that of this machine, 2027-02-11T" in item["reason"]) is (item["outcome"] == "kept_active")


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00"])
class TestWithAStampThatNoLookWrote:
    def test_the_others_are_pruned(self, world, run, stamp):
        world.stored("garbled", age=timedelta(days=300), annotations={LAST_SEEN: stamp})
        world.stored("unused", age=timedelta(days=300))
        world.observed(days=250)
        assert outcomes(run(controllers(world.gateway()), unused_days=200)) == {"unused": "deleted"}

    def test_the_next_look_writes_it_anew(self, world, run, stamp):
        world.stored("garbled", annotations={LAST_SEEN: stamp})
        world.running("s", workspace="garbled")
        gateway = world.gateway()
        assert outcomes(run(gateway, state="observed")) == {"garbled": "stamped"}
        assert gateway.get(kinds.WORKSPACE, "garbled")["metadata"]["annotations"] == {LAST_SEEN: ago()}
