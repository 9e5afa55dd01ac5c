# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sentence and one remedy for whatever is wrong with a session."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._sessions.diagnosis import _EXPLANATIONS, Facts, diagnose
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from unit.session_world import SECRET, World, ago, millis

UNLOCK = {"playbook": "unlock_user", "variables": {"user": "ada@tum.de"}}
STOP = {"playbook": "stop_sessions", "variables": {"sessions": "s1"}}
POD = "-n theia-prod describe pod/"
EDIT = "-n theia-prod edit appdefinitions.theia.cloud/java-17-latest"


def facts_of(world, *, leading=True, address_list=None, cpu_percent=None, warnings=(), **thresholds):
    [assessed] = world.judge(leading=leading, **thresholds)
    facts = Facts(assessed.record, assessed.dead, leading, 10, address_list, cpu_percent)
    return facts._replace(warnings=warnings)


def waiting(**pod):
    """A session that was handled a quarter of an hour ago and still has no address."""
    world = World()
    world.app_definition()
    world.running(url=None, lastActivity=millis(minutes=15), pod={"ready": False, **pod})
    return world


def working(**details):
    world = World()
    world.app_definition()
    world.running(**details)
    return world


def failing(**status):
    world = World()
    world.app_definition()
    world.session(operatorStatus="ERROR", **status)
    return world


def locked_out(user="ada@tum.de"):
    world = World()
    app = world.app_definition()
    world.eager("s1", app, 4, user=user, pod={"addresses": ""})
    return world


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"error": "553:limit"}, "its user already had as many sessions as allowed (10)"),
        ({"error": "554:none"}, "its user may not start any session"),
        ({"operatorMessage": "Max instances reached."}, "java-17-latest already had as many sessions as it may have"),
        ({"operatorMessage": "Handling was unexpectedly interrupted before."}, "the operator was restarted"),
        ({"operatorMessage": "App definition not found."}, "there is no app definition java-17-latest"),
        ({"operatorMessage": "Failed to complete session setup."}, "its instance could not be made ready"),
        ({"operatorMessage": "Out of luck"}, "the operator said: Out of luck"),
        ({}, "the operator said: the operator gave no reason"),
    ],
)
def test_a_failed_session_says_why_it_failed_and_how_to_get_rid_of_it(status, words):
    told = diagnose(facts_of(failing(**status)))
    assert told.sentence.startswith("It failed for good; the operator said: ")
    assert words in told.sentence
    assert (told.code, told.remedy) == ("failed", UNLOCK)


@pytest.mark.parametrize(
    "message",
    [
        'Service "s-1" is invalid: metadata.labels: Invalid value: must be no more than 63 characters',
        "Reserving the prewarmed instance failed.",
        "Editing HTTPRoute failed.",
        "it was interrupted by a service of the quota",
    ],
)
def test_a_word_of_the_operator_is_no_reason(message):
    told = diagnose(facts_of(failing(operatorMessage=message)))
    assert told.sentence == f"It failed for good; the operator said: {message.rstrip('.')}."


def test_a_session_that_works_although_the_operator_calls_it_failed_is_left_alone():
    message = "Handling was unexpectedly interrupted. CorrelationId: 4711"
    for pod in ({}, {"ready": False}, {"memory": "2990M"}):
        told = diagnose(facts_of(working(operatorStatus="ERROR", operatorMessage=message, pod=pod), too_old_minutes=1))
        assert (told.code, told.remedy) == ("error_but_working", None)
        assert message in told.sentence
        assert "Nothing has to be done now; it counts against its user's limit until it ends" in told.sentence
    assert diagnose(facts_of(failing(url="ide.example.org/s1/"))).remedy == UNLOCK


def test_a_session_that_cannot_go_says_what_holds_it():
    world = failing()
    metadata = world.objects["sessions"][0]["metadata"]
    metadata |= {"deletionTimestamp": "2027-02-11T08:00:00Z", "finalizers": ["policy.example.org/audit"]}
    told = diagnose(facts_of(world))
    held = "still Terminating since 2027-02-11T08:00:00Z, held by finalizer policy.example.org/audit"
    assert told.sentence == f"It was deleted and cannot go: it is {held}."
    assert told.remedy["kubectl"][2:] == ["get", "sessions.theia.cloud/s1", "-o", "yaml"]


def starting(**status):
    """A session that began a moment ago, and what its pod says."""
    world = World()
    world.app_definition()
    world.running(url=None, age=timedelta(seconds=40), lastActivity=None, pod={"ready": False, "phase": "Pending"})
    world.objects["pods"][-1]["status"] |= status
    return world


def test_no_reason_to_worry_needs_a_pod_that_is_on_its_way():
    assert "no reason to worry" in diagnose(facts_of(starting())).sentence
    stuck = {"name": "git-clone", "restartCount": 6, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    told = diagnose(facts_of(starting(initContainerStatuses=[stuck])))
    assert (told.code, "git-clone is in CrashLoopBackOff" in told.sentence) == ("crash_loop", True)
    assert "(6 restarts)" in told.sentence
    coming = {"name": "java-17-latest", "state": {"waiting": {"reason": "PodInitializing"}}}
    pod = facts_of(starting(initContainerStatuses=[stuck], containerStatuses=[coming])).record["pod"]
    assert (pod["waiting_reason"], pod["restarts"]) == ("CrashLoopBackOff", 6)
    for reason in ("CreateContainerConfigError", "RunContainerError", "RegistryUnavailable", "NeverHeardOf"):
        state = {"waiting": {"reason": reason, "message": "as the cluster says"}}
        told = diagnose(facts_of(starting(containerStatuses=[{"name": "ide", "state": state}])))
        assert (told.code, f"container ide is in {reason}: as the cluster says" in told.sentence) == (
            "cannot_start",
            True,
        )
    assert diagnose(facts_of(starting(phase="Unknown"))).sentence.endswith("and its pod is Unknown.")


def test_no_reason_to_worry_needs_a_look_at_all_that_could_be_one():
    """What a pod waits for that cannot mount its volume stands in events alone."""
    mount = ["FailedScheduling: none yet", "FailedMount: MountVolume.SetUp failed for volume claim-1"]
    told = diagnose(facts_of(starting(), warnings=mount))
    assert told.sentence.endswith("and the cluster warns: FailedMount: MountVolume.SetUp failed for volume claim-1.")
    assert told.remedy["kubectl"][2] == "describe"
    assert diagnose(facts_of(starting(), warnings=None)).sentence.endswith("were not read.")
    again = {"name": "java-17-latest", "restartCount": 2, "state": {"running": {}}}
    told = diagnose(facts_of(starting(containerStatuses=[again])))
    assert (told.code, told.sentence.endswith("its containers were started again 2 times.")) == (None, True)
    bare = starting()
    bare.objects["pods"].clear()
    assert diagnose(facts_of(bare)).sentence.endswith("after it was created, and it has no pod yet.")


@pytest.mark.parametrize(("age", "lost"), [(timedelta(hours=3), True), (timedelta(minutes=5), False)])
def test_files_of_an_earlier_pod_are_known_to_be_lost(age, lost):
    """Of a pod that the session had: an instance of the pool may have lost one before."""
    world = working(age=age)
    replica_set = world.objects["replica_sets"][0]
    earlier = world.pod(replica_set, container="java-17-latest", ready=False, phase="Failed", age=timedelta(hours=2))
    earlier["status"] |= {"reason": "Evicted", "message": "The node was low on resource: ephemeral-storage"}
    told = diagnose(facts_of(world))
    assert (told.code, told.remedy) == ("evicted" if lost else None, None)
    if not lost:
        return
    for words in (earlier["metadata"]["name"], "Evicted", "ephemeral-storage", "files that were in it are lost"):
        assert words in told.sentence
    [finding] = facts_of(world).record["findings"]
    assert finding["since"] == "2027-02-11T08:30:00Z", "when the pod ceased to be ready"


@pytest.mark.parametrize(
    ("written", "url", "lost"),
    [
        pytest.param(ago(minutes=53), True, True, id="its-pod-is-younger-than-its-address"),
        pytest.param(ago(minutes=51), True, False, id="claimed-while-the-pod-was-made-anew"),
        pytest.param(ago(minutes=40), True, False, id="written-since"),
        pytest.param(ago(minutes=53), False, False, id="nobody-was-in-it"),
        pytest.param(None, True, False, id="nobody-knows"),
    ],
)
def test_a_pod_that_is_gone_is_known_by_its_successor(written, url, lost):
    """Drained, deleted, or on a node that was lost: nothing else is left of it."""
    world = working(age=timedelta(hours=3), written=written, **({} if url else {"url": None}))
    facts = facts_of(world)
    told = diagnose(facts)
    assert (told.code == "evicted") is lost
    if lost:
        pod = world.objects["pods"][0]["metadata"]["name"]
        assert f"pod {pod} began 3m after the session had its address: an earlier one is gone" in told.sentence
        assert "files that were in it are lost" in told.sentence
        assert facts.record["findings"][0]["since"] == "2027-02-11T08:10:00Z"


@pytest.mark.parametrize(
    ("world", "code", "words", "remedy"),
    [
        pytest.param(waiting(), "no_url", "waits in vain", UNLOCK, id="no-url"),
        pytest.param(
            waiting(unschedulable="0/40 nodes are available"),
            "unschedulable",
            "No node takes its pod: 0/40",
            "-n theia-prod describe pod/",
            id="unschedulable",
        ),
        pytest.param(
            waiting(waiting="ImagePullBackOff", phase="Pending"),
            "image_pull",
            "cannot be pulled",
            "-n theia-prod edit appdefinitions.theia.cloud/java-17-latest",
            id="image",
        ),
        pytest.param(
            waiting(waiting="CrashLoopBackOff", restarts=7),
            "crash_loop",
            "(7 restarts)",
            "-n theia-prod logs pod/",
            id="crash-loop",
        ),
        pytest.param(
            waiting(pod=False, refused='pods "x" is forbidden: exceeded quota: exam-quota, requested: limits.cpu=2'),
            "pod_refused",
            "refused by a quota: exceeded quota: exam-quota, requested: limits.cpu=2.",
            "-n theia-prod edit resourcequota/exam-quota",
            id="quota",
        ),
        pytest.param(
            waiting(pod=False, refused='pods "x" is forbidden: maximum memory usage per Container is 300Mi'),
            "pod_refused",
            "Its pod was refused: maximum memory usage per Container is 300Mi.",
            None,
            id="limit-range",
        ),
        pytest.param(working(pod={"ready": False}), "not_ready", "nobody answers", POD, id="not-ready"),
        pytest.param(working(pod={"memory": "2900M"}), "high_memory", "96 % of its memory", EDIT, id="memory"),
        pytest.param(working(pod={"killed": ago(minutes=1)}), "oom_killed", "more memory", EDIT, id="oom"),
        pytest.param(working(age=timedelta(hours=9)), "too_old", "older than", STOP, id="old"),
        pytest.param(locked_out(), "locked_out", "refused with 403", None, id="locked-out"),
    ],
)
def test_the_cause_is_told_before_what_follows_from_it(world, code, words, remedy):
    told = diagnose(facts_of(world))
    assert told.code == code
    assert words in told.sentence
    assert told.remedy == remedy or " ".join(told.remedy["kubectl"]).startswith(remedy)


@pytest.mark.parametrize("user", ["ada@tum.de", 'a"b\\c', "x\ny"])
def test_a_locked_out_user_gets_the_address_back(user):
    told = diagnose(facts_of(locked_out(user), address_list="instance-4-email-x"))
    words = told.remedy["kubectl"]
    assert words[:4] == ["-n", "theia-prod", "patch", "configmap/instance-4-email-x"]
    assert json.loads(words[-1]) == {"data": {"authenticated-emails-list": user}}


def test_an_address_that_leads_to_a_sidecar_is_told_with_what_prevents_it():
    world = locked_out()
    world.objects["address_lists"][0]["data"] = {"authenticated-emails-list": "ada@tum.de"}
    own = next(s for s in world.objects["services"] if not s["metadata"]["name"].endswith("-int"))
    own["metadata"] |= {"name": "instance-4-langserver", "labels": {"theia-cloud.io/sidecar": "langserver"}}
    told = diagnose(facts_of(world))
    assert told.code == "misrouted"
    assert "sees a sidecar and not the IDE: its address leads to Service instance-4-langserver" in told.sentence
    assert " ".join(told.remedy["kubectl"]).startswith(EDIT)


def test_who_is_told_to_restart_the_operator_is_told_what_that_does():
    world = World()
    world.app_definition(timeout=60)
    world.running(age=timedelta(hours=5))
    told = diagnose(facts_of(world))
    assert (told.code, told.remedy["kubectl"][2:4]) == ("not_reaped", ["rollout", "restart"])
    assert "gives up on sessions that it is at work on, and may call some failed that go on working" in told.sentence


def test_without_an_operator_that_is_what_is_wrong():
    world = World()
    world.app_definition()
    world.session(age=timedelta(minutes=20))
    told = diagnose(facts_of(world, leading=False))
    assert (told.code, told.sentence) == (
        "no_operator",
        "No operator leads this installation, so nothing has happened to it for 20m.",
    )


@pytest.mark.parametrize(
    ("world", "facts", "words"),
    [
        (working(), {}, "Nothing is wrong with it"),
        (working(), {"cpu_percent": 97}, "it uses 97 % of the CPU"),
        (working(), {"cpu_percent": 89}, "Nothing is wrong with it"),
    ],
)
def test_a_session_that_works_says_so_or_why_it_is_slow(world, facts, words):
    assert words in diagnose(facts_of(world, **facts)).sentence


def test_of_a_session_that_was_handled_nothing_is_said_about_its_secrets():
    """The operator calls it handled before they have arrived, and where it may not even read them."""
    world = World()
    session = world.eager("s1", world.app_definition(), 4)
    session["spec"]["envVarsFromSecrets"] = ["git-access"]
    told = diagnose(facts_of(world))
    assert (told.code, told.sentence) == (None, "Nothing is wrong with it that can be seen from here.")


def test_a_young_session_is_given_time():
    world = World()
    world.app_definition()
    world.session(age=timedelta(seconds=40), operatorStatus="HANDLING")
    told = diagnose(facts_of(world))
    assert (told.code, told.remedy) == (None, None)
    assert "still starting, 40s after" in told.sentence


def test_what_others_wrote_is_one_harmless_line_without_secrets():
    told = diagnose(facts_of(failing(operatorMessage=f"\x1b[31mbad\nthing\ttoken={SECRET}")))
    assert told.sentence == "It failed for good; the operator said: [31mbad thing token=***."


def test_a_user_whose_name_counts_as_not_stated_is_reached_by_the_session():
    world = World()
    world.session("s1", user=" ", operatorStatus="ERROR")
    assert diagnose(facts_of(world)).remedy == STOP


def test_every_finding_has_an_explanation():
    # A session that blocks its user is dead, and why it is dead is another finding.
    assert set(RULES) - set(_EXPLANATIONS) == {"blocks_user"}
