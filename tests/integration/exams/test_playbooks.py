# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pre_exam and post_exam: from one line of variables or a calendar, twice, in check mode, overlapping, draining."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime

import pytest

from integration.ansible_run import ROOT
from integration.capacity_site import LEDGER, CapacitySite, desired
from integration.exam_night import EARLY, TONIGHT, Duty, command, exam, move_back, report
from lab import chart
from unit.loopback import Loopback, Say


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


@pytest.fixture
def duty(site, tmp_path):
    return Duty(tmp_path, production=site.installation)


@pytest.mark.both
def test_one_line_warms_and_one_line_brings_back(site, duty):
    name = site.definition(1)
    line = {"app_definition": name, "warm": 4, **TONIGHT}
    metrics, since = duty.folder / "pre-exam.prom", site.now()
    run = duty.play("pre_exam", exam_warmup_metrics_file=metrics, **line).good()
    # The record of the exam first, then the ledger, then the one change.
    record, _ledger, change = site.writes(since)
    assert (record, change) == ("create configmaps theia-exam-adhoc", f"patch appdefinitions {name}")
    assert run.of("theia_capacity")[-1].result["app_definitions"][0]["pool"]["warm"] == 4
    assert (site.bounds(name)[0], [*site.ledger()[name]["holds"]]) == (4, ["adhoc"])
    assert any(line.startswith(name) and "min 1 -> 4" in line and "warm after" in line for line in report(run))
    assert re.match(r"Afterwards, from .+ on: ansible-playbook ", report(run)[-1])
    afterwards = command(report(run)[-1])
    seconds = run.of("theia_capacity")[-1].result["app_definitions"][0]["seconds_to_warm"]
    sample = (
        f'theia_exam_warmup_seconds{{installation="production",app_definition="{name}",exam="adhoc"}} {seconds:.15g}'
    )
    assert sample in metrics.read_text().splitlines()

    since = site.now()
    again = duty.play("pre_exam", **line).good()
    assert again.changed == 0
    assert site.writes(since) == []

    move_back(site, "adhoc", days=2)
    assert re.search(rf"\b{name} +min 4 -> 1", duty.paste(afterwards))
    assert (site.bounds(name)[0], name in site.ledger()) == (1, False)

    since = site.now()
    assert duty.play("post_exam", exam="adhoc").good().changed == 0
    assert site.writes(since) == []


def test_more_students_than_get_a_session_are_told_before_any_change(site, duty):
    name = site.definition(1, maxInstances=40)
    line = {"exam": "crowded", "app_definition": name, "warm": 4, "participants": 60, **TONIGHT}
    since = site.now()
    for arguments in (["--check"], []):
        run = duty.play("pre_exam", *arguments, **line)
        assert run.code != 0
        for words in (
            f"{name}: at least 40 more students get a session, 1 of them at once on a warm instance; 60 are expected",
            f"raise max_instances of {name} to 60",
            "accept=verdict",
            "Nothing was changed.",
        ):
            assert words in run.output.replace("\n", " ")
    assert site.writes(since) == []
    run = duty.play("pre_exam", accept="verdict", **line).good()
    told = f"{name}: at least 40 more students, 1 on a warm instance; max_instances=40"
    assert report(run)[0] == f"verdict before the change: {told}"
    assert site.bounds(name)[0] == 4


def test_check_mode_goes_through_a_whole_night_and_touches_nothing(site, duty):
    first, second = site.definition(0), site.definition(2)
    asked = [desired(first, warm=2), desired(second, warm=3, max_instances=1200)]
    planned = exam("checked-exam", *asked)
    calendar = duty.calendar(planned)
    since = site.now()
    foretold = duty.play("pre_exam", calendar, "--check", "--diff", exam="checked-exam").good()
    assert site.writes(since) == []
    assert "this would be done" in foretold.output
    assert f"+++ after: {second}" in foretold.output
    assert '+    "max_instances": 1200,' in foretold.output

    real = duty.play("pre_exam", calendar, "--diff", exam="checked-exam").good()
    told, done = (run.of("theia_capacity")[-1].result["app_definitions"] for run in (foretold, real))
    for field in ("before", "after", "pods", "ledger"):
        assert [item[field] for item in told] == [item[field] for item in done]
    ends = datetime.fromisoformat(site.ledger()[first]["holds"]["checked-exam"]["until"])
    assert ends == datetime.fromisoformat(planned["end"])

    since = site.now()
    foretold = duty.play("post_exam", "--check", "--diff", exam="checked-exam", **EARLY).good()
    assert site.writes(since) == []
    duty.play("post_exam", exam="checked-exam", **EARLY).good()
    assert foretold.changed == 2
    assert (site.bounds(first), site.bounds(second)) == ((0, 1000), (2, 1000))


def test_two_exams_on_one_app_definition_add_up_and_the_last_one_ends_it(site, duty):
    name = site.definition(1)
    calendar = duty.calendar(exam("morning", desired(name, warm=3)), exam("noon", desired(name, warm=2)))
    duty.play("pre_exam", calendar, exam="morning").good()
    duty.play("pre_exam", calendar, exam="noon").good()
    assert site.bounds(name)[0] == 5

    since = site.now()
    still_held = duty.play("post_exam", calendar, exam="morning", **EARLY).good()
    assert site.writes(since) == [f"update configmaps {LEDGER}", "update configmaps theia-exam-morning"]
    mistyped = duty.play("post_exam", calendar, exam="nooon")
    assert mistyped.code != 0
    assert "noon is the nearest name" in mistyped.output
    assert any("held by noon" in line for line in report(still_held))
    assert site.bounds(name)[0] == 5

    for blank in ("", " ", None):
        unnamed = duty.play("post_exam", calendar, "-e", json.dumps({"exam": blank, "app_definition": blank}))
        assert "It is not known which exam is over." in unnamed.output
        assert (site.bounds(name)[0], site.ledger()[name]["holds"]["noon"]["ended"]) == (5, False)

    ended = duty.play("post_exam", calendar, exam="noon", **EARLY).good()
    assert any("min 5 -> 1" in line for line in report(ended))
    assert site.bounds(name)[0] == 1


def test_students_who_are_still_in_are_named_and_waited_out(site, duty):
    name = site.definition(1)
    line = {"app_definition": name, "exam": "long-exam"}
    with Loopback(lambda _seen: Say()) as receiver:
        people = duty.notices(receiver)
        duty.play("pre_exam", people, **line, **TONIGHT, warm=3).good()
        sessions = {user: site.launch(user, name) for user in ("ada@x.org", "ben@x.org", "eve@x.org")}

        since = site.now()
        run = duty.play("post_exam", people, **line, **EARLY).good()
    assert [seen.body["moment"] for seen in receiver.seen] == ["warm", "closed", "draining"]
    assert {seen.body["exam"] for seen in receiver.seen} == {"long-exam"}
    assert not any(user in str(seen.body) for seen in receiver.seen for user in sessions)
    assert site.patches(since) == []
    last = report(run)[-1]
    assert "ben@x.org, eve@x.org" in last
    assert "ada@x.org" not in last

    for user in ("ben@x.org", "eve@x.org"):
        site.leave(user, sessions[user])
    printed = duty.paste(command(last))
    assert (site.bounds(name)[0], name in site.ledger()) == (1, False)
    assert f"{name} min 3 -> 1" in " ".join(printed.split())
    site.gone(name, 3)
    assert site.pool(name)["ownerless"] == []
    assert site.session(sessions["ada@x.org"])["status"]["operatorStatus"] == "HANDLED"


def test_a_wait_in_vain_fails_with_the_two_ways_on(site, duty):
    name = site.definition(0, image="registry.lab.invalid/eduide/ide:missing")
    line = {"app_definition": name, "exam": "vain-exam"}
    with Loopback(lambda _seen: Say()) as receiver:
        people = duty.notices(receiver)
        run = duty.play("pre_exam", people, **line, **TONIGHT, warm=1, exam_warmup_wait_timeout_seconds=1)
    assert run.code != 0
    assert [(seen.body["moment"], seen.body["exam"]) for seen in receiver.seen] == [("not_warm", "vain-exam")]
    assert f"{name} has 0 warm and 1 cold instances" in run.output
    last = run.tasks[-1]
    assert last.failed
    [retry, undo] = re.findall(r"(?<=: )ansible-playbook .*?'{.*?}'", last.msg)
    *start, variables = shlex.split(retry)
    playbooks = ROOT / "playbooks"
    assert start == [
        *("ansible-playbook", f"{playbooks / 'pre_exam.yml'}"),
        *("-i", f"{duty.inventory}", "-e", people.removeprefix("-e"), "--limit", "production", "-e"),
    ]
    # The exam is on record by now, so its name says everything.
    assert json.loads(variables) == {"exam": "vain-exam"}
    assert site.bounds(name)[0] == 1
    site.patch(name, image=chart.app_definition(name)["spec"]["image"])
    duty.paste(retry)
    assert site.pool(name)["warm"] == 1
    duty.paste(undo)
    assert site.bounds(name)[0] == 0


def test_what_somebody_else_changed_is_left_until_it_is_said_what_to_do(site, duty):
    name = site.definition(1)
    line = {"app_definition": name, "exam": "foreign-exam"}
    duty.play("pre_exam", **line, **TONIGHT, warm=2).good()
    site.patch(name, minInstances=4)
    seen = duty.play("status")
    assert seen.code == 2
    (lost,) = [line for line in report(seen) if "foreign-exam needs" in line]
    assert lost.startswith(f"warning: {name}: foreign-exam needs min_instances 2, and it is 4, set by ")
    run = duty.play("post_exam", **line, **EARLY)
    assert run.code != 0
    assert "min_instances=4" in run.output
    assert site.bounds(name)[0] == 4
    duty.play("post_exam", **line, **EARLY, drift="overwrite").good()
    assert (site.bounds(name)[0], name in site.ledger()) == (1, False)
