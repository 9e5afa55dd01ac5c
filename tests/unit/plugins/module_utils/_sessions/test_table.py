# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that people read: aligned, the worst first, long lists cut with a count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._sessions.table import (
    Column,
    by_severity,
    render,
    session_table,
    size,
    span,
)
from unit.session_world import World, millis


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (-5, "0s"),
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h00m"),
        (7260, "2h01m"),
        (86399, "23h59m"),
        (86400, "1d0h"),
        (200_000, "2d7h"),
    ],
)
def test_spans(seconds, text):
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "-"),
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1.0KiB"),
        (10 * 1024, "10KiB"),
        (851_443_712, "812MiB"),
        (1_610_612_736, "1.5GiB"),
        (2**44, "16.0TiB"),
    ],
)
def test_sizes(count, text):
    assert size(count) == text


LARGE = {"memory": "2900M"}


def test_a_table_of_sessions():
    world = World()
    world.app_definition()
    world.running("quiet", user="ada@tum.de", pod={"memory": "812Mi"})
    world.running(
        "large", user="bob@tum.de", age=timedelta(hours=26), lastActivity=millis(minutes=12), pod={"memory": "2900M"}
    )
    world.session("wreck", user="eve@tum.de", operatorStatus="ERROR", operatorMessage="Max sessions reached.")
    records = [assessed.record for assessed in world.judge()]
    head, wreck, why, large, much, quiet = session_table(records).splitlines()
    assert head == "SESSION  USER        APP DEFINITION  STATE    START    AGE  IDLE  MEMORY"
    assert wreck == "wreck    eve@tum.de  java-17-latest  failed   -      1h00m     -       -"
    assert why == "    failed (Max sessions reached.)"
    assert large == "large    bob@tum.de  java-17-latest  running  lazy    1d2h   12m  2.7GiB"
    assert much.startswith("    high_memory (96 % of")
    assert much.endswith("not_reaped (past its timeout of 1440 min by 2h00m); too_old (created …")
    assert quiet == "quiet    ada@tum.de  java-17-latest  running  lazy   1h00m    2m  812MiB"
    assert session_table(records, limit=1).splitlines()[2:] == [why, "… and 2 more"]


def test_the_name_of_a_session_is_whole_for_other_commands_are_told_it():
    world = World()
    longest = "s" * 70
    world.session(longest)
    assert longest in session_table([assessed.record for assessed in world.judge(without={"app_definitions"})])


def test_the_worst_comes_first_then_the_oldest():
    world = World()
    for name, age in (("young", 1), ("old", 9)):
        world.session(name, operatorStatus="ERROR", age=timedelta(minutes=age))
    world.running("fine")
    shuffled = [assessed.record for assessed in world.judge(without={"app_definitions"})][::-1]
    assert [record["name"] for record in by_severity(shuffled)] == ["old", "young", "fine"]


def test_text_of_others_cannot_break_the_table():
    table = render(
        [Column("A", widest=9), Column("B", right=True)], [["x\n\x1b[31mred", "1"], ["日本", "22"], [None, ""]]
    )
    assert table.splitlines() == ["A           B", "x  [31mr…   1", "日本       22", "-           -"]


@given(
    st.lists(st.tuples(st.text(max_size=15), st.text(max_size=15)), max_size=6),
    st.none() | st.integers(0, 6),
)
def test_every_row_is_one_line_and_what_is_hidden_is_counted(rows, limit):
    lines = render([Column("A", widest=8), Column("B", widest=8)], rows, limit=limit).split("\n")
    shown = len(rows) if limit is None else min(limit, len(rows))
    assert len(lines) == 1 + shown + (shown < len(rows))
    if shown < len(rows):
        assert lines[-1] == f"… and {len(rows) - shown} more"
