# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More than a thousand sessions in trouble and out of it: what is found of them, and whom a policy would stop."""

from __future__ import annotations

import collections
import typing as t
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._caps import Caps
from ansible_collections.eduide.theia.plugins.module_utils._findings import RULES
from ansible_collections.eduide.theia.plugins.module_utils._selection import Selection
from ansible_collections.eduide.theia.plugins.module_utils._sessions import judge_sessions
from ansible_collections.eduide.theia.plugins.module_utils._stopping import Request, Terms, plan
from ansible_collections.eduide.theia.plugins.module_utils._table import Column, render
from integration.capacity_site import rules_without
from integration.session_corpus import (
    JAVA,
    C,
    Label,
    blind_leader,
    cordon,
    eager_scene,
    interrupted_scene,
    lazy_scene,
    limit_scene,
    quota_scene,
)
from integration.session_site import SessionSite
from lab import ControlPlane, chart
from unit.session_world import World, around, millis

STOPPING = [code for code, rule in RULES.items() if rule.stops]
THRESHOLDS = {"idle_minutes": 30, "too_old_minutes": 480}
CUT = ("pods", "deployments", "services", "workspaces", "configmaps")
POLICIES = {
    "default": {"findings": ["failed"]},
    "aggressive": {"findings": STOPPING, "discard_data": STOPPING, "thresholds": THRESHOLDS},
}


class Entry(t.NamedTuple):
    """One session: what it should be found to be, what was found, and which policies would stop it."""

    label: Label
    found: set[str]
    stopped: set[str]


@pytest.fixture(scope="module")
def control_plane():
    """A lab of its own: draining nodes is felt by everybody in it."""
    with ControlPlane.start(ready_scale=0.05) as own:
        yield own


class Acted(t.NamedTuple):
    entries: list[Entry]
    blinkered: dict[str, list[Entry]]
    """The last scene as accounts see it that may not read these kinds."""


@pytest.fixture(scope="module")
def acted(module_installation):
    """Every session that something was done to."""

    def site(**settings):
        definitions = [chart.app_definition(C, minInstances=0)]
        options = {"start": "lazy", "keycloak": False, "sessions_per_user": -1, **settings}
        return SessionSite(module_installation(app_definitions=definitions, **options))

    pool = [chart.app_definition(JAVA, minInstances=175)]
    entries = look(eager_scene(SessionSite(module_installation(app_definitions=pool, sessions_per_user=2))))
    entries += look(quota_scene(site(quota={"pods": "0"})))
    entries += look(limit_scene(site(sessions_per_user=1)))
    entries += look(interrupted_scene(site(), restart=True))
    abandoned = interrupted_scene(site(), restart=False)
    with blind_leader(abandoned.site):
        entries += look(abandoned)
    # The last one, for it leaves no node on which a pod could start.
    lazy = lazy_scene(site())
    try:
        blinkered = {kind: look(lazy, kubeconfig=account_without(lazy.site, kind)) for kind in CUT}
        return Acted(entries + look(lazy), blinkered)
    finally:
        nodes = [node["metadata"]["name"] for node in lazy.site.lab.api.items("/api/v1/nodes")]
        cordon(lazy.site, nodes, unschedulable=False)


def account_without(site, kind):
    rules = rules_without(kind)
    return str(site.lab.identity(f"no-{kind}", namespace=site.namespace, rules=rules).kubeconfig)


def look(scene, **options):
    """Ask the modules about all sessions of a scene, once it is made."""
    seen = scene.site.see(thresholds=THRESHOLDS, **options)["sessions"]
    found = {record["uid"]: {finding["code"] for finding in record["findings"]} for record in seen}
    stopped = collections.defaultdict(set)
    for name, policy in POLICIES.items():
        for item in scene.site.act(check=True, **policy, **options)["sessions"]:
            if item["outcome"] == "stopped":
                stopped[item["uid"]].add(name)
    assert set(found) == set(scene.labels)
    return [Entry(label, found[uid], stopped[uid]) for uid, label in scene.labels.items()]


def made():
    """Sessions on either side of every threshold, whatever their status lacks."""
    entries = []
    for findings, build in cases():
        world = World()
        world.app_definition(JAVA)
        build(world)
        entries += judged(world, Label("made", frozenset(findings), healthy=not findings))
    return entries


def judged(world, label):
    circumstances = around(**THRESHOLDS)
    sessions = judge_sessions(world.sources(), circumstances)
    terms = Terms(discard_data=frozenset(STOPPING), own_age=True, caps=Caps("max_stop", 10_000, 100))
    stopped = collections.defaultdict(set)
    for name, policy in POLICIES.items():
        request = Request(selection=Selection(findings=frozenset(policy["findings"])))
        for item in plan(sessions, request, terms, circumstances).stops:
            stopped[item.uid].add(name)
    return [Entry(label, set(each.codes), stopped[each.row.uid]) for each in sessions]


LACKS = [
    {},
    {"operatorMessage": None},
    {"error": None},
    {"lastActivity": None},
    {"lastActivity": 0},
    {"error": "551:late"},
]
WELL = {"operatorStatus": "HANDLED", "url": "ide.example.org/x/"}
INTERVAL, REAPED = 180, 60 * 60 + 2 * 180 + 60


def cases():
    """Findings that have to be there, and what makes them so."""
    for seconds in (-2, -1, 0, 1, 2):
        due = seconds >= 0
        for lacks in LACKS:
            unseen = {**lacks, "age": timedelta(seconds=120 + seconds)}
            yield {"unseen"} if due else (), sessions(**unseen)
            for strategy in ({}, {"strategy": "eager", "instance": 1}):
                stuck = {**lacks, **strategy, "operatorStatus": "HANDLING", "age": timedelta(seconds=300 + seconds)}
                yield {"stuck_starting"} if due else (), sessions(**stuck)
                if not lacks.get("lastActivity"):
                    gone = {**WELL, **lacks, **strategy, "age": timedelta(seconds=300 + seconds)}
                    yield {"not_ready", "no_pod"} if due else {"not_ready"}, sessions(**gone)
            waits = {**lacks, "operatorStatus": "HANDLED", "age": timedelta(seconds=600 + seconds)}
            yield {"no_url"} if due else (), lazy({"pod": False}, **waits)
            yield {"no_url_but_running"} if due else (), lazy({}, **waits)
            old = {**WELL, **lacks, "age": timedelta(minutes=480, seconds=seconds)}
            yield {"too_old"} if due else (), lazy({}, **old)
            yield {"too_old"} if due else (), eager({}, **old)
            ended = {**WELL, **lacks, "age": timedelta(minutes=1440, seconds=2 * INTERVAL + 60 + seconds)}
            yield {"too_old", "not_reaped"} if seconds > 0 else {"too_old"}, eager({}, **ended)
        away = {**WELL, "age": timedelta(hours=4), "lastActivity": millis(seconds=30 * 60 + INTERVAL + seconds)}
        yield {"idle"} if due else (), lazy({}, **away)
        yield (), eager({}, **away)
        blind = {**WELL, "age": timedelta(hours=4), "lastActivity": millis(seconds=REAPED + seconds)}
        yield {"not_reaped"} if seconds > 0 else (() if seconds == 0 else {"idle"}), lazy({}, **blind)
        for start in (lazy, eager):
            used = {"memory": 3_000_000_000 * 85 // 100 + seconds}
            yield {"high_memory"} if due else (), start(used, **WELL, age=timedelta(hours=1))
    for number in range(150):
        for start in (lazy, eager):
            yield (), start({"memory": number * 10**7}, **WELL, age=timedelta(minutes=5 + number))


def sessions(**details):
    return lambda world: world.session("s1", **details)


def lazy(objects, **details):
    return lambda world: world.lazy_objects(world.session("s1", **details), **objects)


def eager(objects, **details):
    def build(world):
        app = world.objects["app_definitions"][0]
        world.claimed_instance(world.session("s1", strategy="eager", instance=1, **details), app, 1, **objects)

    return build


def test_every_finding_is_found_where_it_is_and_nowhere_else(acted, capsys):
    corpus = [*acted.entries, *made()]
    rows, wrong = [], []
    for code in RULES:
        there = sum(code in entry.label.findings for entry in corpus)
        by_act = sum(code in entry.label.findings for entry in acted.entries)
        found = sum(code in entry.found for entry in corpus)
        right = sum(code in entry.label.findings & entry.found for entry in corpus)
        precision, recall = right / found if found else 1.0, right / there if there else 1.0
        rows.append([code, str(there), str(by_act), str(found), f"{precision:.3f}", f"{recall:.3f}"])
        wrong += [code] * (not there or (precision, recall) != (1.0, 1.0))
    titles = ("FINDING", "THERE", "BY ACTING", "FOUND", "PRECISION", "RECALL")
    columns = [Column(title, right=title != "FINDING") for title in titles]
    with capsys.disabled():
        print(f"\n{len(corpus)} sessions, {len(acted.entries)} of them by acting\n{render(columns, rows)}")
    assert len(corpus) >= 1000
    assert len(acted.entries) >= 500
    mistaken = [entry for entry in corpus if entry.label.findings != entry.found]
    assert not wrong, [(e.label.how, sorted(e.label.findings), sorted(e.found)) for e in mistaken][:10]


@pytest.mark.parametrize("kind", CUT)
def test_with_permissions_cut_less_is_found_and_nothing_that_is_not_there(acted, kind):
    entries = acted.blinkered[kind]
    assert all(entry.found <= entry.label.findings for entry in entries)
    # What rests on other kinds is found as before.
    codes = {"pods": {"quota_blocked"}, "workspaces": set(RULES), "configmaps": set(RULES)}.get(kind, {"failed"})
    assert all(entry.found & codes == entry.label.findings & codes for entry in entries)
    assert not any(entry.stopped for entry in entries if entry.label.healthy and not entry.label.findings & CHOSEN)


# States in which somebody may be at work, and that a policy may name all the same.
CHOSEN = {"high_memory", "too_old", "idle", "orphaned", "over_user_limit"}


def test_no_policy_stops_anybody_who_may_be_at_work_unless_it_names_that_state(acted):
    for entry in [*acted.entries, *made()]:
        if entry.label.healthy and not entry.label.findings & CHOSEN:
            assert not entry.stopped, entry
        assert "default" not in entry.stopped or "failed" in entry.label.findings
    dead = [e.stopped for e in acted.entries if "failed" in e.label.findings and not e.label.healthy]
    assert dead
    assert all(stopped == {"default", "aggressive"} for stopped in dead)


def test_every_threshold_is_approached_from_both_sides():
    codes = set().union(*(entry.label.findings for entry in made()))
    timed = {"unseen", "stuck_starting", "no_url", "no_url_but_running", "no_pod", "too_old", "idle", "not_reaped"}
    assert codes >= timed | {"high_memory"}
