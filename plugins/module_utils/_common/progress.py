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


class ProgressFile:
    """Takes lines for the terminal. Several threads may use it at once."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, line: dict[str, t.Any]) -> None:
        """Append what its action plugin renders; without a file nobody reads along."""
        if self._path is not None:
            with self._lock, open(self._path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def troubled(self, failure: EduideError, seconds: float) -> None:
        """Say that nothing can be seen at the moment."""
        self.write({"trouble": str(failure), "seconds": seconds})


SILENT = ProgressFile(None)
"""Where nobody reads along."""


class Reporter(ProgressFile):
    """Says how many of how many are done, for one kind of work."""

    def __init__(self, path: str | None, what: str, clock: t.Callable[[], float] = time.monotonic) -> None:
        super().__init__(path)
        self._what, self._clock = what, clock
        self._began = clock()

    def report(self, done: int, total: int) -> None:
        self.write({"what": self._what, "done": done, "total": total, "seconds": self._clock() - self._began})
