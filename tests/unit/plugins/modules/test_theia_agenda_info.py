# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(theia_agenda_info) on a gateway that is a dictionary, and what comes of doing what it tells."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity import care
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.fakes import FakeGateway, app_definition
from unit.session_world import exam_record, lead

BEGIN = datetime(2027, 2, 1, tzinfo=UTC)
BASELINE = 3


@pytest.fixture(autouse=True)
def nobody_builds(monkeypatch):
    """Bounds are the matter here. Instances are objects, and those of a hundred exams would take minutes."""
    monkeypatch.setattr(care, "make_whole", lambda *_what, **_how: {})


def at(minute):
    return (BEGIN + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(name, start, end, warm, **more):
    times = {"start": at(start), "end": at(end), "lead_minutes": 0, "grace_minutes": 0}
    return {"name": name, **times, "app_definitions": [{"name": "java", "warm": warm}], **more}


class Site:
    """An installation whose pool is as large as its bound says, at a minute of the term."""

    def __init__(self, cluster):
        self.gateway = FakeGateway(now=BEGIN)
        container = {"name": "operator-container", "args": ["--eagerStart"]}
        spec = {"template": {"spec": {"containers": [container]}}}
        self.gateway.put(kinds.DEPLOYMENT, {"metadata": {"name": "operator-deployment"}, "spec": spec})
        self.gateway.put(kinds.APP_DEFINITION, app_definition("java", minInstances=BASELINE, maxInstances=100_000))
        lead(self.gateway)
        cluster(self.gateway)

    def go_to(self, minute):
        self.gateway._now = BEGIN + timedelta(minutes=minute)

    def module(self, of, **options):
        result = module(of, {"namespace": "theia-prod", **options})
        assert not result.get("failed"), result["msg"]
        return result

    def agenda(self, entries):
        return self.module("theia_agenda_info", **({} if entries is None else {"calendar": entries}))

    def converge(self, entries):
        """As the role does it; True if anything was changed."""
        due = self.agenda(entries)
        results = [self.module("theia_exam", source="calendar", **_stated(each)) for each in due["declare"]]
        results += [self.module("theia_exam", name=name, state="closed") for name in due["withdraw"]]
        for each in due["warm"]:
            wanted = {"app_definitions": each["app_definitions"], "hold": each["name"]}
            results.append(self.module("theia_capacity", **wanted))
        results += [self.module("theia_capacity", state="baseline", hold=name) for name in due["cool"]]
        results += [self.module("theia_exam", name=name, state="closed") for name in due["close"]]
        changed = any(result["changed"] for result in results)
        assert changed is bool(due["changes"])
        return changed

    def bound(self):
        return self.gateway.get(kinds.APP_DEFINITION, "java")["spec"]["minInstances"]

    def patches(self):
        return sum(verb == "patch" and plural == "appdefinitions" for verb, plural, *_more in self.gateway.writes)


def _stated(declared):
    return {field: value for field, value in declared.items() if value is not None}


def bounds(entries, minutes):
    """Minute by minute what the bound has to be, from windows and figures alone; and how many changes that takes.

    While exams overlap it is the most that those under way at one time ever needed, for lowering it in between would
    rebuild the idle pool; when nobody is left it is what it was. Each exam that needs more is one change. For the same
    reason an exam is let go when those that begin have what they need: it counts once more in the minute after its end.
    """
    known, bound, changes = [], BASELINE, 0
    windows = [(each["name"], each["start"], each["end"], each["app_definitions"][0]["warm"]) for each in entries]
    for minute in range(minutes):
        now = at(minute)
        needed = sum(warm for _name, start, end, warm in windows if start < now and at(minute - 1) <= end)
        under_way = any(start <= now <= end for _name, start, end, _warm in windows)
        for _name, _start, _end, warm in sorted(each for each in windows if each[1] == now):
            needed += warm
            changes += needed > bound
            bound = max(bound, needed)
        changes += not under_way and bound != BASELINE
        bound = bound if under_way else BASELINE
        known.append(bound)
    return known, changes


INTERVALS = [(start, end) for start in range(4) for end in range(4) if start < end]


def test_the_bound_of_two_exams_in_all_thirteen_relations(cluster):
    seen = set()
    for a, b in itertools.product(INTERVALS, INTERVALS):
        relation = tuple((x > y) - (x < y) for x in a for y in b)
        if relation in seen:
            continue
        seen.add(relation)
        site, entries = Site(cluster), [entry("a", *a, 10), entry("b", *b, 7)]
        expected, changes = bounds(entries, 6)
        for minute, bound in enumerate(expected):
            site.go_to(minute)
            site.converge(entries)
            assert site.bound() == bound, (a, b, minute)
            assert site.converge(entries) is False
        assert site.patches() == changes
    assert len(seen) == 13


def test_the_bound_over_a_term(cluster):
    dice = random.Random(11)
    entries = []
    for number in range(40):
        start = dice.randrange(1, 5000)
        entries.append(entry(f"exam-{number}", start, start + dice.randrange(30, 240), dice.randrange(1, 80)))
    expected, changes = bounds(entries, 5300)
    site = Site(cluster)
    site.converge(entries)
    known = expected[0]
    windows = {(each["start"], each["end"]) for each in entries}
    # The minutes in which anything begins or has ended; in all others nothing is due, which another test shows.
    edges = {minute for minute in range(5300) for start, end in windows if at(minute) == start or at(minute - 1) == end}
    for minute in sorted(edges):
        site.go_to(minute)
        site.converge(entries)
        assert site.bound() == expected[minute], minute
        known = expected[minute]
    assert known == BASELINE
    assert site.patches() == changes
    assert {exam["phase"] for exam in site.module("theia_exam_info")["exams"]} == {"closed"}


def test_a_plan_says_what_why_and_when_next(cluster):
    site = Site(cluster)
    entries = [entry("a", 30, 60, 10, lead_minutes=10), {**entry("b", 1, 2, 3), "end": None}]
    due = site.module("theia_agenda_info", calendar=entries, time_zone="Europe/Berlin")
    assert [(step["do"], step["exam"]) for step in due["steps"]] == [("declare", "a")]
    assert "from 2027-02-01 01:30 CET (00:30 UTC)" in due["steps"][0]["why"]
    assert due["problems"] == ["entry 2 (b) of the calendar: end is missing"]
    assert (due["changes"], due["next_change_at"]) == (1, at(20))
    assert due["next_change_told"] == "2027-02-01 01:20 CET (00:20 UTC)"
    assert site.gateway.writes == []


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_blank_calendar_is_none_and_withdraws_nothing(cluster, blank):
    site = Site(cluster)
    site.converge([entry("a", 30, 60, 10)])
    assert site.agenda(blank)["steps"] == []
    assert [step["do"] for step in site.agenda([])["steps"]] == ["withdraw"]


def test_what_drains_is_finished_by_a_later_run(cluster):
    site, entries = Site(cluster), [entry("a", 0, 5, 10)]
    site.converge(entries)
    ledger = site.gateway.get(kinds.CONFIG_MAP, "theia-capacity")
    assert "a" in ledger["data"]["java.json"]
    site.go_to(6)
    due = site.agenda(entries)
    assert [step["do"] for step in due["steps"]] == ["cool", "close"]
    assert (due["cool"], due["close"], due["next_change_at"]) == (["a"], ["a"], None)


@pytest.mark.parametrize("broken", [exam_record(exam="eist", start=None), exam_record(exam="eist", version="2")])
def test_a_record_that_cannot_be_read_keeps_no_other_exam_from_its_instances(cluster, broken):
    site = Site(cluster)
    site.gateway.put(kinds.CONFIG_MAP, broken)
    due = site.agenda([entry("a", 0, 5, 10)])
    assert [each["name"] for each in due["warm"]] == ["a"]
    assert due["problems"][0].startswith("ConfigMap theia-exam-eist: ")


def test_in_a_namespace_without_an_installation_nothing_is_due(cluster):
    gateway = FakeGateway()
    cluster(gateway)
    assert "has no app definitions" in module("theia_agenda_info", {"namespace": "x"})["msg"]
