# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rehearse_exam: a wave of students through the service, its figures, and nothing that is left of it."""

from __future__ import annotations

import json
import os

import pytest

from integration.exam_night import Duty, report
from integration.lab.operator_site import eventually
from integration.session_site import SessionSite

# `make rehearsal-proof` has 300.
STUDENTS = int(os.environ.get("EDUIDE_STUDENTS", "12"))
WARM = STUDENTS // 3
KINDS = ("sessions", "workspaces", "deployments", "services", "configmaps", "pods")


@pytest.fixture(scope="module")
def site(module_installation):
    return SessionSite(module_installation(app_definitions=[], keycloak=False))


def objects(site):
    """What there is by kind; pods of instances that were given back have new names."""
    return {kind: len(site.installation.items(kind)) for kind in KINDS}


def test_a_wave_is_measured_and_nothing_of_it_is_left(site, tmp_path):
    # What completes an instance differs without Keycloak; that they are warm is waited for.
    name = site.definition(WARM, wait=False, maxInstances=10 * STUDENTS)
    site.installation.wait_warm(name, WARM)
    duty = Duty(tmp_path, staging=site.installation)
    refused = duty.play("rehearse_exam", app_definition=name)
    assert refused.code != 0
    assert "allow_rehearsal=true in the inventory" in refused.output

    before = objects(site)
    inventory = json.loads(duty.inventory.read_text())
    inventory["theia_installations"]["vars"] = {"allow_rehearsal": True}
    duty.inventory.write_text(json.dumps(inventory))
    run = duty.play(
        "rehearse_exam", app_definition=name, users=STUDENTS, over_seconds=STUDENTS // 3, curve="1,3"
    ).good()
    done = run.only("theia_rehearsal").result
    figures, launches = done["figures"], done["launches"]
    assert (figures["users"], figures["succeeded"], figures["failures"]) == (STUDENTS, STUDENTS, {})
    print(figures)
    # Some instances were there before anybody came; the others got none.
    starts = {start: each["count"] for start, each in figures["starts"].items()}
    assert starts == {"warm": WARM, "lazy": STUDENTS - WARM}
    assert all(launch["seconds"] > 0 for launch in launches)
    assert figures["p50_seconds"] <= figures["p95_seconds"] <= figures["slowest_seconds"]
    all_of_them = f"{STUDENTS} of {STUDENTS} students"
    assert report(run)[0].startswith((f"kept: {all_of_them} got a URL", f"not kept: {all_of_them}"))
    assert report(run)[-1] == "everything is removed: no session, claim or dirty instance of it is left"
    eventually("what was there before is there, and nothing else", lambda: objects(site) == before)
