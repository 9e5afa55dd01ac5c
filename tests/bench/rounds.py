# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contenders that take turns."""

from __future__ import annotations

import typing as t

from bench.figures import Taken


class Contender(t.NamedTuple):
    name: str
    about: str
    run: t.Callable[[], Taken]
    slow: bool = False
    """Whether it sits out the later rounds: its figures are so far off that few of them tell enough."""


def take_turns(
    contenders: t.Sequence[Contender], rounds: int, slow_rounds: int, tell: t.Callable[[str], None]
) -> dict[str, list[Taken | None]]:
    """Everybody once in every round, each round beginning with another one."""
    runs: dict[str, list[Taken | None]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        first = number % len(contenders)
        for contender in [*contenders[first:], *contenders[:first]]:
            sits_out = contender.slow and number >= slow_rounds
            taken = None if sits_out else contender.run()
            runs[contender.name].append(taken)
            if taken:
                tell(f"round {number + 1} of {rounds}: {contender.name} {taken.wall_seconds:.2f} s")
    return runs
