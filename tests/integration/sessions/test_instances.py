# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions on instances of a pool: without an operator they stay, and with one no instance is left dirty."""

from __future__ import annotations

import contextlib

import pytest

from integration.capacity_site import rules_without
from integration.session_site import SessionSite, outcomes
from lab import chart
from lab.faults import Hold, Rule
from lab.proxy import FaultProxy

IDE = "java-17-latest"


@pytest.fixture
def site(installation):
    return SessionSite(installation(app_definitions=[chart.app_definition(IDE, minInstances=3)]))


def claimed(site, count=3):
    site.installation.wait_warm(IDE, count)
    names = [site.launch(f"student-{number}@students.lab.invalid", IDE) for number in range(count)]
    site.with_url(*names)
    assert {site.record(name)["start"] for name in names} == {"eager"}
    return names


def test_without_an_operator_they_are_refused_and_with_one_every_instance_is_fresh(site):
    names = claimed(site)
    numbers = {name: site.record(name)["instance_id"] for name in names}
    before = {name: site.instance(IDE, number) for name, number in numbers.items()}
    site.installation.operator.kill()
    began = site.now()
    refused = site.act(names=names, discard_data=["named"], wait=True)
    assert (refused["failed"], set(outcomes(refused).values())) == (True, {"refused"})
    assert "no operator leads" in refused["msg"]
    assert (site.names(), site.writes(began)) == (set(names), [])

    site.installation.operator.start()
    predicted = site.act(check=True, names=names, discard_data=["named"], wait=True)
    done = site.act(names=names, discard_data=["named"], wait=True)
    assert [item["outcome"] for item in predicted["sessions"]] == [item["outcome"] for item in done["sessions"]]
    assert {(item["outcome"], item["ending"]) for item in done["sessions"]} == {("stopped", "fresh")}
    for name, number in numbers.items():
        after = site.instance(IDE, number)
        assert after.deployment["metadata"]["uid"] == before[name].deployment["metadata"]["uid"]
        assert after.pod_uids
        assert not after.pod_uids & before[name].pod_uids
        assert after.address is None
    pool = site.pool(IDE)
    assert (pool["claimed"], pool["dirty"], pool["ownerless"]) == (0, 0, [])


def test_an_instance_above_the_bound_is_removed_and_an_outdated_one_rebuilt(site):
    names = claimed(site)
    by_id = {site.record(name)["instance_id"]: name for name in names}
    # Lowered by hand, as nobody should: instance 3 is above the bound then, and all are of an older generation.
    site.patch(IDE, minInstances=2)
    site.settled()
    done = site.act(names=names, discard_data=["named"], wait=True)
    endings = {item["name"]: item["ending"] for item in done["sessions"]}
    assert {number: endings[name] for number, name in by_id.items() if number < 3} == {1: "rebuilt", 2: "rebuilt"}
    # Whether cluster or operator wins the race for what lost its owner, it is told and not called clean.
    assert endings[by_id[3]] in ("removed", "not_reset")


def test_an_instance_above_the_bound_that_the_cluster_clears_away_is_removed(site, tmp_path):
    """The operator is held in its tracks when the delete arrives, so that it cannot be the faster one."""
    by_id = {site.record(name)["instance_id"]: name for name in claimed(site)}
    site.patch(IDE, minInstances=2)
    site.settled()
    with FaultProxy.before(site.lab) as proxy, contextlib.ExitStack() as held:
        file = proxy.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
        hold = Hold(meanwhile=lambda: held.enter_context(site.held(site.operator_process)))
        proxy.add(Rule(hold, verb="delete", path=f"/sessions/{by_id[3]}$", count=1))
        done = site.act(names=[by_id[3]], discard_data=["named"], wait=True, kubeconfig=str(file))
    assert [(item["outcome"], item["ending"]) for item in done["sessions"]] == [("stopped", "removed")], done
    site.gone(IDE, 3)


def test_overriding_the_rule_leaves_dirty_instances_and_says_so(site):
    (name, *_others) = claimed(site)
    site.installation.operator.kill()
    done = site.act(names=[name], discard_data=["named"], without_operator=True, wait=True)
    assert (done["failed"], outcomes(done), done["sessions"][0]["ending"]) == (True, {name: "stopped"}, "not_reset")
    assert "goes to the next student as it is" in done["msg"]


def test_without_the_right_to_read_leases_nobody_believes_in_an_operator(site):
    (name, *_others) = claimed(site)
    account = site.lab.identity("no-leases", namespace=site.namespace, rules=rules_without("leases"))
    refused = site.act(names=[name], discard_data=["named"], kubeconfig=str(account.kubeconfig))
    assert (outcomes(refused), "could not be read" in refused["msg"]) == ({name: "refused"}, True)


@pytest.mark.parametrize(
    ("resource", "missing"),
    [
        ("pods", {"pods", "usage"}),
        ("deployments", {"deployments"}),
        ("services", {"services"}),
        ("workspaces", {"workspaces"}),
        ("configmaps", {"address_lists", "exams"}),
    ],
)
def test_what_may_not_be_read_is_null_and_named_and_stops_nobody(site, resource, missing):
    names = claimed(site)
    account = site.lab.identity(f"no-{resource}", namespace=site.namespace, rules=rules_without(resource))
    options = {"kubeconfig": str(account.kubeconfig)}
    seen = site.see(**options)
    assert set(seen["missing"]) == missing
    assert len(seen["warnings"]) == 1
    assert {record["name"] for record in seen["sessions"]} == set(names)
    codes = ["failed", "no_pod", "no_url", "not_ready", "orphaned", "locked_out", "high_memory"]
    stopped = site.act(findings=codes, discard_data=codes, **options)
    assert (stopped["sessions"], stopped["changed"]) == ([], False)
