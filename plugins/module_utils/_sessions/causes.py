# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings that are read from a session's pods, or from why it has none."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._common.timestamps import parse_time
from .._common.units import span
from .facts import Answer, SessionFacts

# An instance is claimed while its pod may still be made anew for its next user.
_CLAIMED = timedelta(minutes=2)
_CRASHING = frozenset({"CrashLoopBackOff"})
_PULLING = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_LOST = "files that were in it are lost"


def not_ready(facts: SessionFacts) -> Answer:
    row, pod = facts.parts.session, facts.parts.pod
    if not row.url or row.operator_status == "ERROR" or facts.parts.ready:
        return False
    if facts.parts.ready is None:
        return None
    if pod is None:
        return "it has a URL, but no pod", None
    return f"pod {pod.name} is {pod.phase or 'in no phase'} and not ready", parse_time(pod.ready_changed)


def unschedulable(facts: SessionFacts) -> Answer:
    if not (pod := facts.parts.pod):
        return _no_pod_to_look_at(facts)
    condition = pod.unschedulable
    return (condition.message, parse_time(condition.since)) if condition else False


def pod_refused(facts: SessionFacts) -> Answer:
    """Whoever refused it: a quota, a LimitRange, PodSecurity or a webhook."""
    if not facts.parts.deployments_read:
        return None
    condition = facts.parts.deployment.refused if facts.parts.deployment else None
    # 'pods "…" is forbidden: …' has the name of a pod in front that never was.
    return (condition.message.rpartition(" is forbidden: ")[2], parse_time(condition.since)) if condition else False


def image_pull(facts: SessionFacts) -> Answer:
    return _waiting(facts, lambda reason: reason in _PULLING)


def crash_loop(facts: SessionFacts) -> Answer:
    return _waiting(facts, lambda reason: reason in _CRASHING)


def cannot_start(facts: SessionFacts) -> Answer:
    """Whatever else a container waits for that does not pass by itself."""
    if facts.parts.ready:
        return False
    return _waiting(facts, lambda reason: reason not in _PULLING | _CRASHING | {"OOMKilled"})


def evicted(facts: SessionFacts) -> Answer:
    """An earlier pod is gone, and with it what only that pod had."""
    if not facts.parts.pods_read:
        return None
    # An instance of the pool may have lost a pod before anybody was on it.
    ended = [(pod, parse_time(pod.ready_changed)) for pod in facts.parts.pods if pod.ended]
    pod, since = next(((pod, since) for pod, since in ended if since is None or since >= facts.created), (None, None))
    if pod is None:
        return _replaced(facts)
    return f"pod {pod.name} was ended by the cluster: {pod.ended}; {_LOST}", since


def _replaced(facts: SessionFacts) -> Answer:
    """A pod that was deleted, or drained, or on a node that was lost, leaves nothing but a successor that is too young.

    The API server wrote both times: an address is written when there is a pod, and so it is no younger than that.
    """
    row, pod = facts.parts.session, facts.parts.pod
    addressed, created = parse_time(row.status_written), parse_time(pod.created) if pod else None
    if not (pod and created and addressed and row.url) or created - addressed < _CLAIMED:
        return False
    late = span(created - addressed)
    return f"pod {pod.name} began {late} after the session had its address: an earlier one is gone; {_LOST}", created


def oom_killed(facts: SessionFacts) -> Answer:
    if not (pod := facts.parts.pod):
        return _no_pod_to_look_at(facts)
    killed = next((c for c in pod.containers if c.killed_at is not None), None)
    if killed is None:
        return False
    return f"container {killed.name} ran out of memory, {killed.restarts} restarts", parse_time(killed.killed_at)


def high_memory(facts: SessionFacts) -> Answer:
    if not facts.parts.pod:
        return _no_pod_to_look_at(facts)
    limit = facts.parts.container.memory_limit if facts.parts.container else None
    used = facts.parts.usage.memory_bytes if facts.parts.usage else None
    if not limit:
        return False
    if used is None:
        return None
    if used * 100 < limit * facts.thresholds.high_memory_percent:
        return False
    return f"{used * 100 // limit} % of its memory limit", None


def _waiting(facts: SessionFacts, meant: t.Callable[[str], bool]) -> Answer:
    if not (pod := facts.parts.pod):
        return _no_pod_to_look_at(facts)
    stuck = next((trouble for trouble in pod.troubles if meant(trouble.reason)), None)
    if stuck is None:
        return False
    text = f": {stuck.message}" if stuck.message else ""
    kind = "init container" if stuck.init else "container"
    return f"{kind} {stuck.name} is in {stuck.reason}{text}", parse_time(pod.ready_changed)


def _no_pod_to_look_at(facts: SessionFacts) -> t.Literal[False] | None:
    return False if facts.parts.pods_read else None
