# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until pools are warm, and why they are not."""

from __future__ import annotations

import time
import typing as t

from .._common.errors import EduideError, LostSight, WaitTimeout
from .._common.progress import ProgressFile
from .._common.timestamps import format_time
from .._common.waiting import wait_until
from .._kubernetes.kinds import EVENT, POD
from .._platform import snapshot as platform
from .._platform.leader import leads
from .._platform.options import Installation
from .._platform.workloads import PodRow
from .causes import DIRTY, PoolPod, Warned, explain, project_pool_pod, project_warning, troubles_of
from .look import look_at, read
from .plan import Change
from .progress import describe_progress
from .quiet import Look
from .repair import Kind, plan_repairs
from .view import CapacityView, pick

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway


class Warmth(t.NamedTuple):
    """How far the pool of one app definition has come."""

    warm: int
    cold: tuple[int, ...]
    claimed: int
    seconds: float | None
    """Seconds from the patch until it was warm; None if it was not."""
    looks: tuple[dict[str, t.Any], ...] = ()
    """What the wait saw of it; a look that saw the same as the one before is left out."""


def wait_until_warm(
    gateway: Gateway,
    installation: Installation,
    changes: t.Mapping[str, Change],
    wanted: t.Mapping[str, int | None],
    *,
    timeout_seconds: float,
    settle_seconds: float,
    progress: ProgressFile,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> tuple[CapacityView, dict[str, Warmth]]:
    """Wait until every pool has what was asked for, or is complete: students may already be taking instances.

    Complete is a pool up to the bound that this run set. Where another client changes a bound meanwhile, nobody waits
    for what that client wants: it is an error that names the client. Pods have no probes, so that an instance is taken
    for warm when it has been ready for a while. A look that fails for now is made again.
    """
    started = clock()
    warm_since: dict[str, float] = {}
    looks: list[dict[str, t.Any]] = []
    following = gateway.following()

    def reached(snapshot: CapacityView) -> bool:
        elapsed = clock() - started
        if undone := [text for change in changes.values() if (text := _undone(gateway, snapshot, change))]:
            raise Undone("; ".join(undone))
        looks.append({"at": format_time(snapshot.now), "counts": {name: _counts(snapshot, name) for name in changes}})
        pods = _pods(following)
        for name in changes:
            minimum, pool, asked = snapshot.app_definitions[name].min_instances, snapshot.pools[name], wanted[name]
            if not pool.cold(minimum) or (asked is not None and pool.warm_count >= asked):
                warm_since.setdefault(name, elapsed)
            else:
                warm_since.pop(name, None)
            goal = max(minimum - len(pool.blocked_ids), 0) if asked is None else asked
            app, now = snapshot.app_definitions[name], snapshot.now
            progress.write(describe_progress(app, pool, pods, goal=goal, now=now, elapsed=elapsed))
        return all(elapsed - warm_since.get(name, elapsed + 1) >= settle_seconds for name in changes)

    def look() -> CapacityView:
        return read(following, installation)

    try:
        snapshot, _reached = wait_until(
            look,
            reached,
            timeout_seconds=timeout_seconds,
            clock=clock,
            sleep=sleep,
            troubled=progress.troubled,
        )
    except LostSight as exc:
        if exc.seen is None:
            raise
        snapshot = exc.seen
    told = changes_of(looks)
    return snapshot, {
        name: _warmth(
            snapshot, name, warm_since.get(name), [{"at": look["at"], **look["counts"][name]} for look in told]
        )
        for name in changes
    }


def _counts(snapshot: CapacityView, name: str) -> dict[str, int]:
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].values["min_instances"] or 0
    return {"warm": pool.warm_count, "claimed": len(pool.claimed_ids), "cold": len(pool.cold(minimum))}


def changes_of(looks: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The looks that saw something else than the one before, and the last one."""
    return [
        look
        for number, look in enumerate(looks)
        if number in (0, len(looks) - 1) or look["counts"] != looks[number - 1]["counts"]
    ]


def _pods(gateway: Gateway) -> list[PodRow] | None:
    """For progress only, so whatever hinders it hinders nothing else."""
    try:
        return t.cast("list[PodRow]", platform.read_list(gateway, "pods"))
    except EduideError:
        return None


class Undone(EduideError):
    """Another client changed what this run set."""


def _undone(gateway: Gateway, snapshot: CapacityView, change: Change) -> str | None:
    """Who changed what this run set, if anybody did; what a later hold makes of it in the ledger is no such change."""
    name = change.app_definition.name
    app = pick(snapshot, name, gateway.namespace)
    entry = snapshot.ledger.entries.get(name)
    wanted = {**{field: change.after[field] for field in change.goal}, **(entry.desired() if entry else {})}
    lost = [field for field, value in wanted.items() if app.values[field] != value]
    if not lost:
        return None
    told = []
    for field in lost:
        writer = app.writers.get(field, "another client")
        told.append(f"{field} was set to {wanted[field]} and is {app.values[field]}: {writer} changed it")
    return f"{name}: {' and '.join(told)}; find out who owns the field, then run this again"


def _warmth(snapshot: CapacityView, name: str, seconds: float | None, looks: t.Iterable[dict[str, t.Any]]) -> Warmth:
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].values["min_instances"] or 0
    return Warmth(
        warm=pool.warm_count,
        cold=tuple(pool.cold(minimum)),
        claimed=len(pool.claimed_ids),
        seconds=None if seconds is None else round(seconds, 1),
        looks=tuple(looks),
    )


def lateness(
    gateway: Gateway,
    installation: Installation,
    snapshot: CapacityView,
    warmths: t.Mapping[str, Warmth],
    timeout_seconds: float,
) -> WaitTimeout | None:
    """The error for pools that did not become warm in time, with the causes."""
    late = {name: warmth for name, warmth in warmths.items() if warmth.seconds is None}
    if not late:
        return None
    causes = _find_causes(gateway, installation, snapshot, late)
    told = "; ".join(f"{name} has {w.warm} warm and {len(w.cold)} cold instances" for name, w in late.items())
    text = f"not warm after {timeout_seconds} s: {told}; causes: {'; '.join(causes)}"
    return WaitTimeout(text, causes=causes)


def _find_causes(
    gateway: Gateway, installation: Installation, snapshot: CapacityView, names: t.Iterable[str]
) -> list[str]:
    """Why these pools are still cold, from the pool, pods, events and the Lease; read only when a wait has failed."""
    names = tuple(names)
    # Objects of a pool end in the last characters of their app definition's uid; pods and ReplicaSets go on from there.
    tails = [snapshot.app_definitions[name].uid[-12:] for name in names]

    def ours(name: str) -> bool:
        return any(tail in name for tail in tails)

    def pod_of(obj: dict[str, t.Any]) -> PoolPod | None:
        pod = project_pool_pod(obj)
        return pod if pod and ours(pod.name) else None

    def warning_of(event: dict[str, t.Any]) -> Warned | None:
        warning = project_warning(event)
        return warning if warning and ours(warning.name) else None

    seen = platform.read_each(
        gateway,
        {
            "pods": lambda: gateway.list(POD, keep=pod_of),
            "events": lambda: gateway.list(EVENT, keep=warning_of),
            "parts": lambda: look_at(gateway, names),
        },
    )
    pods = seen.found["pods"]
    troubles = troubles_of(pods or (), seen.found["events"] or ())
    troubles += [DIRTY for name in names for instance in snapshot.pools[name].instances if instance.dirty]
    with_pod = [(pod.instance_id, tail) for pod in pods or () for tail in tails if tail in pod.name]
    without_pod = [
        f"{name} {instance.id}"
        for name, tail in zip(names, tails, strict=True)
        for instance in snapshot.pools[name].instances
        if instance.free and instance.current and not instance.ready and (instance.id, tail) not in with_pod
    ]
    following = all(_follows(snapshot, name) for name in names)
    causes = explain(
        troubles,
        leading=leads(gateway, installation),
        following=following,
        halves=_halves(seen.found["parts"] or {}, snapshot),
        behind=[text for name in names for text in _behind(snapshot, name)] if following else (),
        without_pod=() if pods is None else without_pod,
    )
    return [*causes, *(f"not everything could be looked at: {reason}" for reason in seen.missing.values())]


def _follows(snapshot: CapacityView, name: str) -> bool:
    """Whether anything was built from the app definition as it is now."""
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].min_instances
    return not pool.cold(minimum) or any(instance.current for instance in pool.instances)


def _behind(snapshot: CapacityView, name: str) -> list[str]:
    """Cold instances of an earlier generation, and those that are not there."""
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].min_instances
    current = {instance.id for instance in pool.instances if instance.current}
    return [f"{name} {number}" for number in pool.cold(minimum) if number not in current]


def _halves(looks: t.Mapping[str, Look], snapshot: CapacityView) -> list[str]:
    keycloak = snapshot.operator is not None and snapshot.operator.keycloak
    halves: tuple[Kind, ...] = ("halves",)
    return [
        f"instance {repair.instance_id} of {name}: {repair.evidence}"
        for name, look in looks.items()
        for repair in plan_repairs(look, halves, keycloak=keycloak)
    ]
