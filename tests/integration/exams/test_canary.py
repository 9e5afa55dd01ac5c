# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pre_exam with a canary, in and out of time; post_exam waits for students. Each from a command line."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest

from integration.capacity_site import CapacitySite, desired
from integration.exam_night import EARLY, TONIGHT, Duty, exam, report
from integration.lab.operator_site import eventually

PROBE = "probe@example.org"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


@pytest.fixture
def duty(site, tmp_path):
    return Duty(tmp_path, production=site.installation)


def sessions(site, name):
    return [s["spec"]["user"] for s in site.installation.items("sessions") if s["spec"]["appDefinition"] == name]


def test_a_canary_tries_the_pool_that_was_changed_and_leaves_it_warm(site, duty):
    name = site.definition(1)
    line = {"exam": "tried", "app_definition": name, "warm": 2, "canary": "on_change", "canary_user": PROBE, **TONIGHT}
    plans = duty.folder / "plans"
    foretold = duty.play("pre_exam", "--check", exam_warmup_report_dir=str(plans), **line).good()
    assert any(f"a canary of {PROBE} would be started" in told for told in report(foretold))
    assert sessions(site, name) == []
    written = plans / "production" / "plan"
    plan = json.loads(written.with_suffix(".json").read_text())
    assert [(step["do"], step["exam"]) for step in plan["plan"]["steps"]] == [("declare", "tried"), ("warm", "tried")]
    assert f"- **warm** tried: {name}: min 1 -> 2" in written.with_suffix(".md").read_text()

    since = site.now()
    run = duty.play("pre_exam", **line).good()
    [told] = [told.strip() for told in report(run) if told.strip().startswith("canary: ")]
    assert re.fullmatch(r"canary: usable on an instance, its URL after \d+\.\d s, and stopped again", told)
    assert run.of("theia_capacity")[-1].result["app_definitions"][0]["pool"]["warm"] == 2
    assert [words.split()[:2] for words in site.writes(since)][-2:] == [["create", "sessions"], ["delete", "sessions"]]
    assert sessions(site, name) == []

    since = site.now()
    again = duty.play("pre_exam", **line).good()
    assert (again.changed, site.writes(since)) == (0, [])
    duty.play("post_exam", exam="tried", **EARLY).good()
    assert (site.bounds(name)[0], name in site.ledger()) == (1, False)


def test_a_canary_that_fails_leaves_the_bounds_and_says_how_to_go_on(site, duty):
    name = site.definition(1)
    site.create_session(name, PROBE, f"ws-{name}-probe-example-org-session")
    line = {"exam": "in-vain", "app_definition": name, "warm": 2, "canary": "on_change", "canary_user": PROBE}
    run = duty.play("pre_exam", **line, **TONIGHT)
    assert run.code != 0
    text = run.tasks[-1].msg
    assert "the canary failed: " in text
    assert "it is no canary of the exam in-vain" in text
    assert "What was changed stays in place." in text
    assert '"canary": "always"' in re.findall(r"Retry: (.*)", text)[0]
    # A pool of which one instance is taken.
    assert (site.bounds(name)[0], sessions(site, name)) == (3, [PROBE])
    duty.paste(re.findall(r"Undo: (.*)", text)[0])
    # The instance that is taken is the one that was there before.
    assert (site.bounds(name)[0], name in site.ledger()) == (1, False)


def test_time_limits_grow_with_the_exam_and_a_late_change_is_refused(site, duty):
    name = site.definition(2, timeout=90)
    site.installation.wait_warm(name, 2)
    begun = exam("begun", desired(name, warm=3))
    begun["start"] = (datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)).isoformat()
    calendar = duty.calendar(begun)
    since = site.now()
    refused = duty.play("pre_exam", calendar, exam="begun")
    assert refused.code != 0
    assert "2 instances are warm now, and with the change all are cold until about" in refused.tasks[-1].msg
    assert "Nothing was changed." in refused.tasks[-1].msg
    assert site.writes(since) == []

    done = duty.play("pre_exam", calendar, exam="begun", late=True).good()
    [patch] = site.patches(since)
    minutes = patch["spec"]["timeout"]
    assert minutes > 120 + 60
    assert any(f"sessions last {minutes} min instead of 90" in told for told in report(done))
    duty.play("post_exam", calendar, exam="begun", **EARLY).good()
    assert site.installation.get("appdefinitions", name)["spec"]["timeout"] == 90


def test_post_exam_waits_until_the_last_one_has_left(site, duty):
    name = site.definition(1)
    duty.play("pre_exam", exam="waited-for", app_definition=name, warm=2, **TONIGHT).good()
    users = ("ada@example.org", "ben@example.org")
    opened = {user: site.launch(user, name) for user in users}

    def leave():
        eventually("its hold has ended", lambda: site.ledger()[name]["draining_since"])
        for user, session in opened.items():
            site.leave(user, session)

    student = threading.Thread(target=leave)
    student.start()
    run = duty.play("post_exam", exam="waited-for", drain_wait_minutes=5, **EARLY).good()
    student.join()
    assert any("min 2 -> 1" in told for told in report(run))
    assert not any("The bounds wait" in told for told in report(run))
    assert (site.bounds(name)[0], name in site.ledger()) == (1, False)
