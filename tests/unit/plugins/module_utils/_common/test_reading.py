# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many ask at once, and nobody gets a reading from before the question."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.reading import SharedRead

SECONDS = 30


def test_each_question_gets_a_reading_that_was_begun_after_it():
    tick = itertools.count(1)
    shared = SharedRead(lambda: next(tick), clock=lambda: next(tick))

    def ask(_number):
        asked = next(tick)
        reading = shared.get()
        return asked < reading.begun < reading.content

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(2000)))


class Slow:
    """Readings that begin when they like and end when the test says so."""

    def __init__(self, *failing):
        self.begun, self.may_end = threading.Semaphore(0), threading.Semaphore(0)
        self.numbers, self.failing = itertools.count(1), failing
        self.shared = SharedRead(self.read)

    def read(self):
        number = next(self.numbers)
        self.begun.release()
        assert self.may_end.acquire(timeout=SECONDS)
        if number in self.failing:
            raise ValueError(number)
        return number

    def ask(self, pool):
        return pool.submit(lambda: self.shared.get().content)

    def wait_for_waiters(self, count):
        with self.shared._changed:
            pass
        for _unused in range(SECONDS * 1000):
            if len(self.shared._changed._waiters) >= count:
                return
            threading.Event().wait(0.001)
        raise AssertionError(f"fewer than {count} are waiting")


def test_those_who_ask_meanwhile_share_the_next_one():
    slow = Slow()
    with ThreadPoolExecutor(8) as pool:
        first = slow.ask(pool)
        assert slow.begun.acquire(timeout=SECONDS)
        others = [slow.ask(pool) for _unused in range(5)]
        slow.wait_for_waiters(5)
        slow.may_end.release()
        slow.may_end.release()
        assert first.result(SECONDS) == 1
        assert {other.result(SECONDS) for other in others} == {2}


def test_a_reading_that_fails_is_done_again_for_the_others():
    slow = Slow(2)
    with ThreadPoolExecutor(8) as pool:
        first = slow.ask(pool)
        assert slow.begun.acquire(timeout=SECONDS)
        others = [slow.ask(pool) for _unused in range(3)]
        slow.wait_for_waiters(3)
        for _unused in range(3):
            slow.may_end.release()
        assert first.result(SECONDS) == 1
        failed = [other for other in others if other.exception(SECONDS)]
        assert len(failed) == 1
        with pytest.raises(ValueError, match="2"):
            failed[0].result()
        assert {other.result() for other in others if other not in failed} == {3}


def test_what_is_young_enough_is_not_read_again():
    now, numbers = [0.0], itertools.count(1)
    shared = SharedRead(lambda: next(numbers), clock=lambda: now[0])
    ages = [(0.0, 60.0, 1), (60.0, 60.0, 1), (60.0, 10.0, 2), (65.0, 60.0, 2), (65.0, None, 3), (65.0, -1.0, 4)]
    for moment, max_age_seconds, number in ages:
        now[0] = moment
        assert shared.get(max_age_seconds).content == number


def test_those_who_wait_for_something_young_take_the_reading_that_is_under_way():
    slow = Slow()
    slow.ask = lambda pool: pool.submit(lambda: slow.shared.get(3600.0).content)
    with ThreadPoolExecutor(8) as pool:
        first = slow.ask(pool)
        assert slow.begun.acquire(timeout=SECONDS)
        others = [slow.ask(pool) for _unused in range(5)]
        slow.wait_for_waiters(5)
        slow.may_end.release()
        assert {asked.result(SECONDS) for asked in (first, *others)} == {1}
