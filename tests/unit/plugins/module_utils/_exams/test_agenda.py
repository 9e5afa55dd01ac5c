# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agenda against a calculation that looks at every single minute and knows nothing of how the agenda is made.

Runs are missed, killed and repeated: whatever happened before, after a whole run those hold who should.
"""

from __future__ import annotations

import itertools
import random
import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._exams.agenda import agenda
from ansible_collections.eduide.theia.plugins.module_utils._exams.calendar import read_calendar
from ansible_collections.eduide.theia.plugins.module_utils._exams.plan import plan_closed, plan_declared

BEGIN = datetime(2027, 2, 1, tzinfo=UTC)
MINUTES = 14 * 24 * 60


def at(minute):
    return BEGIN + timedelta(minutes=minute)


def entry(name, start, end, **more):
    times = {"start": at(start).isoformat(), "end": at(end).isoformat(), "lead_minutes": 0, "grace_minutes": 0}
    return {"name": name, **times, "app_definitions": [{"name": "java"}], **more}


class Term:
    """A calendar, and beside it the minutes in which each of its exams holds, by the words of its declaration alone."""

    def __init__(self, *entries):
        self.calendar = read_calendar([*entries], None)
        self.minutes = []
        for each in entries:
            start, end = (datetime.fromisoformat(each[field] or each["start"]) for field in ("start", "end"))
            added = each.get("extra_time_minutes", 0) + each["grace_minutes"]
            first, last = ((time - BEGIN) // timedelta(minutes=1) for time in (start, end))
            self.minutes.append((each["name"], range(first - each["lead_minutes"], last + added + 1)))

    def holders(self, minute):
        return {name for name, minutes in self.minutes if minute in minutes}


class Installation:
    """Records and holds, changed in the way the modules change them, one step after the other."""

    def __init__(self):
        self.records = {}
        self.holding = set()
        self.written = 0

    def due(self, term, minute):
        return agenda(term and term.calendar, self.records.values(), self.holding, at(minute))

    def steps(self, term, minute) -> t.Iterator[t.Callable[[], None]]:
        due, now = self.due(term, minute), at(minute)
        for exam in due.declare:
            yield lambda exam=exam: self.record(
                plan_declared(self.records.get(exam.name), exam, now, source="calendar")
            )
        for name in due.withdraw:
            yield lambda name=name: self.record(plan_closed(self.records[name], name, (), now))
        for recorded in due.warm:
            yield lambda name=recorded.name: self.hold(name, held=True)
        for name in due.cool:
            yield lambda name=name: self.hold(name, held=False)
        for name in due.close:
            yield lambda name=name: self.record(plan_closed(self.records[name], name, (), now))

    def run(self, term, minute, killed_after=None):
        for step in itertools.islice(self.steps(term, minute), killed_after):
            step()

    def record(self, plan):
        self.written += bool(plan.action)
        self.records[plan.after.name] = plan.after

    def hold(self, name, *, held):
        self.written += held is not (name in self.holding)
        (self.holding.add if held else self.holding.discard)(name)


def relation(a, b):
    """In which of thirteen ways two intervals lie to each other, told by where the ends of one are."""
    return tuple((x > y) - (x < y) for x in a for y in b)


INTERVALS = [(start, end) for start in range(6) for end in range(6) if start < end]


def test_two_exams_in_all_thirteen_relations():
    seen = set()
    for a, b in itertools.product(INTERVALS, INTERVALS):
        seen.add(relation(a, b))
        both = Term(entry("a", *a), entry("b", *b))
        installation = Installation()
        for minute in range(8):
            installation.run(both, minute)
            assert installation.holding == both.holders(minute), (a, b, minute)
            written = installation.written
            installation.run(both, minute)
            assert installation.written == written
        # Declared, held, let go and closed, each once.
        assert installation.written == 8
    assert len(seen) == 13


def random_term(dice, exams=100, minutes=MINUTES):
    entries = []
    for number in range(exams):
        start = dice.randrange(120, minutes - 600)
        more = {name: dice.choice((0, 15, 30, 45)) for name in ("lead_minutes", "extra_time_minutes", "grace_minutes")}
        entries.append(entry(f"exam-{number}", start, start + dice.randrange(30, 240), **more))
    return Term(*entries)


def test_a_term_of_100_exams_minute_by_minute():
    term = random_term(random.Random(7))
    installation = Installation()
    installation.run(term, 0)
    assert installation.written == 100
    changes, holding = 0, term.holders(0)
    for minute in range(1, MINUTES):
        now = term.holders(minute)
        changes += len(now ^ holding)
        if now != holding:
            # Nothing but the minutes in which something changes has any work.
            installation.run(term, minute)
        holding = now
        assert installation.holding == holding, minute
    assert changes == 200
    assert installation.written == 100 + changes + 100
    assert {each.closed_at is None for each in installation.records.values()} == {False}


@pytest.mark.parametrize("seed", range(5))
def test_a_term_in_which_runs_are_missed_and_killed(seed):
    dice = random.Random(seed)
    term = random_term(dice)
    installation = Installation()
    minute, whole = 0, 0
    while minute < MINUTES:
        fate = dice.random()
        if fate < 0.3:
            installation.run(term, minute, killed_after=dice.randrange(0, 3))
        elif fate < 0.4:
            # The clock of the API server was wrong for one run, and is right again.
            installation.run(term, minute - dice.randrange(1, 10), killed_after=dice.randrange(0, 3))
        else:
            installation.run(term, minute)
            whole += 1
            assert installation.holding == term.holders(minute), minute
        # Every five minutes, and now and then for hours not at all.
        minute += dice.choice((5, 5, 5, 5, 5, 5, 5, 5, 5, 300))
    assert whole > 300


def test_the_next_change_is_the_next_minute_in_which_something_changes():
    term = random_term(random.Random(3), exams=20)
    installation = Installation()
    for minute in range(0, MINUTES, 97):
        installation.run(term, minute)
        told = installation.due(term, minute).next_change_at
        holding = term.holders(minute)
        nothing = all(term.holders(later) == holding for later in range(minute, MINUTES))
        if nothing:
            assert told is None
            continue
        change = next(later for later in range(minute, MINUTES) if term.holders(later) != holding)
        assert at(change - 1) < told <= at(change)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 99), st.integers(1, 60)))
        ),
        max_size=8,
    )
)
def test_whatever_becomes_of_a_calendar_an_exam_under_way_holds_until_its_end(edits):
    installation, minute = Installation(), 0
    for pause, exams in edits:
        minute += pause
        under_way = {name for name, record in installation.records.items() if record.is_open(at(minute))}
        installation.run(Term(*(entry(name, start, start + length) for name, start, length in exams)), minute)
        assert under_way <= installation.holding
        records = installation.records.values()
        assert {each.name for each in records if each.is_open(at(minute))} == installation.holding


def test_a_revert_in_git_takes_nothing_from_an_exam_that_is_under_way():
    term, installation = Term(entry("a", 30, 60)), Installation()
    installation.run(term, 10)
    installation.run(term, 30)
    for reverted in (Term(), Term(entry("a", 50, 55)), Term(entry("a", 300, 320)), None):
        installation.run(reverted, 40)
        assert installation.holding == {"a"}


def test_an_exam_that_leaves_the_calendar_before_its_lead_is_withdrawn_and_may_come_back():
    term, installation = Term(entry("a", 30, 60)), Installation()
    installation.run(term, 10)
    installation.run(Term(), 11)
    assert installation.records["a"].closed_at == at(11)
    installation.run(term, 12)
    installation.run(term, 30)
    assert installation.holding == {"a"}


def test_a_broken_entry_withdraws_nothing_and_keeps_no_other_from_its_instances():
    entries, installation = [entry("a", 30, 60), entry("b", 30, 60)], Installation()
    installation.run(Term(*entries), 10)
    installation.run(Term({**entries[0], "end": None}, entries[1]), 30)
    assert installation.holding == {"a", "b"}


def test_without_a_calendar_the_records_count_and_none_is_withdrawn():
    term, installation = Term(entry("a", 30, 60)), Installation()
    installation.run(term, 10)
    for minute, holding in ((29, set()), (30, {"a"}), (60, {"a"}), (61, set())):
        installation.run(None, minute)
        assert installation.holding == holding
    assert installation.records["a"].closed_at == at(61)


@pytest.mark.parametrize("closed", [25, 40])
def test_what_somebody_closed_stays_closed_until_it_is_moved_to_a_later_time(closed):
    term, installation = Term(entry("a", 30, 60, lead_minutes=10)), Installation()
    installation.run(term, 20)
    installation.record(plan_closed(installation.records["a"], "a", (), at(closed), reason="fire"))
    installation.run(term, 45)
    assert installation.holding == set()
    assert [each.name for each in installation.due(term, 45).closed_early] == ["a"]
    assert installation.due(term, 61).closed_early == ()
    moved = Term(entry("a", 100, 130))
    installation.run(moved, 50)
    installation.run(moved, 100)
    assert installation.holding == {"a"}


def test_a_manual_exam_is_not_withdrawn_by_a_calendar():
    installation = Installation()
    exam = read_calendar([entry("adhoc", 30, 60)], None).exams[0]
    installation.record(plan_declared(None, exam, at(0)))
    installation.run(Term(), 10)
    installation.run(Term(), 30)
    assert installation.holding == {"adhoc"}


@pytest.mark.parametrize("minute", [10, 70])
def test_an_exam_that_one_of_two_clocks_has_open_is_not_ended(minute):
    term, installation = Term(entry("a", 30, 60), entry("b", 0, 5)), Installation()
    for earlier in (0, 30):
        installation.run(term, earlier)
    left = Term(entry("b", 0, 5)).calendar
    holds = {"a", "b"}
    due = agenda(left, installation.records.values(), holds, at(minute), at(45))
    assert [each.name for each in due.in_doubt] == ["a"]
    assert "a" not in (*due.withdraw, *due.cool, *due.close)
    assert "b" in due.cool
    agreed = agenda(left, installation.records.values(), holds, at(minute))
    assert (agreed.in_doubt, "a" in (*agreed.withdraw, *agreed.close)) == ((), True)
