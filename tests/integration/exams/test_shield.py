# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From pre_exam to post_exam nobody in the exam is stopped, whatever is run. The playbooks alone make the record."""

from __future__ import annotations

import collections
import json

import pytest

from integration.exam_night import Duty, report
from integration.workspace_site import WorkspaceSite

WITH_WORKSPACE, WITHOUT = 4, 8
STUDENTS = [f"student-{number}@example.org" for number in range(WITH_WORKSPACE + WITHOUT)]
POLICY = {
    "findings": ["too_old"],
    "thresholds": {"too_old_minutes": 0},
    "discard_data": ["too_old"],
    "max_stop": 99,
    "max_percent": 100,
}
# Nothing but the shield is in the way.
RELENTLESS = {"discard_data": "named,selected", "max_stop": 99, "max_percent": 100}


@pytest.fixture(scope="module")
def site(module_installation):
    return WorkspaceSite(module_installation(app_definitions=[]))


@pytest.fixture
def duty(site, tmp_path):
    return Duty(tmp_path, production=site.installation)


def outcomes(run):
    """What became of sessions in the last task that stopped any, and of workspaces."""
    found = [task.result for task in run.tasks if task.action.endswith(("theia_session", "theia_workspace"))]
    items = list(found[-1].get("sessions") or found[-1]["workspaces"])
    return collections.Counter(item["outcome"] for item in items)


def seat(site, name):
    """All twelve log in, some of them to a workspace; the names of their sessions and workspaces."""
    stored = [site.store(user, name) for user in STUDENTS[:WITH_WORKSPACE]]
    opened = [site.open(user, workspace) for user, workspace in zip(STUDENTS, stored, strict=False)]
    return [*opened, *(site.launch(user, name) for user in STUDENTS[WITH_WORKSPACE:])], stored


def test_whatever_is_run_during_an_exam_all_twelve_stay_and_after_it_they_go(site, duty):
    name = site.definition(1)
    declared = duty.play("pre_exam", exam="quiz-1", app_definition=name, warm=12, end="24:00").good()
    assert "nobody in it is stopped from" in report(declared)[1]
    sessions, workspaces = seat(site, name)

    since = site.now()
    for chosen in ({"app_definition": name}, {"user": ",".join(STUDENTS)}, {"sessions": ",".join(sessions)}):
        assert outcomes(duty.play("stop_sessions", **chosen, **RELENTLESS).good()) == {"kept_shielded": 12}
    swept = duty.play("sweep_sessions", "-e", json.dumps({"session_sweep_policy": POLICY})).good()
    assert outcomes(swept) == {"kept_shielded": 12}
    deleted = duty.play(
        "delete_workspaces", workspaces=",".join(workspaces), live_sessions="stop", discard_data="selected"
    ).good()
    assert outcomes(deleted) == {"kept_shielded": WITH_WORKSPACE}
    for user, session in zip(STUDENTS, sessions, strict=True):
        token = site.installation.user_token(user)
        done = site.act(names=[session], discard_data=["named"], api="service", user_token=token)
        assert done["outcomes"] == {"kept_shielded": 1}
    assert [words for words in site.writes(since) if words.startswith("delete")] == []
    assert {record["exam"] for record in site.see()["sessions"]} == {"quiz-1"}
    assert [*site.ledger()[name]["holds"]] == ["quiz-1"]

    refused = duty.play("post_exam", exam="quiz-1")
    assert refused.code != 0
    assert "or say end_early_reason" in refused.output
    assert len(site.see()["sessions"]) == 12
    early = {"exam": "quiz-1", "end_early_reason": "alarm", "sweep_leftovers": True, "discard_data": "selected"}
    ended = duty.play("post_exam", **early).good()
    assert outcomes(ended) == {"stopped": 12}
    assert site.see()["sessions"] == []


def test_without_a_shield_nothing_is_declared(site, duty):
    name = site.definition(1)
    duty.play("pre_exam", exam="open", app_definition=name, warm=1, shield=False).good()
    session = site.launch("ada@example.org", name)
    assert outcomes(duty.play("stop_sessions", sessions=session, **RELENTLESS).good()) == {"stopped": 1}
    duty.play("post_exam", exam="open").good()
    assert name not in site.ledger()
