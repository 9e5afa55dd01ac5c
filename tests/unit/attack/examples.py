# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much is tried: a little with every `make test`, and much with `make attack`, which looks for new examples."""

from __future__ import annotations

import functools
import os
import time
import typing as t

from hypothesis import HealthCheck, settings

ATTACK = bool(os.environ.get("ATTACK"))


def examples(in_test: int, in_attack: int) -> t.Callable[[t.Callable[..., None]], t.Callable[..., None]]:
    """So many examples; how many there were and how long they took is printed at the end."""
    return lambda test: _counting(
        settings(
            max_examples=in_attack if ATTACK else in_test,
            derandomize=not ATTACK,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )(test)
    )


def _counting(test: t.Callable[..., None]) -> t.Callable[..., None]:
    inner = test.hypothesis.inner_test
    count = 0

    @functools.wraps(inner)
    def counted(*arguments: t.Any, **named: t.Any) -> None:
        nonlocal count
        count += 1
        inner(*arguments, **named)

    test.hypothesis.inner_test = counted

    @functools.wraps(test)
    def timed(*arguments: t.Any, **named: t.Any) -> None:
        began = time.monotonic()
        test(*arguments, **named)
        print(f"\n{test.__name__}: {count} examples, {time.monotonic() - began:.0f} s, none uncaught")

    return timed
