# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until pools are warm."""

from __future__ import annotations

import time
import typing as t

from .._common.errors import EduideError, LostSight, WaitTimeout
from .._common.timestamps import format_time
from .._common.waiting import Clock, wait_until
from .._platform import snapshot as platform
from .look import read
from .progress import describe_progress
from .search import find_causes
from .view import CapacityView, pick

if t.TYPE_CHECKING:
    from .._common.progress import ProgressFile
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .._platform.workloads import PodRow
    from .execute import Execution
    from .job import Job
    from .plan import Change


class Warmth(t.NamedTuple):
    """How far the pool of one app definition has come."""

    warm: int
    cold: tuple[int, ...]
    claimed: int
    seconds: float | None
    """Seconds from the patch until it was warm; None if it was not."""
    looks: tuple[dict[str, t.Any], ...] = ()
    """What the wait saw of it; a look that saw the same as the one before is left out."""


class WaitResult(t.NamedTuple):
    """How the wait for the pools of a task ended."""

    snapshot: CapacityView
    """What was seen last."""
    warmths: t.Mapping[str, Warmth] = {}
    failure: EduideError | None = None
    """Why not all of them are warm."""


def wait_for_pools(gateway: Gateway, job: Job, done: Execution) -> WaitResult:
    """Wait if the caller wants that. What was changed has to be told all the same, so nothing is raised."""
    waited = WaitResult(done.snapshot)
    # Without a pool there is nothing to wait for: what needs one was refused, and the rest is done.
    has_pool = done.snapshot.operator is not None and done.snapshot.operator.eager
    if job.wait is None or job.state != "present" or not has_pool:
        return waited
    try:
        waited = WaitResult(
            *wait_until_warm(
                gateway,
                job.installation,
                {n: c for n, c in done.changes.items() if n not in done.failures and c.outcome != "late"},
                _wanted(job, done),
                timeout_seconds=job.wait.timeout_seconds,
                settle_seconds=job.wait.settle_seconds,
                progress=job.care.progress,
            )
        )
        failure: EduideError | None = _lateness(gateway, job.installation, waited, job.wait.timeout_seconds)
    except Undone as exc:
        failure = exc
    except EduideError as exc:
        failure = WaitTimeout(f"the wait for warm instances was interrupted: {exc}", **exc.details)
    return waited._replace(failure=failure)


def _wanted(job: Job, done: Execution) -> dict[str, int | None]:
    """How many free instances each pool is to have. Of an exam that was named alone its holds say so."""
    if job.all_desired:
        return {desired.name: desired.warm for desired in job.all_desired}
    held = {name: change.ledger_after.holds for name, change in done.changes.items() if change.ledger_after}
    return {name: holds[job.terms.hold].asked.get("warm") for name, holds in held.items() if job.terms.hold in holds}


def wait_until_warm(
    gateway: Gateway,
    installation: Installation,
    changes: t.Mapping[str, Change],
    wanted: t.Mapping[str, int | None],
    *,
    timeout_seconds: float,
    settle_seconds: float,
    progress: ProgressFile,
    clock: Clock = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> tuple[CapacityView, dict[str, Warmth]]:
    """Wait until every pool has what was asked for, or is complete: students may already be taking instances.

    Complete is a pool up to the bound that this run set. Where another client changes a bound meanwhile, nobody waits
    for what that client wants: it is an error that names the client. Pods have no probes, so that an instance is taken
    for warm when it has been ready for a while. A look that fails for now is made again.
    """
    following = gateway.following()
    warming = _Warming(following, changes, wanted, settle_seconds=settle_seconds, progress=progress, clock=clock)

    def look() -> CapacityView:
        return read(following, installation)

    try:
        snapshot, _reached = wait_until(
            look, warming.reached, timeout_seconds=timeout_seconds, clock=clock, sleep=sleep, troubled=progress.troubled
        )
    except LostSight as exc:
        if exc.seen is None:
            raise
        snapshot = exc.seen
    return snapshot, warming.warmths(snapshot)


class _Warming:
    """Pools that become warm: since when each of them is, and what was seen on the way."""

    def __init__(
        self,
        gateway: Gateway,
        changes: t.Mapping[str, Change],
        wanted: t.Mapping[str, int | None],
        *,
        settle_seconds: float,
        progress: ProgressFile,
        clock: Clock,
    ) -> None:
        self._gateway, self._changes, self._wanted = gateway, changes, wanted
        self._settle_seconds, self._progress, self._clock = settle_seconds, progress, clock
        self._began = clock()
        self._warm_since: dict[str, float] = {}
        self._looks: list[dict[str, t.Any]] = []

    def reached(self, snapshot: CapacityView) -> bool:
        """Whether all of them have been warm for long enough."""
        elapsed, changes = self._clock() - self._began, self._changes
        undone = [text for change in changes.values() if (text := _undone(self._gateway, snapshot, change))]
        if undone:
            raise Undone("; ".join(undone))
        counts = {name: _counts(snapshot, name) for name in changes}
        self._looks.append({"at": format_time(snapshot.now), "counts": counts})
        pods = _pods(self._gateway)
        for name in changes:
            self._look_at(snapshot, name, pods, elapsed)
        return all(elapsed - self._warm_since.get(name, elapsed + 1) >= self._settle_seconds for name in changes)

    def _look_at(self, snapshot: CapacityView, name: str, pods: list[PodRow] | None, elapsed: float) -> None:
        app, pool, asked = snapshot.app_definitions[name], snapshot.pools[name], self._wanted[name]
        if not pool.cold(app.min_instances) or (asked is not None and pool.warm_count >= asked):
            self._warm_since.setdefault(name, elapsed)
        else:
            self._warm_since.pop(name, None)
        goal = max(app.min_instances - len(pool.blocked_ids), 0) if asked is None else asked
        self._progress.write(describe_progress(app, pool, pods, goal=goal, now=snapshot.now, elapsed=elapsed))

    def warmths(self, snapshot: CapacityView) -> dict[str, Warmth]:
        """How far each had come when this was seen."""
        looks = changes_of(self._looks)
        return {
            name: _warmth(
                snapshot,
                name,
                self._warm_since.get(name),
                [{"at": look["at"], **look["counts"][name]} for look in looks],
            )
            for name in self._changes
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


def _lateness(
    gateway: Gateway, installation: Installation, waited: WaitResult, timeout_seconds: float
) -> WaitTimeout | None:
    """The error for pools that did not become warm in time, with the causes."""
    late = {name: warmth for name, warmth in waited.warmths.items() if warmth.seconds is None}
    if not late:
        return None
    causes = find_causes(gateway, installation, waited.snapshot, late)
    counts = "; ".join(f"{name} has {w.warm} warm and {len(w.cold)} cold instances" for name, w in late.items())
    text = f"not warm after {timeout_seconds} s: {counts}; causes: {'; '.join(causes)}"
    return WaitTimeout(text, causes=causes)
