# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command that is printed for bounds that are not what they should be is one that the playbook takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import Entry, Hold, Ledger
from ansible_collections.eduide.theia.plugins.module_utils._capacity.plan import plan_baseline
from ansible_collections.eduide.theia.plugins.module_utils._capacity.way_back import way_back
from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import parse_time
from ansible_collections.eduide.theia.plugins.module_utils._exams.declaration import read_exam
from ansible_collections.eduide.theia.plugins.module_utils._exams.plan import complete, plan_closed, plan_declared
from ansible_collections.eduide.theia.plugins.module_utils._exams.record import Recorded
from unit.capacity_world import NAME, UID, app_definition, pool_of, terms

NOW = parse_time("2027-02-11T09:15:00Z")
HOUR = timedelta(hours=1)


def recorded(name, start, *, app=NAME, closed=False):
    """An exam of two hours that starts so many hours from now."""
    times = {"start": (NOW + start * HOUR).isoformat(), "end": (NOW + (start + 2) * HOUR).isoformat()}
    numbers = {"lead_minutes": 30, "extra_time_minutes": 0, "grace_minutes": 15, "participants": None}
    apps = [{"name": app, "warm": 2}]
    exam = read_exam({"name": name, **times, **numbers, "app_definitions": apps, "users": []}, parse_time)
    return Recorded(exam, exam.shield_from, exam.shield_until, NOW - HOUR if closed else None, "manual")


def entry(uid=UID, **ended):
    holds = {exam: Hold({"warm": 2}, 2, None, over) for exam, over in ended.items()}
    return Entry(uid, {"min_instances": 3}, holds, ({"min_instances": 5},), None)


def pre(exam, **more):
    return "pre_exam", {"exam": exam, "drift": "overwrite", **more}


def post(exam, **more):
    return "post_exam", {"exam": exam, **more}


OVERWRITE = {"drift": "overwrite"}
HELD = {
    "without-a-record": ([], {"a": False}, pre("a", shield=False)),
    "soon": ([recorded("a", 2)], {"a": False}, pre("a")),
    "at-its-lead": ([recorded("a", 0.5)], {"a": False}, pre("a", late=True)),
    "running": ([recorded("a", -1)], {"a": False}, pre("a", late=True)),
    "next-week": ([recorded("a", 170)], {"a": False}, pre("a", early=True)),
    "over": ([recorded("a", -3)], {"a": False}, post("a", **OVERWRITE)),
    "closed-while-it-ran": ([recorded("a", -1, closed=True)], {"a": False}, post("a", **OVERWRITE)),
    "closed-before-it-began": ([recorded("a", 50, closed=True)], {"a": False}, post("a", **OVERWRITE)),
    "declared-anew-without-it": ([recorded("a", 2, app="c")], {"a": False}, pre("a", shield=False)),
    "beside-one-that-is-over": ([recorded("a", -3), recorded("b", 2)], {"a": False, "b": False}, pre("b")),
    "beside-one-that-ended": ([recorded("b", 2)], {"a": True, "b": False}, pre("b")),
    "of-nobody-else": ([recorded("b", -1)], {"a": False}, pre("a", shield=False)),
}
ENDED = {
    "without-a-record": ([], {"a": True}, post("a")),
    "over": ([recorded("a", -3)], {"a": True}, post("a")),
    "running-still": ([recorded("a", -1)], {"a": True}, pre("a", late=True)),
    # To close it would take next week's exam off the records.
    "again-next-week": ([recorded("a", 170)], {"a": True}, ("converge_exams", {})),
    "running-again-without-it": ([recorded("a", -1, app="c")], {"a": True}, ("converge_exams", {})),
    "again-next-week-beside-one-that-is-over": ([recorded("a", 170)], {"a": True, "b": True}, post("b")),
}


def shown(records, holds, *, live=7, machine_now=None, **elsewhere):
    ledger = Ledger({NAME: entry(**holds), **elsewhere}, None)
    return way_back(NAME, app_definition(live), ledger, records, now=NOW, machine_now=machine_now)


def takes(records, playbook, variables):
    """Whether the records let the playbook do it, by the same plans as the roles make."""
    if variables.get("shield") is False or playbook == "converge_exams":
        return True
    exam = variables["exam"]
    before = next((each for each in records if each.name == exam), None)
    if playbook == "post_exam":
        # What has no record is let go all the same, if it holds something.
        if before is not None:
            plan_closed(before, exam, [], NOW)
        return True
    stated = read_exam(complete({}, before, exam, NOW, None), parse_time)
    plan_declared(before, stated, NOW, must_be_due="early" not in variables)
    return True


@pytest.mark.parametrize(("records", "holds", "expected"), HELD.values(), ids=HELD)
def test_a_hold_comes_back_by_a_command_that_its_exam_takes(records, holds, expected):
    run = shown(records, holds).run
    assert (run["playbook"], run["variables"]) == expected
    assert takes(records, *expected)


@pytest.mark.parametrize(("records", "holds", "expected"), ENDED.values(), ids=ENDED)
@pytest.mark.parametrize("theirs", [True, False])
def test_what_is_left_of_an_exam_is_finished_by_one_that_closes_nothing_else(records, holds, expected, theirs):
    """Where another client wrote a value of its own, the refusal's words stand beside the command that gets over it."""
    way = shown(records, holds, live=7 if theirs else 5)
    playbook, variables = expected
    more = OVERWRITE if theirs and playbook != "pre_exam" else {}
    assert (way.run["playbook"], way.run["variables"]) == (playbook, {**variables, **more})
    assert takes(records, *expected)
    if playbook != "pre_exam":
        assert ("drift=adopt to keep their change" in (way.note or "")) is theirs
        app, stated = app_definition(7 if theirs else 5), terms(variables.get("exam", "a"), drift=more.get("drift"))
        done = plan_baseline(app, pool_of(), entry(**holds), stated, now="2027-02-11T09:15:00Z")
        assert (done.outcome, done.after["min_instances"]) == ("changed", 3)


def test_an_exam_that_holds_something_elsewhere_and_is_on_no_record_is_not_ended_for_this():
    assert shown([], {"a": True}, live=5, elsewhere=entry(a=False)).run["playbook"] == "converge_exams"


def test_an_exam_that_is_open_by_one_of_two_clocks_is_neither_ended_nor_declared():
    over = recorded("a", -3)
    assert shown([over], {"a": False}, machine_now=NOW - 2 * HOUR).run["variables"] == pre("a", shield=False)[1]


def test_of_an_app_definition_that_is_gone_or_another_one_no_value_is_overwritten():
    for app in (None, app_definition(7, uid="another")):
        way = way_back(NAME, app, Ledger({NAME: entry(a=True)}, None), [], now=NOW, machine_now=None)
        assert (way.run["variables"], way.note) == ({"exam": "a"}, None)
