# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a signal does to a module: it ends with a sentence, and leaves no secret and no program behind."""

from __future__ import annotations

import contextlib
import os
import signal
import typing as t

from .errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop(BaseException):
    """Ends what is under way; no code that expects failures takes it for one of them."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def interruptible(progress_file: str | None) -> t.Iterator[None]:
    """Turn the first signal into a failure in words. A second one ends the process at once."""
    try:
        before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    except ValueError:
        # Only the main thread has signals.
        before = {}
    try:
        yield
    except Stop as exc:
        # Whoever ends a run by this signal has nobody left who would take the file away.
        if exc.number == signal.SIGTERM and progress_file:
            with contextlib.suppress(OSError):
                os.unlink(progress_file)
        name = signal.Signals(exc.number).name
        raise Interrupted(
            f"interrupted by {name}; what was done stays in place, and the same command goes on from there"
        ) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: t.Any) -> t.NoReturn:
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_DFL)
    raise Stop(number)
