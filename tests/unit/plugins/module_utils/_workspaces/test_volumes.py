# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written to volumes, and the commands that bring one back. That the commands work is shown on the lab."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, volumes_of, write_note
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.volumes import (
    note_patch,
    reclaim_patch,
    restore_steps,
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
    assert volume(note=note).kept is None


@pytest.mark.parametrize(("option", "policy"), [("retain", "Retain"), ("reclaim", None)])
def test_a_note_says_whose_files_these_are_and_retain_keeps_them(option, policy):
    patch = note_patch(volume(), KEPT, option)
    assert patch["metadata"]["resourceVersion"] == "1"
    assert patch.get("spec") == ({"persistentVolumeReclaimPolicy": policy} if policy else None)
    note = patch["metadata"]["annotations"]["eduide-theia/workspace"]
    assert volume(note=note).kept == KEPT


def test_a_volume_that_has_it_all_is_not_written_to():
    note = write_note(KEPT, "gone")
    assert note_patch(volume(policy="Retain", note=note), KEPT, "retain") is None
    assert note_patch(volume(policy="Retain", note=note), KEPT, "reclaim") is None
    assert note_patch(volume(policy="Delete", note=note), KEPT, "retain") is not None


def test_reclaiming_leaves_it_to_the_provisioner():
    patch = reclaim_patch(volume(policy="Retain"))
    assert patch == {"metadata": {"resourceVersion": "1"}, "spec": {"persistentVolumeReclaimPolicy": "Delete"}}


@pytest.mark.parametrize(("policy", "removed_in_the_end"), [("Delete", "pvc-1"), ("Retain", '"$empty"')])
def test_in_the_end_no_volume_stays_that_should_not(policy, removed_in_the_end):
    steps = restore_steps("pvc-1", KEPT, namespace=NAMESPACE, policy_before=policy)
    changes = [step for step in steps if "persistentVolumeReclaimPolicy" in step]
    assert changes == steps[-1:]
    assert f"patch pv {removed_in_the_end} " in changes[0]


def test_the_shell_hands_json_on_as_it_is(tmp_path):
    """Names of people may have quotes in them, and one value comes from a variable."""
    steps = restore_steps("pvc-1", KEPT, namespace=NAMESPACE, policy_before=None)
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(
        '#!/bin/sh\ncase "$*" in *jsonpath=*.spec.storage*) echo claim-9;; *) printf "%s\\n" "$@";; esac\n'
    )
    kubectl.chmod(0o700)

    def run(*commands):
        script = "\n".join((f"PATH={shlex.quote(str(tmp_path))}:$PATH", *commands))
        return subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()

    body = steps[0].replace("kubectl create -f -", "cat")
    assert json.loads(run(body)[0])["spec"] == {
        "name": "ws-1",
        "label": "Ada's own",
        "appDefinition": "java-17-latest",
        "user": "ada@tum.de",
    }
    claim, reserve = run(steps[2], 'echo "$claim"')[0], run(steps[2], steps[4])[-1]
    assert claim == "claim-9"
    reference = {"namespace": NAMESPACE, "name": "claim-9", "uid": None, "resourceVersion": None}
    assert json.loads(reserve) == {"spec": {"claimRef": reference}}
