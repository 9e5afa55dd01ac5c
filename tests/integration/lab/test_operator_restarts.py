# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator as a process: who leads, what is lost while nobody does, what a new leader makes of what it finds."""

from __future__ import annotations

import json
import subprocess
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from integration.lab.operator_site import (
    INSTANCE_ID,
    SESSION_UUID,
    Site,
    annotations_of,
    eventually,
    owner_kinds,
    uid,
)
from lab.processes import PACKAGES

ADA, EVE = "ada@example.org", "eve@example.org"
LEASE = "theia-cloud-operator-leaders"
ROUTE = "theia-cloud-demo-ws-route"


@pytest.fixture
def site(control_plane, request):
    """One per test: what happens to the operator happens to all."""
    settings = {"app_definitions": [], "running": ["operator"], **getattr(request, "param", {})}
    with control_plane.installation(**settings) as installation:
        yield Site(installation)


OLD = pytest.param({"operator": "april"}, id="old-operator")
LAZY = pytest.param({"start": "lazy"}, id="lazy")


def lease_of(site):
    return site.installation.get("leases", LEASE)["spec"]


def another_operator(site):
    """A second replica: the same command line, ended with the test."""
    argv = site.installation.operator.command()
    return subprocess.Popen(argv, env={"PYTHONPATH": PACKAGES}, stderr=subprocess.DEVNULL)


# --- the lead


def test_the_holder_is_a_random_uuid_and_the_lease_is_renewed(site):
    before = lease_of(site)
    assert str(uuid.UUID(before["holderIdentity"])) == before["holderIdentity"]
    assert before["leaseDurationSeconds"] == site.installation.settings.lease_seconds[0]
    assert before["renewTime"].endswith("Z")
    assert len(before["renewTime"].partition(".")[2]) == len("000000Z")
    after = eventually("renewed", lambda: (now := lease_of(site))["renewTime"] != before["renewTime"] and now)
    assert after["holderIdentity"] == before["holderIdentity"]
    assert after["acquireTime"] == before["acquireTime"]


def test_a_second_replica_only_waits_until_the_first_is_gone(site):
    holder = lease_of(site)["holderIdentity"]
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    with another_operator(site) as standby:
        try:
            site.installation.operator.kill()
            eventually("another leads", lambda: lease_of(site)["holderIdentity"] != holder)
            assert standby.poll() is None
            site.attended()
            site.delete_session(session)
            eventually("it works", lambda: owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition"])
        finally:
            standby.kill()


def test_losing_the_lead_ends_the_process(site):
    now = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    taken = {"holderIdentity": str(uuid.uuid4()), "renewTime": now}
    site.apply_merge("lease", LEASE, {"spec": taken})
    eventually("the operator is gone", lambda: not site.installation.operator.running())
    process = site.lab.processes.status()["processes"][site.operator_process]
    assert process["returncode"] == 0
    assert lease_of(site)["holderIdentity"] == taken["holderIdentity"]


def test_an_operator_without_its_deployment_says_what_is_missing(site):
    site.installation.operator.kill()
    site.kubectl("delete", "deployment", "operator-deployment")
    argv = site.installation.operator.command()
    done = subprocess.run(argv, env={"PYTHONPATH": PACKAGES}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "operator-deployment" in done.stderr


def test_the_arguments_are_those_of_the_deployment(site):
    definition = site.definition(1)
    site.installation.operator.kill()
    deployment = site.installation.get("deployments", "operator-deployment")
    args = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    patch = [
        {
            "op": "replace",
            "path": "/spec/template/spec/containers/0/args",
            "value": [arg for arg in args if arg != "--eagerStart"],
        }
    ]
    site.kubectl("patch", "deployment", "operator-deployment", "--type=json", "-p", json.dumps(patch))
    site.installation.operator.start()
    session = site.start_session(definition, ADA)
    assert INSTANCE_ID not in annotations_of(session)
    assert len(site.owned("deployments", session)) == 1


# --- the pool at a start


def test_at_a_start_what_is_missing_is_created_and_nothing_else_is_touched(site):
    definition = site.definition(3)
    site.installation.operator.kill()
    before = site.instance(definition, 1)
    site.kubectl("delete", "deployment", site.instance(definition, 2).deployment["metadata"]["name"])
    # A change that nobody saw: instance 3 is above the minimum now, and all are outdated.
    site.patch(definition, minInstances=2)
    site.installation.operator.start()
    assert eventually("instance 2 is whole", lambda: site.instance(definition, 2).deployment)
    site.settled()
    assert site.instance(definition, 1).uids == before.uids
    assert site.instance(definition, 1).generations == {"1"}
    assert site.instance(definition, 2).generations == {"1", "2"}
    assert site.instance(definition, 3).is_built


def test_an_instance_above_the_minimum_goes_when_its_session_ends(site):
    """Only after a restart it still belongs to the app definition: a change that is seen takes that away before."""
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    site.installation.operator.kill()
    site.patch(definition, minInstances=0)
    site.installation.operator.start()
    site.attended()
    assert owner_kinds(site.instance(definition, 1).deployment) == ["AppDefinition", "Session"]
    site.delete_session(session)
    site.gone(definition, 1)


@pytest.mark.parametrize("site", [OLD], indirect=True)
def test_a_current_operator_heals_at_its_start_what_an_older_one_emptied(site):
    definition = site.definition(1)
    site.start_session(definition, ADA)
    site.patch(definition, maxInstances=500)
    site.settled()
    assert site.instance(definition, 1).address is None
    site.installation.operator.kill()
    site.installation.operator.start("--operator=current")
    eventually("the address is back", lambda: site.instance(definition, 1).address == ADA)


# --- sessions at a start


def interrupted(site, name):
    """A session in the middle of its start."""
    site.kubectl(
        "patch", "sessions.theia.cloud", name, "--subresource=status", "--type=merge",
        "-p", '{"status": {"operatorStatus": "HANDLING"}}',
    )  # fmt: skip


def test_an_interrupted_start_is_an_error_and_is_never_resumed(site):
    definition = site.definition(1)
    site.installation.operator.kill()
    name = site.create_session(definition, ADA)
    interrupted(site, name)
    site.installation.operator.start()
    session = site.reaches(name, "ERROR")
    assert "interrupted" in session["status"]["operatorMessage"].lower()
    assert "CorrelationId: init" in session["status"]["operatorMessage"]
    assert site.instance(definition, 1).uids
    assert owner_kinds(site.instance(definition, 1).external) == ["AppDefinition"]


def test_an_interrupted_workspace_is_an_error_too(site):
    site.installation.operator.kill()
    spec = {"name": "w", "user": ADA, "appDefinition": "any"}
    body = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": {"name": "w"}, "spec": spec}
    site.kubectl("create", "-f", "-", stdin=body)
    status = '{"status": {"operatorStatus": "HANDLING"}}'
    site.kubectl("patch", "workspaces.theia.cloud", "w", "--subresource=status", "--type=merge", "-p", status)
    site.installation.operator.start()

    def failed():
        return site.installation.get("workspaces", "w")["status"]["operatorStatus"] == "ERROR"

    eventually("the workspace is an error", failed)
    assert "storage" not in site.installation.get("workspaces", "w")["spec"]


def test_a_session_created_while_nobody_leads_has_no_status_and_is_handled_later(site):
    definition = site.definition(1)
    site.installation.operator.kill()
    name = site.create_session(definition, ADA)
    assert "status" not in site.session(name)
    site.installation.operator.start()
    site.reaches(name, "HANDLED")


def test_polling_for_a_url_is_not_resumed(site):
    definition = site.definition(1)
    site.kubectl("annotate", "httproute", ROUTE, "lab/unreachable=true")
    session = site.start_session(definition, ADA)
    site.installation.operator.kill()
    site.kubectl("annotate", "httproute", ROUTE, "lab/unreachable-")
    site.installation.operator.start()
    site.has_url(site.create_session(site.definition(1), EVE))
    after = site.session(session["metadata"]["name"])["status"]
    assert after["operatorStatus"] == "HANDLED"
    assert "url" not in after


@pytest.mark.parametrize("site", [LAZY], indirect=True)
@pytest.mark.parametrize("kind", ["Service", "ConfigMap", "Deployment"])
def test_what_a_session_has_already_ends_its_start_at_once(site, kind):
    definition = site.definition()
    site.settled()
    site.installation.operator.kill()
    name = site.create_session(definition, ADA)
    owner = {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "name": name, "uid": uid(site.session(name))}
    bodies = {
        "Service": {"apiVersion": "v1", "spec": {"ports": [{"port": 80}]}},
        "ConfigMap": {"apiVersion": "v1"},
        "Deployment": {
            "apiVersion": "apps/v1",
            "spec": {
                "selector": {"matchLabels": {"app": "x"}},
                "template": {
                    "metadata": {"labels": {"app": "x"}},
                    "spec": {"containers": [{"name": "x", "image": "x"}]},
                },
            },
        },
    }
    body = {"kind": kind, "metadata": {"name": "was-here", "ownerReferences": [owner]}, **bodies[kind]}
    site.kubectl("create", "-f", "-", stdin=body)
    site.installation.operator.start()
    session = site.reaches(name, "HANDLED")
    assert "already exist" in session["status"]["operatorMessage"]
    assert site.owned("httproutes", session) == []
    assert len(site.owned("services", session)) == (1 if kind == "Service" else 2)


# --- what is lost while nobody leads


@pytest.mark.parametrize("site", [LAZY], indirect=True)
def test_a_workspace_that_is_deleted_while_nobody_leads_leaves_its_session(site):
    definition = site.definition()
    workspace = site.workspace(definition, ADA)
    storage = site.installation.get("workspaces", workspace)["spec"]["storage"]
    session = site.start_session(definition, ADA, name=f"{workspace}-session", workspace=workspace)
    pod = eventually(
        "a pod with the volume",
        lambda: site.installation.items("pods", labelSelector=f"{SESSION_UUID}={uid(session)}"),
    )[0]
    assert pod["spec"]["volumes"]
    site.installation.operator.kill()
    site.kubectl("delete", "workspaces.theia.cloud", workspace)
    terminating = eventually(
        "the claim is being deleted",
        lambda: (
            "deletionTimestamp" in (c := site.installation.get("persistentvolumeclaims", storage))["metadata"] and c
        ),
    )
    assert "kubernetes.io/pvc-protection" in terminating["metadata"]["finalizers"]
    site.installation.operator.start()
    assert site.exists("sessions", f"{workspace}-session")
    assert site.exists("persistentvolumeclaims", storage)


def test_deleting_all_app_definitions_takes_the_shared_route_along(site):
    definition = site.definition(1)
    site.start_session(definition, ADA)
    site.kubectl("delete", "appdefinitions.theia.cloud", definition)
    eventually("the shared route is gone", lambda: not site.exists("httproutes", ROUTE))
    late = site.definition(0)
    refused = site.reaches(site.create_session(late, EVE), "ERROR")
    assert "HTTPRoute not available" in refused["status"]["operatorMessage"]
