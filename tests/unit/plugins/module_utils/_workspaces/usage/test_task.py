# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at who is on which workspace, and when it counts."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    NotFound,
    ServerFailed,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import Task
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import LAST_SEEN
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import log as usage_log
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import task as usage_task
from unit.session_world import ago
from unit.workspace_world import WorkspaceWorld

DAY = 86400


@pytest.fixture
def world():
    made = WorkspaceWorld()
    made.stored("ws-1")
    made.stored("ws-2", annotations={LAST_SEEN: ago(hours=3)})
    made.stored("ws-3")
    made.running("one", workspace="ws-1")
    made.session("two", workspace="ws-2", operatorStatus="ERROR")
    return made


@pytest.fixture
def look(cluster):
    def run(gateway, *, check_mode=False, max_gap_hours=26):
        cluster(gateway)
        options = {"namespace": gateway.namespace, "max_gap_hours": max_gap_hours, "concurrency": 8}
        task = Task(options, check_mode=check_mode)
        report = usage_task.run_observed(task)
        return {**report.fields, "changed": report.changed, "warnings": task.warnings, "failure": report.failure}

    return run


def stamp(gateway, name="ws-1"):
    return (gateway.get(kinds.WORKSPACE, name)["metadata"].get("annotations") or {}).get(LAST_SEEN)


def looks(gateway):
    return usage_log.read_looks(gateway.get(kinds.CONFIG_MAP, names.RETENTION_RECORD))


def outcomes(result):
    return {item["name"]: item["outcome"] for item in result["workspaces"]}


def test_those_with_a_session_are_stamped_and_then_the_look_counts(world, look):
    gateway = world.gateway()
    result = look(gateway)
    assert outcomes(result) == {"ws-1": "stamped", "ws-2": "fresh"}
    assert (result["changed"], result["warnings"]) == (True, [])
    assert result["observation"] == {"since": ago(), "last": ago(), "longest_gap_seconds": 0}
    assert [(verb, plural) for verb, plural, _name, _body in gateway.writes] == [
        ("patch", "workspaces"),
        ("create", "configmaps"),
    ]
    assert (stamp(gateway), stamp(gateway, "ws-2"), stamp(gateway, "ws-3")) == (ago(), ago(hours=3), None)


def test_the_second_run_sends_nothing_and_later_ones_what_is_new(world, look):
    gateway = world.gateway()
    look(gateway)
    written = len(gateway.writes)
    gateway.advance(3500)
    assert (look(gateway)["changed"], len(gateway.writes)) == (False, written)
    gateway.advance(100)
    again = look(gateway)
    assert (again["changed"], outcomes(again)) == (True, {"ws-1": "fresh", "ws-2": "fresh"})
    assert again["observation"]["longest_gap_seconds"] == 3600
    gateway.advance(DAY)
    assert outcomes(look(gateway)) == {"ws-1": "stamped", "ws-2": "stamped"}


def test_after_too_long_a_gap_the_chain_begins_anew(world, look):
    gateway = world.gateway()
    look(gateway)
    gateway.advance(26 * 3600 + 1)
    found = look(gateway)["observation"]
    assert (found["since"], found["longest_gap_seconds"]) == (found["last"], 0)


def test_check_mode_says_the_same_and_writes_nothing(world, look):
    gateway = world.gateway(check_mode=True)
    result = look(gateway, check_mode=True)
    assert (outcomes(result), result["changed"]) == ({"ws-1": "stamped", "ws-2": "fresh"}, True)
    assert all(item["would"] for item in result["workspaces"])
    assert gateway.writes == []


def test_an_account_that_may_not_stamp_gets_a_warning_and_its_look_does_not_count(world, look):
    gateway = world.gateway(forbidden=[("patch", kinds.WORKSPACE)])
    result = look(gateway)
    assert (outcomes(result)["ws-1"], result["observation"]) == ("failed", None)
    (warning,) = result["warnings"]
    assert "this look does not count" in warning
    assert looks(gateway) is None


@pytest.mark.parametrize("denied", [("create", kinds.CONFIG_MAP), ("get", kinds.CONFIG_MAP)])
def test_an_account_that_may_not_write_the_record_gets_a_warning(world, look, denied):
    result = look(world.gateway(forbidden=[denied]))
    assert (result["observation"], outcomes(result)["ws-1"]) == (None, "stamped")
    assert "could not be written down: not allowed" in result["warnings"][0]


def test_a_record_that_cannot_be_read_stays_as_it_is(world, look):
    gateway = world.gateway(records=[{"metadata": {"name": names.RETENTION_RECORD}, "data": {"version": "9"}}])
    result = look(gateway)
    assert "format version '9'" in result["warnings"][0]
    assert gateway.get(kinds.CONFIG_MAP, names.RETENTION_RECORD)["data"] == {"version": "9"}


def failing(verb, kind, errors):
    """Meets the first of these requests with the errors, in order."""
    rest = iter(errors)

    def intercept(seen_verb, seen_kind, _name):
        if (seen_verb, seen_kind) == (verb, kind) and (error := next(rest, None)):
            raise error

    return intercept


@pytest.mark.parametrize(("verb", "kind"), [("patch", kinds.WORKSPACE), ("create", kinds.CONFIG_MAP)])
def test_others_who_write_at_the_same_time_are_no_reason_to_give_up(world, look, verb, kind):
    gateway = world.gateway()
    gateway.interceptors.append(failing(verb, kind, [Conflict("changed")] * 2))
    assert look(gateway)["changed"]
    assert (stamp(gateway), looks(gateway).first) == (ago(), gateway.now())


def test_a_workspace_that_goes_meanwhile_is_gone_and_one_of_its_name_is_another(world, look):
    gateway = world.gateway()

    def replace(verb, kind, name):
        if (verb, kind, name) == ("patch", kinds.WORKSPACE, "ws-1"):
            gateway.interceptors.clear()
            gateway.remove(kinds.WORKSPACE, "ws-1")
            gateway.put(kinds.WORKSPACE, {"metadata": {"name": "ws-1"}, "spec": {"name": "ws-1", "user": "eve"}})

    gateway.interceptors.append(replace)
    result = look(gateway)
    assert (outcomes(result)["ws-1"], stamp(gateway)) == ("gone", None)
    assert result["observation"]
    gone = world.gateway()
    gone.interceptors.append(failing("patch", kinds.WORKSPACE, [NotFound("gone")]))
    gone.interceptors.append(lambda verb, kind, name: verb == "get" and name == "ws-1" and gone.remove(kind, name))
    assert outcomes(look(gone))["ws-1"] == "gone"


def test_a_failure_is_told_after_the_rest_is_done_and_the_look_does_not_count(world, look):
    world.running("three", workspace="ws-3")
    gateway = world.gateway()
    gateway.interceptors.append(failing("patch", kinds.WORKSPACE, [ServerFailed("no luck")]))
    result = look(gateway)
    assert str(result["failure"]) == "ws-1: no luck"
    assert outcomes(result)["ws-3"] == "stamped"
    assert looks(gateway) is None


@pytest.mark.parametrize(("verb", "kind"), [("patch", kinds.WORKSPACE), ("create", kinds.CONFIG_MAP)])
def test_one_who_is_never_first_gives_up(world, look, verb, kind):
    gateway = world.gateway()
    gateway.interceptors.append(failing(verb, kind, itertools.repeat(Conflict("changed"))))
    result = look(gateway)
    assert "changed 5 times" in str(result["failure"])
    assert result["observation"] is None
