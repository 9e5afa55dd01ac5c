# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unknown is not idle: when lastActivity may be believed, and what counts as idle then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from unit.session_world import NOW, OPERATOR, World, millis

# With a monitor every 3 minutes and an inactivity limit of 60: believed from creation + 6 min until 60 + 6 + 1 min old.
CREATED_BEFORE_MINUTES = 120


def assessed(*, app=None, without=(), operator=OPERATOR, lead=(True, 86400), **session):
    world = World()
    if app is not None:
        world.app_definition(**app)
    details = {"age": timedelta(minutes=CREATED_BEFORE_MINUTES), "lastActivity": millis(minutes=30), **session}
    world.running("s1", **details)
    leading, led_seconds = lead
    context = {"operator": operator, "leading": leading, "led_seconds": led_seconds}
    return world.judge(without=without, **context, idle_minutes=20)[0]


@pytest.mark.parametrize(
    ("session", "known"),
    [
        pytest.param({}, True, id="polled-since-the-start"),
        pytest.param({"strategy": "lazy-fallback"}, True, id="fallback-is-lazy"),
        pytest.param({"strategy": "eager", "instance": 1}, False, id="eager-is-frozen"),
        pytest.param({"strategy": "brand-new"}, False, id="unknown-strategy"),
        pytest.param({"lastActivity": None}, False, id="null"),
        pytest.param({"lastActivity": 0}, False, id="zero"),
        pytest.param({"lastActivity": "soon"}, False, id="no-number"),
        pytest.param({"lastActivity": 10**30}, False, id="beyond-any-calendar"),
        pytest.param({"lastActivity": millis(minutes=114)}, False, id="exactly-two-intervals-after-creation"),
        pytest.param(
            {"lastActivity": millis(minutes=54), "age": timedelta(minutes=60)}, False, id="two-intervals-after-creation"
        ),
        pytest.param(
            {"lastActivity": millis(minutes=54) + 1, "age": timedelta(minutes=60)},
            True,
            id="a-moment-after-two-intervals",
        ),
        pytest.param({"lastActivity": millis(minutes=67)}, False, id="monitor-would-have-reaped"),
        pytest.param({"lastActivity": millis(minutes=66, seconds=59)}, True, id="monitor-just-alive"),
        pytest.param({"lastActivity": millis(minutes=-5)}, True, id="clock-ahead"),
        pytest.param({"annotations": {names.TOUCHED: str(millis(minutes=30))}}, False, id="our-own-touch"),
        pytest.param({"annotations": {names.TOUCHED: str(millis(minutes=30) - 1)}}, True, id="raised-after-our-touch"),
        pytest.param({"annotations": {names.TOUCHED: "scribble"}}, True, id="unreadable-touch"),
    ],
)
def test_activity_is_known_only_if_the_monitor_must_have_written_it(session, known):
    result = assessed(app={}, **session)
    assert result.record["activity_known"] is known
    assert (result.record["idle_seconds"] is not None) is known


@pytest.mark.parametrize(
    "operator",
    [
        pytest.param(None, id="arguments-not-read"),
        pytest.param(OPERATOR._replace(monitor=False), id="monitor-off"),
        pytest.param(OPERATOR._replace(activity_tracker=False), id="tracker-off"),
    ],
)
def test_without_a_working_monitor_nothing_is_known(operator):
    assert not assessed(app={}, operator=operator).record["activity_known"]


@pytest.mark.parametrize(
    ("lead", "known"),
    [
        pytest.param((True, 86400), True, id="the-same-for-a-day"),
        pytest.param((True, 36 * 60 + 1), True, id="polled-two-intervals-after-it-took-over"),
        # What it handles at its start it writes to, and a first poll comes after one interval.
        pytest.param((True, 36 * 60), False, id="two-intervals-after-it-took-over"),
        pytest.param((True, 10 * 60), False, id="polled-by-the-one-before-it"),
        pytest.param((True, None), False, id="nobody-knows-since-when"),
        pytest.param((False, None), False, id="nobody-leads-nobody-polls"),
    ],
)
def test_only_the_operator_that_leads_can_have_polled_since(lead, known):
    """Its monitor may not have come up with it, which no log and no object tells, and then every activity is frozen."""
    result = assessed(app={}, lead=lead)
    assert (result.record["activity_known"], "idle" in result.codes) == (known, known)
    assert ("idle" in result.unknown) is not known


def test_nobody_is_idle_before_somebody_watched_who_leads():
    result = assessed(app={}, lead=(None, None))
    assert (result.codes, result.unknown & {"idle"}, result.waits) == (frozenset(), {"idle"}, True)
    assert not assessed(app={}, lead=(None, None), lastActivity=millis(minutes=10)).waits


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(None, id="app-definition-gone"),
        pytest.param({"monitor": None}, id="no-monitor"),
        pytest.param({"port": 0}, id="no-port"),
        pytest.param({"inactive": 0}, id="no-limit"),
        pytest.param({"monitor": {"port": 3000}}, id="no-tracker"),
    ],
)
def test_an_app_definition_without_monitor_or_tracker_is_blind(app):
    assert not assessed(app=app).record["activity_known"]


def test_an_unread_list_of_app_definitions_makes_activity_unknown():
    result = assessed(app={}, without={"app_definitions"})
    assert not result.record["activity_known"]
    assert "idle" in result.unknown


@pytest.mark.parametrize(
    ("seconds", "idle"),
    [
        pytest.param(20 * 60, False, id="threshold-alone"),
        pytest.param(23 * 60 - 1, False, id="a-second-before-threshold-and-interval"),
        pytest.param(23 * 60, True, id="threshold-and-interval"),
        pytest.param(23 * 60 + 1, True, id="a-second-after"),
    ],
)
def test_one_interval_is_added_before_somebody_counts_as_away(seconds, idle):
    result = assessed(app={}, lastActivity=millis(seconds=seconds))
    assert ("idle" in result.codes) is idle
    assert result.record["idle_seconds"] == seconds


def test_without_a_threshold_nobody_is_idle():
    world = World()
    world.app_definition()
    world.running("s1", age=timedelta(hours=2), lastActivity=millis(minutes=60))
    result = world.judge()[0]
    assert result.record["activity_known"]
    assert "idle" not in result.codes | result.unknown


@given(
    age=st.integers(0, 100_000),
    activity=st.one_of(st.none(), st.integers(-(10**6), 10**15)),
    strategy=st.sampled_from([None, "eager", "lazy-fallback", "other"]),
    threshold=st.integers(0, 10_000),
)
def test_nobody_is_idle_whose_activity_is_unknown(age, activity, strategy, threshold):
    world = World()
    world.app_definition()
    details = {"strategy": strategy, "instance": 1 if strategy == "eager" else None, "lastActivity": activity}
    world.running("s1", age=timedelta(seconds=age), **details)
    result = world.judge(idle_minutes=threshold)[0]
    if "idle" in result.codes:
        assert result.record["activity_known"]
        assert result.record["start"] != "eager"
        assert NOW.timestamp() - activity / 1000 >= threshold * 60 + 180 - 1
