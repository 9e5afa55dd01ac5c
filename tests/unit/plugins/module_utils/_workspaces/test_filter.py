# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workspaces are meant, and in what order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._exams.record import read_records
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import LAST_SEEN
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.filter import WorkspaceSelection, select
from unit.session_world import ago, exam_record
from unit.workspace_world import WorkspaceWorld, looked


@pytest.fixture(scope="module")
def workspaces():
    """Ada's is in use, Bob's was, nobody ever saw Eve's, and Max' has no claim."""
    world = WorkspaceWorld()
    world.app_definition("java-17-latest")
    world.stored("ada", user="ada@tum.de", age=timedelta(days=10))
    world.running("live", workspace="ada")
    world.stored("bob", user="Bob@tum.de", age=timedelta(days=90), annotations={LAST_SEEN: ago(days=41)})
    world.stored("eve", user="eve@tum.de", app="c-latest", age=timedelta(days=60))
    world.objects["claims"][-1]["status"]["capacity"] = {"storage": "1Gi"}
    world.workspace("max", claim=None, age=timedelta(days=1))
    chain = looked(since=timedelta(days=50))
    return world.assess_workspaces(observation=chain, shield=read_records([exam_record(users=["ADA@tum.de"])]))


def chosen(workspaces, *, sort_by=None, limit=None, **wanted):
    found = {key: frozenset(value) if isinstance(value, set) else value for key, value in wanted.items()}
    selection = WorkspaceSelection(**found)
    return [assessed.row.name for assessed in select(workspaces, selection, sort_by=sort_by, limit=limit)]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param({}, ["ada", "bob", "eve", "max"], id="everything"),
        pytest.param({"names": {"ada", "nobody"}}, ["ada"], id="names"),
        pytest.param({"users": {"ada@tum.de"}}, ["ada", "max"], id="users"),
        pytest.param({"users": {"bob@tum.de"}}, [], id="users-are-compared-exactly"),
        pytest.param({"users": {"ada@tum.de"}, "names": {"max"}}, ["max"], id="all-have-to-agree"),
        pytest.param({"app_definitions": {"c-latest"}}, ["eve"], id="app-definitions"),
        pytest.param({"uids": {"no-such"}}, [], id="uids"),
        pytest.param({"exam": "pgdp-final"}, ["ada", "max"], id="exam"),
        pytest.param({"in_use": True}, ["ada"], id="in-use"),
        pytest.param({"in_use": False}, ["bob", "eve", "max"], id="not-in-use"),
        pytest.param({"older_than_days": 60}, ["bob", "eve"], id="older"),
        pytest.param({"unused_days": 1}, ["bob", "eve", "max"], id="unused"),
        pytest.param({"unused_days": 40}, ["bob", "eve"], id="unused-since-the-day-after-the-stamp"),
        pytest.param({"unused_days": 41}, ["eve"], id="unused-since-it-was-looked-at"),
        pytest.param({"unused_days": 51}, [], id="nobody-looked-so-long"),
    ],
)
def test_filters(workspaces, wanted, names):
    assert chosen(workspaces, **wanted) == names
    assert WorkspaceSelection(**wanted).states_anything is bool(wanted)


@pytest.mark.parametrize(
    ("sort_by", "names"),
    [
        ("created", ["bob", "eve", "ada", "max"]),
        ("last_used", ["bob", "ada", "eve", "max"]),
        ("size", ["eve", "ada", "bob", "max"]),
    ],
)
def test_order_and_limit(workspaces, sort_by, names):
    assert chosen(workspaces, sort_by=sort_by) == names
    assert chosen(workspaces, sort_by=sort_by, limit=2) == names[:2]
