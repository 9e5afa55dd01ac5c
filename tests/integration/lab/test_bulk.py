# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many sessions at once, written into the database: to kubectl, controllers and operator they are like any others."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest

from lab import ControlPlane, LabError, bulk, chart, world
from lab.api import wait_until
from lab.cases import Case, users
from lab.operator import labels

APP = "bulk"
SECONDS = 60.0
# What belongs to a session, and how many of each: both Services, and one of everything else.
PARTS = {"deployments": 1, "replicasets": 1, "pods": 1, "services": 2}


@pytest.fixture(scope="module")
def people():
    """Three healthy sessions of every start, and one of every fault."""
    everybody = iter(users(100))
    healthy = [
        Case(next(everybody), APP, start, 7200, 0 if start == "eager" else 600, 250, 0.5)
        for start in ("lazy", "lazy-fallback", "eager")
        for _unused in range(3)
    ]
    return [*healthy, *(Case(next(everybody), APP, fault=fault) for fault in bulk.FAULTS)]


@pytest.fixture(scope="module")
def site(people):
    """A lab of its own, for its controllers stand still while sessions are written. Its operator has stopped."""
    definition = chart.app_definition(APP, minInstances=1)
    with ControlPlane.start() as lab, lab.installation(app_definitions=[definition]) as site:
        site.wait_warm(APP, 1)
        patterns = bulk.record(site, people)
        assert site.items("sessions") == []
        site.wait_warm(APP, 1)
        site.operator.stop()
        assert len(bulk.write(site, people, patterns)) == len(people)
        yield site


def session_of(site, case):
    return next(s for s in site.items("sessions") if s["spec"]["user"] == case.user)


def owned(site, plural, session):
    """By ownership alone, as a client has to find things."""
    uid = session["metadata"]["uid"]
    places = world.places_of(site)
    if plural == "pods":
        return [places[uid].pod] if places[uid].pod else []
    if plural == "replicasets":
        uid = places[uid].deployment["metadata"]["uid"] if places[uid].deployment else ""
    return [obj for obj in site.items(plural) if uid in [o["uid"] for o in obj["metadata"].get("ownerReferences", [])]]


def test_every_session_has_what_belongs_to_it_exactly_once(site, people):
    for case in people[:9]:
        session = session_of(site, case)
        assert {plural: len(owned(site, plural, session)) for plural in PARTS} == PARTS
        assert world.start_of(session) == case.start
        assert session["status"]["operatorStatus"] == "HANDLED"


def test_no_two_sessions_share_a_uid_a_secret_a_url_or_an_address(site):
    sessions, pods = site.items("sessions"), site.items("pods")
    for values in (
        [session["metadata"]["uid"] for session in sessions],
        [session["spec"]["sessionSecret"] for session in sessions],
        [session["status"]["url"] for session in sessions if "url" in session.get("status", {})],
        [pod["status"]["podIP"] for pod in pods],
    ):
        assert len(set(values)) == len(values)


def test_age_activity_and_usage_are_those_of_the_case(site, people):
    case = people[0]
    session = session_of(site, case)
    created = datetime.fromisoformat(session["metadata"]["creationTimestamp"]).timestamp()
    assert 7200 <= time.time() - created < 7200 + 10 * SECONDS
    assert 600 <= time.time() - session["status"]["lastActivity"] / 1000 < 600 + 10 * SECONDS
    eager = session_of(site, people[8])
    claimed = datetime.fromisoformat(eager["metadata"]["creationTimestamp"]).timestamp() + world.CLAIM_SECONDS
    assert abs(eager["status"]["lastActivity"] / 1000 - claimed) < 2
    pod = owned(site, "pods", session)[0]["metadata"]["name"]
    top = site.control_plane.kubectl("top", "pod", pod, "-n", site.namespace, "--containers", "--no-headers").stdout
    assert [line.split()[2:] for line in top.splitlines() if line.split()[1] == APP] == [["250m", "1144Mi"]]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("not-ready", None), ("crash-loop", "CrashLoopBackOff"), ("image-pull", "ImagePullBackOff"), ("oom", "OOMKilled")],
)
def test_a_fault_of_the_pod_can_be_seen(site, people, fault, reason):
    pod = owned(site, "pods", session_of(site, next(case for case in people if case.fault == fault)))[0]
    assert world.is_ready(pod) == (fault == "oom")
    assert reason is None or reason in json.dumps(pod["status"])


def test_a_fault_of_the_session_can_be_seen(site, people):
    by_fault = {case.fault: session_of(site, case) for case in people if case.fault in ("failed", "no-url", "no-pod")}
    assert by_fault["failed"]["status"]["operatorStatus"] == "ERROR"
    assert "url" not in by_fault["failed"]["status"]
    assert by_fault["no-url"]["status"]["operatorStatus"] == "HANDLED"
    assert "url" not in by_fault["no-url"]["status"]
    assert owned(site, "pods", by_fault["no-url"])
    assert "url" in by_fault["no-pod"]["status"]
    assert not any(owned(site, plural, by_fault["no-pod"]) for plural in PARTS)


def test_sessions_can_be_new_or_half_started(site, people):
    pending, starting = (
        session_of(site, next(case for case in people if case.fault == fault)) for fault in ("pending", "starting")
    )
    assert "status" not in pending
    assert not any(owned(site, plural, pending) for plural in PARTS)
    assert starting["status"] == {"operatorStatus": "HANDLING", "lastActivity": 0}


def test_the_pool_is_as_large_as_its_highest_instance_and_of_the_current_generation(site):
    definition = site.get("appdefinitions", APP)
    instances = [s["metadata"] for s in site.items("services") if s["metadata"]["name"].startswith("instance-")]
    numbers = [int(metadata["name"].split("-")[1]) for metadata in instances]
    assert definition["spec"]["minInstances"] == max(numbers) == 4
    generations = {metadata["labels"]["theia-cloud.io/appdefinition-generation"] for metadata in instances}
    assert generations == {str(definition["metadata"]["generation"])}


def test_controllers_take_the_copies_as_they_are_and_clean_up_after_them(site, people):
    before = {pod["metadata"]["uid"] for pod in site.items("pods")}
    session = session_of(site, people[0])
    mine = {pod["metadata"]["uid"] for pod in owned(site, "pods", session)}
    assert site.stop_session(people[0].user, session["metadata"]["name"]).body == b"true"
    wait_until("its pod is gone", lambda: not mine & {p["metadata"]["uid"] for p in site.items("pods")}, SECONDS)
    assert {pod["metadata"]["uid"] for pod in site.items("pods")} == before - mine


def test_an_operator_releases_a_copied_instance_and_leaves_the_others(site, people):
    before = statuses(site)
    site.operator.start()
    session = session_of(site, people[8])
    settled = {case.user for case in people if case.fault not in bulk.UNSETTLED_FAULTS} - {people[8].user}
    number = session["metadata"]["annotations"][labels.INSTANCE_ID]
    deployment = owned(site, "deployments", session)[0]["metadata"]["name"]
    assert deployment.startswith(f"instance-{number}-")
    assert site.stop_session(people[8].user, session["metadata"]["name"]).body == b"true"
    wait_until("only the app definition owns it", lambda: _owners(site, deployment) == ["AppDefinition"], SECONDS)
    after = statuses(site)
    assert {user: after.get(user) for user in settled} == {user: before.get(user) for user in settled}


def statuses(site):
    return {session["spec"]["user"]: session.get("status") for session in site.items("sessions")}


def _owners(site, deployment):
    return [owner["kind"] for owner in site.get("deployments", deployment)["metadata"]["ownerReferences"]]


def test_what_cannot_be_written_is_said_before_anything_is(site):
    with pytest.raises(LabError, match="faults of bulk sessions are"):
        bulk.write(site, [Case("a@tum.de", APP, fault="tired")])
    with pytest.raises(LabError, match="share the session name"):
        bulk.write(site, [Case("a@tum.de", APP), Case("a.tum@de", APP)])
