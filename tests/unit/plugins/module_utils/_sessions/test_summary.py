# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Totals over sessions, and who is near or over the limit per user."""

from __future__ import annotations

import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._sessions.summary import summarise
from unit.session_world import World


def summary_of(assessed, limit):
    records = [each.record for each in assessed]
    return summarise(records, collections.Counter(record["user"] for record in records), limit)


def test_totals():
    world = World()
    app = world.app_definition()
    world.running("s1")
    world.eager("s2", app, 1, user="bob@tum.de", pod={"ready": False})
    world.session("s3", app="c-latest", operatorStatus="ERROR")
    world.session("s4", app="c-latest", operatorStatus="ERROR")
    assert summary_of(world.judge(), 3) == {
        "total": 4,
        "by_app_definition": {"c-latest": 2, "java-17-latest": 2},
        "by_state": {"failed": 2, "running": 1, "unready": 1},
        "by_start": {"unknown": 2, "eager": 1, "lazy": 1},
        "by_finding": {"failed": 2, "orphaned": 2, "not_ready": 1},
        "sessions_per_user": 3,
        "users_near_limit": [{"user": "ada@tum.de", "sessions": 3}],
        "users_over_limit": [],
    }


@pytest.mark.parametrize(
    ("count", "limit", "near", "over"),
    [
        pytest.param(7, 10, False, False, id="room"),
        pytest.param(8, 10, True, False, id="four-fifths"),
        pytest.param(10, 10, True, False, id="at-the-limit"),
        pytest.param(11, 10, False, True, id="over"),
        pytest.param(1, 1, True, False, id="the-only-one"),
        pytest.param(1, 0, False, True, id="none-allowed"),
        pytest.param(99, None, False, False, id="unlimited"),
    ],
)
def test_users_near_and_over_their_limit(count, limit, near, over):
    world = World()
    for number in range(count):
        world.session(f"s{number}")
    summary = summary_of(world.judge(), limit)
    assert bool(summary["users_near_limit"]) is near
    assert bool(summary["users_over_limit"]) is over


def test_a_state_that_is_not_known_is_counted_as_such():
    world = World()
    world.running("s1")
    assert summary_of(world.judge(without={"pods"}), None)["by_state"] == {"unknown": 1}


@given(st.lists(st.sampled_from(["ERROR", "HANDLED", None]), max_size=12))
def test_every_session_is_counted_once_everywhere(words):
    world = World()
    for number, word in enumerate(words):
        world.session(f"s{number}", operatorStatus=word)
    summary = summary_of(world.judge(), 5)
    for part in ("by_app_definition", "by_state", "by_start"):
        assert sum(summary[part].values()) == summary["total"] == len(words)
