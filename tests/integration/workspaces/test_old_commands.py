# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command by which people look at workspaces by hand, beside the task that replaces it: the same answers."""

from __future__ import annotations

import json

import pytest

from integration.capacity_site import rules_without
from integration.workspace_site import WorkspaceSite
from lab import chart
from lab.identities import rule

ADA, BOB = "ada@students.lab.invalid", "Bob+2@students.lab.invalid"
C, JAVA = "c-latest", "java-17-latest"
PVC, PV = "persistentvolumeclaims", "persistentvolumes"


@pytest.fixture(scope="module")
def site(module_installation):
    """Ada is on one of her two workspaces; Bob's is not in use; each was created on another day."""
    sidecar = {
        "name": "langserver",
        "image": "registry.lab.invalid/langserver:1",
        "port": 5000,
        "mountWorkspace": True,
    }
    definitions = [chart.app_definition(C), chart.app_definition(JAVA, minInstances=1, sidecars=[sidecar])]
    quota = {"persistentvolumeclaims": "50", "requests.storage": "20Gi"}
    found = WorkspaceSite(module_installation(app_definitions=definitions, quota=quota))
    found.installation.wait_warm(JAVA, 1)
    found.used = found.store(ADA, C)
    found.idle = found.store(ADA, JAVA)
    found.other = found.store(BOB, C)
    for days, name in enumerate((found.used, found.other, found.idle), start=1):
        found.created(name, days=days)
    found.session_name = found.open(ADA, found.used)
    return found


def kubectl_json(site, *args):
    return json.loads(site.kubectl(*args, "-o", "json"))


def test_list_all(site):
    """kubectl get workspaces -o json"""
    old = {
        (w["metadata"]["name"], w["metadata"]["uid"], w["spec"]["user"], w["spec"]["appDefinition"], w["spec"]["label"])
        for w in kubectl_json(site, "get", "workspaces.theia.cloud")["items"]
    }
    fields = ("name", "uid", "user", "app_definition", "label")
    assert {tuple(record[field] for field in fields) for record in site.known().values()} == old
    assert len(old) == 3


def test_list_by_user(site):
    """kubectl get workspaces -o jsonpath='{.items[?(@.spec.user=="…")].metadata.name}'"""
    for user in (ADA, BOB, "nobody"):
        path = f'{{.items[?(@.spec.user=="{user}")].metadata.name}}'
        old = site.kubectl("get", "workspaces.theia.cloud", "-o", f"jsonpath={path}").split()
        assert sorted(site.known(users=[user])) == sorted(old)


def test_sort_by_age(site):
    """kubectl get workspaces --sort-by=.metadata.creationTimestamp"""
    old = site.kubectl("get", "workspaces.theia.cloud", "--sort-by=.metadata.creationTimestamp", "-o", "name").split()
    assert [f"workspace.theia.cloud/{name}" for name in site.known(sort_by="created")] == old
    assert list(site.known(sort_by="created")) == [site.idle, site.other, site.used]


def test_the_claim_and_the_volume_of_a_workspace(site):
    """kubectl get workspace NAME, kubectl get pvc CLAIM, kubectl get pv VOLUME, one after the other"""
    for name, new in site.known().items():
        workspace = kubectl_json(site, "get", "workspaces.theia.cloud", name)
        claim = kubectl_json(site, "get", PVC, workspace["spec"]["storage"])
        volume = kubectl_json(site, "get", PV, claim["spec"]["volumeName"])
        assert new["claim"] == {
            "name": claim["metadata"]["name"],
            "phase": claim["status"]["phase"],
            "found_by": "storage",
            "requested_bytes": 250 * 2**20,
            "capacity_bytes": 250 * 2**20,
            "storage_class": claim["spec"]["storageClassName"],
        }
        assert new["volume"] == {
            "name": volume["metadata"]["name"],
            "phase": volume["status"]["phase"],
            "reclaim_policy": volume["spec"]["persistentVolumeReclaimPolicy"],
        }
        assert new["operator_status"] == workspace["status"]["operatorStatus"]
        assert new["deletion"] == "volume_deleted"


def test_claims_of_the_pool_are_no_workspaces(site):
    """kubectl get pvc -l theia-cloud.io/workspace-name, which shows them all alike"""
    old = site.kubectl("get", PVC, "-l", "theia-cloud.io/workspace-name", "-o", "name").split()
    seen = site.look()
    mapped = [record["claim"]["name"] for record in seen["workspaces"]]
    pool = [claim["name"] for claim in seen["pool_claims"]]
    assert sorted(f"persistentvolumeclaim/{name}" for name in [*mapped, *pool]) == sorted(old)
    assert (len(mapped), len(pool), seen["orphans"]["claims"]) == (3, 1, [])
    assert pool[0].startswith("instance-1-")


def test_who_is_on_it(site):
    """kubectl get sessions -o jsonpath='{.items[?(@.spec.workspace=="…")].metadata.name}'"""
    for name, new in site.known().items():
        path = f'{{.items[?(@.spec.workspace=="{name}")].metadata.name}}'
        old = site.kubectl("get", "sessions.theia.cloud", "-o", f"jsonpath={path}").split()
        assert new["sessions"] == new["live_sessions"] == old
    assert site.known(in_use=True).keys() == {site.used}
    assert site.session_name in site.names()


def test_list_through_the_service(site):
    """GET /service/workspace/APPID/USER"""
    for user in (ADA, BOB):
        path = f"/service/workspace/{site.installation.app_id}/{user}"
        old = site.installation.rest("GET", path, user=user).json()
        new = site.known(api="service", user_token=site.installation.user_token(user))
        assert {(r["name"], r["user"], r["app_definition"], r["label"]) for r in new.values()} == {
            (entry["name"], entry["user"], entry["appDefinition"], entry["label"]) for entry in old
        }
        assert {name for name, record in new.items() if record["sessions"]} == {
            entry["name"] for entry in old if entry["active"]
        }
        assert {(r["uid"], r["claim"], r["deletion"], r["live_sessions"]) for r in new.values()} == {(None,) * 4}


def test_the_quota(site):
    """kubectl get resourcequota -o json"""
    (old,) = kubectl_json(site, "get", "resourcequotas")["items"]
    summary = site.look()["summary"]
    assert {row["resource"]: (row["used"], row["hard"]) for row in summary["quotas"]} == {
        resource: (old["status"]["used"][resource], hard) for resource, hard in old["status"]["hard"].items()
    }
    assert summary["claims"]["workspaces"]["claims"] + summary["claims"]["pools"]["claims"] == 4
    assert summary["by_storage_class"]["delete"]["requested_bytes"] == 4 * 250 * 2**20


def test_an_account_without_rights_in_the_cluster_misses_volumes_and_what_rests_on_them(site):
    account = site.lab.identity("no-volumes", namespace=site.namespace, rules=rules_without())
    seen = site.look(kubeconfig=str(account.kubeconfig))
    assert set(seen["missing"]) == {"volumes"}
    assert len(seen["warnings"]) == 1
    assert {(record["volume"], record["deletion"]) for record in seen["workspaces"]} == {(None, None)}
    assert seen["orphans"] == {"claims": [], "volumes": None}


def test_an_account_that_may_only_read_the_platforms_kinds_still_gets_names(site):
    rules = [rule("theia.cloud", "sessions workspaces appdefinitions", "get", "list")]
    account = site.lab.identity("names-only", namespace=site.namespace, rules=rules)
    seen = site.look(kubeconfig=str(account.kubeconfig))
    assert {record["name"] for record in seen["workspaces"]} == {site.used, site.idle, site.other}
    assert {record["claim"] for record in seen["workspaces"]} == {None}
    assert {"claims", "volumes", "quotas", "collector", "observation", "pods", "exams"} <= set(seen["missing"])


def test_looking_writes_nothing(site):
    began = site.now()
    site.look()
    assert site.writes(began) == []


class TestWhatIsLeft:
    """Changes what the tests above count, so it comes last."""

    def test_claims_and_volumes_that_outlive_a_workspace(self, site):
        """kubectl get pvc,pv, and knowing by heart which workspaces there were"""
        claim = site.claim_of(site.other)
        site.kubectl(
            "patch", PV, claim["spec"]["volumeName"], "-p", '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'
        )
        assert site.known()[site.other]["deletion"] == "volume_released"
        # As after a deletion with --cascade=orphan: the claim stays and belongs to nobody.
        site.kubectl(
            "patch", PVC, claim["metadata"]["name"], "--type=merge", "-p", '{"metadata":{"ownerReferences":null}}'
        )
        site.installation.operator.stop()
        site.kubectl("delete", "workspaces.theia.cloud", site.other)
        (left,) = site.look()["orphans"]["claims"]
        assert (left["name"], left["workspace"]) == (claim["metadata"]["name"], site.other)
        site.kubectl("delete", PVC, claim["metadata"]["name"])
        released = kubectl_json(site, "get", PV, claim["spec"]["volumeName"])
        (volume,) = site.look()["orphans"]["volumes"]
        assert (volume["name"], volume["claim"], volume["reclaim_policy"]) == (
            released["metadata"]["name"],
            claim["metadata"]["name"],
            "Retain",
        )
