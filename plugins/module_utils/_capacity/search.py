# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why pools are still cold: what was read for that, and only when a wait has failed."""

from __future__ import annotations

import typing as t

from .._common.errors import several
from .._common.timestamps import parse_time
from .._kubernetes.kinds import EVENT, POD
from .._platform import snapshot as platform
from .._platform.leader import leads
from .causes import DIRTY, Podless, PoolPod, Warned, explain, project_pool_pod, project_warning, refusals, troubles_of
from .look import look_at
from .repair import Kind, plan_repairs

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .._platform.snapshot import Answers
    from .quiet import PoolObjects
    from .view import CapacityView


def find_causes(
    gateway: Gateway, installation: Installation, snapshot: CapacityView, names: t.Iterable[str]
) -> list[str]:
    """What keeps these pools from being warm, from the pool, its objects, pods, events and the Lease."""
    names = tuple(names)
    # Objects of a pool end in the last characters of their app definition's uid; pods and ReplicaSets go on from there.
    tails = [snapshot.app_definitions[name].uid[-12:] for name in names]
    seen = _read(gateway, names, tails)
    pools = seen.found["parts"] or {}
    refused = refusals(seen.found["deployments"] or ())
    troubles = troubles_of(seen.found["pods"] or (), seen.found["events"] or (), refused)
    troubles += [DIRTY for name in names for instance in snapshot.pools[name].instances if instance.dirty]
    following = all(_follows(snapshot, name) for name in names)
    causes = explain(
        troubles,
        leading=leads(gateway, installation),
        following=following,
        halves=_halves(pools, snapshot),
        behind=[text for name in names for text in _behind(snapshot, name)] if following else (),
        podless=_podless(snapshot, pools, seen),
    )
    if not seen.missing:
        return causes
    unread = several(sorted(set(seen.missing.values())))
    return [*causes, f"not everything could be looked at: {unread}; readiness names the rule of what is not allowed"]


def _read(gateway: Gateway, names: t.Sequence[str], tails: t.Sequence[str]) -> Answers:
    def ours(name: str) -> bool:
        return any(tail in name for tail in tails)

    def pod_of(obj: dict[str, t.Any]) -> PoolPod | None:
        pod = project_pool_pod(obj)
        return pod if pod and ours(pod.name) else None

    def warning_of(event: dict[str, t.Any]) -> Warned | None:
        warning = project_warning(event)
        return warning if warning and ours(warning.name) else None

    return platform.read_each(
        gateway,
        {
            "pods": lambda: gateway.list(POD, project=pod_of),
            "events": lambda: gateway.list(EVENT, project=warning_of),
            "deployments": lambda: [
                row for row in platform.read_list(gateway, "deployments") if ours(row.name) and not row.sidecar
            ],
            "parts": lambda: look_at(gateway, names),
        },
    )


def _podless(snapshot: CapacityView, pools: t.Mapping[str, PoolObjects], seen: Answers) -> Podless | None:
    """Instances that have a Deployment of this generation and no pod, and since when the youngest waits for one."""
    if seen.found["pods"] is None:
        return None
    with_pod = [pod.name for pod in seen.found["pods"]]
    found, ages = [], []
    for name, pool in pools.items():
        for instance in snapshot.pools[name].instances:
            parts = pool.instances.get(instance.id)
            deployment = parts.own.get("Deployment") if parts else None
            if not (instance.free and instance.current) or instance.ready or deployment is None:
                continue
            if not any(pod.startswith(f"{deployment.name}-") for pod in with_pod):
                found.append(f"{name} {instance.id}")
                created = parse_time(deployment.created)
                ages += [(pool.now - created).total_seconds()] if created else []
    return Podless(found, min(ages, default=None), "events" in seen.missing) if found else None


def _follows(snapshot: CapacityView, name: str) -> bool:
    """Whether anything was built from the app definition as it is now."""
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].min_instances
    return not pool.cold(minimum) or any(instance.current for instance in pool.instances)


def _behind(snapshot: CapacityView, name: str) -> list[str]:
    """Cold instances of an earlier generation, and those that are not there."""
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].min_instances
    current = {instance.id for instance in pool.instances if instance.current}
    return [f"{name} {number}" for number in pool.cold(minimum) if number not in current]


def _halves(pools: t.Mapping[str, PoolObjects], snapshot: CapacityView) -> list[str]:
    keycloak = snapshot.operator is not None and snapshot.operator.keycloak
    halves: tuple[Kind, ...] = ("halves",)
    return [
        f"instance {repair.instance_id} of {name}: {repair.evidence}"
        for name, pool in pools.items()
        for repair in plan_repairs(pool, halves, keycloak=keycloak)
    ]
