# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes of workspaces: how to keep one, and how to remove one that was kept.

Nothing here reads or sends. A volume outlives its workspace and its claim and knows neither of them by then, so whose
files it holds is noted on it before the workspace goes.
"""

from __future__ import annotations

import typing as t

from .._platform.names import WORKSPACE_NOTE
from .._platform.storage import FilesOwner, VolumeRow, write_note

VolumeOption = t.Literal["follow", "retain", "reclaim"]


def note_patch(volume: VolumeRow, owner: FilesOwner, option: VolumeOption) -> dict[str, t.Any] | None:
    """What is written to a volume before its workspace is deleted; None if all of it is there already."""
    retains = option == "retain" and volume.reclaim_policy != "Retain"
    if volume.files_owner == owner and not retains:
        return None
    before = volume.policy_before or volume.reclaim_policy
    patch = guarded(volume, annotations={WORKSPACE_NOTE: write_note(owner, volume.claim_uid, before)})
    return {**patch, "spec": {"persistentVolumeReclaimPolicy": "Retain"}} if retains else patch


def reclaim_patch(volume: VolumeRow) -> dict[str, t.Any]:
    """Hands a Released volume to its provisioner, which removes it and what is stored in it.

    Deleting the object alone would leave the files where they are, and nobody knowing of them.
    """
    return {**guarded(volume), "spec": {"persistentVolumeReclaimPolicy": "Delete"}}


def guarded(volume: VolumeRow, **metadata: t.Any) -> dict[str, t.Any]:
    """The head of a patch that is refused if the volume has changed since."""
    return {"metadata": {"resourceVersion": volume.resource_version, **metadata}}
