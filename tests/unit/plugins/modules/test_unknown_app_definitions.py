# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mistyped app definition is an error wherever it selects; what is left of a deleted one is found by its name."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import WORKSPACE_NOTE
from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, write_note
from integration.module_run import module
from unit.session_world import exam_record
from unit.workspace_world import WorkspaceWorld

KNOWN, DELETED, MISTYPED = "java-17-latest", "rust-old", "java-17-latst"
ENDING = {"max_percent": 100, "wait": False, "service_url": "https://service.invalid"}
# Each module that selects by app definition, with the list that it returns.
MODULES = {
    "theia_session": ({**ENDING, "discard_data": ["selected"]}, "sessions"),
    "theia_session_info": ({}, "sessions"),
    "theia_workspace": ({**ENDING, "state": "absent"}, "workspaces"),
    "theia_workspace_info": ({}, "workspaces"),
}
ENDS = ["theia_session", "theia_workspace"]


@pytest.fixture
def world():
    """A session and a workspace of each of two app definitions, of which one was deleted since."""
    made = WorkspaceWorld()
    made.app_definition(KNOWN)
    for number, name in enumerate((KNOWN, DELETED)):
        made.running(f"s{number}", app=name, user=f"user-{number}@x.org")
        made.stored(f"ws-{number}", app=name)
    return made


@pytest.fixture
def ask(cluster):
    def ask(gateway, name, **options):
        cluster(gateway)
        result = module(name, {"namespace": "theia-prod", **MODULES[name][0], **options})
        return result, [item["name"] for item in result.get(MODULES[name][1], ())]

    return ask


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("beside", [(), (KNOWN,)])
def test_a_mistyped_one_is_an_error_that_names_the_nearest_and_nothing_is_done(world, ask, name, beside):
    gateway = world.gateway()
    result, _items = ask(gateway, name, app_definitions=[*beside, MISTYPED])
    assert result["failed"]
    assert f"there is no app definition '{MISTYPED}' in namespace 'theia-prod'" in result["msg"]
    assert f"; {KNOWN} is the nearest name" in result["msg"]
    assert gateway.writes == []


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("asked", [KNOWN, DELETED])
def test_one_that_was_deleted_is_selected_as_long_as_something_of_it_is_left(world, ask, name, asked):
    result, items = ask(world.gateway(), name, app_definitions=[asked])
    assert result.get("failed") is None, result["msg"]
    assert items == [f"{'s' if MODULES[name][1] == 'sessions' else 'ws-'}{(KNOWN, DELETED).index(asked)}"]


def test_a_volume_that_is_left_is_reclaimed_by_the_app_definition_of_its_workspace(world, ask):
    gateway = world.gateway()
    uids = [gateway.get(*each)["metadata"]["uid"] for each in ((kinds.WORKSPACE, "ws-1"), (kinds.PVC, "claim-ws-1"))]
    note = write_note(FilesOwner("ws-1", uids[0], "ada@tum.de", DELETED, None), uids[1])
    gateway.change(
        kinds.PV,
        "pvc-claim-ws-1",
        {"metadata": {"annotations": {WORKSPACE_NOTE: note}}, "status": {"phase": "Released"}},
    )
    for kind, gone in ((kinds.WORKSPACE, "ws-1"), (kinds.PVC, "claim-ws-1"), (kinds.SESSION, "s1")):
        gateway.remove(kind, gone)
    # Nobody is there who removes it.
    asked = {"names": ["ws-1"], "app_definitions": [DELETED], "volume": "reclaim", "wait_timeout_seconds": 1}
    result, _items = ask(gateway, "theia_workspace", **asked)
    assert result["outcomes"] == {"reclaimed": 1}


def test_what_an_exam_was_written_on_is_no_mistake_after_it_is_gone(world, ask):
    """A cool-down names what the record does."""
    records = [exam_record(app_definitions=[{"name": "gone-since"}], closed_at="2020-01-01T00:00:00Z")]
    result, items = ask(world.gateway(records=records), "theia_session", app_definitions=["gone-since"])
    assert (result.get("failed"), items) == (None, [])


@pytest.mark.parametrize("name", MODULES)
def test_who_cannot_list_them_is_not_told_that_there_are_none(world, ask, name):
    gateway = world.gateway(forbidden=[("list", kinds.APP_DEFINITION)])
    result, items = ask(gateway, name, app_definitions=[MISTYPED])
    assert (result.get("failed"), items) == (None, [])
    assert "app definitions (not allowed" in result["warnings"][0]


@pytest.mark.parametrize("name", ENDS)
def test_a_mistyped_one_that_is_to_be_protected_is_warned_of(world, ask, name):
    for protected, told in ((MISTYPED, True), (DELETED, False)):
        result, _items = ask(world.gateway(), name, users=["ada@tum.de"], protect={"app_definitions": [protected]})
        warned = [text for text in result["warnings"] if "protect: there is no app definition" in text]
        assert bool(warned) is told
        assert not told or warned[0].endswith(f"{KNOWN} is the nearest name, so that this name protects nothing")
