# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What LimitRanges and quotas make of a pod."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.admission import Admitted, Refusal, admit
from ansible_collections.eduide.theia.plugins.module_utils._platform.room import (
    Scope,
    amounts,
    limit_range_of,
    pod_requests,
    quota_of,
)
from unit.verdict_world import PROXY, defaults, ide, limit_range, pod, quota

SMALL = ide({"memory": "1Gi"}, {"memory": "2Gi"})


def refused(template, *quotas, ranges=()):
    found = admit(template, ranges, quotas)
    return (found.code, found.name, found.containers, found.resources) if isinstance(found, Refusal) else None


# --- LimitRanges


def test_defaults_fill_only_what_is_not_stated():
    both = limit_range(default={"memory": "1Gi", "cpu": "2"}, default_request={"memory": "64Mi", "cpu": "100m"})
    found = admit(pod(PROXY, ide({"memory": "3Gi"}, {"memory": "3Gi"})), [both], [])
    assert found.requests == amounts({"memory": "3136Mi", "cpu": "200m"})
    assert found.limits == amounts({"memory": "4Gi", "cpu": "4"})


def test_a_limit_is_the_request_where_none_is_stated():
    found = admit(pod(ide(limits={"memory": "2Gi"})), [defaults(memory="1Gi")], [])
    assert found.requests == found.limits == amounts({"memory": "2Gi"})


def test_a_default_limit_below_a_stated_request_is_refused():
    assert refused(pod(ide({"memory": "2Gi"})), ranges=[defaults(memory="1Gi")]) == (
        "limit_range",
        "",
        ("ide",),
        ("memory",),
    )


@pytest.mark.parametrize(
    ("kind", "fields", "allowed"),
    [
        ("Container", {"maximum": {"memory": "2Gi"}}, True),
        ("Container", {"maximum": {"memory": "2Gi", "cpu": "4"}}, False),  # no cpu limit is stated
        ("Container", {"maximum": {"memory": "1999Mi"}}, False),
        ("Container", {"minimum": {"memory": "1Gi"}}, True),
        ("Container", {"minimum": {"memory": "1025Mi"}}, False),
        ("Container", {"minimum": {"cpu": "1m"}}, False),
        ("Container", {"ratio": {"memory": "2"}}, True),
        ("Container", {"ratio": {"memory": "1.9"}}, False),
        ("Container", {"ratio": {"cpu": "2"}}, False),
        ("Pod", {"maximum": {"memory": "4Gi"}}, True),
        ("Pod", {"maximum": {"memory": "3Gi"}}, False),
        ("PersistentVolumeClaim", {"maximum": {"storage": "1Mi"}}, True),
    ],
)
def test_minimum_maximum_and_ratio(kind, fields, allowed):
    template = pod(SMALL, ide({"memory": "1Gi"}, {"memory": "2Gi"}, "second"))
    assert (refused(template, ranges=[limit_range(kind, **fields)]) is None) == allowed


# --- quotas


@pytest.mark.parametrize(
    ("resource", "missing"),
    [
        ("requests.memory", True),
        ("memory", True),
        ("limits.memory", True),
        ("cpu", True),
        ("limits.cpu", True),
        # These are counted as nothing where they are not stated.
        ("requests.ephemeral-storage", False),
        ("limits.ephemeral-storage", False),
        ("pods", False),
        ("count/pods", False),
        ("requests.nvidia.com/gpu", False),
    ],
)
def test_a_quota_demands_that_each_container_states_it(resource, missing):
    expected = ("unlimited_container", "quota", ("oauth2-proxy",), (resource,)) if missing else None
    full = {"memory": "1Gi", "cpu": "1"}
    assert refused(pod(PROXY, ide(full, full)), quota({resource: "100"})) == expected


def test_a_limit_range_that_fills_what_a_quota_demands_ends_the_refusal():
    template, demanding = pod(PROXY, SMALL), quota({"requests.memory": "9Gi", "limits.memory": "9Gi"})
    assert refused(template, demanding)
    assert refused(template, demanding, ranges=[defaults(memory="64Mi")]) is None


@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        (Scope("BestEffort", "Exists", ()), False),
        (Scope("NotBestEffort", "Exists", ()), True),
        (Scope("Terminating", "Exists", ()), False),
        (Scope("NotTerminating", "Exists", ()), True),
        (Scope("CrossNamespacePodAffinity", "Exists", ()), False),
        (Scope("PriorityClass", "Exists", ()), False),
        (Scope("PriorityClass", "DoesNotExist", ()), True),
        (Scope("PriorityClass", "In", ("exam",)), False),
        (Scope("PriorityClass", "NotIn", ("exam",)), True),
    ],
)
def test_a_scoped_quota_demands_only_of_pods_that_it_counts(scope, counted):
    assert bool(refused(pod(PROXY, SMALL), quota({"requests.memory": "9Gi"}, scopes=[scope]))) == counted


def test_a_pod_of_a_priority_class():
    template = pod(PROXY, SMALL, priorityClassName="exam")
    for operator, counted in (("In", True), ("NotIn", False), ("Exists", True), ("DoesNotExist", False)):
        scoped = quota({"requests.memory": "9Gi"}, scopes=[Scope("PriorityClass", operator, ("exam",))])
        assert bool(refused(template, scoped)) == counted


def test_usage_has_all_the_names_by_which_quotas_count():
    found = admit(
        pod(ide({"memory": "1Gi", "cpu": "500m", "ephemeral-storage": "1Gi", "example.org/gpu": "1"})), [], []
    )
    assert isinstance(found, Admitted)
    assert found.usage == amounts(
        {
            **dict.fromkeys(("memory", "requests.memory", "ephemeral-storage", "requests.ephemeral-storage"), "1Gi"),
            **dict.fromkeys(("cpu", "requests.cpu"), "500m"),
            **dict.fromkeys(("requests.example.org/gpu", "pods", "count/pods"), "1"),
        }
    )


# --- what is read of the objects


def test_init_containers_run_alone_or_beside():
    def of(*inits):
        containers = [{"name": str(n), **init} for n, init in enumerate(inits)]
        return pod_requests(pod(ide({"cpu": "2"}), ide({"cpu": "1"}), initContainers=containers).containers)["cpu"]

    def init(cpu, **more):
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    stays = {"restartPolicy": "Always"}
    assert of(init("2")) == 3000
    assert of(init("5")) == 5000
    assert of(init("1", **stays)) == 4000
    assert of(init("1", **stays), init("5")) == 6000
    assert of(init("5"), init("1", **stays)) == 5000


def test_a_quota_is_what_its_status_says():
    obj = {
        "metadata": {"name": "q"},
        "spec": {
            "hard": {"pods": "5"},
            "scopes": ["NotTerminating"],
            "scopeSelector": {
                "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["exam"]}]
            },
        },
        "status": {"hard": {"pods": "4"}, "used": {"pods": "3"}},
    }
    found = quota_of(obj)
    assert found.left == amounts({"pods": "1"})
    assert found.scopes == (Scope("NotTerminating", "Exists", ()), Scope("PriorityClass", "In", ("exam",)))


def test_a_limit_range_as_the_api_server_stores_it():
    obj = {
        "metadata": {"name": "limits"},
        "spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "1"}}]},
    }
    assert limit_range_of(obj) == limit_range(default={"cpu": "1"}, default_request={"cpu": "1"})
