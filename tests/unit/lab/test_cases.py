# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seeded world on paper: who is in it, and how objects become older."""

from __future__ import annotations

import collections

from lab import world
from lab.cases import POD_FAULTS, STATUS_FAULTS, cases, users
from lab.world import aged


def test_the_same_seed_makes_the_same_people():
    assert cases(50, seed=7) == cases(50, seed=7)
    assert cases(50, seed=7) != cases(50, seed=8)


def test_more_people_leave_the_first_ones_as_they_are():
    assert cases(80, seed=7)[:50] == cases(50, seed=7)


def test_users_are_different_and_not_all_tame():
    everybody = users(10_000)
    assert len(set(everybody)) == 10_000
    assert len({user.lower() for user in everybody}) == 10_000
    assert any("+" in user for user in everybody)
    assert any(user != user.lower() for user in everybody)


def test_nobody_is_idle_for_longer_than_in_or_than_the_platform_allows():
    for case in cases(2000, seed=1):
        assert 0 <= case.idle_seconds <= case.age_seconds
        assert case.idle_seconds <= 55 * 60
        assert case.age_seconds < 1440 * 60
        assert 0 < case.memory_share < 1


def test_the_first_app_definition_is_the_favourite():
    count = collections.Counter(case.app_definition for case in cases(1000, seed=3, app_definitions=("a", "b", "c")))
    assert count["a"] > count["b"] + count["c"] > 0
    assert {case.app_definition for case in cases(10, seed=3, app_definitions=("a",))} == {"a"}


def test_faults_and_starts_come_from_the_given_ones():
    people = cases(2000, seed=5, starts={"eager": 0.5, "lazy": 0.5})
    assert {case.fault for case in people} == {None, *POD_FAULTS, *STATUS_FAULTS}
    assert {case.start for case in people} == {"eager", "lazy"}
    assert {case.fault for case in cases(500, seed=5, faults=())} == {None}


def test_a_long_wave_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr(world, "TELL_SECONDS", -1.0)
    told = []
    logins = [world.Login(user, "java", 200, 1.0) for user in users(3)]
    assert list(world._told(logins, 3, told.append)) == logins
    assert told == [f"{number} of 3 launches are answered." for number in (1, 2, 3)]


def test_an_object_is_aged_with_its_writes_and_the_times_in_its_status():
    pod = {
        "metadata": {
            "creationTimestamp": "2026-11-22T12:00:00Z",
            "name": "2026-11-22T12:00:00Z",
            "managedFields": [{"manager": "operator", "time": "2026-11-22T12:00:02Z"}],
        },
        "spec": {"note": "2026-11-22T12:00:00Z"},
        "status": {"startTime": "2026-11-22T12:00:01Z", "conditions": [{"lastTransitionTime": "2026-11-22T12:00:09Z"}]},
    }
    assert aged(pod, 3600) == {
        "metadata": {
            "creationTimestamp": "2026-11-22T11:00:00Z",
            "name": "2026-11-22T12:00:00Z",
            "managedFields": [{"manager": "operator", "time": "2026-11-22T11:00:02Z"}],
        },
        "spec": {"note": "2026-11-22T12:00:00Z"},
        "status": {"startTime": "2026-11-22T11:00:01Z", "conditions": [{"lastTransitionTime": "2026-11-22T11:00:09Z"}]},
    }


def test_an_object_without_a_status_stays_without():
    assert aged({"metadata": {"creationTimestamp": "2026-11-22T00:00:00Z"}}, 1) == {
        "metadata": {"creationTimestamp": "2026-11-21T23:59:59Z"}
    }
