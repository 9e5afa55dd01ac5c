# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes of workspaces: how to keep one, how to remove one that was kept, and how to bring its files back.

Nothing here reads or sends. A volume outlives its workspace and its claim and knows neither of them by then, so whose
files it holds is noted on it before the workspace goes.
"""

from __future__ import annotations

import json
import shlex
import typing as t

from .._platform.names import WORKSPACE_NOTE
from .._platform.storage import FilesOwner, VolumeRow, write_note

VolumeOption = t.Literal["follow", "retain", "reclaim"]
_WAIT = "--timeout=120s"


def note_patch(volume: VolumeRow, kept: FilesOwner, option: VolumeOption) -> dict[str, t.Any] | None:
    """What is written to a volume before its workspace is deleted; None if all of it is there already."""
    retains = option == "retain" and volume.reclaim_policy != "Retain"
    if volume.kept == kept and not retains:
        return None
    patch = _guarded(volume, annotations={WORKSPACE_NOTE: write_note(kept, volume.claim_uid)})
    return {**patch, "spec": {"persistentVolumeReclaimPolicy": "Retain"}} if retains else patch


def reclaim_patch(volume: VolumeRow) -> dict[str, t.Any]:
    """Hands a Released volume to its provisioner, which removes it and what is stored in it.

    Deleting the object alone would leave the files where they are, and nobody knowing of them.
    """
    return {**_guarded(volume), "spec": {"persistentVolumeReclaimPolicy": "Delete"}}


def restore_steps(volume: str, kept: FilesOwner, *, namespace: str, policy_before: str | None) -> list[str]:
    """The commands that give a Released volume to a new workspace of the same name, for one shell, in this order.

    The operator makes a claim with an empty volume for every workspace, under a name of its own choosing. That claim is
    replaced by one for the volume that was kept, which is reserved for it before, so that nobody else gets the files.
    """
    fields = {"name": kept.name, "label": kept.label, "appDefinition": kept.app_definition, "user": kept.user}
    workspace = {
        "apiVersion": "theia.cloud/v1beta5",
        "kind": "Workspace",
        "metadata": {"name": kept.name, "namespace": namespace},
        "spec": {name: value for name, value in fields.items() if value},
    }
    reserved = {"namespace": namespace, "name": "CLAIM", "uid": None, "resourceVersion": None}
    reserve = shlex.quote(_compact({"spec": {"claimRef": reserved}})).replace("CLAIM", "'\"$claim\"'")
    rebind = {"metadata": {"annotations": None}, "spec": {"volumeName": volume}}
    ours = f"kubectl -n {namespace}"
    patch = f"kubectl patch pv {volume} --type=merge -p"
    claim_again = f"kubectl patch --local -f - --type=merge -p {shlex.quote(_compact(rebind))} -o json"
    gone = shlex.quote(_compact({"spec": {"persistentVolumeReclaimPolicy": "Delete"}}))
    steps = [
        f"echo {shlex.quote(_compact(workspace))} | kubectl create -f -",
        f"{ours} wait workspaces.theia.cloud {kept.name} --for=jsonpath='{{.status.operatorStatus}}'=HANDLED {_WAIT}",
        f"claim=$({ours} get workspaces.theia.cloud {kept.name} -o jsonpath='{{.spec.storage}}')",
        f"empty=$({ours} get pvc \"$claim\" -o jsonpath='{{.spec.volumeName}}')",
        f"{patch} {reserve}",
        f'{ours} get pvc "$claim" -o json | {claim_again} | kubectl replace --force -f -',
        f"{ours} wait pvc \"$claim\" --for=jsonpath='{{.status.phase}}'=Bound {_WAIT}",
    ]
    # Under one policy the volume would outlive its next workspace by mistake, under the other the empty one does.
    return [
        *steps,
        f"{patch} {gone}" if policy_before == "Delete" else f'kubectl patch pv "$empty" --type=merge -p {gone}',
    ]


def _guarded(volume: VolumeRow, **metadata: t.Any) -> dict[str, t.Any]:
    return {"metadata": {"resourceVersion": volume.resource_version, **metadata}}


def _compact(content: t.Any) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)
