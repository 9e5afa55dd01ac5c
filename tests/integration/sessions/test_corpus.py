# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions in trouble and out of it: what is found of them, and whom a policy would stop.

`make corpus-proof` asks about more than a thousand.
"""

from __future__ import annotations

import collections
import typing as t

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Safeguards
from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps
from ansible_collections.eduide.theia.plugins.module_utils._safety.targets import Request
from ansible_collections.eduide.theia.plugins.module_utils._sessions.filter import Selection
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from ansible_collections.eduide.theia.plugins.module_utils._sessions.record import assess_sessions
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.plan import StopTerms, plan_stop
from ansible_collections.eduide.theia.plugins.module_utils._sessions.table import Column, render
from integration.capacity_site import rules_without
from integration.session_cases import beside_thresholds, lacking, made
from integration.session_corpus import (
    JAVA,
    POOL,
    WHOLE,
    C,
    Label,
    abandoned_scene,
    blind_leader,
    cordon,
    eager_scene,
    lazy_scene,
    limit_scene,
    misrouted_scene,
    neglected_scene,
    quota_scene,
    restarted_scene,
)
from integration.session_site import SessionSite
from lab import ControlPlane, chart
from unit.session_world import around

STOPPING = [code for code, rule in RULES.items() if rule.stops]
THRESHOLDS = {"idle_minutes": 30, "too_old_minutes": 480}
CUT = ("pods", "deployments", "services", "workspaces", "configmaps")
POLICIES = {
    "default": {"findings": ["failed"]},
    "aggressive": {"findings": STOPPING, "discard_data": STOPPING, "thresholds": THRESHOLDS},
}


class Entry(t.NamedTuple):
    """One session: what it should be found to be, what was found, and why which policies would stop it."""

    label: Label
    found: set[str]
    reasons: dict[str, set[str]]


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

    pool = [chart.app_definition(JAVA, minInstances=POOL)]
    entries = look(eager_scene(SessionSite(module_installation(app_definitions=pool, sessions_per_user=2))))
    sidecar = {"name": "before", "image": "registry.lab.invalid/eduide/ls:1", "port": 4000}
    pool = [chart.app_definition(JAVA, minInstances=0, sidecars=[sidecar])]
    entries += look(misrouted_scene(SessionSite(module_installation(app_definitions=pool, operator="april"))))
    entries += look(quota_scene(site(quota={"pods": "0"})))
    entries += look(limit_scene(site(sessions_per_user=1)))
    entries += look(restarted_scene(site()))
    for act in (abandoned_scene, neglected_scene):
        scene = act(site())
        with blind_leader(scene.site):
            entries += look(scene)
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
    reasons = collections.defaultdict(dict)
    for name, policy in POLICIES.items():
        for item in scene.site.act(check=True, **policy, **options)["sessions"]:
            if item["outcome"] == "stopped":
                reasons[item["uid"]][name] = set(item["reasons"])
    assert set(found) == set(scene.labels)
    return [Entry(label, found[uid], reasons[uid]) for uid, label in scene.labels.items()]


@pytest.fixture(scope="module")
def judged():
    """Every session that was made of plain data."""
    return [entry for case in made() for entry in judge(case)]


def judge(case):
    circumstances = around(operator=case.operator, **THRESHOLDS)
    sessions = assess_sessions(case.world.sources(), circumstances)
    safeguards = Safeguards(Caps("max_stop", 10_000, 100))
    terms = StopTerms(safeguards, discard_data=frozenset(STOPPING), own_age=True)
    reasons = collections.defaultdict(dict)
    for name, policy in POLICIES.items():
        request = Request(Selection(findings=frozenset(policy["findings"])))
        for item in plan_stop(sessions, request, terms, circumstances).acts:
            reasons[item.uid][name] = set(item.decision.reasons)
    label = Label(case.how, case.findings, case.occupied)
    return [Entry(label, set(each.codes), reasons[each.row.uid]) for each in sessions]


def test_every_finding_is_found_where_it_is_and_nowhere_else(acted, judged, capsys):
    corpus = [*acted.entries, *judged]
    rows, wrong = [], []
    for code in RULES:
        there = sum(code in entry.label.findings for entry in corpus)
        by_act = sum(code in entry.label.findings for entry in acted.entries)
        found = sum(code in entry.found for entry in corpus)
        right = sum(code in entry.label.findings & entry.found for entry in corpus)
        precision, recall = right / found if found else 1.0, right / there if there else 1.0
        rows.append([code, str(there), str(by_act), str(found), f"{precision:.3f}", f"{recall:.3f}"])
        wrong += [code] * (not by_act or (precision, recall) != (1.0, 1.0))
    titles = ("FINDING", "THERE", "BY ACTING", "FOUND", "PRECISION", "RECALL")
    columns = [Column(title, right=title != "FINDING") for title in titles]
    with capsys.disabled():
        print(f"\n{len(corpus)} sessions, {len(acted.entries)} of them by acting\n{render(columns, rows)}")
    if WHOLE:
        assert len(corpus) >= 1000
        assert 2 * len(acted.entries) >= len(corpus)
    mistaken = [entry for entry in corpus if entry.label.findings != entry.found]
    assert not wrong, [(e.label.how, sorted(e.label.findings), sorted(e.found)) for e in mistaken][:10]


@pytest.mark.parametrize("kind", CUT)
def test_with_permissions_cut_less_is_found_and_nothing_that_is_not_there(acted, kind):
    entries = acted.blinkered[kind]
    assert all(entry.found <= entry.label.findings for entry in entries)
    # What rests on other kinds is found as before.
    codes = {"pods": {"pod_refused"}, "workspaces": set(RULES), "configmaps": set(RULES)}.get(kind, {"failed"})
    assert all(entry.found & codes == entry.label.findings & codes for entry in entries)
    assert [entry for entry in entries if drives_somebody_out(entry)] == []


# What a policy may name although somebody can be at work in such a session.
CHOSEN = {"high_memory", "too_old", "idle", "orphaned", "over_user_limit"}


def drives_somebody_out(entry):
    """Whether a policy would stop a session that somebody can be at work in for anything but what it chose to."""
    by_choice = entry.reasons.keys() <= {"aggressive"} and entry.reasons.get("aggressive", set()) <= CHOSEN
    return entry.label.occupied and not by_choice


def test_no_policy_stops_anybody_who_can_be_at_work_unless_it_chose_that_state(acted, judged):
    corpus = [*acted.entries, *judged]
    assert [entry for entry in corpus if drives_somebody_out(entry)] == []
    # It is no rule that never applies: people are at work in every such state, and an aggressive policy takes them.
    taken = [entry.reasons["aggressive"] for entry in corpus if entry.label.occupied and entry.reasons]
    assert set().union(*taken) == CHOSEN


def test_a_default_policy_takes_what_failed_and_nothing_else(acted, judged):
    corpus = [*acted.entries, *judged]
    dead = [entry for entry in corpus if "failed" in entry.label.findings and not entry.label.occupied]
    assert [entry for entry in corpus if "default" in entry.reasons] == dead
    assert all(entry.reasons["default"] == {"failed"} for entry in dead)
    assert all("aggressive" in entry.reasons for entry in dead)


TIMED = {"unseen", "stuck_starting", "no_url", "no_url_but_running", "no_pod", "too_old", "idle", "not_reaped"}


def test_every_threshold_is_approached_from_both_sides():
    sides = {(case.about, case.about in case.findings) for case in beside_thresholds()}
    assert sides == {(code, found) for code in (*TIMED, "high_memory") for found in (False, True)}


def test_every_finding_is_tried_with_a_status_that_is_missing_and_one_that_is_null():
    statuses = [(case.about, case.world.objects["sessions"][0]) for case in lacking()]
    assert {code for code, session in statuses if "status" not in session} == set(RULES)
    assert {code for code, session in statuses if session.get("status", {}) is None} == set(RULES)
    assert {code for code, session in statuses if None in (session.get("status") or {}).values()} == set(RULES)
