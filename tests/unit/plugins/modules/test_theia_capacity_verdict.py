# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the capacity modules read for a verdict, what they say, and which changes it stops."""

from __future__ import annotations

import json
import uuid

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.fakes import FakeGateway, app_definition

JAVA = {"requestsMemory": "2000M", "limitsMemory": "3000M", "requestsCpu": "", "limitsCpu": ""}
PROXY = {"name": "oauth2-proxy"}
IDE = {"name": "java", "resources": {"requests": {"memory": "2000M"}, "limits": {"memory": "3000M"}}}
LIMIT_RANGE = {"type": "Container", "default": {"memory": "64Mi"}, "defaultRequest": {"memory": "64Mi"}}


class Site:
    """An installation with Keycloak, one app definition, and the pods of its pool on one large node."""

    def __init__(self, instances=3, **spec):
        self.gateway = FakeGateway()
        arguments = ["--eagerStart", "--keycloak", "--sessionsPerUser=1", "--requestedStorage=250Mi"]
        container = {"name": "operator-container", "args": arguments}
        self.deployment("operator-deployment", [container], "operator")
        self.app = self.put(
            kinds.APP_DEFINITION,
            app_definition("java", minInstances=instances, **{**JAVA, "maxInstances": 1000, **spec}),
        )
        self.put(
            kinds.NODE, {"metadata": {"name": "n1"}, "status": {"allocatable": {"memory": "900Gi", "pods": "500"}}}
        )
        for number in range(1, instances + 1):
            self.instance(number)

    def put(self, kind, obj):
        return self.gateway.put(kind, obj)

    def deployment(self, name, containers, pod=None, node="n1", owners=()):
        metadata = {"name": name, "ownerReferences": list(owners), "generation": 1}
        labels = {"theia-cloud.io/appdefinition-generation": "1"} if owners else {}
        spec = {"replicas": 1, "template": {"spec": {"containers": containers}}}
        ready = {"readyReplicas": 1} if pod and node else {}
        self.put(kinds.DEPLOYMENT, {"metadata": {**metadata, "labels": labels}, "spec": spec, "status": ready})
        if pod:
            made_by = {"kind": "ReplicaSet", "name": f"{name}-abc", "uid": str(uuid.uuid4())}
            metadata = {"name": pod, "ownerReferences": [made_by], "labels": {}}
            status = {"conditions": [{"type": "Ready", "status": "True"}]} if node else {}
            self.put(
                kinds.POD,
                {"metadata": metadata, "spec": {"containers": containers, "nodeName": node}, "status": status},
            )

    def instance(self, number, *, pod=True, node="n1", session=None):
        base = f"instance-{number}-java-{self.app['metadata']['uid'][-12:]}"
        owners = [{"kind": "AppDefinition", "name": "java", "uid": self.app["metadata"]["uid"]}]
        if session:
            owners.append({"kind": "Session", "name": session["metadata"]["name"], "uid": session["metadata"]["uid"]})
        for name in (base, f"{base}-int"):
            labels = {"theia-cloud.io/appdefinition-generation": "1"}
            self.put(kinds.SERVICE, {"metadata": {"name": name, "ownerReferences": owners, "labels": labels}})
        self.deployment(base, [PROXY, IDE], f"{base}-abc-x" if pod else None, node, owners)
        return base

    def session(self, name, **status):
        spec = {"name": name, "user": f"{name}@tum.de", "appDefinition": "java"}
        return self.put(kinds.SESSION, {"metadata": {"name": name}, "spec": spec, "status": status})

    def quota(self, **hard):
        named = {name.replace("_", "."): value for name, value in hard.items()}
        self.put(
            kinds.RESOURCE_QUOTA, {"metadata": {"name": "theia"}, "spec": {"hard": named}, "status": {"hard": named}}
        )

    def limit_range(self):
        self.put(kinds.LIMIT_RANGE, {"metadata": {"name": "limits"}, "spec": {"limits": [LIMIT_RANGE]}})


@pytest.fixture
def run(cluster):
    def run(name, gateway, *, check=False, **options):
        cluster(gateway)
        return module(name, {"namespace": "theia", **options}, check=check)

    return run


@pytest.fixture
def info(run):
    return lambda site, **options: run("theia_capacity_info", site.gateway, **options)


# --- the verdict


def test_without_participants_nothing_is_read_for_a_verdict(info):
    site = Site()
    assert "verdict" not in info(site)
    assert not {kind for _verb, kind, _name in site.gateway.requests} & {"nodes", "pods", "limitranges"}


def test_instances_then_new_pods_as_the_quota_and_the_limit_range_say(info):
    site = Site()
    site.instance(4, node=None)
    site.instance(5, pod=False)
    site.limit_range()
    site.quota(requests_memory="20Gi")
    verdict = info(site, participants=10)["verdict"]
    # 20Gi / (2000M + 64Mi) = 10.4: the instance without a pod takes the first of these; none for that without a node.
    assert (verdict["sessions"], verdict["warm"], verdict["enough"]) == (3 + 1 + 10, 3, True)
    assert (verdict["confidence"], verdict["reasons"]) == ("exact", [])


def test_a_quota_that_a_container_does_not_meet_says_which_limit_range_does(info):
    site = Site()
    site.quota(requests_memory="400Gi", limits_memory="600Gi")
    verdict = info(site, participants=420)["verdict"]
    (limit,) = verdict["limits"]
    assert (verdict["sessions"], verdict["enough"], limit["code"]) == (3, False, "unlimited_container")
    assert "container oauth2-proxy" in verdict["sentence"]
    site.put(kinds.LIMIT_RANGE, json.loads(limit["remedy"].removeprefix("create ")))
    assert info(site, participants=420)["verdict"]["sessions"] == 3 + 207


def test_service_and_operator_count_sessions_differently(info):
    site = Site(instances=1, maxInstances=5)
    site.session("works", operatorStatus="HANDLED")
    # Counted by the service alone, and by the operator alone.
    site.session("wreck", operatorStatus="ERROR")
    for number in range(2):
        site.session(f"late-{number}", operatorStatus="HANDLED", error="551:Unable to launch")
    verdict = info(site, participants=0)["verdict"]
    # The service allows 5 - 2, the operator 5 - 3.
    assert (verdict["sessions"], verdict["limits"][0]["code"]) == (2, "max_instances")
    assert verdict["limits"][0]["remedy"] == "raise max_instances of java to 6"


def test_those_who_are_there_already_are_not_expected_again(info):
    site = Site(instances=1, maxInstances=5)
    site.limit_range()
    for number in range(3):
        site.session(f"there-{number}", operatorStatus="HANDLED")
    site.session("wreck", operatorStatus="ERROR", error="552:Max instances reached")
    asked = {"participants": 5}
    assert info(site, **asked)["verdict"]["enough"] is False
    verdict = info(site, with_present=True, **asked)["verdict"]
    assert (verdict["participants"], verdict["sessions"], verdict["enough"]) == (2, 2, True)
    assert info(site, with_present=True, participants=2)["verdict"]["participants"] == 0


def test_a_bound_that_is_about_to_be_raised(info):
    site = Site(instances=1, maxInstances=5)
    site.limit_range()
    for bound, sessions in (({"java": 12}, 12), ({"java": "3"}, 5), ({"c": 40}, 5)):
        assert info(site, participants=0, with_max_instances=bound)["verdict"]["sessions"] == sessions
    assert "with_max_instances: " in info(site, participants=0, with_max_instances={"java": "many"})["msg"]


def test_an_instance_without_both_services_is_given_to_nobody(info):
    site = Site()
    half = site.instance(4)
    assert info(site, participants=0)["verdict"]["warm"] == 4
    site.gateway.remove(kinds.SERVICE, f"{half}-int")
    verdict = info(site, participants=0)["verdict"]
    assert (verdict["warm"], verdict["stuck"]) == (3, 0)


def test_other_pods_that_wait_come_first(info):
    site = Site()
    site.limit_range()
    site.quota(pods="5")
    site.deployment("session-ada", [PROXY, IDE])
    site.deployment("service-deployment", [IDE], "service", node=None)
    verdict = info(site, participants=0)["verdict"]
    assert (verdict["sessions"], verdict["reasons"]) == (3 + 4, ["2 other pods want to start as well"])


def test_without_cluster_rights_it_is_a_bound_and_says_so(info):
    site = Site()
    site.limit_range()
    site.quota(pods="5")
    known = info(site, participants=0)["verdict"]
    site.gateway._forbidden.add(("list", "", "nodes"))
    unknown = info(site, participants=0)["verdict"]
    assert (unknown["sessions"], unknown["confidence"]) == (known["sessions"], "bound")
    assert unknown["reasons"] == ["the room on nodes is not known"]


def test_limit_ranges_that_may_not_be_read_may_fill_in_anything(info, run):
    site = Site()
    site.quota(requests_memory="20G")
    site.gateway._forbidden.add(("list", "", "limitranges"))
    verdict = info(site, participants=0)["verdict"]
    assert (verdict["sessions"], verdict["reasons"]) == (3 + 10, ["limit ranges could not be read"])
    assert run("theia_capacity", site.gateway, app_definitions=[{"name": "java", "min_instances": 4}])["changed"]


def test_workspaces_bring_volumes(info):
    site = Site()
    site.limit_range()
    site.quota(requests_storage="1Gi")
    assert info(site, participants=0)["verdict"]["limits"][0]["code"] == "nodes"
    verdict = info(site, participants=0, with_workspaces=True)["verdict"]
    assert (verdict["sessions"], verdict["limits"][0]["resource"]) == (4, "requests.storage")


def test_several_app_definitions_at_once_and_each_alone(info):
    site = Site(instances=0)
    site.put(kinds.APP_DEFINITION, app_definition("c", **{**JAVA, "maxInstances": 1000, "requestsMemory": "1000M"}))
    site.limit_range()
    site.quota(requests_memory="42G")
    answer = info(site, participants=20)
    assert [(each["app_definitions"], each["sessions"]) for each in answer["verdicts"]] == [(["c"], 39), (["java"], 20)]
    assert (answer["verdict"]["sessions"], answer["verdict"]["confidence"]) == (20, "bound")
    known = info(site, participants_of={"c": 30, "java": 4})["verdict"]
    assert (known["sessions"], known["enough"]) == (34, True)


@pytest.mark.parametrize("asked", [{"rust": 4}, {"java": "many"}, {"java": -1}])
def test_who_chooses_what_must_make_sense(info, asked):
    assert "participants_of: " in info(Site(), participants_of=asked)["msg"]


# --- changes


def test_a_change_whose_pods_admission_refuses_is_not_sent(run):
    """Law 15: three warm instances would become none."""
    site = Site()
    site.quota(requests_memory="400Gi")
    change = {"hold": "pgdp", "app_definitions": [{"name": "java", "warm": 8}]}
    for check in (True, False):
        answer = run("theia_capacity", site.gateway, check=check, **change)
        assert (
            "java: its 3 warm instances would become 0 of 8: ResourceQuota theia demands requests.memory"
            in answer["msg"]
        )
        assert '"kind": "LimitRange"' in answer["msg"]
        assert answer["applied"] == "no"
    assert site.gateway.writes == []
    assert run("theia_capacity", site.gateway, accept=["verdict"], **change)["changed"]


def test_a_change_that_the_quota_cannot_carry_is_not_sent(run):
    site = Site()
    site.limit_range()
    site.quota(limits_memory="20G")
    # 20G are for 6 pods of 3000M + 64Mi; those of the three instances end first.
    carried = {"hold": "pgdp", "app_definitions": [{"name": "java", "warm": 9}]}
    too_many = {"hold": "pgdp", "app_definitions": [{"name": "java", "warm": 60}]}
    answer = run("theia_capacity", site.gateway, **too_many)
    assert (
        "java: its 3 warm instances would become 9 of 60: ResourceQuota theia has too little limits.memory"
        in answer["msg"]
    )
    assert site.gateway.writes == []
    assert run("theia_capacity", site.gateway, **carried)["changed"]


def test_the_pods_that_end_make_room_for_those_that_follow(run):
    site = Site()
    site.put(
        kinds.RESOURCE_QUOTA,
        {"metadata": {"name": "theia"}, "status": {"hard": {"pods": "5"}, "used": {"pods": "4"}}},
    )
    assert run("theia_capacity", site.gateway, app_definitions=[{"name": "java", "min_instances": 4}])["changed"]
    answer = run("theia_capacity", site.gateway, app_definitions=[{"name": "java", "min_instances": 9}])
    assert "would become 4 of 9" in answer["msg"]


def test_two_app_definitions_share_what_is_left(run):
    site = Site(instances=0)
    site.put(kinds.APP_DEFINITION, app_definition("c", maxInstances=1000, **JAVA))
    site.limit_range()
    site.quota(pods="7")
    both = [{"name": "java", "warm": 4}, {"name": "c", "warm": 4}]
    assert (
        "c: its 0 warm instances would become 3 of 4"
        in run("theia_capacity", site.gateway, app_definitions=both)["msg"]
    )
    for one in both:
        assert run("theia_capacity", site.gateway, check=True, app_definitions=[one])["changed"]


def test_the_end_of_an_exam_is_failed_where_warm_instances_would_be_lost(run):
    site = Site()
    run("theia_capacity", site.gateway, hold="pgdp", app_definitions=[{"name": "java", "min_instances": 9}])
    site.quota(requests_memory="400Gi")
    ended = run("theia_capacity", site.gateway, hold="pgdp", state="baseline")
    assert ended["app_definitions"][0]["outcome"] == "failed"
    assert "would become 0 of 3" in ended["msg"]
    assert site.gateway.get(kinds.APP_DEFINITION, "java")["spec"]["minInstances"] == 9
    assert run("theia_capacity", site.gateway, hold="pgdp", state="baseline", accept=["verdict"])["changed"]


def test_an_end_that_starts_nothing_goes_out_under_any_quota(run):
    site = Site(instances=0)
    run("theia_capacity", site.gateway, hold="pgdp", app_definitions=[{"name": "java", "min_instances": 9}])
    site.quota(requests_memory="400Gi")
    assert run("theia_capacity", site.gateway, hold="pgdp", state="baseline")["changed"]
