# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until instances are warm, and the causes when they do not become so in time."""

from __future__ import annotations

import json
import re

import pytest

from integration.ansible_run import connection, play, task
from integration.capacity_site import CapacitySite, desired, rules_without
from integration.lab.operator_site import eventually
from lab.faults import Rule, ShiftedDate
from lab.proxy import FaultProxy

NEVER_PULLED = "registry.lab.invalid/eduide/ide:missing"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


def in_vain(site, name, trouble, minimum=2, **options):
    """A wait that does not reach its end: failed, with bounds and ledger as they should be.

    It begins when the trouble is there to be seen, so that it can be short.
    """
    asked = desired(name, min_instances=minimum)
    # Where a quota is the trouble, it would be seen before.
    site.set(asked, hold="vain-exam", accept=["verdict"])
    eventually(f"the trouble with {name} is to be seen", lambda: trouble(site, name))
    result = site.set(asked, hold="vain-exam", wait=True, wait_timeout_seconds=1, **options)
    assert result["failed"] is True
    assert "not warm after 1 s" in result["msg"]
    assert "the higher bounds stay in place" in result["msg"]
    assert site.bounds(name)[0] == minimum
    assert "vain-exam" in site.ledger()[name]["holds"]
    assert result["app_definitions"][0]["seconds_to_warm"] is None
    return result


def pods_of(site, name):
    return [pod for pod in site.installation.items("pods") if site.tail(name) in pod["metadata"]["name"]]


def nothing_is_pulled(site, name):
    states = [status["state"] for pod in pods_of(site, name) for status in pod["status"].get("containerStatuses", [])]
    return sum(state.get("waiting", {}).get("reason") == "ImagePullBackOff" for state in states) == 2


def nothing_is_scheduled(site, name):
    conditions = [condition for pod in pods_of(site, name) for condition in pod["status"].get("conditions", [])]
    return sum((c["type"], c["status"]) == ("PodScheduled", "False") for c in conditions) == 2


def nobody_is_admitted(site, name):
    events = [event for event in site.installation.items("events") if event["reason"] == "FailedCreate"]
    return len({e["involvedObject"]["name"] for e in events if site.tail(name) in e["involvedObject"]["name"]}) == 2


def nothing_is_admitted(site, name):
    return nobody_is_admitted(site, name) and site.pool(name)["warm"] == 1


def test_the_wait_ends_when_all_are_warm(site):
    name, other = site.definition(1), site.definition(0)
    result = site.set(desired(name, min_instances=6), desired(other, warm=3), hold="warm-exam", wait=True)
    assert [item["pool"]["warm"] for item in result["app_definitions"]] == [6, 3]
    assert len(site.installation.wait_warm(name, 6)) == 6
    assert all(item["seconds_to_warm"] > 0 for item in result["app_definitions"])


def test_what_students_take_meanwhile_does_not_keep_it_waiting(site):
    name = site.definition(2)
    site.launch("ada@x.org", name)
    result = site.set(desired(name, warm=3), hold="warm-exam", wait=True)
    [item] = result["app_definitions"]
    assert (item["after"]["min_instances"], item["pool"]["warm"], item["pool"]["claimed"]) == (4, 3, 1)


def test_nothing_to_do_is_not_waited_for(site):
    name = site.definition(2)
    site.installation.wait_warm(name, 2)
    since = site.now()
    result = site.set(desired(name, warm=2), wait=True, wait_timeout_seconds=0)
    assert (result["changed"], result["app_definitions"][0]["outcome"]) == (False, "unchanged")
    assert site.writes(since) == []


# --- causes


def test_an_image_that_is_never_pulled(site):
    result = in_vain(site, site.definition(0, image=NEVER_PULLED), nothing_is_pulled)
    assert [cause.partition(":")[0] for cause in result["causes"]] == ["2 × ImagePullBackOff"]
    assert NEVER_PULLED in result["msg"]


def test_pods_that_no_node_has_room_for(site):
    result = in_vain(site, site.definition(0, requestsCpu="64", limitsCpu="64"), nothing_is_scheduled)
    assert "2 × unschedulable" in result["causes"][0]
    assert "cpu" in result["causes"][0]


def test_a_quota_that_is_used_up(module_installation):
    # Three pods belong to the programs of the platform.
    site = CapacitySite(module_installation(app_definitions=[], running=["operator"], quota={"pods": "4"}))
    result = in_vain(site, site.definition(0), nothing_is_admitted, minimum=3)
    assert "exceeded quota" in result["msg"]
    assert "pods=4" in result["msg"]
    assert "1 warm and 2 cold" in result["msg"]
    quotas = {row["resource"]: row["percent"] for row in site.info()["quotas"]}
    assert quotas["pods"] == 100.0


def test_a_limit_range_that_lets_nobody_in(site):
    """Whoever refuses a pod, it is told in the words of the cluster."""
    limits = [{"type": "Container", "max": {"memory": "300Mi"}}]
    small = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"}, "spec": {"limits": limits}}
    site.kubectl("create", "-f", "-", stdin=small)
    try:
        result = in_vain(site, site.definition(0, limitsMemory="2400M"), nobody_is_admitted)
    finally:
        site.kubectl("delete", "limitrange", "small")
    assert "2 × pods refused: maximum memory usage per Container is 300Mi, but limit is 2400M" in result["causes"][0]


def test_each_cause_is_told_of_the_app_definition_that_was_waited_for(site):
    """Pods of others are in trouble too, which is not why these are cold."""
    site.definition(1, image="registry.lab.invalid/eduide/elsewhere:missing")
    result = in_vain(site, site.definition(0, image=NEVER_PULLED), nothing_is_pulled)
    assert NEVER_PULLED in result["msg"]
    assert "elsewhere" not in result["msg"]


def test_an_account_that_may_not_look_at_pods_and_events_is_told_so(site, control_plane):
    blind = control_plane.identity("blind", namespace=site.namespace, rules=rules_without("pods", "events"))
    name = site.definition(0, image=NEVER_PULLED)
    result = in_vain(site, name, nothing_is_pulled, kubeconfig=str(blind.kubeconfig))
    [*_others, unread] = result["causes"]
    assert unread == (
        "not everything could be looked at: not allowed to list events; not allowed to list pods; readiness names the "
        "rule of what is not allowed"
    )


def test_without_an_operator_nothing_is_begun(module_installation):
    site = CapacitySite(module_installation(app_definitions=[], running=[]))
    name = site.definition(1, wait=False)
    since = site.now()
    for check in (True, False):
        result = site.set(desired(name, min_instances=5), hold="no-operator", wait=True, check=check)
        assert result["failed"] is True
        for word in ("no operator leads", "nothing was changed", "theia-cloud-operator-leaders", "operator-deployment"):
            assert word in result["msg"]
    assert site.writes(since) == []
    assert site.bounds(name)[0] == 1


def test_an_operator_that_ends_while_we_wait(module_installation):
    """The refusal at the start is for changes; who only waits is told when it is over."""
    site = CapacitySite(module_installation(app_definitions=[], running=["operator"]))
    name = site.definition(0, image=NEVER_PULLED)

    def operator_has_ended(_site, _name):
        return nothing_is_pulled(site, name) and site.installation.operator.stop() is not None

    assert "no operator leads" in in_vain(site, name, operator_has_ended)["causes"][0]


def test_an_instance_whose_release_no_operator_saw(site, control_plane, tmp_path):
    name = site.definition(2)
    site.installation.wait_warm(name, 2)
    session = site.launch("ada@x.org", name)
    site.installation.operator.kill()
    site.kubectl("delete", "sessions.theia.cloud", session)
    eventually("the cluster has taken its reference away", lambda: not site.pool(name)["claimed"])
    site.installation.operator.start()
    with FaultProxy.before(control_plane) as proxy:
        # A release may still come within half a minute.
        proxy.add(Rule(ShiftedDate(60)))
        config = proxy.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
        options = {"wait": True, "wait_timeout_seconds": 1, "kubeconfig": str(config)}
        result = site.set(desired(name, min_instances=2), **options)
    assert (result["failed"], result["changed"]) == (True, False)
    assert [cause.partition(":")[0] for cause in result["causes"]] == ["1 × dirty"]


# --- progress


def test_a_long_wait_shows_how_far_it_is(site, tmp_path):
    """Nobody is bothered during the first ten seconds, so this test lasts as long."""
    stuck, fine = site.definition(0, image=NEVER_PULLED), site.definition(0)
    asked = [desired(stuck, min_instances=2), desired(fine, min_instances=1)]
    run = play(
        tmp_path,
        [task("theia_capacity", app_definitions=asked, wait=True, wait_timeout_seconds=13)],
        connection=connection(site.installation),
    )
    shown = re.findall(r"^\[localhost\] (\S+): (\d+ of \d+ warm)(?:, (.*), \d+ s gone)?$", run.output, re.MULTILINE)
    assert sorted(shown) == sorted([(stuck, "0 of 2 warm", "2 in trouble"), (fine, "1 of 1 warm", "")])
    assert run.only("theia_capacity").failed
    assert "ImagePullBackOff" in json.dumps(run.only("theia_capacity").result["causes"])
