# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator prints, in the form in which a container runtime stores it: so it can be read as a pod's log.

The layout and the levels are those of the real one, secrets in clear included; the words are our own, but for those
that somebody may look for.
"""

from __future__ import annotations

import logging
import sys
import typing as t
from contextvars import ContextVar
from datetime import UTC, datetime

import yaml

TRACE = 5

# Somebody waits for it: what is made after this line is news to the operator once, and not twice.
EVERYTHING_KNOWN = "everything that exists is known"

# Of what the start itself handles; each later event has an id of its own.
INIT = "init"
CORRELATION: ContextVar[str] = ContextVar("correlation", default=INIT)


class StoredLines(logging.Formatter):
    """Time, stream, and F for a whole line before each line, as the container runtime interface wants it."""

    default_time_format = "%H:%M:%S"
    default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        record.correlation = CORRELATION.get()
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return "\n".join(f"{moment} stdout F {line}" for line in super().format(record).splitlines())


def log_to_stdout(level: str) -> None:
    logging.addLevelName(TRACE, "TRACE")
    logging.addLevelName(logging.WARNING, "WARN")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        StoredLines("%(asctime)s [%(threadName)s] %(levelname)-5s %(name)s - [%(correlation)s] %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for library in ("asyncio", "httpcore2", "httpx2"):
        logging.getLogger(library).setLevel(logging.WARNING)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # the fast one, where there is one
    """Objects of the API are dictionaries of a kind of their own."""


_Dumper.add_multi_representer(dict, _Dumper.represent_dict)


def as_yaml(item: t.Mapping[str, t.Any]) -> str:
    return yaml.dump(item, Dumper=_Dumper)
