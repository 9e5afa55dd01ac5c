# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arithmetic of measurements: spreads, ratios between commands that took turns, and what was wanted of them."""

from __future__ import annotations

import math
import statistics
import typing as t

# The quantities of one run, each with its unit in its name.
Quantity = t.Literal[
    "wall_seconds", "cpu_seconds", "peak_rss_mib", "deletes_per_second", "requests", "mib_read", "kib_printed"
]


class Taken(t.NamedTuple):
    """What one run of one contender took."""

    wall_seconds: float
    cpu_seconds: float
    peak_rss_mib: float
    deletes_per_second: float | None = None
    requests: float | None = None
    mib_read: float | None = None
    kib_printed: float | None = None

    def plus(self, other: Taken) -> Taken:
        """One after the other, as one run."""
        return Taken(
            self.wall_seconds + other.wall_seconds,
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_rss_mib, other.peak_rss_mib),
        )


Runs: t.TypeAlias = "t.Mapping[str, t.Sequence[Taken | None]]"
"""By contender, one entry per round; None where it sat a round out."""


class Spread(t.NamedTuple):
    """The figures of several rounds."""

    min: float
    median: float
    max: float
    rounds: int


def spread(values: t.Sequence[float]) -> Spread:
    return Spread(min(values), statistics.median(values), max(values), len(values))


def values_of(runs: t.Sequence[Taken | None], quantity: Quantity) -> list[float | None]:
    return [None if run is None else t.cast("float | None", getattr(run, quantity)) for run in runs]


def paired(above: t.Sequence[float | None], below: t.Sequence[float | None]) -> list[float]:
    """Ratios within each round, for whatever slows the machine down slows both of a round."""
    return [a / b for a, b in zip(above, below, strict=True) if a is not None and b is not None]


class Wanted(t.NamedTuple):
    """A figure to report: of one contender, or as a ratio to others that are run one after the other."""

    name: str
    contender: str
    quantity: Quantity
    sense: t.Literal["at most", "at least"] | None = None
    """None: nothing is wanted of it, it is only worth knowing."""
    limit: float = 0.0
    against: tuple[str, ...] = ()
    inverse: bool = False
    """Of the others to it, so that "six times as fast" reads as 6."""

    @property
    def text(self) -> str:
        return f"{self.sense} {self.limit:g}" if self.sense else ""


class Verdict(t.NamedTuple):
    wanted: Wanted
    found: Spread

    @property
    def reached(self) -> bool | None:
        """By the median, for single rounds are at the mercy of the machine; None if nothing was wanted."""
        if self.wanted.sense is None:
            return None
        figure, limit = self.found.median, self.wanted.limit
        return figure <= limit if self.wanted.sense == "at most" else figure >= limit


def slope(small: float, large: float, growth: float) -> float:
    """The power of the size with which a figure grows: 1 if it doubles with it, 0 if it stays."""
    return math.log(large / small) / math.log(growth)


def judge(wanted: Wanted, runs: Runs) -> Verdict:
    mine = values_of(runs[wanted.contender], wanted.quantity)
    if not wanted.against:
        return Verdict(wanted, spread([value for value in mine if value is not None]))
    theirs = values_of(together([runs[name] for name in wanted.against]), wanted.quantity)
    return Verdict(wanted, spread(paired(theirs, mine) if wanted.inverse else paired(mine, theirs)))


def together(several: t.Sequence[t.Sequence[Taken | None]]) -> list[Taken | None]:
    """Contenders run one after the other, round by round. A single one stays what it is."""
    first, *others = several
    summed = list(first)
    for other in others:
        summed = [
            None if mine is None or more is None else mine.plus(more) for mine, more in zip(summed, other, strict=True)
        ]
    return summed
