# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of the operator: workspaces, sidecars, Secrets that it may not read, and quotas."""

from __future__ import annotations

import pytest

from integration.lab.contract import Asker, text
from integration.lab.operator_site import (
    GENERATION,
    INSTANCE_ID,
    Site,
    annotations_of,
    eventually,
    labels,
    owner_kinds,
    uid,
)
from lab import chart

ADA = "ada@example.org"
SIDECAR = "theia-cloud.io/sidecar"


@pytest.fixture(scope="module", params=["april", "current"])
def site(shared_installation, request):
    return Site(shared_installation(operator=request.param))


@pytest.fixture(scope="module")
def april(shared_installation):
    return Site(shared_installation(operator="april"))


@pytest.fixture(scope="module")
def lazy(shared_installation):
    return Site(shared_installation(operator="april", start="lazy", sessions_per_user=1))


# --- workspaces


def went(site, plural, name, version):
    """The version of everything there is, later than the given one, with which an object went."""
    events = site.lab.api.watch(site.installation.here.path(plural), version)
    gone = (e["object"]["metadata"] for e in events if e["type"] == "DELETED")
    return next(int(metadata["resourceVersion"]) for metadata in gone if metadata["name"] == name)


def test_deleting_a_workspace_with_a_session_on_the_pool(site):
    """An operator hears of a Workspace when that is gone, so it cannot make it outlast its Session.

    The real answer has the Session first, by a fiftieth of a second: three things were looked for in turn (inferred).
    """
    definition = site.definition(1)
    workspace = site.workspace(definition, ADA)
    storage = site.installation.get("workspaces", workspace)["spec"]["storage"]
    session = site.start_session(definition, ADA, name=f"{workspace}-session", workspace=workspace)
    assert INSTANCE_ID in annotations_of(session)
    version = site.installation.get("workspaces", workspace)["metadata"]["resourceVersion"]
    # The collector takes the volume of a Workspace that is gone, and may be faster than the operator.
    with site.held("kube-controller-manager"):
        site.kubectl("delete", "workspaces.theia.cloud", workspace)
        eventually("the session is gone", lambda: not site.exists("sessions", f"{workspace}-session"))
    things = (("workspaces", workspace), ("sessions", f"{workspace}-session"), ("persistentvolumeclaims", storage))
    versions = [went(site, *thing, version) for thing in things]
    assert versions == sorted(versions)


def test_starting_another_app_definition_on_a_workspace(lazy):
    site, ask, user = lazy, Asker(lazy.installation), "zoe@example.org"
    launched = ask("POST", "/service", ask.mine(appDefinition="c-latest"), user=user)
    assert launched.status == 200
    [workspace] = [w for w in site.installation.items("workspaces") if w["spec"]["user"] == user]
    name, storage = workspace["metadata"]["name"], workspace["spec"]["storage"]
    assert ask("DELETE", "/service/session", ask.mine(sessionName=f"{name}-session"), user=user) == text(200, "true")
    eventually("the first session is gone", lambda: not site.exists("sessions", f"{name}-session"))
    started = ask("POST", "/service/session", ask.mine(workspaceName=name, appDefinition="python-latest"), user=user)
    assert started.status == 200
    spec = site.installation.get("workspaces", name)["spec"]
    assert (spec["appDefinition"], spec["storage"]) == ("python-latest", storage)
    session = site.session(f"{name}-session")
    [pod] = site.installation.items("pods", labelSelector=f"theia-cloud.io/session-uuid={uid(session)}")
    assert not any("persistentVolumeClaim" in volume for volume in pod["spec"]["volumes"])
    assert ask("DELETE", "/service/workspace", ask.mine(workspaceName=name), user=user) == text(200, "true")
    gone = (("sessions", f"{name}-session"), ("workspaces", name), ("persistentvolumeclaims", storage))
    eventually("all is gone", lambda: not any(site.exists(*thing) for thing in gone))


# --- sidecars


def with_langserver(site, number):
    """An app definition behind the name of its sidecar, raised from 0 to 2."""
    name = f"python-{number}"
    sidecar = {"name": "langserver", "image": "registry.lab.invalid/ls:1", "port": 4000, "mountWorkspace": True}
    site.installation.add(chart.app_definition(name, minInstances=0, sidecars=[sidecar]))
    site.known(name)
    site.patch(name, minInstances=2)
    for instance in (1, 2):
        site.built(name, instance)
    site.settled()
    return name


def test_the_sidecars_of_a_pool_that_was_raised(april):
    site = april
    definition = with_langserver(site, 1)
    wholes = [site.instance(definition, number) for number in (1, 2)]
    sidecars = [site.sidecars(definition, number) for number in (1, 2)]
    for whole, found in zip(wholes, sidecars, strict=True):
        assert len(whole.objects) == 5
        assert [item["spec"].get("clusterIP") is not None for item in found] == [True]
        assert GENERATION not in labels(found[0])
    of_pool = [f"{definition}-instance-{number}" for number in (1, 2)]
    claims = site.installation.items("persistentvolumeclaims", labelSelector="theia-cloud.io/workspace-name")
    assert {labels(claim)["theia-cloud.io/workspace-name"] for claim in claims} >= set(of_pool)
    site.touch(definition)
    site.settled()
    assert [site.instance(definition, number).uids for number in (1, 2)] == [whole.uids for whole in wholes]
    again = [site.sidecars(definition, number) for number in (1, 2)]
    assert [len(found) for found in again] == [1, 1]
    assert not {uid(found[0]) for found in again} & {uid(found[0]) for found in sidecars}


def test_a_claim_where_a_sidecar_comes_first(april):
    site = april
    definition = with_langserver(site, 2)
    session = site.start_session(definition, ADA)
    instance, [sidecar] = site.instance(definition, 1), site.sidecars(definition, 1)
    for item in (sidecar, instance.internal, instance.deployment):
        assert owner_kinds(item) == ["AppDefinition", "Session"]
    assert owner_kinds(instance.external) == ["AppDefinition"]
    for item in (sidecar, instance.internal):
        assert labels(item)["theia-cloud.io/session-uuid"] == uid(session)
    assert "theia-cloud.io/session-uuid" not in labels(instance.external)
    route = site.installation.get("httproutes", f"{uid(session)}-route")
    [backend] = route["spec"]["rules"][1]["backendRefs"]
    assert backend["name"] == sidecar["metadata"]["name"]


def test_a_claim_of_newer_code_where_a_sidecar_comes_first(shared_installation):
    """Nobody has seen newer code do otherwise; the stand-in does what is meant."""
    site = Site(shared_installation(operator="current"))
    definition = with_langserver(site, 3)
    session = site.start_session(definition, ADA)
    instance = site.instance(definition, 1)
    assert owner_kinds(instance.external) == ["AppDefinition", "Session"]
    assert labels(instance.external)["theia-cloud.io/session-uuid"] == uid(session)
    assert any(SIDECAR in labels(item) and "replicas" in item["spec"] for item in site.sidecars(definition, 1))


# --- what an operator may not do, and what a namespace has no room for


def test_a_secret_that_the_operator_may_not_read(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA, envVarsFromSecrets=["artemis-credentials"])
    assert annotations_of(session)[INSTANCE_ID] == "1"
    assert site.printed("Failed to resolve Secret: artemis-credentials")


def test_a_quota_on_memory_that_the_auth_proxy_does_not_state(control_plane):
    with control_plane.installation(operator="april", app_definitions=[], running=["operator"]) as installation:
        site = Site(installation)
        definition = site.definition(3)
        installation.wait_warm(definition, 3)
        session = site.start_session(definition, ADA)["metadata"]["name"]
        site.lab.api.create(chart.quota(site.namespace, {"requests.memory": "100Gi"}))
        site.patch(definition, minInstances=8)

        def refused():
            messages = [event["message"] for event in installation.items("events") if event["reason"] == "FailedCreate"]
            return [message for message in messages if "must specify" in message]

        told = eventually("pods are refused", refused)
        assert all("failed quota: quota: must specify requests.memory for: oauth2-proxy" in line for line in told)
        site.settled()
        free = [site.instance(definition, number) for number in range(2, 9)]
        eventually(
            "nothing is warm",
            lambda: not any(d["status"].get("readyReplicas") for d in map(deployment_of(site), free)),
        )
        assert "operatorMessage" not in site.session(session)["status"]
        assert "status" not in installation.get("appdefinitions", definition)


def deployment_of(site):
    def live(instance):
        return site.installation.get("deployments", instance.deployment["metadata"]["name"])

    return live
