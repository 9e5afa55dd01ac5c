# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts against real admission and the real scheduler, on clusters made up from numbers.

``make verdict-proof`` plays all of them, ``make test`` a tenth.
"""

from __future__ import annotations

import os

import pytest

from integration.verdict_cases import Stage, make_case
from lab import ControlPlane

ALL = os.environ.get("VERDICT_PROOF") == "all"
BATCH = 20
ONE_TEMPLATE = range(1000, 1200 if ALL else 1014)
MIXED = range(2000, 2100 if ALL else 2006)


def batches(seeds):
    return [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]


def named(seeds):
    return f"{seeds[0]}-{seeds[-1]}"


@pytest.fixture(scope="module")
def stage():
    """A lab of its own: its nodes come and go."""
    with ControlPlane.start() as lab:
        yield Stage(lab)


@pytest.mark.parametrize("seeds", batches(ONE_TEMPLATE), ids=named)
def test_with_one_template_as_many_sessions_start_as_the_verdict_says(stage, seeds):
    outcomes = stage.play([make_case(seed) for seed in seeds])
    for outcome in outcomes:
        print(f"seed {outcome.case.seed}: {outcome.verdict.sessions} = {outcome.started}", end="; ")
        assert outcome.verdict.exact, outcome
    wrong = [str(outcome) for outcome in outcomes if outcome.verdict.sessions != outcome.started]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("seeds", batches(MIXED), ids=named)
def test_with_several_templates_at_least_as_many_start(stage, seeds):
    outcomes = stage.play([make_case(seed, kinds=2 + seed % 2) for seed in seeds])
    for outcome in outcomes:
        print(f"seed {outcome.case.seed}: {outcome.verdict.sessions} <= {outcome.started}", end="; ")
    wrong = [str(outcome) for outcome in outcomes if outcome.verdict.sessions > outcome.started or too_far(outcome)]
    assert not wrong, "\n".join(wrong)


def too_far(outcome):
    """Whether the sessions beyond the verdict are more than one of the largest pods on each node would have held.

    Of at least one resource, or of the number of pods: what binds differs from case to case.
    """
    if outcome.started == outcome.verdict.sessions:
        return False
    resources = {name for needs in outcome.started_needs for name in needs}

    def beyond(resource):
        sizes = sorted((needs.get(resource, 0) for needs in outcome.arrivals), reverse=True)
        sure = sum(sizes[: outcome.verdict.sessions])
        started = sum(needs.get(resource, 0) for needs in outcome.started_needs)
        return started - sure > outcome.nodes * sizes[0]

    return outcome.started - outcome.verdict.sessions > outcome.nodes and all(map(beyond, resources))
