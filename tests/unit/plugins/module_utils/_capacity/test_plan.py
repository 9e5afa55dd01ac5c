# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import Entry, Hold, Values
from ansible_collections.eduide.theia.plugins.module_utils._capacity.plan import (
    Change,
    Desired,
    HoldTerms,
    Refused,
    plan_baseline,
    plan_present,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.pool import Effect, Pool
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import (
    AppDefinitionRow,
    LiveSession,
    app_definition_row,
)
from unit.capacity_world import NAME, UID, app_definition, desired, pool_of, terms

THREE_FREE = pool_of(free=[1, 2, 3])
NOW = "2027-02-11T10:20:00Z"
NOTHING = Effect(0, 0, 0)


def hold(add: int = 0, *, ended: bool = False, until: str | None = None, **asked: int) -> Hold:
    return Hold(asked=dict(asked), add=add, until=until, ended=ended)


def entry(baseline: Values, *written: Values, since: str | None = None, uid: str = UID, **holds: Hold) -> Entry:
    return Entry(uid, baseline, holds, written, since, written_at=NOW if written else None)


def present(
    asked: Desired,
    stated: HoldTerms | None = None,
    *,
    app: AppDefinitionRow | None = None,
    pool: Pool = THREE_FREE,
    record: Entry | None = None,
    eager: bool = True,
) -> Change:
    return plan_present(app or app_definition(), pool, record, asked, stated or terms(), now=NOW, eager=eager)


def baseline(
    record: Entry | None,
    stated: HoldTerms | None = None,
    *,
    app: AppDefinitionRow | None = None,
    pool: Pool = THREE_FREE,
) -> Change:
    return plan_baseline(app or app_definition(50), pool, record, stated or terms("pgdp"), now=NOW)


def test_an_app_definition_is_read_with_its_three_values() -> None:
    found = app_definition_row(
        {
            "metadata": {"name": NAME, "uid": UID, "generation": 4, "resourceVersion": "100"},
            "spec": {"name": NAME, "image": "java", "minInstances": 0, "maxInstances": 1000},
        }
    )
    assert found[:5] == app_definition(0, 1000, None)[:5]


# --- without a hold


@pytest.mark.parametrize(
    ("asked", "pool", "patch", "effect"),
    [
        pytest.param(desired(min_instances=50), THREE_FREE, {"min_instances": 50}, Effect(47, 3, 0), id="raise"),
        pytest.param(desired(min_instances=3), THREE_FREE, {}, NOTHING, id="already-so"),
        pytest.param(desired(min_instances=0), THREE_FREE, {"min_instances": 0}, Effect(0, 0, 3), id="zero-is-a-value"),
        pytest.param(
            desired(max_instances=9, timeout_minutes=0, min_instances=3),
            THREE_FREE,
            {"max_instances": 9, "timeout_minutes": 0},
            Effect(0, 3, 0),
            id="only-what-differs-in-one-patch",
        ),
        pytest.param(desired(warm=60), THREE_FREE, {"min_instances": 60}, Effect(57, 3, 0), id="warm"),
        pytest.param(
            desired(warm=60),
            pool_of(claimed=[1, 2, 3]),
            {"min_instances": 63},
            Effect(60, 0, 0),
            id="warm-beside-claims",
        ),
        pytest.param(desired(warm=2), THREE_FREE, {}, NOTHING, id="enough-are-free"),
        pytest.param(desired(warm=3), THREE_FREE, {}, NOTHING, id="just-enough-are-free"),
        pytest.param(
            desired(warm=2, timeout_minutes=60),
            THREE_FREE,
            {"timeout_minutes": 60},
            Effect(0, 3, 0),
            id="warm-and-a-limit",
        ),
    ],
)
def test_a_change_for_good_sends_what_differs(asked: Desired, pool: Pool, patch: Values, effect: Effect) -> None:
    change = present(asked, pool=pool)
    assert (change.patch, change.effect) == (patch, effect)
    assert change.outcome == ("changed" if patch else "unchanged")
    assert change.changed == bool(patch)
    assert (change.ledger_during, change.ledger_after) == (None, None)
    assert change.after == {**app_definition().values, **patch}


@pytest.mark.parametrize(
    ("live", "asked", "patch"),
    [
        pytest.param(app_definition(None), desired(min_instances=5), {"min_instances": 5}, id="absent-raised"),
        pytest.param(app_definition(None), desired(min_instances=0), {"min_instances": 0}, id="absent-stated-as-zero"),
        pytest.param(app_definition(None), desired(max_instances=5), {"max_instances": 5}, id="absent-below-any-max"),
        pytest.param(app_definition(0), desired(max_instances=0), {"max_instances": 0}, id="closed"),
        pytest.param(
            app_definition(0),
            desired(min_instances=5, max_instances=5),
            {"min_instances": 5, "max_instances": 5},
            id="equal",
        ),
        pytest.param(app_definition(9, 5), desired(min_instances=9), {}, id="impossible-but-left-alone"),
    ],
)
def test_an_absent_minimum_counts_as_zero_and_bounds_may_touch(
    live: AppDefinitionRow, asked: Desired, patch: Values
) -> None:
    change = present(asked, app=live, pool=pool_of(claimed=[2]))
    assert (change.patch, change.draining) == (patch, ())


def test_a_bound_is_not_lowered_below_a_claim() -> None:
    pool = pool_of(claimed=[7, 9], free=range(1, 11))
    change = present(desired(min_instances=8, max_instances=500), app=app_definition(10), pool=pool)
    assert (change.outcome, change.patch, change.effect, change.changed) == ("draining", {}, NOTHING, False)
    assert [i.id for i in change.draining] == [9]


@pytest.mark.parametrize(
    ("live", "minimum"),
    [
        pytest.param(10, 9, id="to-the-highest-claim"),
        pytest.param(8, 8, id="to-what-it-is"),
        pytest.param(5, 8, id="raised-though-a-claim-is-above"),
    ],
)
def test_a_claim_is_in_the_way_of_lowering_below_it_only(live: int, minimum: int) -> None:
    change = present(desired(min_instances=minimum), app=app_definition(live), pool=pool_of(claimed=[9]))
    assert (change.draining, change.after["min_instances"]) == ((), minimum)


def test_a_claim_above_the_bound_does_not_hold_up_other_values() -> None:
    change = present(desired(timeout_minutes=60), app=app_definition(3), pool=pool_of(claimed=[9]))
    assert change.patch == {"timeout_minutes": 60}


@pytest.mark.parametrize(
    ("live", "warm", "patch"),
    [
        pytest.param(app_definition(None), 0, {}, id="absent-nothing-asked-for"),
        pytest.param(app_definition(0), 1, {"min_instances": 1}, id="zero-and-one-wanted"),
    ],
)
def test_warm_starts_from_an_empty_pool(live: AppDefinitionRow, warm: int, patch: Values) -> None:
    assert present(desired(warm=warm), app=live, pool=pool_of()).patch == patch


# --- holds of exams


def test_a_first_hold_keeps_the_baseline_and_what_is_intended() -> None:
    change = present(desired(warm=60, max_instances=2000), terms("pgdp", until="2027-02-11T10:00:00Z"))
    assert change.patch == {"min_instances": 60, "max_instances": 2000}
    assert change.ledger_before is None
    assert change.ledger_during == entry(
        {"min_instances": 3, "max_instances": 1000},
        {"min_instances": 60, "max_instances": 2000},
        pgdp=hold(57, until="2027-02-11T10:00:00Z", warm=60, max_instances=2000),
    )
    assert change.ledger_after == change.ledger_during
    assert (change.outcome, change.effect) == ("changed", Effect(57, 3, 0))


@pytest.mark.parametrize(
    ("asked", "pool", "add"),
    [
        pytest.param(desired(warm=60), THREE_FREE, 57, id="warm"),
        pytest.param(desired(warm=60), pool_of(claimed=[1, 2], free=[3]), 59, id="warm-beside-claims"),
        pytest.param(desired(warm=60), pool_of(free=[1, 2, 3], foreign=[10, 99]), 58, id="warm-around-taken-names"),
        pytest.param(desired(warm=2), THREE_FREE, 0, id="enough-are-free"),
        pytest.param(desired(min_instances=50), THREE_FREE, 47, id="a-total"),
        pytest.param(desired(min_instances=2), THREE_FREE, 0, id="a-hold-never-lowers"),
        pytest.param(desired(timeout_minutes=0), THREE_FREE, 0, id="only-a-limit"),
    ],
)
def test_what_a_hold_adds_is_decided_from_the_pool(asked: Desired, pool: Pool, add: int) -> None:
    change = present(asked, terms("pgdp"), pool=pool)
    assert change.ledger_after is not None
    assert change.ledger_after.holds["pgdp"].add == add
    assert change.after["min_instances"] == 3 + add
    assert ("min_instances" in change.ledger_after.baseline) == (add > 0)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        pytest.param(desired(max_instances=2000), {"max_instances": 1000}, id="raised"),
        pytest.param(desired(max_instances=1000), {}, id="already-so"),
        pytest.param(desired(max_instances=500), {}, id="tighter-than-what-is"),
        pytest.param(desired(timeout_minutes=0), {"timeout_minutes": 1440}, id="no-limit"),
        pytest.param(desired(timeout_minutes=60), {}, id="shorter-than-what-is"),
    ],
)
def test_only_fields_that_a_hold_changes_are_kept_as_baseline(asked: Desired, kept: Values) -> None:
    change = present(asked, terms("pgdp"))
    assert change.ledger_after is not None
    assert change.ledger_after.baseline == kept
    assert sorted(change.patch) == sorted(kept)


HELD = entry({"min_instances": 3}, {"min_instances": 60}, pgdp=hold(57, warm=60))


@pytest.mark.parametrize(
    ("asked", "live", "expected"),
    [
        pytest.param(desired(timeout_minutes=0), app_definition(0), hold(timeout_minutes=0), id="only-a-limit"),
        pytest.param(desired(min_instances=5), app_definition(None), hold(5, min_instances=5), id="absent-minimum"),
        pytest.param(desired(warm=0), app_definition(0), hold(warm=0), id="zero-is-a-value"),
    ],
)
def test_a_hold_remembers_what_was_asked(asked: Desired, live: AppDefinitionRow, expected: Hold) -> None:
    change = present(asked, terms("pgdp"), app=live, pool=pool_of())
    assert change.ledger_after is not None
    assert change.ledger_after.holds == {"pgdp": expected}
    assert change.ledger_after.baseline.get("min_instances", 0) == (live.values["min_instances"] if expected.add else 0)


def test_a_second_run_plans_nothing_although_students_have_come() -> None:
    change = present(desired(warm=60), terms("pgdp"), app=app_definition(60), pool=pool_of(range(1, 41)), record=HELD)
    assert (change.outcome, change.changed, change.patch, change.effect) == ("unchanged", False, {}, NOTHING)


def test_a_known_hold_is_made_to_hold_again() -> None:
    """The run was killed between ledger and patch: what was decided then counts, not the pool of today."""
    change = present(desired(warm=60), terms("pgdp"), pool=pool_of(claimed=[1, 2, 3]), record=HELD)
    assert change.patch == {"min_instances": 60}
    assert change.ledger_during == HELD


def test_only_the_end_of_a_known_hold_moves() -> None:
    first = present(desired(warm=60), terms("pgdp", until="2027-02-11T11:00:00Z"), app=app_definition(60), record=HELD)
    assert (first.outcome, first.patch) == ("changed", {})
    assert first.ledger_after is not None
    assert first.ledger_after.holds["pgdp"].until == "2027-02-11T11:00:00Z"
    again = present(desired(warm=60), terms("pgdp"), app=app_definition(60), record=first.ledger_after)
    assert not again.changed


def test_a_changed_declaration_is_decided_anew() -> None:
    change = present(desired(warm=80), terms("pgdp"), app=app_definition(60), pool=pool_of([1, 2]), record=HELD)
    assert change.patch == {"min_instances": 82}
    assert change.ledger_after == entry(
        {"min_instances": 3}, {"min_instances": 60}, {"min_instances": 82}, pgdp=hold(79, warm=80)
    )


def test_who_states_only_another_limit_gets_no_more_instances() -> None:
    """Students of this very exam are on instances by now, and are not counted on top."""
    claims = pool_of(range(1, 61))
    change = present(
        desired(warm=60, max_instances=2000), terms("pgdp"), app=app_definition(60), pool=claims, record=HELD
    )
    assert change.patch == {"max_instances": 2000}
    assert change.ledger_after is not None
    assert change.ledger_after.holds == {"pgdp": hold(57, warm=60, max_instances=2000)}


def test_a_second_exam_comes_on_top_of_the_first() -> None:
    change = present(desired(warm=40), terms("eist"), app=app_definition(60), record=HELD)
    assert change.patch == {"min_instances": 100}
    assert change.ledger_after is not None
    assert (change.ledger_after.baseline, change.ledger_after.holds) == (
        {"min_instances": 3},
        {"pgdp": hold(57, warm=60), "eist": hold(40, warm=40)},
    )


def test_an_exam_with_a_stated_total_wants_no_free_instances_beside_it() -> None:
    record = HELD._replace(holds={"pgdp": hold(57, min_instances=60)})
    change = present(desired(warm=40), terms("eist"), app=app_definition(60), pool=pool_of(range(1, 31)), record=record)
    assert change.patch == {"min_instances": 70}


def test_an_ended_exam_wants_no_free_instances_any_more() -> None:
    record = HELD._replace(holds={"pgdp": hold(57, ended=True, warm=60)}, draining_since=NOW)
    change = present(desired(warm=40), terms("eist"), app=app_definition(60), pool=pool_of([60]), record=record)
    assert (change.patch, change.outcome) == ({}, "changed")
    assert change.ledger_after is not None
    assert change.ledger_after.holds["eist"] == hold(0, warm=40)
    assert change.ledger_after.draining_since is None


def test_an_ended_exam_that_is_declared_again_is_decided_anew() -> None:
    record = HELD._replace(holds={"pgdp": hold(57, ended=True, warm=60)})
    change = present(desired(warm=60), terms("pgdp"), app=app_definition(60), pool=pool_of([1]), record=record)
    assert change.patch == {"min_instances": 61}
    assert change.ledger_after is not None
    assert change.ledger_after.holds == {"pgdp": hold(58, warm=60)}


@pytest.mark.parametrize("stated", [terms("eist"), terms()])
def test_an_entry_whose_removal_was_missed_has_no_say(stated: HoldTerms) -> None:
    """The run that restored the baseline was killed before it removed the entry; its holds must not count again."""
    record = HELD._replace(holds={"pgdp": hold(57, ended=True, warm=60)})
    change = present(desired(warm=20), stated, record=record)
    assert change.patch == {"min_instances": 20}
    expected = entry({"min_instances": 3}, {"min_instances": 20}, eist=hold(17, warm=20)) if stated.hold else None
    assert change.ledger_after == expected


def test_a_smaller_declaration_is_not_lowered_below_a_claim() -> None:
    change = present(desired(min_instances=20), terms("pgdp"), app=app_definition(60), pool=pool_of([50]), record=HELD)
    assert (change.outcome, change.patch, [i.id for i in change.draining]) == ("draining", {}, [50])
    assert change.ledger_after is not None
    assert change.ledger_after.written == HELD.written


def test_a_lazy_operator_starts_no_pods_for_another_field() -> None:
    change = present(desired(max_instances=500), pool=pool_of(), eager=False)
    assert (change.patch, change.effect) == ({"max_instances": 500}, NOTHING)


# --- what is refused


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        pytest.param(
            lambda: present(desired(warm=60), eager=False),
            ["cannot be warmed", "without --eagerStart", "add that argument to its Deployment"],
            id="warm-on-a-lazy-operator",
        ),
        pytest.param(
            lambda: present(desired(warm=1), terms("pgdp"), eager=False),
            ["cannot be warmed", "without --eagerStart", "add that argument to its Deployment"],
            id="hold-on-a-lazy-operator",
        ),
        pytest.param(
            lambda: present(desired(min_instances=1), app=app_definition(0), eager=False),
            ["cannot be warmed", "without --eagerStart", "add that argument to its Deployment"],
            id="raise-on-a-lazy-operator",
        ),
        pytest.param(
            lambda: present(desired(min_instances=5), app=app_definition(60), record=HELD),
            [
                "entries in the capacity ledger (pgdp)",
                "would be undone",
                "name a hold, or end them first with state=baseline",
            ],
            id="beside-the-ledger",
        ),
        pytest.param(
            lambda: present(
                desired(warm=1), app=app_definition(60), record=HELD._replace(holds={"pgdp": hold(57, ended=True)})
            ),
            ["entries in the capacity ledger (pgdp (ended))", "state=baseline"],
            id="beside-a-draining-entry",
        ),
        pytest.param(
            lambda: present(desired(warm=60), app=app_definition(3, 50)),
            ["min_instances=60 above max_instances=50", "the platform refuses", "state max_instances of at least 60"],
            id="above-the-maximum",
        ),
        pytest.param(
            lambda: present(desired(warm=60), terms("pgdp"), app=app_definition(3, 50)),
            ["min_instances=60 above max_instances=50", "the platform refuses", "state max_instances of at least 60"],
            id="hold-above-the-maximum",
        ),
        pytest.param(
            lambda: present(desired(max_instances=2)),
            ["min_instances=3 above max_instances=2", "the platform refuses", "state max_instances of at least 3"],
            id="maximum-below-the-minimum",
        ),
        pytest.param(
            lambda: present(desired(max_instances=0)),
            ["min_instances=3 above max_instances=0", "the platform refuses", "state max_instances of at least 3"],
            id="closed-with-instances",
        ),
        pytest.param(
            lambda: present(desired(warm=5, max_instances=99), terms("pgdp"), app=app_definition(-1, -1)),
            ["min_instances=5 above max_instances=-1", "set a maximum for good first, in a task without a hold"],
            id="unlimited",
        ),
        pytest.param(
            lambda: present(desired(timeout_minutes=0, max_instances=5), terms(api="service")),
            ["timeout_minutes=0 for", "REST service only changes min_instances and max_instances", "api=kubernetes"],
            id="time-limit-through-rest",
        ),
        pytest.param(
            lambda: present(desired(warm=60), terms("eist"), app=app_definition(7), record=HELD),
            ["has min_instances=7", "neither its baseline {'min_instances': 3}", "drift=overwrite", "drift=adopt"],
            id="drift-value",
        ),
        pytest.param(
            lambda: baseline(
                entry({"timeout_minutes": 60}, {"timeout_minutes": 0}, pgdp=hold(timeout_minutes=0)),
                terms("pgdp", api="service"),
                app=app_definition(timeout_minutes=0),
            ),
            ["timeout_minutes=60 for", "REST service only changes", "api=kubernetes"],
            id="baseline-with-a-time-limit-through-rest",
        ),
        pytest.param(
            lambda: baseline(
                entry({"max_instances": None}, {"max_instances": 50}, pgdp=hold(max_instances=50)),
                terms("pgdp", api="service"),
                app=app_definition(max_instances=50),
            ),
            ["max_instances=absent for", "cannot remove one", "api=kubernetes"],
            id="baseline-without-a-maximum-through-rest",
        ),
        pytest.param(
            lambda: baseline(
                entry({"min_instances": -2}, {"min_instances": 50}, pgdp=hold(52)), terms("pgdp", api="service")
            ),
            ["min_instances=-2 for", "takes no negative ones", "api=kubernetes"],
            id="negative-baseline-through-rest",
        ),
    ],
)
def test_a_refusal_names_object_cause_and_next_step(plan: t.Callable[[], Change], told: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        plan()
    assert [part for part in [NAME, *told] if part not in str(refused.value)] == []


@pytest.mark.parametrize(
    ("live", "asked", "patch"),
    [
        pytest.param(3, desired(min_instances=2), {"min_instances": 2}, id="lowered"),
        pytest.param(3, desired(min_instances=3), {}, id="already-so"),
        pytest.param(0, desired(max_instances=500), {"max_instances": 500}, id="another-field"),
        pytest.param(None, desired(min_instances=0), {"min_instances": 0}, id="absent-stated-as-zero"),
        pytest.param(3, desired(warm=0), {}, id="nothing-warm-wanted"),
    ],
)
def test_a_lazy_operator_is_no_reason_against_what_starts_nothing(
    live: int | None, asked: Desired, patch: Values
) -> None:
    assert present(asked, app=app_definition(live), pool=pool_of(), eager=False).patch == patch


def test_bounds_travel_through_rest() -> None:
    stated = terms(api="service")
    asked = desired(min_instances=5, max_instances=9, timeout_minutes=1440)
    assert present(asked, stated).patch == {"min_instances": 5, "max_instances": 9}
    assert present(desired(min_instances=0), stated).patch == {"min_instances": 0}


# --- back to the baseline


@pytest.mark.parametrize(
    ("record", "stated"),
    [
        pytest.param(None, terms("pgdp"), id="no-entry"),
        pytest.param(None, terms(), id="no-entry-no-hold"),
        pytest.param(HELD, terms("eist"), id="held-by-another-exam"),
    ],
)
def test_nothing_is_restored_for_who_holds_nothing(record: Entry | None, stated: HoldTerms) -> None:
    change = baseline(record, stated, app=app_definition(60))
    assert (change.outcome, change.changed, change.ledger_after) == ("unchanged", False, record)


@pytest.mark.parametrize("stated", [pytest.param(terms("pgdp"), id="the-hold"), pytest.param(terms(), id="all-holds")])
def test_the_last_hold_restores_the_baseline_in_one_patch(stated: HoldTerms) -> None:
    record = entry(
        {"min_instances": 3, "timeout_minutes": None},
        {"min_instances": 60, "timeout_minutes": 0},
        pgdp=hold(57, warm=60, timeout_minutes=0),
    )
    app = app_definition(60, timeout_minutes=0)
    change = baseline(record, stated, app=app, pool=pool_of([3], range(1, 61)))
    assert (change.outcome, change.patch) == ("changed", {"min_instances": 3, "timeout_minutes": None})
    assert change.effect == Effect(0, 2, 57)
    assert change.ledger_before == record
    assert change.ledger_during is not None
    assert change.ledger_during.open_holds == {}
    assert change.ledger_after is None


def test_nothing_is_sent_if_the_baseline_is_there_already() -> None:
    change = baseline(entry({}, pgdp=hold(warm=2)), app=app_definition())
    assert (change.outcome, change.patch, change.changed) == ("changed", {}, True)
    assert (change.ledger_after, change.effect) == (None, NOTHING)


def test_an_absent_minimum_is_restored() -> None:
    record = entry({"min_instances": None}, {"min_instances": 50}, pgdp=hold(50, warm=50))
    change = baseline(record, pool=pool_of(free=[1, 2]))
    assert (change.patch, change.effect) == ({"min_instances": None}, Effect(0, 0, 2))


BOTH = entry({"min_instances": 3}, {"min_instances": 100}, pgdp=hold(57, warm=60), eist=hold(40, warm=40))


def test_an_ended_hold_stays_while_another_is_open() -> None:
    app = app_definition(100)
    change = baseline(BOTH, terms("pgdp"), app=app)
    assert (change.outcome, change.patch, change.note) == ("changed", {}, "still held by eist")
    assert change.ledger_after == BOTH._replace(
        holds={"pgdp": hold(57, ended=True, warm=60), "eist": BOTH.holds["eist"]}
    )
    again = baseline(change.ledger_after, terms("pgdp"), app=app)
    assert (again.outcome, again.changed, again.note) == ("unchanged", False, "still held by eist")
    last = baseline(change.ledger_after, terms("eist"), app=app)
    assert (last.patch, last.ledger_after) == ({"min_instances": 3}, None)


def test_all_holds_can_be_ended_at_once() -> None:
    change = baseline(BOTH, terms(), app=app_definition(100))
    assert (change.patch, change.ledger_after) == ({"min_instances": 3}, None)


def test_claims_above_the_baseline_drain_first() -> None:
    pool = pool_of([2, 30, 41], range(1, 61))
    change = baseline(HELD, app=app_definition(60), pool=pool)
    assert (change.outcome, change.patch, change.effect) == ("draining", {}, NOTHING)
    assert [i.id for i in change.draining] == [30, 41]
    assert change.ledger_after == HELD._replace(holds={"pgdp": hold(57, ended=True, warm=60)}, draining_since=NOW)
    again = plan_baseline(app_definition(60), pool, change.ledger_after, terms("pgdp"), now="2027-02-11T12:00:00Z")
    assert (again.outcome, again.changed) == ("draining", False)
    gone = baseline(change.ledger_after, app=app_definition(60), pool=pool_of([2], range(1, 61)))
    assert (gone.outcome, gone.patch, gone.ledger_after) == ("changed", {"min_instances": 3}, None)


LONG = entry({"timeout_minutes": 60}, {"timeout_minutes": 300}, pgdp=hold(timeout_minutes=300))


def sitting(age_minutes: float) -> LiveSession:
    return LiveSession("uid-ada", "ws-ada-session", "ada@tum.de", age_minutes)


@pytest.mark.parametrize("age_minutes", [60, 150])
def test_a_time_limit_is_not_shortened_while_it_would_end_a_session(age_minutes: float) -> None:
    app, sessions = app_definition(timeout_minutes=300), (sitting(5), sitting(age_minutes))
    change = plan_baseline(app, THREE_FREE, LONG, terms("pgdp"), now=NOW, sessions=sessions)
    assert (change.outcome, change.patch, change.outlasting) == ("draining", {}, (sitting(age_minutes),))
    assert change.ledger_after is not None
    assert change.ledger_after.draining_since == NOW
    later = plan_baseline(app, THREE_FREE, change.ledger_after, terms("pgdp"), now=NOW, sessions=sessions[:1])
    assert (later.outcome, later.patch, later.ledger_after) == ("changed", {"timeout_minutes": 60}, None)


@pytest.mark.parametrize(("live", "wanted"), [(60, 300), (60, 0), (300, 300)])
def test_a_time_limit_that_is_not_shorter_waits_for_nobody(live: int, wanted: int) -> None:
    app = app_definition(timeout_minutes=live)
    change = plan_present(
        app, THREE_FREE, None, desired(timeout_minutes=wanted), terms(), now=NOW, eager=True, sessions=[sitting(10_000)]
    )
    assert (change.outlasting, change.patch) == ((), {} if live == wanted else {"timeout_minutes": wanted})


def test_a_shorter_limit_that_is_stated_waits_as_well() -> None:
    asked = desired(timeout_minutes=60)
    change = plan_present(
        app_definition(timeout_minutes=0), THREE_FREE, None, asked, terms(), now=NOW, eager=True, sessions=[sitting(61)]
    )
    assert (change.outcome, change.patch) == ("draining", {})


def test_a_lazy_operator_starts_no_pods_at_the_end_either() -> None:
    change = plan_baseline(app_definition(60), THREE_FREE, HELD, terms("pgdp"), now=NOW, eager=False)
    assert (change.patch, change.effect) == ({"min_instances": 3}, NOTHING)


def test_bounds_that_the_platform_would_refuse_are_the_failure_of_one_app_definition() -> None:
    record = entry({"max_instances": 50}, {"max_instances": 100}, pgdp=hold(max_instances=100))
    change = baseline(record, app=app_definition(60, 100))
    assert (change.outcome, change.changed) == ("failed", False)
    assert "min_instances=60 above max_instances=50" in change.note
    assert "lower it in the app definition itself" in change.note


def test_a_later_exam_finishes_what_an_earlier_one_left_draining() -> None:
    record = HELD._replace(holds={"pgdp": hold(57, ended=True, warm=60)}, draining_since=NOW)
    change = baseline(record, terms("eist"), app=app_definition(60))
    assert (change.patch, change.ledger_after) == ({"min_instances": 3}, None)


def test_a_run_killed_before_the_patch_is_finished_by_the_next() -> None:
    killed = baseline(HELD, app=app_definition(60)).ledger_during
    change = baseline(killed, app=app_definition(60))
    assert (change.patch, change.ledger_during, change.ledger_after) == ({"min_instances": 3}, killed, None)


def test_a_run_killed_after_the_patch_is_finished_by_the_next() -> None:
    killed = baseline(HELD, app=app_definition(60)).ledger_during
    change = baseline(killed, app=app_definition(3))
    assert (change.patch, change.ledger_after, change.changed) == ({}, None, True)


def test_a_negative_baseline_is_restored_through_the_cluster() -> None:
    record = entry({"min_instances": -2}, {"min_instances": 50}, pgdp=hold(52))
    assert baseline(record).patch == {"min_instances": -2}


# --- what others changed


def test_a_foreign_value_is_reported_and_left() -> None:
    change = baseline(HELD, app=app_definition(75))
    assert (change.outcome, change.changed, change.ledger_after) == ("drift", False, HELD)
    assert "min_instances=75" in change.note
    assert "drift=overwrite" in change.note


def test_a_foreign_value_does_not_keep_one_of_two_exams_from_ending() -> None:
    change = baseline(BOTH, terms("pgdp"), app=app_definition(75))
    assert (change.outcome, change.patch) == ("changed", {})


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(app_definition(60, max_instances=70), id="field-that-no-hold-changed"),
        pytest.param(app_definition(3), id="the-baseline"),
    ],
)
def test_what_we_never_wrote_and_what_was_there_before_is_not_foreign(app: AppDefinitionRow) -> None:
    change = present(desired(warm=60), terms("pgdp"), app=app, record=HELD)
    assert change.after == {**app.values, "min_instances": 60}


@pytest.mark.parametrize(
    ("drift", "live", "present_patch", "restored"),
    [
        pytest.param("overwrite", 75, {"min_instances": 60}, 3, id="overwrite-a-raise"),
        pytest.param("overwrite", 20, {"min_instances": 60}, 3, id="overwrite-a-cut"),
        pytest.param("adopt", 75, {"min_instances": 132}, 75, id="adopt-a-raise"),
        pytest.param("adopt", 20, {"min_instances": 77}, 20, id="adopt-a-cut"),
        pytest.param("adopt", 3 - 1, {"min_instances": 59}, 2, id="adopt-less-than-the-baseline"),
    ],
)
def test_a_foreign_value_is_settled_as_the_caller_says(
    drift: t.Literal["overwrite", "adopt"], live: int, present_patch: Values, restored: int
) -> None:
    change = present(desired(warm=60), terms("pgdp", drift=drift), app=app_definition(live), record=HELD)
    assert change.patch == present_patch
    after = app_definition(change.after["min_instances"])
    assert not present(desired(warm=60), terms("pgdp"), app=after, record=change.ledger_after).changed
    assert baseline(change.ledger_after, app=after).after["min_instances"] == restored


@pytest.mark.parametrize(
    ("drift", "live", "restored"),
    [
        pytest.param("overwrite", 75, 3, id="overwrite"),
        pytest.param("overwrite", 5, 3, id="overwrite-a-cut"),
        pytest.param("adopt", 75, 75, id="adopt-a-raise"),
        pytest.param("adopt", 57, 57, id="adopt-what-the-exam-added"),
        pytest.param("adopt", 5, 5, id="adopt-a-cut"),
    ],
)
def test_a_foreign_value_is_settled_at_the_end(
    drift: t.Literal["overwrite", "adopt"], live: int, restored: int
) -> None:
    change = baseline(HELD, terms("pgdp", drift=drift), app=app_definition(live))
    assert (change.after["min_instances"], change.ledger_after) == (restored, None)


def test_a_minimum_that_somebody_removed_can_be_adopted() -> None:
    record = entry({"min_instances": 3}, {"min_instances": 4}, pgdp=hold(1, warm=4))
    change = baseline(record, terms("pgdp", drift="adopt"), app=app_definition(None))
    assert (change.patch, change.ledger_after) == ({}, None)


@given(baseline_value=st.integers(0, 40), add=st.integers(0, 40), theirs=st.integers(0, 40))
def test_an_adopted_value_is_what_remains_after_the_exam(baseline_value: int, add: int, theirs: int) -> None:
    """Whoever sets a number means it as the baseline, whatever the exam adds."""
    record = entry({"min_instances": baseline_value}, {"min_instances": baseline_value + add}, pgdp=hold(add, warm=add))
    adopt = terms("pgdp", drift="adopt")
    change = present(desired(warm=add), adopt, app=app_definition(theirs), record=record)
    assume(theirs not in (baseline_value, baseline_value + add))
    assert change.after["min_instances"] == theirs + add
    after = app_definition(change.after["min_instances"])
    assert baseline(change.ledger_after, app=after).after["min_instances"] == theirs


def test_an_adopted_limit_stays_as_it_is() -> None:
    record = entry({"max_instances": 1000}, {"max_instances": 2000}, pgdp=hold(max_instances=2000))
    app = app_definition(max_instances=3000)
    change = present(desired(max_instances=2000), terms("pgdp", drift="adopt"), app=app, record=record)
    assert change.patch == {}
    assert baseline(change.ledger_after, app=app).after["max_instances"] == 3000


# --- an app definition that was created anew

ANEW = HELD._replace(uid="another-uid")


def test_the_entry_of_a_recreated_app_definition_is_void() -> None:
    change = baseline(ANEW, app=app_definition(5))
    assert (change.outcome, change.patch, change.ledger_after, change.changed) == ("void", {}, None, True)
    for part in (NAME, "created anew", "{'min_instances': 3}", "pgdp", "are void"):
        assert part in change.note


def test_a_hold_on_a_recreated_app_definition_begins_anew() -> None:
    change = present(desired(warm=60), terms("eist"), app=app_definition(5), record=ANEW)
    assert (change.outcome, change.patch) == ("changed", {"min_instances": 60})
    assert change.ledger_after == entry({"min_instances": 5}, {"min_instances": 60}, eist=hold(55, warm=60))
    assert "are void" in change.note


def test_a_change_for_good_removes_a_void_entry() -> None:
    change = present(desired(min_instances=5), app=app_definition(5), record=ANEW)
    assert (change.outcome, change.patch, change.ledger_after, change.changed) == ("changed", {}, None, True)
