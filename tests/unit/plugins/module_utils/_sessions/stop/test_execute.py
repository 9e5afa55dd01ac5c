# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workers that stop sessions side by side know of each other's readings."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from ansible_collections.eduide.theia.plugins.module_utils._safety.execution import Pace
from ansible_collections.eduide.theia.plugins.module_utils._safety.guard import deleter
from ansible_collections.eduide.theia.plugins.module_utils._safety.targets import Request
from ansible_collections.eduide.theia.plugins.module_utils._sessions.facts import Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.filter import Selection
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop import execute as stop_execute
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.job import StopJob
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.plan import StopTerms
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.prepare import read_and_plan_stop
from unit.session_world import World


@pytest.fixture
def work():
    world = World()
    world.app_definition()
    world.running("s1")
    job = StopJob(
        request=Request(Selection(names=frozenset({"s1"}))),
        terms=StopTerms(),
        thresholds=Thresholds(),
        installation=Installation("operator-deployment", "theia-cloud-operator-leaders"),
        pace=Pace(concurrency=1, max_failures=None),
        run="",
    )
    gateway = world.gateway()
    planned = read_and_plan_stop(gateway, job)
    return gateway, planned, stop_execute._Stopping(gateway, job, planned, deleter(gateway, kinds.SESSION))


def test_what_one_worker_reads_anew_is_what_all_of_them_judge_by(work):
    gateway, planned, stopping = work
    [row], [item] = planned.view.sources.sessions, planned.plan.items
    assert stopping._assess(row, item, changed=False)[0].assessed.record["pod"] is not None
    (pod,) = gateway.list(kinds.POD)
    gateway.remove(kinds.POD, pod["metadata"]["name"])
    assert stopping._assess(row, item, changed=False)[0].assessed.record["pod"] is not None
    assert stopping._assess(row, item, changed=True)[0].assessed.record["pod"] is None
    assert stopping._assess(row, item, changed=False)[0].assessed.record["pod"] is None
    assert stopping.view.sources.pods == []
