# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at an installation again and again, until nobody is left or the time is over."""

from __future__ import annotations

import time
import typing as t

from .._capacity.look import read
from .._capacity.result import describe_capacity
from .._common.waiting import wait_until
from .page.observations import look_of
from .projection import Present, project

if t.TYPE_CHECKING:
    from datetime import tzinfo

    from .._capacity.view import CapacityView
    from .._common.progress import ProgressFile
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation

INTERVAL_SECONDS = 15.0


def watch(
    gateway: Gateway,
    installation: Installation,
    *,
    minutes: int,
    zone: tzinfo | None,
    progress: ProgressFile,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> dict[str, t.Any]:
    """What was seen, and when nobody will be left. Lists are read once and followed from then on."""
    following = gateway.following()
    started = clock()
    looks: list[dict[str, t.Any]] = []
    present: list[Present] = []

    def look() -> CapacityView:
        return read(following, installation)

    def empty(snapshot: CapacityView) -> bool:
        here = frozenset(row.uid for rows in snapshot.sessions.values() for row in rows)
        # Of all looks between the first and the last nobody needs to know who was there.
        present[1:] = [Present(snapshot.now, here)]
        looks.append(look_of(describe_capacity(snapshot, leading=None, led_seconds=None)))
        told = project(present[0], present[-1], zone)["told"]
        progress.write({"what": "watch", "sessions": len(here), "told": told, "seconds": clock() - started})
        return not here

    wait_until(
        look,
        empty,
        timeout_seconds=minutes * 60,
        interval_seconds=INTERVAL_SECONDS,
        clock=clock,
        sleep=sleep,
        troubled=progress.troubled,
    )
    return {**project(present[0], present[-1], zone), "looks": looks}
