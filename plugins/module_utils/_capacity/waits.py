# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waits of a task, and why pools are not warm in time."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, WaitTimeout
from .._common.progress import ProgressFile
from .._kubernetes.kinds import EVENT, POD
from .._platform import snapshot as platform
from .._platform.leader import leads
from .causes import DIRTY, PoolPod, Warned, explain, project_pool_pod, project_warning, troubles_of
from .finish import finish_draining
from .look import look_at
from .quiet import Look
from .repair import Kind, plan_repairs
from .wait import Undone, Warmth, wait_until_warm

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .execute import Execution
    from .job import Job
    from .send import Send
    from .view import CapacityView

Params = t.Mapping[str, t.Any]


def drained(
    gateway: Gateway,
    send: Send,
    job: Job,
    installation: Installation,
    done: Execution,
    *,
    params: Params,
    check_mode: bool,
) -> Execution:
    """What was done by the time when nobody was in the way any more, or when the wait for that was over."""
    if not params["wait"] or job.state != "baseline" or check_mode:
        return done
    seconds, progress = params["wait_timeout_seconds"], ProgressFile(params["progress_file"])
    return finish_draining(gateway, send, job, installation, done, timeout_seconds=seconds, progress=progress)


def warmed(
    gateway: Gateway, installation: Installation, params: Params, job: Job, done: Execution, *, check_mode: bool
) -> tuple[Execution, dict[str, Warmth], EduideError | None]:
    """What was there when the pools were warm, how far each had come, and why not all of them are."""
    # Without a pool there is nothing to wait for: what needs one was refused, and the rest is done.
    has_pool = done.snapshot.operator is not None and done.snapshot.operator.eager
    if not params["wait"] or not has_pool or job.state != "present" or check_mode:
        return done, {}, None
    warmths: dict[str, Warmth] = {}
    try:
        done, warmths = _wait(gateway, installation, params, job, done)
        late = _lateness(gateway, installation, done.snapshot, warmths, params["wait_timeout_seconds"])
    except Undone as exc:
        return done, warmths, exc
    except EduideError as exc:
        # What was changed has to be told all the same.
        interrupted = f"the wait for warm instances was interrupted: {exc}"
        return done, warmths, WaitTimeout(interrupted, **exc.details)
    return done, warmths, late


def _wait(
    gateway: Gateway, installation: Installation, params: Params, job: Job, done: Execution
) -> tuple[Execution, dict[str, Warmth]]:
    waited_for = {
        name: change for name, change in done.changes.items() if name not in done.failures and change.outcome != "late"
    }
    snapshot, warmths = wait_until_warm(
        gateway,
        installation,
        waited_for,
        {desired.name: desired.warm for desired in job.all_desired},
        timeout_seconds=params["wait_timeout_seconds"],
        settle_seconds=params["settle_seconds"],
        progress=ProgressFile(params["progress_file"]),
    )
    return done._replace(snapshot=snapshot), warmths


def _lateness(
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
