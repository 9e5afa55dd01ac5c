# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of the operator: how a pool is built, claimed, released and changed."""

from __future__ import annotations

import typing as t

import pytest

from integration.lab.operator_site import (
    EMAILS,
    GENERATION,
    INSTANCE_ID,
    REFRESH,
    STRATEGY,
    Instance,
    Object,
    Site,
    annotations_of,
    eventually,
    labels,
    owner_kinds,
    uid,
)
from lab.faults import Hold, Rule

USER = "Ada.L@example.org"
ROUTE = "theia-cloud-demo-ws-route"
FOR_GOOD = {"app.kubernetes.io/component", "app.kubernetes.io/part-of", "theia-cloud.io/app-definition"}
OF_SESSION = {"theia-cloud.io/user", "theia-cloud.io/session", "theia-cloud.io/session-uuid"}


@pytest.fixture(scope="module", params=["april", "current"])
def site(shared_installation, request):
    return Site(shared_installation(operator=request.param))


class Claimed(t.NamedTuple):
    """An app definition that was raised from 0 to 2, and what a session made of its first instance."""

    definition: str
    before: Instance
    session: Object
    after: Instance


@pytest.fixture(scope="module")
def claimed(site):
    definition = site.definition(0)
    site.patch(definition, minInstances=2)
    site.built(definition, 2)
    before = site.built(definition, 1)
    session = site.has_url(site.create_session(definition, USER))
    return Claimed(definition, before, session, site.instance(definition, 1))


def ports(service):
    return [(port["name"], port["port"], port["targetPort"]) for port in service["spec"]["ports"]]


def env_of(container):
    return {entry["name"]: entry.get("value") for entry in container["env"]}


def test_what_a_pool_is_made_of(site, claimed):
    definition = site.installation.get("appdefinitions", claimed.definition)
    tail, generation = site.tail(claimed.definition), site.generation(claimed.definition)
    assert "status" not in definition
    owner = {
        "apiVersion": "theia.cloud/v1beta11",
        "kind": "AppDefinition",
        "name": claimed.definition,
        "uid": uid(definition),
    }
    for number in (1, 2):
        instance = claimed.before if number == 1 else site.instance(claimed.definition, number)
        names = [item["metadata"]["name"] for item in instance.objects]
        stem = f"instance-{number}-{claimed.definition}-{tail}"
        maps = [f"instance-{number}-{what}-{claimed.definition}-{tail}" for what in ("proxy", "email")]
        assert names == [stem, f"{stem}-int", *maps, stem]
        assert [item["metadata"]["ownerReferences"] for item in instance.objects] == [[owner]] * 5
        assert {labels(item)[GENERATION] for item in (*instance.objects, *instance.pods)} == {generation}
        app = f"{claimed.definition}-{number}"
        labelled = [instance.external, instance.internal, *instance.pods]
        assert [labels(item).get("app") for item in labelled] == [app] * 3
        assert "app" not in labels(instance.deployment)
        assert labels(instance.internal)["theia-cloud.io/service-type"] == "internal"
        assert instance.emails["data"] == {EMAILS: ""}
    route = site.installation.get("httproutes", ROUTE)
    owners = {owner["uid"] for owner in route["metadata"]["ownerReferences"]}
    assert {uid(definition) for definition in site.installation.items("appdefinitions")} <= owners


def test_what_is_in_a_pod_of_the_pool_and_before_it(site, claimed):
    [pod] = claimed.before.pods
    proxy, ide = pod["spec"]["containers"]
    assert (proxy["name"], ide["name"]) == ("oauth2-proxy", claimed.definition)
    assert proxy["ports"] == [{"containerPort": 5000, "name": "web", "protocol": "TCP"}]
    assert not proxy["resources"]
    env = env_of(ide)
    assert not any(env[f"THEIACLOUD_SESSION_{what}"] for what in ("UID", "NAME", "USER", "SECRET"))
    assert env["THEIACLOUD_SESSION_URL"] == f"https://{site.installation.instances_host}/{claimed.definition}-1/"
    assert not any("probe" in key.lower() for container in (proxy, ide) for key in container)
    bandwidths = {"kubernetes.io/egress-bandwidth": "30000k", "kubernetes.io/ingress-bandwidth": "30000k"}
    assert bandwidths.items() <= annotations_of(claimed.before.deployment["spec"]["template"]).items()
    assert ports(claimed.before.external) == [("http", 3000, "web"), ("data-bridge", 16281, 16281)]
    assert ports(claimed.before.internal) == [("http-internal", 3001, 3000)]


def test_what_a_claim_writes(site, claimed):
    session, before, after = claimed.session, claimed.before, claimed.after
    assert annotations_of(session) == {INSTANCE_ID: "1", STRATEGY: "eager"}
    assert session["status"]["operatorStatus"] == "HANDLED"
    assert session["status"]["url"] == f"{site.installation.instances_host}/{claimed.definition}-1/"
    second = {
        "apiVersion": "theia.cloud/v1beta8",
        "kind": "Session",
        "name": session["metadata"]["name"],
        "uid": uid(session),
    }
    for item in (after.external, after.internal, after.deployment):
        assert item["metadata"]["ownerReferences"][1:] == [second]
    assert [owner_kinds(item) for item in (after.proxy, after.emails)] == [["AppDefinition"]] * 2
    for item in (after.external, after.internal):
        assert labels(item).keys() >= FOR_GOOD | OF_SESSION
        assert labels(item)["theia-cloud.io/user"] == "Ada_L_at_example_org"
    assert not any(labels(item).keys() & (FOR_GOOD | OF_SESSION) for item in (after.deployment, *after.pods))
    assert after.emails["data"] == {EMAILS: USER}
    assert after.pod_uids == before.pod_uids
    assert REFRESH in annotations_of(after.pods[0])


def test_the_route_of_a_claim(site, claimed):
    route = site.installation.get("httproutes", f"{uid(claimed.session)}-route")
    assert owner_kinds(route) == ["Session"]
    assert labels(route).keys() == FOR_GOOD | OF_SESSION
    without_slash, with_slash = route["spec"]["rules"]
    path = f"/{claimed.definition}-1"
    assert without_slash["matches"] == [{"path": {"type": "Exact", "value": path}}]
    [redirect] = without_slash["filters"]
    assert redirect["requestRedirect"]["statusCode"] == 302
    assert redirect["requestRedirect"]["path"]["replaceFullPath"] == f"{path}/"
    assert with_slash["matches"] == [{"path": {"type": "PathPrefix", "value": f"{path}/"}}]
    assert [backend["name"] for backend in with_slash["backendRefs"]] == [claimed.after.external["metadata"]["name"]]
    filters = {found["type"]: found for found in with_slash["filters"]}
    assert filters["URLRewrite"]["urlRewrite"]["path"]["replacePrefixMatch"] == "/"
    [header] = filters["RequestHeaderModifier"]["requestHeaderModifier"]["set"]
    assert header["name"] == "X-Forwarded-Uri"


def released(site, definition, number):
    """The instance, once nobody has it and the pod of its last user is gone."""

    def free() -> Instance | None:
        found = site.instance(definition, number)
        owners = [owner_kinds(item) for item in found.objects]
        return found if owners == [["AppDefinition"]] * 5 and len(found.pods) == 1 else None

    return eventually(f"instance {number} of {definition} is released", free)


def test_what_a_release_leaves(site):
    definition = site.definition(1)
    before = site.instance(definition, 1)
    session = site.has_url(site.create_session(definition, USER))
    site.delete_session(session)
    eventually("its pod is gone", lambda: not site.instance(definition, 1).pod_uids & before.pod_uids)
    after = released(site, definition, 1)
    assert after.uids == before.uids
    for item in (after.external, after.internal):
        assert labels(item).keys() & (FOR_GOOD | OF_SESSION) == FOR_GOOD
    assert after.emails["data"] == {EMAILS: ""}
    assert not site.exists("httproutes", f"{uid(session)}-route")


def test_a_session_for_which_no_instance_is_left(site, claimed):
    site.start_session(claimed.definition, "second@example.org")
    late = site.has_url(site.create_session(claimed.definition, "late@example.org"))
    assert annotations_of(late) == {STRATEGY: "lazy-fallback"}
    assert len(site.owned("deployments", late)) == 1
    assert [owner_kinds(item) for item in site.owned("services", late)] == [["Session"]] * 2


def test_what_a_change_of_one_bound_does_to_instances(site):
    definition = site.definition(2)
    session = site.start_session(definition, USER)
    held, free = (site.instance(definition, number) for number in (1, 2))
    site.patch(definition, maxInstances=500)
    site.settled()
    assert site.generation(definition) == "2"
    rebuilt = site.built(definition, 2, generation="2")
    assert not rebuilt.uids & free.uids
    after = site.instance(definition, 1)
    kept = (held.external, held.internal, held.deployment)
    assert [uid(item) for item in (after.external, after.internal, after.deployment)] == [uid(item) for item in kept]
    assert {labels(item)[GENERATION] for item in (after.external, after.internal, after.deployment)} == {"1"}
    assert not {uid(after.proxy), uid(after.emails)} & held.uids
    site.patch(definition, maxInstances=500)
    site.settled()
    assert site.instance(definition, 2).uids == rebuilt.uids
    if site.installation.settings.operator == "current":
        # Newer code writes the address back, seconds later.
        assert eventually("the address is back", lambda: site.instance(definition, 1).address == USER)
        return
    assert after.emails["data"] == {EMAILS: ""}
    site.apply_merge("configmaps", after.emails["metadata"]["name"], {"data": {EMAILS: USER}})
    site.touch(definition)
    site.settled()
    assert site.instance(definition, 1).address == USER
    site.patch(definition, maxInstances=400)
    site.settled()
    assert site.instance(definition, 1).emails["data"] == {EMAILS: ""}
    assert site.session(session["metadata"]["name"])["status"]["operatorStatus"] == "HANDLED"


def test_what_a_change_of_an_annotation_does_to_instances(site):
    definition = site.definition(2)
    site.start_session(definition, USER)
    before = [site.instance(definition, number).uids for number in (1, 2)]
    said = site.printed("Reconciling pool to 2 instances")
    site.touch(definition)
    site.settled()
    assert site.printed("Reconciling pool to 2 instances") > said
    assert [site.instance(definition, number).uids for number in (1, 2)] == before


# --- lowering the minimum under claims


def lowered_under_claims(site):
    """Min 3 with three users, of whom the first two leave; then min 1. The third session, and its instance."""
    definition = site.definition(3)
    sessions = [site.start_session(definition, f"u{number}@example.org") for number in (1, 2, 3)]
    for session in sessions[:2]:
        site.delete_session(session)
    before = [released(site, definition, number) for number in (1, 2)]
    site.patch(definition, minInstances=1)
    site.settled()
    site.gone(definition, 2)
    assert not site.built(definition, 1, generation="2").uids & before[0].uids
    left = site.instance(definition, 3)
    assert [owner_kinds(item) for item in (left.external, left.internal, left.deployment)] == [["Session"]] * 3
    assert (left.proxy, left.emails) == (None, None)
    return definition, sessions[2]


def test_lowering_the_minimum_below_a_claim_that_the_collector_ends(proxied):
    """Held until then is what the operator asks first when a session has ended."""
    site, proxy = proxied
    definition, session = lowered_under_claims(site)
    name = session["metadata"]["name"]
    held = Hold(meanwhile=lambda: site.gone(definition, 3))
    proxy.add(Rule(held, verb="list", path="/services.*session-uuid", count=1))
    site.delete_session(session)
    site.gone(definition, 3)
    eventually("the release has noticed", lambda: site.printed(f"No services found for session {name}"))


def test_lowering_the_minimum_below_a_claim_that_the_release_ends(proxied):
    site, _proxy = proxied
    definition, session = lowered_under_claims(site)
    with site.held("kube-controller-manager"):
        site.delete_session(session)
        eventually("it is released", lambda: not owner_kinds(site.instance(definition, 3).deployment))
    left = site.instance(definition, 3)
    for item in (left.external, left.internal):
        assert owner_kinds(item) == []
        assert labels(item).keys() & (FOR_GOOD | OF_SESSION) == FOR_GOOD
    assert eventually("a pod runs on", lambda: site.instance(definition, 3).pods)
