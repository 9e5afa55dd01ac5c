# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The note on a volume that says whose files it holds, written before its workspace goes."""

from __future__ import annotations

import typing as t

from ..._common.batch import retry_on_conflict
from ..._common.errors import ServerFailed
from ..._kubernetes.kinds import PV, PVC
from ..._platform.storage import volumes_of
from ..._safety.guard import ROUNDS
from ..volumes import note_patch

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.storage import ClaimRow, FilesOwner
    from ..record import AssessedWorkspace
    from ..volumes import VolumeOption


def note_volume(gateway: Gateway, assessed: AssessedWorkspace, owner: FilesOwner | None, option: VolumeOption) -> bool:
    """Write on the volume whose files it holds, and keep it if that is wanted; whether anything was written."""
    claim, volume = assessed.claim, assessed.volume
    if volume is None or claim is None or option == "follow":
        return False
    if option == "reclaim" and volume.reclaim_policy == "Delete":
        return False

    def attempt(_again: bool) -> bool:
        found = gateway.get(PV, volume.name)
        current = volumes_of(gateway.namespace)(found) if found else None
        if current is None or current.claim_uid != claim.uid or owner is None:
            raise ServerFailed(f"its volume {volume.name} is bound to something else by now")
        patch = note_patch(current, owner, option)
        if patch is None:
            return False
        gateway.merge_patch(PV, volume.name, patch)
        return True

    return retry_on_conflict(ROUNDS, attempt, doing=f"its volume {volume.name} was being written to")


def has_volume(gateway: Gateway, claim: ClaimRow | None) -> bool:
    """Whether the claim has one by now."""
    found = gateway.get(PVC, claim.name) if claim else None
    return bool(found and found["spec"].get("volumeName"))
