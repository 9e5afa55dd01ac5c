# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the cluster: one deadline for the whole of it, and what was last seen when it passes."""

from __future__ import annotations

import time
import typing as t

T = t.TypeVar("T")

Clock = t.Callable[[], float]

# What a try gets when the time is over; never nothing, for libraries take that for no limit or an error.
_LEAST_SECONDS = 0.01
# Longer than anybody waits for anything here, and short enough for every library that is told of it.
_MOST_SECONDS = 1_000_000


class Deadline:
    """Begins to run when it is made: the time for all tries of something and the waits between them together."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self.seconds = min(seconds, _MOST_SECONDS)
        self._clock = clock
        self._end = clock() + self.seconds

    @property
    def remaining(self) -> float:
        """The seconds until it passes; less than nothing once it has."""
        return self._end - self._clock()

    def left(self) -> float:
        """What the next try may take."""
        return max(self.remaining, _LEAST_SECONDS)

    def allows(self, wait: float) -> bool:
        """Whether something is left after waiting that long."""
        return wait < self.remaining


def wait_until(
    read: t.Callable[[], T],
    reached: t.Callable[[T], bool],
    *,
    timeout_seconds: float,
    interval_seconds: float = 1.0,
    clock: Clock = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> tuple[T, bool]:
    """Read until it is reached or the time is over; return what was last seen and whether that was it.

    It reads at least once, and once more at the very end, so that a deadline never hides a state that was reached.
    """
    deadline = Deadline(timeout_seconds, clock)
    while True:
        seen = read()
        if reached(seen):
            return seen, True
        remaining = deadline.remaining
        if remaining <= 0:
            return seen, False
        sleep(min(interval_seconds, remaining))
