# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why instances do not become warm, told from what the cluster says about their pods."""

from __future__ import annotations

import collections
import typing as t

from .._platform.names import INSTANCE_PREFIX

# Reasons that do not pass by themselves; a container that is being created may still come.
STUCK_REASONS = frozenset(
    {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CrashLoopBackOff", "CreateContainerConfigError"}
)

# An instance that no operator cleaned: it stays as it is for as long as nothing changes.
DIRTY = "dirty: no operator saw its last session end, so it has that student's files and is not warm"


def project_pod_trouble(pod: t.Mapping[str, t.Any]) -> str | None:
    """What keeps this pod of a pool from being ready, in the cluster's words; None for other pods and for none."""
    name = pod["metadata"]["name"]
    if not name.startswith(f"{INSTANCE_PREFIX}-"):
        return None
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"unschedulable: {condition.get('message') or condition.get('reason')}"
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in STUCK_REASONS:
            message = waiting.get("message")
            # A crash loop's message names the pod, so that no two are alike; the image is what they share.
            return f"{waiting['reason']}: {message if message and name not in message else container.get('image')}"
    return None


def project_refused_pod(event: t.Mapping[str, t.Any]) -> str | None:
    """Why a ReplicaSet of a pool could not create its pod: the only trace that an exceeded quota leaves."""
    involved = event.get("involvedObject") or {}
    if event.get("reason") != "FailedCreate" or not str(involved.get("name")).startswith(f"{INSTANCE_PREFIX}-"):
        return None
    # The text goes "Error creating: pods "…" is forbidden: exceeded quota: …": only its end is the same for all pods.
    return "pods refused: " + (event.get("message") or "no reason given").rpartition(" is forbidden: ")[2]


def explain(troubles: t.Iterable[str], *, leading: bool | None, following: bool) -> list[str]:
    """The causes as sentences, the most frequent first; equal ones are counted, not repeated.

    ``following`` says whether the pool has objects of the new generation at all.
    """
    causes = [f"{number} × {text}" for text, number in collections.Counter(troubles).most_common(5)]
    if leading is False:
        causes.insert(0, "no operator leads: its Lease was not renewed while we watched; look at its pods")
    elif not following:
        causes.insert(
            0,
            "the pool does not follow the app definition: the operator is busy, stuck, or of a version that ignores "
            "changes of min_instances (upstream); look at its log",
        )
    return causes or [
        "the pods are still starting: no scheduling, quota or image problem is visible; try again with more time"
    ]
