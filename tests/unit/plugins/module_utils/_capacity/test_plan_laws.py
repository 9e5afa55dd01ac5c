# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Laws of capacity under any order of exams, students, other people and killed runs."""

from __future__ import annotations

import contextlib
import typing as t

from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import Entry, Hold, Values
from ansible_collections.eduide.theia.plugins.module_utils._capacity.plan import (
    Change,
    Desired,
    Refused,
    plan_baseline,
    plan_present,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.pool import Pool
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import AppDefinitionRow
from unit.capacity_world import UID, World, app_definition, desired, pool_of, terms

Drift: t.TypeAlias = "t.Literal['overwrite', 'adopt'] | None"

NOW = "2027-02-11T10:20:00Z"
EXAMS = st.sampled_from(["eist", "pgdp", "rust"])
DRIFT = st.sampled_from([None, "overwrite", "adopt"])
LIMITS = {"max_instances": st.integers(0, 300), "timeout_minutes": st.integers(0, 2000)}
WARM = st.builds(desired, st.integers(0, 40))
DESIRED = (
    WARM
    | st.builds(
        lambda warm, limits: desired(warm, **limits), st.integers(0, 40), st.fixed_dictionaries({}, optional=LIMITS)
    )
    | st.builds(
        lambda values: desired(None, **values),
        st.fixed_dictionaries({"min_instances": st.integers(0, 60)}, optional=LIMITS),
    )
    | st.builds(lambda limits: desired(None, **limits), st.fixed_dictionaries(LIMITS))
)
# Most runs end as they should; the others are killed before their first, second or third write.
STEPS = st.sampled_from([3, 3, 3, 0, 1, 2])
IDS = st.frozensets(st.integers(1, 60), max_size=10)
VALUES = st.fixed_dictionaries({}, optional={"min_instances": st.integers(0, 60), **LIMITS})
HOLDS = st.builds(
    lambda asked, add, ended: Hold(asked.asked, add, None, ended), DESIRED, st.integers(0, 30), st.booleans()
)
ENTRIES = st.none() | st.builds(
    lambda uid, baseline, holds, written: Entry(uid, baseline, holds, tuple(written), None),
    st.sampled_from([UID, "another-uid"]),
    VALUES,
    st.dictionaries(EXAMS, HOLDS, min_size=1),
    st.lists(VALUES, max_size=2),
)
APPS = st.builds(app_definition, st.integers(0, 60), st.none() | st.integers(60, 300), st.none() | st.integers(0, 2000))
POOLS = st.builds(pool_of, claimed=IDS, free=IDS, foreign=IDS)


@given(
    app=APPS,
    pool=POOLS,
    record=ENTRIES,
    asked=DESIRED | st.none(),
    hold=EXAMS | st.none(),
    drift=DRIFT,
    eager=st.booleans(),
)
@settings(max_examples=4 * settings.default.max_examples)
def test_no_plan_lowers_the_bound_below_a_claim(
    app: AppDefinitionRow,
    pool: Pool,
    record: Entry | None,
    asked: Desired | None,
    hold: str | None,
    drift: Drift,
    eager: bool,
) -> None:
    stated = terms(hold, drift=drift)
    try:
        if asked is None:
            change = plan_baseline(app, pool, record, stated, now=NOW)
        else:
            change = plan_present(app, pool, record, asked, stated, now=NOW, eager=eager)
    except Refused:
        return
    before, after = app.values["min_instances"] or 0, change.after["min_instances"] or 0
    assert after >= before or after >= pool.highest_claimed_id
    assert (change.outcome == "draining") == bool(change.draining)
    assert all(change.app_definition.values[field] != value for field, value in change.patch.items())


@given(warm=st.integers(0, 40), pool=POOLS, live=st.integers(0, 60), hold=EXAMS | st.none())
def test_warm_leaves_enough_free_instances(warm: int, pool: Pool, live: int, hold: str | None) -> None:
    change = plan_present(app_definition(live), pool, None, desired(warm), terms(hold), now=NOW, eager=True)
    usable = set(range(1, (change.after["min_instances"] or 0) + 1)) - pool.blocked_ids
    assert len(usable) >= warm
    assert (
        "min_instances" not in change.patch
        or len(usable) == warm
        or pool.highest_claimed_id == change.after["min_instances"]
    )


class ExamNights(RuleBasedStateMachine):
    """Exams begin and end, students come and go, others interfere, and any run may be killed between two writes."""

    @initialize(
        minimum=st.integers(0, 10), maximum=st.sampled_from([60, 250]), timeout=st.sampled_from([None, 0, 1440])
    )
    def begin(self, minimum: int, maximum: int, timeout: int | None) -> None:
        self.world = World(min_instances=minimum, max_instances=maximum, timeout_minutes=timeout)
        self.home = dict(self.world.values)
        """What the values must be when all exams are over."""
        self.drift: Values = {}
        """Values that others wrote over ours and nobody has settled yet."""
        self.anew = 0

    # --- what the person on duty does

    @rule(asked=WARM | DESIRED, exam=EXAMS, drift=DRIFT, steps=STEPS, rerun=st.booleans())
    def an_exam_begins(self, asked: Desired, exam: str, drift: Drift, steps: int, rerun: bool) -> None:
        self.run(lambda world: self.present(world, asked, exam, drift), drift, steps, rerun)

    @rule(exam=EXAMS | st.none(), drift=DRIFT, steps=STEPS, rerun=st.booleans())
    def an_exam_ends_or_all_do(self, exam: str | None, drift: Drift, steps: int, rerun: bool) -> None:
        self.run(lambda world: self.baseline(world, exam, drift), drift, steps, rerun)

    @rule(asked=DESIRED, steps=STEPS, rerun=st.booleans())
    def values_are_set_for_good(self, asked: Desired, steps: int, rerun: bool) -> None:
        self.run(lambda world: self.present(world, asked, None, None), None, steps, rerun)
        if self.world.held is None:
            self.home = dict(self.world.values)

    # --- what happens around it

    @rule(number=st.integers(1, 60))
    def students_come(self, number: int) -> None:
        self.world.students_come(number)

    @rule(number=st.integers(1, 40), first_come=st.booleans())
    def students_leave(self, number: int, first_come: bool) -> None:
        self.world.students_leave(sorted(self.world.claimed, reverse=not first_come)[:number])

    @rule(
        asked=WARM, exam=EXAMS, number=st.integers(1, 60), leaving=st.integers(0, 60), steps=STEPS, rerun=st.booleans()
    )
    def an_exam_ends_while_some_are_still_in(
        self, asked: Desired, exam: str, number: int, leaving: int, steps: int, rerun: bool
    ) -> None:
        self.an_exam_begins(asked, exam, None, 3, rerun=False)
        self.students_come(number)
        self.students_leave(leaving, first_come=True)
        self.an_exam_ends_or_all_do(None, None, steps, rerun)

    @rule(
        field=st.sampled_from(["min_instances", "max_instances", "timeout_minutes"]),
        value=st.integers(0, 60),
        over=st.booleans(),
    )
    def somebody_else_changes_a_value(self, field: str, value: int, over: bool) -> None:
        record = self.world.held
        if record and record.baseline and over:
            field = min(record.baseline)
        ours = {values.get(field) for values in (record.baseline, *record.written)} if record else set()
        value += 200 if field == "max_instances" else 0
        while value in ours:
            value += 1
        with contextlib.suppress(AssertionError):
            self.world.change({field: value})
            if record and field in record.baseline:
                event(f"drift {field}")
                self.drift[field] = value
            else:
                self.home[field] = value

    @precondition(lambda self: self.anew < 2)
    @rule(minimum=st.integers(0, 10))
    def the_app_definition_is_created_anew(self, minimum: int) -> None:
        self.anew += 1
        self.world.recreate(f"uid-{self.anew}", min_instances=minimum, max_instances=250)
        self.home, self.drift = dict(self.world.values), {}

    # --- carrying out

    def present(self, world: World, asked: Desired, exam: str | None, drift: Drift) -> Change:
        return plan_present(world.app, world.pool, world.entry, asked, terms(exam, drift=drift), now=NOW, eager=True)

    def baseline(self, world: World, exam: str | None, drift: Drift) -> Change:
        return plan_baseline(world.app, world.pool, world.entry, terms(exam, drift=drift), now=NOW)

    def run(self, plan: t.Callable[[World], Change], drift: Drift, steps: int, rerun: bool) -> None:
        """Plan and carry out; a run that was killed, and started again, must end where an unharmed one does."""
        before, strangers = dict(self.world.values), set(self.world.strangers)
        try:
            change = plan(self.world)
        except Refused:
            event("refused")
            return
        event(f"{change.outcome}, {steps} steps")
        unharmed = self.world.copy()
        unharmed.carry_out(change)
        self.world.carry_out(change, steps)
        if steps < 3 and rerun:
            self.world.carry_out(plan(self.world))
            assert self.world.place == unharmed.place
            assert self.world.patches == unharmed.patches
        assert self.world.strangers == strangers
        if steps == 3 or rerun:
            assert not plan(self.world).changed
        self.settle(before, drift)

    def settle(self, before: Values, option: Drift) -> None:
        """Drift values are untouched without the option; with it they are settled, or were not reached."""
        record = self.world.held
        for field, value in list(self.drift.items()):
            if option is None:
                assert self.world.values[field] == before[field] == value
            elif record is None or record.is_ours(field, self.world.values[field]):
                del self.drift[field]
                if option == "adopt":
                    self.home[field] = record.baseline[field] if record else self.world.values[field]

    # --- what must always be true

    @invariant()
    def the_ledger_knows_the_way_home(self) -> None:
        record = self.world.held
        if record:
            assert {field: self.home[field] for field in record.baseline} == record.baseline
        else:
            assert self.world.values == self.home

    def teardown(self) -> None:
        """When everybody has left and every exam has ended, everything is as it was and the ledger is empty."""
        if not hasattr(self, "world"):
            return
        self.world.students_leave(set(self.world.claimed))
        change = self.baseline(self.world, None, "overwrite")
        if change.outcome == "failed":
            # The platform allows no minimum above the maximum: whoever set it has to take it back first.
            assert (self.home["min_instances"] or 0) > (self.home["max_instances"] or 0)
            self.home["min_instances"] = self.home["max_instances"]
            self.world.change({"min_instances": self.home["min_instances"]})
            change = self.baseline(self.world, None, "overwrite")
        self.world.carry_out(change)
        assert self.world.values == self.home
        assert self.world.entry is None
        assert not self.baseline(self.world, None, None).changed


ExamNights.TestCase.settings = settings(stateful_step_count=30)
TestExamNights = ExamNights.TestCase
