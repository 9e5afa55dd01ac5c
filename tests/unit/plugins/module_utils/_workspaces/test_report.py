# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read after workspaces were deleted or pruned; the tables are the matter of tests of their own."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext
from ansible_collections.eduide.theia.plugins.module_utils._workspaces import report

OUTLOOK = {"in_use": 1, "waiting": 2, "unobserved": 3, "protected": 4, "due": ["u1"], "next_at": "2027-03-01T00:00:00Z"}
KEPT = (
    "Kept: 1 with a session, 2 unused for too short a time, 3 not observed before, 4 protected by annotation."
)  # fmt: skip


@pytest.fixture(autouse=True)
def tables(monkeypatch):
    for table in ("workspace_table", "session_table"):
        monkeypatch.setattr(
            report, table, lambda records, outcomes, limit: f"{len(records)}+{len(outcomes)} of {limit}"
        )


def deleted(result, *, would=False, **terms):
    return report.delete_report(result, terms=terms, would=would, rows=30, command=RunContext().command)


def test_who_could_not_act_or_found_nothing_says_so():
    assert deleted({"msg": "no right"}) == ["Nothing was done."]
    assert deleted({"workspaces": [], "outcomes": {}}) == ["There is no such workspace."]


def test_a_deletion_counts_outcomes_and_says_how_to_end_what_is_in_use():
    items = [{"name": n, "outcome": o, "restore": []} for n, o in (("w1", "deleted"), ("w2", "kept_in_use"))]
    result = {"workspaces": items, "outcomes": {"deleted": 1, "kept_in_use": 1}, "sessions": [{"name": "s"}]}
    table, gone, kept, _their, sessions, in_use = deleted(result, would=True)
    assert (table, gone, kept, sessions) == ("0+2 of 30", "1 would be deleted", "1 kept_in_use", "0+1 of 30")
    assert in_use.startswith("1 is in use. To stop the sessions first: ansible-playbook eduide.theia.delete_workspaces")
    assert '"workspaces": ["w2"], "live_sessions": "stop"' in in_use
    assert len(deleted(result, live_sessions="stop")) == 5


def test_who_kept_files_and_few_goes_on_with_the_same():
    """Pasted as it stands: what was not repeated would be destroyed by what the playbook does by itself."""
    item = {"name": "w2", "outcome": "kept_in_use", "restore": []}
    terms = {"volume": "retain", "discard_data": [], "without_operator": False, "max_delete": 0, "max_percent": 5}
    *_lines, told = deleted({"workspaces": [item], "outcomes": {}}, live_sessions="refuse", **terms)
    assert told.endswith(
        '{"workspaces": ["w2"], "live_sessions": "stop", "volume": "retain", "max_delete": 0, "max_percent": 5}\''
    )


OWNER = {"name": "w1", "volume": "pvc-1", "user": "ada", "app_definition": "java"}
RESTORE = (
    "ansible-playbook eduide.theia.restore_workspace -e "
    '\'{"volume_from": "pvc-1", "workspace": "w1", "user": "ada", "app_definition": "java"}\''
)


@pytest.mark.parametrize(
    ("would", "told"), [(False, "To bring the files of w1 back: "), (True, "To bring the files of w1 back then: ")]
)
def test_how_to_bring_files_back_stands_at_the_end(would, told):
    item = {**OWNER, "outcome": "deleted", "restore": ["step 1 &&", "step 2"]}
    lines = deleted({"workspaces": [item], "outcomes": {"deleted": 1}}, would=would)
    assert lines[-6:] == [told + RESTORE, "The same by hand, in one shell:", "(", "step 1 &&", "step 2", ")"]


def test_a_restore_that_began_and_failed_says_how_to_go_on():
    def told(**result):
        return report.restore_report(result, command=RunContext().command)

    items = [{**OWNER, "outcome": "failed"}]
    assert told(msg="no right") == ["Nothing was done."]
    assert told(workspaces=items, msg="no luck", changed=True) == ["0+1 of None", f"To go on: {RESTORE}"]
    assert told(workspaces=items, changed=True) == ["0+1 of None"]


def pruned(result, *, noted=True, observation=None):
    listed = {"workspaces": [{"uid": "u1"}, {"uid": "u2"}], "observation": observation}
    return report.retention_report(listed, result, outlook=OUTLOOK, noted=noted, would=False, rows=5)


def test_retention_shows_what_is_due_or_what_was_done_and_counts_the_rest():
    assert pruned({})[:2] == ["1+0 of 5", KEPT]
    protected = {"uid": "u2", "outcome": "kept_protected"}
    done = {
        "workspaces": [{"uid": "u1", "outcome": "deleted"}, protected],
        "outcomes": {"deleted": 1, "kept_protected": 1},
    }
    assert pruned(done)[:4] == ["1+1 of 5", "1 deleted", "1 kept_protected", KEPT]
    assert pruned({"workspaces": [protected], "outcomes": {"kept_protected": 1}})[0] == "Nothing is deleted."


OBSERVED = {"since": "2027-01-01T00:00:00Z", "last": "2027-01-09T00:00:00Z", "longest_gap_seconds": 5400}


@pytest.mark.parametrize(
    ("noted", "observation", "begins"),
    [
        (False, None, ["This look could not be noted, so nothing is known to be unused"]),
        (True, None, ["The first may go from 2027-03-01T00:00:00Z on"]),
        (
            True,
            OBSERVED,
            [
                "The next may go from 2027-03-01T00:00:00Z on",
                "Observed since 2027-01-01T00:00:00Z, with up to 1.5 hours between two looks.",
            ],
        ),
    ],
)
def test_retention_says_when_the_next_one_may_go_and_how_well_it_was_observed(noted, observation, begins):
    lines = pruned({}, noted=noted, observation=observation)[2:]
    assert len(lines) == len(begins)
    assert all(line.startswith(begin) for line, begin in zip(lines, begins, strict=True))
