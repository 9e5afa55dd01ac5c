# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session_diagnosis_info) gathers, and what it does about things that it may not read."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.session_world import GIT_TOKEN, SECRET, World, ago, exam_record, millis


@pytest.fixture
def world():
    made = World()
    made.app_definition()
    made.running("works", pod={"cpu": "1950m"})
    made.running("stuck", user="bob@tum.de", url=None, lastActivity=millis(minutes=15), pod={"ready": False})
    made.session("wreck", user="bob@tum.de", operatorStatus="ERROR", error="553:limit")
    return made


@pytest.fixture
def look(cluster):
    """Run the module on a gateway."""

    def run(gateway, **options):
        cluster(gateway)
        return module("theia_session_diagnosis_info", {"namespace": "theia-prod", **options})

    return run


def installation(world, **options):
    """The world with the operator's pod, its log, and events."""
    gateway = world.gateway(**options)
    gateway.change(
        kinds.DEPLOYMENT, "operator-deployment", {"spec": {"selector": {"matchLabels": {"app": "operator"}}}}
    )
    gateway.put(kinds.POD, {"metadata": {"name": "operator-1", "labels": {"app": "operator"}}})
    [stuck] = [s for s in world.objects["sessions"] if s["metadata"]["name"] == "stuck"]
    uid = stuck["metadata"]["uid"]
    gateway.logs["operator-1"] = [
        "12:00:00 INFO somebody else's session",
        *(f"12:00:{number:02} INFO [{uid}] step {number}" for number in range(40)),
        f"12:01:00 INFO handling stuck with secret {SECRET}\x07",
    ]
    pod = next(p for p in world.objects["pods"] if "session-stuck" in p["metadata"]["name"])
    event(
        gateway,
        "late",
        uid=pod["metadata"]["uid"],
        message=f"no answer from https://ada:{GIT_TOKEN}@git.example.org",
        lastTimestamp=ago(minutes=1),
    )
    event(gateway, "early", uid=uid, message="seen", eventTime=ago(minutes=5))
    event(gateway, "other", uid="another", message="not about it", lastTimestamp=ago(minutes=2))
    return gateway


def event(gateway, name, *, uid, **fields):
    about = {"uid": uid, "kind": "Pod", "name": "p"}
    gateway.put(kinds.EVENT, {"metadata": {"name": name}, "involvedObject": about, "reason": name, **fields})


@pytest.mark.parametrize(
    "address", [f"https://ada:{GIT_TOKEN}@git.example.org", f"https://{GIT_TOKEN}@git.example.org"]
)
def test_no_text_of_the_result_has_a_secret_of_the_session_in_it(look, address):
    world = World()
    world.app_definition()
    world.running("loops", pod={"ready": False, "waiting": "CrashLoopBackOff"})
    world.session("wreck", operatorStatus="ERROR", error=f"exec {GIT_TOKEN}: no such file", operatorMessage=SECRET)
    for pod in world.objects["pods"]:
        for status in pod["status"]["containerStatuses"]:
            if "waiting" in status["state"]:
                status["state"]["waiting"]["message"] = f"exec: {SECRET}: no such file"
    for session in world.objects["sessions"]:
        session["spec"]["envVars"]["GIT_URI"] = address
    result = look(world.gateway(), names=["loops", "wreck"])
    text = json.dumps(result)
    assert SECRET not in text
    assert GIT_TOKEN not in text
    assert [d["code"] for d in result["diagnoses"]] == ["crash_loop", "failed"]


def test_an_exam_record_that_says_nothing_is_named(world, look):
    result = look(world.gateway(records=[exam_record(version="2")]), names=["works"], gather=[])
    assert "theia-exam-pgdp-final: format version '2'" in result["missing"]["exams"]


def test_the_operator_to_restart_is_the_one_that_is_there(look):
    world = World()
    world.app_definition(timeout=60)
    world.running("late", age=timedelta(hours=5))
    gateway = world.gateway()
    operator = gateway.get(kinds.DEPLOYMENT, "operator-deployment")
    gateway.remove(kinds.DEPLOYMENT, "operator-deployment")
    gateway.put(kinds.DEPLOYMENT, {**operator, "metadata": {"name": "theia-operator"}})
    found = only(look(gateway, names=["late"], operator_deployment="theia-operator"))
    assert (found["code"], found["remedy"]["kubectl"][-1]) == ("not_reaped", "deployment/theia-operator")


def only(result):
    [diagnosis] = result["diagnoses"]
    return diagnosis


def test_it_gathers_what_explains_a_session(world, look):
    found = only(look(installation(world), names=["stuck"], log_lines=3))
    assert (found["code"], found["dead"], found["session"]["state"]) == ("no_url", True, "starting")
    assert [(e["reason"], e["last_seen"]) for e in found["events"]] == [
        ("early", ago(minutes=5)),
        ("late", ago(minutes=1)),
    ]
    assert ("Ready", "False") in [(c["type"], c["status"]) for c in found["conditions"]]
    assert [line[:8] for line in found["operator_log"]] == ["12:00:38", "12:00:39", "12:01:00"]


def test_no_secret_and_no_control_character_is_returned(world, look):
    result = look(installation(world), names=["stuck"])
    text = json.dumps(result)
    assert SECRET not in text
    assert GIT_TOKEN not in text
    assert only(result)["operator_log"][-1] == "12:01:00 INFO handling stuck with secret *** "


def test_usage_is_set_against_the_limit_of_the_container(world, look):
    gateway = installation(world)
    [pod] = [p["metadata"]["name"] for p in world.objects["pods"] if "session-works" in p["metadata"]["name"]]
    container = {"name": "java-17-latest", "resources": {"limits": {"cpu": "2", "memory": "3000M"}}}
    gateway.change(kinds.POD, pod, {"spec": {"containers": [container]}})
    found = only(look(gateway, names=["works"]))
    assert (found["cpu_percent"], found["session"]["pod"]["memory_percent"]) == (97, 35)
    assert "97 % of the CPU" in found["sentence"]


@pytest.mark.parametrize(
    ("forbidden", "missing", "field"),
    [
        (("list", kinds.EVENT), "events", "events"),
        (("get", kinds.POD), "conditions", "conditions"),
    ],
)
def test_what_is_forbidden_is_said_and_the_rest_is_told(world, look, forbidden, missing, field):
    result = look(installation(world, forbidden=[forbidden]), names=["stuck"])
    assert list(result["missing"]) == [missing]
    assert missing.replace("_", " ") in result["warnings"][0]
    assert (only(result)[field], only(result)["code"]) == (None, "no_url")


@pytest.mark.parametrize("log", [None, {}])
def test_a_log_that_is_not_there_is_said(world, look, log):
    gateway = installation(world) if log is not None else world.gateway()
    gateway.logs.clear()
    result = look(gateway, names=["stuck"])
    assert list(result["missing"]) == ["operator_log"]
    assert only(result)["operator_log"] is None


def test_one_pod_of_the_operator_without_a_log_hides_no_other(world, look):
    gateway = installation(world)
    labels = next(obj for obj in gateway.list(kinds.POD) if obj["metadata"]["name"] in gateway.logs)["metadata"][
        "labels"
    ]
    gateway.put(kinds.POD, {"metadata": {"name": "operator-starting", "labels": labels}})
    result = look(gateway, names=["stuck"])
    assert only(result)["operator_log"]
    assert "operator-starting" in result["missing"]["operator_log"]


def test_only_what_is_asked_for_is_gathered(world, look):
    gateway = installation(world)
    result = look(gateway, users=["bob@tum.de"], gather=[])
    assert sorted(d["session"]["name"] for d in result["diagnoses"] if d["dead"]) == ["stuck", "wreck"]
    assert {(d["events"], d["conditions"], d["operator_log"]) for d in result["diagnoses"]} == {(None, None, None)}
    assert (result["missing"], "events" in {plural for _verb, plural, _name in gateway.requests}) == ({}, False)


def test_somebody_unknown_has_no_sessions_and_nothing_is_gathered(world, look):
    gateway = installation(world)
    assert look(gateway, users=["nobody"])["diagnoses"] == []
    assert "events" not in {plural for _verb, plural, _name in gateway.requests}


def test_an_empty_selection_is_refused(world, look):
    assert "no session is selected" in look(world.gateway())["msg"]


def test_the_exam_and_the_operator_are_told(world, look):
    result = look(installation(world, records=[exam_record()]), names=["works"])
    assert only(result)["session"]["exam"] == "pgdp-final"
    assert (result["operator_leads"], result["sessions_per_user"], result["changed"]) == (True, 10, False)
