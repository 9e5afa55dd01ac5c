# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What templates show of workspaces."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.filter.retention_outlook import FilterModule as Outlook
from ansible_collections.eduide.theia.plugins.filter.workspace_table import FilterModule as Table
from unit.session_world import ago
from unit.workspace_world import WorkspaceWorld, looked

table = Table().filters()["workspace_table"]
outlook = Outlook().filters()["retention_outlook"]


@pytest.fixture(scope="module")
def records():
    world = WorkspaceWorld()
    world.app_definition()
    world.stored("ws-1", age=timedelta(days=90))
    world.stored("ws-2", policy="Retain")
    chain = looked(since=timedelta(days=40))
    return [assessed.record for assessed in world.assess_workspaces(observation=chain)]


def outcome(record, word, *, would=False, reason="named by this task"):
    kept = {field: record[field] for field in ("name", "uid", "user", "app_definition", "deletion", "deletion_note")}
    return {**kept, "claim": "claim", "outcome": word, "would": would, "reason": reason}


def test_a_table_has_ages_sizes_and_what_becomes_of_the_files(records):
    head, first, second = table(records)
    assert head.split() == ["WORKSPACE", "USER", "APP", "DEFINITION", "AGE", "UNUSED", "SIZE", "FILES"]
    assert first.split()[:7] == ["ws-1", "ada@tum.de", "java-17-latest", "90d0h", "40d0h", "250MiB", "volume"]
    assert second.endswith("volume stays as Released and must be reclaimed by hand")


def test_failures_stand_first_and_outcomes_without_a_record_have_a_row(records):
    gone = {"name": "gone", "uid": None, "outcome": "gone", "would": False, "reason": "there is no such workspace"}
    failed = outcome(records[1], "failed", reason="no luck")
    lines = table(records, outcomes=[gone, outcome(records[0], "deleted", would=True), failed])
    assert [line.split()[0] for line in lines[1::2]] == ["ws-2", "gone", "ws-1"]
    assert [line.strip() for line in lines[2::2]] == ["no luck", "there is no such workspace", "named by this task"]
    assert "would be deleted" in lines[5]


def test_long_tables_are_cut_with_a_count(records):
    assert table(records, limit=1)[2:] == ["… and 1 more"]


def test_the_outlook_is_that_of_the_rule(records):
    assert outlook(records, 30, ago())["due"] == [records[0]["uid"], records[1]["uid"]]
    assert outlook(records, "31", ago(), "2100-01-01")["next_at"] == "2100-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, ago()), "this rule of retention cannot be used: unused_days is 0"),
        ((30, ago(), "soon"), "this rule of retention cannot be used: Invalid isoformat"),
        ((30, None), "wants what theia_workspace_info returns"),
    ],
)
def test_mistakes_are_named(records, arguments, words):
    with pytest.raises(AnsibleFilterError, match=words):
        outlook(records, *arguments)


def test_records_of_something_else_are_refused():
    with pytest.raises(AnsibleFilterError, match="workspace_table wants records"):
        table([{"user": "ada"}])
    with pytest.raises(AnsibleFilterError, match="retention_outlook wants"):
        outlook([{"name": "s1"}], 30, ago())
