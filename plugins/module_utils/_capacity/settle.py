# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What surrounds a change of app definitions: it waits for quiet pools, and it leaves whole ones."""

from __future__ import annotations

import time
import typing as t

from .._common.errors import Conflict, EduideError, NotFound, several
from .._common.progress import SILENT, ProgressFile
from .._common.timestamps import format_time
from .._common.waiting import Clock, wait_until
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP, DEPLOYMENT, SERVICE
from .._platform.names import POOL_TOUCHED
from .look import look_at
from .quiet import PoolObjects, incomplete, releases, went
from .repair import Repair, plan_repairs

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.parts import Part

# An operator at work changes something about a pool more often than that.
STALLED_SECONDS = 5.0
# How often a pool that stands still is mended before it is given up.
MENDS = 2
_KINDS = {"Service": SERVICE, "Deployment": DEPLOYMENT, "ConfigMap": CONFIG_MAP}

Sleep = t.Callable[[float], None]


class Quiet(t.NamedTuple):
    """What became of the wait for quiet pools."""

    waited: bool
    """Whether it took any time, so that what was read before is old."""
    late: dict[str, str]
    """The app definitions whose pools did not become quiet in time, and why."""


def wait_until_quiet(
    gateway: Gateway,
    names: t.Collection[str],
    *,
    quiet_seconds: float,
    timeout_seconds: float,
    progress: ProgressFile = SILENT,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> Quiet:
    """Wait until no session is being released, and none was for ``quiet_seconds``.

    A pool that no session holds and that was left alone for that long is quiet at the first look.
    """
    began = clock()
    noise: dict[str, str] = {}
    quiet_since: dict[str, float] = {}
    earlier: dict[str, PoolObjects] = {}
    waiting: list[str] = []
    tries = 0

    def look() -> dict[str, PoolObjects]:
        nonlocal tries
        tries += 1
        return look_at(gateway, names)

    def reached(pools: dict[str, PoolObjects]) -> bool:
        now = clock()
        waiting.clear()
        for name, pool in pools.items():
            under_way = [*releases(pool, 0.0), *(went(earlier[name], pool) if name in earlier else ())]
            if found := under_way or releases(pool, quiet_seconds):
                noise[name] = several(found)
                progress.write(_waits("quiet", name, noise[name], now - began))
            if under_way:
                quiet_since[name] = now
            since = quiet_since.setdefault(name, now if pool.held else now - quiet_seconds)
            if found or now - since < quiet_seconds:
                waiting.append(name)
        earlier.update(pools)
        return not waiting

    wait_until(look, reached, timeout_seconds=timeout_seconds, clock=clock, sleep=sleep, troubled=progress.troubled)
    late = {name: noise.get(name, "it was watched for too short a time") for name in waiting}
    return Quiet(tries > 1, late)


def make_whole(
    gateway: Gateway,
    names: t.Collection[str],
    *,
    keycloak: bool,
    timeout_seconds: float,
    progress: ProgressFile = SILENT,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> dict[str, str]:
    """Wait until the operator has brought these pools up to date, and mend what it leaves behind.

    Returns what is wrong in the end, by app definition.
    """
    began = clock()
    stands: dict[str, tuple[t.Any, float]] = dict.fromkeys(names, (None, began))
    mends = dict.fromkeys(names, 0)
    wrong: dict[str, str] = {}

    def reached(pools: dict[str, PoolObjects]) -> bool:
        now = clock()
        wrong.clear()
        for name, pool in pools.items():
            found = [each for each in incomplete(pool, keycloak=keycloak) if not each.held]
            if not found:
                continue
            wrong[name] = several([each.text for each in found])
            progress.write(_waits("whole", name, several([each.text for each in found], shown=1), now - began))
            stamp, since = stands[name]
            if stamp != pool.stamp:
                stands[name] = (pool.stamp, now)
            elif now - since >= STALLED_SECONDS:
                mends[name] += 1
                stands[name] = (None, now)
                if mends[name] <= MENDS:
                    carry_out(gateway, pool, plan_repairs(pool, ("halves", "outdated"), keycloak=keycloak))
        return all(mends[name] > MENDS for name in wrong)

    def look() -> dict[str, PoolObjects]:
        return look_at(gateway, names)

    try:
        wait_until(look, reached, timeout_seconds=timeout_seconds, clock=clock, sleep=sleep, troubled=progress.troubled)
    except EduideError as exc:
        return dict.fromkeys(names, f"the pool could not be looked at: {exc.advice}")
    return wrong


def _waits(goal: str, name: str, text: str, seconds: float) -> dict[str, t.Any]:
    return {"app_definition": name, "until": goal, "waits_for": text, "seconds": seconds}


def carry_out(gateway: Gateway, pool: PoolObjects, repairs: t.Sequence[Repair]) -> dict[int, str]:
    """Delete what is in the way of the operator, and have it look; returns what went wrong, by instance."""
    wrong: dict[int, str] = {}

    def delete(repair: Repair) -> None:
        try:
            for part in repair.deletes:
                _delete(gateway, part)
        except Conflict:
            wrong[repair.instance_id] = "it changed while it was being repaired, as by a session that took it"
        except EduideError as exc:
            wrong[repair.instance_id] = exc.advice

    mended = [repair for repair in repairs if repair.touches]
    gateway.map(delete, mended)
    if any(repair.instance_id not in wrong for repair in mended):
        try:
            touch(gateway, pool)
        except EduideError as exc:
            wrong.update({r.instance_id: exc.advice for r in mended if r.instance_id not in wrong})
    return wrong


def touch(gateway: Gateway, pool: PoolObjects) -> None:
    """Have the operator look at the pool. It rebuilds nothing that is current for a changed annotation."""
    metadata = {"uid": pool.app.uid, "annotations": {POOL_TOUCHED: format_time(gateway.now())}}
    try:
        gateway.merge_patch(APP_DEFINITION, pool.app.name, {"metadata": metadata})
    except NotFound:
        # With the app definition its pool goes.
        return


def _delete(gateway: Gateway, part: Part) -> None:
    """A claim is written to the Services first, so that their version tells whether one has come meanwhile."""
    version = part.resource_version if part.kind == "Service" else None
    gateway.delete(_KINDS[part.kind], part.name, uid=part.uid, resource_version=version)
