# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that bring files back, run by real shells with a stand-in for kubectl. The lab has the real one."""

from __future__ import annotations

import json
import subprocess

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, volumes_of
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.restore.report import restore_steps
from unit.nasty_names import NASTY_NAMES
from unit.workspace_world import NAMESPACE, WorkspaceWorld

OWNER = FilesOwner("ws-1", "uid-1", "ada@tum.de", "java-17-latest", "Ada's own")
KUBECTL = r"""#!/bin/sh
case "$*" in *" -f -") cat >> calls; echo >> calls;; esac
printf '%s\n' "$*" >> calls
case "$*" in
*status.phase*claimRef*) printf '%s' 'Released Retain gone';;
*spec.storage*) printf '%s' claim-9;;
*spec.volumeName*) printf '%s' "$EMPTY";;
*metadata.uid*) printf '%s' uid-9;;
*metadata.resourceVersion*) printf '%s' 77;;
esac
"""


def steps(policy="Delete", owner=OWNER):
    return restore_steps(
        volumes_of(NAMESPACE)(WorkspaceWorld().volume("pvc-1", policy=policy)), owner, namespace=NAMESPACE
    )


@pytest.fixture(params=["sh", "bash"])
def run(request, tmp_path):
    """Run a script; returns how it ended and what kubectl was called with."""
    (tmp_path / "kubectl").write_text(KUBECTL)
    (tmp_path / "kubectl").chmod(0o700)

    def run(script, empty="pvc-empty"):
        (tmp_path / "calls").write_text("")
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "EMPTY": empty}
        done = subprocess.run([request.param, "-c", "\n".join(script)], cwd=tmp_path, env=env, check=False)
        return done.returncode, (tmp_path / "calls").read_text().splitlines()

    return run


def test_no_step_runs_after_one_that_failed(run):
    all_steps = steps()
    code, everything = run(all_steps)
    assert code == 0
    for number in range(len(all_steps)):
        code, calls = run(
            [*all_steps[:number], "false" + " &&" * (number < len(all_steps) - 1), *all_steps[number + 1 :]]
        )
        assert code != 0
        assert calls == everything[: len(calls)]
        assert len(calls) < len(everything)


@pytest.mark.parametrize(("policy", "removable"), [("Delete", ["pvc-1", "pvc-empty"]), ("Retain", ["pvc-empty"])])
def test_volumes_become_removable_at_the_very_end_and_never_before(run, policy, removable):
    _code, calls = run(steps(policy))
    removals = [number for number, call in enumerate(calls) if '"persistentVolumeReclaimPolicy": "Delete"' in call]
    assert [calls[number].split()[2] for number in removals] == removable
    bound = next(number for number, call in enumerate(calls) if "Bound --timeout=120s" in call)
    assert min(removals) > bound
    kept = next(number for number, call in enumerate(calls) if '"persistentVolumeReclaimPolicy": "Retain"' in call)
    deleted = next(number for number, call in enumerate(calls) if call.startswith("delete "))
    assert (calls[kept].split()[2], kept < deleted) == ("pvc-empty", True)


@pytest.mark.parametrize("empty", ["", "pvc-1"])
def test_where_no_other_volume_was_made_none_is_touched(run, empty):
    code, calls = run(steps(), empty=empty)
    assert code == 0
    patched = [call for call in calls if call.startswith("patch pv ")]
    assert {call.split()[2] for call in patched} == {"pvc-1"}
    assert ["Delete" in call for call in patched] == [False, True]


def test_what_was_read_guards_what_is_written(run):
    _code, calls = run(steps())
    (options,) = [call for call in calls if "DeleteOptions" in call]
    assert json.loads(options)["preconditions"] == {"resourceVersion": "77"}
    (given,) = [call for call in calls if "claimRef" in call and call.startswith("patch")]
    assert json.loads(given.split(" -p ")[1]) == {
        "metadata": {"resourceVersion": "77"},
        "spec": {"claimRef": {"name": "claim-9", "uid": "uid-9", "resourceVersion": None}},
    }
    (claim,) = [json.loads(call) for call in calls if '"PersistentVolumeClaim"' in call]
    assert claim["spec"]["volumeName"] == "pvc-1"
    assert (claim["metadata"]["name"], claim["metadata"]["ownerReferences"][0]["uid"]) == ("claim-9", "uid-9")


def test_names_of_people_reach_the_cluster_as_they_are(run):
    for name in [*NASTY_NAMES, "CLAIM", "OWNER"]:
        _code, calls = run([*steps(owner=OWNER._replace(user=name, label=name))[2:3], "true"])
        (body,) = [json.loads(call) for call in calls if '"Workspace"' in call]
        assert (body["spec"]["user"], body["spec"]["label"]) == (name, name)
