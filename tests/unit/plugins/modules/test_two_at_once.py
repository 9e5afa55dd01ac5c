# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two tasks at once, or a task and a student, in every order that their requests can have.

Capacity has its own: `_capacity/test_two_runs.py`.
"""

from __future__ import annotations

import collections
import threading
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import NotFound
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import connect, kinds
from unit.interleaving import Execution
from unit.module_tasks import task
from unit.session_world import OPERATOR, World, millis
from unit.workspace_world import WorkspaceWorld

WHERE = threading.local()


def module(name, **options):
    """Somebody who runs a module."""
    run = task(name, **{"namespace": "theia-prod", "wait": False, **options})

    def act(gateway):
        WHERE.gateway = gateway
        return run()

    return act


@pytest.fixture
def at_once(monkeypatch, explored):
    """Let two act in every order of their requests in a world that is made anew each time, and look at each end."""
    monkeypatch.setattr(connect, "open_gateway", lambda _params, **_named: WHERE.gateway)

    def explore(world, *acts, written, look):
        explored(
            lambda: Execution(world(), acts, written=written),
            lambda execution, told: look(execution.gateway, *execution.outcomes, "\n".join(told)),
        )

    return explore


def outcomes(report, what="sessions"):
    """By name; a task that failed says so instead."""
    assert report.failure is None, report.failure
    return {item["name"]: item["outcome"] for item in report.fields[what]}


def tally(first, second, what="sessions"):
    """By name, what both tasks say of it."""
    found = collections.defaultdict(list)
    for report in (first, second):
        for name, outcome in outcomes(report, what).items():
            found[name].append(outcome)
    return found


def test_two_sweeps_stop_each_session_once(at_once):
    def world():
        found = World()
        found.app_definition()
        for name in ("s1", "s2"):
            found.session(name, operatorStatus="ERROR")
        return found.gateway()

    def look(gateway, first, second, story):
        assert gateway._shelf(kinds.SESSION) == {}, story
        for name, told in tally(first, second).items():
            assert sorted(told) in (["stopped"], ["gone", "stopped"]), (name, told, story)

    sweep = module("theia_session", findings=["failed"])
    at_once(world, sweep, sweep, written=[kinds.SESSION], look=look)


def test_two_sweeps_leave_a_user_as_many_sessions_as_are_allowed(at_once):
    def world():
        found = World()
        found.app_definition()
        for number in range(OPERATOR.sessions_per_user + 2):
            found.running(f"s{number}", age=timedelta(hours=number + 1))
        return found.gateway()

    def look(gateway, first, second, story):
        assert len(gateway._shelf(kinds.SESSION)) == OPERATOR.sessions_per_user, story
        told = tally(first, second)
        assert sum("stopped" in each for each in told.values()) == 2, (told, story)

    options = {"findings": ["over_user_limit"], "discard_data": ["over_user_limit"], "max_percent": 100}
    sweep = module("theia_session", **options)
    at_once(world, sweep, sweep, written=[kinds.SESSION], look=look)


def test_a_sweep_never_stops_what_a_student_starts_in_place_of_a_dead_session(at_once):
    def world():
        found = World()
        found.app_definition()
        found.session("again", operatorStatus="ERROR")
        return found.gateway()

    def relaunch(gateway):
        gateway.delete(kinds.SESSION, "again")
        spec = {"name": "again", "user": "ada@tum.de", "appDefinition": "java-17-latest"}
        made = gateway.create(kinds.SESSION, {"metadata": {"name": "again"}, "spec": spec})
        status = {"operatorStatus": "HANDLED", "url": "https://ide/again"}
        gateway.merge_patch(kinds.SESSION, "again", {"status": status}, subresource="status")
        return made["metadata"]["uid"]

    def look(gateway, swept, uid, story):
        assert gateway.get(kinds.SESSION, "again")["metadata"]["uid"] == uid, story
        assert set(outcomes(swept).values()) <= {"stopped", "gone"}, story

    sweep = module("theia_session", findings=["failed"])
    at_once(world, sweep, relaunch, written=[kinds.SESSION], look=look)


def test_a_student_who_comes_back_in_time_keeps_the_session(at_once):
    def world():
        found = World()
        found.app_definition()
        found.running("away", age=timedelta(hours=2), lastActivity=millis(minutes=40))
        return found.gateway()

    def come_back(gateway):
        try:
            status = {"lastActivity": millis(seconds=1)}
            gateway.merge_patch(kinds.SESSION, "away", {"status": status}, subresource="status")
        except NotFound:
            return "too late"
        return "in time"

    def look(gateway, swept, came, story):
        stays = gateway.get(kinds.SESSION, "away") is not None
        assert stays == (came == "in time"), story
        assert outcomes(swept).get("away", "kept_active") == ("kept_active" if stays else "stopped"), story

    options = {"findings": ["idle"], "thresholds": {"idle_minutes": 20}, "discard_data": ["idle"]}
    at_once(world, module("theia_session", **options), come_back, written=[kinds.SESSION], look=look)


def stored():
    found = WorkspaceWorld()
    found.app_definition()
    for name in ("ws-1", "ws-2"):
        found.stored(name)
    return found.gateway()


@pytest.mark.parametrize("volume", ["follow", "retain"])
def test_two_deletions_delete_each_workspace_once(at_once, volume):
    def look(gateway, first, second, story):
        assert gateway._shelf(kinds.WORKSPACE) == {}, story
        for name, told in tally(first, second, "workspaces").items():
            assert sorted(told) == ["deleted", "gone"], (name, told, story)
        for kept in gateway._shelf(kinds.PV).values():
            policy = "Retain" if volume == "retain" else "Delete"
            assert kept["spec"]["persistentVolumeReclaimPolicy"] == policy, story

    deletion = module("theia_workspace", names=["ws-1", "ws-2"], volume=volume, max_percent=100)
    at_once(stored, deletion, deletion, written=[kinds.WORKSPACE, kinds.PV], look=look)


def test_a_workspace_that_a_session_starts_on_stays_or_the_session_is_told(at_once):
    def start(gateway):
        before = gateway.get(kinds.WORKSPACE, "ws-1") is not None
        spec = {"name": "late", "user": "ada@tum.de", "appDefinition": "java-17-latest", "workspace": "ws-1"}
        gateway.create(kinds.SESSION, {"metadata": {"name": "late"}, "spec": spec})
        return before, gateway.get(kinds.WORKSPACE, "ws-1") is not None

    def look(gateway, deletion, started, story):
        [item] = deletion.fields["workspaces"]
        stays = gateway.get(kinds.WORKSPACE, "ws-1") is not None
        assert item["outcome"] == ("kept_in_use" if stays else "deleted"), story
        if started == (True, True) and not stays:
            assert [*item["late_sessions"]] == ["late"], story

    deletion = module("theia_workspace", names=["ws-1"], max_percent=100)
    at_once(stored, deletion, start, written=[kinds.WORKSPACE, kinds.SESSION], look=look)
