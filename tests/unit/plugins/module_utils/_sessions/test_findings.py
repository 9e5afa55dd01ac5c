# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings one second either side of each threshold, with null and missing status, and for both ways of starting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._sessions.facts import Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES, SEVERITY
from unit.session_world import LIMIT, OPERATOR, World, ago, millis


def judge_one(build, *, without=(), **around):
    """Judge the last session that ``build`` makes in a world with one app definition."""
    world = World()
    app = world.app_definition()
    build(world, app)
    return world.judge(without=without, **around)[-1]


def seconds(count):
    return timedelta(seconds=count)


def session(**details):
    return lambda world, _app: world.session("s1", **details)


def lazy(objects=None, **details):
    def build(world, _app):
        world.lazy_objects(world.session("s1", **details), **(objects or {}))

    return build


def eager(**details):
    return lambda world, app: world.eager("s1", app, 2, **details)


HANDLED = {"operatorStatus": "HANDLED"}
USED = {"operatorStatus": "HANDLED", "url": "ide.example.org/x/"}


@pytest.mark.parametrize(
    ("status", "found"),
    [
        pytest.param({"operatorStatus": "ERROR"}, True, id="error"),
        pytest.param({"operatorStatus": "ERROR", "url": "x/", "error": "553:too many"}, True, id="with-url"),
        pytest.param({"operatorStatus": "HANDLED", "error": "551:late"}, False, id="launch-timed-out-is-not-failed"),
        pytest.param({}, False, id="no-status"),
        pytest.param({"operatorStatus": None}, False, id="null"),
    ],
)
def test_failed(status, found):
    assert ("failed" in judge_one(session(**status)).codes) is found


def test_failed_tells_what_the_operator_said():
    status = {"operatorStatus": "ERROR", "operatorMessage": "Max sessions reached.", "error": "553:limit"}
    (finding,) = [f for f in judge_one(session(**status)).record["findings"] if f["code"] == "failed"]
    assert finding == {"code": "failed", "evidence": "Max sessions reached.; 553:limit", "since": None}


@pytest.mark.parametrize(
    ("details", "around", "answer"),
    [
        pytest.param({"age": seconds(119)}, {}, False, id="a-second-early"),
        pytest.param({"age": seconds(120)}, {}, True, id="on-time"),
        pytest.param({"age": seconds(121)}, {}, True, id="a-second-late"),
        pytest.param({"age": seconds(121), "operatorStatus": None, "lastActivity": 0}, {}, True, id="null-status"),
        pytest.param({"age": seconds(121), "operatorStatus": "HANDLING"}, {}, False, id="seen"),
        pytest.param({"age": seconds(121), "url": "x/"}, {}, False, id="upstream-eager-in-use"),
        pytest.param({"age": seconds(600)}, {"leading": False}, False, id="nobody-leads"),
        pytest.param({"age": seconds(600)}, {"leading": None}, None, id="who-leads-was-not-read"),
        pytest.param({"age": seconds(600)}, {"led_seconds": None}, None, id="how-long-was-not-read"),
        pytest.param({"age": seconds(600)}, {"led_seconds": 119.0}, False, id="leader-is-new"),
        pytest.param({"age": seconds(600)}, {"led_seconds": 120.0}, True, id="leader-had-its-time"),
        pytest.param({"age": seconds(600)}, {"without": {"pods"}}, None, id="pods-not-read"),
        pytest.param({"age": seconds(600)}, {"unseen_minutes": 11}, False, id="own-threshold"),
    ],
)
def test_unseen(details, around, answer):
    tells("unseen", judge_one(session(**details), **around), answer)


@pytest.mark.parametrize(
    ("details", "answer"),
    [
        pytest.param({"age": seconds(299)}, False, id="a-second-early"),
        pytest.param({"age": seconds(300)}, True, id="on-time"),
        pytest.param({"age": seconds(301)}, True, id="a-second-late"),
        pytest.param({"age": seconds(301), "strategy": "eager", "instance": 1}, True, id="eager"),
        pytest.param({"age": seconds(301), "lastActivity": None, "url": None}, True, id="nulls"),
        pytest.param({"age": seconds(9000), "written": ago(seconds=299)}, False, id="operator-came-back-just-now"),
        pytest.param({"age": seconds(9000), "written": ago(seconds=300)}, True, id="five-minutes-since-it-came-back"),
        pytest.param({"age": seconds(301), "url": "x/"}, False, id="already-has-its-url"),
    ],
)
def test_stuck_starting(details, answer):
    tells("stuck_starting", judge_one(session(operatorStatus="HANDLING", **details)), answer)


@pytest.mark.parametrize(("led_seconds", "answer"), [(299.0, False), (300.0, True), (None, True)])
def test_an_operator_that_has_just_taken_the_lead_has_its_time_for_what_it_took_over(led_seconds, answer):
    assessed = judge_one(session(operatorStatus="HANDLING", age=seconds(9000)), led_seconds=led_seconds)
    tells("stuck_starting", assessed, answer)
    assert (assessed.dead, assessed.waits) == (answer, answer)


def test_a_word_of_the_operator_about_a_handled_session_is_no_trouble():
    """As after its start, when it meets what it has built before."""
    assessed = judge_one(eager(operatorMessage="Service already exists."))
    assert (assessed.codes, assessed.dead) == (frozenset(), False)


def test_a_session_whose_app_definition_is_gone_lives_on_its_instance():
    """The session is the only owner that is left of its instance."""

    def build(world, app):
        eager()(world, app)
        world.objects["app_definitions"].clear()
        for obj in world.objects["services"] + world.objects["deployments"]:
            obj["metadata"]["ownerReferences"] = [
                o for o in obj["metadata"]["ownerReferences"] if o["kind"] == "Session"
            ]

    assessed = judge_one(build)
    record = assessed.record
    assert (assessed.dead, assessed.codes) == (False, {"orphaned"})
    assert (record["state"], record["start"], record["data_at"]) == ("running", "eager", "pod")


@pytest.mark.parametrize(
    "objects", [{"pod": False}, {"ready": False}, {"deleting": True}], ids=["no-pod", "unready", "going"]
)
@pytest.mark.parametrize(
    ("details", "answer"),
    [
        pytest.param({"age": seconds(599)}, False, id="a-second-early"),
        pytest.param({"age": seconds(600)}, True, id="on-time"),
        pytest.param({"age": seconds(601)}, True, id="a-second-late"),
        pytest.param({"age": seconds(9000), "lastActivity": millis(seconds=599)}, False, id="handled-only-just"),
        pytest.param({"age": seconds(9000), "lastActivity": millis(seconds=600)}, True, id="handled-ten-minutes-ago"),
        pytest.param(
            {"age": seconds(9000), "lastActivity": 0, "written": ago(seconds=599)}, False, id="written-only-just"
        ),
        pytest.param({"age": seconds(601), "lastActivity": None, "error": "551:late"}, True, id="launch-timed-out"),
    ],
)
def test_no_url(objects, details, answer):
    tells("no_url", judge_one(lazy(objects, **HANDLED, **details)), answer)


def test_a_session_with_a_url_does_not_wait_for_one():
    for code in ("no_url", "no_url_but_running"):
        for pod in ({}, {"ready": False}):
            tells(code, judge_one(lazy(pod, **USED, age=timedelta(hours=3))), False)


@pytest.mark.parametrize(
    ("age", "without", "answer"),
    [
        pytest.param(599, (), False, id="a-second-early"),
        pytest.param(600, (), True, id="on-time"),
        pytest.param(601, (), True, id="a-second-late"),
        pytest.param(601, {"pods"}, None, id="pods-not-read"),
        pytest.param(599, {"pods"}, False, id="pods-do-not-matter-yet"),
    ],
)
def test_without_url_but_with_a_ready_pod_is_reported_apart(age, without, answer):
    assessed = judge_one(lazy(**HANDLED, age=seconds(age)), without=without)
    tells("no_url_but_running", assessed, answer)
    tells("no_url", assessed, None if answer is None else False)
    assert not assessed.dead


@pytest.mark.parametrize(
    ("details", "answer"),
    [
        pytest.param({"age": seconds(299)}, False, id="a-second-early"),
        pytest.param({"age": seconds(300)}, True, id="on-time"),
        pytest.param({"age": seconds(301)}, True, id="a-second-late"),
        pytest.param(
            {"age": seconds(9000), "lastActivity": millis(seconds=299)}, False, id="was-alive-five-minutes-ago"
        ),
        pytest.param({"age": seconds(9000), "lastActivity": millis(seconds=300)}, True, id="silent-for-five-minutes"),
        pytest.param({"age": seconds(9000), "written": ago(seconds=299)}, False, id="status-written-just-now"),
        pytest.param({"age": seconds(301), "strategy": "eager", "instance": 1}, True, id="eager"),
        pytest.param({"age": seconds(301), "url": None}, True, id="handled-without-url"),
        pytest.param({"age": seconds(301), "operatorStatus": None}, True, id="upstream-eager"),
        pytest.param({"age": seconds(301), "operatorStatus": "ERROR"}, False, id="failed-says-it-all"),
        pytest.param({"age": seconds(301), "url": None, "operatorStatus": None}, False, id="never-had-any"),
        pytest.param({"age": seconds(301), "url": None, "operatorStatus": "HANDLING"}, False, id="not-built-yet"),
    ],
)
def test_no_pod(details, answer):
    tells("no_pod", judge_one(session(**{**USED, **details})), answer)


@pytest.mark.parametrize("unread", ["deployments", "services", "pods"])
def test_no_pod_needs_all_three_lists(unread):
    assessed = judge_one(session(**USED), without={unread})
    tells("no_pod", assessed, None)
    assert not assessed.dead


def test_one_object_left_is_enough_not_to_be_gone():
    def build(world, app):
        eager()(world, app)
        world.objects["deployments"].clear()
        world.objects["services"].pop()

    tells("no_pod", judge_one(build), False)


@pytest.mark.parametrize(
    ("build", "answer"),
    [
        pytest.param(lazy(**USED), False, id="ready"),
        pytest.param(lazy({"ready": False}, **USED), True, id="not-ready"),
        pytest.param(lazy({"deleting": True}, **USED), True, id="being-deleted"),
        pytest.param(lazy({"pod": False}, **USED), True, id="no-pod"),
        pytest.param(lazy({"ready": False}, **HANDLED), False, id="still-starting"),
        pytest.param(lazy({"ready": False}, operatorStatus="ERROR", url="x/"), False, id="failed-says-it-all"),
        pytest.param(eager(pod={"ready": False}), True, id="eager-not-ready"),
        pytest.param(eager(), False, id="eager-ready"),
    ],
)
def test_not_ready(build, answer):
    tells("not_ready", judge_one(build), answer)


@pytest.mark.parametrize(
    ("code", "pod"),
    [
        ("unschedulable", {"unschedulable": "0/3 nodes are available: 3 Insufficient memory", "ready": False}),
        ("image_pull", {"waiting": "ErrImagePull", "ready": False}),
        ("image_pull", {"waiting": "ImagePullBackOff", "ready": False}),
        ("crash_loop", {"waiting": "CrashLoopBackOff", "ready": False}),
        ("oom_killed", {"killed": "2027-02-11T08:50:00Z"}),
    ],
)
@pytest.mark.parametrize("start", [lambda pod: lazy(pod, **USED), lambda pod: eager(pod=pod)], ids=["lazy", "eager"])
def test_causes_are_read_from_the_pod(code, pod, start):
    assessed = judge_one(start(pod))
    tells(code, assessed, True)
    tells(code, judge_one(start({})), False)
    tells(code, judge_one(start({"pod": False})), False)
    tells(code, judge_one(start(pod), without={"pods"}), None)
    tells(code, judge_one(start(pod), without={"deployments"}), None)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        pytest.param('pods "x" is forbidden: exceeded quota: students, requested: pods=1', True, id="quota"),
        pytest.param('pods "x" is forbidden: maximum memory usage per Pod is 2Gi', True, id="another-limit"),
        pytest.param(None, False, id="no-trouble"),
    ],
)
def test_pod_refused_is_told_by_the_deployment(message, answer):
    tells("pod_refused", judge_one(lazy({"pod": False, "refused": message}, **HANDLED)), answer)


def test_pod_refused_is_unknown_without_deployments():
    tells("pod_refused", judge_one(lazy(**HANDLED), without={"deployments"}), None)


@pytest.mark.parametrize(
    ("memory", "limit", "around", "answer"),
    [
        pytest.param(LIMIT * 85 // 100 - 1, "3000M", {}, False, id="a-byte-below"),
        pytest.param(LIMIT * 85 // 100, "3000M", {}, True, id="at-the-share"),
        pytest.param("2Gi", "3Gi", {"high_memory_percent": 66}, True, id="own-threshold"),
        pytest.param("100Gi", None, {}, False, id="no-limit-to-reach"),
        pytest.param("100Gi", "0", {}, False, id="limit-of-zero"),
        pytest.param(None, "3000M", {}, None, id="not-measured-yet"),
        pytest.param("100Gi", "3000M", {"without": {"usage"}}, None, id="no-metrics"),
        pytest.param("100Gi", "3000M", {"without": {"pods"}}, None, id="pods-not-read"),
    ],
)
def test_high_memory(memory, limit, around, answer):
    tells("high_memory", judge_one(lazy({"memory": memory, "limit": limit}, **USED), **around), answer)


def test_high_memory_of_a_session_without_pod_is_not_true():
    tells("high_memory", judge_one(session(**USED)), False)


@pytest.mark.parametrize(
    ("age", "around", "answer"),
    [
        pytest.param(480 * 60 - 1, {}, False, id="a-second-early"),
        pytest.param(480 * 60, {}, True, id="on-time"),
        pytest.param(480 * 60 + 1, {}, True, id="a-second-late"),
        pytest.param(480 * 60, {"too_old_minutes": 481}, False, id="own-threshold"),
    ],
)
@pytest.mark.parametrize("status", [USED, {}, {"operatorStatus": None}], ids=["used", "no-status", "null-status"])
def test_too_old(age, around, answer, status):
    tells("too_old", judge_one(session(age=seconds(age), **status), **around), answer)


REAP = 2 * 3 * 60 + 60


@pytest.mark.parametrize(
    ("details", "around", "answer"),
    [
        pytest.param({"age": seconds(1440 * 60 + REAP)}, {}, False, id="timeout-just-in-time"),
        pytest.param({"age": seconds(1440 * 60 + REAP + 1)}, {}, True, id="timeout-a-second-late"),
        pytest.param({"lastActivity": millis(seconds=3600 + REAP)}, {}, False, id="inactive-just-in-time"),
        pytest.param({"lastActivity": millis(seconds=3600 + REAP + 1)}, {}, True, id="inactive-a-second-late"),
        pytest.param({"lastActivity": 0}, {}, False, id="never-active"),
        pytest.param({"lastActivity": None}, {}, False, id="null-activity"),
        pytest.param({"lastActivity": millis(hours=3)}, {"operator": None}, None, id="arguments-not-read"),
        pytest.param({"lastActivity": millis(hours=3)}, {"without": {"app_definitions"}}, None, id="limits-not-read"),
        pytest.param(
            {"lastActivity": millis(hours=3)},
            {"operator": OPERATOR._replace(monitor=False)},
            False,
            id="nobody-watches",
        ),
        pytest.param(
            {"lastActivity": millis(hours=3), "url": None, "operatorStatus": "ERROR"}, {}, False, id="not-handled"
        ),
    ],
)
def test_not_reaped(details, around, answer):
    age = {"age": timedelta(hours=5)}
    tells(
        "not_reaped", judge_one(lazy(**{**USED, **age, "lastActivity": millis(minutes=1), **details}), **around), answer
    )


def test_an_eager_session_is_not_expected_to_be_reaped_for_inactivity():
    tells("not_reaped", judge_one(eager(age=timedelta(hours=5))), False)
    tells("not_reaped", judge_one(eager(age=timedelta(hours=25))), True)


@pytest.mark.parametrize(
    ("details", "without", "answer"),
    [
        pytest.param({"app": "no-such"}, (), True, id="app-definition-gone"),
        pytest.param({"workspace": "no-such"}, (), True, id="workspace-gone"),
        pytest.param({"workspace": "ws-1"}, (), False, id="both-there"),
        pytest.param({"workspace": " "}, (), False, id="blank-workspace-is-none"),
        pytest.param({"app": "no-such"}, {"app_definitions"}, None, id="app-definitions-not-read"),
        pytest.param({"workspace": "no-such"}, {"workspaces"}, None, id="workspaces-not-read"),
        pytest.param({}, {"workspaces"}, False, id="ephemeral-needs-no-workspaces"),
        pytest.param({"app": "no-such", "workspace": "ws-1"}, {"workspaces"}, True, id="one-proof-is-enough"),
    ],
)
def test_orphaned(details, without, answer):
    def build(world, _app):
        world.workspace("ws-1")
        world.session("s1", **USED, **details)

    tells("orphaned", judge_one(build, without=without), answer)


@pytest.mark.parametrize(
    ("build", "around", "answer"),
    [
        pytest.param(eager(), {}, False, id="admitted"),
        pytest.param(eager(pod={"addresses": ""}), {}, True, id="empty"),
        pytest.param(eager(pod={"addresses": " \n"}), {}, True, id="blank"),
        pytest.param(eager(pod={"addresses": None}), {}, True, id="null"),
        pytest.param(
            eager(pod={"addresses": ""}, url=None, operatorStatus="HANDLING"), {}, False, id="claim-under-way"
        ),
        pytest.param(
            eager(pod={"addresses": ""}), {"operator": OPERATOR._replace(keycloak=False)}, False, id="no-login"
        ),
        pytest.param(eager(pod={"addresses": ""}), {"operator": None}, True, id="a-list-proves-a-login"),
        pytest.param(eager(pod={"addresses": ""}, url=None), {}, True, id="handled-and-no-url-yet"),
        pytest.param(eager(pod={"addresses": ""}, operatorStatus=None), {}, True, id="upstream-writes-no-word"),
        pytest.param(eager(pod={"addresses": ""}), {"without": {"address_lists"}}, None, id="lists-not-read"),
        pytest.param(eager(pod={"addresses": ""}), {"without": {"app_definitions"}}, None, id="whose-instance"),
        pytest.param(lazy(**USED), {}, False, id="lazy"),
    ],
)
def test_locked_out(build, around, answer):
    tells("locked_out", judge_one(build, **around), answer)


def test_an_instance_whose_list_is_missing_altogether_is_not_called_locked_out():
    def build(world, app):
        eager()(world, app)
        world.objects["address_lists"].clear()

    tells("locked_out", judge_one(build), None)


def taken_for_its_own(world, app):
    """The session owns the Service of a sidecar in place of the instance's own, as April's operator claims it."""
    eager()(world, app)
    own = next(s for s in world.objects["services"] if not s["metadata"]["name"].endswith("-int"))
    owners, own["metadata"]["ownerReferences"] = own["metadata"]["ownerReferences"], []
    labels = {"theia-cloud.io/sidecar": "langserver"}
    metadata = {"name": "instance-2-langserver-java", "uid": "sidecar", "ownerReferences": owners, "labels": labels}
    world.objects["services"].append({"metadata": metadata})


def with_a_sidecar(world, _app):
    """A lazy session owns its sidecars' Services, too."""
    session = world.running("s1")
    labels = {"theia-cloud.io/sidecar": "langserver"}
    owners = [{"kind": "Session", "name": "s1", "uid": session["metadata"]["uid"]}]
    metadata = {"name": "session-s1-langserver", "uid": "sidecar", "ownerReferences": owners, "labels": labels}
    world.objects["services"].append({"metadata": metadata})


@pytest.mark.parametrize(
    ("build", "around", "answer"),
    [
        pytest.param(taken_for_its_own, {}, True, id="the-sidecars"),
        pytest.param(taken_for_its_own, {"without": {"services"}}, None, id="services-not-read"),
        pytest.param(eager(), {}, False, id="its-own"),
        pytest.param(with_a_sidecar, {}, False, id="lazy-with-both"),
    ],
)
def test_misrouted(build, around, answer):
    tells("misrouted", judge_one(build, **around), answer)


@pytest.mark.parametrize(
    ("live", "dead", "limit", "blocks", "over"),
    [
        pytest.param(1, 1, 3, False, False, id="room-left"),
        pytest.param(1, 1, 2, True, False, id="the-next-start-would-be-refused"),
        pytest.param(2, 1, 2, True, True, id="over"),
        pytest.param(1, 1, 0, True, True, id="none-allowed"),
        pytest.param(5, 1, None, False, False, id="unlimited"),
    ],
)
def test_limits_per_user(live, dead, limit, blocks, over):
    world = World()
    world.app_definition()
    for number in range(live):
        world.running(f"live-{number}")
    for number in range(dead):
        world.session(f"dead-{number}", operatorStatus="ERROR")
    world.running("of-somebody-else", user="ADA@tum.de")
    assessed = world.judge(operator=OPERATOR._replace(sessions_per_user=limit))
    assert {j.record["name"] for j in assessed if "blocks_user" in j.codes} == {
        f"dead-{n}" for n in range(dead) if blocks
    }
    assert ("over_user_limit" in assessed[0].codes) is over
    assert ("over_user_limit" in assessed[-1].codes) is (limit == 0)


def test_who_blocks_a_user_is_unknown_where_death_is():
    details = {"operator": OPERATOR._replace(sessions_per_user=1), "without": {"pods"}}
    tells("blocks_user", judge_one(lazy(**HANDLED, age=timedelta(hours=1)), **details), None)
    tells("blocks_user", judge_one(session(operatorStatus="ERROR"), **details), True)
    tells("blocks_user", judge_one(lazy(**USED), **details), False)


def test_limits_are_unknown_without_the_operators_arguments():
    assessed = judge_one(session(operatorStatus="ERROR"), operator=None)
    assert assessed.unknown >= {"blocks_user", "over_user_limit"}


@pytest.mark.parametrize(
    ("build", "dead"),
    [
        pytest.param(session(operatorStatus="ERROR"), True, id="error-without-url"),
        pytest.param(lazy(operatorStatus="ERROR"), True, id="error-without-url-whatever-its-pod-does"),
        pytest.param(lazy(operatorStatus="ERROR", url="x/", age=timedelta(days=2)), False, id="error-with-url"),
        pytest.param(session(operatorStatus="ERROR", url="x/", age=seconds(299)), False, id="of-an-error-all-is-gone"),
        pytest.param(session(operatorStatus="ERROR", url="x/", age=seconds(300)), True, id="for-five-minutes"),
        pytest.param(session(age=seconds(119)), False, id="unseen-a-second-early"),
        pytest.param(session(age=seconds(120)), True, id="unseen"),
        pytest.param(session(operatorStatus="HANDLING", age=seconds(299)), False, id="stuck-a-second-early"),
        pytest.param(session(operatorStatus="HANDLING", age=seconds(300)), True, id="stuck"),
        pytest.param(lazy(operatorStatus="HANDLING", age=seconds(301)), False, id="stuck-with-a-ready-pod"),
        pytest.param(lazy({"ready": False}, **HANDLED, age=seconds(599)), False, id="no-url-a-second-early"),
        pytest.param(lazy({"ready": False}, **HANDLED, age=seconds(600)), True, id="no-url"),
        pytest.param(lazy(**HANDLED, age=timedelta(days=2)), False, id="no-url-but-running"),
        pytest.param(session(**USED, age=seconds(299)), False, id="gone-a-second-early"),
        pytest.param(session(**USED, age=seconds(300)), True, id="gone"),
        pytest.param(lazy({"ready": False}, **USED, age=timedelta(days=2)), False, id="not-ready-is-not-dead"),
    ],
)
def test_dead(build, dead):
    assert judge_one(build).dead is dead


def test_the_evidence_says_how_long_in_words_for_people():
    build = lazy(**USED, age=timedelta(hours=26), lastActivity=millis(minutes=30))
    found = {f["code"]: f for f in judge_one(build, idle_minutes=20).record["findings"]}
    assert found["idle"] == {
        "code": "idle",
        "evidence": "last activity 30m ago, polled every 3m",
        "since": "2027-02-11T08:30:00Z",
    }
    assert found["not_reaped"]["evidence"] == "past its timeout of 1440 min by 2h00m"
    build = lazy(**USED, age=timedelta(hours=3), lastActivity=millis(minutes=70))
    (late,) = judge_one(build).record["findings"]
    assert (late["evidence"], late["since"]) == ("past its inactivity limit of 60 min by 10m", "2027-02-11T08:50:00Z")
    (ill,) = judge_one(lazy({"ready": False, "phase": "Pending"}, **USED)).record["findings"]
    assert ill["evidence"].endswith(" is Pending and not ready")


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 700))
def test_no_threshold_makes_a_session_dead_earlier(unseen, stuck, no_url, no_pod, age):
    given = dict(zip(Thresholds._fields, (unseen, stuck, no_url, no_pod), strict=False))
    for build in (
        session(age=seconds(age)),
        session(operatorStatus="HANDLING", age=seconds(age)),
        lazy({"ready": False}, **HANDLED, age=seconds(age)),
        session(**USED, age=seconds(age)),
    ):
        assert judge_one(build, **given).dead <= judge_one(build).dead


def test_every_finding_has_a_rank_and_the_worst_comes_first():
    assessed = judge_one(session(operatorStatus="ERROR", app="no-such", age=timedelta(days=3)))
    codes = [finding["code"] for finding in assessed.record["findings"]]
    assert codes == sorted(codes, key=SEVERITY.__getitem__)
    assert codes[0] == "failed"
    assert set(SEVERITY) == set(RULES)


def test_findings_that_only_inform_are_never_a_reason_to_stop():
    assert {code for code, rule in RULES.items() if not rule.stops} == {
        "no_url_but_running",
        "not_reaped",
        "error_but_working",
        "misrouted",
        "terminating",
        "evicted",
    }


def tells(code, assessed, answer):
    """True: found. False: surely not. None: not known."""
    assert (code in assessed.codes) is (answer is True)
    assert (code in assessed.unknown) is (answer is None)
