# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing the same for many items at once."""

from __future__ import annotations

import threading
import typing as t

T = t.TypeVar("T")
R = t.TypeVar("R")


class Failures:
    """Counts what failed in a batch that several threads work on, and says when no more is tried."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._count = 0
        self._lock = threading.Lock()

    @property
    def too_many(self) -> str | None:
        """Why nothing else is tried, if that is so."""
        if self._most is None or self._count <= self._most:
            return None
        return f"not tried after more than {self._most} failures"

    def note(self, outcome: str) -> None:
        with self._lock:
            self._count += outcome == "failed"


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

    threads = [threading.Thread(target=work, daemon=True) for _thread in range(min(concurrency, len(waiting)) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(waiting))]
