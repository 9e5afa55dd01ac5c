# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read after a run; the tables are the matter of tests of their own."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext
from ansible_collections.eduide.theia.plugins.module_utils._sessions import report

COMMAND = RunContext().command


@pytest.fixture(autouse=True)
def tables(monkeypatch):
    monkeypatch.setattr(report, "session_table", lambda _sessions, **_options: "TABLE")


@pytest.mark.parametrize(
    ("limit", "live", "told"),
    [
        (0, 0, "Nobody may have a session here"),
        (0, 1, "Nobody may have a session here"),
        (1, 1, "One has to end before another starts: ansible-playbook eduide.theia.stop_sessions -e"),
        (2, 1, None),
        (None, 1, None),
    ],
)
@pytest.mark.parametrize("dead", [0, 1])
def test_who_is_at_the_limit_is_told_so(limit, live, told, dead):
    diagnoses = [
        {"dead": number >= live, "code": None, "sentence": "", "remedy": None, "session": {"name": f"s{number}"}}
        for number in range(live + dead)
    ]
    found = {"operator_leads": True, "sessions_per_user": limit, "diagnoses": diagnoses}
    lines = report.unlock_report(found, {}, command=COMMAND)
    assert [told] == [told for line in lines if told and told in line] or told is None
    assert bool(told) is any("may have" in line for line in lines)
    none_dead = (
        f"This user has {live} session{'s' if live > 1 else ''} and none of them is dead, so nothing was removed."
    )
    assert (none_dead in lines) is bool(live and not dead)
    assert ("This user has no session here; upper and lower case matter." in lines) is (not diagnoses)


def stopping(check_mode, items, lost=None, **terms):
    outcomes = dict(collections.Counter(item["outcome"] for item in items))
    result = {"sessions": items, "outcomes": outcomes, "data_lost": lost or {}}
    return report.stop_report(result, terms=terms, would=check_mode, rows=30, command=COMMAND)


@pytest.mark.parametrize(
    ("check_mode", "told"),
    [
        (True, ["1 would be stopped", "The files of 1 session would be lost: they are in the pod."]),
        (False, ["1 stopped", "The files of 1 session are lost: they were in the pod."]),
    ],
)
def test_what_check_mode_says_of_files_is_said_in_the_conditional(check_mode, told):
    assert stopping(check_mode, [{"outcome": "stopped", "data_at": "pod"}], {"pod": 1}) == ["TABLE", *told]


def test_who_is_gone_is_counted_and_whom_nobody_found_is_called_so():
    assert stopping(False, [{"outcome": "gone", "data_at": None}]) == ["TABLE", "1 gone"]
    assert stopping(False, []) == ["There is no such session."]


def test_who_stopped_few_at_a_time_goes_on_with_the_same():
    item = {"name": "s1", "outcome": "refused", "data_at": "pod"}
    told = stopping(False, [item], without_operator=False, max_stop=5, max_percent=20)[-1]
    assert told.endswith('{"sessions": ["s1"], "max_stop": 5, "max_percent": 20, "discard_data": "named"}\'')


def test_an_investigation_of_nobody_says_so():
    found = {"diagnoses": [], "missing": {}}
    lines = report.investigation_report(found, asked=["nobody-session"], command=COMMAND)
    assert lines == ["There is no session nobody-session here."]


@pytest.mark.parametrize(("leads", "told"), [(False, True), (True, False), (None, False)])
def test_that_no_operator_leads_is_told_of_a_session_that_runs_too(monkeypatch, leads, told):
    monkeypatch.setattr(report, "_investigated", lambda _item, _command: ["s1: Nothing is wrong."])
    found = {"diagnoses": [{}], "operator_leads": leads, "missing": {}}
    lines = report.investigation_report(found, asked=["s1"], command=COMMAND)
    assert ("No operator leads: nothing is started, and what is deleted now is not cleaned up." in lines) is told


def sweeping(found, result, chosen=(), not_noted=None):
    return report.sweep_report(
        {"unknown_findings": [], **found},
        result,
        chosen=chosen,
        stopped_for=["failed"],
        not_noted=not_noted,
        would=False,
        rows=30,
        command=COMMAND,
    )


@pytest.mark.parametrize(
    ("lost", "told"), [({"unknown": 2, "none": 1}, 1), ({"pod": 1}, 0), ({"pod": 1, "unknown": 1}, 1)]
)
def test_files_that_nobody_could_look_for_are_mentioned(lost, told):
    item = {"outcome": "stopped", "data_at": None, "name": "s0"}
    result = {"sessions": [item], "outcomes": {"stopped": 1}, "data_lost": lost}
    for lines in (stopping(False, [item], lost), sweeping({"sessions": [item]}, result, chosen=[item])):
        assert sum("could not be read" in line for line in lines) == told
        assert sum("in the pod" in line for line in lines) == ("pod" in lost)


def test_what_a_change_of_the_operator_left_is_one_event_for_a_sweep_too():
    working = [{"name": f"s{n}", "findings": [{"code": "error_but_working"}]} for n in range(40)]
    failed = {"name": "f", "findings": [{"code": "failed"}]}
    nobody, event = sweeping({"sessions": working}, {})
    assert nobody == "Nobody is in trouble."
    assert event.startswith("40 sessions work although the operator says ERROR, as after a change of the operator: ")
    assert event.endswith("s29, ….")
    _table, reported, event = sweeping({"sessions": [*working, failed]}, {})
    assert (reported.startswith("1 only reported"), '"f"' in reported) == (True, True)
    assert sweeping({"sessions": working[:1]}, {})[1].endswith("nothing has to be done about s0.")


def test_a_sweep_says_what_it_could_not_note_and_what_it_only_reports():
    assert sweeping({"sessions": []}, {}, not_noted="ws-1: denied by a policy") == [
        "Nobody is in trouble.",
        "Which workspaces are in use could not be noted: ws-1: denied by a policy",
    ]
    _table, reported, unknown = sweeping({"sessions": [{"name": "s0"}], "unknown_findings": ["idle"]}, {})
    assert reported.startswith("1 only reported: the policy stops for failed. What to do about the first one: ")
    assert unknown == "Not known of everybody, because something could not be read: idle"
