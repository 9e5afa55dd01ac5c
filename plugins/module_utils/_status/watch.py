# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at an installation again and again, until nobody is left or the time is over."""

from __future__ import annotations

import time
import typing as t

from .._capacity.look import read
from .._capacity.result import describe_capacity
from .._common.errors import Misconfigured
from .._common.progress import ProgressFile
from .._common.waiting import wait_until
from .._exams.options import read_time_zone
from .page.observations import look_of
from .projection import Present, project

if t.TYPE_CHECKING:
    from datetime import tzinfo

    from .._capacity.view import CapacityView
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation

INTERVAL_SECONDS = 15.0


class WatchJob(t.NamedTuple):
    """For how long the caller watches, and where it is told meanwhile."""

    minutes: int
    zone: tzinfo | None
    progress: ProgressFile


def read_job(params: t.Mapping[str, t.Any]) -> WatchJob | None:
    """None: nobody watches."""
    minutes = params["watch_minutes"]
    if minutes < 0:
        raise Misconfigured(f"watch_minutes={minutes}: nobody can watch for less than nothing; state minutes, or 0")
    zone = read_time_zone(params)
    return WatchJob(minutes, zone, ProgressFile(params["progress_file"])) if minutes else None


def watch(
    gateway: Gateway,
    installation: Installation,
    job: WatchJob,
    *,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> dict[str, t.Any]:
    """What was seen, and when nobody will be left. Lists are read once and followed from then on."""
    following = gateway.following()
    started, zone, progress = clock(), job.zone, job.progress
    looks: list[dict[str, t.Any]] = []
    present: list[Present] = []

    def look() -> CapacityView:
        return read(following, installation)

    def empty(snapshot: CapacityView) -> bool:
        here = frozenset(row.uid for rows in snapshot.sessions.values() for row in rows)
        # Of all looks between the first and the last nobody needs to know who was there.
        present[1:] = [Present(snapshot.now, here)]
        looks.append(look_of(describe_capacity(snapshot, leading=None, led_seconds=None)))
        sentence = project(present[0], present[-1], zone)["sentence"]
        progress.write({"what": "watch", "sessions": len(here), "sentence": sentence, "seconds": clock() - started})
        return not here

    wait_until(
        look,
        empty,
        timeout_seconds=job.minutes * 60,
        interval_seconds=INTERVAL_SECONDS,
        clock=clock,
        sleep=sleep,
        troubled=progress.troubled,
    )
    return {**project(present[0], present[-1], zone), "looks": looks}
