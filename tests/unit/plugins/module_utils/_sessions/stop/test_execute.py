# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workers know when readings that overlap come back in another order than they began."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.reading import Reading
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from ansible_collections.eduide.theia.plugins.module_utils._sessions.filter import Selection
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop import execute as stop_execute
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.plan import Request, Terms
from unit.session_world import World


@pytest.fixture
def work():
    world = World()
    world.app_definition()
    world.running("s1")
    order = stop_execute.Order(
        request=Request(selection=Selection(names=frozenset({"s1"}))),
        terms=Terms(),
        thresholds=Thresholds(),
        installation=Installation("operator-deployment", "theia-cloud-operator-leaders"),
        concurrency=1,
        max_failures=None,
        run="",
    )
    gateway = world.gateway()
    return stop_execute._Work(gateway, order, stop_execute.read_and_plan(gateway, order), stop_execute.delete(gateway))


def test_of_two_readings_the_one_that_began_later_counts_for_each_list(work):
    before = work.view.sources
    work._take(Reading({"pods": []}, begun=2.0))
    work._take(Reading({"pods": before.pods, "services": []}, begun=1.0))
    assert (work.view.sources.pods, work.view.sources.services) == ([], [])
    work._take(Reading({"pods": before.pods}, begun=3.0))
    assert work.view.sources.pods == before.pods
    assert work.view.sources.deployments == before.deployments


def test_what_was_taken_is_what_is_judged_by(work):
    [row] = work.view.sources.sessions
    assert work._index.parts(row).pod is not None
    work._take(Reading({"pods": []}, begun=1.0))
    assert work._index.parts(row).pod is None
