# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline, wait_until


class Clock:
    """Time passes only while somebody sleeps or reads."""

    def __init__(self, read_seconds: float = 0.0) -> None:
        self.now = 1000.0
        self.read_seconds = read_seconds
        self.reads: list[float] = []
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def read(self) -> float:
        """What is read is how many seconds have passed when the answer comes."""
        self.now += self.read_seconds
        self.reads.append(self.now - 1000.0)
        return self.reads[-1]

    def wait(self, ready_after: float, timeout_seconds: float, interval_seconds: float = 1.0) -> tuple[float, bool]:
        return wait_until(
            self.read,
            lambda seen: seen >= ready_after,
            timeout_seconds=timeout_seconds,
            interval_seconds=interval_seconds,
            clock=lambda: self.now,
            sleep=self.sleep,
        )


@pytest.mark.parametrize(
    ("ready_after", "timeout", "reads", "reached"),
    [
        pytest.param(0, 10, [0], True, id="at-once"),
        pytest.param(2.5, 10, [0, 1, 2, 3], True, id="after-a-while"),
        pytest.param(3, 2.5, [0, 1, 2, 2.5], False, id="too-late"),
        pytest.param(2.5, 2.5, [0, 1, 2, 2.5], True, id="at-the-deadline"),
        pytest.param(1, 0, [0], False, id="no-time-at-all"),
        pytest.param(0, -1, [0], True, id="the-deadline-is-already-over"),
    ],
)
def test_waiting_ends_when_it_is_reached_or_time_is_over(
    ready_after: float, timeout: float, reads: list[float], reached: bool
) -> None:
    clock = Clock()
    assert clock.wait(ready_after, timeout) == (reads[-1], reached)
    assert clock.reads == reads


def test_a_slow_read_does_not_stretch_the_sleep_over_the_deadline() -> None:
    clock = Clock(read_seconds=2.0)
    assert clock.wait(100, timeout_seconds=10, interval_seconds=5) == (12.0, False)
    assert clock.sleeps == [5, 1]


@given(
    ready_after=st.integers(0, 100),
    timeout=st.integers(0, 100),
    interval=st.integers(1, 20),
)
def test_a_state_reached_in_time_is_always_seen(ready_after: int, timeout: int, interval: int) -> None:
    clock = Clock()
    seen, reached = clock.wait(ready_after, timeout, interval)
    assert reached == (ready_after <= timeout)
    assert seen == clock.reads[-1]
    assert clock.now - 1000 <= timeout


def test_an_error_while_reading_is_not_swallowed() -> None:
    def read() -> int:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        wait_until(read, bool, timeout_seconds=5, clock=lambda: 0.0, sleep=Clock().sleep)


def test_a_deadline_leaves_less_and_less_and_never_nothing() -> None:
    clock = Clock()
    deadline = Deadline(10, clock=lambda: clock.now)
    assert (deadline.seconds, deadline.left(), deadline.allows(9.9), deadline.allows(10)) == (10, 10, True, False)
    clock.now += 8
    assert (deadline.left(), deadline.allows(1.9), deadline.allows(2)) == (2, True, False)
    clock.now += 8
    assert (deadline.remaining, deadline.allows(0)) == (-6, False)
    assert deadline.left() > 0


@pytest.mark.parametrize("seconds", [10**400, 2**63, float("inf")])
def test_a_time_that_no_library_could_be_told_is_cut(seconds: float) -> None:
    assert Deadline(seconds).left() < threading.TIMEOUT_MAX
