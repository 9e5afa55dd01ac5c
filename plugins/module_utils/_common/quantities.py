# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes quantities: ``500m``, ``123456789n``, ``3000M``, ``1Gi``, ``1e3`` and plain numbers."""

from __future__ import annotations

import math
import re
import typing as t
from decimal import Decimal

SUFFIXES: t.Mapping[str, Decimal] = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}
# A number may carry an exponent or a suffix. "1E" is one exa, "1E3" is a thousand: the exponent needs its digits.
_SHAPE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)([A-Za-z]{0,2})", re.ASCII)


def parse_quantity(value: str | int | float) -> Decimal:
    """The exact number a quantity stands for; ValueError if it is none."""
    found = _SHAPE.fullmatch(str(value).strip())
    if not found or found[2] not in SUFFIXES:
        raise ValueError(f"{value!r} is not a Kubernetes quantity")
    return Decimal(found[1]) * SUFFIXES[found[2]]


def thousandths(value: str | int | float) -> int:
    """The quantity in whole thousandths, rounded up: the finest that the API server keeps of most resources."""
    return math.ceil(parse_quantity(value) * 1000)


def millicores(value: str | int | float | None) -> int | None:
    """CPU in thousandths of a core, rounded up as kubectl does; None for none."""
    return None if value is None else thousandths(value)


def byte_count(value: str | int | float | None) -> int | None:
    """Memory or storage in bytes, rounded up as kubectl does; None for none."""
    return None if value is None else math.ceil(parse_quantity(value))


def used(amount: int | None) -> int | None:
    """What was measured; None where it cannot have been, as some meters show it."""
    return amount if amount is not None and amount >= 0 else None
