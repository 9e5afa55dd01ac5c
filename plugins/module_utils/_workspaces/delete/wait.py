# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until claims and volumes of deleted workspaces are what they should be, and reclaiming volumes on the way."""

from __future__ import annotations

import typing as t

from ..._common.errors import Conflict, EduideError, Forbidden, NotFound
from ..._common.waiting import Troubled, wait_until
from ..._kubernetes.kinds import PV
from ..._platform.rows import WorkspaceRow
from ..._platform.snapshot import read_list
from ..._platform.storage import VolumeRow
from ..record import NO_VOLUME, NOT_GONE, VOLUME_DELETED, VOLUME_RELEASED, Deletion
from ..volumes import reclaim_patch

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

VolumeEnding: t.TypeAlias = 'Deletion | t.Literal["not_gone"] | None'


class VolumeLeftovers(t.NamedTuple):
    """What a deleted workspace leaves behind for a while."""

    claim: str | None
    """Uid of its claim."""
    volume: str | None
    reclaim: bool
    workspace: str | None = None
    """Its own uid; None if it was gone before."""


class SettleResult(t.NamedTuple):
    endings: dict[str, VolumeEnding]
    """None where the volume cannot be read."""
    failures: dict[str, str]
    """Why a volume could not be reclaimed."""
    unread: str | None
    """Why nobody can tell how it ended."""
    delays: t.Mapping[str, str] = {}
    """What keeps those that have not ended, where the cluster says so."""


def settle(
    gateway: Gateway,
    leftovers: t.Mapping[str, VolumeLeftovers],
    *,
    timeout_seconds: float,
    progress: t.Callable[[int, int], None],
    troubled: Troubled | None = None,
) -> SettleResult:
    """How each ended, by the keys of what is left."""
    failures: dict[str, str] = {}
    delays: dict[str, str] = {}

    def look() -> dict[str, VolumeEnding]:
        workspaces = {row.uid: row for row in read_list(gateway, "workspaces")}
        claims = {row.uid for row in read_list(gateway, "claims")}
        volumes = _volumes(gateway)
        ended: dict[str, VolumeEnding] = {}
        delays.clear()
        for key, left in leftovers.items():
            volume = (volumes or {}).get(left.volume or "")
            workspace = workspaces.get(left.workspace or "")
            if delay := _delay(workspace, volume):
                delays[key] = delay
            # An accepted delete is not a finished one.
            if workspace or left.claim in claims:
                continue
            if volumes is None:
                ended[key] = None
                continue
            if key not in failures and left.reclaim and volume and _is_reclaimable(volume, left):
                _reclaim(gateway, volume, key, failures)
            elif key in failures or (ending := _ending(volume, left)) is None:
                continue
            else:
                ended[key] = ending
        progress(len(ended), len(leftovers))
        return ended

    if not leftovers:
        return SettleResult({}, {}, None)
    try:
        ended, _unused = wait_until(
            look,
            lambda seen: len(seen) + len(failures) == len(leftovers),
            timeout_seconds=timeout_seconds,
            troubled=troubled,
        )
    except EduideError as exc:
        return SettleResult({}, {**_untold(leftovers), **failures}, str(exc))
    return SettleResult({key: ended.get(key, NOT_GONE) for key in leftovers}, failures, None, delays)


def _untold(leftovers: t.Mapping[str, VolumeLeftovers]) -> dict[str, str]:
    """What was deleted is deleted; only what should be reclaimed may not have been."""
    text = "whether its volume {} is gone could not be read"
    return {key: text.format(left.volume) for key, left in leftovers.items() if left.reclaim}


def _delay(workspace: WorkspaceRow | None, volume: VolumeRow | None) -> str | None:
    """What keeps a workspace or its volume from going, where the cluster says so."""
    if workspace:
        return workspace.held or "it is still there"
    return f"volume {volume.name} is {volume.described}" if volume and volume.phase == "Failed" else None


def _volumes(gateway: Gateway) -> dict[str, VolumeRow] | None:
    try:
        return {row.name: row for row in read_list(gateway, "volumes")}
    except Forbidden:
        return None


def _is_reclaimable(volume: VolumeRow, left: VolumeLeftovers) -> bool:
    """Whether it is what that very claim left behind; a claim of the same name made since is another."""
    return (volume.phase, volume.claim_uid) == ("Released", left.claim) and volume.reclaim_policy != "Delete"


def _reclaim(gateway: Gateway, volume: VolumeRow, key: str, failures: dict[str, str]) -> None:
    try:
        gateway.merge_patch(PV, volume.name, reclaim_patch(volume))
    except (Conflict, NotFound):
        # The next look tells what it is by then.
        return
    except EduideError as exc:
        failures[key] = f"its volume {volume.name} stays: {exc}"


def _ending(volume: VolumeRow | None, left: VolumeLeftovers) -> Deletion | None:
    if left.volume is None:
        return NO_VOLUME
    if volume is None:
        return VOLUME_DELETED
    stays = volume.phase == "Released" and volume.reclaim_policy != "Delete" and not left.reclaim
    return VOLUME_RELEASED if stays else None
