# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once against a real API server, on luck; that every order ends well is shown by `test_two_runs.py`.

`make races-proof` has 50 pairs.
"""

from __future__ import annotations

import collections
import json
import os

import pytest

from integration.capacity_site import CapacitySite, desired
from integration.module_run import process

PAIRS = int(os.environ.get("EDUIDE_PAIRS", "3"))
OLD, NEW = "old-exam", "new-exam"
BEGINS = {"hold": NEW, "warm": 4}
ENDS = {"hold": OLD, "state": "baseline"}


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[], running=[]))


def run(site, name, warm=None, **options):
    asked = desired(name) if warm is None else desired(name, warm=warm)
    return process("theia_capacity", site.options(app_definitions=[asked], wait=False, lockout="repair", **options))


def finished(running):
    return [json.loads(each.communicate()[0]) for each in running]


def test_an_exam_ends_while_another_one_begins(site, capsys):
    found = collections.Counter()
    for _pair in range(PAIRS):
        name = site.definition(0, wait=False)
        site.set(desired(name, warm=5), hold=OLD, wait=False)
        results = finished([run(site, name, **ENDS), run(site, name, **BEGINS)])
        failures = [result["msg"] for result in results if result.get("failed")]
        assert all("another client changed it" in text for text in failures), failures
        found["one failed" if failures else f"both good, bound {site.bounds(name)[0]}"] += 1
        if not failures:
            holds = site.ledger()[name]["holds"]
            assert [exam for exam, hold in holds.items() if not hold["ended"]] == [NEW]
            assert 4 <= site.bounds(name)[0] <= 9, "between what the two orders leave"
            assert site.bounds(name)[0] == sum(hold["add"] for hold in holds.values())
        for exam in (OLD, NEW):
            site.set(desired(name), state="baseline", hold=exam)
        assert (site.bounds(name)[0], site.ledger().get(name)) == (0, None)
    with capsys.disabled():
        print(f" [{PAIRS} pairs: {dict(found)}]", end="")
