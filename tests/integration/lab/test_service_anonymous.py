# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST service without Keycloak: everybody is an authenticated nobody."""

from __future__ import annotations

import pytest

JAVA = "java-17-latest"


@pytest.fixture(scope="module")
def site(control_plane):
    settings = {"minute_seconds": 0.2, "gateway_timeout_seconds": 0.0}
    with control_plane.installation(keycloak=False, running=("service",), **settings) as installation:
        yield installation


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        pytest.param("GET", "/service/session/{app_id}/ada", None, id="list-sessions"),
        pytest.param("POST", "/service/session", {"user": "ada"}, id="start"),
        pytest.param("DELETE", "/service/session", {"user": "ada", "sessionName": "s"}, id="stop"),
        pytest.param("GET", "/service/session/performance/{app_id}/s", None, id="performance"),
        pytest.param("POST", "/service/session/s/config", {"key": "k", "value": "v"}, id="config"),
        pytest.param("GET", "/service/workspace/{app_id}/ada", None, id="list-workspaces"),
        pytest.param("POST", "/service/workspace", {"user": "ada"}, id="create-workspace"),
        pytest.param("DELETE", "/service/workspace", {"user": "ada", "workspaceName": "w"}, id="delete-workspace"),
        pytest.param("GET", "/service/admin/{app_id}", None, id="admin-ping"),
    ],
)
def test_what_wants_a_known_user_is_403(site, method, path, fields):
    body = None if fields is None else {"appId": site.app_id, **fields}
    assert site.rest(method, path.format(app_id=site.app_id), body).status == 403


def test_what_wants_none_works(site):
    activity = {"appId": site.app_id, "sessionName": "never-was"}
    assert site.rest("GET", f"/service/{site.app_id}").body == b"true"
    assert site.rest("PATCH", "/service/session", activity).body == b"false"
    assert len(site.rest("GET", f"/service/appdefinition/{site.app_id}").json()) == 6


@pytest.mark.parametrize("user", [None, "", "  "])
def test_a_launch_must_name_its_user(site, user):
    answer = site.launch(user, JAVA)
    assert (answer.status, answer.body) == (400, b"")


def test_a_launch_for_any_name_is_accepted(site):
    assert site.launch("anybody", JAVA, timeout=0).status == 551
    session = site.get("sessions", f"ws-{JAVA}-anybody-session")
    assert session["spec"]["user"] == "anybody"


def test_a_bearer_is_not_looked_at(site):
    answer = site.rest("GET", f"/service/{site.app_id}", headers={"Authorization": "Bearer nonsense"})
    assert answer.status == 200
