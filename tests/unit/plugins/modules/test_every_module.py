# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every module: a task that fails says what it warned of before, and no Python error gets out."""

from __future__ import annotations

import ast
import json
import pathlib
import typing as t
from datetime import timedelta

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import Entry, Hold, Ledger, write_ledger
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden, ServerFailed
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import connect, kinds
from integration.module_run import module
from unit.fakes import FakeGateway
from unit.pool_world import NAME, PoolWorld
from unit.session_world import World, exam_record
from unit.workspace_world import WorkspaceWorld

FOLDER = pathlib.Path(__file__).parents[4] / "plugins" / "modules"


def documented(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    texts = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    return yaml.safe_load(ast.literal_eval(texts["DOCUMENTATION"]))


MODULES = {
    path.stem
    for path in FOLDER.glob("theia_*.py")
    # The rest runs on the control node.
    if "def main(" in path.read_text(encoding="utf-8")
}
STATES = {
    (name, state) for name in MODULES for state in documented(name)["options"].get("state", {}).get("choices", [None])
}
# Nothing is known when a workspace is created or restored of which a task would warn before it fails.
QUIET = {("theia_workspace", "present")}


class Case(t.NamedTuple):
    """A task that warns, and fails for another reason."""

    module: str
    gateway: FakeGateway
    options: dict[str, t.Any]
    warning: str
    outcomes: dict[str | int, str] | None = None

    @property
    def state(self):
        return self.options.get("state") or documented(self.module)["options"].get("state", {}).get("default")


def breaking(gateway, verb, kind, name=None, error=ServerFailed):
    """Refuses such a request."""

    def intercept(*asked):
        if asked[:2] == (verb, kind) and name in (None, asked[2]):
            raise error("no luck")

    gateway.interceptors.append(intercept)
    return gateway


def sessions(*forbidden):
    world = World()
    world.app_definition()
    world.running("works")
    world.session("wreck", operatorStatus="ERROR")
    return world.gateway(forbidden=[("list", kind) for kind in forbidden])


def workspaces(*forbidden):
    world = WorkspaceWorld()
    world.app_definition()
    for number in (1, 2):
        world.stored(f"ws-{number}")
        world.running(f"on-{number}", workspace=f"ws-{number}")
    return world.gateway(forbidden=[("list", kind) for kind in forbidden])


def pools(*forbidden):
    world = World()
    world.eager("s1", world.app_definition(), 1)
    world.app_definition("c-latest")
    return world.gateway(forbidden=[("list", kind) for kind in forbidden])


def held():
    """An exam holds two app definitions, and on one of them a session is above what it had before."""
    world = World()
    apps = [world.app_definition(name, minInstances=5) for name in ("java-17-latest", "c-latest")]
    world.eager("s1", apps[0], 5)
    holds = {"pgdp": Hold({"min_instances": 5}, 2, None, ended=False)}
    entries = {
        app["metadata"]["name"]: Entry(
            app["metadata"]["uid"], {"min_instances": 3}, holds, ({"min_instances": 5},), None
        )
        for app in apps
    }
    gateway = world.gateway()
    gateway.put(kinds.CONFIG_MAP, write_ledger(gateway.namespace, Ledger(entries, None)))
    return gateway


def damaged():
    """Two instances lack a Service, and a session holds one of them."""
    world = PoolWorld(4).led()
    world.claim(2)
    world.lose(2, "internal")
    world.lose(4, "external")
    world.sleep(60)
    return world.gateway


def in_use_or_not():
    gateway = workspaces(kinds.PV)
    gateway.remove(kinds.SESSION, "on-2")
    return gateway


def exams(ahead=0):
    gateway = FakeGateway()
    gateway.ahead = timedelta(minutes=ahead)
    gateway.put(kinds.CONFIG_MAP, exam_record(start="2027-02-11T08:45:00Z"))
    gateway.put(kinds.CONFIG_MAP, exam_record(exam="eist", start=None))
    return gateway


def unreadable_ledger():
    gateway = workspaces(kinds.POD_METRICS)
    gateway.put(kinds.CONFIG_MAP, {"metadata": {"name": "theia-capacity"}, "data": {"version": "no luck"}})
    return gateway


ITEMS = ("sessions", "workspaces", "app_definitions", "repairs")
UNREAD = "could not be read, so what rests on it is unknown: "
CASES = {
    "stop": Case(
        "theia_session",
        breaking(sessions(kinds.REPLICA_SET), "delete", kinds.SESSION),
        {"states": ["running", "failed"]},
        f"{UNREAD}replica sets",
        {"works": "refused", "wreck": "failed"},
    ),
    "report-activity": Case(
        "theia_session",
        breaking(sessions(kinds.REPLICA_SET), "patch", kinds.SESSION),
        {"state": "active", "states": ["running", "failed"]},
        f"{UNREAD}replica sets",
        {"works": "failed", "wreck": "refused"},
    ),
    "start": Case(
        "theia_session",
        breaking(sessions(kinds.REPLICA_SET), "create", kinds.SESSION),
        {"state": "present", "user": "eve@tum.de", "app_definition": "java-17-latest"},
        f"{UNREAD}replica sets",
    ),
    "delete": Case(
        "theia_workspace",
        breaking(in_use_or_not(), "delete", kinds.WORKSPACE),
        {"users": ["ada@tum.de"]},
        f"{UNREAD}volumes",
        {"ws-1": "kept_in_use", "ws-2": "failed"},
    ),
    "observe": Case(
        "theia_workspace",
        breaking(
            breaking(workspaces(), "patch", kinds.WORKSPACE, "ws-2"), "patch", kinds.WORKSPACE, "ws-1", error=Forbidden
        ),
        {"state": "observed"},
        "2 workspaces in use could not be stamped",
        {"ws-1": "failed", "ws-2": "failed"},
    ),
    "set-capacity": Case(
        "theia_capacity",
        breaking(pools(), "patch", kinds.APP_DEFINITION, "c-latest"),
        {
            "app_definitions": [{"name": name, "min_instances": 5} for name in ("java-17-latest", "c-latest")],
            "lockout": "accept",
            "quiet_seconds": 0,
            # Whether the pools become whole is looked at where an operator leads.
            "operator_lease": "of-no-operator",
        },
        "java-17-latest: the app definition of instances that sessions are on was changed",
        {"java-17-latest": "changed", "c-latest": "failed"},
    ),
    "end-all-holds": Case(
        "theia_capacity",
        breaking(held(), "patch", kinds.APP_DEFINITION, "c-latest"),
        {"state": "baseline", "all_holds": True, "quiet_seconds": 0, "operator_lease": "of-no-operator"},
        "java-17-latest: min_instances stays 5, because sessions are on instances 5",
        {"java-17-latest": "draining", "c-latest": "failed"},
    ),
    "repair": Case(
        "theia_capacity",
        breaking(damaged(), "delete", kinds.SERVICE),
        {
            "app_definitions": [{"name": NAME}],
            "repair": ["halves"],
            "lockout": "repair",
            "quiet_seconds": 0,
            "quiet_wait_seconds": 0,
        },
        "java: instance 2: session session-2 is on it",
        {2: "kept_claimed", 4: "failed"},
    ),
    "list-sessions": Case("theia_session_info", sessions(kinds.POD_METRICS), {"query": "no luck"}, f"{UNREAD}usage"),
    "list-workspaces": Case("theia_workspace_info", workspaces(kinds.PV), {"query": "no luck"}, f"{UNREAD}volumes"),
    "diagnose": Case(
        "theia_session_diagnosis_info",
        breaking(sessions(kinds.EVENT), "get", kinds.SESSION),
        {"names": ["wreck"]},
        f"{UNREAD}events",
    ),
    "declare": Case(
        "theia_exam",
        breaking(sessions(), "create", kinds.CONFIG_MAP),
        {
            "name": "pgdp-final",
            "end": "2027-02-11T11:00:00Z",
            "app_definitions": [{"name": "java-17-latest"}],
            "users": ["nobody@tum.de"],
        },
        "1 of 1 users have neither session nor workspace here",
    ),
    "close": Case(
        "theia_exam",
        breaking(exams(ahead=10), "update", kinds.CONFIG_MAP),
        {"name": "pgdp-final", "state": "closed", "end_early_reason": "a test"},
        "are 10 min apart",
    ),
    "list-exams": Case(
        "theia_exam_info",
        breaking(exams(), "list", kinds.APP_DEFINITION),
        {},
        "while it cannot be read every live session is shielded",
    ),
    "rehearse": Case(
        "theia_rehearsal",
        sessions(kinds.REPLICA_SET),
        {
            "allow_rehearsal": True,
            "app_definition": "no luck",
            "users": 1,
            "service_url": "http://service",
            "app_id": "app",
        },
        f"{UNREAD}replica sets",
    ),
    "look-at-everything": Case("theia_status", unreadable_ledger(), {}, f"{UNREAD}usage"),
    "see-whether-it-is-ready": Case(
        "theia_platform_info", breaking(sessions(kinds.POD_METRICS), "get", kinds.LEASE), {}, f"{UNREAD}usage"
    ),
    "agenda": Case(
        "theia_agenda_info", breaking(exams(ahead=10), "list", kinds.APP_DEFINITION), {}, "are 10 min apart"
    ),
    "list-pools": Case(
        "theia_capacity_info",
        breaking(pools(kinds.RESOURCE_QUOTA), "get", kinds.LEASE),
        {"check_leader": True},
        "quotas could not be read",
    ),
}


@pytest.fixture
def run(cluster):
    def run(case):
        cluster(case.gateway)
        return module(case.module, {"namespace": "theia-prod", **case.options})

    return run


def test_every_module_has_its_case_and_each_of_its_states():
    assert {(case.module, case.state) for case in CASES.values()} == STATES - QUIET


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_failed_task_keeps_its_warnings(run, case):
    result = run(case)
    assert result["failed"]
    assert "no luck" in result["msg"]
    (warning,) = (warning for warning in result["warnings"] if case.warning in warning)
    items = next((found for name in ITEMS if (found := result.get(name))), [])
    assert case.outcomes is None or {item.get("name") or item["instance_id"]: item["outcome"] for item in items} == (
        case.outcomes
    )
    # A reason that is told as the failure is not told again as a warning.
    assert "no luck" not in warning


@pytest.mark.parametrize("name", sorted(MODULES))
def test_an_error_that_nobody_thought_of_is_told_without_its_words(monkeypatch, name):
    case = next(case for case in CASES.values() if case.module == name)

    def open_gateway(*_unused, **_options):
        raise KeyError("token-never-to-be-shown")

    monkeypatch.setattr(connect, "open_gateway", open_gateway)
    result = module(name, {"namespace": "theia-prod", **case.options})
    assert result["failed"]
    assert "unexpected KeyError" in result["msg"]
    assert "_kubernetes/connect.py:" in result["msg"]
    assert "never-to-be-shown" not in json.dumps(result)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_an_entry_point_is_a_spec_and_an_end(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    (main,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    assert main.end_lineno - main.lineno < 30
