# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selecting sessions: exact, complete, and in an order that does not depend on the order they came in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._exams.record import read_records
from ansible_collections.eduide.theia.plugins.module_utils._sessions.filter import Selection, matches, select
from unit.session_world import World, exam_record, millis


def some_sessions():
    world = World()
    java, c = world.app_definition("java-17-latest"), world.app_definition("c-latest")
    world.running(
        "lazy", user="ada@tum.de", age=timedelta(hours=3), pod={"memory": "2Gi", "restarts": 3}, workspace="w1"
    )
    world.running("idle", user="Ada@tum.de", age=timedelta(hours=5), lastActivity=millis(minutes=50), app="c-latest")
    world.eager("eager", java, 1, user="bob@tum.de", age=timedelta(minutes=10), pod={"memory": "1Gi"})
    world.eager("unready", c, 1, user="eve@tum.de", age=timedelta(minutes=30), pod={"ready": False, "memory": None})
    world.session("failed", user="bob@tum.de", operatorStatus="ERROR", age=timedelta(minutes=29))
    return world


SESSIONS = some_sessions().judge(idle_minutes=20, shield=read_records([exam_record()]))
UIDS = {assessed.record["name"]: assessed.record["uid"] for assessed in SESSIONS}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param(Selection(), "eager failed idle lazy unready", id="everything"),
        pytest.param(Selection(names=frozenset({"lazy", "no-such"})), "lazy", id="names"),
        pytest.param(Selection(uids=frozenset({UIDS["idle"]})), "idle", id="uids"),
        pytest.param(Selection(users=frozenset({"ada@tum.de"})), "lazy", id="users-are-compared-exactly"),
        pytest.param(Selection(users=frozenset({"bob@tum.de"})), "eager failed", id="all-sessions-of-a-user"),
        pytest.param(Selection(app_definitions=frozenset({"c-latest"})), "idle unready", id="app-definitions"),
        pytest.param(Selection(workspaces=frozenset({"w1"})), "lazy", id="workspaces"),
        pytest.param(Selection(states=frozenset({"unready", "failed"})), "failed unready", id="states"),
        pytest.param(Selection(findings=frozenset({"idle", "failed"})), "failed idle", id="findings"),
        pytest.param(Selection(exam="pgdp-final"), "eager failed lazy", id="exam"),
        pytest.param(Selection(exam="other"), "", id="another-exam"),
        pytest.param(Selection(older_than_minutes=30), "idle lazy unready", id="from-30-minutes-on"),
        pytest.param(Selection(younger_than_minutes=30), "eager failed", id="below-30-minutes"),
        pytest.param(
            Selection(users=frozenset({"bob@tum.de"}), states=frozenset({"failed"})),
            "failed",
            id="filters-have-to-agree",
        ),
    ],
)
def test_filters(wanted, names):
    assert " ".join(assessed.record["name"] for assessed in select(SESSIONS, wanted)) == names


@pytest.mark.parametrize(
    ("sort_by", "names"),
    [
        pytest.param(None, "eager failed idle lazy unready", id="by-name"),
        pytest.param("created", "idle lazy unready failed eager", id="oldest-first"),
        pytest.param("memory", "lazy eager idle failed unready", id="largest-first-and-unknown-last"),
        pytest.param("restarts", "lazy eager idle unready failed", id="most-restarts-first"),
        pytest.param("idle", "idle lazy eager failed unready", id="most-idle-first-and-unknown-last"),
    ],
)
def test_orders(sort_by, names):
    assert " ".join(j.record["name"] for j in select(SESSIONS, Selection(), sort_by=sort_by)) == names


def test_the_limit_keeps_the_first_of_the_sorted_ones():
    chosen = select(SESSIONS, Selection(), sort_by="memory", limit=2)
    assert [j.record["name"] for j in chosen] == ["lazy", "eager"]
    assert select(SESSIONS, Selection(), limit=0) == []


def test_an_unknown_finding_or_state_selects_nobody():
    unread = some_sessions().judge(idle_minutes=20, without={"pods"})
    assert select(unread, Selection(states=frozenset({"running", "unready"}))) == []
    assert select(unread, Selection(findings=frozenset({"not_ready"}))) == []


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "users": st.frozensets(st.sampled_from(["ada@tum.de", "Ada@tum.de", "bob@tum.de", "nobody"]), max_size=2),
        "states": st.frozensets(st.sampled_from(["running", "unready", "failed"]), max_size=2),
        "findings": st.frozensets(st.sampled_from(["idle", "failed", "not_ready"]), max_size=2),
        "older_than_minutes": st.integers(0, 400),
        "younger_than_minutes": st.integers(0, 400),
    },
)


@given(
    st.permutations(SESSIONS),
    CHOICES,
    st.sampled_from([None, "created", "memory", "idle", "restarts"]),
    st.none() | st.integers(0, 6),
)
def test_the_order_of_the_input_has_no_say(shuffled, filters, sort_by, limit):
    wanted = Selection(**filters)
    chosen = select(shuffled, wanted, sort_by=sort_by, limit=limit)
    assert chosen == select(SESSIONS, wanted, sort_by=sort_by, limit=limit)
    assert all(matches(assessed, wanted) for assessed in chosen)
    assert limit is not None or len(chosen) == sum(matches(assessed, wanted) for assessed in SESSIONS)


@given(st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=6))
def test_equal_sessions_still_have_one_order(names):
    world = World()
    for name in names:
        world.session(name)
    assessed = world.judge()
    ranked = select(assessed, Selection(), sort_by="memory")
    assert ranked == select(list(reversed(assessed)), Selection(), sort_by="memory")
