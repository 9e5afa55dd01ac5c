# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a pod from being ready, as its status tells: for pods of pools and of sessions alike.

Kubernetes has no closed list of reasons: registries, runtimes and admission plugins bring their own. So the few
reasons that pass by themselves are named here, and every other one is trouble, in the words of the cluster.
"""

from __future__ import annotations

import typing as t

# A container that waits for one of these is on its way.
PASSING_REASONS = frozenset({"ContainerCreating", "PodInitializing"})


class ContainerTrouble(t.NamedTuple):
    """A container that is neither running, nor done, nor on its way."""

    name: str
    init: bool
    reason: str
    message: str | None
    image: str | None

    @property
    def shown_reason(self) -> str:
        """The reason as kubectl shows it."""
        return f"Init:{self.reason}" if self.init else self.reason


def container_troubles(status: t.Mapping[str, t.Any]) -> list[ContainerTrouble]:
    """All containers of a pod's status that are in trouble, those that run first in front."""
    found = []
    for field, init in (("initContainerStatuses", True), ("containerStatuses", False)):
        for container in status.get(field) or []:
            state = container.get("state") or {}
            waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
            reason, message = waiting.get("reason"), waiting.get("message")
            if ended.get("exitCode"):
                reason = ended.get("reason") or "Error"
                message = ended.get("message") or f"exit code {ended['exitCode']}"
            if reason and reason not in PASSING_REASONS:
                found.append(ContainerTrouble(container.get("name", ""), init, reason, message, container.get("image")))
    return found


def restarting(status: t.Mapping[str, t.Any]) -> str | None:
    """What a container ended with that was started again and is not ready: it may crash again and again."""
    for field in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(field) or []:
            ended = (container.get("lastState") or {}).get("terminated") or {}
            if not container.get("ready") and container.get("restartCount") and ended.get("exitCode"):
                how = f"{ended.get('reason') or 'Error'}, exit code {ended['exitCode']}"
                return f"{container.get('name')} ({container.get('image')}) was started again after {how}"
    return None


def unscheduled(status: t.Mapping[str, t.Any]) -> str | None:
    """Why no node takes the pod, if the scheduler has tried and none does."""
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return condition.get("message") or condition.get("reason") or "no reason given"
    return None
