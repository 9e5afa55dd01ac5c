# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pruning by observed use, as a person on duty schedules it. Days pass by clocks that are shifted."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from integration.ansible_run import ROOT, playbook
from integration.capacity_site import rules_without
from integration.exam_night import Duty, report
from integration.module_run import process
from integration.workspace_site import DAY, RECORD, WorkspaceSite
from lab import chart
from lab.faults import Rule, ShiftedDate
from lab.identities import COLLECTION_CLUSTER_RULES, rule
from lab.proxy import FaultProxy

IDE = "c-latest"
NUMBERS = itertools.count(1)


def person():
    return f"student{next(NUMBERS)}@x.org"


def told(run):
    return "\n".join(report(run))


def promised(run, days):
    """Whether the report says that something may go from so many days on, by the real clock."""
    (text,) = re.findall(r"may go from (\S+) on", told(run))
    return abs(datetime.fromisoformat(text) - datetime.now(UTC) - timedelta(days=days)) < timedelta(hours=1)


# Read by each Python that starts: its clock is ahead by what a file says.
MACHINE_CLOCK = """
import datetime, pathlib
AHEAD = datetime.timedelta(seconds=float(pathlib.Path(__file__).with_name("ahead").read_text()))
class Ahead(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + AHEAD
# Ansible writes one down, and reads it back.
Ahead.__name__ = "datetime.datetime"
datetime.datetime = Ahead
"""


class Clocks:
    """The API server's, as all see it who come through the proxy, and this machine's, as the runs of Ansible see it."""

    def __init__(self, proxy, folder):
        self._rule = Rule(ShiftedDate(0))
        proxy.add(self._rule)
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(MACHINE_CLOCK)
        self._ahead = folder / "ahead"
        self.set()

    def set(self, **span):
        self._rule.fault.seconds = timedelta(**span).total_seconds()
        self._ahead.write_text(str(self._rule.fault.seconds))


@pytest.fixture
def site(installation, tmp_path):
    """An installation, and somebody with an inventory whose way to it leads through the proxy."""
    made = WorkspaceSite(installation(start="lazy", app_definitions=[chart.app_definition(IDE)]))
    with FaultProxy.before(made.lab) as proxy:
        config = proxy.write_kubeconfig(tmp_path / "config", made.installation.identity.token, made.namespace)
        made.through = {"kubeconfig": str(config)}
        made.proxy, made.clocks, made.folder = proxy, Clocks(proxy, tmp_path / "clock"), tmp_path
        duty = Duty(tmp_path, lab=made.installation)
        content = json.loads(duty.inventory.read_text())
        content["theia_installations"]["hosts"]["lab"]["theia_connection"]["kubeconfig"] = str(config)
        duty.inventory.write_text(json.dumps(content))
        duty.env["PYTHONPATH"] = str(tmp_path / "clock")
        made.duty = duty
        yield made


def prune(site, *arguments, **policy):
    """The run of the playbook, and what it wrote."""
    since = site.now()
    given = ["-e", json.dumps({"workspace_retention_policy": {"max_percent": 100, **policy}})]
    run = site.duty.play("prune_workspaces", *given, *arguments)
    return run, site.writes(since)


def look_every_day(site, first, last):
    """From one day to another, both included; a schedule does nothing else."""
    for day in range(first, last + 1):
        site.clocks.set(days=day)
        result = site.note(**site.through)
        assert not result.get("failed"), result["msg"]


def test_the_first_run_removes_nothing_and_says_from_when_it_will(site):
    old = site.store(person(), IDE)
    site.created(old, days=400)
    predicted, writes = prune(site, "--check", "--diff", unused_days=30)
    assert (predicted.good().changed, writes) == (1, [])
    first, writes = prune(site, unused_days=30)
    assert first.good().changed == 1
    assert writes == [f"create configmaps {RECORD}"]
    second, writes = prune(site, unused_days=30)
    assert (second.good().changed, writes) == (0, [])
    assert site.workspaces() == {old}
    for run in (predicted, first, second):
        assert "Nothing is deleted." in report(run)
        assert promised(run, days=30)
        assert not run.of("theia_workspace")[1:]


def test_only_what_was_seen_unused_for_the_whole_time_goes(site):
    """A month of daily looks: one workspace is never used, one is used in between, one is young, one is protected."""
    idle, used, busy, guarded, kept = (site.store(person(), IDE) for _unused in range(5))
    for name in (idle, used, busy, guarded, kept):
        site.created(name, days=400)
    site.kubectl("annotate", "workspaces.theia.cloud", guarded, "eduide-theia/protected=demo")
    owner = site.installation.get("workspaces", kept)["spec"]["user"]
    site.open(site.installation.get("workspaces", busy)["spec"]["user"], busy)
    look_every_day(site, 0, 9)
    session = site.open(site.installation.get("workspaces", used)["spec"]["user"], used)
    look_every_day(site, 10, 11)
    site.leave(site.installation.get("workspaces", used)["spec"]["user"], session)
    look_every_day(site, 12, 29)
    protect = {"users": [owner.upper()]}

    site.clocks.set(days=29, hours=23)
    early, writes = prune(site, "--check", unused_days=30, protect=protect)
    assert "Nothing is deleted." in report(early.good())

    site.clocks.set(days=30, minutes=10)
    before, writes = prune(site, "--check", unused_days=30, protect=protect, not_before="2100-01-01")
    assert "Nothing is deleted." in report(before.good())
    predicted, writes = prune(site, "--check", "--diff", unused_days=30, protect=protect)
    outcomes = {i["name"]: i["outcome"] for i in predicted.good().of("theia_workspace")[-1].result["workspaces"]}
    assert outcomes == {idle: "deleted", kept: "kept_protected", guarded: "kept_protected"}
    assert (writes, "1 would be deleted" in report(predicted)) == ([], True)

    claim = site.claim_of(idle)["metadata"]["name"]
    run, writes = prune(site, unused_days=30, protect=protect)
    assert {i["name"]: i["outcome"] for i in run.good().of("theia_workspace")[-1].result["workspaces"]} == outcomes
    assert f"delete workspaces {idle}" in writes
    assert site.workspaces() == {used, busy, guarded, kept}
    assert claim not in {c["metadata"]["name"] for c in site.installation.items("persistentvolumeclaims")}
    assert re.search(r"with up to 24\.\d hours between two looks", told(run))
    # The last stamp is that of day 11, and until the next one was due it may have been used for another day.
    assert promised(run, days=42)
    again, writes = prune(site, unused_days=30, protect=protect)
    assert (again.good().changed, writes) == (0, [])


def test_after_a_gap_in_which_nobody_looked_time_begins_anew(site):
    old = site.store(person(), IDE)
    site.created(old, days=400)
    look_every_day(site, 0, 20)
    site.clocks.set(days=22)
    run, _writes = prune(site, unused_days=20)
    assert "Nothing is deleted." in report(run.good())
    assert promised(run, days=42)
    assert site.workspaces() == {old}


def test_a_limit_that_is_passed_ends_the_run_with_the_list(site):
    names = {site.store(person(), IDE) for _unused in range(3)}
    for name in names:
        site.created(name, days=400)
    look_every_day(site, 0, 2)
    run, writes = prune(site, unused_days=2, max_delete=2)
    assert run.code != 0
    assert "3 workspaces would be deleted, and max_delete is 2" in run.of("theia_workspace")[-1].msg
    assert "3 skipped_cap" in report(run)
    assert [line for line in writes if line.startswith("delete")] == []
    assert site.workspaces() == names


@pytest.mark.parametrize("name", ["status", "sweep_sessions"])
def test_others_look_too_and_can_be_told_not_to(site, name):
    owner = person()
    workspace = site.store(owner, IDE)
    site.open(owner, workspace)
    role = {"status": "status", "sweep_sessions": "session_sweep"}[name]
    began = site.now()
    site.duty.play(name, "-e", json.dumps({f"{role}_note_use": False})).good()
    assert site.writes(began) == []
    site.duty.play(name).good()
    assert site.writes(began) == [f"patch workspaces {workspace}", f"create configmaps {RECORD}"]
    assert site.stamp_of(workspace)
    began = site.now()
    site.duty.play(name).good()
    assert site.writes(began) == []
    assert site.look()["observation"]["since"] == site.look()["observation"]["last"]


def test_an_account_that_may_only_look_is_warned_and_its_look_does_not_count(site):
    owner = person()
    workspace = site.store(owner, IDE)
    site.open(owner, workspace)
    rules = [*rules_without("workspaces"), rule("theia.cloud", "workspaces", "get", "list", "watch")]
    account = site.lab.identity(
        "looker", namespace=site.namespace, rules=rules, cluster_rules=list(COLLECTION_CLUSTER_RULES)
    )
    connection = {"namespace": site.namespace, "kubeconfig": str(account.kubeconfig)}
    hosts = {"theia_installations": {"hosts": {"lab": {"theia_connection": connection}}}}
    inventory = site.folder / "looker.json"
    inventory.write_text(json.dumps(hosts))
    for name in ("status", "sweep_sessions", "prune_workspaces"):
        run = playbook(site.folder, ROOT / "playbooks" / f"{name}.yml", "-i", inventory).good()
        assert "could not be stamped, so this look does not count" in run.output
    assert "so nothing is known to be unused: see the warning" in told(run)
    assert site.lab.api.find(site.installation.here.path("configmaps", RECORD)) is None


def test_status_warns_of_the_platforms_own_collector(site):
    owner = person()
    workspace, idle = site.store(owner, IDE), site.store(person(), IDE)
    for name in (workspace, idle):
        site.created(name, days=15)
    site.collect_after("336h")
    assert not [line for line in report(site.duty.play("status").good()) if "collector" in line]
    site.open(owner, workspace)
    [warning] = [line for line in report(site.duty.play("status").good()) if "garbage collector" in line]
    assert "deletes workspaces 14.0 days after their creation, and 1 of those it would delete are in use" in warning
    assert warning.endswith(f": {workspace}")
    assert "workspaces: 2, 1 of them in use" in report(site.duty.play("status").good())
    found = site.look()["garbage_collector"]
    assert found == {"ttl_seconds": 14 * DAY, "would_delete": 2, "would_delete_in_use": [workspace]}


def test_two_who_look_at_the_same_time_agree(site):
    owner = person()
    workspace = site.store(owner, IDE)
    site.open(owner, workspace)
    looking = [process("theia_workspace", site.options(state="observed")) for _unused in range(4)]
    results = [json.loads(each.communicate()[0]) for each in looking]
    assert not [result for result in results if result.get("failed")]
    record = json.loads(site.installation.get("configmaps", RECORD)["data"]["looks"])
    assert (record["first"], record["gaps"]) == (record["last"], [])
    assert site.stamp_of(workspace)
