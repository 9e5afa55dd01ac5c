# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand workspaces of a year, one delete that fails, and the platform's own collector on the same state.

They are written into the lab's database, for no API makes a workspace old; one of them is offered to the API server.
"""

from __future__ import annotations

import json
import typing as t
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._sessions.table import Column, render
from integration.exam_night import Duty, report
from integration.workspace_site import DAY, LAST_SEEN, RECORD, WorkspaceSite
from lab import chart
from lab.api import path_of
from lab.faults import Rule, Status
from lab.proxy import FaultProxy
from lab.store import key_of

IDE = "c-latest"
TTL_DAYS, UNUSED_DAYS = 14, 60
DEMO = "demo@x.org"


class Kind(t.NamedTuple):
    """So many workspaces that are alike, in days before now."""

    count: int
    created: int
    seen: int | None = None
    user: str | None = None
    protected: bool = False


KINDS = {
    "left": Kind(650, created=400),
    "used": Kind(60, created=400, seen=1),
    "recent": Kind(100, created=400, seen=10),
    "young": Kind(100, created=20),
    "new": Kind(40, created=5),
    "guarded": Kind(20, created=400, protected=True),
    "demo": Kind(30, created=400, user=DEMO),
}
GONE = [f"left-{number}" for number in range(KINDS["left"].count)]
STUBBORN = GONE[len(GONE) // 2]


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def workspace(namespace: str, name: str, kind: Kind) -> dict[str, t.Any]:
    """One that the operator is done with; its claim is that of a platform without storage."""
    notes = {LAST_SEEN: ago(kind.seen)} if kind.seen is not None else {}
    if kind.protected:
        notes["eduide-theia/protected"] = "correction"
    user = kind.user or f"{name}@x.org"
    return {
        "apiVersion": "theia.cloud/v1beta5",
        "kind": "Workspace",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": str(uuid.uuid4()),
            "generation": 1,
            "creationTimestamp": ago(kind.created),
            "annotations": notes,
        },
        "spec": {"name": name, "user": user, "appDefinition": IDE, "label": f"{IDE} of {user}"},
        "status": {"operatorStatus": "HANDLED"},
    }


def write(site) -> None:
    """All workspaces, sessions on those in use, and the record of somebody who looked for ninety days."""
    api, namespace = site.lab.api, site.namespace
    made = [
        workspace(namespace, f"{name}-{number}", kind) for name, kind in KINDS.items() for number in range(kind.count)
    ]
    answer = api.request("POST", f"{path_of(made[0]).rpartition('/')[0]}?dryRun=All", made[0])
    assert answer.status == 201, answer
    site.lab.store.put_all((key_of(obj), json.dumps(obj)) for obj in made)

    def start(number: int) -> None:
        name = f"used-{number}"
        spec = {"name": f"s-{number}", "user": f"{name}@x.org", "appDefinition": IDE, "workspace": name}
        body = {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "spec": {**spec, "sessionSecret": "secret"}}
        api.create({**body, "metadata": {"name": f"s-{number}", "namespace": namespace}})

    site.each(start, range(KINDS["used"].count))
    looks = json.dumps({"first": ago(90), "last": ago(0.5), "gaps": [[ago(0.5), DAY]]})
    labels = {"app.kubernetes.io/managed-by": "eduide.theia", "eduide-theia/record": "retention"}
    metadata = {"name": RECORD, "namespace": namespace, "labels": labels}
    api.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"version": "1", "looks": looks}}
    )


class Pruned(t.NamedTuple):
    """What the runs of the playbook did, and what the collector would have done instead."""

    site: WorkspaceSite
    collector: dict[str, t.Any]
    collected: set[str]
    runs: list[t.Any]
    left: list[set[str]]
    writes: list[list[str]]


@pytest.fixture(scope="module")
def pruned(module_installation, tmp_path_factory):
    # Without an operator the sessions stay as they are: waiting for one, and so alive.
    site = WorkspaceSite(module_installation(start="lazy", app_definitions=[chart.app_definition(IDE)]))
    site.installation.operator.stop()
    write(site)
    site.collect_after(f"{TTL_DAYS * 24}h")
    seen = site.look()
    collected = {w["name"] for w in seen["workspaces"] if w["age_seconds"] > TTL_DAYS * DAY}
    folder = tmp_path_factory.mktemp("duty")
    policy = {"unused_days": UNUSED_DAYS, "protect": {"users": [DEMO]}, "max_delete": 1000, "max_percent": 100}
    runs, left, writes = [], [], []
    with FaultProxy.before(site.lab) as proxy:
        config = proxy.write_kubeconfig(folder / "config", site.installation.identity.token, site.namespace)
        duty = Duty(folder, lab=site.installation)
        hosts = json.loads(duty.inventory.read_text())
        hosts["theia_installations"]["hosts"]["lab"]["theia_connection"]["kubeconfig"] = str(config)
        duty.inventory.write_text(json.dumps(hosts))
        given = ["-e", json.dumps({"workspace_retention_policy": policy})]
        proxy.add(Rule(Status(500), verb="delete", path=f"/workspaces/{STUBBORN}$"))
        for arguments in (["--check"], [], [], []):
            began = site.now()
            runs.append(duty.play("prune_workspaces", *given, *arguments))
            writes.append(site.writes(began))
            left.append(site.workspaces())
            if len(runs) == 2:
                proxy.clear()
    return Pruned(site, seen["garbage_collector"], collected, runs, left, writes)


def outcomes(run):
    return {item["name"]: item["outcome"] for item in run.of("theia_workspace")[-1].result["workspaces"]}


EVERYBODY = {f"{name}-{number}" for name, kind in KINDS.items() for number in range(kind.count)}
KEPT = {f"{name}-{number}" for name in ("guarded", "demo") for number in range(KINDS[name].count)}


def test_check_mode_predicts_the_deletion_of_what_is_left_and_of_nothing_else(pruned):
    predicted = pruned.runs[0].good()
    assert {name for name, outcome in outcomes(predicted).items() if outcome == "deleted"} == set(GONE)
    assert {name for name, outcome in outcomes(predicted).items() if outcome == "kept_protected"} == KEPT
    assert (pruned.left[0], pruned.writes[0]) == (EVERYBODY, [])
    assert "650 would be deleted" in report(predicted)


def test_one_failure_does_not_end_the_rest_and_fails_the_run_with_its_name(pruned):
    run = pruned.runs[1]
    assert run.code != 0
    assert STUBBORN in run.of("theia_workspace")[-1].msg
    assert {name for name, outcome in outcomes(run).items() if outcome == "failed"} == {STUBBORN}
    assert pruned.left[1] == EVERYBODY - set(GONE) | {STUBBORN}
    assert {"1 failed", "649 deleted", "50 kept_protected"} <= set(report(run))
    assert report(run)[1].startswith(STUBBORN)
    assert not [line for line in report(run) if line.startswith("demo-")]


def test_the_next_run_finishes_it_and_the_one_after_that_has_nothing_to_do(pruned):
    second, third = (run.good() for run in pruned.runs[2:])
    assert {name for name, outcome in outcomes(second).items() if outcome == "deleted"} == {STUBBORN}
    assert pruned.left[2] == pruned.left[3] == EVERYBODY - set(GONE)
    assert pruned.writes[2] == [f"delete workspaces {STUBBORN}"]
    assert (third.changed, pruned.writes[3]) == (0, [])


def test_the_collector_would_have_taken_what_is_in_use(pruned, capsys):
    by_kind = {
        name: (
            sum(each.startswith(f"{name}-") for each in pruned.collected),
            sum(each.startswith(f"{name}-") for each in EVERYBODY - pruned.left[3]),
        )
        for name in KINDS
    }
    titles = ("WORKSPACES", "ALL", f"COLLECTOR AFTER {TTL_DAYS} DAYS", f"UNUSED FOR {UNUSED_DAYS} DAYS")
    columns = [Column(title, right=title != "WORKSPACES") for title in titles]
    rows = [[name, str(KINDS[name].count), *map(str, pair)] for name, pair in by_kind.items()]
    with capsys.disabled():
        print(f"\n{len(EVERYBODY)} workspaces, and how many would go\n{render(columns, rows)}")
    used = {f"used-{number}" for number in range(KINDS["used"].count)}
    assert pruned.collector == {
        "ttl_seconds": TTL_DAYS * DAY,
        "would_delete": len(pruned.collected),
        "would_delete_in_use": sorted(used),
    }
    assert by_kind == {
        name: (0 if kind.created < TTL_DAYS else kind.count, kind.count if name == "left" else 0)
        for name, kind in KINDS.items()
    }
