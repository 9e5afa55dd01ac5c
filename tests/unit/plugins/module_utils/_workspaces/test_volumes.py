# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written to volumes."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, volumes_of, write_note
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.volumes import (
    note_patch,
    reclaim_patch,
)
from unit.workspace_world import NAMESPACE, WorkspaceWorld

KEPT = FilesOwner("ws-1", "uid-1", "ada@tum.de", "java-17-latest", "Ada's own")


def volume(policy="Delete", note=None):
    obj = WorkspaceWorld().volume("pvc-1", policy=policy)
    if note is not None:
        obj["metadata"]["annotations"] = {"eduide-theia/workspace": note}
    return volumes_of(NAMESPACE)(obj)


@pytest.mark.parametrize("note", ["", "no json", "[]", '{"name": "ws-1"}', '{"other": 1}', "null"])
def test_a_note_that_others_wrote_is_none(note):
    assert volume(note=note).files_owner is None


@pytest.mark.parametrize(("option", "policy"), [("retain", "Retain"), ("reclaim", None)])
def test_a_note_says_whose_files_these_are_and_retain_keeps_them(option, policy):
    patch = note_patch(volume(), KEPT, option)
    assert patch["metadata"]["resourceVersion"] == "1"
    assert patch.get("spec") == ({"persistentVolumeReclaimPolicy": policy} if policy else None)
    note = patch["metadata"]["annotations"]["eduide-theia/workspace"]
    assert volume(note=note).files_owner == KEPT


def test_a_volume_that_has_it_all_is_not_written_to():
    note = write_note(KEPT, "gone")
    assert note_patch(volume(policy="Retain", note=note), KEPT, "retain") is None
    assert note_patch(volume(policy="Retain", note=note), KEPT, "reclaim") is None
    assert note_patch(volume(policy="Delete", note=note), KEPT, "retain") is not None


def test_reclaiming_leaves_it_to_the_provisioner():
    patch = reclaim_patch(volume(policy="Retain"))
    assert patch == {"metadata": {"resourceVersion": "1"}, "spec": {"persistentVolumeReclaimPolicy": "Delete"}}


def test_the_policy_from_before_is_noted_and_outlives_a_second_try():
    patch = note_patch(volume(policy="Delete"), KEPT, "retain")
    noted = volume(policy="Retain", note=patch["metadata"]["annotations"]["eduide-theia/workspace"])
    assert (noted.reclaim_policy, noted.policy_before) == ("Retain", "Delete")
    again = note_patch(noted, KEPT._replace(label="other"), "retain")
    assert volume(note=again["metadata"]["annotations"]["eduide-theia/workspace"]).policy_before == "Delete"


@pytest.mark.parametrize(
    ("phase", "abandoned"),
    [(None, False), ("Pending", False), ("Available", False), ("Bound", False)]
    + [(phase, True) for phase in ("Released", "Failed", "SomethingNew")],
)
def test_whatever_is_no_longer_bound_and_still_there_was_left(phase, abandoned):
    obj = WorkspaceWorld().volume("pvc-1")
    obj["status"] = {"phase": phase, "reason": "VolumeFailedDelete", "message": "disk is busy"}
    row = volumes_of(NAMESPACE)(obj)
    assert row.abandoned is abandoned
    assert row.described == f"{phase} (VolumeFailedDelete: disk is busy)"
