# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launching through the REST service: limits, existing sessions, failures, and the two time-outs."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab import Installation
from lab.api import wait_until
from lab.chart import app_definition

JAVA = "java-17-latest"
SECONDS = 20.0
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def site(control_plane):
    """Without an operator: nothing happens to a session but what a test does."""
    settings = {"minute_seconds": 0.4, "gateway_timeout_seconds": 0.0, "running": ("service",)}
    with control_plane.installation(**settings) as installation:
        yield installation


@pytest.fixture
def user():
    return f"student-{next(NUMBERS)}@tum.de"


def name_of(user, app_definition_name=JAVA):
    return f"ws-{app_definition_name}-{user.replace('@', '-').replace('.', '-')}-session"


def find(site, plural, name):
    return site.control_plane.api.find(site.here.path(plural, name))


def write_status(site, plural, name, **status):
    site.control_plane.api.merge(f"{site.here.path(plural, name)}/status", {"status": status})


def put_session(site, user, app_definition_name=JAVA, **status):
    name = name_of(user, app_definition_name)
    metadata = {"name": name, "namespace": site.namespace}
    spec = {"name": name, "user": user, "appDefinition": app_definition_name}
    site.control_plane.api.create(
        {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "metadata": metadata, "spec": spec}
    )
    if status:
        write_status(site, "sessions", name, **status)
    return name


def define(site, name, **spec):
    site.add(app_definition(name, **{"minInstances": 0, **spec}))
    return name


# --- what is created


def test_a_session_is_created_as_the_request_says(site, user):
    env = {"fromMap": {"GIT_URI": "https://git.invalid/x", "N": 3}, "fromConfigMaps": ["c"], "fromSecrets": ["s"]}
    site.launch(user, JAVA, env=env, timeout=0)
    session = find(site, "sessions", name_of(user))
    spec = session["spec"]
    assert session["metadata"]["name"] == spec["name"]
    assert "labels" not in session["metadata"]
    assert "workspace" not in spec
    assert (spec["user"], spec["appDefinition"]) == (user, JAVA)
    assert spec["envVars"] == {"GIT_URI": "https://git.invalid/x", "N": "3"}
    assert (spec["envVarsFromConfigMaps"], spec["envVarsFromSecrets"]) == (["c"], ["s"])
    assert len(spec["sessionSecret"]) == 36


def test_a_stated_workspace_gives_the_session_its_name(site, user):
    workspace = {"name": "my-thesis", "user": user, "appDefinition": JAVA, "storage": "claim"}
    metadata = {"name": "my-thesis", "namespace": site.namespace}
    site.control_plane.api.create(
        {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": metadata, "spec": workspace}
    )
    site.launch(user, JAVA, ephemeral=False, workspaceName="my thesis", timeout=0)
    assert find(site, "sessions", "my-thesis-session")["spec"]["workspace"] == "my-thesis"


def test_a_start_without_a_workspace_is_ephemeral(site, user):
    body = {"appId": site.app_id, "appDefinition": JAVA, "timeout": 0}
    assert site.rest("POST", "/service/session", body, user=user).status == 551
    assert "workspace" not in find(site, "sessions", name_of(user))["spec"]


# --- refusals


def test_an_unknown_app_definition_is_473(site, user):
    answer = site.launch(user, "none")
    assert (answer.status, answer.json()["code"]) == (473, 473)


def test_a_start_on_an_unknown_or_foreign_workspace_is_471(site, user):
    for name in ("never-was", "foreign"):
        body = {"appId": site.app_id, "appDefinition": JAVA, "workspaceName": name}
        if name == "foreign":
            workspace = {"name": name, "user": "somebody@tum.de", "appDefinition": JAVA}
            metadata = {"name": name, "namespace": site.namespace}
            site.control_plane.api.create(
                {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": metadata, "spec": workspace}
            )
        answer = site.rest("POST", "/service/session", body, user=user)
        assert (answer.status, answer.json()["code"]) == (471, 471)


def test_a_workspace_of_another_app_definition_is_475(site, user):
    workspace = {"name": "in-c", "user": user, "appDefinition": "c-latest"}
    metadata = {"name": "in-c", "namespace": site.namespace}
    site.control_plane.api.create(
        {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": metadata, "spec": workspace}
    )
    answer = site.launch(user, JAVA, ephemeral=False, workspaceName="in-c")
    assert (answer.status, answer.json()["code"]) == (475, 475)


def test_an_ephemeral_launch_with_a_sidecar_on_the_workspace_is_400(site, user):
    sidecar = {"name": "jdt", "image": "i", "port": 5007, "mountWorkspace": True}
    define(site, "with-sidecar", sidecars=[sidecar])
    answer = site.launch(user, "with-sidecar")
    assert (answer.status, answer.body) == (400, b"")


# --- the maximum


def test_the_maximum_is_552_before_anything_is_created(site, user):
    define(site, "for-two", maxInstances=2)
    put_session(site, "one@tum.de", "for-two")
    # Failed, but without an error text: it counts. With one it does not.
    put_session(site, "two@tum.de", "for-two", operatorStatus="ERROR")
    put_session(site, "three@tum.de", "for-two", operatorStatus="ERROR", error="553:limit")
    answer = site.launch(user, "for-two")
    assert (answer.status, answer.json()["code"]) == (552, 552)
    assert find(site, "sessions", name_of(user, "for-two")) is None


def test_who_is_in_cannot_come_back_when_it_is_full(site, user):
    define(site, "for-one", maxInstances=1)
    put_session(site, user, "for-one", url="host/uid/")
    assert site.launch(user, "for-one").status == 552


def test_a_maximum_of_zero_is_closed_and_a_negative_one_is_none(site, user):
    define(site, "closed", maxInstances=0)
    define(site, "unlimited", minInstances=-1, maxInstances=-1)
    assert site.launch(user, "closed").status == 552
    assert site.launch(user, "unlimited", timeout=0).status == 551


def test_a_start_does_not_look_at_the_maximum(site, user):
    define(site, "closed-too", maxInstances=0)
    body = {"appId": site.app_id, "appDefinition": "closed-too", "timeout": 0}
    assert site.rest("POST", "/service/session", body, user=user).status == 551


# --- sessions that exist


def test_a_running_session_is_returned_and_its_environment_stays(site, user):
    name = put_session(site, user, operatorStatus="HANDLED", url="host/uid/")
    answer = site.launch(user, JAVA, env={"fromMap": {"GIT_URI": "new"}})
    assert (answer.status, answer.body) == (200, b"host/uid/")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "envVars" not in find(site, "sessions", name)["spec"]


def start(site, user, app_definition_name):
    body = {"appId": site.app_id, "appDefinition": app_definition_name}
    return site.rest("POST", "/service/session", body, user=user)


@pytest.mark.parametrize("ask", [Installation.launch, start], ids=["launch", "start"])
@pytest.mark.parametrize("code", [551, 552, 553, 554])
def test_a_session_with_an_error_is_deleted_and_its_code_returned(site, user, code, ask):
    name = put_session(site, user, operatorStatus="ERROR", error=f"{code}:some reason")
    answer = ask(site, user, JAVA)
    assert answer.status == code
    assert answer.json() == {"code": code, "reason": "some reason"}
    assert find(site, "sessions", name) is None


def test_an_error_without_a_number_is_500_with_its_text(site, user):
    put_session(site, user, error="it broke")
    answer = site.launch(user, JAVA)
    assert (answer.status, answer.json()) == (500, {"code": 500, "reason": "it broke"})


def test_a_failed_session_without_an_error_costs_the_time_out_and_stays(site, user):
    name = put_session(site, user, operatorStatus="ERROR", operatorMessage="App definition not found.")
    assert site.launch(user, JAVA, timeout=1).status == 551
    status = find(site, "sessions", name)["status"]
    assert status["operatorStatus"] == "ERROR"
    assert status["error"].startswith("551:")


def test_an_error_while_waiting_leaves_a_second_session_and_204(site, user):
    name = name_of(user)
    with ThreadPoolExecutor() as pool:
        launch = pool.submit(site.launch, user, JAVA, timeout=60)
        first = wait_until("the session is there", lambda: find(site, "sessions", name), SECONDS)
        write_status(site, "sessions", name, operatorStatus="ERROR", error="553:limit")
        answer = launch.result(SECONDS)
    assert (answer.status, answer.body) == (204, b"")
    second = find(site, "sessions", name)
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert "status" not in second


def test_a_url_ends_the_waiting(site, user):
    with ThreadPoolExecutor() as pool:
        launch = pool.submit(site.launch, user, JAVA, timeout=60)
        wait_until("the session is there", lambda: find(site, "sessions", name_of(user)), SECONDS)
        write_status(site, "sessions", name_of(user), operatorStatus="HANDLED")
        write_status(site, "sessions", name_of(user), url="host/uid/")
        answer = launch.result(SECONDS)
    assert (answer.status, answer.body) == (200, b"host/uid/")


# --- the time-outs


def test_no_url_in_time_is_551_beside_whatever_the_operator_wrote(site, user):
    name = put_session(site, user, operatorStatus="HANDLED")
    answer = site.launch(user, JAVA, timeout=1)
    assert (answer.status, answer.json()["code"]) == (551, 551)
    status = find(site, "sessions", name)["status"]
    assert status["operatorStatus"] == "HANDLED"
    assert status["error"].startswith("551:")


def test_the_gateway_says_504_and_the_launch_goes_on(control_plane, user):
    settings = {"minute_seconds": 0.6, "gateway_timeout_seconds": 0.2}
    with control_plane.installation(running=("service",), **settings) as site:

        def session():
            # On a busy machine it may not be there yet when the gateway loses patience.
            return find(site, "sessions", name_of(user)) or {}

        answer = site.launch(user, JAVA, timeout=2)
        assert answer.status == 504
        assert "status" not in session()
        # Only the launch itself can write this, after the time the request gave it.
        status = wait_until("551", lambda: session().get("status"), SECONDS)
    assert status["error"].startswith("551:")


def test_a_workspace_without_storage_is_520(site, user):
    answer = site.launch(user, JAVA, ephemeral=False)
    assert (answer.status, answer.json()["code"]) == (520, 520)


def test_a_workspace_that_a_failed_launch_made_goes_again(site, user):
    def made():
        return [w for w in site.items("workspaces") if w["spec"]["user"] == user]

    with ThreadPoolExecutor() as pool:
        launch = pool.submit(site.launch, user, JAVA, ephemeral=False, timeout=1)
        workspace = wait_until("the workspace is there", made, SECONDS)[0]
        path = site.here.path("workspaces", workspace["metadata"]["name"])
        site.control_plane.api.merge(path, {"spec": {"storage": "claim"}})
        answer = launch.result(SECONDS)
    assert answer.status == 551
    assert workspace["spec"]["label"] == f"{JAVA} of {user}"
    assert made() == []
    session = find(site, "sessions", f"{workspace['metadata']['name']}-session")
    assert session["status"]["error"].startswith("551:")
