# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether there is time for a change before the exam, and whether the time limits last until its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.lateness import (
    USUAL_START_SECONDS,
    first_loss,
    start_seconds,
    too_late,
)
from ansible_collections.eduide.theia.plugins.module_utils._capacity.plan import plan_present
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import LiveSession
from ansible_collections.eduide.theia.plugins.module_utils._platform.workloads import pod_row
from unit.capacity_world import UID, app_definition, desired, pool_of, terms

NOW = datetime(2027, 2, 11, 8, 55, tzinfo=UTC)
NINE = NOW + timedelta(minutes=5)


def pod(number, seconds, *, ready=True, tail=UID[-12:]):
    created = "2027-02-11T08:00:00Z"
    condition = {
        "type": "Ready",
        "status": str(ready),
        "lastTransitionTime": (datetime(2027, 2, 11, 8, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat(),
    }
    metadata = {"name": f"instance-{number}-java-{tail}-5d9c-x", "uid": f"uid-{number}", "creationTimestamp": created}
    return pod_row({"metadata": metadata, "status": {"conditions": [condition]}})


def change(minimum=60, live=30, free=30):
    pool = pool_of(free=range(1, free + 1))
    return plan_present(
        app_definition(live),
        pool,
        None,
        desired(min_instances=minimum),
        terms("pgdp"),
        now="2027-02-11T08:55:00Z",
        eager=True,
    )


def test_of_the_starts_that_were_seen_the_slowest_of_a_hundred_are_left_out():
    assert start_seconds([pod(n, n) for n in range(1, 101)], UID) == 95


@pytest.mark.parametrize(
    "pods",
    [
        [],
        [pod(n, 10) for n in range(1, 5)],
        [pod(n, 10, ready=False) for n in range(1, 50)],
        [pod(n, 10, tail="another-pool") for n in range(1, 50)],
    ],
    ids=["none", "few", "not ready", "of another pool"],
)
def test_where_too_few_were_seen_it_is_three_minutes(pods):
    assert start_seconds(pods, UID) == USUAL_START_SECONDS == 180


def test_a_change_whose_pods_are_warm_in_time_is_made():
    assert too_late(change(), 30, NOW, NINE, 299) is None


def test_a_change_that_leaves_the_start_cold_is_not_made():
    assert too_late(change(), 30, NOW, NINE, 301) == (
        "java-17-latest: 30 instances are warm now, and with the change all are cold until about 2027-02-11 09:00 UTC, "
        "then up to 60 are warm; the exam starts at 2027-02-11 09:00 UTC; say late=true to change it all the same"
    )
    during = too_late(change(), 1, NINE + timedelta(hours=1), NINE, 10)
    assert during
    assert "1 instance is warm now" in during
    assert "the exam started at 2027-02-11 09:00 UTC" in during


@pytest.mark.parametrize(
    ("made", "warm"),
    [(change(), 0), (change(minimum=30), 30), (change(live=0, free=0), 0)],
    ids=["nothing is warm", "nothing changes", "no pool yet"],
)
def test_where_nothing_warm_is_lost_it_is_never_too_late(made, warm):
    assert too_late(made, warm, NOW, NINE, 10_000) is None


def session(age, idle=None):
    return LiveSession("uid", "name", "user", age, idle)


@pytest.mark.parametrize(
    ("limits", "sessions", "start", "minutes"),
    [
        ((None, None), [session(100)], NINE, None),
        ((0, -1), [session(100)], NINE, None),
        ((120, None), [], NINE, 125),
        ((120, None), [], None, None),
        ((120, None), [session(100)], NINE, 20),
        ((None, 30), [session(100, 10)], NINE, 20),
        ((None, 30), [session(100)], NINE, 35),
        ((None, 30), [session(100)], None, -70),
        # Somebody who practises today is gone long before the exam.
        ((1440, None), [session(100)], NOW + timedelta(days=70), 70 * 1440 + 1440),
        ((120, 30), [], NOW - timedelta(hours=1), 30),
    ],
)
def test_the_first_loss_is_that_of_the_shortest_limit(limits, sessions, start, minutes):
    values = dict(zip(("timeout_minutes", "inactive_minutes"), limits, strict=True))
    wanted = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert first_loss(values, sessions, NOW, start) == wanted


@pytest.mark.parametrize(("lead", "minutes"), [(3, 122), (30, 120)])
def test_who_comes_before_the_start_loses_the_session_before_those_who_come_at_the_start(lead, minutes):
    lost = first_loss({"timeout_minutes": 120}, [], NOW, NINE, lead=timedelta(minutes=lead))
    assert lost == NOW + timedelta(minutes=minutes)
