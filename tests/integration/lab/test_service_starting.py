# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspaces, and sessions on them, by the two endpoints beside the launch. An operator runs, and has its say."""

from __future__ import annotations

import pytest

from lab.api import wait_until
from lab.chart import app_definition

JAVA, CLOSED = "java", "closed"
SECONDS = 60.0


@pytest.fixture(scope="module")
def site(control_plane):
    definitions = [app_definition(JAVA, minInstances=0), app_definition(CLOSED, minInstances=0, maxInstances=0)]
    with control_plane.installation(start="lazy", app_definitions=definitions, sessions_per_user=1) as installation:
        yield installation


def start(site, user, app_definition_name=JAVA, **more):
    body = {"appId": site.app_id, "appDefinition": app_definition_name, **more}
    return site.rest("POST", "/service/session", body, user=user)


def make_workspace(site, user, **more):
    body = {"appId": site.app_id, "user": user, "appDefinition": JAVA, **more}
    return site.rest("POST", "/service/workspace", body, user=user)


def sessions_of(site, user):
    return [session for session in site.items("sessions") if session["spec"]["user"] == user]


def test_a_workspace_is_answered_once_it_has_storage(site):
    user = "anna@tum.de"
    answer = make_workspace(site, user, label="Homework 3")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    entry = answer.json()
    name = entry.pop("name")
    assert entry == {"label": "Homework 3", "appDefinition": JAVA, "user": user, "active": False}
    assert site.get("workspaces", name)["spec"]["storage"]


def test_a_workspace_without_a_label_gets_one(site):
    assert make_workspace(site, "berta@tum.de").json()["label"] == f"{JAVA} of berta@tum.de"


def test_a_start_on_a_workspace_is_answered_with_the_url_as_text(site):
    user = "carla@tum.de"
    workspace = make_workspace(site, user).json()["name"]
    answer = start(site, user, workspaceName=workspace)
    [session] = sessions_of(site, user)
    assert (answer.status, answer.body.decode()) == (200, session["status"]["url"])
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert session["metadata"]["name"] == f"{workspace}-session"
    assert session["spec"]["workspace"] == workspace


def test_a_start_without_a_workspace_is_answered_with_a_url_too(site):
    answer = start(site, "dora@tum.de")
    [session] = sessions_of(site, "dora@tum.de")
    assert (answer.status, answer.body.decode()) == (200, session["status"]["url"])
    assert "workspace" not in session["spec"]


def refused_by_the_operator(site, user, app_definition_name=JAVA):
    """The code with which a start is refused, once the session that the first try left has been refused as well."""
    first = start(site, user, app_definition_name)
    assert (first.status, first.body) == (204, b"")

    def failed():
        found = [s for s in sessions_of(site, user) if s["spec"]["appDefinition"] == app_definition_name]
        return [session for session in found if session.get("status", {}).get("error")]

    [session] = wait_until("the second session is refused", failed, SECONDS)
    answer = start(site, user, app_definition_name)
    assert f"{answer.json()['code']}:{answer.json()['reason']}" == session["status"]["error"]
    return answer.status


def test_a_full_app_definition_is_the_operators_552(site):
    assert refused_by_the_operator(site, "emil@tum.de", CLOSED) == 552


def test_one_session_too_many_is_the_operators_553(site):
    user = "frida@tum.de"
    workspace = make_workspace(site, user).json()["name"]
    assert start(site, user, workspaceName=workspace).status == 200
    assert refused_by_the_operator(site, user) == 553


def test_a_session_where_none_is_allowed_is_the_operators_554(installation):
    definitions = [app_definition(JAVA, minInstances=0)]
    nobody = installation(start="lazy", app_definitions=definitions, sessions_per_user=0)
    assert refused_by_the_operator(nobody, "gerda@tum.de") == 554
