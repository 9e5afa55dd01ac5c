# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving a kept volume to a workspace, one step after the other. Each looks first at what the ones before it did."""

from __future__ import annotations

import contextlib
import typing as t

from ..._common.batch import retry_on_conflict
from ..._common.errors import Conflict, EduideError, NotFound, WaitTimeout
from ..._common.waiting import wait_until
from ..._kubernetes.kinds import PV, PVC, SESSION, WORKSPACE
from ..._platform.names import VOLUME_FROM
from ..._platform.rows import session_row, workspace_row
from ..._platform.storage import ClaimRow, FilesOwner, VolumeRow, claim_row, volumes_of
from ..record import is_on
from ..volumes import reclaim_patch
from .plan import (
    RETAIN,
    Candidates,
    Found,
    claim_body,
    claim_note,
    final_patch,
    hand_over_patch,
    keep_patch,
    objection,
    workspace_body,
)

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway, Json

ROUNDS = 5
STEPS = (
    "the operator makes a claim for the workspace",
    "the empty claim is gone",
    "the volume is given to a new claim",
    "the new claim is bound",
    "the volume has its own reclaim policy",
)
_BINDS = 3.0
Progress = t.Callable[[str, int, int], None]
"""Called with what is waited for, and which step of how many that is."""


def candidates(gateway: Gateway) -> Candidates:
    """All volumes of this namespace, and the workspaces that were made for one."""
    made_for: dict[str, FilesOwner] = {}

    def note(obj: Json) -> None:
        row, volume = workspace_row(obj), _made_for(obj)
        if volume:
            made_for[volume] = FilesOwner(row.name, row.uid, row.user, row.app_definition, row.label)

    gateway.list(WORKSPACE, project=note)
    volumes = gateway.list(PV, project=volumes_of(gateway.namespace))
    return Candidates(gateway.namespace, volumes, made_for)


def look(gateway: Gateway, volume: VolumeRow, owner: FilesOwner) -> Found:
    """The workspace of this name with all that hangs on it, and the volume as it is now."""
    found = gateway.get(WORKSPACE, owner.name)
    current = gateway.get(PV, volume.name)
    row = volumes_of(gateway.namespace)(current) if current else None
    if row is None or row.uid != volume.uid:
        raise NotFound(f"volume {volume.name}: it is gone, or belongs to another namespace by now")
    if found is None:
        return Found(row, owner)
    workspace = workspace_row(found)
    claim = gateway.get(PVC, workspace.claim) if workspace.claim else None
    sessions = gateway.list(SESSION, project=session_row)
    return Found(
        volume=row,
        owner=owner,
        workspace=workspace,
        made_for=_made_for(found),
        claim=claim_row(claim) if claim else None,
        sessions=tuple(sorted(each.name for each in sessions if is_on(owner.name, each))),
    )


def _made_for(workspace: Json) -> str | None:
    """The volume that a workspace was made for."""
    volume: str | None = (workspace["metadata"].get("annotations") or {}).get(VOLUME_FROM)
    return volume


class Restoring:
    """One volume on its way to one workspace."""

    def __init__(self, gateway: Gateway, found: Found, *, timeout_seconds: float, progress: Progress) -> None:
        self.changed = False
        self.left_empty: str | None = None
        """The empty volume that is still there."""
        self._gateway, self._volume, self._owner = gateway, found.volume, found.owner
        self._timeout_seconds, self._progress = timeout_seconds, progress

    def carry_out(self) -> Found:
        """All steps that are not done yet; raises as soon as one did not work."""
        found, empty = self._looked(), None
        if not found.handed_over:
            found = self._with_claim(found)
            empty = self._free_name(found)
            self._hand_over()
        self._wait(3, lambda now: now.bound)
        self._finish()
        if empty is not None:
            self._reclaim(empty)
        return self._looked()

    def _looked(self) -> Found:
        """As it is now; raises what speaks against going on."""
        found = look(self._gateway, self._volume, self._owner)
        if error := objection(found):
            raise error
        return found

    def _tell(self, step: int) -> None:
        self._progress(f"steps, waiting until {STEPS[step]}", step, len(STEPS))

    def _wait(self, step: int, reached: t.Callable[[Found], bool]) -> Found:
        self._tell(step)
        seen, done = wait_until(self._looked, reached, timeout_seconds=self._timeout_seconds, interval_seconds=0.5)
        if not done:
            raise WaitTimeout(
                f"workspace {self._owner.name!r}: after {self._timeout_seconds} s it is not so that {STEPS[step]}"
            )
        return seen

    def _with_claim(self, found: Found) -> Found:
        """A workspace for which the operator has made a claim."""
        if found.workspace is None:
            # Of one that another client made first the next look tells whose it is.
            with contextlib.suppress(Conflict):
                self._gateway.create(WORKSPACE, workspace_body(self._owner, self._volume.name))
            self.changed = True

        def handled(now: Found) -> bool:
            row = now.workspace
            if row is None:
                raise NotFound(f"workspace {self._owner.name!r}: another client deleted it just now")
            if row.operator_status == "ERROR":
                raise EduideError(
                    f"workspace {row.name!r}: the operator gave up on it: {row.error or 'no reason given'}"
                )
            return row.operator_status == "HANDLED" and row.claim is not None

        return self._wait(0, handled)

    def _free_name(self, found: Found) -> VolumeRow | None:
        """Delete the empty claim, and keep the volume that it has got by now; returns that volume."""
        if found.claim is None or found.claim.volume == self._volume.name:
            return None
        old = found.claim.uid
        # Most storage classes bind a claim within a moment, some only for its first pod.
        wait_until(self._looked, lambda now: now.claim is None or now.claim.volume is not None, timeout_seconds=_BINDS)

        def attempt(_again: bool) -> VolumeRow | None:
            now = self._looked()
            if now.claim is None or now.claim.uid != old:
                return None
            empty = self._volume_of(now.claim)
            if empty is not None and empty.reclaim_policy != RETAIN:
                self._gateway.merge_patch(PV, empty.name, keep_patch(empty))
                self.changed = True
            self._gateway.delete(PVC, now.claim.name, uid=old, resource_version=now.claim.resource_version)
            return empty

        empty = retry_on_conflict(ROUNDS, attempt, doing="its empty claim was being replaced")
        self.changed = True
        self.left_empty = empty.name if empty else None
        self._wait(1, lambda now: now.claim is None or now.claim.uid != old)
        return empty

    def _volume_of(self, claim: ClaimRow) -> VolumeRow | None:
        raw = self._gateway.get(PV, claim.volume) if claim.volume else None
        return volumes_of(self._gateway.namespace)(raw) if raw else None

    def _hand_over(self) -> None:
        """Make a claim that asks for the volume, and give the volume to that very claim."""
        self._tell(2)

        def attempt(_again: bool) -> None:
            found = self._looked()
            if found.handed_over:
                return
            claim = found.claim or self._new_claim(found)
            if claim.volume != self._volume.name:
                raise EduideError(f"claim {claim.name}: another client made it anew; run this again")
            self._gateway.merge_patch(PV, self._volume.name, hand_over_patch(found, claim))
            self.changed = True
            # The cluster binds a claim at once when it changes, and otherwise at its next round.
            self._gateway.merge_patch(PVC, claim.name, claim_note(found.volume))

        retry_on_conflict(ROUNDS, attempt, doing="its volume was being given to it")

    def _new_claim(self, found: Found) -> ClaimRow:
        workspace = found.workspace
        if workspace is None or workspace.claim is None:
            raise NotFound(f"workspace {self._owner.name!r}: another client deleted it just now")
        body = claim_body(found.volume, workspace.name, claim=workspace.claim, owner_uid=workspace.uid)
        return claim_row(self._gateway.create(PVC, body))

    def _finish(self) -> None:
        """The volume becomes an ordinary one again."""
        self._tell(4)

        def attempt(_again: bool) -> None:
            now = self._looked()
            if not now.finished:
                self._gateway.merge_patch(PV, now.volume.name, final_patch(now.volume))
                self.changed = True

        retry_on_conflict(ROUNDS, attempt, doing="its reclaim policy was being set")

    def _reclaim(self, empty: VolumeRow) -> None:
        """Remove the empty volume. No session was there to write to it while it had a claim."""

        def looked() -> VolumeRow | None:
            raw = self._gateway.get(PV, empty.name)
            return volumes_of(self._gateway.namespace)(raw) if raw else None

        def left(now: VolumeRow | None) -> bool:
            return now is None or (now.phase, now.claim_uid) == ("Released", empty.claim_uid)

        now, released = wait_until(looked, left, timeout_seconds=self._timeout_seconds, interval_seconds=0.5)
        if now is None:
            self.left_empty = None
        elif released:
            with contextlib.suppress(EduideError):
                self._gateway.merge_patch(PV, empty.name, reclaim_patch(now))
                self.left_empty = None
