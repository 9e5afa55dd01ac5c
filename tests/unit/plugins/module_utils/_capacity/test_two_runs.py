# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once end as if one had run after the other, in whatever order their requests arrive."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity import execute
from ansible_collections.eduide.theia.plugins.module_utils._capacity import ledger as capacity_ledger
from ansible_collections.eduide.theia.plugins.module_utils._capacity.care import Care
from ansible_collections.eduide.theia.plugins.module_utils._capacity.execute import run
from ansible_collections.eduide.theia.plugins.module_utils._capacity.job import Job
from ansible_collections.eduide.theia.plugins.module_utils._capacity.send import merge_patch
from ansible_collections.eduide.theia.plugins.module_utils._capacity.terms import Desired, HoldTerms
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CAPACITY_RECORD
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from unit.fakes import FakeGateway, app_definition
from unit.interleaving import Execution, one_after_the_other

INSTALLATION = Installation("operator-deployment", "theia-cloud-operator-leaders")
JAVA = "java"
CARE = Care("refuse", quiet_seconds=5, quiet_wait_seconds=120)


def pre(exam, warm):
    terms = HoldTerms(exam, None, "refuse", "kubernetes")
    return Job("present", (Desired(JAVA, warm, {}),), terms, CARE, INSTALLATION)


def post(exam):
    return Job("baseline", (), HoldTerms(exam, None, "refuse", "kubernetes"), CARE, INSTALLATION)


def carry_out(gateway, order):
    """Why the run gave up, if it did."""
    return run(gateway, merge_patch(gateway), order, check_mode=False).failures.get(JAVA)


def world(*earlier, **spec):
    """An installation in which these runs have been."""
    gateway = FakeGateway()
    container = {"name": "operator-container", "args": ["--eagerStart"]}
    spec_of_operator = {"template": {"spec": {"containers": [container]}}}
    gateway.put(kinds.DEPLOYMENT, {"metadata": {"name": INSTALLATION.operator_deployment}, "spec": spec_of_operator})
    gateway.put(kinds.APP_DEFINITION, app_definition(JAVA, **{"maxInstances": 100, **spec}))
    for order in earlier:
        assert carry_out(gateway, order) is None
    return gateway


class Place(t.NamedTuple):
    """Where runs have left things, without what depends on the order in which they counted."""

    bound: int
    maximum: int
    baseline: dict[str, int | None] | None
    held: dict[str, bool]
    """Exam to whether its hold has ended."""

    @property
    def open_holds(self) -> set[str]:
        return {exam for exam, ended in self.held.items() if not ended}


def place(gateway):
    live = gateway.get(kinds.APP_DEFINITION, JAVA)["spec"]
    ledger = capacity_ledger.read_ledger(gateway.get(kinds.CONFIG_MAP, CAPACITY_RECORD))
    entry = ledger.entries.get(JAVA)
    if entry is None:
        return Place(live["minInstances"], live["maxInstances"], None, {})
    free = sum(hold.asked.get("warm") or 0 for hold in entry.open_holds.values())
    assert live["minInstances"] == entry.desired().get("min_instances", live["minInstances"]), entry
    assert live["minInstances"] >= free, entry
    return Place(
        live["minInstances"], live["maxInstances"], entry.baseline, {e: h.ended for e, h in entry.holds.items()}
    )


def like_one_of(serial, found):
    """Everybody's desired holds: as after one of the orders, or with a bound between what the two orders leave."""
    bounds = [each.bound for each in serial]
    return min(bounds) <= found.bound <= max(bounds) and any(
        (found.maximum, found.baseline, found.open_holds) == (each.maximum, each.baseline, each.open_holds)
        for each in serial
    )


def end_all(gateway):
    for exam in ("old", "neu"):
        assert carry_out(gateway, post(exam)) is None


def look_at(serial, execution, told, *, opposite=False):
    story = "\n".join([*map(str, serial), *told])
    gave_up = [why for why in execution.outcomes if why is not None]
    assert opposite or not gave_up, f"{gave_up}\n{story}"
    assert all(why.startswith("another client changed it") for why in gave_up), gave_up
    if not gave_up:
        found = place(execution.gateway)
        assert like_one_of(serial, found), f"{found}\n{story}"
    end_all(execution.gateway)
    assert place(execution.gateway) == Place(0, 100, None, {}), story


def beginning(earlier, *orders):
    def begin():
        acts = [lambda gateway, order=order: carry_out(gateway, order) for order in orders]
        return Execution(world(*earlier), acts, written=(kinds.APP_DEFINITION, kinds.CONFIG_MAP))

    return begin, [place(one_after_the_other(begin, order).gateway) for order in ((0, 1), (1, 0))]


@pytest.mark.parametrize(
    ("earlier", "first", "second"),
    [
        pytest.param([pre("old", 5)], post("old"), pre("neu", 4), id="fewer-than-the-exam-that-ends"),
        pytest.param([pre("old", 5)], pre("old", 7), pre("neu", 4), id="one-asks-for-more-meanwhile"),
        pytest.param([pre("old", 5), pre("neu", 4)], post("old"), post("neu"), id="two-ends"),
        pytest.param([pre("old", 5)], post("old"), post("old"), id="the-same-end-twice"),
        pytest.param([], pre("old", 5), pre("neu", 4), id="two-beginnings"),
        pytest.param([], pre("old", 5), pre("old", 5), id="the-same-beginning-twice"),
    ],
)
def test_two_runs_end_like_one_after_the_other(earlier, first, second, explored):
    begin, serial = beginning(earlier, first, second)
    explored(begin, lambda execution, told: look_at(serial, execution, told))


def test_two_runs_that_want_the_opposite_may_give_up_but_leave_no_wreck(monkeypatch, explored):
    """They could go on for ever; the fewer times they try, the more of their endings can be looked at."""
    monkeypatch.setattr(execute, "ROUNDS", 2)
    begin, serial = beginning([pre("old", 5)], post("old"), pre("old", 5))
    explored(begin, lambda execution, told: look_at(serial, execution, told, opposite=True))
