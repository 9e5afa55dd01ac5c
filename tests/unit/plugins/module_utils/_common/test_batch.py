# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many items at once: order, bounds and failures."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.batch import (
    in_parallel,
    retry_on_conflict,
    run_batch,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    KeepsChanging,
    ServerFailed,
    Unreachable,
)


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_results_keep_the_order_of_the_items(concurrency):
    assert in_parallel(lambda number: number * 2, range(50), concurrency) == [number * 2 for number in range(50)]


def test_nothing_to_do_is_done():
    assert in_parallel(lambda number: number, [], 4) == []


def test_as_many_run_at_once_as_allowed_and_no_more():
    together = threading.Barrier(3, timeout=10)
    running, most, counting = set(), [], threading.Lock()

    def work(number):
        with counting:
            running.add(number)
            most.append(len(running))
        together.wait()
        with counting:
            running.discard(number)

    in_parallel(work, range(9), 3)
    assert max(most) == 3


@pytest.mark.parametrize("concurrency", [1, 3])
def test_after_a_failure_nothing_new_is_begun_and_the_failure_is_raised(concurrency):
    begun = []

    def work(number):
        begun.append(number)
        if number == 5:
            raise ValueError("the sixth")
        return number

    with pytest.raises(ValueError, match="the sixth"):
        in_parallel(work, range(100_000), concurrency)
    assert len(begun) < 100_000
    if concurrency == 1:
        assert begun == [0, 1, 2, 3, 4, 5]


def act(number):
    """Odd numbers fail."""
    if number % 2:
        raise ServerFailed(f"no luck with {number}")
    return number


@pytest.mark.parametrize(
    ("max_failures", "outcomes"),
    [
        (None, [None, "failed", None, "failed", None, "failed"]),
        (2, [None, "failed", None, "failed", None, "failed"]),
        (1, [None, "failed", None, "failed", "skipped_cap", "skipped_cap"]),
        (0, [None, "failed", "skipped_cap", "skipped_cap", "skipped_cap", "skipped_cap"]),
    ],
)
def test_one_failure_does_not_end_a_batch_and_too_many_do(max_failures, outcomes):
    done = run_batch(range(6), act, concurrency=1, max_failures=max_failures)
    assert [attempt.outcome for attempt in done] == outcomes
    assert [attempt.item for attempt in done] == list(range(6))
    settled = [attempt.settle(lambda item, outcome, text: (item, outcome, text)) for attempt in done]
    assert settled[:2] == [0, (1, "failed", "no luck with 1")]
    assert isinstance(done[1].error, ServerFailed)
    if max_failures == 0:
        assert settled[-1] == (5, "skipped_cap", "not tried after more than 0 failures")


def test_a_failure_that_may_have_been_carried_out_is_told_as_one():
    def lose(_item):
        raise Unreachable("the connection was reset", applied="unknown")

    (attempt,) = run_batch(["s1"], lose, concurrency=4)
    assert "may have been carried out all the same" in attempt.text


def test_progress_counts_what_counts_and_is_told_of_every_try():
    told = []
    run_batch(
        range(5), act, concurrency=1, progress=lambda done, total: told.append((done, total)), counts=lambda n: n > 0
    )
    assert told == [(0, 5), (0, 5), (1, 5), (1, 5), (2, 5)]


def test_what_is_no_failure_of_one_item_ends_a_batch():
    with pytest.raises(ZeroDivisionError):
        run_batch([1, 0], lambda number: 1 / number, concurrency=1)


class Scripted:
    """Meets its attempts with what it was told to, and notes who was asked to read anew."""

    def __init__(self, *answers):
        self.answers, self.again = list(answers), []

    def __call__(self, again):
        self.again.append(again)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


RESET = {"applied": "unknown"}


@pytest.mark.parametrize(
    ("answers", "guarded", "again"),
    [
        pytest.param(["done"], False, [False], id="at-once"),
        pytest.param([Conflict("x"), Conflict("x"), "done"], False, [False, True, True], id="conflicts"),
        pytest.param([Unreachable("x", **RESET), Conflict("x"), "done"], True, [False, True, True], id="and-a-reset"),
    ],
)
def test_it_is_attempted_until_nobody_is_in_between(answers, guarded, again):
    attempt = Scripted(*answers)
    assert retry_on_conflict(3, attempt, doing="it was being stopped", guarded=guarded) == "done"
    assert attempt.again == again


@pytest.mark.parametrize(
    ("answers", "error", "text"),
    [
        pytest.param([Conflict("x")] * 3, KeepsChanging, "it changed 3 times while it was being stopped", id="changed"),
        pytest.param(
            [Unreachable("The connection was reset.", **RESET)] * 3,
            Unreachable,
            r"The connection was reset \(tried 3 times\)",
            id="a-reset-is-a-reset",
        ),
        pytest.param(
            [Unreachable("x", **RESET), Unreachable("x", **RESET), Conflict("x")],
            Unreachable,
            "tried 3 times",
            id="more-than-changes",
        ),
        pytest.param([Forbidden("not allowed")], Forbidden, "not allowed", id="what-does-not-pass"),
        pytest.param([Unreachable("refused", applied="no")], Unreachable, "refused", id="never-sent"),
    ],
)
def test_giving_up_says_why(answers, error, text):
    attempt = Scripted(*answers)
    with pytest.raises(error, match=text):
        retry_on_conflict(3, attempt, doing="it was being stopped", guarded=True)
    assert attempt.answers == []


def test_a_write_that_is_not_guarded_is_not_sent_again():
    attempt = Scripted(Unreachable("the connection was reset", **RESET), "done")
    with pytest.raises(Unreachable):
        retry_on_conflict(3, attempt, doing="it was being written")
