# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and plan: what is to be done about each app definition, while its pool is quiet."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, Forbidden
from .._platform import snapshot as platform
from .._platform.leader import leads
from .care import Care, quiet
from .changes import plan_changes
from .lateness import start_seconds, too_late
from .look import read
from .plan import Change
from .verdict.task import guard
from .view import CapacityView

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .._platform.workloads import PodRow
    from .job import Job


def plan_in_quiet(gateway: Gateway, job: Job, *, check_mode: bool) -> tuple[CapacityView, list[Change]]:
    """Plan while no session is being released; a pool that does not become quiet in time is left as it is."""
    snapshot, changes = _plan_now(gateway, job)
    operator = snapshot.operator
    rebuilt = [
        change.app_definition.name
        for change in changes
        if change.patch and operator and operator.eager and snapshot.pools[change.app_definition.name].instances
    ]
    if check_mode or not rebuilt:
        return snapshot, changes
    if job.require_leader and not leads(gateway, job.installation):
        # Without an operator releases do not end either.
        raise leaderless(gateway, job.installation)
    waited, late = quiet(gateway, job.care, rebuilt)
    if waited:
        snapshot, changes = _plan_now(gateway, job)
    put_off = [
        change.put_off("late", _late_text(change.app_definition.name, late, job.care))
        if change.patch and change.app_definition.name in late
        else change
        for change in changes
    ]
    return snapshot, put_off


def _plan_now(gateway: Gateway, job: Job) -> tuple[CapacityView, list[Change]]:
    snapshot = read(gateway, job.installation)
    changes = plan_changes(snapshot, job, gateway.namespace)
    if "verdict" not in job.accept:
        changes = guard(gateway, job.installation, snapshot, changes, raises=job.state == "present")
    losing = [_losing(snapshot, change) for change in changes]
    limited = job.start is not None and not job.late
    if job.state != "present" or not any(change.warm_lost for change in losing):
        return snapshot, losing
    pods = _pods(gateway, needed=limited)
    return snapshot, [_unless_late(change, job, snapshot, pods) for change in losing]


def _losing(snapshot: CapacityView, change: Change) -> Change:
    """With the warm instances that the change takes away: those that are free are built anew, or go."""
    cycled = change.effect.rebuilds or change.effect.removes
    return change._replace(warm_lost=snapshot.pools[change.app_definition.name].warm_count) if cycled else change


def _pods(gateway: Gateway, *, needed: bool) -> list[PodRow]:
    try:
        return t.cast("list[PodRow]", platform.read_list(gateway, "pods"))
    except Forbidden:
        if needed:
            raise
        return []


def _unless_late(change: Change, job: Job, snapshot: CapacityView, pods: list[PodRow]) -> Change:
    """Leave warm instances as they are where their successors would not be warm when the exam starts."""
    if not change.warm_lost:
        return change
    seconds = start_seconds(pods, change.app_definition.uid)
    if job.start is not None and not job.late:
        text = too_late(change, change.warm_lost, snapshot.now, job.start, seconds, zone=job.zone)
        if text:
            return change.put_off("late", text)
    return change._replace(cold_seconds=seconds)


def _late_text(name: str, late: t.Mapping[str, str], care: Care) -> str:
    return (
        f"{name}: sessions were still being released after {care.quiet_wait_seconds} s ({late[name]}), and a change "
        "that meets releases may end the operator and break instances; nothing was changed, so run the task again later"
    )


def leaderless(gateway: Gateway, installation: Installation) -> EduideError:
    return EduideError(
        f"no operator leads in {gateway.namespace!r}: Lease {installation.operator_lease!r} is not renewed, "
        "so no instance would start and nothing was changed; "
        f"look at the pods of Deployment {installation.operator_deployment!r}"
    )
