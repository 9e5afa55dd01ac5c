# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another client takes a bound back: the command that is printed brings it back, however the exam stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from integration.capacity_site import CapacitySite, desired
from integration.exam_night import Duty, command, report
from integration.module_run import module

BASELINE, HELD, THEIRS = 1, 3, 2


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


def held(site, exam, *, starts=None, closed=False):
    """An app definition that an exam holds, and another client has lowered; with a record if the exam has a start."""
    name = site.definition(BASELINE)
    if starts is not None:
        declare(site, exam, name, starts)
    site.set(desired(name, warm=HELD), hold=exam, wait=True)
    if closed:
        module("theia_exam", site.options(name=exam, state="closed", end_early_reason="alarm"))
    site.patch(name, minInstances=THEIRS)
    return name


def declare(site, exam, name, starts):
    start = datetime.now(UTC) + timedelta(minutes=starts)
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    record = {"name": exam, **times, "app_definitions": [desired(name, warm=HELD)]}
    module("theia_exam", site.options(**record))


def left(site, exam):
    """An app definition that last week's exam left to a student, who is gone, and another client has changed."""
    name = site.definition(0)
    site.set(desired(name, warm=1), hold=exam, wait=True)
    session = site.launch("ada@example.org", name)
    site.set(state="baseline", hold=exam)
    site.leave("ada@example.org", session)
    declare(site, exam, name, starts=7 * 24 * 60)
    site.patch(name, minInstances=THEIRS)
    return name


def test_what_is_printed_for_a_bound_that_was_taken_is_what_its_exam_takes(site, tmp_path):
    running, unrecorded = held(site, "running", starts=-5), held(site, "unrecorded")
    over, again = held(site, "over", starts=-5, closed=True), left(site, "again")
    duty = Duty(tmp_path, lab=site.installation)
    warnings = [line for line in report(duty.play("status")) if " min_instances " in line or " baseline" in line]
    printed = {name: next(command(line) for line in warnings if f" {name}" in line) for name in site.ledger()}
    card = module("theia_platform_info", site.options(checks=["ledger"]))["checks"]
    for name, line in printed.items():
        [run] = [check["run"] for check in card if check["evidence"].startswith(name)]
        assert line.endswith(f" -e '{json.dumps(run['variables'])}'")
        assert f"{run['playbook']}.yml" in line
    assert '"late": true' in printed[running]
    for name, bound in ((running, HELD), (unrecorded, HELD), (over, BASELINE), (again, 0)):
        duty.paste(printed[name])
        assert site.bounds(name)[0] == bound
    assert "/converge_exams.yml" in printed[again]
    assert [*site.ledger()] == sorted((running, unrecorded))
