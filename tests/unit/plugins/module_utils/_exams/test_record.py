# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exam records: what is read, whom they shield, and that none is skipped."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._exams.record import (
    HISTORY_LENGTH,
    SELECTOR,
    Recorded,
    describe,
    history_entry,
    phase,
    read_record,
    read_records,
    with_history,
    write_record,
)
from unit.session_world import DECLARED_EXAM, exam_record

START = datetime(2027, 2, 11, 8, 0, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(f"2027-02-11T{text}Z")


def shielded(shield, *, now="09:00:00", app="java-17-latest", user="ada@tum.de"):
    return shield.exams_of(app, user, at(now))


@pytest.mark.parametrize(
    ("now", "shields"),
    [
        pytest.param("07:29:59", False, id="a-second-before-the-lead"),
        pytest.param("07:30:00", True, id="lead"),
        pytest.param("08:00:00", True, id="start"),
        pytest.param("10:30:00", True, id="extra-time"),
        pytest.param("10:45:00", True, id="last-second-of-grace"),
        pytest.param("10:45:01", False, id="a-second-after"),
    ],
)
def test_the_shield_is_up_from_the_lead_to_the_end_of_the_grace(now, shields):
    assert bool(shielded(read_records([exam_record()]), now=now)) is shields


@pytest.mark.parametrize(
    ("users", "app", "user", "shields"),
    [
        pytest.param([], "java-17-latest", "anybody", True, id="everybody"),
        pytest.param([], "c-latest", "anybody", False, id="another-app-definition"),
        pytest.param(["Ada@TUM.de"], "java-17-latest", "ada@tum.DE", True, id="user-in-any-case"),
        pytest.param(["ada@tum.de "], "java-17-latest", "ada@tum.de", True, id="space-behind-the-user"),
        pytest.param(["J\u00f6rg"], "java-17-latest", "jo\u0308rg", True, id="another-form-of-the-same-letters"),
        pytest.param(["ada@tum.de"], "java-17-latest", "bob@tum.de", False, id="another-user"),
        pytest.param(None, "java-17-latest", "anybody", True, id="null-users"),
    ],
)
def test_who_is_shielded(users, app, user, shields):
    assert bool(shielded(read_records([exam_record(users=users)]), app=app, user=user)) is shields


@pytest.mark.parametrize(
    ("stored", "now", "shields"),
    [
        pytest.param({"shield_until": "2027-02-11T12:00:00Z"}, "11:59:59", True, id="stored-window-is-longer"),
        pytest.param({"shield_until": "2027-02-11T09:00:00Z"}, "10:44:59", True, id="declaration-is-longer"),
        pytest.param({"shield_from": "2027-02-11T06:00:00Z"}, "06:00:00", True, id="stored-window-is-earlier"),
        pytest.param({"shield_from": "2027-02-11T08:00:00Z"}, "07:30:00", True, id="declaration-is-earlier"),
        pytest.param({"lead_minutes": None}, "07:30:00", True, id="default-lead"),
        pytest.param({"grace_minutes": None, "extra_time_minutes": None}, "10:15:00", True, id="default-grace"),
        pytest.param({"closed_at": "2027-02-11T08:59:59Z"}, "09:00:00", False, id="closed"),
        pytest.param({"closed_at": None}, "09:00:00", True, id="not-closed"),
    ],
)
def test_the_wider_window_counts(stored, now, shields):
    assert bool(shielded(read_records([exam_record(**stored)]), now=now)) is shields


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(exam_record(version="2"), id="later-version"),
        pytest.param(exam_record(version=None), id="no-version"),
        pytest.param({"metadata": {"name": "theia-exam-x"}}, id="no-data"),
        pytest.param({"metadata": {"name": "theia-exam-x"}, "data": None}, id="null-data"),
        pytest.param({"metadata": {"name": "theia-exam-x"}, "data": {"version": "1"}}, id="no-exam"),
        pytest.param({"metadata": {"name": "theia-exam-x"}, "data": {"version": "1", "exam": "{"}}, id="cut-json"),
        pytest.param({"metadata": {"name": "theia-exam-x"}, "data": {"version": "1", "exam": "[]"}}, id="a-list"),
        pytest.param(exam_record(history="{}"), id="history-is-no-list"),
        pytest.param(exam_record(name="theia-exam-other"), id="renamed"),
        pytest.param(exam_record(start=None), id="no-start"),
        pytest.param(exam_record(start="2027-02-11T09:00:00"), id="start-without-zone"),
        pytest.param(exam_record(start="soon"), id="start-is-no-time"),
        pytest.param(exam_record(start=5), id="start-is-a-number"),
        pytest.param(exam_record(end="2027-02-11T08:00:00Z"), id="ends-at-its-start"),
        pytest.param(exam_record(app_definitions=[]), id="no-app-definitions"),
        pytest.param(exam_record(app_definitions=["java"]), id="app-definition-is-a-name"),
        pytest.param(exam_record(app_definitions={"java": 1}), id="app-definitions-are-a-dictionary"),
        pytest.param(exam_record(app_definitions=[{"name": ""}]), id="app-definition-without-name"),
        pytest.param(exam_record(app_definitions=[{"name": "java", "warm": -1}]), id="negative-warm"),
        pytest.param(exam_record(users="ada@tum.de"), id="users-is-text"),
        pytest.param(exam_record(users=[None]), id="user-is-null"),
        pytest.param(exam_record(lead_minutes=-30), id="negative-lead"),
        pytest.param(exam_record(lead_minutes="30"), id="lead-is-text"),
        pytest.param(exam_record(lead_minutes=True), id="lead-is-a-switch"),
        pytest.param(exam_record(lead_minutes=10**12), id="lead-beyond-the-calendar"),
        pytest.param(exam_record(extra_time_minutes=10**30), id="extra-time-beyond-any-number"),
        pytest.param(exam_record(closed_at="yes"), id="closed-is-no-time"),
        pytest.param(exam_record(shield_until="never"), id="shield-is-no-time"),
        pytest.param(exam_record(start="0001-01-01T00:00:00+14:00"), id="starts-before-the-calendar"),
        pytest.param(exam_record(end="9999-12-31T23:59:59-23:59"), id="ends-after-the-calendar"),
    ],
)
def test_a_record_that_cannot_be_read_is_kept_by_name_with_the_reason(broken):
    shield = read_records([exam_record(), broken])
    (unreadable,) = shield.unreadable
    assert unreadable.record == broken["metadata"]["name"]
    assert unreadable.reason
    assert [exam.name for exam in shield.exams] == ["pgdp-final"]


@given(
    st.dictionaries(
        st.sampled_from([*DECLARED_EXAM, "shield_from", "closed_at", "source"]),
        st.none() | st.integers() | st.text(max_size=6) | st.lists(st.integers(), max_size=2),
    )
)
def test_whatever_stands_in_a_record_it_is_read_or_named(changes):
    shield = read_records([exam_record(**changes)])
    assert len(shield.exams) + len(shield.unreadable) == 1


@pytest.mark.parametrize(
    ("now", "warm", "expected"),
    [
        pytest.param("07:29:59", True, "declared", id="before-the-lead"),
        pytest.param("07:30:00", False, "warming", id="lead"),
        pytest.param("07:59:59", True, "warm", id="warm-before-the-start"),
        pytest.param("08:00:00", False, "running", id="start"),
        pytest.param("10:45:00", True, "running", id="last-second"),
        pytest.param("10:45:01", True, "cooling", id="after"),
    ],
)
def test_the_phase_follows_from_the_clock(now, warm, expected):
    assert phase(read_record(exam_record()), at(now), warm=warm) == expected
    assert phase(read_record(exam_record(closed_at="2027-02-11T07:00:00Z")), at(now), warm=warm) == "closed"


def test_history_grows_at_its_end_and_keeps_the_last_entries():
    written = exam_record(history=json.dumps([{"action": "old", "number": n} for n in range(HISTORY_LENGTH)]))
    after = with_history(written, at=START, action="shield_exit", run="r1", outcome="stopped", reason="wrong room")
    history = json.loads(after["data"]["history"])
    assert len(history) == HISTORY_LENGTH
    assert (history[0]["number"], history[-1]) == (
        1,
        {
            "at": "2027-02-11T08:00:00Z",
            "action": "shield_exit",
            "run": "r1",
            "outcome": "stopped",
            "reason": "wrong room",
        },
    )
    assert read_record(after) == read_record(written)
    first = with_history(exam_record(), at=START, action="a", run="r", outcome="o")
    assert len(json.loads(first["data"]["history"])) == 1


def test_a_record_is_written_as_it_is_read():
    recorded = read_record(exam_record(closed_at="2027-02-11T09:30:00Z", shield_until="2027-02-11T12:00:00Z"))
    entry = history_entry(START, "declared", "r1", "recorded")
    written = write_record("theia", recorded, None, entry)
    assert read_record(written) == recorded
    assert (written["metadata"]["name"], written["metadata"]["namespace"]) == ("theia-exam-pgdp-final", "theia")
    assert "resourceVersion" not in written["metadata"]
    assert json.loads(written["data"]["history"]) == [entry]
    seen = {**written, "metadata": {**written["metadata"], "resourceVersion": "7"}}
    again = write_record("theia", recorded, seen, entry)
    assert again["metadata"]["resourceVersion"] == "7"
    assert json.loads(again["data"]["history"]) == [entry, entry]


def test_times_are_kept_in_utc_and_names_as_they_are():
    recorded = read_record(exam_record())
    exam = recorded.exam
    assert (exam.start, exam.end - exam.start) == (START, timedelta(hours=2))
    assert (exam.participants, exam.app_definitions[0].stated, recorded.source) == (
        420,
        {"name": "java-17-latest", "warm": 60},
        "manual",
    )
    assert describe(recorded)["start"] == "2027-02-11T08:00:00Z"


def test_nothing_is_a_number_too():
    recorded = read_record(exam_record(lead_minutes=0, app_definitions=[{"name": "java", "warm": 0}]))
    assert isinstance(recorded, Recorded)
    assert (recorded.shield_from, recorded.exam.app_definitions[0].warm) == (START, 0)


def test_the_selector_is_the_labels_of_a_record():
    labels = exam_record()["metadata"]["labels"]
    assert ",".join(f"{key}={value}" for key, value in labels.items()) == SELECTOR
