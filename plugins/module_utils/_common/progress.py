# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress for the terminal: a module may not write there, so it appends to a file that its action plugin reads."""

from __future__ import annotations

import json
import threading
import time
import typing as t

from .errors import EduideError


class Reporter:
    """Says how many of how many are done, for one kind of work."""

    def __init__(self, path: str | None, what: str, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._path, self._what, self._clock = path, what, clock
        self._began = clock()
        self._lock = threading.Lock()

    def report(self, done: int, total: int) -> None:
        self._write({"what": self._what, "done": done, "total": total, "seconds": self._clock() - self._began})

    def troubled(self, failure: EduideError, seconds: float) -> None:
        """Say that nothing can be seen at the moment."""
        self._write({"trouble": str(failure), "seconds": seconds})

    def _write(self, line: dict[str, t.Any]) -> None:
        if self._path is not None:
            with self._lock, open(self._path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
