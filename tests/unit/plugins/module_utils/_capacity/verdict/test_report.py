# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts in words."""

from __future__ import annotations

import json

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.judge import judge
from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.question import Surroundings
from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.report import (
    describe,
    headline,
    limit_range_text,
    quantity,
    sentence,
)
from unit.verdict_world import PROXY, candidate, ide, node, pod, quota

BIG = node("big", memory="1000Ti", cpu="9000", pods="9000")
JAVA = pod(ide({"memory": "2000M"}, {"memory": "3000M"}))


def verdict(template=JAVA, *quotas, seats=(), nodes=(BIG,), participants=None, **changes):
    around = Surroundings(quotas, nodes=None if nodes is None else nodes)
    return judge([candidate(template, seats, **changes)], around, participants=participants)


def test_a_quota_in_one_sentence():
    found = verdict(
        JAVA, quota({"requests.memory": "400Gi"}, {"requests.memory": "20G"}, name="theia"), seats=["warm"] * 60
    )
    assert sentence(found) == (
        "java-17-latest: 264 more students get a session, 60 of them at once on a warm instance; "
        "what binds: ResourceQuota theia (requests.memory: 20G of 400Gi used, 2G for each session); "
        "what lifts it: raise requests.memory of ResourceQuota theia to 430G"
    )


def test_who_is_expected_and_how_much_that_takes():
    found = verdict(JAVA, quota({"pods": "5", "limits.memory": "30G"}), participants=12)
    assert sentence(found).endswith(
        "get a session, 0 of them at once on a warm instance; 12 are expected; what binds: ResourceQuota quota "
        "(pods: 0 of 5 used, 1 for each session); what lifts it: raise pods of ResourceQuota quota to 12; "
        "raise limits.memory of ResourceQuota quota to 36G"
    )
    assert [(limit["binds"], limit["sessions"]) for limit in describe(found)["limits"]] == [(True, 5), (False, 10)]
    assert "what lifts it" not in sentence(verdict(JAVA, quota({"pods": "5"}), participants=5))


def test_a_container_without_limits_and_the_limit_range_that_helps():
    found = verdict(pod(PROXY, ide({"memory": "2000M"})), quota({"requests.memory": "400Gi"}, name="theia"))
    assert (
        "what binds: ResourceQuota theia demands requests.memory, and container oauth2-proxy states none"
        in sentence(found)
    )
    made = json.loads(sentence(found).partition("what lifts it: create ")[2])
    assert made == {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "theia-defaults"},
        "spec": {
            "limits": [{"type": "Container", "default": {"memory": "64Mi"}, "defaultRequest": {"memory": "64Mi"}}]
        },
    }
    assert json.loads(limit_range_text(["limits.cpu", "requests.memory"]))["spec"]["limits"][0]["default"] == {
        "cpu": "100m",
        "memory": "64Mi",
    }


def test_nodes_bounds_and_nothing():
    assert (
        "the room on the 2 nodes that take such pods; what lifts it: add nodes with room for 3 more pods"
        in sentence(verdict(nodes=(node("a", memory="4G"), node("b", memory="3G")), participants=6))
    )
    bounded = verdict(left_by_service=2, left_by_operator=5, max_instances=40)
    assert "max_instances=40 of java-17-latest; what lifts it: raise max_instances of java-17-latest to 41" in sentence(
        bounded
    )
    nothing = verdict(nodes=None)
    assert sentence(nothing).startswith("java-17-latest: any number of more students get a session")


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            verdict(JAVA, quota({"pods": "5"})),
            "java-17-latest: 5 more students, 0 on a warm instance; quota quota pods",
        ),
        (
            verdict(pod(PROXY, ide({"memory": "2000M"})), quota({"requests.memory": "4Gi"}), seats=["warm", "missing"]),
            (
                "java-17-latest: 1 more students, 1 on a warm instance, 1 would be stuck; "
                "refused: requests.memory of oauth2-proxy"
            ),
        ),
        (
            verdict(left_by_service=2, max_instances=40),
            "java-17-latest: 2 more students, 0 on a warm instance; max_instances=40",
        ),
        (verdict(nodes=(node("a", memory="4G"),)), "java-17-latest: 2 more students, 0 on a warm instance; nodes full"),
        (verdict(nodes=None), "java-17-latest: any number of more students, 0 on a warm instance"),
    ],
)
def test_a_line_for_a_terminal(found, line):
    assert headline(found) == describe(found)["headline"] == line


def test_instances_that_lead_nowhere_are_told():
    found = verdict(seats=["stuck", "warm"], participants=1)
    assert "1 free instances would take a student and never become ready" in sentence(found)
    assert describe(found)["enough"] is False


@pytest.mark.parametrize(
    ("resource", "amount", "text"),
    [
        ("limits.cpu", 500, "500m"),
        ("pods", 12_000, "12"),
        ("limits.memory", 400 * 1024**3 * 1000, "400Gi"),
        ("limits.memory", 3 * 10**12, "3G"),
        ("limits.memory", 2_067_108_864_000, "1972Mi"),
        ("requests.storage", 250 * 1024**2 * 1000, "250Mi"),
        ("limits.memory", 0, "0"),
    ],
)
def test_amounts(resource, amount, text):
    assert quantity(resource, amount) == text
