# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool is raised in one patch. The same in steps, with kubectl, is in lab/test_pool_hazards.py: 150 pod starts."""

from __future__ import annotations

import pytest

from integration.capacity_site import CapacitySite, desired


@pytest.fixture
def site(installation):
    return CapacitySite(installation(app_definitions=[], running=["operator"]))


def test_a_raise_from_3_to_50_is_one_patch_and_50_pod_starts(site):
    name = site.definition(3)
    site.installation.wait_warm(name, 3)
    since = site.now()
    result = site.set(desired(name, min_instances=50), wait=True)
    assert [patch["spec"] for patch in site.patches(since)] == [{"minInstances": 50}]
    assert site.pod_starts(since) == 50
    [done] = result["app_definitions"]
    assert done["pods"].pop("cold_seconds") > 0
    assert done["pods"] == {"starts": 47, "rebuilds": 3, "removes": 0, "warm_lost": 3}
    assert done["pool"]["warm"] == 50
