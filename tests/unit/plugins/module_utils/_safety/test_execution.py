# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan that is carried out: who counts, what stays as it was decided, and what is looked at again."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import ServerFailed, Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._safety import guard
from ansible_collections.eduide.theia.plugins.module_utils._safety.decision import Decision, Item, Plan
from ansible_collections.eduide.theia.plugins.module_utils._safety.execution import Pace, ShieldWatch, carry_out
from ansible_collections.eduide.theia.plugins.module_utils._safety.guard import delete_seen
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import NOBODY, unlisted
from unit.fakes import FakeGateway


def item(name, outcome="stopped"):
    return Item(name, name, None, None, Decision(outcome, "as decided", frozenset({"named"})))


PLAN = Plan((item("a"), item("kept", "kept_active"), item("b"), item("c")))


def test_only_what_the_plan_ends_is_acted_on_and_the_order_stays():
    told = []

    def act(target):
        if target.name == "b":
            raise ServerFailed("no luck")
        return target.ended("gone", "by itself") if target.name == "c" else target

    done = carry_out(PLAN, act, Pace(1, None), progress=lambda done, total: told.append((done, total)))
    assert [(i.name, i.decision.outcome, i.decision.text) for i in done.items] == [
        ("a", "stopped", "as decided"),
        ("kept", "kept_active", "as decided"),
        ("b", "failed", "no luck"),
        ("c", "gone", "by itself"),
    ]
    assert done.items[2].decision.reasons == {"named"}
    assert told == [(1, 3), (1, 3), (1, 3)]


def test_over_a_cap_nothing_is_ended_and_the_rest_stays():
    assert PLAN.skipped(None) is PLAN
    skipped = PLAN.skipped("too many")
    assert (skipped.over_cap, skipped.acts) == ("too many", [])
    assert [i.decision.outcome for i in skipped.items] == ["skipped_cap", "kept_active", "skipped_cap", "skipped_cap"]


def test_a_shield_is_read_before_anything_ends_and_grows(monkeypatch):
    readings = [unlisted("forbidden"), NOBODY]
    watch = ShieldWatch(NOBODY, lambda: readings.pop(0))
    assert watch.get().unreadable
    assert watch.get().unreadable
    assert len(readings) == 1
    monkeypatch.setattr(guard, "RECORDS_SECONDS", -1.0)
    assert watch.get().unreadable
    assert readings == []


class Seen:
    name, uid, resource_version = "s1", "u1", "1"


@pytest.mark.parametrize(
    ("there", "applied", "deleted"),
    [
        pytest.param(None, "unknown", True, id="it-was-carried-out"),
        pytest.param("u2", "unknown", True, id="another-of-its-name"),
        pytest.param("u1", "unknown", None, id="it-is-there"),
        pytest.param(None, "no", None, id="it-was-not-sent"),
    ],
)
@pytest.mark.parametrize("error", [ServerFailed, Unreachable])
def test_a_delete_without_answer_is_looked_up(there, applied, deleted, error):
    gateway = FakeGateway()
    if there:
        gateway.put(kinds.SESSION, {"metadata": {"name": "s1", "uid": there}})

    def send(_seen):
        raise error("lost", applied=applied)

    if deleted is None:
        with pytest.raises(error):
            delete_seen(gateway, kinds.SESSION, Seen(), send)
    else:
        assert delete_seen(gateway, kinds.SESSION, Seen(), send) is deleted


def test_what_was_gone_before_is_no_delete_of_ours():
    assert delete_seen(FakeGateway(), kinds.SESSION, Seen(), lambda _seen: False) is False
