# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(theia_agenda_info) on a gateway that is a dictionary, and what comes of doing what it tells."""

from __future__ import annotations

import collections
import functools
import itertools
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.eduide.theia.plugins.filter.convergence_report import convergence_report
from ansible_collections.eduide.theia.plugins.module_utils._capacity import care
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CAPACITY_RECORD
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


class Killed(BaseException):
    """Nothing in a run sees it come."""


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

    def module(self, of, *, check=False, **options):
        result = module(of, {"namespace": "theia-prod", **options}, check=check)
        assert not result.get("failed"), result["msg"]
        return result

    def agenda(self, entries, **options):
        return self.module("theia_agenda_info", **({} if entries is None else {"calendar": entries}), **options)

    def steps(self, due, *, check=False):
        """As the role does it, each step when it is asked for; what it is, for whom, and its result."""
        run = functools.partial(self.module, check=check)
        for each in due["declare"]:
            yield "declare", each, run("theia_exam", source="calendar", **_stated(each))
        for name in due["withdraw"]:
            yield "withdraw", name, run("theia_exam", name=name, state="closed")
        for each in due["warm"]:
            wanted = {"app_definitions": each["app_definitions"], "hold": each["name"], "drift": "repair_once"}
            limits = {"hold_from": each["start"], "extend_time_limits": each["session_minutes"], "late": True}
            yield "warm", each, run("theia_capacity", **wanted, **limits)
        for name in due["cool"]:
            only = {"app_definitions": due["cool_only"][name]} if name in due["cool_only"] else {}
            yield "cool", name, run("theia_capacity", state="baseline", hold=name, **only)
        for name in due["close"]:
            yield "close", name, run("theia_exam", name=name, state="closed")

    def converge(self, entries, *, check=False):
        """True if anything was changed, or would be."""
        due = self.agenda(entries)
        changed = sum(result["changed"] for _do, _item, result in self.steps(due, check=check))
        assert bool(changed) is bool(due["changes"])
        return bool(changed)

    def killed(self, entries, writes):
        """A run that is killed before one of its writes; False if it has not so many."""
        left = itertools.count(writes, -1)

        def kill(verb, _kind, _name):
            if verb in ("create", "update", "patch") and not next(left):
                raise Killed

        self.gateway.interceptors.append(kill)
        try:
            self.converge(entries)
        except Killed:
            return True
        finally:
            self.gateway.interceptors.remove(kill)
        return False

    def another_client(self, name, value, minute):
        """Somebody writes the bound, as the API server keeps it."""
        owned = {"f:spec": {"f:minInstances": {}}}
        by = {"manager": name, "operation": "Update", "time": at(minute), "fieldsV1": owned}
        patch = {"metadata": {"managedFields": [by]}, "spec": {"minInstances": value}}
        self.gateway.change(kinds.APP_DEFINITION, "java", patch)

    def bound(self):
        return self.gateway.get(kinds.APP_DEFINITION, "java")["spec"]["minInstances"]

    def limit(self):
        return self.gateway.get(kinds.APP_DEFINITION, "java")["spec"]["timeout"]

    def patches(self):
        return sum(verb == "patch" and plural == "appdefinitions" for verb, plural, *_more in self.gateway.writes)


def _stated(declared):
    return {field: value for field, value in declared.items() if value is not None}


class Oracle:
    """From windows and figures alone what the bound has to be after a run, and how many changes that takes.

    While exams overlap it is the most that those under way at one time ever needed, for lowering it in between would
    rebuild the idle pool; when nobody is left it is what it was. Each exam that needs more is one change. For the same
    reason an exam is let go when those that begin have what they need: it counts until the run after its end.
    """

    def __init__(self, entries):
        self.windows = [
            (each["start"], each["end"], each["name"], each["app_definitions"][0]["warm"]) for each in entries
        ]
        self.held, self.bound, self.changes = set(), BASELINE, 0

    def run(self, minute):
        now = at(minute)
        for window in sorted(each for each in self.windows if each[0] <= now <= each[1] and each not in self.held):
            self.held.add(window)
            self._become(max(self.bound, sum(each[3] for each in self.held)))
        self.held = {each for each in self.held if now <= each[1]}
        self._become(self.bound if self.held else BASELINE)
        return self.bound

    def _become(self, bound):
        self.changes += bound != self.bound
        self.bound = bound


INTERVALS = [(start, end) for start in range(4) for end in range(4) if start < end]


def test_the_bound_of_two_exams_in_all_thirteen_relations(cluster):
    seen = set()
    for a, b in itertools.product(INTERVALS, INTERVALS):
        relation = tuple((x > y) - (x < y) for x in a for y in b)
        if relation in seen:
            continue
        seen.add(relation)
        site, entries = Site(cluster), [entry("a", *a, 10), entry("b", *b, 7)]
        oracle = Oracle(entries)
        for minute in range(6):
            site.go_to(minute)
            site.converge(entries)
            assert site.bound() == oracle.run(minute), (a, b, minute)
            assert site.converge(entries) is False
        assert site.patches() == oracle.changes
    assert len(seen) == 13


def test_the_bound_over_a_term_of_missed_and_killed_runs_drift_and_moved_clocks(cluster):
    dice, entries = random.Random(11), []
    for number in range(100):
        start = dice.randrange(1, 10_000)
        entries.append(entry(f"exam-{number}", start, start + dice.randrange(30, 240), dice.randrange(1, 80)))
    site, oracle, repairs, kills = Site(cluster), Oracle(entries), 0, 0
    site.converge(entries)
    # A run every hour or so, and now and then none for many hours.
    minutes = itertools.accumulate(dice.choice((20, 40, 60, 60, 60, 300)) for _unused in itertools.count())
    for minute in itertools.takewhile(lambda minute: minute < 10_400, minutes):
        if any(window[1] >= at(minute) for window in oracle.held) and dice.random() < 0.5:
            # Each client once: what the same one does again is a fight.
            repairs += 1
            others = [value for value in (BASELINE, oracle.bound - 1, oracle.bound + 5) if value != oracle.bound]
            site.another_client(f"client-{repairs}", dice.choice(others), minute)
        elif dice.random() < 0.1:
            site.go_to(minute - dice.randrange(1, 10))
            site.converge(entries)
            oracle.run((site.gateway.now() - BEGIN) // timedelta(minutes=1))
        site.go_to(minute)
        if dice.random() < 0.7:
            kills += site.killed(entries, dice.randrange(3))
        site.converge(entries)
        assert site.bound() == oracle.run(minute), minute
    assert site.bound() == BASELINE
    assert site.patches() == oracle.changes + repairs
    assert min(repairs, kills) > 10
    assert {exam["phase"] for exam in site.module("theia_exam_info")["exams"]} <= {"closed"}


def test_every_minute_of_an_exam_day_writes_what_changes_and_nothing_else(cluster):
    """In check mode and for real: what is predicted is done, and in all other minutes nothing is written."""
    windows = {"early": (40, 70), "late": (60, 150), "inside": (80, 100), "evening": (560, 640)}
    entries = [entry(name, *window, 20, lead_minutes=10) for name, window in windows.items()]
    site, busy = Site(cluster), []
    for minute in range(720):
        site.go_to(minute)
        predicted, before = site.converge(entries, check=True), len(site.gateway.writes)
        assert site.converge(entries) is predicted
        assert predicted is (len(site.gateway.writes) > before)
        busy += [minute] if predicted else []
    # Declared; from the lead of each; when each is over.
    assert busy == [0, 30, 50, 70, 71, 101, 151, 550, 641]
    written = collections.Counter((verb, plural) for verb, plural, *_more in site.gateway.writes)
    # Records are declared and closed; the ledger has each hold begin and end; each raises the bound.
    assert written == {
        ("create", "configmaps"): 4 + 1,
        ("update", "configmaps"): 4 + 9,
        ("patch", "appdefinitions"): 6,
    }


@pytest.mark.parametrize("first", range(4))
def test_of_two_runs_at_once_the_other_says_what_was_done_already(cluster, first):
    """One of them does this many steps before the other one begins and ends."""
    site, entries = Site(cluster), [entry("a", 0, 60, 10), entry("b", 30, 60, 5)]
    due = site.agenda(entries)
    own = site.steps(due)
    done = list(itertools.islice(own, first))
    site.converge(entries)
    done += own
    results = collections.defaultdict(list)
    for do, item, result in done:
        results[do].append({"item": item, **result})
    report = convergence_report(due, results)
    others = ["declare a", "declare b", "warm a"][first:]
    told = f"Another run did {len(others)} step{'s' if len(others) > 1 else ''} of these first: {', '.join(others)}."
    assert ([line for line in report if line.startswith("Another")] == [told]) is bool(others)
    assert (site.bound(), site.patches()) == (10, 1)
    assert [verb for verb, plural, *_more in site.gateway.writes if plural == "configmaps"] == ["create"] * 3


def test_drift_is_repaired_once_and_then_told_as_a_fight(cluster):
    site, entries = Site(cluster), [entry("a", 0, 3000, 10)]
    site.converge(entries)
    site.another_client("argocd-controller", BASELINE, 5)
    site.go_to(6)
    due = site.agenda(entries)
    why = f"java: min_instances should be 10, and argocd-controller at {at(5)} wrote 3"
    assert due["steps"] == [{"do": "repair", "exam": "a", "why": why}]
    # A repair that is killed is no repair.
    assert site.killed(entries, 1)
    assert (site.bound(), site.agenda(entries)["fights"]) == (BASELINE, [])
    assert site.converge(entries) is True
    assert (site.bound(), site.agenda(entries)["steps"]) == (10, [])

    site.another_client("helm", 4, 7)
    site.go_to(8)
    assert site.converge(entries) is True

    site.another_client("argocd-controller", BASELINE, 11)
    site.go_to(12)
    before, due = len(site.gateway.writes), site.agenda(entries)
    assert (due["steps"], len(due["fights"])) == ([], 1)
    for words in (f"argocd-controller at {at(11)} wrote 3 again", f"put right at {at(6)}", "/spec/minInstances alone"):
        assert words in due["fights"][0]
    wanted = {"app_definitions": entries[0]["app_definitions"], "hold": "a", "drift": "repair_once"}
    fought = module("theia_capacity", {"namespace": "theia-prod", **wanted})
    assert (due["fights"][0] in fought["msg"], site.bound(), len(site.gateway.writes)) == (True, BASELINE, before)
    assert fought["app_definitions"][0]["outcome"] == "drift"

    # By hand, or when a day has gone by.
    site.module("theia_capacity", **{**wanted, "drift": "overwrite"})
    assert site.bound() == 10
    site.another_client("argocd-controller", BASELINE, 13)
    site.go_to(6 + 24 * 60)
    assert site.converge(entries) is True
    assert site.bound() == 10


def test_sessions_of_an_exam_last_to_its_end_whoever_warmed_it(cluster):
    """What pre_exam holds is what is held here, or each run would undo the other's time limits under students."""
    site, entries = Site(cluster), [entry("a", 0, 300, 10)]
    site.gateway.change(kinds.APP_DEFINITION, "java", {"spec": {"timeout": 60}})
    declared = site.module("theia_exam", **entries[0])
    held = {"app_definitions": entries[0]["app_definitions"], "hold": "a"}
    limits = {"extend_time_limits": declared["session_minutes"]}
    assert site.module("theia_capacity", **held, **limits)["changed"]
    assert (site.limit(), site.converge(None), site.patches()) == (360, False, 1)

    # The time to spare pays for the first hour: a change would meet all who sit the exam by now.
    longer = [{**entries[0], "end": at(360)}]
    assert site.converge(longer) is True
    again = {**limits, "extend_time_limits": 420}
    assert not site.module("theia_capacity", **held, **again)["changed"]
    assert (site.limit(), site.patches(), site.agenda(longer)["steps"]) == (360, 1, [])

    longer = [{**entries[0], "end": at(361)}]
    assert site.converge(longer) is True
    # A change of all instances, and no more of them for those who sit the exam by now.
    assert (site.limit(), site.bound(), site.patches()) == (421, 10, 2)

    site.module("theia_capacity", **held)
    due = site.agenda(longer)
    why = "java: what it asks for is not what it holds: inactive_minutes unset -> 421, timeout_minutes unset -> 421"
    assert due["steps"] == [{"do": "warm", "exam": "a", "why": why}]
    assert site.converge(longer) is True
    assert site.agenda(longer, extend_time_limits=False)["warm"][0]["session_minutes"] is None
    site.go_to(362)
    site.converge(longer)
    assert (site.limit(), site.bound()) == (60, BASELINE)


def test_a_plan_says_what_why_and_when_next(cluster):
    site = Site(cluster)
    entries = [entry("a", 30, 60, 10, lead_minutes=10), {**entry("b", 1, 2, 3), "end": None}]
    due = site.module("theia_agenda_info", calendar=entries, time_zone="Europe/Berlin")
    assert [(step["do"], step["exam"]) for step in due["steps"]] == [("declare", "a")]
    assert "from 2027-02-01 01:30 CET (00:30 UTC)" in due["steps"][0]["why"]
    assert due["problems"] == ["entry 2 (b) of the calendar: end is missing"]
    assert (due["changes"], due["next_change_at"]) == (1, at(20))
    assert due["next_change_text"] == "2027-02-01 01:20 CET (00:20 UTC)"
    assert site.gateway.writes == []


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_blank_calendar_is_none_and_withdraws_nothing(cluster, blank):
    site = Site(cluster)
    site.converge([entry("a", 30, 60, 10)])
    assert site.agenda(blank)["steps"] == []
    assert [step["do"] for step in site.agenda([])["steps"]] == ["withdraw"]


def test_an_exam_that_somebody_closed_is_left_closed_and_never_passed_over_in_silence(cluster):
    site, entries = Site(cluster), [entry("a", 0, 5, 10)]
    site.converge(entries)
    site.go_to(1)
    site.module("theia_exam", name="a", state="closed", end_early_reason="fire alarm")
    site.converge(entries)
    due = site.agenda(entries)
    assert (site.bound(), due["steps"]) == (BASELINE, [])
    [told] = due["closed_early"]
    assert told.startswith("a: the calendar has it, and it was closed on 2027-02-01 00:01 UTC, before its time, so ")
    assert told.endswith("; if it takes place, run pre_exam with exam=a, which declares it again")
    assert site.agenda(None)["closed_early"] == []


def test_an_exam_that_is_over_is_let_go_and_closed(cluster):
    site, entries = Site(cluster), [entry("a", 0, 5, 10)]
    site.converge(entries)
    site.go_to(6)
    due = site.agenda(entries)
    assert [step["do"] for step in due["steps"]] == ["cool", "close"]
    assert (due["cool"], due["close"], due["next_change_at"]) == (["a"], ["a"], None)


@pytest.mark.parametrize(("again", "bounds"), [("java", (12, 0)), ("c", (BASELINE, 12))])
def test_what_an_exam_left_is_lowered_and_nothing_that_it_holds_by_now(cluster, again, bounds):
    """Students stay in what last week's exam left, until that of this week begins under the same name."""
    site = Site(cluster)
    site.gateway.put(kinds.APP_DEFINITION, app_definition("c", minInstances=0, maxInstances=100))
    site.module("theia_capacity", app_definitions=[{"name": "java", "warm": 10}], hold="a")
    left = json.loads(site.gateway.get(kinds.CONFIG_MAP, CAPACITY_RECORD)["data"]["java.json"])
    left["holds"]["a"]["ended"] = True
    site.gateway.change(kinds.CONFIG_MAP, CAPACITY_RECORD, {"data": {"java.json": json.dumps(left)}})
    entries = [{**entry("a", 0, 60, 0), "app_definitions": [{"name": again, "warm": 12}]}]
    assert (site.converge(entries), site.converge(entries)) == (True, False)
    live = [site.gateway.get(kinds.APP_DEFINITION, name)["spec"]["minInstances"] for name in ("java", "c")]
    assert tuple(live) == bounds


@pytest.mark.parametrize("minute", [-60, 600])
def test_by_a_clock_that_nobody_can_believe_no_exam_is_ended(cluster, minute):
    site, entries = Site(cluster), [entry("a", 0, 5, 10)]
    site.converge(entries)
    bound = site.bound()
    site.go_to(minute)
    site.gateway.ahead = timedelta(minutes=minute)
    due = site.agenda([])
    assert (due["withdraw"], due["cool"], due["close"]) == ([], [], [])
    [problem] = due["problems"]
    assert problem.startswith("exam a: by the clock of this machine it shields its students until")
    assert not site.converge([])
    assert site.bound() == bound > BASELINE


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
