# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a pool has come, as people say it: how many are warm, what the others are at, and how long it takes."""

from __future__ import annotations

import collections
import typing as t
from datetime import datetime

from .._common.timestamps import parse_time
from .._platform.pods import PASSING_REASONS
from .._platform.pool import Pool
from .._platform.rows import AppDefinitionRow
from .._platform.workloads import PodRow, instance_id
from .lateness import start_seconds

_STEPS = ("without a pod", "not scheduled", "scheduled", "pulling image", "starting", "in trouble")


def describe_progress(
    app: AppDefinitionRow,
    pool: Pool,
    pods: t.Sequence[PodRow] | None,
    *,
    goal: int,
    now: datetime,
    elapsed: float,
) -> dict[str, t.Any]:
    """One look as it is reported."""
    cold = pool.cold(app.min_instances)
    found = {"app_definition": app.name, "warm": pool.warm_count, "goal": goal, "cold": len(cold), "seconds": elapsed}
    if pods is None:
        return {**found, "steps": {}, "about_seconds": None}
    own = {instance_id(pod.name): pod for pod in pods if app.uid[-12:] in pod.name and not pod.deleting}
    steps = collections.Counter(step_of(own.get(number)) for number in cold)
    told = {step: steps[step] for step in _STEPS if steps[step]}
    return {**found, "steps": told, "about_seconds": _about(app, [own.get(number) for number in cold], pods, now)}


def step_of(pod: PodRow | None) -> str:
    """What a pod that is not ready is at."""
    if pod is None:
        return "without a pod"
    if pod.unschedulable:
        return "not scheduled"
    waiting = [container.waiting for container in pod.containers if container.waiting]
    if any(reason not in PASSING_REASONS for reason in waiting):
        return "in trouble"
    if pod.node is None or (pod.phase == "Pending" and not waiting):
        return "scheduled" if pod.node else "not scheduled"
    return "pulling image" if waiting else "starting"


def _about(
    app: AppDefinitionRow, cold: t.Sequence[PodRow | None], pods: t.Sequence[PodRow], now: datetime
) -> float | None:
    """The seconds that the youngest pod still needs if it starts like the slowest before it; None if nobody knows."""
    if not cold or any(step_of(pod) in ("in trouble", "not scheduled") for pod in cold if pod):
        return None
    usual = start_seconds(pods, app.uid)
    created = [time for pod in cold if pod and (time := parse_time(pod.created))]
    ages = [(now - time).total_seconds() for time in created] if len(created) == len(cold) else [0.0]
    return max(usual - min(ages), 0.0)
