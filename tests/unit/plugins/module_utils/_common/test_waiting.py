# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.batch import in_parallel
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    EduideError,
    Forbidden,
    LoginFailed,
    LostSight,
    Misconfigured,
    NotFound,
    ServerFailed,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import (
    LAST_LOOK_SECONDS,
    Deadline,
    bounded,
    request_deadline,
    wait_until,
)


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


PASSING = (Unreachable, ServerFailed, LoginFailed)
LASTING = (Forbidden, Misconfigured, NotFound, Unauthorized, UntrustedCertificate, EduideError)


class Cloudy(Clock):
    """Nothing is seen while a failure is under way."""

    def __init__(self, *outages: tuple[float, float], kind: type[EduideError] = Unreachable) -> None:
        super().__init__()
        self.outages, self.kind = outages, kind
        self.troubles: list[tuple[str, float]] = []

    def read(self) -> float:
        seen = super().read()
        if any(begin <= seen < end for begin, end in self.outages):
            raise self.kind("connection refused", host="api")
        return seen

    def look(self, ready_after: float, timeout_seconds: float) -> tuple[float, bool]:
        return wait_until(
            self.read,
            lambda seen: seen >= ready_after,
            timeout_seconds=timeout_seconds,
            clock=lambda: self.now,
            sleep=self.sleep,
            troubled=lambda failure, seconds: self.troubles.append((str(failure), seconds)),
        )


@pytest.mark.parametrize("kind", PASSING)
def test_a_look_that_fails_ends_no_wait(kind: type[EduideError]) -> None:
    clock = Cloudy((0, 2), (5, 35), kind=kind)
    assert clock.look(36, timeout_seconds=40) == (36, True)
    assert clock.troubles == [("connection refused", float(second)) for second in (0, 1, *range(5, 35))]


@pytest.mark.parametrize("kind", LASTING)
def test_a_refusal_ends_it_at_once(kind: type[EduideError]) -> None:
    clock = Cloudy((5, 6), kind=kind)
    with pytest.raises(kind):
        clock.look(36, timeout_seconds=40)
    assert clock.reads[-1] == 5


def test_what_is_not_seen_at_the_end_is_told_with_what_was_seen_before() -> None:
    clock = Cloudy((30, 99))
    with pytest.raises(LostSight, match="nothing was seen in the last 10 s of the wait: connection refused") as caught:
        clock.look(36, timeout_seconds=40)
    assert (caught.value.seen, caught.value.details, clock.now) == (29, {"host": "api"}, 1040)
    assert Cloudy((30, 39)).look(50, timeout_seconds=40) == (40, False)


@given(outages=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))), ready_after=st.integers(0, 60))
def test_only_an_outage_at_the_end_hides_what_was_reached(outages: list[tuple[int, int]], ready_after: int) -> None:
    clock = Cloudy(*outages)
    dark = {second for begin, end in outages for second in range(begin, end)}
    seen = [second for second in range(ready_after, 41) if second not in dark]
    if seen:
        assert clock.look(ready_after, timeout_seconds=40) == (seen[0], True)
    elif 40 in dark:
        with pytest.raises(LostSight):
            clock.look(ready_after, timeout_seconds=40)
    else:
        assert clock.look(ready_after, timeout_seconds=40) == (40, False)


def test_a_wait_bounds_the_requests_of_its_looks_in_all_threads() -> None:
    found: list[float] = []

    def read() -> None:
        found.extend(in_parallel(lambda _number: request_deadline(100).left(), range(8), 4))

    wait_until(read, lambda _seen: True, timeout_seconds=20)
    assert all(20 < seconds <= 20 + LAST_LOOK_SECONDS for seconds in found)
    assert len(found) == 8
    assert request_deadline(100).left() > 99


def test_of_two_bounds_the_nearer_one_counts() -> None:
    with bounded(Deadline(5)):
        with bounded(Deadline(50)):
            assert request_deadline(100).left() <= 5
        with bounded(Deadline(2)):
            assert request_deadline(100).left() <= 2
        assert 2 < request_deadline(100).left() <= 5


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
