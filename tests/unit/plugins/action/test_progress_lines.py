# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read while a module waits, made from what that very module appends to its progress file."""

from __future__ import annotations

import json

import pytest

from ansible_collections.eduide.theia.plugins.action import theia_capacity, theia_session, theia_workspace
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._common.progress import ProgressFile, Reporter
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.plugin_utils._progress import Follower, tell_rest
from integration.module_run import module
from unit.fakes import app_definition
from unit.pool_world import NAME, PoolWorld
from unit.session_world import World
from unit.workspace_world import WorkspaceWorld

AT_ONCE = {"wait": True, "wait_timeout_seconds": 0}


@pytest.fixture
def told(cluster, tmp_path):
    """Run a module, and let its action plugin put each line of its progress into words."""

    def tell(plugin, gateway, **options):
        file = tmp_path / "progress"
        cluster(gateway)
        name = plugin.__name__.rpartition(".")[2]
        module(name, {"namespace": "theia-prod", "progress_file": str(file), **options})
        reports = [json.loads(line) for line in file.read_text().splitlines()]
        assert all(plugin.ActionModule.subject in report for report in reports)
        return [render(plugin, report) for report in reports]

    return tell


def render(plugin, report):
    # It needs nothing of what a task would give it.
    return object.__new__(plugin.ActionModule).render(report)


def test_of_sessions_it_is_said_how_many_are_stopped_and_then_how_many_left_nothing_behind(told):
    world = World()
    world.app_definition()
    for name in ("s1", "s2"):
        world.running(name)
    options = {"names": ["s1", "s2"], "max_percent": 100, "discard_data": ["named"], **AT_ONCE}
    stopped, again, *waited = told(theia_session, world.gateway(), **options)
    assert stopped.startswith("1 of 2 sessions ")
    assert again.startswith("2 of 2 sessions ")
    # Their pods are there for ever, for nobody clears them away.
    assert waited
    assert all(line.startswith("0 of 2 sessions ") for line in waited)
    assert not {again} & set(waited)


def test_of_workspaces_it_is_said_how_many_are_deleted_and_then_how_many_volumes_are_settled(told):
    world = WorkspaceWorld()
    world.app_definition()
    world.stored("ws-1")
    deleted, *settled = told(theia_workspace, world.gateway(), names=["ws-1"], **AT_ONCE)
    assert deleted.startswith("1 of 1 workspaces ")
    assert settled
    assert all(" volumes " in line for line in settled)


def test_of_a_pool_it_is_said_how_many_instances_are_warm_and_what_the_others_are_at(told):
    gateway = World().gateway(arguments=["--eagerStart"])
    gateway.put(kinds.APP_DEFINITION, app_definition("java", minInstances=1, maxInstances=100))
    wishes = [{"name": "java", "min_instances": 3}]
    lines = told(theia_capacity, gateway, app_definitions=wishes, quiet_wait_seconds=0, **AT_ONCE)
    assert {line.rpartition(", ")[0] for line in lines} == {
        "java: instance 1 does not exist (and 2 more)",
        "java: 0 of 3 warm, 3 without a pod",
    }


def test_of_a_pool_it_is_said_whose_release_is_waited_for_and_what_it_lacks(cluster, tmp_path):
    world, file = PoolWorld(3).led(), tmp_path / "progress"
    world.claim(2)
    world.end(2)
    world.works = False
    cluster(world.gateway)
    options = {"namespace": "theia-prod", "progress_file": str(file), "lockout": "repair", "quiet_wait_seconds": 0}
    raised = {"app_definitions": [{"name": NAME, "min_instances": 4}]}

    def told():
        return [render(theia_capacity, json.loads(line)) for line in file.read_text().splitlines()]

    module("theia_capacity", {**options, **raised})
    assert told() == ["java: instance 2 still belongs to a session that is gone, 0 s gone"]
    world.release(2)
    world.sleep(60)
    file.unlink()
    module("theia_capacity", {**options, **raised})
    assert set(told()) == {"java: instance 1 is of an earlier generation (and 3 more), 0 s gone"}


def test_each_thing_that_is_waited_for_has_its_own_ten_seconds(tmp_path):
    file, shown = tmp_path / "progress", []
    file.touch()
    follower = Follower(str(file), "app_definition", lambda report: render(theia_capacity, report), shown.append)
    quiet = {"app_definition": "java", "until": "quiet", "waits_for": "a release", "seconds": 100.0}
    warm = {"app_definition": "java", "warm": 1, "goal": 3, "cold": 2, "steps": {}, "seconds": 11.0}
    for report in (quiet, warm):
        ProgressFile(str(file)).write(report)
        follower.read()
    assert shown == ["java: a release, 100 s gone", "java: 1 of 3 warm, 11 s gone"]


def test_of_a_pool_it_is_said_that_nothing_can_be_seen(cluster, tmp_path):
    file, gateway = tmp_path / "progress", World().gateway(arguments=["--eagerStart"])
    gateway.put(kinds.APP_DEFINITION, app_definition("java", minInstances=1, maxInstances=100))

    def away_after_the_patch(verb, _kind, _name):
        if verb == "list" and "patch" in {verb for verb, *_rest in gateway.writes}:
            raise Unreachable("connection refused")

    gateway.interceptors.append(away_after_the_patch)
    cluster(gateway)
    wishes = [{"name": "java", "min_instances": 3}]
    options = {"namespace": "theia-prod", "progress_file": str(file), "app_definitions": wishes, **AT_ONCE}
    module("theia_capacity", {**options, "quiet_wait_seconds": 0})
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["trouble"] for line in lines] == ["connection refused"] * 2, "while it settles, and while it warms up"


@pytest.mark.parametrize("plugin", [theia_session, theia_workspace])
def test_after_ten_seconds_it_is_on_the_terminal_once_for_each_kind_of_work(tmp_path, plugin):
    file, shown = tmp_path / "progress", []
    file.touch()
    follower = Follower(str(file), plugin.ActionModule.subject, lambda report: render(plugin, report), shown.append)
    for what in ("ended", "cleaned up"):
        moments = iter([0.0, 3.0, 11.2, 12.0])
        reporter = Reporter(str(file), what, clock=lambda moments=moments: next(moments))
        for done in (5, 40, 41):
            reporter.report(done, 300)
            follower.read()
    assert [("40 of 300" in line, "11 s" in line) for line in shown] == [(True, True)] * 2
    assert [what in line for what, line in zip(("ended", "cleaned up"), shown, strict=True)] == [True, True]


@pytest.mark.parametrize("plugin", [theia_capacity, theia_session, theia_workspace])
def test_that_nothing_can_be_seen_is_on_the_terminal(tmp_path, plugin):
    file, shown = tmp_path / "progress", []
    file.touch()
    follower = Follower(str(file), plugin.ActionModule.subject, lambda report: render(plugin, report), shown.append)
    for seconds in (4, 12, 15, 23):
        Reporter(str(file), "clean").troubled(Unreachable("connection refused"), seconds)
        follower.read()
    assert [f"still waiting after {seconds} s" in line for seconds, line in zip((12, 23), shown, strict=True)] == [
        True
    ] * 2
    assert all("connection refused" in line for line in shown)


def test_of_a_task_that_was_interrupted_it_is_said_how_far_it_came(tmp_path):
    shown = []
    whose = [{"host": "here", "action": theia_session.__name__}, {"host": "there", "action": "unknown"}]
    for number, owner in enumerate(whose):
        path = tmp_path / f"eduide-theia-progress-{number}"
        path.write_text(f"{json.dumps(owner)}\n")
        reporter = Reporter(str(path), "stopped", clock=lambda: 5.0)
        reporter.report(3, 300)
        reporter.troubled(Unreachable("connection refused"), 7.0)
        path.write_text(path.read_text() + '{"what": "cut')
    tell_rest(str(tmp_path), lambda host, text: shown.append((host, text)))
    rest = "what was done stays, and the same command goes on from there"
    far = f"interrupted: 3 of 300 sessions stopped after 0 s; {rest}"
    assert shown == [("here", far), ("there", f"interrupted; {rest}")]
    assert list(tmp_path.iterdir()) == []
