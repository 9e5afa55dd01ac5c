# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the cluster: one deadline for the whole task, and what was last seen when it passes."""

from __future__ import annotations

import time
import typing as t

T = t.TypeVar("T")


def wait_until(
    read: t.Callable[[], T],
    reached: t.Callable[[T], bool],
    *,
    timeout_seconds: float,
    interval_seconds: float = 1.0,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> tuple[T, bool]:
    """Read until it is reached or the time is over; return what was last seen and whether that was it.

    It reads at least once, and once more at the very end, so that a deadline never hides a state that was reached.
    """
    deadline = clock() + timeout_seconds
    while True:
        seen = read()
        if reached(seen):
            return seen, True
        remaining = deadline - clock()
        if remaining <= 0:
            return seen, False
        sleep(min(interval_seconds, remaining))
