# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 3 on both operators: a change while students are in, ours beside a plain patch.

`STUDENTS` says how many are in (`make lockout-proof`: 40).
"""

from __future__ import annotations

import os

import pytest

from integration.capacity_site import CapacitySite, desired, mender

STUDENTS = int(os.environ.get("EDUIDE_STUDENTS", "5"))


@pytest.fixture(scope="module", params=["april", "current"])
def seated(request, module_installation):
    """An app definition all of whose instances are claimed."""
    site = CapacitySite(module_installation(operator=request.param, app_definitions=[]))
    name = site.definition(STUDENTS)
    site.known(name)
    sessions = [site.create_session(name, f"s{number}@x.org") for number in range(STUDENTS)]
    for session in sessions:
        site.reaches(session, "HANDLED")
    assert refused(site, name) == []
    return request.param, site, name


def refused(site, name):
    """The claimed instances that refuse their user."""
    return [number for number in range(1, STUDENTS + 1) if site.instance(name, number).address is None]


def test_after_our_change_nobody_is_locked_out(seated):
    operator, site, name = seated
    [item] = site.set(desired(name, max_instances=400), lockout="repair")["app_definitions"]
    assert item["outcome"] == "changed", item["note"]
    gaps = {gap["instance_id"]: (gap["gap_seconds"], gap["filled_by"]) for gap in item["lockouts"]}
    print(f"\n{operator}: {len(gaps)} of {STUDENTS}, seconds and by whom: {gaps}")
    assert sorted(gaps) == [*range(1, STUDENTS + 1)]
    assert {gap["outcome"] for gap in item["lockouts"]} <= {"restored", "kept"}
    assert refused(site, name) == []


def test_after_a_plain_patch_aprils_operator_locks_all_of_them_out_until_repair(seated):
    operator, site, name = seated
    site.patch(name, maxInstances=300)
    site.settled()
    locked = refused(site, name)
    print(f"\n{operator}: a plain patch locks {len(locked)} of {STUDENTS} out")
    assert locked == ([*range(1, STUDENTS + 1)] if operator == "april" else [])
    account = {"kubeconfig": str(mender(site.lab, site.namespace).kubeconfig)}
    result = site.set(desired(name), repair=["address_lists"], **account)
    assert result.get("failed") is None, result["msg"]
    assert {each["instance_id"] for each in result["repairs"]} == set(locked)
    assert refused(site, name) == []
