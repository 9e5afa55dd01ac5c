# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions with a pod of their own, the way to their URL, and the volumes of workspaces."""

from __future__ import annotations

import time

import pytest

from integration.lab.operator_site import (
    SESSION_UUID,
    STRATEGY,
    Site,
    annotations_of,
    eventually,
    labels,
    owner_kinds,
    uid,
)

ADA, EVE = "ada.lovelace@example.org", "eve@example.org"
ROUTE = "theia-cloud-demo-ws-route"


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(
        start="lazy", app_definitions=[], running=["operator"], sessions_per_user=2
    ) as installation:
        yield Site(installation)


@pytest.fixture(scope="module")
def open_site(control_plane):
    """Without Keycloak, and without a limit for users."""
    with control_plane.installation(
        start="lazy", app_definitions=[], running=["operator"], keycloak=False, sessions_per_user=-1
    ) as installation:
        yield Site(installation)


@pytest.fixture(scope="module")
def definition(site):
    return site.definition()


@pytest.fixture
def user(request):
    """A user of the test's own, so that no other test uses up what the user may have."""
    return f"{request.node.name[:20]}-{time.monotonic_ns()}@example.org".replace("[", "-")


def deployment_of(site, session):
    found = [d for d in site.owned("deployments", session) if "theia-cloud.io/sidecar" not in labels(d)]
    assert len(found) == 1
    return found[0]


def pod_spec_of(site, session):
    return deployment_of(site, session)["spec"]["template"]["spec"]


def claims_mounted(pod_spec):
    return [v["persistentVolumeClaim"]["claimName"] for v in pod_spec["volumes"] if "persistentVolumeClaim" in v]


# --- the sequence


def test_a_start_goes_through_its_steps_in_order(site, definition, user):
    workspace = site.workspace(definition, user)
    since = site.now()
    name = site.create_session(definition, user, workspace=workspace)
    session = site.reaches(name, "HANDLED")
    writes = site.writes_of_operator(since, about=(name, workspace, uid(session), uid(session)[-12:]))
    assert writes[: writes.index("create httproutes") + 2] == [
        "patch sessions/status",  # HANDLING
        "patch workspaces",  # its app definition
        "create services",  # external
        "create services",  # internal
        "create configmaps",  # addresses
        "create configmaps",  # proxy
        "create deployments",
        "create httproutes",
        "patch sessions/status",  # HANDLED
    ]


def test_everything_belongs_to_the_session_and_carries_its_labels(site, definition, user):
    session = site.start_session(definition, user)
    made = [
        item
        for plural in ("services", "configmaps", "deployments", "httproutes")
        for item in site.owned(plural, session)
    ]
    assert len(made) == 6
    for item in made:
        assert owner_kinds(item) == ["Session"]
        assert labels(item)[SESSION_UUID] == uid(session)
        assert labels(item)["theia-cloud.io/app-definition"] == definition
    assert STRATEGY not in annotations_of(session)
    assert "finalizers" not in session["metadata"]


def test_pods_carry_the_labels_too(site, definition, user):
    session = site.start_session(definition, user)
    selector = f"{SESSION_UUID}={uid(session)}"
    pods = eventually("a pod", lambda: site.installation.items("pods", labelSelector=selector))
    assert [c["name"] for c in pods[0]["spec"]["containers"]] == ["oauth2-proxy", definition]


def test_objects_are_named_after_user_app_definition_and_session(site, definition):
    session = site.start_session(definition, ADA)
    tail = uid(session)[-12:]
    base = f"session-ada-lovelace-{definition}-{tail}"
    assert deployment_of(site, session)["metadata"]["name"] == base
    assert {s["metadata"]["name"] for s in site.owned("services", session)} == {base, f"{base}-int"}
    assert {c["metadata"]["name"] for c in site.owned("configmaps", session)} == {
        f"session-proxy-ada-lovelac-{definition[:11]}-{tail}",
        f"session-email-ada-lovelac-{definition[:11]}-{tail}",
    }


def test_the_internal_service_goes_past_the_auth_proxy(site, definition, user):
    session = site.start_session(definition, user)
    services = {s["metadata"]["name"].endswith("-int"): s for s in site.owned("services", session)}
    external, internal = services[False]["spec"]["ports"], services[True]["spec"]["ports"]
    assert [(p["port"], p["targetPort"]) for p in external] == [(3000, "web"), (16281, 16281)]
    assert [(p["port"], p["targetPort"]) for p in internal] == [(3001, 3000)]


def test_the_pod_knows_its_session(site, definition, user):
    session = site.start_session(definition, user, envVars={"THEIA": "1", "PORT": 7})
    ide = pod_spec_of(site, session)["containers"][1]
    env = {entry["name"]: entry.get("value") for entry in ide["env"]}
    assert env["THEIACLOUD_SESSION_UID"] == uid(session)
    assert env["THEIACLOUD_SESSION_NAME"] == session["metadata"]["name"]
    assert env["THEIACLOUD_SESSION_USER"] == user
    assert env["THEIACLOUD_SESSION_SECRET"] == session["spec"]["sessionSecret"]
    assert (env["THEIA"], env["PORT"]) == ("1", "7")
    assert env["THEIACLOUD_APP_ID"] == site.installation.app_id


def test_the_address_list_holds_the_user_from_the_start(site, definition, user):
    session = site.start_session(definition, user)
    lists = [c for c in site.owned("configmaps", session) if labels(c)["theia-cloud.io/template-purpose"] == "emails"]
    assert [c["data"]["authenticated-emails-list"] for c in lists] == [user]


def test_without_keycloak_there_are_no_config_maps_and_no_auth_proxy(open_site):
    definition = open_site.definition()
    session = open_site.start_session(definition, "plain-name")
    assert open_site.owned("configmaps", session) == []
    assert [c["name"] for c in pod_spec_of(open_site, session)["containers"]] == [definition]


def test_sidecars_are_made_for_the_session(site, user):
    sidecar = {"name": "ls", "image": "registry.lab.invalid/eduide/ls:1", "port": 4000}
    definition = site.definition(sidecars=[sidecar])
    session = site.start_session(definition, user)
    sidecars = [d for d in site.owned("deployments", session) if labels(d).get("theia-cloud.io/sidecar") == "ls"]
    assert len(sidecars) == 1
    assert sidecars[0]["spec"]["template"]["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"cpu": "500m", "memory": "1Gi"},
    }


def test_activity_is_the_time_of_handling(site, definition, user):
    before = time.time() * 1000
    session = site.start_session(definition, user)
    assert before - 1 <= session["status"]["lastActivity"] <= time.time() * 1000 + 1


def test_an_app_definition_is_handled_and_says_so(site, definition):
    def told():
        status = site.installation.get("appdefinitions", definition).get("status", {})
        return status.get("operatorStatus") == "HANDLED"

    eventually("the app definition is handled", told)


def test_the_minimum_is_ignored(site):
    definition = site.definition(3, wait=False)
    site.settled()
    assert site.instance(definition, 1).objects == []


# --- limits and errors


def test_the_limit_of_the_app_definition_counts_all_that_did_not_fail(site, user):
    definition = site.definition(maxInstances=1)
    site.start_session(definition, user)
    refused = site.reaches(site.create_session(definition, EVE), "ERROR")
    assert refused["status"]["error"].startswith("552:")
    assert "max instances" in refused["status"]["operatorMessage"].lower()
    site.patch(definition, maxInstances=2)
    # The errored one does not count against the app definition.
    assert site.start_session(definition, f"other-{user}")


def test_a_maximum_of_zero_closes_an_app_definition_and_a_negative_one_opens_it(site, user):
    closed = site.definition(maxInstances=0)
    refused = site.reaches(site.create_session(closed, user), "ERROR")
    assert refused["status"]["error"].startswith("552:")
    unlimited = site.definition(-1, wait=False, maxInstances=-1)
    assert site.start_session(unlimited, f"other-{user}")


def test_the_limit_of_a_user_counts_failed_sessions_until_they_are_deleted(site, definition, user):
    closed = site.definition(maxInstances=0)
    failed = site.reaches(site.create_session(closed, user), "ERROR")
    site.start_session(definition, user)
    third = site.reaches(site.create_session(definition, user), "ERROR")
    assert third["status"]["error"].startswith("553:")
    assert "max sessions" in third["status"]["operatorMessage"].lower()
    for session in (failed, third):
        site.delete_session(session)
    assert site.start_session(definition, user)


def test_where_nobody_may_have_a_session_the_first_one_is_refused(installation):
    closed = Site(installation(start="lazy", app_definitions=[], running=["operator"], sessions_per_user=0))
    refused = closed.reaches(closed.create_session(closed.definition(), ADA), "ERROR")
    assert refused["status"]["error"].startswith("554:")
    assert "max sessions" in refused["status"]["operatorMessage"].lower()
    assert closed.owned("services", refused) == []


def test_a_negative_limit_is_none(open_site):
    definition = open_site.definition()
    assert all(open_site.start_session(definition, "one-user") for _unused in range(3))


def test_an_unknown_app_definition_is_an_error(site, user):
    session = site.reaches(site.create_session("no-such-definition", user), "ERROR")
    assert "app definition not found" in session["status"]["operatorMessage"].lower()


def test_without_the_shared_route_a_session_is_an_error(site, user):
    definition = site.definition(ingressname="no-such-route")
    session = site.reaches(site.create_session(definition, user), "ERROR")
    assert "HTTPRoute not available" in session["status"]["operatorMessage"]
    assert site.installation.get("appdefinitions", definition)["status"]["operatorStatus"] == "ERROR"


def test_a_label_that_is_cut_at_the_wrong_place_fails_the_session(site, definition):
    session = site.reaches(site.create_session(definition, "x" * 62 + ".y@example.org"), "ERROR")
    assert "Unexpected error" in session["status"]["operatorMessage"]


def test_an_exhausted_quota_does_not_show_on_the_session(site):
    definition = site.definition()
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "pods"},
        "spec": {"hard": {"pods": "0"}},
    }
    site.kubectl("create", "-f", "-", stdin=quota)
    try:
        session = site.start_session(definition, "quota@example.org")
        name = deployment_of(site, session)["metadata"]["name"]

        def told():
            events = site.installation.items("events")
            return [e for e in events if e["reason"] == "FailedCreate" and e["involvedObject"]["name"].startswith(name)]

        assert "exceeded quota" in eventually("the ReplicaSet tells", told)[0]["message"]
        assert "url" not in site.session(session["metadata"]["name"])["status"]
    finally:
        site.kubectl("delete", "resourcequota", "pods")


# --- the URL


def test_the_url_has_no_scheme_and_ends_with_a_slash(site, definition, user):
    session = site.has_url(site.create_session(definition, user))
    assert session["status"]["url"] == f"{site.installation.instances_host}/{uid(session)}/"
    assert session["status"]["operatorStatus"] == "HANDLED"


def test_a_gateway_that_cannot_be_passed_means_no_url(site, definition, user):
    site.kubectl("annotate", "httproute", ROUTE, "lab/unreachable=true")
    try:
        session = site.start_session(definition, user)
        name = deployment_of(site, session)["metadata"]["name"]
        eventually(
            "its pod is ready", lambda: site.installation.get("deployments", name)["status"].get("readyReplicas")
        )
        assert "url" not in site.session(session["metadata"]["name"])["status"]
    finally:
        site.kubectl("annotate", "httproute", ROUTE, "lab/unreachable-")
    assert site.has_url(session["metadata"]["name"])


def test_a_page_for_ended_sessions_makes_a_url_look_open_too_early(site, user):
    definition = site.definition(image="registry.lab.invalid/eduide/ide:missing")
    site.kubectl("annotate", "httproute", ROUTE, "lab/session-ended-redirect=true")
    try:
        name = site.create_session(definition, user)
        session = site.reaches(name, "HANDLED")
        # As long as a gateway has not learnt of a new route, its path is as unknown as that of an ended session.
        site.kubectl("delete", "httproute", f"{uid(session)}-route")
        assert site.has_url(name)["status"]["url"].endswith(f"/{uid(session)}/")
    finally:
        site.kubectl("annotate", "httproute", ROUTE, "lab/session-ended-redirect-")


# --- the end


def test_the_garbage_collector_removes_everything(site, definition, user):
    session = site.start_session(definition, user)
    site.delete_session(session)
    kinds = ("deployments", "services", "configmaps", "httproutes")
    eventually("everything is gone", lambda: not any(site.owned(plural, session) for plural in kinds))
    selector = f"{SESSION_UUID}={uid(session)}"
    eventually("its pod is gone", lambda: not site.installation.items("pods", labelSelector=selector))


# --- workspaces


def test_a_workspace_gets_a_claim_of_its_own(site, definition, user):
    name = site.workspace(definition, user)
    workspace = site.installation.get("workspaces", name)
    assert workspace["status"]["volumeClaim"]["status"] == "finished"
    assert workspace["status"]["volumeAttach"]["status"] == "finished"
    claim = site.installation.get("persistentvolumeclaims", workspace["spec"]["storage"])
    assert labels(claim)["theia-cloud.io/workspace-name"] == name
    assert owner_kinds(claim) == ["Workspace"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "250Mi"
    assert claim["spec"]["storageClassName"] == "delete"
    assert claim["metadata"]["name"].endswith(uid(workspace)[-12:])


def test_a_sidecar_that_mounts_the_workspace_makes_the_claim_shared(site, user):
    sidecar = {"name": "ls", "image": "registry.lab.invalid/eduide/ls:1", "port": 4000, "mountWorkspace": True}
    name = site.workspace(site.definition(sidecars=[sidecar]), user)
    storage = site.installation.get("workspaces", name)["spec"]["storage"]
    assert site.installation.get("persistentvolumeclaims", storage)["spec"]["accessModes"] == ["ReadWriteMany"]


def test_the_volume_of_the_workspace_is_mounted(site, definition, user):
    name = site.workspace(definition, user)
    session = site.start_session(definition, user, workspace=name)
    pod_spec = pod_spec_of(site, session)
    storage = site.installation.get("workspaces", name)["spec"]["storage"]
    assert claims_mounted(pod_spec) == [storage]
    assert pod_spec["containers"][1]["volumeMounts"][0]["mountPath"] == "/home/project"


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_blank_workspace_is_none(site, definition, user, blank):
    session = site.start_session(definition, user, **({} if blank is None else {"workspace": blank}))
    assert claims_mounted(pod_spec_of(site, session)) == []


def test_a_missing_workspace_makes_a_session_ephemeral_without_a_word(site, definition, user):
    session = site.start_session(definition, user, workspace="no-such-workspace")
    assert claims_mounted(pod_spec_of(site, session)) == []
    assert "operatorMessage" not in session["status"]


def test_the_workspace_of_another_user_makes_a_session_ephemeral_without_a_word(site, definition, user):
    session = site.start_session(definition, user, workspace=site.workspace(definition, f"owner-{user}"))
    assert claims_mounted(pod_spec_of(site, session)) == []
    assert "operatorMessage" not in session["status"]


def test_a_missing_claim_makes_a_session_ephemeral_without_a_word(site, definition, user):
    name = site.workspace(definition, user)
    storage = site.installation.get("workspaces", name)["spec"]["storage"]
    site.kubectl("delete", "persistentvolumeclaim", storage)
    session = site.start_session(definition, user, workspace=name)
    assert claims_mounted(pod_spec_of(site, session)) == []
    assert "operatorMessage" not in session["status"]


def test_another_app_definition_makes_a_session_on_the_workspace_ephemeral(site, definition, user):
    name = site.workspace(definition, user)
    storage = site.installation.get("workspaces", name)["spec"]["storage"]
    other = site.definition()
    session = site.start_session(other, user, workspace=name)
    workspace = site.installation.get("workspaces", name)
    assert workspace["spec"]["appDefinition"] == other
    assert workspace["spec"]["storage"] == storage
    assert claims_mounted(pod_spec_of(site, session)) == []


def test_a_deleted_workspace_takes_its_session_along(site, definition, user):
    name = site.workspace(definition, user)
    storage = site.installation.get("workspaces", name)["spec"]["storage"]
    site.start_session(definition, user, name=f"{name}-session", workspace=name)
    site.kubectl("delete", "workspaces.theia.cloud", name)
    eventually("the session is gone", lambda: not site.exists("sessions", f"{name}-session"))
    eventually("the claim is gone", lambda: not site.exists("persistentvolumeclaims", storage))


def test_a_deleted_workspace_leaves_sessions_of_other_names(site, definition, user):
    name = site.workspace(definition, user)
    session = site.start_session(definition, user, workspace=name)
    storage = site.installation.get("workspaces", name)["spec"]["storage"]
    since = site.now()
    site.kubectl("delete", "workspaces.theia.cloud", name)
    done = "delete persistentvolumeclaims"
    eventually("the operator is done", lambda: done in site.writes_of_operator(since, about=(storage,)))
    assert site.exists("sessions", session["metadata"]["name"])
