# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said about a run for exams, on the terminal and to people."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._exams.report import convergence_notices, convergence_report

QUIZ = {"name": "quiz", "start": "2027-02-11T09:00:00Z", "lead_minutes": 30}


def agenda(*steps, fights=(), problems=(), closed_early=(), seen_at="2027-02-11T08:50:00Z", told=None):
    return {
        "steps": [{"do": do, "exam": exam, "why": why} for do, exam, why in steps],
        "fights": list(fights),
        "problems": list(problems),
        "closed_early": list(closed_early),
        "seen_at": seen_at,
        "next_change_text": told,
    }


def result(item, changed=True, **fields):
    return {"item": item, "changed": changed, **fields}


def held(warm, cold):
    return {"name": "java", "outcome": "unchanged", "pool": {"warm": warm, "cold": cold}, "draining": []}


def test_what_was_done_and_what_comes_next():
    due = agenda(("close", "quiz", "it is over by 10:45"), told="11:45 CET")
    assert convergence_report(due, {"close": [result("quiz")]}) == [
        "close    quiz: it is over by 10:45",
        "Something is to be done next at 11:45 CET.",
    ]
    assert convergence_report(agenda(), {}) == ["Everything is as it should be."]


def test_what_is_not_as_the_calendar_has_it_is_never_said_to_be_as_it_should_be():
    closed = agenda(closed_early=["quiz: the calendar has it, and it was closed"])
    assert convergence_report(closed, {}) == ["closed   quiz: the calendar has it, and it was closed"]
    for wrong in (agenda(problems=["entry 1"]), agenda(fights=["helm writes 3"])):
        assert convergence_report(wrong, {}) == ["Nothing else is to be done; what is wrong is said below."]


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (result(QUIZ, changed=False, app_definitions=[held(4, 0)]), True),
        (result(QUIZ, changed=True, app_definitions=[held(4, 0)]), False),
        (result(QUIZ, changed=False, msg="the server says no"), False),
        (result(QUIZ, changed=False, app_definitions=[{"outcome": "draining"}]), False),
        (result({**QUIZ, "name": "another"}, changed=False), False),
    ],
)
def test_another_run_did_it_first_only_if_nothing_was_left_to_do(after, said):
    lines = convergence_report(agenda(("repair", "quiz", "why")), {"warm": [after]})
    assert ("Another run did 1 step of these first: repair quiz." in lines) is said


@pytest.mark.parametrize(
    ("seen_at", "cold", "late"),
    [
        ("2027-02-11T08:44:59Z", 3, False),
        ("2027-02-11T08:45:00Z", 3, True),
        ("2027-02-11T08:59:59Z", 3, True),
        ("2027-02-11T09:00:00Z", 3, False),
        ("2027-02-11T08:50:00Z", 0, False),
    ],
)
def test_not_warm_is_told_in_the_second_half_of_the_lead(seen_at, cold, late):
    warmed = [result(QUIZ, app_definitions=[held(5, cold)])]
    told = convergence_notices(agenda(seen_at=seen_at), {"warm": warmed})
    texts = ["quiz starts at 2027-02-11T09:00:00Z, and java has 5 warm and 3 cold instances"]
    assert [notice["text"] for notice in told] == (texts if late else [])


def test_drift_draining_and_closing_are_told_and_names_stand_apart():
    left = {**held(0, 0), "draining": [{"user": "ada@tum.de"}, {"user": None}]}
    due = agenda(("repair", "quiz", "java: 3 instead of 10"), ("finish", "b", "java"), fights=["helm fights"])
    results = {
        "cool": [result("old", app_definitions=[left]), result("gone", msg="no")],
        "close": [result("old"), result("b", changed=False)],
    }
    assert convergence_notices(due, results) == [
        {"moment": "drift", "exam": "", "text": "helm fights", "users": []},
        {"moment": "drift", "exam": "quiz", "text": "java: 3 instead of 10; it is put right", "users": []},
        {"moment": "draining", "exam": "old", "text": "old is over; still in: 2 sessions", "users": ["ada@tum.de"]},
        {"moment": "closed", "exam": "old", "text": "old is over and closed", "users": []},
    ]
