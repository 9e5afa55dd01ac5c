# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An installation of the lab: its objects, who may do what in it, its programs' lives."""

from __future__ import annotations

import base64

import pytest

from lab import Installation, LabError, chart
from lab.api import Unreachable, wait_until

SECONDS = 60.0
JAVA = "java-17-latest"


@pytest.fixture(scope="module")
def site(module_installation):
    """Shared by the tests that only look."""
    return module_installation()


def names(site, plural):
    return {item["metadata"]["name"] for item in site.items(plural)}


def allowed(site, identity, verb, resource):
    answer = site.control_plane.kubectl(
        "auth", "can-i", verb, resource, "-n", site.namespace, as_=identity, check=False
    )
    return answer.stdout.strip() == "yes"


def renewed(site):
    return site.get("leases", chart.LEASE)["spec"]["renewTime"]


def test_its_objects_have_the_names_of_the_charts(site):
    assert {"operator-deployment", "service-deployment", "landing-page-deployment"} <= names(site, "deployments")
    assert {"service-config", "operator-config", "oauth2-proxy-config", "oauth2-templates"} <= names(site, "configmaps")
    assert "theia-cloud-demo-ws-route" in names(site, "httproutes")
    assert "theia-cloud-operator-leaders" in names(site, "leases")


def test_the_shared_route_has_no_rules(site):
    assert site.get("httproutes", chart.SHARED_ROUTE)["spec"]["rules"] == []


def test_the_admin_token_is_in_its_secret(site):
    data = site.get("secrets", "service-admin-api-token")["data"]
    assert base64.b64decode(data["ADMIN_API_TOKEN"]).decode() == site.admin_token


def test_six_app_definitions_have_the_figures_of_the_charts(site):
    bounds = {d["metadata"]["name"]: d["spec"] for d in site.items("appdefinitions")}
    assert set(bounds) == set(chart.NAMES)
    assert {name: spec["minInstances"] for name, spec in bounds.items() if spec["minInstances"]} == {JAVA: 3}
    assert bounds[JAVA]["limitsMemory"] == "3000M"
    assert bounds["rust-latest"]["limitsMemory"] == "2400M"
    assert {spec["maxInstances"] for spec in bounds.values()} == {1000}
    assert {spec["timeout"] for spec in bounds.values()} == {1440}


@pytest.mark.parametrize(
    ("settings", "there", "missing"),
    [
        ({}, {"--eagerStart", "--keycloak", "--enableMonitor", "--sessionsPerUser=10"}, set()),
        ({"start": "lazy"}, {"--keycloak"}, {"--eagerStart"}),
        ({"keycloak": False}, {"--eagerStart"}, {"--keycloak"}),
        ({"monitor": False}, {"--eagerStart"}, {"--enableMonitor", "--enableActivityTracker"}),
        ({"sessions_per_user": 2, "monitor_interval": 5}, {"--sessionsPerUser=2", "--monitorInterval=5"}, set()),
    ],
)
def test_the_mode_of_the_operator_can_be_read_from_its_deployment(installation, settings, there, missing):
    inst = installation(**settings, running=())
    (container,) = inst.get("deployments", "operator-deployment")["spec"]["template"]["spec"]["containers"]
    assert container["name"] == "operator-container"
    assert there <= set(container["args"])
    assert not missing & set(container["args"])


def test_the_pool_of_the_eager_app_definition_becomes_warm(site):
    assert site.wait_warm(JAVA, 3) == [1, 2, 3]


def test_a_student_starts_and_ends_a_session(site):
    site.wait_warm(JAVA, 3)
    launched = site.launch("anna@example.org", JAVA)
    assert launched.status == 200
    assert launched.body.decode().startswith(site.instances_host)
    (session,) = site.items("sessions")
    assert site.stop_session("anna@example.org", session["metadata"]["name"]).status == 200
    wait_until("the session is gone", lambda: not site.items("sessions"), SECONDS)


def test_a_token_speaks_for_its_owner_only(site):
    path = f"/service/session/{site.app_id}/anna@example.org"
    assert site.rest("GET", path, user="anna@example.org").status == 200
    assert site.rest("GET", path, user="eve@example.org").status == 403
    assert site.rest("GET", path).status == 401


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("list", "sessions.theia.cloud"),
        ("delete", "sessions.theia.cloud"),
        ("patch", "sessions.theia.cloud/status"),
        ("delete", "workspaces.theia.cloud"),
        ("patch", "appdefinitions.theia.cloud"),
        ("create", "configmaps"),
        ("update", "configmaps"),
        ("patch", "pods"),
        ("list", "pods.metrics.k8s.io"),
        ("list", "nodes"),
        ("list", "persistentvolumes"),
        ("get", "leases.coordination.k8s.io"),
        ("list", "resourcequotas"),
        ("list", "events"),
    ],
)
def test_the_collection_may(site, verb, resource):
    assert allowed(site, site.identity, verb, resource)


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("get", "secrets"),
        ("create", "pods"),
        ("delete", "pods"),
        ("create", "pods/exec"),
        ("patch", "deployments.apps"),
        ("create", "appdefinitions.theia.cloud"),
        ("delete", "appdefinitions.theia.cloud"),
        ("patch", "leases.coordination.k8s.io"),
        ("delete", "persistentvolumes"),
        ("patch", "nodes"),
        ("impersonate", "users"),
    ],
)
def test_the_collection_may_not(site, verb, resource):
    assert not allowed(site, site.identity, verb, resource)


def test_the_operator_may_read_neither_secrets_nor_events(site):
    account = f"system:serviceaccount:{site.namespace}:{chart.OPERATOR_ACCOUNT}"
    assert site.operator.user == account
    for resource in ("secrets", "events"):
        answer = site.control_plane.kubectl(
            "auth", "can-i", "list", resource, "-n", site.namespace, f"--as={account}", check=False
        )
        assert answer.stdout.strip() == "no"


def test_a_killed_operator_leaves_a_stale_lease_and_a_new_one_renews_it(installation):
    inst = installation(running=("operator",))
    inst.operator.kill()
    assert not inst.operator.running()
    last = renewed(inst)
    inst.operator.start()
    assert inst.operator.running()
    assert renewed(inst) != last


def test_a_service_comes_back_at_the_same_place(installation):
    inst = installation(running=("service",))
    assert inst.rest("GET", f"/service/{inst.app_id}").status == 200
    inst.service.stop()
    with pytest.raises(Unreachable):
        inst.rest("GET", f"/service/{inst.app_id}")
    inst.service.start()
    assert inst.rest("GET", f"/service/{inst.app_id}").body == b"true"


def test_a_program_that_cannot_start_says_why(installation):
    inst = installation(running=())
    inst.control_plane.kubectl("delete", "deployment", "operator-deployment", "-n", inst.namespace)
    with pytest.raises(LabError, match=r"(?s)operator ended.*operator-deployment"):
        inst.operator.start()


def test_an_installation_without_admin_token_has_no_secret(installation):
    inst = installation(admin_token=None, running=())
    assert "service-admin-api-token" not in names(inst, "secrets")


def test_a_quota_is_in_force_before_the_pools_are_built(installation):
    inst = installation(quota={"pods": "2"}, running=("operator",))
    wait_until("pods fill the quota", lambda: len(inst.items("pods")) == 2, SECONDS)
    assert inst.get("resourcequotas", "quota")["spec"]["hard"] == {"pods": "2"}


def test_app_definitions_can_be_chosen(installation):
    inst = installation(app_definitions=[chart.app_definition("c-latest", minInstances=1)], running=())
    assert {d["metadata"]["name"]: d["spec"]["minInstances"] for d in inst.items("appdefinitions")} == {"c-latest": 1}


def test_another_process_can_take_it_up(control_plane, site):
    again = Installation.attach(control_plane, site.namespace)
    assert again.env() == site.env()
    assert again.operator.running()
    assert again.rest("GET", f"/service/{again.app_id}").status == 200
    with pytest.raises(LabError, match="no installation nowhere"):
        Installation.attach(control_plane, "nowhere")


def test_nothing_of_it_is_left_when_it_is_closed(control_plane):
    inst = control_plane.installation()
    operator, service = inst.operator, inst.service
    inst.close()
    assert not operator.running()
    assert not service.running()
    roles = control_plane.api.items("/apis/rbac.authorization.k8s.io/v1/clusterroles")
    assert not [role for role in roles if role["metadata"]["name"].startswith(f"{inst.namespace}:")]
    assert not control_plane.api.find(f"/apis/kwok.x-k8s.io/v1alpha1/clusterlogs/{inst.namespace}")
    path = f"/api/v1/namespaces/{inst.namespace}"
    wait_until("the namespace is gone", lambda: control_plane.api.find(path) is None, SECONDS)


@pytest.mark.parametrize("setting", [{"start": "early"}, {"operator": "tomorrow"}, {"ready_scale": 7.0}])
def test_a_setting_that_cannot_be_is_refused(control_plane, setting):
    with pytest.raises(LabError, match=next(iter(setting))):
        control_plane.installation(**setting)
