# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing the same for many items at once, and for one of them again while another client changes it."""

from __future__ import annotations

import contextvars
import threading
import typing as t

from .errors import Conflict, EduideError, KeepsChanging, Unreachable

T = t.TypeVar("T")
R = t.TypeVar("R")

Progress = t.Callable[[int, int], None]
"""How many of how many are done."""


class Mapper(t.Protocol):
    """Calls a function for each item, so many at once; results keep the order of the items."""

    def __call__(self, function: t.Callable[[T], R], items: t.Iterable[T], concurrency: int) -> t.Sequence[R]: ...


class Attempt(t.NamedTuple, t.Generic[T, R]):
    """What became of one item of a batch: a result, or the reason why there is none."""

    item: T
    result: R | None
    outcome: t.Literal["failed", "skipped_cap"] | None = None
    text: str = ""
    error: EduideError | None = None

    def settle(self, otherwise: t.Callable[[T, t.Literal["failed", "skipped_cap"], str], R]) -> R:
        """The result; where there is none, what ``otherwise`` makes of the item, the outcome and the reason."""
        if self.outcome is not None:
            return otherwise(self.item, self.outcome, self.text)
        return t.cast("R", self.result)


def run_batch(
    items: t.Iterable[T],
    act: t.Callable[[T], R],
    *,
    concurrency: int,
    max_failures: int | None = None,
    progress: Progress | None = None,
    counts: t.Callable[[R], bool] = bool,
    across: Mapper | None = None,
) -> list[Attempt[T, R]]:
    """Act on each item. One failure does not end the others; after more than ``max_failures`` no further one is begun.

    ``counts`` says which results are progress. ``across`` is how a gateway works on many items at once.
    """
    waiting = list(items)
    counting = threading.Lock()
    failures = finished = 0

    def attempt(item: T) -> Attempt[T, R]:
        nonlocal failures, finished
        if max_failures is not None and failures > max_failures:
            return Attempt(item, None, "skipped_cap", f"not tried after more than {max_failures} failures")
        try:
            done = Attempt(item, act(item))
        except EduideError as exc:
            done = Attempt(item, None, "failed", exc.advice, exc)
        with counting:
            failures += done.outcome == "failed"
            finished += done.outcome is None and counts(t.cast("R", done.result))
            so_far = finished
        if progress is not None:
            progress(so_far, len(waiting))
        return done

    return list((across or in_parallel)(attempt, waiting, concurrency))


def retry_on_conflict(rounds: int, attempt: t.Callable[[bool], R], *, doing: str, guarded: bool = False) -> R:
    """Attempt it until nobody else changes the object in between; ``attempt`` is told whether it has to read anew.

    A ``guarded`` write says what it is meant for, so one whose answer was lost may be sent again.
    """
    error: EduideError | None = None
    lost: Unreachable | None = None
    for _unused in range(rounds):
        try:
            return attempt(error is not None)
        except Conflict as exc:
            error = exc
        except Unreachable as exc:
            if not (guarded and exc.uncertain):
                raise
            error = lost = exc
    if lost is not None:
        raise Unreachable(f"{str(lost).rstrip('.')} (tried {rounds} times)", **lost.details) from error
    raise KeepsChanging(f"it changed {rounds} times while {doing}") from error


def in_parallel(function: t.Callable[[T], R], items: t.Iterable[T], concurrency: int) -> list[R]:
    """Call the function for each item in a bounded number of threads; results keep the order of the items.

    After the first failure no further item is begun; what is under way ends, and the failure is raised.
    """
    waiting = list(items)
    results: dict[int, R] = {}
    failures: list[BaseException] = []
    numbers = iter(range(len(waiting)))
    handing_out = threading.Lock()

    def work() -> None:
        while True:
            with handing_out:
                number = None if failures else next(numbers, None)
            if number is None:
                return
            try:
                results[number] = function(waiting[number])
            except BaseException as exc:  # noqa: BLE001 (raised again in the caller's thread)
                failures.append(exc)

    # What bounds the caller's requests bounds those of the threads.
    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
        for _thread in range(min(concurrency, len(waiting)) - 1)
    ]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(waiting))]
