# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What theia_capacity_info says, held against what kubectl says."""

from __future__ import annotations

import json
import re

import pytest

from integration.capacity_site import CapacitySite, desired, rules_without
from integration.lab.operator_site import GENERATION, eventually, uid
from lab import chart
from lab.faults import Rule, ShiftedDate
from lab.proxy import FaultProxy

IDE = "the-ide"
QUOTA = {"pods": "300", "services": "400", "persistentvolumeclaims": "0", "requests.storage": "200Gi"}


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[], quota=QUOTA))


@pytest.fixture(scope="module")
def still(module_installation):
    """A pool of five with one student, in which a release was missed; its operator is away now."""
    site = CapacitySite(module_installation(app_definitions=[chart.app_definition(IDE, minInstances=5)]))
    site.installation.wait_warm(IDE, 5)
    sessions = {user: site.launch(user, IDE) for user in ("ada@x.org", "ben@x.org")}
    site.installation.operator.stop()
    site.kubectl("delete", "sessions.theia.cloud", sessions["ada@x.org"])
    eventually(
        "the garbage collector has taken the owner away",
        lambda: len(site.instance(IDE, 1).external["metadata"]["ownerReferences"]) == 1,
    )
    return site


def by_kubectl(site, name):
    """The pool counted from what kubectl prints, by the rules of the platform and nothing of ours."""

    def listed(plural):
        return json.loads(site.kubectl("get", plural, "-o", "json"))["items"]

    definition = json.loads(site.kubectl("get", "appdefinitions.theia.cloud", name, "-o", "json"))
    generation = str(definition["metadata"]["generation"])

    def owners(item):
        return [owner["uid"] for owner in item["metadata"].get("ownerReferences", [])]

    ours = {s["metadata"]["name"]: owners(s) for s in listed("services") if uid(definition) in owners(s)}
    external = {service: of for service, of in ours.items() if not service.endswith("-int")}
    free = {service for service, of in external.items() if len(of) == 1 and len(ours.get(f"{service}-int", [])) == 1}
    deployments = {d["metadata"]["name"]: d for d in listed("deployments.apps")}
    current = {n for n in external if deployments[n]["metadata"]["labels"].get(GENERATION) == generation}
    ready = {n for n in external if deployments[n].get("status", {}).get("readyReplicas", 0) > 0}
    return {
        "total": len(external),
        "free": len(free),
        "claimed": len(external) - len(free),
        "warm": len(free & current & ready),
        "outdated": len(free - current),
    }


def ours(site, name):
    pool = site.pool(name)
    return {count: pool[count] for count in ("total", "free", "claimed", "warm", "outdated")}


# --- the pool


@pytest.mark.both
def test_a_fresh_pool_and_one_with_students_are_counted_as_kubectl_shows_them(site):
    name = site.definition(4)
    site.installation.wait_warm(name, 4)
    assert ours(site, name) == by_kubectl(site, name)
    assert ours(site, name) == {"total": 4, "free": 4, "claimed": 0, "warm": 4, "outdated": 0}
    for user in ("ada@x.org", "ben@x.org"):
        site.launch(user, name)
    assert ours(site, name) == by_kubectl(site, name)
    assert ours(site, name) == {"total": 4, "free": 2, "claimed": 2, "warm": 2, "outdated": 0}
    assert site.pool(name)["highest_claimed_id"] == 2


def test_pods_that_are_not_ready_are_cold(site):
    name = site.definition(2, image="registry.lab.invalid/eduide/ide:missing")
    assert ours(site, name) == by_kubectl(site, name) == {"total": 2, "free": 2, "claimed": 0, "warm": 0, "outdated": 0}
    assert site.pool(name)["cold"] == 2


def test_instances_of_an_earlier_generation_are_outdated_and_not_warm(still):
    before = ours(still, IDE)
    still.patch(IDE, maxInstances=400)
    assert ours(still, IDE) == by_kubectl(still, IDE)
    assert ours(still, IDE) == {**before, "warm": 0, "outdated": before["free"]}


def test_a_missed_release_is_dirty_once_no_release_takes_that_long(still, control_plane, tmp_path):
    """The clock of the API server decides, and it is the proxy that moves it on by a minute."""
    assert still.pool(IDE)["dirty"] == 0
    with FaultProxy.before(control_plane) as proxy:
        proxy.add(Rule(ShiftedDate(60)))
        config = proxy.write_kubeconfig(tmp_path / "config", still.installation.identity.token, still.namespace)
        later = still.pool(IDE, kubeconfig=str(config))
    assert (later["dirty"], later["claimed"], later["free"]) == (1, 1, 4)


def test_a_session_above_a_bound_that_somebody_lowered_is_told(site):
    name = site.definition(1)
    site.launch("ada@x.org", name)
    assert site.pool(name)["abandoned"] == []
    site.patch(name, minInstances=0)
    eventually("the app definition gave it up", lambda: site.pool(name)["total"] == 0)
    assert site.pool(name)["abandoned"] == [1]


def test_objects_that_nothing_owns_are_named(still):
    orphan = still.instance(IDE, 5)
    nobody = json.dumps({"metadata": {"ownerReferences": None}})
    names = []
    for kind, item in (("Service", orphan.external), ("Service", orphan.internal), ("Deployment", orphan.deployment)):
        names.append(f"{kind}/{item['metadata']['name']}")
        still.kubectl("patch", kind, item["metadata"]["name"], "--type=merge", "-p", nobody)
    assert still.pool(IDE)["ownerless"] == sorted(names)
    assert ours(still, IDE) == by_kubectl(still, IDE)


def test_an_empty_address_list_of_a_claimed_instance_locks_its_user_out(still):
    assert still.pool(IDE)["locked_out"] == 0
    emails = still.instance(IDE, 2).emails["metadata"]["name"]
    still.kubectl("patch", "configmap", emails, "--type=merge", "-p", json.dumps({"data": None}))
    assert still.pool(IDE)["locked_out"] == 1


# --- bounds, quotas, operator


def test_bounds_limits_and_sessions(site):
    name = site.definition(1, maxInstances=40, timeout=90)
    site.launch("eve@x.org", name)
    [item] = site.info(name)["app_definitions"]
    assert (item["min_instances"], item["max_instances"], item["timeout_minutes"], item["sessions"]) == (1, 40, 90, 1)
    assert item["uid"] == uid(site.installation.get("appdefinitions", name))


def test_all_app_definitions_come_by_name_unless_some_are_named(site):
    names = sorted(site.definition(0) for _unused in range(3))
    everything = [item["name"] for item in site.info()["app_definitions"]]
    assert everything == sorted(everything)
    assert set(names) <= set(everything)
    assert [item["name"] for item in site.info(names[1])["app_definitions"]] == [names[1]]


def test_quotas_are_those_of_kubectl_describe(site):
    described = site.kubectl("describe", "resourcequota")
    rows = re.findall(r"^(\S+)\s+(\d\S*)\s+(\d\S*)$", described, flags=re.MULTILINE)
    assert len(rows) == len(QUOTA)
    quotas = site.info()["quotas"]
    assert [(row["resource"], row["used"], row["hard"]) for row in quotas] == rows
    percent = {row["resource"]: row["percent"] for row in quotas}
    used = {resource: int(used) for resource, used, _hard in rows if used.isdigit()}
    assert percent["pods"] == round(used["pods"] / 300 * 100, 1) > 0
    # Where nothing is allowed there is no share.
    assert percent["persistentvolumeclaims"] is None


def test_without_the_right_to_see_quotas_they_are_null_with_a_warning(site, control_plane):
    blind = control_plane.identity("blind", namespace=site.namespace, rules=rules_without("resourcequotas"))
    name = site.definition(0)
    result = site.info(name, kubeconfig=str(blind.kubeconfig))
    assert result.get("failed") is None
    assert result["quotas"] is None
    assert "resourcequotas" in result["missing"]["quotas"]
    assert any("quotas could not be read" in warning for warning in result["warnings"])
    assert result["app_definitions"][0]["pool"]["total"] == 0
    # Setting bounds does not need them either.
    assert site.set(desired(name, max_instances=50), kubeconfig=str(blind.kubeconfig))["changed"] is True


def test_a_namespace_without_quotas_has_none(still):
    result = still.info()
    assert (result["quotas"], result["missing"]) == ([], {})


def test_the_mode_of_the_operator_is_read_from_its_arguments(site, module_installation):
    unwatched = {"leading": None, "led_seconds": None}
    assert site.info()["operator"] == {"eager": True, "keycloak": True, "sessions_per_user": 10, **unwatched}
    lazy = CapacitySite(module_installation(start="lazy", keycloak=False, sessions_per_user=-1, running=[]))
    assert lazy.info()["operator"] == {"eager": False, "keycloak": False, "sessions_per_user": None, **unwatched}


def test_whether_an_operator_leads_is_watched_on_request(site, still):
    assert site.info(check_leader=True)["operator"]["leading"] is True
    assert still.info(check_leader=True)["operator"]["leading"] is False


def test_what_exams_hold_is_shown(site):
    name = site.definition(1)
    site.set(desired(name, warm=3), hold="info-exam", hold_until="2099-02-11T11:00:00+01:00")
    assert site.info(name)["app_definitions"][0]["ledger"] == {
        "baseline": {"min_instances": 1},
        "holds": [
            {"exam": "info-exam", "asked": {"warm": 3}, "add": 2, "until": "2099-02-11T10:00:00Z", "ended": False}
        ],
        "draining_since": None,
    }


# --- through the service


def test_the_service_knows_bounds_and_nothing_else(site):
    name = site.definition(2, maxInstances=40)
    result = site.info(name, api="service", kubeconfig=None)
    assert result["app_definitions"] == [
        {
            "name": name,
            "min_instances": 2,
            "max_instances": 40,
            "uid": None,
            "timeout_minutes": None,
            "inactive_minutes": None,
            "sessions": None,
            "pool": None,
            "ledger": None,
            "drift": None,
        }
    ]
    assert (result["quotas"], result["operator"]) == (None, None)
    everything = {item["name"] for item in site.info(api="service", kubeconfig=None)["app_definitions"]}
    assert everything == {item["name"] for item in site.info()["app_definitions"]}


def test_looking_writes_nothing(site):
    since = site.now()
    site.info(check_leader=True)
    site.info(api="service")
    assert site.writes(since) == []
