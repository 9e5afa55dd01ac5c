# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the promise is kept is said of what was seen, and of nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._status.page.promise import (
    checks_of,
    logins_of,
    outcome_of,
)
from unit.page_world import EXAM, JAVA, app, at, exam, found, login

PRE_EXAM = {"playbook": "pre_exam", "exam": EXAM, "check": False, "failure": None, "files_lost": 0, "files_unknown": 0}


def judged(minutes, *apps, logins=(), runs=(), **changes):
    declared = exam(**changes)
    checks = checks_of(declared, found(minutes, *apps)["capacity"], runs, logins_of(declared, logins))
    return [check.answer for check in checks], outcome_of(checks), checks


HELD = app(minimum=423, warm=423, holds=[EXAM])
GOOD = [login(1, -5), login(2, 1, seconds=15)]


@pytest.mark.parametrize(
    ("logins", "answer", "evidence"),
    [
        (GOOD, "open", "2 logins seen, 2 of them on an instance of the pool; the slowest had a URL after 15 s."),
        ([*GOOD, login(3, 2, seconds=18, ready=16)], "no", "the slowest had a URL after 18 s, and 1 waited longer"),
        ([*GOOD, login(3, 2, seconds=None, ready=16)], "open", "of 1 it is not known how long they waited."),
        (
            [*GOOD, login(3, 2, seconds=4, ready=2400)],
            "open",
            "3 logins seen, 3 of them on an instance of the pool; the",
        ),
        ([*GOOD, login(3, 2, seconds=900, ready=2)], "open", "of 1 it is not known how long they waited."),
        ([*GOOD, login(3, 2, start="lazy-fallback")], "no", "2 of them on an instance of the pool, 1 without one;"),
        ([*GOOD, login(3, 2, seconds=None)], "open", "waited, 1 of them on an instance that was ready when they came."),
        ([*GOOD, login(3, 2, start=None)], "unknown", "3 logins seen, 2 of them"),
        ([login(1, -31), login(2, 166), login(3, 1, definition="c-latest")], "open", "Nobody was seen to log in yet."),
    ],
)
def test_every_student_gets_a_warm_ide(logins, answer, evidence):
    answers, _outcome, (first, *_others) = judged(10, HELD, logins=logins)
    assert answers[0] == answer
    assert evidence in first.evidence


def test_nothing_was_promised_to_those_who_came_before():
    late = [{"at": at(-1), "action": "declared"}]
    assert [each.start for each in logins_of(exam(history=late), [login(1, -5, start="lazy"), *GOOD])] == ["eager"]


def test_a_failed_warm_up_breaks_it_only_while_instances_are_cold():
    failed = {**PRE_EXAM, "failure": "not warm after 900 s"}
    cold = app(minimum=423, warm=3, cold=420, holds=[EXAM])
    assert judged(-20, cold, runs=[failed])[0][0] == "no"
    assert judged(-20, HELD, runs=[failed])[0][0] == "open"
    assert judged(-20, cold, runs=[failed, PRE_EXAM])[0][0] == "open"
    assert judged(-20, cold, runs=[{**failed, "check": True}])[0][0] == "open"


def test_an_exam_at_which_nobody_looked_is_not_called_kept():
    answers, outcome, (first, *_others) = judged(170, app(), runs=[PRE_EXAM], closed_at=at(168))
    assert (answers, outcome) == (["unknown", "yes", "yes", "yes"], "not known")
    assert first.evidence == "No login was seen, because no run looked while students were in."


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ({"logins": GOOD, "closed_at": at(168)}, "kept"),
        ({"logins": GOOD, "closed_at": at(168), "runs": [{**PRE_EXAM, "files_lost": 1}]}, "not kept"),
        ({"logins": GOOD, "closed_at": at(168), "runs": [{**PRE_EXAM, "files_unknown": 1}]}, "not known"),
        ({"logins": GOOD, "closed_at": at(168), "history": [{"at": at(5), "action": "shield_exit"}]}, "not kept"),
        ({"logins": [*GOOD, login(3, 9, seconds=99, ready=90)], "closed_at": at(168)}, "not kept"),
        ({"logins": [*GOOD, login(3, 9, seconds=99)], "closed_at": at(168)}, "kept"),
        ({"logins": [*GOOD, login(3, 9, seconds=99, ready=2)], "closed_at": at(168)}, "not known"),
    ],
)
def test_the_worst_answer_counts(what, outcome):
    assert judged(170, app(), **what)[1] == outcome


def test_who_refuses_a_user_throws_that_user_out():
    locked = app(minimum=423, warm=422, claimed=1, holds=[EXAM])
    locked["pool"]["locked_out"] = 1
    answers, outcome, checks = judged(10, locked, logins=GOOD)
    assert (answers[1], outcome) == ("no", "not kept")
    assert "1 session" in checks[1].evidence


def test_what_is_still_held_is_not_as_before():
    draining = app(minimum=423, warm=0, claimed=1, holds=[EXAM], draining_since=at(168))
    answers, outcome, checks = judged(170, draining, logins=GOOD, closed_at=at(168))
    assert (answers[3], outcome) == ("open", "kept so far")
    assert checks[3].evidence == f"{JAVA} is draining at min 423."
