# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every way of getting a program speaks: what was found, and why something was not."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from pathlib import Path


class ProgramsError(Exception):
    """A program could not be had; the text says which, why, and what to do."""


class Found(t.NamedTuple):
    """A program that may be used."""

    path: Path
    version: str
    source: str


@dataclass
class Outcome:
    """What one way gave: programs, the names of those it does not have, and what it refused, with the reason."""

    found: dict[str, Found] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
