# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""converge_exams: a calendar is made true, as often as it runs; a revert takes nothing, a pause changes nothing."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from integration.ansible_run import connection
from integration.capacity_site import LEDGER, CapacitySite, desired
from integration.exam_night import Duty, exam, move_back, report
from integration.module_run import module
from unit.loopback import Loopback, Say

JAVA = "java-17-latest"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


def tomorrow(name, *app_definitions):
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    return {**exam(name, *app_definitions), **times}


def converge(site, duty, *arguments, **variables):
    """The run, and what it wrote."""
    since = site.now()
    return duty.play("converge_exams", *arguments, **variables), site.writes(since)


def test_a_calendar_is_made_true_from_the_lead_to_the_end(site, tmp_path):
    duty, name = Duty(tmp_path, production=site.installation), site.definition(1)
    broken = {**tomorrow("broken"), "app_definitions": []}
    calendar = duty.calendar(exam("now", desired(name, warm=4)), tomorrow("later", desired(name, warm=6)), broken)

    metrics = {"exam_convergence_metrics_file": tmp_path / "converge.prom"}
    planned, writes = converge(site, duty, calendar, "--check", report_dir=str(tmp_path / "plans"), **metrics)
    assert writes == []
    folder = tmp_path / "plans" / "production"
    assert stat.S_IMODE((folder / "plan.json").stat().st_mode) == 0o600
    plan = json.loads((folder / "plan.json").read_text())
    steps = [(step["do"], step["exam"]) for step in plan["plan"]["steps"]]
    assert steps == [("declare", "now"), ("declare", "later"), ("warm", "now")]
    assert "- **warm** now: its lead began on" in (folder / "plan.md").read_text()

    paused, writes = converge(site, duty, calendar, pause=True, **metrics)
    assert (writes, report(paused)[0].split()[:2]) == ([], ["declare", "now:"])

    done, writes = converge(site, duty, calendar, **metrics)
    assert sorted(writes[:2]) == ["create configmaps theia-exam-later", "create configmaps theia-exam-now"]
    assert writes[-1] == f"patch appdefinitions {name}"
    assert site.bounds(name)[0] == 4
    # The broken entry keeps no other exam from its instances, and fails the run.
    for run in (planned, paused, done):
        assert run.code != 0
        assert "entry 3 (broken) of the calendar: app_definitions is empty" in run.output
    assert not metrics["exam_convergence_metrics_file"].exists()

    again, writes = converge(site, duty, calendar)
    assert (again.changed, writes) == (0, [])
    assert "Nothing else is to be done; what is wrong is said below." in report(again)[0]

    reverted, writes = converge(site, duty, duty.calendar(), **metrics)
    assert (reverted.good().changed, writes) == (1, ["update configmaps theia-exam-later"])
    success = 'theia_run_last_success_timestamp_seconds{installation="production",playbook="converge_exams"} '
    [line] = [
        line for line in metrics["exam_convergence_metrics_file"].read_text().splitlines() if line.startswith(success)
    ]
    assert 0 <= site.now().timestamp() - float(line.removeprefix(success)) < 300
    assert site.bounds(name)[0] == 4

    closed = {"name": "now", "state": "closed", "end_early_reason": "the test is over"}
    assert module("theia_exam", connection(site.installation, **closed))["changed"]
    ended, writes = converge(site, duty)
    assert writes[0] == f"update configmaps {LEDGER}"
    assert (ended.good().changed, site.bounds(name)[0]) == (1, 1)


def test_people_are_told_at_the_moments_that_concern_them(module_installation, tmp_path):
    site = CapacitySite(module_installation(app_definitions=[]))
    duty, late, over = Duty(tmp_path, production=site.installation), site.definition(1), site.definition(0)
    final, quiz = exam("final", desired(late, warm=3)), exam("quiz", desired(over, warm=1))
    # More than half of the lead is gone, and nobody waited for the instances.
    final["start"] = (datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)).isoformat()
    with Loopback(lambda _seen: Say()) as receiver:
        people = duty.notices(receiver)
        converge(site, duty, duty.calendar(final, quiz), people)[0].good()
        assert [(seen.body["moment"], seen.body["exam"]) for seen in receiver.seen] == [("not_warm", "final")]
        receiver.seen.clear()

        site.launch("ada@x.org", over)
        site.patch(late, minInstances=1)
        move_back(site, "quiz", hours=4)
        converge(site, duty, duty.calendar(final), people)[0].good()
    told = [(seen.body["moment"], seen.body["exam"]) for seen in receiver.seen]
    assert told == [("drift", "final"), ("not_warm", "final"), ("draining", "quiz"), ("closed", "quiz")]
    assert not any("ada@x.org" in str(seen.body) for seen in receiver.seen)


def test_of_ten_installations_eight_are_converged_and_the_two_others_are_named(module_installation, tmp_path):
    sites = [CapacitySite(module_installation(running=[])) for _unused in range(9)]
    duty = Duty(tmp_path, **{f"site-{number}": site.installation for number, site in enumerate(sites)})
    inventory = json.loads(duty.inventory.read_text())
    hosts = inventory["theia_installations"]["hosts"]
    nobody = sites[8].lab.identity("nobody", namespace=sites[8].namespace)
    hosts["site-8"]["theia_connection"]["kubeconfig"] = str(nobody.kubeconfig)
    away = {"host": "https://127.0.0.1:9", "api_key": "secret", "namespace": "away"}
    duty.inventory.write_text(
        json.dumps(inventory | {"theia_installations": {"hosts": hosts | {"away": {"theia_connection": away}}}})
    )

    run = duty.play("converge_exams", duty.calendar(exam("final", desired(JAVA, warm=5))), "--forks", "10")
    assert run.code != 0
    assert [site.bounds(JAVA)[0] for site in sites] == [5] * 8 + [3]
    assert "8 of 10 installations without a problem" in run.output
    assert report(run) == ["The others, see above: site-8, away"]
    told = {task.host: task.msg for task in run.tasks if task.failed and "msg" in task.result}
    assert sorted(told) == ["away", "site-8"]
    assert "may not" in told["site-8"] or "not allowed" in told["site-8"]
