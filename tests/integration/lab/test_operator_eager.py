# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions on pool instances: how they are put there, how the instance comes back."""

from __future__ import annotations

import pytest

from integration.lab.operator_site import (
    GENERATION,
    INSTANCE_ID,
    REFRESH,
    SESSION_UUID,
    STRATEGY,
    Site,
    annotations_of,
    eventually,
    labels,
    owner_kinds,
    uid,
)
from integration.lab.rights import take_away
from lab import chart

ADA, EVE = "ada@example.org", "eve@example.org"

SESSION_LABELS = {
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "theia-cloud.io/app-definition",
    "theia-cloud.io/user",
    "theia-cloud.io/session",
    SESSION_UUID,
}


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(app_definitions=[], running=["operator"], sessions_per_user=1) as installation:
        yield Site(installation)


@pytest.fixture(scope="module")
def open_site(control_plane):
    """Without Keycloak."""
    with control_plane.installation(app_definitions=[], running=["operator"], keycloak=False) as installation:
        yield Site(installation)


def number_of(session):
    return int(annotations_of(session)[INSTANCE_ID])


def container_env(pod, container):
    spec = next(c for c in pod["spec"]["containers"] if c["name"] == container)
    return {entry["name"]: entry.get("value", "") for entry in spec["env"]}


# --- a claim


def test_a_claim_goes_through_its_steps_in_order(site):
    definition = site.definition(1)
    since = site.now()
    session = site.start_session(definition, ADA)
    names = (site.tail(definition), session["metadata"]["name"], uid(session))
    writes = site.writes_of_operator(since, about=names)
    assert writes[: writes.index("create httproutes") + 2] == [
        "patch sessions/status",  # HANDLING
        "patch services",  # reserved, external
        "patch services",  # reserved, internal
        "patch sessions",  # annotated
        "patch services",  # labels
        "patch services",
        "patch deployments",  # owner
        "patch configmaps",  # address
        "patch pods",  # to be noticed at once
        "create httproutes",
        "patch sessions/status",  # HANDLED
    ]


def test_the_session_tells_its_instance(site):
    session = site.start_session(site.definition(1), ADA)
    assert annotations_of(session)[STRATEGY] == "eager"
    assert annotations_of(session)[INSTANCE_ID] == "1"
    assert labels(session) == {}
    assert "finalizers" not in session["metadata"]


def test_the_lowest_free_instance_is_taken(site):
    definition = site.definition(11)
    first = site.start_session(definition, "u1@example.org")
    second = site.start_session(definition, "u2@example.org")
    assert (number_of(first), number_of(second)) == (1, 2)
    site.delete_session(first)
    eventually("instance 1 is free", lambda: owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition"])
    assert number_of(site.start_session(definition, "u3@example.org")) == 1


def test_an_instance_is_free_only_if_both_its_services_have_one_owner(site):
    definition = site.definition(2)
    internal = site.instance(definition, 1).internal
    reference = {"apiVersion": "v1", "kind": "ServiceAccount", "name": "default"}
    account = site.lab.api.get(f"/api/v1/namespaces/{site.namespace}/serviceaccounts/default")
    owners = [*internal["metadata"]["ownerReferences"], {**reference, "uid": uid(account)}]
    site.apply_merge("service", internal["metadata"]["name"], {"metadata": {"ownerReferences": owners}})
    assert number_of(site.start_session(definition, ADA)) == 2


def test_whether_the_pod_is_ready_does_not_matter(site):
    definition = site.definition(1, image="registry.lab.invalid/eduide/ide:missing")
    session = site.start_session(definition, ADA)
    assert number_of(session) == 1
    pod = site.instance(definition, 1).pods[0]
    assert pod["status"]["phase"] == "Pending"
    assert "url" not in session["status"]


def test_the_session_becomes_second_owner_of_services_and_deployment_only(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    instance = site.instance(definition, 1)
    for part in (instance.external, instance.internal, instance.deployment):
        assert owner_kinds(part) == ["AppDefinition", "Session"]
        assert part["metadata"]["ownerReferences"][1]["uid"] == uid(session)
    for part in (instance.proxy, instance.emails):
        assert owner_kinds(part) == ["AppDefinition"]


def test_only_services_and_the_route_get_the_labels_of_the_session(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    instance = site.instance(definition, 1)
    for part in (instance.external, instance.internal):
        assert labels(part).keys() >= SESSION_LABELS | {GENERATION}
        assert labels(part)[SESSION_UUID] == uid(session)
    for part in (instance.deployment, instance.proxy, instance.emails, *instance.pods):
        assert not labels(part).keys() & SESSION_LABELS
    assert set(labels(instance.pods[0])) == {"app", GENERATION, "pod-template-hash"}
    assert labels(instance.internal)["theia-cloud.io/service-type"] == "internal"


def test_the_session_gets_a_route_of_its_own(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    route = site.installation.get("httproutes", f"{uid(session)}-route")
    shared = site.installation.get("httproutes", "theia-cloud-demo-ws-route")
    assert owner_kinds(route) == ["Session"]
    assert set(labels(route)) == SESSION_LABELS
    assert route["spec"]["hostnames"] == shared["spec"]["hostnames"]
    assert route["spec"]["parentRefs"] == shared["spec"]["parentRefs"]
    assert [m["path"]["value"] for rule in route["spec"]["rules"] for m in rule["matches"]] == [
        f"/{definition}-1",
        f"/{definition}-1/",
    ]
    assert shared["spec"].get("rules", []) == []


def test_the_url_is_that_of_the_instance_and_is_reused(site):
    definition = site.definition(1)
    session = site.has_url(site.create_session(definition, ADA))
    url = f"{site.installation.instances_host}/{definition}-1/"
    assert session["status"]["url"] == url
    site.delete_session(session)
    eventually("instance 1 is free", lambda: owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition"])
    assert site.has_url(site.create_session(definition, EVE))["status"]["url"] == url


def test_the_address_of_the_user_is_written_and_the_pod_is_touched(site):
    definition = site.definition(1)
    assert site.instance(definition, 1).address is None
    site.start_session(definition, ADA)
    instance = site.instance(definition, 1)
    assert instance.address == ADA
    assert REFRESH in annotations_of(instance.pods[0])


def test_without_keycloak_there_are_no_config_maps_and_no_auth_proxy(open_site):
    definition = open_site.definition(1, wait=False)
    open_site.start_session(definition, ADA)
    pod = eventually("a pod", lambda: open_site.instance(definition, 1).pods)[0]
    assert [c["name"] for c in pod["spec"]["containers"]] == [definition]
    instance = open_site.instance(definition, 1)
    assert (instance.proxy, instance.emails) == (None, None)
    assert REFRESH not in annotations_of(pod)


def test_pods_have_an_auth_proxy_and_an_ide_named_after_the_app_definition(site):
    definition = site.definition(1)
    containers = site.instance(definition, 1).pods[0]["spec"]["containers"]
    assert [c["name"] for c in containers] == ["oauth2-proxy", definition]
    assert containers[1]["resources"] == {
        "requests": {"cpu": "200m", "memory": "500M"},
        "limits": {"cpu": "2", "memory": "2400M"},
    }
    assert not any(key.endswith("Probe") for container in containers for key in container)


def test_a_pool_pod_knows_nothing_of_its_session(site):
    definition = site.definition(1)
    site.start_session(definition, ADA)
    env = container_env(site.instance(definition, 1).pods[0], definition)
    assert [env[f"THEIACLOUD_SESSION_{what}"] for what in ("UID", "NAME", "USER", "SECRET")] == ["", "", "", ""]


def test_the_volume_of_the_workspace_is_not_mounted(site):
    definition = site.definition(1)
    site.start_session(definition, ADA, workspace=site.workspace(definition, ADA))
    volumes = site.instance(definition, 1).pods[0]["spec"]["volumes"]
    assert not any("persistentVolumeClaim" in volume for volume in volumes)


def test_the_limit_of_the_app_definition_does_not_hold_back_a_claim(site):
    definition = site.definition(0, maxInstances=1)
    site.start_session(definition, "first@example.org")
    site.patch(definition, minInstances=1)
    site.built(definition, 1)
    assert number_of(site.start_session(definition, "second@example.org")) == 1


def test_the_limit_of_the_user_does_not_hold_back_a_claim(site):
    definition = site.definition(2)
    user = "greedy@example.org"
    assert [number_of(site.start_session(definition, user)) for _unused in range(2)] == [1, 2]
    refused = site.reaches(site.create_session(definition, user), "ERROR")
    assert refused["status"]["error"].startswith("553:")


# --- no instance left


def test_without_a_free_instance_the_session_gets_a_pod_of_its_own(site):
    definition = site.definition(0)
    name = site.start_session(definition, "fallback@example.org")["metadata"]["name"]
    # Told only once the session is handled.
    eventually("the session tells", lambda: annotations_of(site.session(name)).get(STRATEGY) == "lazy-fallback")
    session = site.session(name)
    assert INSTANCE_ID not in annotations_of(session)
    assert len(site.owned("deployments", session)) == 1


def test_the_limit_of_the_app_definition_holds_for_a_fallback(site):
    definition = site.definition(0, maxInstances=0)
    session = site.reaches(site.create_session(definition, "closed@example.org"), "ERROR")
    assert session["status"]["error"].startswith("552:")
    assert STRATEGY not in annotations_of(session)


# --- what goes wrong


def test_an_unknown_app_definition_is_an_error(site):
    session = site.reaches(site.create_session("no-such-definition", ADA), "ERROR")
    assert "app definition not found" in session["status"]["operatorMessage"].lower()
    assert "error" not in session["status"]


def test_without_the_shared_route_a_session_is_an_error(site):
    definition = site.definition(0, ingressname="no-such-route")
    session = site.reaches(site.create_session(definition, ADA), "ERROR")
    assert "HTTPRoute not available" in session["status"]["operatorMessage"]


def test_an_error_is_final(site):
    definition = site.definition(0, ingressname="later-route")
    name = site.create_session(definition, ADA)
    site.reaches(name, "ERROR")
    shared = site.installation.get("httproutes", "theia-cloud-demo-ws-route")
    route = {**shared, "metadata": {"name": "later-route"}}
    site.kubectl("create", "-f", "-", stdin=route)
    site.touch(definition)
    site.settled()
    site.kubectl("annotate", "sessions.theia.cloud", name, "again=please")
    assert site.start_session(definition, "another@example.org")
    assert site.session(name)["status"]["operatorStatus"] == "ERROR"


# --- release


def test_a_release_goes_through_its_steps_in_order(site):
    sidecar = {"name": "ls", "image": "registry.lab.invalid/eduide/ls:1", "port": 4000}
    definition = site.definition(1, sidecars=[sidecar])
    session = site.start_session(definition, ADA)
    eventually("the sidecar has a pod", lambda: _sidecar_pods(site))
    since = site.now()
    site.delete_session(session)
    pool = site.tail(definition)
    eventually("the instance is rebuilt", lambda: "create deployments" in site.writes_of_operator(since, about=(pool,)))
    writes = site.writes_of_operator(since, about=(pool,))
    assert writes[:6] == [
        "delete pods",  # 1: sidecars start anew
        "patch services",  # 3: external
        "patch services",  # 3: internal
        "patch deployments",  # 4
        "patch configmaps",  # 5
        "delete pods",  # 6
    ]
    # 7: sidecars have no generation, so the instance counts as outdated.
    assert "delete deployments" in writes[6:]


def _sidecar_pods(site):
    return site.installation.items("pods", labelSelector="theia-cloud.io/sidecar")


def test_a_current_instance_returns_to_the_pool_with_a_fresh_pod(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.delete_session(session)

    def returned():
        found = site.instance(definition, 1)
        return found if found.is_built and not found.pod_uids & before.pod_uids else None

    after = eventually("a fresh pod", returned)
    assert after.uids == before.uids
    assert after.address is None
    for part in (after.external, after.internal, after.deployment):
        assert owner_kinds(part) == ["AppDefinition"]


def test_a_release_tries_each_service_three_times_and_goes_on(installation):
    site = Site(installation(app_definitions=[], running=["operator"]))
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    take_away(site.installation, chart.OPERATOR_ACCOUNT, "patch", "services")
    since = site.now()
    site.delete_session(session)
    eventually(
        "the pod is replaced",
        lambda: site.instance(definition, 1).is_built and not site.instance(definition, 1).pod_uids & before.pod_uids,
    )
    for part in (before.external, before.internal):
        named = {"name": part["metadata"]["name"], "resource": "services", "since": since}
        tries = site.lab.audit(user=site.installation.operator.user, namespace=site.namespace, **named)
        assert [(e["verb"], e["responseStatus"]["code"]) for e in tries] == [("patch", 403)] * 3
    after = site.instance(definition, 1)
    assert after.address is None
    # The garbage collector takes the owner off, but nobody the labels.
    assert labels(after.external)[SESSION_UUID] == uid(session)


def test_three_labels_go_and_three_stay(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    site.delete_session(session)
    eventually("released", lambda: owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition"])
    left = set(labels(site.instance(definition, 1).external)) & SESSION_LABELS
    assert left == {"app.kubernetes.io/component", "app.kubernetes.io/part-of", "theia-cloud.io/app-definition"}


def test_the_route_goes_with_the_session(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    site.delete_session(session)
    eventually("the route is gone", lambda: not site.exists("httproutes", f"{uid(session)}-route"))


def test_an_outdated_instance_is_rebuilt_when_its_session_ends(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.patch(definition, image="registry.lab.invalid/eduide/other:2")
    site.settled()
    site.delete_session(session)
    after = site.built(definition, 1, generation="2")
    assert not after.uids & before.uids


def test_a_session_without_the_number_of_its_instance_is_not_released(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    name = session["metadata"]["name"]
    site.kubectl("annotate", "sessions.theia.cloud", name, f"{INSTANCE_ID}-")
    eventually("the operator knows", lambda: INSTANCE_ID not in annotations_of(site.session(name)))
    site.delete_session(session)
    # The garbage collector takes the dangling owner off; nobody else touches the instance.
    eventually("no session owns it", lambda: owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition"])
    after = site.instance(definition, 1)
    assert (after.pod_uids, after.address) == (before.pod_uids, ADA)


@pytest.mark.parametrize("label", [SESSION_UUID, "theia-cloud.io/user"])
def test_a_release_stops_if_the_labels_do_not_lead_to_the_services(site, label):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.kubectl("label", "service", before.internal["metadata"]["name"], f"{label}=other", "--overwrite")
    site.delete_session(session)
    eventually("no session owns it", lambda: owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition"])
    assert site.instance(definition, 1).address == ADA
    assert site.instance(definition, 1).pod_uids == before.pod_uids


def test_a_session_that_ends_leaves_its_workspace(site):
    definition = site.definition(1)
    workspace = site.workspace(definition, ADA)
    session = site.start_session(definition, ADA, workspace=workspace)
    site.delete_session(session)
    eventually("released", lambda: owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition"])
    assert site.exists("workspaces", workspace)
