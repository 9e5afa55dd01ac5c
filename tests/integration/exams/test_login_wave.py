# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Students log in all at once: after pre_exam, and right after somebody has changed a warm pool with kubectl."""

from __future__ import annotations

import collections
import time

import pytest

from integration.capacity_site import CapacitySite
from integration.exam_night import TONIGHT, Duty
from lab import world


@pytest.fixture(scope="module")
def site(module_installation):
    # Who claims an instance that is just being rebuilt waits for nothing, and need not do so for a minute here.
    return CapacitySite(module_installation(app_definitions=[], gateway_timeout_seconds=15))


def outcomes(site, name, students):
    users = [f"student-{number}@example.org" for number in range(students)]
    return collections.Counter(login.outcome for login in world.login_wave(site.installation, users, name))


def test_after_pre_exam_everybody_finds_a_warm_instance(site, tmp_path):
    name = site.definition(3)
    duty = Duty(tmp_path, production=site.installation)
    duty.play("pre_exam", exam="wave", app_definition=name, warm=24, **TONIGHT).good()
    assert outcomes(site, name, 24) == {"warm": 24}


def test_after_a_plain_patch_a_pool_that_was_warm_has_cold_instances(site):
    name = site.definition(20)
    site.installation.wait_warm(name, 20)
    site.patch(name, maxInstances=500)
    # Two seconds in lab time. The fresh pods take 5 to 40 of those.
    time.sleep(2 * site.lab.options.ready_scale)
    assert outcomes(site, name, 20)["cold"] > 0
