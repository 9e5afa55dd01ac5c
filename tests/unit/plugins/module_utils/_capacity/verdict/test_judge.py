# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many further students get a session, and what binds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.admission import admit
from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.judge import judge
from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.question import (
    Competitor,
    Storage,
    Surroundings,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.room import ONE, PodTemplate, amounts
from unit.verdict_world import PROXY, Cluster, candidate, defaults, ide, node, pod, quota, running

DOCUMENTED = quota({"requests.memory": "400Gi", "limits.memory": "600Gi"})
JAVA = ide({"memory": "2000M"}, {"memory": "3000M"})
GIB = ide({"memory": "1Gi"})


BIG = node("big", memory="1000Ti", cpu="9000", pods="9000")


def around(*quotas, nodes=(BIG,), limit_ranges=(), **changes):
    """A cluster whose nodes take everything, unless a test says otherwise."""
    return Surroundings(tuple(quotas), tuple(limit_ranges), None if nodes is None else tuple(nodes), **changes)


def binding(verdict):
    return [(limit.code, limit.name, limit.resource) for limit in verdict.binding]


# --- the quota of the platform's documentation


def test_the_documented_quota_takes_214_students_and_both_of_its_limits_bind():
    verdict = judge([candidate(pod(JAVA))], around(DOCUMENTED))
    assert (verdict.sessions, verdict.exact) == (214, True)
    assert binding(verdict) == [("quota", "quota", "requests.memory"), ("quota", "quota", "limits.memory")]


def test_with_a_login_proxy_and_no_limit_range_nobody_starts():
    verdict = judge([candidate(pod(PROXY, JAVA), keycloak=True)], around(DOCUMENTED))
    assert (verdict.sessions, verdict.exact) == (0, True)
    [limit] = verdict.binding
    assert (limit.code, limit.name) == ("unlimited_container", "quota")
    assert limit.refusal.containers == ("oauth2-proxy",)
    assert limit.refusal.resources == ("limits.memory", "requests.memory")


def test_a_limit_range_of_64mi_lets_207_in():
    verdict = judge([candidate(pod(PROXY, JAVA))], around(DOCUMENTED, limit_ranges=[defaults(memory="64Mi")]))
    # 400Gi / (2000M + 64Mi) = 207.8; the limits alone would allow 210.
    assert (verdict.sessions, binding(verdict)) == (207, [("quota", "quota", "requests.memory")])


def test_a_pool_that_is_warm_already_is_there_although_no_new_pod_is():
    verdict = judge([candidate(pod(PROXY, JAVA), ["warm"] * 3 + ["missing"] * 2)], around(DOCUMENTED))
    assert (verdict.sessions, verdict.warm, verdict.stuck) == (3, 3, 2)


# --- who comes first


def test_instances_take_no_room_and_come_before_new_pods():
    five = quota({"pods": "5"}, {"pods": "2"})
    verdict = judge([candidate(pod(GIB), ["warm", "starting"])], around(five))
    assert (verdict.sessions, verdict.warm, verdict.stuck) == (5, 1, 0)


def test_a_cold_instance_without_a_pod_takes_the_room_of_a_new_pod():
    three = quota({"pods": "3"})
    assert judge([candidate(pod(GIB), ["missing"] * 2)], around(three)).sessions == 3
    verdict = judge([candidate(pod(GIB), ["missing"] * 5)], around(three))
    assert (verdict.sessions, verdict.stuck) == (3, 2)


def test_a_pod_without_a_node_is_counted_by_quotas_already():
    verdict = judge([candidate(pod(GIB), ["unplaced"] * 2)], around(quota({"pods": "3"}, {"pods": "2"})))
    assert verdict.sessions == 3
    full = judge([candidate(pod(GIB), ["unplaced"] * 2)], around(quota({"pods": "9"}), nodes=[node("n", memory="1Gi")]))
    assert (full.sessions, full.stuck) == (1, 1)


def test_an_instance_in_trouble_takes_a_student_and_never_becomes_ready():
    verdict = judge([candidate(pod(GIB), ["stuck", "warm"])], around(quota({"pods": "1"})), participants=1)
    assert (verdict.sessions, verdict.stuck, verdict.enough) == (2, 1, False)


# --- limits of the platform itself


@pytest.mark.parametrize(
    ("service", "operator", "seats", "sessions"),
    [
        (5, 5, 0, 5),
        # The operator does not count sessions that the service counts, or the other way round: the smaller one holds.
        (5, 3, 0, 3),
        (3, 5, 0, 3),
        # Who finds an instance is not asked by the operator.
        (5, 1, 4, 4),
        (5, 0, 5, 5),
        (2, 9, 4, 2),
        (0, 9, 4, 0),
        (-1, -1, 0, 0),
    ],
)
def test_max_instances_as_service_and_operator_count_it(service, operator, seats, sessions):
    one = candidate(pod(GIB), ["warm"] * seats, left_by_service=service, left_by_operator=operator, max_instances=9)
    verdict = judge([one], around())
    assert (verdict.sessions, binding(verdict)) == (sessions, [("max_instances", "java-17-latest", "")])


def test_who_may_have_no_session_only_finds_instances():
    verdict = judge([candidate(pod(GIB), ["warm"] * 2)], around(sessions_per_user=0))
    assert (verdict.sessions, binding(verdict)) == (2, [("sessions_per_user", "", "")])


# --- objects


@pytest.mark.parametrize(
    ("resource", "sessions"),
    [
        ("count/sessions.theia.cloud", 10),
        ("count/httproutes.gateway.networking.k8s.io", 10),
        ("count/deployments.apps", 10),
        ("count/replicasets.apps", 10),
        ("services", 5),
        ("count/services", 5),
        ("count/endpointslices.discovery.k8s.io", 5),
        ("configmaps", 5),
        ("count/configmaps", 5),
        ("count/pods", 10),
    ],
)
def test_every_kind_that_a_session_needs_may_bind(resource, sessions):
    one = candidate(pod(GIB), keycloak=True)
    verdict = judge([one], around(quota({resource: "12"}, {resource: "2"})))
    assert (verdict.sessions, binding(verdict)) == (sessions, [("quota", "quota", resource)])


def test_a_session_on_an_instance_is_an_object_too():
    one = candidate(pod(GIB), ["warm"] * 4)
    assert judge([one], around(quota({"count/sessions.theia.cloud": "3"}))).sessions == 3
    assert judge([one], around(quota({"count/sessions.theia.cloud": "6"}))).sessions == 6
    assert judge([one], around(quota({"services": "6"}))).sessions == 7


def test_new_workspaces_bring_claims():
    one = candidate(pod(GIB), ["warm"], storage=Storage(250 * 1024**2 * ONE, "csi"))
    for resource, hard, sessions in (
        ("persistentvolumeclaims", "7", 7),
        ("requests.storage", "1Gi", 4),
        ("csi.storageclass.storage.k8s.io/requests.storage", "500Mi", 2),
        ("csi.storageclass.storage.k8s.io/persistentvolumeclaims", "3", 3),
        ("other.storageclass.storage.k8s.io/persistentvolumeclaims", "0", None),
    ):
        verdict = judge([one], around(quota({resource: hard}), nodes=None))
        assert (resource, verdict.sessions) == (resource, sessions)
        assert not verdict.exact


def test_a_sidecar_has_a_pod_of_its_own():
    sidecar = pod(ide({"memory": "256Mi", "cpu": "100m"}, {"memory": "1Gi"}, "langserver"))
    one = candidate(pod(GIB), session_pods=(pod(GIB), sidecar))
    assert judge([one], around(quota({"pods": "9"}))).sessions == 4
    assert judge([one], around(quota({"services": "9"}))).sessions == 3
    assert judge([one], around(quota({"requests.memory": "5Gi"}))).sessions == 4
    assert not judge([one], around()).exact


# --- nodes


def test_pods_of_one_size_fill_each_node():
    nodes = [
        node("a", memory="5Gi", cpu="8"),
        node("b", memory="64Gi", cpu="1"),
        node("c", memory="3Gi", cpu="9", pods="2"),
    ]
    template = pod(ide({"memory": "2Gi", "cpu": "300m"}))
    assert judge([candidate(template)], around(nodes=nodes)).sessions == 2 + 3 + 1
    taken = around(nodes=nodes, pods=(running("x", "a", template), running("y", None, template)))
    assert judge([candidate(template)], taken).sessions == 1 + 3 + 1


def test_others_that_wait_for_a_node_come_first():
    rival = Competitor(pod(GIB), exists=True)
    huge = Competitor(pod(ide({"memory": "80Gi"})), exists=True)
    verdict = judge([candidate(pod(GIB))], around(nodes=[node("a", memory="5Gi")], competitors=(rival, rival, huge)))
    # One that fits on no node as it is takes nothing.
    assert (verdict.sessions, verdict.exact) == (3, False)


def test_nodes_that_are_not_known_make_it_a_bound():
    verdict = judge([candidate(pod(GIB))], around(quota({"pods": "3"}), nodes=None))
    assert (verdict.sessions, verdict.reasons) == (3, ("the room on nodes is not known",))
    assert judge([candidate(pod(GIB))], around(nodes=None)).sessions is None


# --- several app definitions


def test_of_several_the_number_holds_whatever_students_choose():
    small, large = candidate(pod(GIB), name="c"), candidate(pod(ide({"memory": "4Gi"})), name="java")
    verdict = judge([small, large], around(quota({"requests.memory": "20Gi"})))
    assert (verdict.sessions, verdict.exact) == (5, False)
    known = judge([small, large], around(quota({"requests.memory": "20Gi"})), demand={"c": 8, "java": 3})
    assert (known.sessions, known.enough) == (11, True)
    over = judge([small, large], around(quota({"requests.memory": "20Gi"})), demand={"c": 20, "java": 3})
    assert (over.sessions, over.enough) == (11, False)


def test_of_those_who_choose_what_admission_refuses_only_the_pods_are_missing():
    refused = candidate(pod(PROXY, JAVA), name="java")
    limited = quota({"requests.memory": "400Gi", "count/sessions.theia.cloud": "9"})
    demand = {"c": 5, "java": 3}
    assert judge([candidate(pod(GIB), name="c"), refused], around(limited), demand=demand).sessions == 5
    # Their sessions and Services are there all the same.
    demand = {"c": 8, "java": 3}
    assert judge([candidate(pod(GIB), name="c"), refused], around(limited), demand=demand).sessions == 6


# --- what would lift it


def test_what_is_lacking_lets_exactly_so_many_in():
    one = candidate(pod(JAVA), ["warm"] * 4 + ["missing"])
    limited = quota({"requests.memory": "400Gi"}, {"requests.memory": "100Gi"})
    verdict = judge([one], around(limited), participants=420)
    [limit] = verdict.binding
    for change, sessions in ((0, 420), (-1, 419)):
        lifted = limited._replace(hard={"requests.memory": limit.hard + int(limit.lacking) + change})
        assert judge([one], around(lifted)).sessions == sessions


# --- properties

SIZES = st.fixed_dictionaries({"memory": st.integers(1, 9), "cpu": st.integers(1, 9)})
ROOMS = st.lists(
    st.fixed_dictionaries({"memory": st.integers(0, 40), "cpu": st.integers(0, 40), "pods": st.integers(0, 9)}),
    max_size=5,
)
HARD = st.fixed_dictionaries(
    {}, optional={"requests.memory": st.integers(0, 90), "requests.cpu": st.integers(0, 90), "pods": st.integers(0, 20)}
)


def world(rooms, hard):
    nodes = [node(f"n{number}", **room) for number, room in enumerate(rooms)]
    return around(*([quota(hard)] if hard else []), nodes=nodes)


def started(templates, cluster_around, chance):
    """How many of these pods a cluster starts that is asked in this order, and again until nothing changes."""
    cluster, count, pending, waiting = Cluster(cluster_around, chance), 0, list(templates), []
    while True:
        before = (count, len(pending))
        created = [template for template in pending if cluster.create(admit(template, (), ()).usage)]
        for template in created:
            pending.remove(template)
        waiting += created
        for template in list(waiting):
            if cluster.place(template):
                waiting.remove(template)
                count += 1
        if (count, len(pending)) == before:
            return count


@given(SIZES, ROOMS, HARD, st.integers())
def test_with_one_template_so_many_start_and_no_more(size, rooms, hard, seed):
    template, found = pod(ide(size)), world(rooms, hard)
    verdict = judge([candidate(template)], found)
    assert verdict.sessions is not None
    assert verdict.sessions >= 0
    many = [template] * (verdict.sessions + 3)
    assert started(many, found, random.Random(seed)) == verdict.sessions
    assert started(many[: verdict.sessions], found, random.Random(seed)) == verdict.sessions


@given(st.lists(SIZES, min_size=2, max_size=3), ROOMS, HARD, st.data())
def test_with_several_templates_at_least_so_many_start(sizes, rooms, hard, data):
    candidates = [candidate(pod(ide(size)), name=f"app-{number}") for number, size in enumerate(sizes)]
    demand = {one.name: data.draw(st.integers(0, 12)) for one in candidates}
    found = world(rooms, hard)
    arrivals: list[PodTemplate] = [one.instance_pod for one in candidates for _unused in range(demand[one.name])]
    arrivals = data.draw(st.permutations(arrivals))
    chance = random.Random(data.draw(st.integers()))
    really = started(arrivals, found, chance)
    assert judge(candidates, found, demand=demand).sessions <= really
    unknown = judge(candidates, found).sessions
    assert min(unknown, len(arrivals)) <= really


@given(SIZES, ROOMS, HARD, st.sampled_from(["requests.memory", "requests.cpu", "pods"]), st.integers(1, 9))
def test_more_quota_and_another_node_never_lower_it(size, rooms, hard, resource, more):
    template = pod(ide(size))
    before = judge([candidate(template)], world(rooms, hard)).sessions
    raised = {**hard, **({resource: hard[resource] + more} if resource in hard else {})}
    assert judge([candidate(template)], world(rooms, raised)).sessions >= before
    assert (
        judge([candidate(template)], world([*rooms, {"memory": more, "cpu": more, "pods": more}], hard)).sessions
        >= before
    )


@given(SIZES, ROOMS, HARD, st.lists(st.sampled_from(["warm", "starting", "missing", "unplaced", "stuck"]), max_size=6))
def test_one_more_warm_instance_is_one_more_session(size, rooms, hard, seats):
    one = candidate(pod(ide(size)), seats)
    verdict, more = judge([one], world(rooms, hard)), judge([one._replace(seats=(*seats, "warm"))], world(rooms, hard))
    assert (more.sessions, more.warm) == (verdict.sessions + 1, verdict.warm + 1)


def test_amounts_are_exact():
    assert amounts({"cpu": "500m", "memory": "3000M"}) == {"cpu": 500, "memory": 3_000_000_000 * ONE}
