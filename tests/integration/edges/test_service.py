# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to the REST service against the lab's service: what it offers, and each way in which it refuses."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
    Unreachable,
)
from ansible_collections.eduide.theia.plugins.module_utils._service.client import Performance, connect_service
from ansible_collections.eduide.theia.plugins.module_utils._service.scaling import Scaling
from lab import ControlPlane, chart, metrics
from lab.api import wait_until

ADA, EVE = "ada@example.org", "eve@example.org"
JAVA = "java"


def apps():
    return [chart.app_definition(JAVA, minInstances=1, maxInstances=5), chart.app_definition("closed", maxInstances=0)]


@pytest.fixture(scope="module")
def site(module_installation):
    return module_installation(start="lazy", app_definitions=apps())


def service_of(site, user=None, **more):
    given = {
        "service_url": site.service_url,
        "app_id": site.app_id,
        "admin_token": site.admin_token,
        "user_token": site.user_token(user) if user else None,
    }
    return connect_service({**given, **more})


def test_a_service_that_knows_us_answers(site):
    assert service_of(site, ADA).sessions(ADA) == []
    with pytest.raises(Unauthorized, match=r"does not know this app_id \(470\)"):
        service_of(site, ADA, app_id="another").sessions(ADA)


def test_bounds_are_read_and_set_with_the_admin_token(site):
    service = service_of(site, ADA)
    assert Scaling("closed", 0, 0) in service.admin.scalings()
    assert service.admin.scale(JAVA, min_instances=2, max_instances=9) == Scaling(JAVA, 2, 9)
    assert service.admin.scale(JAVA, min_instances=1) == service.admin.scaling(JAVA) == Scaling(JAVA, 1, 9)
    assert site.get("appdefinitions", JAVA)["spec"]["maxInstances"] == 9


def test_every_refusal_of_the_scaling_endpoints_has_its_own_error(site):
    service = service_of(site)
    with pytest.raises(Misconfigured, match="admin_token is not set"):
        service_of(site, admin_token=None).admin.scalings()
    with pytest.raises(Unauthorized, match="saw no admin token"):
        service_of(site, admin_token=" ").admin.scalings()
    with pytest.raises(Forbidden, match=r"\(403\): the admin_token is not the one that the service was started with$"):
        service_of(site, admin_token="wrong").admin.scale(JAVA, min_instances=1)
    with pytest.raises(NotFound, match=r"none of that name; known: closed, java"):
        service.admin.scale("jvaa", min_instances=1)
    with pytest.raises(Invalid, match="does not accept minInstances=1000"):
        service.admin.scale(JAVA, min_instances=1000)
    with pytest.raises(Invalid, match="does not accept maxInstances=-1"):
        service.admin.scale(JAVA, max_instances=-1)


def test_a_service_without_a_token_of_its_own_is_called_so(installation):
    bare = installation(running=("service",), admin_token=None, app_definitions=[])
    with pytest.raises(Forbidden, match=r"\(403\): the service has no admin token configured"):
        service_of(bare, admin_token="any").admin.scalings()


def test_a_user_s_session_from_launch_to_stop(site, control_plane):
    service = service_of(site, ADA)
    assert service.user == ADA
    site.launch(ADA, JAVA, env={"fromMap": {"ARTEMIS_TOKEN": "never-to-be-shown"}})
    [session] = service.sessions(ADA)
    assert (session.user, session.app_definition, session.workspace) == (ADA, JAVA, None)
    assert "never-to-be-shown" not in str(session)
    assert service.report_activity(session.name) is True
    assert service.report_activity("no-such-session") is False
    uid = site.get("sessions", session.name)["metadata"]["uid"]
    pod = next(pod for pod in site.items("pods") if uid[-12:] in pod["metadata"]["name"])
    metrics.set_usage(control_plane.api, pod, {JAVA: metrics.Usage(250, 64 * 1024 * 1024)})
    assert service.performance(session.name) == Performance(250, 64 * 1024 * 1024)
    assert service.stop_session(ADA, session.name) is True
    wait_until("the session is gone", lambda: not service.sessions(ADA), 30)
    assert service.stop_session(ADA, session.name) is True
    with pytest.raises(NotFound, match=r"\(474\)"):
        service.performance(session.name)


def test_a_user_s_workspace_can_be_deleted(site):
    service = service_of(site, ADA)
    site.launch(ADA, JAVA, workspaceName="essay", ephemeral=False)
    [workspace] = [workspace for workspace in service.workspaces(ADA) if workspace.name == "essay"]
    assert (workspace.app_definition, workspace.active) == (JAVA, True)
    for session in service.sessions(ADA):
        service.stop_session(ADA, session.name)
    assert service.delete_workspace(ADA, "essay") is True
    wait_until("the workspace is gone", lambda: not service.workspaces(ADA), 30)


def test_a_user_is_served_only_for_themselves(site):
    with pytest.raises(Forbidden, match=f"this token is that of '{ADA}'"):
        service_of(site, ADA).sessions(EVE)
    with pytest.raises(Unauthorized, match="wants a user_token"):
        service_of(site).sessions(ADA)
    with pytest.raises(Unauthorized, match="does not accept the user_token"):
        service_of(site, user_token=site.user_token(ADA, lifetime_seconds=-60)).sessions(ADA)


def test_missing_figures_are_an_error_and_not_zero(site):
    service = service_of(site, EVE)
    site.launch(EVE, JAVA)
    [session] = service.sessions(EVE)
    metrics_gone = pytest.raises(ServerFailed, match=r"\(521\)")
    with metrics_gone as caught:
        service.performance(session.name)
    assert caught.value.details["status"] == 521


def test_a_service_that_is_down_is_called_so(installation):
    bare = installation(running=("service",), app_definitions=[])
    bare.service.stop()
    with pytest.raises(Unreachable, match=r"connection refused; is it running, and is service_url right"):
        service_of(bare, ADA).sessions(ADA)


def test_an_older_service_without_the_scaling_endpoints_is_recognised():
    with (
        ControlPlane.start(api="upstream") as older,
        older.installation(running=("service",), app_definitions=apps()) as site,
    ):
        admin = service_of(site).admin
        for ask in (admin.scalings, lambda: admin.scaling(JAVA), lambda: admin.scale(JAVA, min_instances=1)):
            with pytest.raises((NotServed, Unauthorized), match="api=kubernetes"):
                ask()
