# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of claims, volumes, and of the platform's own collector of workspaces."""

from __future__ import annotations

import json
import re
import typing as t

from .._common.quantities import byte_count
from .names import WORKSPACE_LABEL, WORKSPACE_NOTE

# The collector is written in Go: a length of time there is numbers with units, such as "336h" or "1209600s".
_UNIT_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_SPAN_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)")

Object = t.Mapping[str, t.Any]


class ClaimRow(t.NamedTuple):
    name: str
    uid: str
    resource_version: str
    created: str
    label: str | None
    """The workspace that its label names; members of a pool have a label of the same kind."""
    workspace: str | None
    """Uid of the workspace that owns it."""
    volume: str | None
    phase: str | None
    storage_class: str | None
    requested_bytes: int | None
    capacity_bytes: int | None
    in_pod: bool
    """Whether the cluster says that a pod mounts it. Clusters before Kubernetes 1.37 say nothing by themselves."""
    left_by_pods: str | None
    """Since when the cluster says that no pod mounts it."""


class FilesOwner(t.NamedTuple):
    """What has to be known of a workspace to make it anew."""

    name: str
    uid: str
    user: str
    app_definition: str
    label: str | None


class VolumeRow(t.NamedTuple):
    name: str
    uid: str
    resource_version: str
    created: str
    claim: str
    claim_uid: str | None
    phase: str | None
    reclaim_policy: str | None
    storage_class: str | None
    capacity_bytes: int | None
    access_modes: tuple[str, ...]
    trouble: str | None
    """Why it is in its phase, in the cluster's words."""
    files_owner: FilesOwner | None
    """The workspace whose files it holds, where that was noted before the workspace went."""
    policy_before: str | None
    """The reclaim policy from before it was kept for that workspace, where that was noted."""

    @property
    def abandoned(self) -> bool:
        """Whether its claim is gone and it is still there, whatever keeps it: Released, Failed, or a newer phase."""
        return self.phase not in (None, "Pending", "Available", "Bound")

    @property
    def described(self) -> str:
        """Its phase, with what the cluster says about it."""
        return f"{self.phase} ({self.trouble})" if self.trouble else str(self.phase)


class Collector(t.NamedTuple):
    """The platform's garbage collector, which deletes workspaces by their age alone."""

    ttl_seconds: int | None
    """None if its setting cannot be read from the Deployment."""


def claim_row(obj: Object) -> ClaimRow:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    owners = [owner["uid"] for owner in metadata.get("ownerReferences") or [] if owner["kind"] == "Workspace"]
    unused: Object = next((c for c in status.get("conditions") or [] if c.get("type") == "Unused"), {})
    return ClaimRow(
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        created=metadata["creationTimestamp"],
        label=(metadata.get("labels") or {}).get(WORKSPACE_LABEL) or None,
        workspace=next(iter(owners), None),
        volume=spec.get("volumeName") or None,
        phase=status.get("phase") or None,
        storage_class=spec.get("storageClassName") or None,
        requested_bytes=byte_count(((spec.get("resources") or {}).get("requests") or {}).get("storage")),
        capacity_bytes=byte_count((status.get("capacity") or {}).get("storage")),
        in_pod=unused.get("status") == "False",
        left_by_pods=unused.get("lastTransitionTime") if unused.get("status") == "True" else None,
    )


def volumes_of(namespace: str) -> t.Callable[[Object], VolumeRow | None]:
    """Keeps the volumes that were bound to a claim of this namespace: they are listed for the whole cluster."""

    def project(obj: Object) -> VolumeRow | None:
        metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
        claim = spec.get("claimRef") or {}
        if claim.get("namespace") != namespace:
            return None
        files_owner, policy_before = _read_note(
            (metadata.get("annotations") or {}).get(WORKSPACE_NOTE), claim.get("uid")
        )
        return VolumeRow(
            name=metadata["name"],
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
            created=metadata["creationTimestamp"],
            claim=str(claim.get("name") or ""),
            claim_uid=claim.get("uid") or None,
            phase=status.get("phase") or None,
            reclaim_policy=spec.get("persistentVolumeReclaimPolicy") or None,
            storage_class=spec.get("storageClassName") or None,
            capacity_bytes=byte_count((spec.get("capacity") or {}).get("storage")),
            access_modes=tuple(spec.get("accessModes") or ()),
            trouble=": ".join(text for text in (status.get("reason"), status.get("message")) if text) or None,
            files_owner=files_owner,
            policy_before=policy_before,
        )

    return project


def read_collector(deployment: Object) -> Collector | None:
    """None if it is scaled to nothing, so that it deletes nothing."""
    spec = deployment["spec"]
    if spec.get("replicas") == 0:
        return None
    variables = [v for c in spec["template"]["spec"]["containers"] for v in c.get("env") or []]
    stated = next((v.get("value") for v in variables if v["name"] == "WORKSPACE_TTL"), None)
    return Collector(_span_seconds(str(stated or "")))


def write_note(files_owner: FilesOwner, claim_uid: str | None, policy_before: str | None = None) -> str:
    """Whose files a volume holds, as long as that claim is the last one it was bound to."""
    return json.dumps({**files_owner._asdict(), "claim_uid": claim_uid, "reclaim_policy": policy_before})


def _read_note(text: str | None, claim_uid: str | None) -> tuple[FilesOwner, str | None] | tuple[None, None]:
    """None also for what this collection did not write, and once another claim got the volume, with others' files."""
    try:
        content = json.loads(text or "")
        policy_before = content.pop("reclaim_policy", None)
        return (FilesOwner(**content), policy_before) if content.pop("claim_uid") == claim_uid else (None, None)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, None


def _span_seconds(text: str) -> int | None:
    """A number without unit is taken for seconds: the collector may refuse it, and a warning too many does no harm."""
    if text.isdecimal():
        return int(text)
    parts = _SPAN_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return int(sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts))
