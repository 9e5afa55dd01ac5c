# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress for people: a moving percentage on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import sys
import typing as t


class Terminal:
    """Prints to one stream; knows whether lines can be redrawn there."""

    def __init__(self, stream: t.TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._redraws = self._stream.isatty()
        self._open_line = False

    def say(self, text: str) -> None:
        """Print a line of its own."""
        self._clear()
        print(f"lab: {text}", file=self._stream, flush=True)

    def meter(self, label: str, total: int) -> Meter:
        """Start counting towards a total."""
        return Meter(self, label, total)

    def redraw(self, text: str) -> bool:
        """Replace the line under the cursor; False where that is not possible."""
        if not self._redraws:
            return False
        self._clear()
        self._stream.write(f"lab: {text}")
        self._stream.flush()
        self._open_line = True
        return True

    def _clear(self) -> None:
        if self._open_line:
            self._stream.write("\r\033[K")
            self._open_line = False


class Meter:
    """Counts steps. Totals are estimates, so it never says 100 % by itself: whoever finishes says so."""

    def __init__(self, terminal: Terminal, label: str, total: int) -> None:
        self._terminal = terminal
        self._label = label
        self._total = max(total, 1)
        self._done = 0
        self._shown = 0

    def step(self, amount: int = 1) -> None:
        self._done += amount
        percent = min(99, 100 * self._done // self._total)
        if percent == self._shown:
            return
        text = f"{self._label}: {percent} %"
        if self._terminal.redraw(text):
            self._shown = percent
        elif percent // 10 > self._shown // 10:
            self._terminal.say(text)
            self._shown = percent
