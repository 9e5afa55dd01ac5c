# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a status takes grows as the installation does: no object is compared with every other one."""

from __future__ import annotations

import cProfile
import pstats

from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from ansible_collections.eduide.theia.plugins.module_utils._platform.snapshot import read_led
from ansible_collections.eduide.theia.plugins.module_utils._sessions.summary import describe_troubled
from ansible_collections.eduide.theia.plugins.module_utils._status.capacity import describe_bounds
from ansible_collections.eduide.theia.plugins.module_utils._status.view import PARTS, REQUIRED, views_of
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.summary import describe
from unit.session_world import World

FEW, MANY = 250, 1000
INSTALLATION = Installation("operator-deployment", "theia-cloud-operator-leaders")


def installation(count):
    """As many sessions on instances, all of them halves, as with pods of their own; a fifth of these is in trouble."""
    world = World()
    app = world.app_definition(minInstances=count)
    for number in range(count):
        world.eager(f"eager-{number}", app, number + 1, user=f"e{number}@tum.de")
        pod = {"ready": False, "waiting": "CrashLoopBackOff"} if number % 5 == 0 else {}
        world.running(f"lazy-{number}", user=f"l{number}@tum.de", pod=pod)
        world.workspace(f"ws-{number}", claim=f"claim-{number}", user=f"l{number}@tum.de")
    return world


def calls(count):
    """How many functions are called to describe so many sessions, once they are read."""
    gateway = installation(count).gateway()
    snapshot = read_led(gateway, INSTALLATION, PARTS, REQUIRED)
    profile = cProfile.Profile()
    with profile:
        views = views_of(snapshot)
        describe_bounds(gateway, INSTALLATION, snapshot, views.capacity)
        describe_troubled(views.sessions)
        describe(views.workspaces, limit=0)
    return pstats.Stats(profile).total_calls


def test_four_times_as_many_sessions_take_four_times_as_many_steps():
    assert calls(MANY) <= 4.4 * calls(FEW)
