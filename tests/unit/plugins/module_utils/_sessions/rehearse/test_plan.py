# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._sessions.rehearse.plan import (
    Launch,
    arrival_times,
    figures,
    percentile,
    synthetic_users,
    tell,
)
from ansible_collections.eduide.theia.plugins.module_utils._sessions.start.plan import session_name


def test_a_curve_says_how_many_come_in_each_part():
    times = arrival_times(9, 40, [1, 4, 3, 1])
    assert [sum(part * 10 <= time < part * 10 + 10 for time in times) for part in range(4)] == [1, 4, 3, 1]
    assert arrival_times(4, 60, [1]) == [0, 15, 30, 45]


@given(st.integers(1, 400), st.floats(0, 3600), st.lists(st.integers(0, 50), min_size=1, max_size=9).filter(any))
def test_everybody_comes_in_order_and_within_the_time(number, seconds, curve):
    times = arrival_times(number, seconds, curve)
    assert len(times) == number
    assert times == sorted(times)
    assert all(0 <= time <= seconds for time in times)


@pytest.mark.parametrize("curve", [[], [0, 0], [1, -1]])
def test_a_curve_with_nobody_in_it_is_refused(curve):
    with pytest.raises(Misconfigured, match="curve"):
        arrival_times(3, 60, curve)


def test_cut_names_of_sessions_still_differ():
    users = synthetic_users(2000)
    assert len({session_name("java-17-latest-with-a-long-name", user) for user in users}) == 2000
    with pytest.raises(Misconfigured, match="from 1 to 2000"):
        synthetic_users(2001)


@given(st.lists(st.floats(0, 100), min_size=1), st.sampled_from([0.5, 0.95]))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values, share):
    limit = percentile(values, share)
    assert limit in values
    assert sum(value <= limit for value in values) >= share * len(values)
    assert sum(value < limit for value in values) < share * len(values)


def launches(*seconds, start="warm", reason=None):
    return [Launch(f"u{number}", each, 0.0, reason, start) for number, each in enumerate(seconds)]


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        ([1.0] * 19 + [15.0], True),
        ([1.0] * 18 + [15.1] * 2, False),
        ([1.0] * 19 + [None], True),
        ([1.0] * 18 + [None] * 2, False),
        ([None], False),
    ],
)
def test_the_lines_of_eduide(seconds, kept):
    assert figures(launches(*seconds))["kept"] is kept


def test_figures_are_told_with_the_verdict_first():
    late = Launch("x", None, 2.5, "max_instances is 3", None)
    found = figures([*launches(0.5, 1.0), *launches(9.0, start="lazy"), late])
    assert (found["late_starts"], found["failures"]) == (1, {"max_instances is 3": 1})
    assert tell(found) == [
        "not kept: 3 of 4 students got a URL (75.0 %, wanted 95 %)",
        "half of them within 1.0 s, 95 of 100 within 9.0 s (wanted 15 s), the slowest within 9.0 s",
        "warm        2  half 0.5 s, 95 of 100 1.0 s",
        "lazy        1  half 9.0 s, 95 of 100 9.0 s",
        "1 x max_instances is 3",
        "1 request went out late, since all workers were busy; more concurrency makes the wave as steep as asked",
    ]
    assert tell(figures([late]))[0] == "not kept: none of 1 students got a URL"
