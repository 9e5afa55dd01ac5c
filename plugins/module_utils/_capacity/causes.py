# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why instances do not become warm, told from what the cluster says about their pods."""

from __future__ import annotations

import collections
import typing as t

from .._common.errors import several
from .._platform.names import INSTANCE_PREFIX
from .._platform.pods import container_troubles, restarting, unscheduled

if t.TYPE_CHECKING:
    from .._platform.workloads import DeploymentRow

# An instance that no operator cleaned: it stays as it is for as long as nothing changes.
DIRTY = "dirty: no operator saw its last session end, so it has that student's files and is not warm"


class PoolPod(t.NamedTuple):
    """A pod of a pool, and what is wrong with it by its own status."""

    name: str
    trouble: str | None

    @property
    def instance_id(self) -> int:
        return int(self.name.split("-")[1])


class Warned(t.NamedTuple):
    """A warning of the cluster about an object of a pool."""

    kind: str
    name: str
    text: str


class Podless(t.NamedTuple):
    """Instances of which there is a Deployment and no pod."""

    instances: t.Sequence[str]
    seconds: float | None
    """For how long, if that is known."""
    unread: bool
    """Whether events, in which a refusal may stand, could not be read."""

    def __str__(self) -> str:
        waits = "" if self.seconds is None else f" for {self.seconds:.0f} s"
        unread = " (events, which would tell of a refusal, could not be read)" if self.unread else ""
        return (
            f"no pod was created{waits} for instances {several(self.instances)}, although their Deployments are there: "
            f"probably nobody reconciles Deployments{unread}; look at the cluster's kube-controller-manager"
        )


def project_pool_pod(pod: t.Mapping[str, t.Any]) -> PoolPod | None:
    """A pod of a pool with its trouble, in the cluster's words; None for other pods."""
    name = pod["metadata"]["name"]
    if not _of_a_pool(name) or pod["metadata"].get("deletionTimestamp"):
        return None
    return PoolPod(name, _trouble(name, pod.get("status") or {}))


def _trouble(name: str, status: t.Mapping[str, t.Any]) -> str | None:
    if reason := unscheduled(status):
        return f"unschedulable: {reason}"
    for container in container_troubles(status):
        # The message of a crash loop names the pod, so that no two are alike; the image is what they share.
        told = container.message if container.message and name not in container.message else container.image
        if container.init:
            told = f"{container.name} ({container.image}): {told}"
        return f"{container.shown_reason}: {told}"
    if again := restarting(status):
        return again
    if status.get("phase") == "Failed":
        return f"{status.get('reason') or 'Failed'}: {status.get('message') or 'no reason given'}"
    return None


def project_warning(event: t.Mapping[str, t.Any]) -> Warned | None:
    """A warning about an object of a pool; None for other events."""
    involved = event.get("involvedObject") or {}
    kind, name = str(involved.get("kind")), str(involved.get("name"))
    if event.get("type") != "Warning" or not _of_a_pool(name):
        return None
    message = event.get("message") or "no reason given"
    if event.get("reason") == "FailedCreate":
        return Warned(kind, name, _refused(message))
    return Warned(kind, name, f"{event.get('reason')}: {message.replace(name, 'the pod')}")


def refusals(deployments: t.Iterable[DeploymentRow]) -> list[Warned]:
    """The Deployments of a pool whose pods are refused: they say so as long as it is true, and events do not last."""
    return [Warned("Deployment", row.name, _refused(row.refused.message)) for row in deployments if row.refused]


def _refused(message: str) -> str:
    """Of 'pods "…" is forbidden: exceeded quota: …' only the end is the same for all pods."""
    return f"pods refused: {message.rpartition(' is forbidden: ')[2]}"


def _of_a_pool(name: str) -> bool:
    parts = name.split("-")
    return parts[0] == INSTANCE_PREFIX and len(parts) > 1 and parts[1].isdigit()


def troubles_of(pods: t.Iterable[PoolPod], warnings: t.Iterable[Warned], refused: t.Sequence[Warned] = ()) -> list[str]:
    """What is wrong, once for each object: its own status says more than the warnings about it."""
    pods = list(pods)
    silent = {pod.name for pod in pods if pod.trouble is None}
    told = tuple(f"{deployment.name}-" for deployment in refused)
    last = {
        (w.kind, w.name): w.text
        for w in warnings
        # A ReplicaSet is called after its Deployment, which repeats what it says.
        if (w.name in silent if w.kind == "Pod" else not f"{w.name}-".startswith(told))
    }
    return [*(pod.trouble for pod in pods if pod.trouble), *(each.text for each in refused), *last.values()]


_NOT_FOLLOWING = "the pool does not follow the app definition"
_OPERATOR = (
    "the operator is busy, stuck, or of a version that ignores changes of min_instances (upstream); look at its log"
)


def explain(
    troubles: t.Iterable[str],
    *,
    leading: bool | None,
    following: bool,
    halves: t.Sequence[str] = (),
    behind: t.Sequence[str] = (),
    podless: Podless | None = None,
) -> list[str]:
    """The causes as sentences, the most frequent first; equal ones are counted, not repeated.

    ``following`` says whether the pool has objects of the new generation at all, ``halves`` what instances lack,
    ``behind`` which instances are not built from the app definition as it is now.
    """
    causes = [f"{number} × {text}" for text, number in collections.Counter(troubles).most_common(5)]
    if behind and not halves:
        causes.append(f"{_NOT_FOLLOWING}: instances {several(behind)} are not built from it; {_OPERATOR}")
    if halves:
        causes.insert(0, f"{several(halves)}; repair=[halves] makes such instances whole (playbook repair_pools)")
    if leading is False:
        causes.insert(0, "no operator leads: its Lease was not renewed while we watched; look at its pods")
    elif not following:
        causes.insert(0, f"{_NOT_FOLLOWING}: {_OPERATOR}")
    if podless and not causes:
        causes.append(str(podless))
    return causes or [
        "the pods are still starting: nothing that the cluster says of them speaks against it; try again with more time"
    ]
