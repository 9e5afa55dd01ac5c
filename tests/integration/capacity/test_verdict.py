# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quota that the platform's documentation recommends, and the verdict on it, against real admission."""

from __future__ import annotations

import json

import pytest

from integration.capacity_site import CapacitySite, desired
from integration.lab.operator_site import eventually
from lab import chart

JAVA = "java-17-latest"
QUOTA = {"requests.memory": "400Gi", "limits.memory": "600Gi"}
SIZE = {"requestsMemory": "2000M", "limitsMemory": "3000M", "requestsCpu": "10m", "limitsCpu": "1"}


@pytest.fixture
def site(installation):
    """Makes an installation whose pool is warm before the quota comes, and reads it with the rights to see nodes."""

    def make(instances, *, keycloak):
        java = chart.app_definition(JAVA, minInstances=instances, **SIZE)
        site = CapacitySite(installation(app_definitions=[java], keycloak=keycloak))
        site.installation.wait_warm(JAVA, instances)
        site.lab.api.create(chart.quota(site.namespace, QUOTA))
        path = f"/api/v1/namespaces/{site.namespace}/resourcequotas/quota"
        eventually(
            "the quota is counted", lambda: site.lab.api.get(path)["status"].get("used", {}).keys() == QUOTA.keys()
        )
        return site

    return make


def verdict(site, **options):
    return site.info(JAVA, participants=0, kubeconfig=str(site.lab.admin_kubeconfig), **options)["verdict"]


def pods_of_instance(site, number):
    """Let the first instance have so many pods: made by the operator's template, let in by the real admission."""
    deployment = site.instance(JAVA, 1).deployment["metadata"]["name"]
    site.kubectl("scale", "deployment", deployment, f"--replicas={number}")
    said = eventually("a pod is refused", lambda: refusals(site))
    return said, lambda: site.instance(JAVA, 1).deployment["status"].get("readyReplicas", 0)


def refusals(site):
    events = json.loads(site.kubectl("get", "events", "-o", "json"))["items"]
    return [event["message"] for event in events if event["reason"] == "FailedCreate"]


def test_without_a_login_proxy_214_start_and_the_next_does_not(site):
    site = site(1, keycloak=False)
    found = verdict(site)
    assert (found["sessions"], found["warm"], found["confidence"], found["reasons"]) == (214, 1, "exact", [])
    assert {limit["resource"] for limit in found["limits"] if limit["binds"]} == set(QUOTA)
    # The lab's account of the collection may not see pods of other namespaces.
    narrow = site.info(JAVA, participants=300)["verdict"]
    assert (narrow["sessions"], narrow["enough"], narrow["confidence"]) == (214, False, "bound")
    assert narrow["reasons"] == ["the room on nodes is not known"]
    said, ready = pods_of_instance(site, 215)
    assert "exceeded quota: quota" in said[0]
    eventually("214 are ready", lambda: ready() == 214)
    full = verdict(site)
    # The warm one is there still; nothing comes after it.
    assert (full["sessions"], full["warm"]) == (1, 1)


def test_with_a_login_proxy_nothing_starts_until_the_limit_range_of_the_verdict_is_there(site):
    site = site(3, keycloak=True)
    found = verdict(site)
    [limit] = [limit for limit in found["limits"] if limit["binds"]]
    assert (found["sessions"], found["warm"], limit["code"]) == (3, 3, "unlimited_container")
    for check in (True, False):
        refused = site.set(desired(JAVA, warm=8), check=check, kubeconfig=str(site.lab.admin_kubeconfig))
        assert "its 3 warm instances would become 0 of 8: ResourceQuota quota demands" in refused["msg"]
    assert (site.bounds(JAVA)[0], site.ledger()) == (3, {})
    said, _ready = pods_of_instance(site, 2)
    assert (
        "failed quota: quota: must specify limits.memory for: oauth2-proxy; requests.memory for: oauth2-proxy"
        in said[0]
    )
    site.kubectl("scale", "deployment", site.instance(JAVA, 1).deployment["metadata"]["name"], "--replicas=1")
    site.kubectl("create", "-f", "-", stdin=limit["remedy"].removeprefix("create "))
    eventually("the pod that was too many is gone", lambda: verdict(site)["confidence"] == "exact")
    found = verdict(site)
    # (400Gi - 3 x 2000M) / (2000M + 64Mi) = 204.8: the three that run were let in before they had to state it.
    assert found["sessions"] == 3 + 204
    said, ready = pods_of_instance(site, 1 + 205)
    eventually("as many as it said are ready", lambda: ready() == 1 + 204)
