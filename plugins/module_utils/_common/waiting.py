# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the cluster: one deadline for the whole of it, and what was last seen when it passes."""

from __future__ import annotations

import contextlib
import contextvars
import time
import typing as t

from .errors import Conflict, EduideError, LostSight, ServerFailed, Unreachable, UntrustedCertificate

T = t.TypeVar("T")

Clock = t.Callable[[], float]

# What a try gets when the time is over; never nothing, for libraries take that for no limit or an error.
_LEAST_SECONDS = 0.01
# Longer than anybody waits for anything here, and short enough for every library that is told of it.
_MOST_SECONDS = 1_000_000
# What the next look may not meet: the server was away and did not refuse, or others wrote all the while.
PASSING = (ServerFailed, Unreachable, Conflict)
# A look that begins when the time of a wait is over, or soon before that, may take so much longer.
LAST_LOOK_SECONDS = 15.0


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

    @property
    def elapsed(self) -> float:
        """The seconds since it began to run."""
        return self.seconds - self.remaining

    def left(self) -> float:
        """What the next try may take."""
        return max(self.remaining, _LEAST_SECONDS)

    def allows(self, wait: float) -> bool:
        """Whether something is left after waiting that long."""
        return wait < self.remaining


_limit: contextvars.ContextVar[Deadline | None] = contextvars.ContextVar("limit", default=None)


@contextlib.contextmanager
def bounded(deadline: Deadline) -> t.Iterator[None]:
    """No request of this block lasts longer, whatever time it has of its own."""
    outer = _limit.get()
    token = _limit.set(outer if outer is not None and outer.remaining < deadline.remaining else deadline)
    try:
        yield
    finally:
        _limit.reset(token)


def request_deadline(seconds: float) -> Deadline:
    """For one request, which may be part of a wait."""
    limit = _limit.get()
    return Deadline(seconds if limit is None else min(seconds, limit.left()))


Troubled = t.Callable[[EduideError, float], None]
"""Is told of a look that failed, and of the seconds since the wait began."""


def wait_until(
    read: t.Callable[[], T],
    reached: t.Callable[[T], bool],
    *,
    timeout_seconds: float,
    interval_seconds: float = 1.0,
    clock: Clock = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
    troubled: Troubled | None = None,
) -> tuple[T, bool]:
    """Read until it is reached or the time is over; return what was last seen and whether that was it.

    It reads at least once, and once more at the very end, so that a deadline never hides a state that was reached. A
    look that fails ends nothing as long as there is time for another one; if the last one fails, ``LostSight`` has what
    was seen before.
    """
    deadline = Deadline(timeout_seconds, clock)
    seen: T | None = None
    blind_since: float | None = None
    while True:
        begun = deadline.elapsed
        try:
            with bounded(Deadline(deadline.left() + LAST_LOOK_SECONDS)):
                seen = read()
                if reached(seen):
                    return seen, True
            blind_since = failure = None
        except UntrustedCertificate:
            raise
        except PASSING as exc:
            failure = exc
            blind_since = begun if blind_since is None else blind_since
            if troubled is not None:
                troubled(exc, deadline.elapsed)
        remaining = deadline.remaining
        if remaining <= 0 and failure is not None:
            raise _lost_sight(failure, deadline.elapsed - t.cast(float, blind_since), seen)
        if remaining <= 0:
            return t.cast(T, seen), False
        sleep(min(interval_seconds, remaining))


def _lost_sight(failure: EduideError, seconds: float, seen: object) -> LostSight:
    since = f"nothing was seen in the last {seconds:.0f} s of the wait: " if seconds >= 1 else ""
    return LostSight(f"{since}{failure}", seen, **failure.details)
