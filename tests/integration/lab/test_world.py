# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People in the lab: what login waves record, and what a seeded world looks like through kubectl."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest

from lab import chart, metrics, world
from lab.api import wait_until
from lab.cases import Case, users

C = "c-latest"
SECONDS = 60.0


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation() as installation:
        yield installation


def kubectl_json(site, *args):
    return json.loads(site.control_plane.kubectl(*args, "-n", site.namespace, "-o", "json").stdout)


def pool_of_three(site, name):
    site.add(chart.app_definition(name, minInstances=3))
    site.wait_warm(name, 3)
    return name


def test_a_wave_on_a_warm_pool_is_warm_and_the_rest_of_it_lazy(site):
    logins = world.login_wave(site, users(5), pool_of_three(site, "warm"))
    assert sorted(login.outcome for login in logins) == ["lazy", "lazy", "warm", "warm", "warm"]
    assert sorted(login.instance_id or 0 for login in logins) == [0, 0, 1, 2, 3]
    assert {login.start for login in logins if login.outcome == "lazy"} == {"lazy-fallback"}
    assert all(login.seconds > 0 and login.status == 200 for login in logins)
    assert [login.user for login in logins] == users(5)


def test_a_wave_while_the_pool_is_rebuilt_is_cold(site):
    """Whoever patches once more just before the start has all free instances built anew."""
    name = pool_of_three(site, "patched")
    before = {pod["metadata"]["uid"] for pod in _instances(site, name)}
    patch = '{"spec":{"maxInstances":900}}'
    site.control_plane.kubectl("patch", "appdefinition", name, "-n", site.namespace, "--type=merge", "-p", patch)

    def rebuilt():
        pods = {pod["metadata"]["uid"] for pod in _instances(site, name) if "deletionTimestamp" not in pod["metadata"]}
        return len(pods) == 3 and not before & pods

    wait_until("the instances are there again", rebuilt, SECONDS)
    logins = world.login_wave(site, users(3), name)
    assert [login.start for login in logins] == ["eager"] * 3
    assert "cold" in {login.outcome for login in logins}


def _instances(site, name):
    return [pod for pod in site.items("pods") if pod["metadata"]["labels"].get("app", "").startswith(f"{name}-")]


def test_a_wave_on_a_lazy_operator_is_lazy(control_plane):
    with control_plane.installation(start="lazy") as lazy:
        logins = world.login_wave(lazy, users(2), C)
    assert [(login.outcome, login.start) for login in logins] == [("lazy", "lazy")] * 2


def test_a_launch_that_fails_is_a_record_too(site):
    login = world.login_wave(site, users(1), "none")[0]
    assert (login.status, login.outcome, login.uid) == (473, "failed", None)


def test_students_are_at_work(site):
    logins = world.students(site, 8, seed=1, first=100)
    assert {login.outcome for login in logins} <= {"warm", "cold", "lazy"}
    top = site.control_plane.kubectl("top", "pods", "-n", site.namespace, "--no-headers").stdout
    assert len(top.splitlines()) >= 8
    for place in world.places_of(site).values():
        if place.session["metadata"]["uid"] in {login.uid for login in logins}:
            assert 300 <= _age(place.session) < 7200 + SECONDS
            assert place.pod["metadata"]["annotations"]["lab/last-activity"] == "now"


def test_a_case_can_be_seen_in_every_object_it_concerns(site):
    idle = Case("idle@tum.de", C, age_seconds=3000, idle_seconds=1200, cpu_millicores=250, memory_share=0.5)
    (login,) = world.populate(site, [idle])
    session = kubectl_json(site, "get", "session", login.session)
    assert 3000 <= _age(session) < 3000 + SECONDS
    assert 1200 <= time.time() - session["status"]["lastActivity"] / 1000 < 1200 + SECONDS
    pod = world.places_of(site)[login.uid].pod
    assert 3000 <= _age(pod) < 3000 + SECONDS
    assert pod["status"]["startTime"] < session["metadata"]["creationTimestamp"] or _age(pod) >= 3000
    used = {
        c["name"]: c["usage"]
        for c in kubectl_json(site, "get", "pods.metrics.k8s.io", pod["metadata"]["name"])["containers"]
    }
    assert used[C] == metrics.Usage(250, 1_200_000_000).quantities()


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        pytest.param("failed", lambda place: place.session["status"]["operatorStatus"] == "ERROR", id="failed"),
        pytest.param("no-url", lambda place: "url" not in place.session["status"], id="no-url"),
        pytest.param("not-ready", lambda place: not world.is_ready(place.pod), id="not-ready"),
        pytest.param("crash-loop", lambda place: _waiting(place.pod) == "CrashLoopBackOff", id="crash-loop"),
        pytest.param("oom", lambda place: _ended(place.pod) == "OOMKilled", id="oom"),
    ],
)
def test_a_fault_can_be_seen(site, fault, seen):
    (login,) = world.populate(site, [Case(f"{fault}@tum.de", C, fault=fault)])
    wait_until(fault, lambda: seen(world.places_of(site)[login.uid]), SECONDS)


def test_a_seed_says_what_is_there(site):
    before = len(site.items("sessions"))
    text = world.seed(site, sessions=12, seed=7)
    assert text.startswith("12 of 12 sessions are there")
    assert len(site.items("sessions")) == before + 12


def test_an_object_can_be_made_older_while_others_write_to_it(site):
    (login,) = world.populate(site, [Case("young@tum.de", C, age_seconds=0)])
    path = site.here.path("sessions", login.session)
    session = site.control_plane.api.get(path)
    site.control_plane.api.merge(path, {"metadata": {"annotations": {"other": "writer"}}})
    world.backdate(site, session, 600)
    after = site.control_plane.api.get(path)
    assert after["metadata"]["annotations"]["other"] == "writer"
    assert after["metadata"]["uid"] == session["metadata"]["uid"]
    assert _age(after) >= 600
    assert "10m" in site.control_plane.kubectl("get", "session", login.session, "-n", site.namespace).stdout


def _age(obj):
    return time.time() - datetime.fromisoformat(obj["metadata"]["creationTimestamp"]).timestamp()


def _waiting(pod):
    states = [container["state"] for container in pod["status"]["containerStatuses"]]
    return next((state["waiting"]["reason"] for state in states if "waiting" in state), None)


def _ended(pod):
    states = [container.get("lastState") or {} for container in pod["status"]["containerStatuses"]]
    return next((state["terminated"]["reason"] for state in states if "terminated" in state), None)
