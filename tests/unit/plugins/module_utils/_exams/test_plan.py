# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a record, whatever is declared when: a shield that holds only grows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._exams.declaration import AppDefinition, declare
from ansible_collections.eduide.theia.plugins.module_utils._exams.plan import (
    Refused,
    complete,
    plan_closed,
    plan_declared,
)
from unit.session_world import DECLARED_EXAM

BERLIN = ZoneInfo("Europe/Berlin")


def at(text):
    return datetime.fromisoformat(f"2027-02-11T{text}Z")


BEFORE, DURING, AFTER = at("06:00:00"), at("09:00:00"), at("10:45:01")


def declared(now=BEFORE, **changes):
    return declare({**DECLARED_EXAM, **changes}, now=now, zone=None)


def recorded(**changes):
    return plan_declared(None, declared(**changes), BEFORE).after


def test_a_first_declaration():
    plan = plan_declared(None, declared(), BEFORE, source="calendar")
    assert (plan.action, plan.note, plan.after.source) == ("declared", None, "calendar")
    assert (plan.after.shield_from, plan.after.shield_until) == (at("07:30:00"), at("10:45:00"))


@pytest.mark.parametrize("now", [BEFORE, DURING, at("10:45:00")])
def test_the_same_once_more_changes_nothing(now):
    before = recorded()
    plan = plan_declared(before, declared(), now)
    assert (plan.action, plan.after, plan.note) == (None, before, None)


def test_before_its_lead_everything_may_change():
    changed = declared(end="2027-02-11T09:30:00Z", users=["ada@tum.de"], app_definitions=[{"name": "c-latest"}])
    plan = plan_declared(recorded(), changed, BEFORE)
    assert (plan.action, plan.note) == ("changed", None)
    assert plan.after.shield_until == at("10:15:00")
    assert plan.after.shielded.app_definitions == {"c-latest"}


def test_while_it_holds_what_is_left_out_stays_and_is_named():
    before = recorded(users=["Ada@tum.de"], app_definitions=[{"name": "java", "warm": 60}, {"name": "c", "warm": 5}])
    less = declared(end="2027-02-11T09:30:00Z", users=["bob@tum.de"], app_definitions=[{"name": "java", "warm": 70}])
    plan = plan_declared(before, less, DURING, zone=BERLIN)
    assert plan.action == "changed"
    assert plan.after.shield_until == before.shield_until
    assert plan.after.exam.users == ("Ada@tum.de", "bob@tum.de")
    assert plan.after.exam.app_definitions == (AppDefinition("java", 70), AppDefinition("c", 5))
    for stays in ("app definition c", "its end, 2027-02-11 11:45 CET (10:45 UTC)", "whom it shields"):
        assert stays in plan.note
    again = plan_declared(plan.after, less, DURING, zone=BERLIN)
    assert (again.action, again.after, again.note) == (None, plan.after, plan.note)


def test_an_exam_for_everybody_stays_one_and_one_for_some_may_become_one():
    narrowed = plan_declared(recorded(), declared(users=["ada@tum.de"]), DURING)
    assert narrowed.after.exam.users == ()
    widened = plan_declared(recorded(users=["ada@tum.de"]), declared(), DURING)
    assert (widened.after.exam.users, widened.note) == ((), None)


def test_extending():
    plan = plan_declared(recorded(), declared(end="2027-02-11T10:30:00Z"), DURING)
    assert (plan.action, plan.after.shield_until) == ("extended", at("11:15:00"))


users = st.lists(st.sampled_from(["ada@x", "ADA@x", "bob@x", "eve@x"]), max_size=3, unique=True)
apps = st.lists(st.sampled_from(["java", "c", "python"]), min_size=1, unique=True)


@st.composite
def declarations(draw):
    start = BEFORE + timedelta(minutes=draw(st.integers(0, 300)))
    end = start + timedelta(minutes=draw(st.integers(1, 300)))
    minutes = {name: draw(st.integers(0, 90)) for name in ("lead_minutes", "extra_time_minutes", "grace_minutes")}
    definitions = [{"name": name, "warm": draw(st.integers(0, 3))} for name in draw(apps)]
    return declared(
        start=start.isoformat(), end=end.isoformat(), **minutes, app_definitions=definitions, users=draw(users)
    )


@given(st.lists(declarations(), min_size=2, max_size=5), st.lists(st.integers(0, 120), min_size=5, max_size=5))
def test_whom_an_exam_shields_it_shields_until_its_shield_ends(exams, pauses):
    """Whatever is declared, in whatever order: nobody who is shielded loses it before the time that was promised."""
    now, record = BEFORE, None
    promised = {}
    for exam, pause in zip(exams, pauses, strict=False):
        try:
            plan = plan_declared(record, exam, now)
        except Refused:
            now += timedelta(minutes=pause)
            continue
        record = plan.after
        assert plan_declared(record, exam, now).action is None
        shield = record.shielded
        for who in ((app, user) for app in ("java", "c", "python") for user in ("ada@x", "bob@x", "eve@x")):
            if now <= promised.get(who, BEFORE - timedelta(1)):
                assert shield.shields(*who, now)
                assert shield.shield_until >= promised[who]
            if shield.shields(*who, now):
                promised[who] = shield.shield_until
        now += timedelta(minutes=pause)


@pytest.mark.parametrize(
    ("now", "reason", "action"),
    [
        pytest.param(BEFORE, None, "withdrawn", id="before-its-lead"),
        pytest.param(at("07:29:59"), None, "withdrawn", id="a-second-before-its-lead"),
        pytest.param(at("07:30:00"), "fire", "closed_early", id="lead"),
        pytest.param(DURING, "fire", "closed_early", id="during"),
        pytest.param(at("10:45:00"), "fire", "closed_early", id="last-second"),
        pytest.param(AFTER, None, "closed", id="after"),
        pytest.param(AFTER, "fire", "closed", id="after-with-a-reason"),
    ],
)
def test_closing(now, reason, action):
    plan = plan_closed(recorded(), "pgdp-final", (), now, reason=reason)
    assert (plan.action, plan.after.closed_at) == (action, now)
    again = plan_closed(plan.after, "pgdp-final", (), now + timedelta(hours=1))
    assert (again.action, again.after) == (None, plan.after)


@pytest.mark.parametrize("now", [at("07:30:00"), DURING, at("10:45:00")])
@pytest.mark.parametrize("reason", [None, ""])
def test_closing_early_takes_a_reason(now, reason):
    with pytest.raises(Refused, match=r"until 2027-02-11 11:45 CET .10:45 UTC.*or say end_early_reason"):
        plan_closed(recorded(), "pgdp-final", (), now, reason=reason, zone=BERLIN)


@pytest.mark.parametrize("now", [BEFORE, AFTER])
def test_what_one_of_two_clocks_has_open_is_closed_with_a_reason_only(now):
    clocks = {"now": now, "machine_now": DURING, "zone": BERLIN}
    told = r"this machine it shields its students until 2027-02-11 11:45 CET.*min apart; set right .*end_early_reason"
    with pytest.raises(Refused, match=told):
        plan_closed(recorded(), "pgdp-final", (), **clocks)
    plan = plan_closed(recorded(), "pgdp-final", (), **clocks, reason="the clock was looked at")
    assert (plan.action, plan.after.closed_at) == ("closed_early", now)
    assert plan_closed(recorded(), "pgdp-final", (), now, machine_now=BEFORE).after.closed_at == now
    with pytest.raises(Refused, match="close it after that"):
        plan_closed(recorded(), "pgdp-final", (), DURING, machine_now=now)


@pytest.mark.parametrize("now", [BEFORE, AFTER])
def test_what_one_of_two_clocks_has_open_only_grows(now):
    later = declared(start="2027-02-11T12:00:00Z", end="2027-02-11T13:00:00Z", app_definitions=[{"name": "c"}])
    plan = plan_declared(recorded(), later, now, machine_now=DURING)
    assert plan.after.shielded.app_definitions == {"java-17-latest", "c"}
    assert plan.after.shield_from == at("07:30:00")


def test_an_unknown_exam_is_refused_with_the_nearest_name():
    with pytest.raises(Refused, match="eist, pgdp-final, and pgdp-final is the nearest name") as refused:
        plan_closed(None, "pgdp-finale", ["pgdp-final", "eist"], DURING)
    assert refused.value.details["known"] == ["eist", "pgdp-final"]
    with pytest.raises(Refused, match="exam anything: it has no record here, no exam is on record; name the exam"):
        plan_closed(None, "anything", [], DURING)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2027, 2, 10, 19, 29, tzinfo=UTC), False),
        (datetime(2027, 2, 10, 19, 30, tzinfo=UTC), True),
        (datetime(2026, 12, 1, tzinfo=UTC), False),
        (DURING, True),
    ],
)
def test_an_exam_has_to_be_due_where_that_is_asked(now, due):
    assert plan_declared(None, declared(), now).action == "declared"
    if due:
        assert plan_declared(None, declared(), now, must_be_due=True).action == "declared"
        return
    with pytest.raises(Refused, match=r"starts on 2027-02-11 09:00 CET .08:00 UTC.*from 2027-02-10 20:30 CET .19:30"):
        plan_declared(None, declared(), now, must_be_due=True, zone=BERLIN)


def test_what_is_over_is_not_declared():
    with pytest.raises(Refused, match="it ended on 2027-02-11 10:45 UTC; state an end that is still to come"):
        plan_declared(recorded(), declared(), AFTER)


def test_a_closed_exam_is_reopened_and_one_that_ran_out_is_declared_anew():
    closed = plan_closed(recorded(), "pgdp-final", (), DURING, reason="fire").after
    assert plan_declared(closed, declared(), DURING).action == "reopened"
    later = {"start": "2027-02-11T12:00:00Z", "end": "2027-02-11T13:00:00Z"}
    plan = plan_declared(recorded(), declared(**later), AFTER)
    assert (plan.action, plan.after.shield_from) == ("declared", at("11:30:00"))


NEW = {"app_definitions": [{"name": "java"}], "end": "2027-02-11T10:00:00Z"}


def test_an_exam_without_a_start_begins_now_and_does_so_once():
    first = declare(complete(NEW, None, "adhoc", DURING, None), now=DURING, zone=None)
    assert first.start == DURING
    before = plan_declared(None, first, DURING).after
    later = DURING + timedelta(minutes=10)
    again = declare(complete(NEW, before, "adhoc", later, None), now=later, zone=None)
    assert plan_declared(before, again, later).action is None
    closed = plan_closed(before, "adhoc", (), later, reason="done").after
    assert declare(complete(NEW, closed, "adhoc", later, None), now=later, zone=None).start == later


def test_without_app_definitions_the_exam_on_record_is_changed():
    entry = complete({"end": "2027-02-11T12:00:00Z"}, recorded(), "pgdp-final", DURING, None)
    assert (entry["participants"], entry["end"]) == (420, "2027-02-11T12:00:00Z")
    closed = plan_closed(recorded(), "pgdp-final", (), DURING, reason="fire").after
    with pytest.raises(Refused, match="it ended on 2027-02-11 09:00 UTC; state its app_definitions and end"):
        complete({"end": "12:00"}, closed, "pgdp-final", DURING, None)
