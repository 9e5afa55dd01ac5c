# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 2: on the way back to the baseline a bound goes at most once to a claim above it, and never below one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._capacity.plan import Refused, plan_baseline, plan_present
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import LiveSession
from unit.capacity_world import World, app_definition, desired, pool_of, terms

NOW = "2027-02-11T10:20:00Z"


class Evening:
    """An exam that raised 3 to 63, and students who are still in."""

    def __init__(self, baseline=3, add=60):
        self.world = World(min_instances=baseline)
        hold = plan_present(
            self.world.app,
            self.world.pool,
            None,
            desired(min_instances=baseline + add),
            terms("pgdp"),
            now=NOW,
            eager=True,
        )
        self.world.carry_out(hold)

    def end(self, claimed, least_freed=10):
        self.world.claimed = set(claimed)
        asked = terms("pgdp", drain_min_freed=least_freed)
        change = plan_baseline(self.world.app, self.world.pool, self.world.entry, asked, now=NOW)
        self.world.carry_out(change)
        return change.outcome, change.patch


def test_the_bound_goes_to_the_highest_claim_once():
    evening = Evening()
    assert evening.end({2, 20, 40}) == ("draining", {"min_instances": 40})
    assert evening.end({2, 20}) == ("draining", {})
    assert evening.end({2}) == ("changed", {"min_instances": 3})
    assert evening.world.entry is None


@pytest.mark.parametrize(("highest", "patch"), [(53, {"min_instances": 53}), (54, {}), (63, {})])
def test_a_patch_that_frees_too_little_is_not_sent(highest, patch):
    assert Evening().end({highest}) == ("draining", patch)


def test_where_every_claim_allows_it_the_baseline_comes_at_once():
    assert Evening().end({1, 3}) == ("changed", {"min_instances": 3})


def test_a_lowered_bound_is_our_own_and_no_drift():
    evening = Evening()
    evening.end({40})
    assert evening.world.entry.is_ours("min_instances", 40)


@given(
    st.integers(0, 10),
    st.integers(1, 60),
    st.lists(st.frozensets(st.integers(1, 70), max_size=8), min_size=1, max_size=5),
    st.integers(0, 30),
)
def test_whoever_leaves_in_whatever_order_two_patches_are_the_most(baseline, add, leaving, least_freed):
    evening = Evening(baseline, add)
    seats = {number for number in leaving[0] if number <= baseline + add}
    patches = []
    for stay in [*leaving[1:], frozenset()]:
        highest = max(seats, default=0)
        _outcome, patch = evening.end(seats, least_freed)
        patches += [patch] if patch else []
        assert evening.world.minimum >= highest
        seats &= stay
    evening.end(set(), least_freed)
    assert len([patch for patch in patches if patch]) <= 2
    assert (evening.world.minimum, evening.world.entry) == (baseline, None)


def test_a_time_limit_that_has_to_wait_keeps_no_instances():
    """The one who stays is on none of them, or below the baseline."""
    world, long = World(timeout_minutes=30), [LiveSession("uid", "name", "ada@tum.de", 60.0)]
    asked = desired(min_instances=63, timeout_minutes=300)
    world.carry_out(plan_present(world.app, world.pool, None, asked, terms("pgdp"), now=NOW, eager=True))

    def end(claimed, sessions):
        world.claimed = set(claimed)
        ending = terms("pgdp", drain_min_freed=10)
        change = plan_baseline(world.app, world.pool, world.entry, ending, now=NOW, sessions=sessions)
        world.carry_out(change)
        return change.outcome, change.patch

    assert end({2, 8}, long) == ("draining", {"min_instances": 8})
    assert end({2}, long) == ("draining", {"min_instances": 3})
    assert end({2}, long) == ("draining", {})
    assert end({2}, []) == ("changed", {"timeout_minutes": 30})
    assert world.entry is None


def ended(timeout_minutes, inactive_minutes, session):
    """The end of an exam that had raised both limits."""
    world = World(timeout_minutes=timeout_minutes, inactive_minutes=inactive_minutes)
    asked = desired(timeout_minutes=400, inactive_minutes=400)
    world.carry_out(plan_present(world.app, world.pool, None, asked, terms("pgdp"), now=NOW, eager=True))
    change = plan_baseline(world.app, world.pool, world.entry, terms("pgdp"), now=NOW, sessions=[session])
    return world.values["timeout_minutes"], world.values["inactive_minutes"], change.outcome, change.patch


@pytest.mark.parametrize(
    ("limits", "session", "wanted"),
    [
        ((120, 30), (100.0, 10.0), (400, 400, "changed", {"timeout_minutes": 120, "inactive_minutes": 30})),
        ((120, 30), (120.0, 10.0), (400, 400, "draining", {})),
        ((120, 30), (100.0, 30.0), (400, 400, "draining", {})),
        ((0, 30), (9000.0, 10.0), (0, 400, "changed", {"inactive_minutes": 30})),
        ((500, None), (9000.0, 9000.0), (500, None, "changed", {})),
    ],
)
def test_a_limit_is_not_shortened_while_it_would_end_a_session(limits, session, wanted):
    assert ended(*limits, LiveSession("uid", "name", "ada@tum.de", *session)) == wanted


def test_without_an_activity_tracker_its_limit_cannot_be_set_for_good():
    with pytest.raises(Refused, match="has no activity tracker"):
        plan_present(app_definition(), pool_of(), None, desired(inactive_minutes=60), terms(), now=NOW, eager=True)
