# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: many at once, each assessed again right before it ends, with what has to be known by then."""

from __future__ import annotations

import typing as t

from .._common.batch import Mapper, Progress, run_batch
from .._common.reading import SharedRead
from . import guard
from .decision import Item, Plan

if t.TYPE_CHECKING:
    from .shield import Shield

I = t.TypeVar("I", bound=Item[t.Any, t.Any, t.Any])  # noqa: E741 (the items of a plan)


class Pace(t.NamedTuple):
    """How many things are ended at once, and after how many failures no more are."""

    concurrency: int
    max_failures: int | None


def carry_out(
    planned: Plan[I],
    act: t.Callable[[I], I],
    pace: Pace,
    *,
    progress: Progress | None = None,
    across: Mapper | None = None,
) -> Plan[I]:
    """Act on what the plan ends; one failure does not end the rest."""
    attempts = run_batch(
        planned.acts,
        act,
        concurrency=pace.concurrency,
        max_failures=pace.max_failures,
        progress=progress,
        counts=lambda item: item.acts,
        across=across,
    )
    return planned.carried_out(attempts)


class ShieldWatch:
    """The shield in a long run: it is read once more before anything ends, and it only grows."""

    def __init__(self, known: Shield, read: t.Callable[[], Shield]) -> None:
        self._known, self._read = known, read
        self._readings = SharedRead(self._grow)

    def get(self) -> Shield:
        return self._readings.get(guard.RECORDS_SECONDS).content

    def _grow(self) -> Shield:
        self._known = self._known.grown(self._read())
        return self._known
