# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing kept files back: which volume is meant, what speaks against it, and what is written. Nothing is sent here.

The operator gives each workspace a claim whose name only the operator knows, with an empty volume or none yet. That
claim is replaced by one of the same name that asks for the kept volume. The volume stays Released, and so bound to
nothing, until the new claim exists; one guarded write then hands it over. Until the new claim is bound, the volume and
the empty one are kept whatever happens.
"""

from __future__ import annotations

import typing as t

from ..._common.errors import EduideError, Misconfigured, NotFound
from ..._platform.names import VOLUME_FROM, WORKSPACE_LABEL, WORKSPACE_NOTE
from ..._platform.rows import WorkspaceRow
from ..._platform.storage import ClaimRow, FilesOwner, VolumeRow, write_note
from ..volumes import guarded

Json = dict[str, t.Any]
RETAIN: t.Final = "Retain"
DELETE: t.Final = "Delete"


class Found(t.NamedTuple):
    """All that decides about one volume and the workspace that is to get it."""

    volume: VolumeRow
    owner: FilesOwner
    workspace: WorkspaceRow | None = None
    made_for: str | None = None
    """The volume that the workspace was made for, if this collection made it for one."""
    claim: ClaimRow | None = None
    """The one that the workspace names."""
    sessions: tuple[str, ...] = ()
    """All on the workspace, whatever their state."""

    @property
    def handed_over(self) -> bool:
        """Whether the volume is this workspace's already."""
        return self.claim is not None and self.volume.claim_uid == self.claim.uid

    @property
    def bound(self) -> bool:
        claim, volume = self.claim, self.volume
        return self.handed_over and claim is not None and (claim.phase, claim.volume) == ("Bound", volume.name)

    @property
    def finished(self) -> bool:
        return self.bound and not (self.made_for == self.volume.name and self.volume.files_owner)


class Candidates(t.NamedTuple):
    """Where the volume that a task means is looked for."""

    namespace: str
    volumes: t.Sequence[VolumeRow]
    made_for: t.Mapping[str, FilesOwner]
    """The workspaces that were made for a volume, by its name."""


def find_volume(candidates: Candidates, wanted: str) -> VolumeRow:
    """The volume of this name, or the one that the workspace of this name left or has got back."""
    volumes = candidates.volumes
    if named := [volume for volume in volumes if volume.name == wanted]:
        return named[0]
    back = {name for name, owner in candidates.made_for.items() if owner.name == wanted}
    left = [
        volume
        for volume in volumes
        if volume.files_owner and wanted in (volume.files_owner.name, volume.files_owner.uid)
    ]
    found = [volume for volume in left if volume.abandoned] or [volume for volume in volumes if volume.name in back]
    if len(found) > 1:
        names = ", ".join(sorted(volume.name for volume in found))
        raise Misconfigured(f"workspace {wanted!r}: it left the volumes {names}; name one of them in volume_from")
    if not found:
        kept = sorted(volume.name for volume in volumes if volume.abandoned)
        nearest = f"kept here: {', '.join(kept[:10])}" if kept else "no volume is kept here"
        raise NotFound(
            f"volume_from={wanted!r}: no volume of {candidates.namespace} has this name or says that it holds the "
            f"files of this workspace; {nearest}"
        )
    return found[0]


def owner_of(volume: VolumeRow, candidates: Candidates, params: t.Mapping[str, t.Any]) -> FilesOwner:
    """Whose workspace gets the volume: as is written down in the cluster, else as the task says."""
    noted = volume.files_owner or candidates.made_for.get(volume.name)
    stated = {field: params[field] for field in ("name", "user", "app_definition", "label") if params[field]}
    if noted is None:
        if lacking := [field for field in ("name", "user", "app_definition") if field not in stated]:
            raise Misconfigured(
                f"volume {volume.name}: nothing on it says whose files it holds; state {' and '.join(lacking)}"
            )
        return FilesOwner(stated["name"], "", stated["user"], stated["app_definition"], stated.get("label"))
    for field in ("name", "user"):
        if stated.get(field, getattr(noted, field)) != getattr(noted, field):
            raise Misconfigured(
                f"volume {volume.name}: it holds the files of workspace {noted.name!r} of {noted.user!r}, and the "
                f"task says {field}={stated[field]!r}; leave {field} out"
            )
    return noted._replace(app_definition=stated.get("app_definition", noted.app_definition))


def objection(found: Found) -> EduideError | None:
    """Why the files cannot be brought back now; None if nothing speaks against it."""
    if found.finished:
        return None
    text = None if found.handed_over else _about_volume(found.volume)
    if text:
        return EduideError(f"volume {found.volume.name}: {text}")
    text = _about_workspace(found, found.workspace) if found.workspace else None
    return EduideError(f"workspace {found.owner.name!r}: {text}") if text else None


def _about_volume(volume: VolumeRow) -> str | None:
    if volume.phase != "Released":
        held = f", by claim {volume.claim}" if volume.phase == "Bound" else ""
        return f"it is {volume.described}{held}; only a Released volume can be given to a workspace"
    if volume.reclaim_policy != RETAIN:
        return (
            f"its reclaim policy is {volume.reclaim_policy}, so the cluster may be removing it right now; set it to "
            "Retain, and run this again if it is still Released then"
        )
    return None


def _about_workspace(found: Found, workspace: WorkspaceRow) -> str | None:
    if workspace.deleting:
        return "it is being deleted; run this again when it is gone"
    if workspace.user != found.owner.user:
        return f"it belongs to {workspace.user!r}, and the files to {found.owner.user!r}; give it another name"
    if found.handed_over:
        return None
    if found.made_for != found.volume.name:
        return "it is there already, with files of its own; delete it with volume=retain first"
    if found.sessions:
        return f"session {', '.join(found.sessions)} is on it without the files; stop it and run this again"
    return None


def workspace_body(owner: FilesOwner, volume: str) -> Json:
    """The workspace anew, marked with the volume that it is made for."""
    fields = {"name": owner.name, "label": owner.label, "appDefinition": owner.app_definition, "user": owner.user}
    return {
        "metadata": {"name": owner.name, "annotations": {VOLUME_FROM: volume}},
        "spec": {field: value for field, value in fields.items() if value},
    }


def claim_body(volume: VolumeRow, workspace: str, *, claim: str, owner_uid: str) -> Json:
    """The claim of a workspace as the operator makes it, except that it asks for this volume."""
    owner = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "name": workspace, "uid": owner_uid}
    return {
        "metadata": {"name": claim, "labels": {WORKSPACE_LABEL: workspace}, "ownerReferences": [owner]},
        "spec": {
            "accessModes": list(volume.access_modes),
            "resources": {"requests": {"storage": str(volume.capacity_bytes)}},
            "storageClassName": volume.storage_class or "",
            "volumeName": volume.name,
        },
    }


def keep_patch(volume: VolumeRow) -> Json:
    """Keeps an empty volume too: a student may have got into it meanwhile."""
    return {**guarded(volume), "spec": {"persistentVolumeReclaimPolicy": RETAIN}}


def hand_over_patch(found: Found, claim: ClaimRow) -> Json:
    """Gives the volume to the claim, and keeps the note that is needed until the end."""
    note = write_note(found.owner, claim.uid, found.volume.policy_before)
    reference = {"name": claim.name, "uid": claim.uid, "resourceVersion": None}
    return {
        **guarded(found.volume, annotations={WORKSPACE_NOTE: note}),
        "spec": {"claimRef": reference},
    }


def claim_note(volume: VolumeRow) -> Json:
    """Says on the claim where its volume is from."""
    return {"metadata": {"annotations": {VOLUME_FROM: volume.name}}}


def final_patch(volume: VolumeRow) -> Json:
    """The volume is an ordinary one again: with the policy from before, and without a note."""
    patch = guarded(volume, annotations={WORKSPACE_NOTE: None})
    before = volume.policy_before
    return {**patch, "spec": {"persistentVolumeReclaimPolicy": before}} if before else patch
