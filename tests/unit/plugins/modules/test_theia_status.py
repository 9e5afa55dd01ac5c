# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That C(theia_status) reads everything once, and says what the modules of the nouns say."""

from __future__ import annotations

import collections
import json
from pathlib import Path

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import ServerFailed
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from ansible_collections.eduide.theia.plugins.module_utils._status.page.report import Subject
from ansible_collections.eduide.theia.plugins.plugin_utils._page import Folder, leave_page
from integration.module_run import module
from unit.session_world import ago, exam_record
from unit.workspace_world import WorkspaceWorld

ADDED_BY_ANSIBLE = ("changed", "warnings", "invocation")


@pytest.fixture
def see(cluster):
    def see(gateway, name="theia_status", *, check=False, **options):
        cluster(gateway)
        return module(name, {"namespace": "theia-prod", **options}, check=check)

    return see


@pytest.fixture
def world():
    """Somebody at work on an instance, somebody in trouble, and a workspace that is about to be collected."""
    made = WorkspaceWorld()
    app = made.app_definition()
    made.stored("ws-1")
    made.stored("ws-2")
    made.eager("s1", app, 1, workspace="ws-1")
    made.running("s2", workspace="ws-2", operatorStatus="ERROR", error="no luck", pod={"ready": False})
    made.collector("24h")
    made.quota(pods=("3", "10"))
    return made


def listed(gateway):
    return [plural for verb, plural, _name in gateway.requests if verb == "list"]


def test_each_kind_is_listed_once(world, see):
    gateway = world.gateway(check_mode=True, records=[exam_record()])
    see(gateway, check=True)
    # Address lists, settings of login proxies and exam records are of one kind, each listed by its labels. Usage has
    # the plural of pods, and those of the whole cluster are a list of their own.
    assert collections.Counter(listed(gateway)) == {
        **dict.fromkeys(("sessions", "workspaces", "appdefinitions", "deployments", "replicasets", "services"), 1),
        **dict.fromkeys(("resourcequotas", "limitranges", "nodes"), 1),
        "configmaps": 3,
        "pods": 3,
    }


def test_it_says_what_the_other_modules_say(world, see):
    whole = see(world.gateway(), note_use=False)
    separate = {
        "capacity": see(world.gateway(), "theia_capacity_info", check_leader=True, participants=0),
        "sessions": see(world.gateway(), "theia_session_info", findings=list(RULES)),
        "workspaces": see(world.gateway(), "theia_workspace_info", gather=["objects", "collector"], limit=0),
    }
    for part, result in separate.items():
        said = {name: value for name, value in result.items() if name not in ADDED_BY_ANSIBLE}
        assert whole[part] == said
    assert [session["name"] for session in whole["sessions"]["sessions"]] == ["s2"]
    assert whole["workspaces"]["garbage_collector"]["would_delete_in_use"] == ["ws-1", "ws-2"]
    assert (whole["changed"], whole["use"]) == (False, None)


def test_how_many_more_students_get_a_session(world, see):
    capacity = see(world.gateway(), note_use=False)["capacity"]
    assert [each["app_definitions"] for each in capacity["verdicts"]] == [["java-17-latest"]]
    assert capacity["verdict"]["participants"] is None


def test_what_verdicts_lack_is_no_warning(world, see):
    lacking = [("list", kind) for kind in (kinds.NODE, kinds.LIMIT_RANGE)]
    result = see(world.gateway(forbidden=lacking), note_use=False)
    assert "warnings" not in result or result["warnings"] == []
    assert "the room on nodes is not known" in result["capacity"]["verdict"]["reasons"]


def test_the_look_counts_as_one_of_those_that_retention_rests_on(world, see):
    gateway = world.gateway()
    result = see(gateway)
    alone = see(world.gateway(), "theia_workspace", state="observed")
    noted = {name: alone[name] for name in ("workspaces", "outcomes", "observation")}
    assert result["use"] == {**noted, "failure": None}
    assert (result["changed"], result["use"]["outcomes"]) == (True, {"stamped": 2})
    assert sorted(verb for verb, *_rest in gateway.writes) == ["create", "patch", "patch"]
    again = see(gateway)
    assert (again["changed"], again["use"]["outcomes"], len(gateway.writes)) == (False, {"fresh": 2}, 3)


def test_check_mode_predicts_what_would_be_noted(world, see):
    predicted = see(world.gateway(check_mode=True), check=True)
    done = see(world.gateway())
    assert (predicted["changed"], predicted["use"]["outcomes"]) == (done["changed"], done["use"]["outcomes"])


def test_what_cannot_be_noted_does_not_hide_what_is_wrong(world, see):
    gateway = world.gateway()

    def refuse(verb, kind, _name):
        if (verb, kind) == ("patch", kinds.WORKSPACE):
            raise ServerFailed("no luck")

    gateway.interceptors.append(refuse)
    result = see(gateway)
    assert "no luck" in result["use"]["failure"]
    assert "failed" not in result
    assert result["sessions"]["sessions"]


def test_each_part_names_what_it_misses_and_one_warning_names_all(world, see):
    gateway = world.gateway(
        not_served=[kinds.POD_METRICS], forbidden=[("list", kinds.RESOURCE_QUOTA), ("get", kinds.LEASE)]
    )
    result = see(gateway)
    (warning,) = result["warnings"]
    for name in ("usage", "quotas", "lease"):
        assert f"{name} (" in warning
    assert set(result["capacity"]["missing"]) == {"quotas", "lease"}
    assert set(result["sessions"]["missing"]) == {"usage", "lease"}
    assert set(result["workspaces"]["missing"]) == {"lease"}
    assert result["capacity"]["operator"]["leading"] is None


@pytest.mark.parametrize("kind", [kinds.SESSION, kinds.WORKSPACE, kinds.SERVICE, kinds.DEPLOYMENT])
def test_without_what_all_of_it_rests_on_it_fails(world, see, kind):
    result = see(world.gateway(forbidden=[("list", kind)]))
    assert result["failed"]
    assert f"not allowed to list {kind.plural}" in result["msg"]


def test_without_being_asked_it_says_nothing_of_the_course_of_exams(world, see):
    found = see(world.gateway(records=[exam_record()]), note_use=False)
    assert (found["exams"], found["logins"], found["watch"]) == (None, None, None)


def test_the_course_of_exams_has_their_history_and_names_nobody(world, see):
    found = see(world.gateway(records=[exam_record()]), note_use=False, course=True)
    [exam] = found["exams"]
    assert isinstance(exam["history"], list)
    assert {login["start"] for login in found["logins"]} == {"eager", "lazy"}
    users = {session["user"] for session in see(world.gateway(), "theia_session_info")["sessions"]}
    assert not [user for user in users if user in str(found["logins"])]


def test_a_ready_instance_that_its_student_cannot_reach_is_no_warm_one(world, see):
    world.eager("s3", world.app_definition("c-latest"), 1, url=None)
    found = see(world.gateway(), note_use=False, course=True)
    ready = {(each["app_definition"], each["start"]): bool(each["ready_at"]) for each in found["logins"]}
    assert (ready["java-17-latest", "eager"], ready["c-latest", "eager"]) == (True, False)


def test_who_watches_an_empty_installation_has_nothing_to_wait_for(see):
    empty = WorkspaceWorld()
    empty.app_definition()
    found = see(empty.gateway(), note_use=False, watch_minutes=30)
    assert (found["watch"]["sentence"], found["watch"]["left"]) == ("empty: there is no session", 0)
    assert len(found["watch"]["looks"]) == 1


def test_nobody_watches_for_less_than_nothing(world, see):
    gateway = world.gateway()
    assert "watch_minutes=-1" in see(gateway, watch_minutes=-1)["msg"]
    assert gateway.requests == []


def test_a_page_is_made_of_what_the_modules_return(world, see, tmp_path):
    """As the roles hand it on: nothing of it is missing, and nothing is said that was not there."""
    gateway = world.gateway(records=[exam_record(history=json.dumps([{"at": ago(hours=2), "action": "declared"}]))])
    warmed = see(gateway, "theia_capacity", app_definitions=[{"name": "java-17-latest", "warm": 1}], hold="pgdp-final")
    found = see(gateway, note_use=False, course=True)
    folder = Folder(str(tmp_path), "production", "status")
    subject = Subject("production", ("https://host", "theia-prod"), "status", None, False)
    page = leave_page(
        folder, subject, found, warmed, lines=[], pseudonym_key=None, time_zone=None, warn=lambda _text: None
    )
    told = json.loads(Path(page).with_suffix(".json").read_text())
    assert told["exam"]["name"] == "pgdp-final"
    assert told["headline"].startswith("pgdp-final: promise ")
    # Whoever works although the operator says ERROR is not in trouble; the lines of the run tell of that.
    assert [[finding["code"] for finding in session["findings"]] for session in found["sessions"]["sessions"]] == [
        ["error_but_working"]
    ]
    assert told["sessions"] == []
    assert told["checks"][0]["evidence"].startswith(
        "2 logins seen, 1 of them on an instance of the pool, 1 without one"
    )
    assert [event["what"] for event in told["timeline"]][:3] == ["exam declared", "the exam starts", "first login"]
    assert told["app_definitions"][0]["held_by"] == ["pgdp-final"]
