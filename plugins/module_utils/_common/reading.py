# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One reading for many workers, and for none of them one that is older than it may be."""

from __future__ import annotations

import threading
import time
import typing as t

T = t.TypeVar("T")


class Reading(t.NamedTuple, t.Generic[T]):
    content: T
    begun: float
    """By the clock; what happened later may be missing in the content."""


class SharedRead(t.Generic[T]):
    """Those who ask while one reading is under way share the next one. ``known`` is what was read just now."""

    def __init__(
        self, read: t.Callable[[], T], clock: t.Callable[[], float] = time.monotonic, *, known: T | None = None
    ) -> None:
        self._read, self._clock = read, clock
        self._changed = threading.Condition()
        self._begun = self._finished = 0
        self._busy = False
        self._latest = None if known is None else Reading(known, clock())

    def get(self, max_age_seconds: float | None = None) -> Reading[T]:
        """A reading that is begun after this call, or one that is young enough; None: none is.

        What a reading raises concerns the one that does it, and nobody else.
        """
        with self._changed:
            wanted = self._begun + 1
            while True:
                latest = self._latest
                if latest is not None and (self._finished >= wanted or self._is_young(latest, max_age_seconds)):
                    return latest
                if not self._busy:
                    break
                self._changed.wait()
            self._busy = True
            self._begun += 1
            number, begun = self._begun, self._clock()
        try:
            reading = Reading(self._read(), begun)
            with self._changed:
                self._latest, self._finished = reading, number
            return reading
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _is_young(self, reading: Reading[T], max_age_seconds: float | None) -> bool:
        return max_age_seconds is not None and self._clock() - reading.begun <= max_age_seconds
