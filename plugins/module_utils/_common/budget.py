# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time that one request may take, all its tries and the waits between them together."""

from __future__ import annotations

import time


class Budget:
    """Begins to run when it is made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """What the next try may take; never nothing, for libraries take that for no limit or an error."""
        return max(self._end - time.monotonic(), 0.01)

    def allows(self, wait: float) -> bool:
        """Whether something is left after waiting that long."""
        return time.monotonic() + wait < self._end
