# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session record: states, starts, where data are, and what it says when something could not be read."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._platform import names, rows
from ansible_collections.eduide.theia.plugins.module_utils._sessions.record import SessionRecord, other_pods
from unit.session_world import GIT_TOKEN, NOW, SECRET, World, ago, millis

LISTS = ("app_definitions", "workspaces", "deployments", "replica_sets", "services", "pods", "usage", "address_lists")


def only(world, **how):
    (assessed,) = world.judge(**how)
    return assessed


def test_a_record_says_everything_about_a_session_in_our_words():
    world = World()
    world.app_definition()
    world.workspace("ws-1", claim="claim-1")
    raw = world.running("s1", workspace="ws-1", claim="claim-1", pod={"restarts": 2, "memory": "1500M"})
    record = only(world).record
    assert record == {
        "name": "s1",
        "uid": raw["metadata"]["uid"],
        "namespace": "theia-prod",
        "user": "ada@tum.de",
        "app_definition": "java-17-latest",
        "workspace": "ws-1",
        "data_at": "volume",
        "created": "2027-02-11T08:00:00Z",
        "age_seconds": 3600,
        "last_activity": "2027-02-11T08:58:00Z",
        "activity_known": True,
        "idle_seconds": 120,
        "state": "running",
        "start": "lazy",
        "instance_id": None,
        "operator_status": "HANDLED",
        "operator_message": None,
        "error": None,
        "url": "ide.example.org/s1/",
        "exam": None,
        "protected": None,
        "pod": {
            "name": world.objects["pods"][0]["metadata"]["name"],
            "node": "node-1",
            "phase": "Running",
            "ready": True,
            "restarts": 2,
            "waiting_reason": None,
            "cpu_millicores": 124,
            "memory_bytes": 1_500_000_000,
            "memory_limit_bytes": 3_000_000_000,
            "memory_percent": 50,
        },
        "findings": [],
    }
    assert list(record) == list(SessionRecord.__annotations__)


@pytest.mark.parametrize(
    ("status", "objects", "state"),
    [
        pytest.param({"operatorStatus": "ERROR"}, False, "failed", id="error"),
        pytest.param({"operatorStatus": "ERROR", "url": "x/"}, True, "running", id="error-with-url"),
        pytest.param({"operatorStatus": "HANDLED", "url": "x/"}, True, "running", id="handled-with-url"),
        pytest.param({"operatorStatus": "HANDLING", "url": "x/"}, True, "running", id="url-comes-before-handled"),
        pytest.param({"url": "x/"}, True, "running", id="upstream-eager-has-no-status-word"),
        pytest.param({"operatorStatus": "HANDLED", "url": "x/"}, False, "unready", id="url-without-pod"),
        pytest.param({"operatorStatus": "HANDLED", "url": "x/"}, {"ready": False}, "unready", id="pod-not-ready"),
        pytest.param({"operatorStatus": "HANDLED", "url": "x/"}, {"deleting": True}, "unready", id="pod-going"),
        pytest.param({"operatorStatus": "HANDLING"}, False, "starting", id="handling"),
        pytest.param({"operatorStatus": "HANDLED"}, True, "starting", id="handled-without-url"),
        pytest.param({"operatorStatus": "HANDLED", "url": " "}, True, "starting", id="blank-url"),
        pytest.param({"operatorStatus": "RESTING"}, False, "starting", id="word-of-a-later-operator"),
        pytest.param({}, False, "pending", id="no-status"),
        pytest.param({"operatorStatus": None, "url": None}, False, "pending", id="null-fields"),
        pytest.param({"operatorStatus": "NEW"}, False, "pending", id="new-means-none"),
        pytest.param({"operatorStatus": ""}, False, "pending", id="empty-word"),
        pytest.param({}, True, "starting", id="no-status-but-objects"),
    ],
)
def test_states(status, objects, state):
    world = World()
    world.app_definition()
    session = world.session("s1", **status)
    if objects:
        world.lazy_objects(session, **(objects if isinstance(objects, dict) else {}))
    assert only(world).record["state"] == state


@pytest.mark.parametrize(
    ("strategy", "objects", "status", "start"),
    [
        pytest.param("eager", "claimed", "HANDLED", "eager", id="annotated-eager"),
        pytest.param("eager", None, "ERROR", "eager", id="annotated-eager-without-objects"),
        pytest.param("lazy-fallback", "own", "HANDLED", "lazy-fallback", id="annotated-fallback"),
        pytest.param(None, "claimed", None, "eager", id="upstream-eager-by-owners"),
        pytest.param(None, "own", "HANDLED", "lazy", id="lazy-by-owners"),
        pytest.param(None, "own", "HANDLING", "lazy", id="lazy-being-built"),
        pytest.param(None, None, "HANDLED", "lazy", id="handled-and-not-annotated"),
        pytest.param(None, None, "ERROR", None, id="failed-before-any-choice"),
        pytest.param(None, None, "HANDLING", None, id="not-chosen-yet"),
        pytest.param(None, None, None, None, id="not-seen-yet"),
        pytest.param("teleport", "own", "HANDLED", None, id="strategy-of-a-later-operator"),
    ],
)
def test_how_a_session_was_started(strategy, objects, status, start):
    world = World()
    app = world.app_definition()
    session = world.session("s1", strategy=strategy, operatorStatus=status)
    if objects == "claimed":
        world.claimed_instance(session, app, 2)
    if objects == "own":
        world.lazy_objects(session)
    assessed = only(world)
    assert assessed.record["start"] == start
    assert assessed.holds_slot is (objects == "claimed" or start == "eager" or strategy == "teleport")


def test_an_instance_id_is_read_from_the_pool_deployment_where_nobody_annotated_it():
    world = World()
    app = world.app_definition()
    world.claimed_instance(world.session("s1", url="x/"), app, 17)
    assert only(world).record["instance_id"] == 17


@pytest.mark.parametrize(
    ("objects", "session", "data_at"),
    [
        pytest.param({"claim": "c1"}, {"workspace": "ws-1"}, "volume", id="mounted"),
        pytest.param({"claim": "c1", "pod": False}, {"workspace": "ws-1"}, "volume", id="mounted-and-no-pod"),
        pytest.param({}, {"workspace": "ws-1"}, "pod", id="silently-ephemeral"),
        pytest.param({"claim": "other"}, {"workspace": "ws-1"}, "pod", id="another-claim-is-mounted"),
        pytest.param({"claim": "c2"}, {"workspace": "ws-2"}, "pod", id="workspace-without-claim"),
        pytest.param({}, {}, "pod", id="ephemeral"),
        pytest.param({}, {"workspace": "gone"}, "pod", id="workspace-gone"),
        pytest.param({}, {"url": None}, "none", id="never-had-a-url"),
        pytest.param({"pod": False}, {}, "none", id="no-pod-left"),
    ],
)
def test_where_the_data_are(objects, session, data_at):
    world = World()
    world.app_definition()
    world.workspace("ws-1", claim="c1")
    world.workspace("ws-2", claim=None)
    world.lazy_objects(world.session("s1", **{"operatorStatus": "HANDLED", "url": "x/", **session}), **objects)
    assert only(world).record["data_at"] == data_at


@pytest.mark.parametrize(
    ("without", "workspace", "mounted", "data_at"),
    [
        pytest.param({"workspaces"}, "ws-1", "c1", None, id="whose-claim-is-it"),
        pytest.param({"workspaces"}, "ws-1", None, "pod", id="nothing-is-mounted-anyway"),
        pytest.param({"workspaces"}, None, None, "pod", id="ephemeral-anyway"),
        pytest.param({"pods"}, None, None, None, id="no-pods"),
        pytest.param({"deployments"}, None, None, None, id="no-deployments"),
    ],
)
def test_where_the_data_are_is_unknown_rather_than_guessed(without, workspace, mounted, data_at):
    world = World()
    world.app_definition()
    world.workspace("ws-1", claim="c1")
    world.running("s1", workspace=workspace, claim=mounted)
    assert only(world, without=without).record["data_at"] == data_at


def test_an_eager_session_has_its_data_in_the_pod_even_with_a_workspace():
    world = World()
    app = world.app_definition()
    world.workspace("ws-1", claim="c1")
    world.eager("s1", app, 1, workspace="ws-1")
    assert only(world).record["data_at"] == "pod"


def test_objects_of_a_predecessor_with_the_same_name_are_not_joined():
    world = World()
    world.app_definition()
    before = world.session("s1", user="old@tum.de")
    world.lazy_objects(before)
    world.objects["sessions"].remove(before)
    world.session("s1", operatorStatus="HANDLED", url="x/")
    record = only(world).record
    assert (record["pod"], record["state"]) == (None, "unready")


def test_sidecars_of_a_session_are_not_its_pod():
    world = World()
    world.app_definition()
    session = world.running("s1")
    owner = {"kind": "Session", "name": "s1", "uid": session["metadata"]["uid"]}
    sidecar = world.deployment("s1-lsp", [owner], container="lsp", memory=None, age=timedelta(minutes=1))
    sidecar["metadata"]["labels"] = {"theia-cloud.io/sidecar": "lsp"}
    assert only(world).record["pod"]["name"].startswith("session-s1-")
    world.objects["deployments"].insert(0, world.objects["deployments"].pop())
    assert only(world).record["pod"]["name"].startswith("session-s1-")


@pytest.mark.parametrize("kept", ["deployments", "services"])
def test_any_object_shared_with_an_app_definition_tells_a_pool_instance(kept):
    world = World()
    app = world.app_definition()
    world.claimed_instance(world.session("s1", operatorStatus="HANDLING"), app, 2)
    for kind in {"deployments", "services"} - {kept}:
        world.objects[kind].clear()
    assert only(world).record["start"] == "eager"


@pytest.mark.parametrize("unread", ["deployments", "services"])
def test_how_a_session_was_started_is_unknown_where_its_owners_are(unread):
    world = World()
    world.app_definition()
    world.session("s1", operatorStatus="HANDLING")
    assessed = only(world, without={unread})
    assert (assessed.record["start"], assessed.holds_slot) == (None, True)


@pytest.mark.parametrize("kept", ["deployments", "services"])
def test_one_object_is_enough_to_have_been_seen(kept):
    world = World()
    world.app_definition()
    world.lazy_objects(world.session("s1"))
    for kind in {"deployments", "services", "pods"} - {kept}:
        world.objects[kind].clear()
    assert only(world).record["state"] == "starting"


@pytest.mark.parametrize(
    "without", [pytest.param((), id="by-owner"), pytest.param({"replica_sets"}, id="no-replica-sets")]
)
def test_pods_are_found_with_and_without_the_right_to_read_replica_sets(without):
    world = World()
    app = world.app_definition()
    world.running("s1", pod={"memory": "1M"})
    world.eager("s2", app, 1, pod={"memory": "2M"})
    found = {j.record["name"]: j.record["pod"]["memory_bytes"] for j in world.judge(without=without)}
    assert found == {"s1": 1_000_000, "s2": 2_000_000}


@pytest.mark.parametrize(
    ("others", "age"),
    [
        pytest.param([{"deleting": True, "age": timedelta(minutes=1)}], 50, id="staying-before-going"),
        pytest.param([{"ready": False, "age": timedelta(minutes=1)}], 50, id="ready-before-newer"),
        pytest.param([{"age": timedelta(minutes=1)}], 1, id="newest-of-the-ready"),
    ],
)
def test_of_several_pods_the_one_that_serves_the_user_counts(others, age):
    world = World()
    world.app_definition()
    world.running("s1")
    for pod in others:
        world.pod(world.objects["replica_sets"][0], container="java-17-latest", **pod)
    names = {p["metadata"]["creationTimestamp"]: p["metadata"]["name"] for p in world.objects["pods"]}
    assert only(world).record["pod"]["name"] == names[ago(minutes=age)]


@pytest.mark.parametrize(
    ("containers", "memory"),
    [
        pytest.param([("oauth2-proxy", "proxy", 1), ("java-17-latest", "x", 2)], 2, id="named-like-the-app-definition"),
        pytest.param(
            [("oauth2-proxy", "proxy", 1), ("side", "x", 3), ("ide", "ide/java-17-latest", 2)], 2, id="by-image"
        ),
        pytest.param([("oauth2-proxy", "proxy", 1), ("ide", "x", 2)], 2, id="the-one-that-is-not-the-proxy"),
        pytest.param([("oauth2-proxy", "proxy", 1)], None, id="only-a-proxy"),
        pytest.param([], None, id="none"),
    ],
)
def test_usage_is_that_of_the_ide_container(containers, memory):
    world = World()
    world.app_definition()
    world.running("s1")
    pod, usage = world.objects["pods"][0], world.objects["usage"][0]
    pod["spec"]["containers"] = [{"name": name, "image": image} for name, image, _unused in containers]
    usage["containers"] = [{"name": name, "usage": {"memory": str(size)}} for name, _unused, size in containers]
    assert only(world).record["pod"]["memory_bytes"] == memory


def test_usage_below_zero_is_unknown():
    world = World()
    world.app_definition()
    world.running("s1")
    for container in world.objects["usage"][0]["containers"]:
        container["usage"] = {"cpu": "-5m", "memory": "-3Mi"}
    assessed = only(world)
    usage = {key: assessed.record["pod"][key] for key in ("cpu_millicores", "memory_bytes", "memory_percent")}
    assert usage == {"cpu_millicores": None, "memory_bytes": None, "memory_percent": None}
    assert assessed.unknown == {"high_memory"}


def test_a_pod_too_young_for_metrics_has_no_usage_and_no_zero():
    world = World()
    world.app_definition()
    world.running("s1", pod={"memory": None})
    assessed = only(world)
    usage = {key: assessed.record["pod"][key] for key in ("cpu_millicores", "memory_bytes", "memory_percent")}
    assert usage == {"cpu_millicores": None, "memory_bytes": None, "memory_percent": None}
    assert assessed.unknown == {"high_memory"}


@pytest.mark.parametrize("unread", LISTS)
def test_what_was_not_read_makes_findings_unknown_and_never_true(unread):
    world = wrecks()
    complete = {j.record["name"]: j for j in world.judge(idle_minutes=1)}
    for assessed in world.judge(idle_minutes=1, without={unread}):
        assert assessed.codes <= complete[assessed.record["name"]].codes
        lost = complete[assessed.record["name"]].codes - assessed.codes
        assert lost <= assessed.unknown


def test_with_nothing_but_sessions_read_only_what_they_say_themselves_is_told():
    for assessed in wrecks().judge(idle_minutes=1, without=LISTS, operator=None, leading=None, led_seconds=None):
        assert assessed.codes <= {"failed", "stuck_starting", "too_old"}
        assert assessed.record["state"] in ("failed", "starting", None)
        assert (assessed.record["pod"], assessed.ready) == (None, None)


def test_no_session_is_dead_because_pods_could_not_be_read():
    world = wrecks()
    for assessed in world.judge(without={"pods", "deployments", "services"}):
        assert assessed.dead is (assessed.record["state"] == "failed" and assessed.record["url"] is None)


def wrecks():
    """One session of many kinds of trouble."""
    world = World()
    app = world.app_definition()
    world.session("failed", operatorStatus="ERROR")
    world.session("unseen")
    world.session("stuck", operatorStatus="HANDLING")
    world.session("gone", operatorStatus="HANDLED", url="x/")
    world.session("orphan", app="no-such", workspace="no-such", operatorStatus="HANDLED", url="x/")
    world.lazy_objects(
        world.session("waiting", operatorStatus="HANDLED"), pod=False, refused="exceeded quota: students"
    )
    world.running("full", pod={"memory": "2900M", "killed": ago(minutes=5)}, age=timedelta(days=3))
    world.running("broken", pod={"ready": False, "waiting": "CrashLoopBackOff"}, lastActivity=millis(minutes=40))
    world.eager("locked", app, 1)
    world.objects["address_lists"][0]["data"] = None
    return world


@pytest.mark.parametrize(
    ("where", "value", "protected"),
    [
        pytest.param("session", "defence at noon", "defence at noon", id="session"),
        pytest.param("session", "", "no reason given", id="without-a-reason"),
        pytest.param("app", "demo IDE", "app definition: demo IDE", id="app-definition"),
    ],
)
def test_protection_by_annotation_is_told_with_its_reason(where, value, protected):
    world = World()
    app = world.app_definition()
    note = {names.PROTECTED: value}
    if where == "app":
        app["metadata"]["annotations"] = note
    world.running("s1", annotations=note if where == "session" else None)
    assert only(world).record["protected"] == protected


def test_other_pods_are_those_of_no_session():
    world = World()
    app = world.app_definition()
    world.running("s1")
    world.eager("s2", app, 1)
    owner = {"kind": "AppDefinition", "name": "java-17-latest", "uid": app["metadata"]["uid"]}
    world.deployment("instance-2-java", [owner], container="java-17-latest", memory="7M", restarts=4)
    sidecar = world.deployment("s1-lsp", [], container="lsp", memory=None)
    sidecar["metadata"]["labels"] = {"theia-cloud.io/sidecar": "lsp"}
    sidecar["metadata"]["ownerReferences"] = [
        {"kind": "Session", "name": "s1", "uid": world.objects["sessions"][0]["metadata"]["uid"]}
    ]
    found = {pod["name"].rsplit("-", 2)[0]: pod for pod in other_pods(world.sources())}
    assert set(found) == {"instance-2-java", "s1-lsp"}
    assert (found["instance-2-java"]["memory_bytes"], found["instance-2-java"]["restarts"]) == (7_000_000, 4)
    assert found["instance-2-java"]["memory_percent"] == 0
    assert found["s1-lsp"]["memory_bytes"] is None


ANYTHING = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(10**12), 10**20),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)


@given(
    st.dictionaries(
        st.sampled_from(["operatorStatus", "operatorMessage", "url", "error", "lastActivity", "more"]),
        ANYTHING,
        max_size=6,
    )
)
def test_any_status_gives_a_record_and_no_record_shows_a_secret(status):
    world = World()
    world.app_definition()
    world.lazy_objects(world.session("s1", **status))
    record = only(world, idle_minutes=1).record
    text = json.dumps(record)
    assert SECRET not in text
    assert GIT_TOKEN not in text
    assert record["age_seconds"] == 3600


def test_secrets_do_not_survive_the_projection():
    world = World()
    row = rows.session_row(world.session("s1"))
    assert SECRET not in str(row)
    assert GIT_TOKEN not in str(row)


def test_a_session_created_in_the_future_of_a_skewed_clock_is_of_age_zero():
    world = World()
    world.running("s1", age=timedelta(seconds=-90))
    record = only(world).record
    assert (record["age_seconds"], record["created"]) == (
        0,
        (NOW + timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
