# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator prints, in the form in which a container runtime stores it: so it can be read as a pod's log."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime


class StoredLines(logging.Formatter):
    """Time, stream, and F for a whole line before each line, as the container runtime interface wants it."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return "\n".join(f"{moment} stderr F {line}" for line in super().format(record).splitlines())


def log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(StoredLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.getLogger("httpx2").setLevel(logging.WARNING)
