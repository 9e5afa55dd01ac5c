# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the status playbook shows on the terminal and writes as a page."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.eduide.theia.plugins.plugin_utils._wrapping import wrapped
from integration.ansible_run import Run
from integration.capacity_site import CapacitySite, desired
from integration.exam_night import Duty, command, report
from integration.lab.operator_site import EMAILS

EXAM = "status-exam"


class Night(t.NamedTuple):
    """An installation with an exam, a student, and much that deserves attention; and what the playbook made of it."""

    site: CapacitySite
    duty: Duty
    held: str
    forgotten: str
    run: Run
    page: str
    metrics: str
    writes: list[str]


@pytest.fixture(scope="module")
def night(module_installation, tmp_path_factory):
    site = CapacitySite(module_installation(app_definitions=[], quota={"pods": "10"}))
    held, forgotten = site.definition(1, maxInstances=40), site.definition(0)
    site.set(desired(held, warm=3), hold=EXAM, wait=True)
    site.launch("ada@x.org", held)
    site.set(desired(forgotten, warm=2), hold="forgotten", wait=True)
    for user in ("eve@x.org", "fay@x.org"):
        site.launch(user, forgotten)
    site.set(state="baseline", hold="forgotten")
    for number in (1, 2):
        emails = site.instance(forgotten, number).emails["metadata"]["name"]
        site.kubectl("patch", "configmap", emails, "--type=merge", "-p", json.dumps({"data": None}))
    site.installation.operator.stop()
    folder = tmp_path_factory.mktemp("status")
    since = site.now()
    page = folder / "reports" / "production" / "status" / "report.html"
    metrics = folder / "theia.prom"
    said = {"report_dir": folder / "reports", "status_metrics_file": metrics, "status_rows": 1}
    duty = Duty(folder, production=site.installation)
    run = duty.play("status", **said).good()
    return Night(site, duty, held, forgotten, run, page.read_text(), metrics.read_text(), site.writes(since))


def row(lines, name):
    [line] = [line for line in lines if line.startswith(name)]
    return line.split()


def test_the_table_says_what_is_warm_and_who_holds_it(night):
    lines = report(night.run)
    heading = "app definition min max sessions instances claimed warm cold dirty held by"
    count = len(night.site.installation.items("appdefinitions"))
    assert [line.partition(":")[0] for line in lines[:count]] == ["verdict"] * count
    assert lines[count].startswith("verdicts are not exact: ")
    assert lines[count + 1].split() == heading.split()
    assert row(lines, night.held) == [night.held, "3", "40", "1", "3", "1", "2", "0", "0", EXAM]
    assert row(lines, night.forgotten)[1:8] == ["2", "1000", "2", "2", "2", "0", "0"]


def test_the_first_lines_say_how_many_more_students_get_a_session(night):
    first = next(line for line in report(night.run) if line.startswith(f"verdict: {night.held}: "))
    # Three pods of the operator's own programs and five of pools leave two of the ten that the quota allows.
    assert re.search(r": at least \d+ more students, 2 on a warm instance; quota quota pods$", first)


def test_the_table_is_printed_as_it_is(night):
    for line in wrapped(report(night.run), indent="  "):
        assert f"{line}\n" in night.run.output


def test_warnings_name_the_object_and_the_next_step(night):
    warnings = [line for line in report(night.run) if line.startswith("warning: ")]
    for words in (
        f"{night.forgotten} is not back at its baseline, and no exam holds it any more: ansible-playbook ",
        f"{night.forgotten}: 2 sessions refuse their user (403)",
        "no operator leads",
    ):
        assert any(words in warning for warning in warnings), warnings
    assert not any(night.held in warning for warning in warnings)


def test_who_is_in_trouble_is_shown_with_the_reason_and_the_next_step(night):
    lines = report(night.run)
    (heading,) = [line for line in lines if line.startswith("In need of attention")]
    rows = lines[lines.index(heading) + 1 :]
    (eve,) = [number for number, line in enumerate(rows) if "eve@x.org" in line]
    assert rows[eve + 1].split()[0] == "locked_out"
    # Only one row was asked for.
    assert rows[eve + 2] == "… and 1 more"
    assert not [line for line in rows if "ada@x.org" in line]
    first = lines[lines.index(next(line for line in lines if line.startswith("SESSION"))) + 1].split()[0]
    assert lines[-1].startswith("What to do about the first one: ansible-playbook ")
    assert lines[-1].endswith(f'-e \'{{"sessions": "{first}"}}\'')
    assert "eve@x.org" in night.page
    assert "fay@x.org" in night.page
    assert "locked_out" in night.page


def test_quotas_are_shown_with_their_share(night):
    [quota] = [line for line in report(night.run) if line.startswith("quota ")]
    used = len(night.site.installation.items("pods"))
    assert re.search(rf"\bpods {used} of 10 \({used * 10} %\)", quota)


def test_the_page_says_the_same(night):
    for text in (night.held, night.forgotten, EXAM, "no operator leads", "40"):
        assert text in night.page
    assert night.page.lower().startswith("<!doctype html>")


def test_all_that_looking_writes_is_that_somebody_looked(night):
    assert night.writes == ["create configmaps theia-retention"]
    assert {task.action for task in night.run.tasks if task.result.get("changed")} == {
        "eduide.theia.theia_status",
    }


def test_prometheus_reads_what_the_table_says(night):
    of = f'installation="production",app_definition="{night.held}"'
    for sample in (
        f"theia_app_definition_min_instances{{{of}}} {night.site.bounds(night.held)[0]}",
        f'theia_pool_instances{{{of},state="claimed"}} 1',
        f'theia_exam_warm_instances{{{of},exam="{EXAM}"}} 3',
        f'theia_app_definition_drifted_fields{{{of},by="another_client"}} 0',
    ):
        assert sample in night.metrics.splitlines()
    assert re.search(rf"^theia_app_definition_further_sessions{{{re.escape(of)}}} \d+$", night.metrics, re.MULTILINE)


def test_what_it_says_to_do_can_be_pasted(night):
    """What is left of the forgotten exam waits for its students, of whom the last line lets in the first one."""
    lines = report(night.run)
    investigated = night.duty.paste(command(lines[-1]))
    [repair] = [line for line in investigated.split("\n") if "To fix it: kubectl " in line]
    kubectl = Path(night.site.lab.description["kubectl"]).parent
    night.duty.paste(f"PATH={kubectl}:$PATH {repair[repair.index('kubectl ') :]}")
    assert night.site.instance(night.forgotten, 1).emails["data"] == {EMAILS: "eve@x.org"}
    [finish] = [line for line in lines if "no exam holds it any more" in line]
    assert "The bounds wait for eve@x.org, fay@x.org." in " ".join(night.duty.paste(command(finish)).split())
