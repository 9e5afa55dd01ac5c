# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until pools are warm."""

from __future__ import annotations

import time
import typing as t

from .._common.errors import EduideError, LostSight
from .._common.progress import ProgressFile
from .._common.timestamps import format_time
from .._common.waiting import wait_until
from .._platform import snapshot as platform
from .look import read
from .progress import describe_progress
from .view import CapacityView, pick

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .._platform.workloads import PodRow
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
