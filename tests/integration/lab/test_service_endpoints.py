# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST service as its users and administrators meet it: each endpoint, each status code, each body.

No operator runs here. What it would write into sessions and workspaces, the tests write.
"""

from __future__ import annotations

import json

import pytest

from integration.lab.rights import take_away
from lab import chart

ADA, BOB = "ada@tum.de", "bob@tum.de"
JAVA = "java-17-latest"


@pytest.fixture(scope="module")
def site(control_plane):
    """With a session of Ada's and one of Bob's."""
    # A platform minute of half a second, and nobody in front who loses patience.
    settings = {"minute_seconds": 0.5, "gateway_timeout_seconds": 0.0, "running": ("service",)}
    with control_plane.installation(**settings) as installation:
        for user, app_definition in ((ADA, JAVA), (BOB, "c-latest")):
            name = f"of-{user.partition('@')[0]}"
            secrets = {"sessionSecret": f"secret-{name}", "envVars": {"ARTEMIS_TOKEN": f"token-{name}"}}
            put_session(installation, name, user=user, appDefinition=app_definition, **secrets)
        yield installation


def put_session(site, name, **spec):
    metadata = {"name": name, "namespace": site.namespace}
    site.control_plane.api.create(
        {
            "apiVersion": "theia.cloud/v1beta8",
            "kind": "Session",
            "metadata": metadata,
            "spec": {"name": name, **spec},
        }
    )


def code_of(answer):
    return answer.json()["code"]


def body(site, **fields):
    return {"appId": site.app_id, **fields}


# --- ping


def test_a_ping_needs_no_bearer(site):
    answer = site.rest("GET", f"/service/{site.app_id}")
    assert (answer.status, answer.body) == (200, b"true")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_wrong_app_id_is_470_as_json(site):
    answer = site.rest("GET", "/service/another")
    assert answer.status == 470
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(answer.json()) == {"code", "reason"}
    assert code_of(answer) == 470


def test_an_invalid_bearer_is_401_even_where_none_is_needed(site):
    answer = site.rest("GET", f"/service/{site.app_id}", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status, answer.body) == (401, b"")


# --- what every endpoint has in common

REQUESTS = {
    "launch": ("POST", "/service", {}),
    "app-definitions": ("GET", "/service/appdefinition/{app_id}", None),
    "list-sessions": ("GET", "/service/session/{app_id}/" + ADA, None),
    "start": ("POST", "/service/session", {}),
    "stop": ("DELETE", "/service/session", {"sessionName": "none"}),
    "performance": ("GET", "/service/session/performance/{app_id}/none", None),
    "config": ("POST", "/service/session/none/config", {}),
    "list-workspaces": ("GET", "/service/workspace/{app_id}/" + ADA, None),
    "create-workspace": ("POST", "/service/workspace", {}),
    "delete-workspace": ("DELETE", "/service/workspace", {"workspaceName": "none"}),
}
NO_ANONYMOUS = set(REQUESTS) - {"launch", "app-definitions"}
WITH_BODY = [name for name, (_unused, _unused, fields) in REQUESTS.items() if fields is not None] + ["activity"]
ACTIVITY = ("PATCH", "/service/session", {"sessionName": "none"})


def send(site, name, *, app_id=None, **arguments):
    method, path, fields = {**REQUESTS, "activity": ACTIVITY}[name]
    chosen = site.app_id if app_id is None else app_id
    request = None if fields is None else {"appId": chosen, **fields}
    return site.rest(method, path.format(app_id=chosen), request, **arguments)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bearer_is_needed(site, name):
    answer = send(site, name)
    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize("name", [*REQUESTS, "activity"])
def test_a_wrong_app_id_is_470_everywhere(site, name):
    answer = send(site, name, app_id="wrong", user=ADA)
    assert (answer.status, code_of(answer)) == (470, 470)


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_missing_body_has_no_app_id(site, name):
    method, path, _unused = {**REQUESTS, "activity": ACTIVITY}[name]
    answer = site.rest(method, path, None, user=ADA)
    assert (answer.status, code_of(answer)) == (470, 470)


@pytest.mark.parametrize("name", sorted(NO_ANONYMOUS))
def test_a_token_without_an_address_is_anonymous_and_403(site, name):
    answer = send(site, name, headers={"Authorization": f"Bearer {site.issuer.mint(None)}"})
    assert (answer.status, answer.body) == (403, b"")


def test_a_launch_with_a_token_without_an_address_is_401(site):
    answer = send(site, "launch", headers={"Authorization": f"Bearer {site.issuer.mint(None)}"})
    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        pytest.param("POST", "/service", {"appDefinition": JAVA}, id="launch"),
        pytest.param("GET", "/service/session/{app_id}/" + BOB, None, id="list-sessions"),
        pytest.param("POST", "/service/session", {"appDefinition": JAVA}, id="start"),
        pytest.param("DELETE", "/service/session", {"sessionName": "of-bob"}, id="stop"),
        pytest.param("GET", "/service/workspace/{app_id}/" + BOB, None, id="list-workspaces"),
        pytest.param("POST", "/service/workspace", {"appDefinition": JAVA}, id="create-workspace"),
        pytest.param("DELETE", "/service/workspace", {"workspaceName": "w"}, id="delete-workspace"),
    ],
)
@pytest.mark.parametrize("groups", [pytest.param((), id="user"), pytest.param(("/theia-cloud/admin",), id="admin")])
def test_nobody_acts_for_another_user_not_even_an_administrator(site, method, path, fields, groups):
    bearer = {"Authorization": f"Bearer {site.user_token(ADA, groups=groups)}"}
    request = None if fields is None else body(site, user=BOB, **fields)
    answer = site.rest(method, path.format(app_id=site.app_id), request, headers=bearer)
    assert (answer.status, answer.body) == (403, b"")


def test_users_are_compared_with_case(site):
    answer = site.rest("GET", f"/service/session/{site.app_id}/Ada@tum.de", user=ADA)
    assert answer.status == 403


def test_unknown_properties_are_ignored(site):
    request = body(site, sessionName="none", kind="activity", colour="blue")
    assert site.rest("PATCH", "/service/session", request).status == 200


# --- app definitions


def test_app_definitions_are_listed_as_specs(site):
    answer = site.rest("GET", f"/service/appdefinition/{site.app_id}", user=ADA)
    java = next(entry for entry in answer.json() if entry["name"] == JAVA)
    assert (java["minInstances"], java["maxInstances"]) == (3, 1000)
    assert "metadata" not in java
    assert java["sidecars"] is None


# --- sessions


def test_a_session_list_has_the_specs_of_one_user_with_the_environment_in_clear(site):
    answer = site.rest("GET", f"/service/session/{site.app_id}/{ADA}", user=ADA)
    assert [entry["name"] for entry in answer.json()] == ["of-ada"]
    entry = answer.json()[0]
    assert entry["sessionSecret"] == "***"
    assert entry["envVars"] == {"ARTEMIS_TOKEN": "token-of-ada"}
    assert entry["workspace"] is None
    assert not {"status", "url", "lastActivity"} & set(entry)


def test_stopping_without_a_name_is_481(site):
    answer = site.rest("DELETE", "/service/session", body(site), user=ADA)
    assert (answer.status, code_of(answer)) == (481, 481)


def test_stopping_what_does_not_exist_is_true(site):
    answer = site.stop_session(ADA, "never-was")
    assert (answer.status, answer.body) == (200, b"true")


def test_stopping_somebody_elses_session_is_403(site):
    assert site.stop_session(ADA, "of-bob").status == 403
    assert site.get("sessions", "of-bob")


def test_a_stopped_session_is_deleted_at_once(site):
    assert site.launch(ADA, JAVA, timeout=0).status == 551
    name = f"ws-{JAVA}-ada-tum-de-session"
    assert site.get("sessions", name)
    assert site.stop_session(ADA, name).body == b"true"
    assert name not in [session["metadata"]["name"] for session in site.items("sessions")]


def test_activity_needs_the_app_id_only_and_sets_the_clock(site):
    path = site.here.path("sessions", "of-ada")
    later = 4_000_000_000_000
    site.control_plane.api.merge(f"{path}/status", {"status": {"lastActivity": later}})
    answer = site.rest("PATCH", "/service/session", body(site, sessionName="of-ada"))
    assert (answer.status, answer.body) == (200, b"true")
    assert 0 < site.get("sessions", "of-ada")["status"]["lastActivity"] < later


def test_activity_of_what_does_not_exist_is_false(site):
    answer = site.rest("PATCH", "/service/session", body(site, sessionName="never-was"))
    assert (answer.status, answer.body) == (200, b"false")


def test_activity_without_a_name_is_481(site):
    answer = site.rest("PATCH", "/service/session", body(site))
    assert (answer.status, code_of(answer)) == (481, 481)


@pytest.mark.parametrize(
    ("session", "status"),
    [
        pytest.param("never-was", 474, id="unknown"),
        pytest.param("of-bob", 403, id="somebody-elses"),
        pytest.param("of-ada", 521, id="without-a-pod"),
    ],
)
def test_performance_that_cannot_be_read(site, session, status):
    answer = site.rest("GET", f"/service/session/performance/{site.app_id}/{session}", user=ADA)
    assert answer.status == status
    assert answer.body == b"" if status == 403 else code_of(answer) == status


@pytest.mark.parametrize(
    ("session", "status"),
    [
        pytest.param("never-was", 474, id="unknown"),
        pytest.param("of-bob", 403, id="somebody-elses"),
        pytest.param("of-ada", 500, id="without-an-internal-service"),
    ],
)
def test_config_that_cannot_be_set(site, session, status):
    request = body(site, key="k", value="v")
    assert site.rest("POST", f"/service/session/{session}/config", request, user=ADA).status == status


# --- workspaces


def make_workspace(site, name, user, **spec):
    metadata = {"name": name, "namespace": site.namespace}
    fields = {"name": name, "user": user, "appDefinition": JAVA, "label": f"label of {name}", **spec}
    workspace = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": metadata, "spec": fields}
    return site.control_plane.api.create(workspace)


def test_a_workspace_is_active_if_its_session_exists_in_whatever_state(site):
    for name in ("quiet", "busy"):
        make_workspace(site, name, "carl@tum.de")
    put_session(site, "busy-session", user="carl@tum.de", appDefinition=JAVA, workspace="busy")
    failed = {"status": {"operatorStatus": "ERROR"}}
    site.control_plane.api.merge(f"{site.here.path('sessions', 'busy-session')}/status", failed)
    answer = site.rest("GET", f"/service/workspace/{site.app_id}/carl@tum.de", user="carl@tum.de")
    assert {entry["name"]: entry["active"] for entry in answer.json()} == {"quiet": False, "busy": True}
    assert set(answer.json()[0]) == {"name", "label", "appDefinition", "user", "active"}


def test_a_workspace_without_storage_is_520_after_a_platform_minute(site):
    answer = site.rest("POST", "/service/workspace", body(site, appDefinition=JAVA, label="mine"), user="dora@tum.de")
    assert (answer.status, code_of(answer)) == (520, 520)
    left = [w for w in site.items("workspaces") if w["spec"]["user"] == "dora@tum.de"]
    assert left[0]["status"]["error"].startswith("520:")
    assert left[0]["spec"]["label"] == "mine"


def test_deleting_a_workspace_without_a_name_is_480(site):
    answer = site.rest("DELETE", "/service/workspace", body(site), user=ADA)
    assert (answer.status, code_of(answer)) == (480, 480)


def test_deleting_a_workspace_that_does_not_exist_is_true(site):
    answer = site.rest("DELETE", "/service/workspace", body(site, workspaceName="never-was"), user=ADA)
    assert (answer.status, answer.body) == (200, b"true")


def test_deleting_somebody_elses_workspace_is_403(site):
    make_workspace(site, "of-erik", "erik@tum.de")
    answer = site.rest("DELETE", "/service/workspace", body(site, workspaceName="of-erik"), user=ADA)
    assert answer.status == 403


def test_deleting_a_workspace_in_use_is_allowed(site):
    make_workspace(site, "of-ada", ADA)
    answer = site.rest("DELETE", "/service/workspace", body(site, workspaceName="of-ada"), user=ADA)
    assert (answer.status, answer.body) == (200, b"true")
    assert "of-ada" not in [workspace["metadata"]["name"] for workspace in site.items("workspaces")]


# --- deletions that fail


def test_a_deletion_that_the_cluster_refuses_is_false(installation):
    site = installation(running=("service",), app_definitions=[])
    put_session(site, "stays", user=ADA, appDefinition=JAVA)
    make_workspace(site, "stays", ADA)
    for plural in ("sessions", "workspaces"):
        take_away(site, chart.SERVICE_ACCOUNT, "delete", plural)
    stopped = site.stop_session(ADA, "stays")
    deleted = site.rest("DELETE", "/service/workspace", body(site, workspaceName="stays"), user=ADA)
    for answer in (stopped, deleted):
        assert (answer.status, answer.body) == (200, b"false")
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert site.get("sessions", "stays")
    assert site.get("workspaces", "stays")


# --- metrics


def test_start_up_metrics_count_failed_launches_too(site):
    site.launch(ADA, "no-such-definition")
    text = site.rest("GET", "/q/metrics").body.decode()
    name = "application_application_theiacloud_session_startup_seconds_seconds"
    namespace = site.namespace.replace("-", "_")
    assert f'{name}_count{{app_definition="no_such_definition",namespace="{namespace}"}} 1' in text


# --- a body that is none


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"appId": ["x"]}), json.dumps({"timeout": "soon"})])
def test_a_body_that_cannot_be_read_is_400(site, text):
    answer = site._http.request(
        "POST",
        f"{site.service_url}/service",
        body=text,
        headers={"Authorization": f"Bearer {site.user_token(ADA)}", "Content-Type": "application/json"},
    )
    assert (answer.status, answer.data) == (400, b"")
