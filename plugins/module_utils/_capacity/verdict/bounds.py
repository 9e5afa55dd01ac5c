# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many pods are sure to find room, whatever the order in which they come and the nodes they are put on.

The reasoning: a pod is left over only where each node, or a quota, has less left than the pod asks for. So count the
fewest pods that can use up so much. With pods of one size this is exact: each node takes the whole number that fits.
"""

from __future__ import annotations

import math
import typing as t
from fractions import Fraction

from ..._platform.room import Amounts


class Size(t.NamedTuple):
    """Pods that ask for the same, and how many of them come at most."""

    needs: Amounts
    number: float = math.inf


def fewest_to_fill(rooms: t.Sequence[Amounts], left_over: Amounts, sizes: t.Sequence[Size]) -> float:
    """The fewest pods of these sizes after which no room takes ``left_over``; infinite if they cannot fill so much."""
    open_rooms = [room for room in rooms if all(room[r] >= need for r, need in left_over.items() if r in room)]
    largest = {name: max(size.needs.get(name, 0) for size in sizes) for name in left_over}
    whole: float = 0
    for room in open_rooms:
        shares = [(room[r] - need) // largest[r] + 1 for r, need in left_over.items() if need and r in room]
        whole += min(shares, default=math.inf)
    if not open_rooms or math.isinf(whole) or all(math.isinf(size.number) for size in sizes):
        return whole
    gaps = [{r: room[r] - need + 1 for r, need in left_over.items() if need and r in room} for room in open_rooms]
    placed = _without_one(left_over, sizes)
    return max([whole, *(_fewest_by(reference, gaps, placed) for reference in sizes)])


def _without_one(needs: Amounts, sizes: t.Sequence[Size]) -> list[Size]:
    """Who is left over is not among those that fill the rooms."""
    number = next(number for number, size in enumerate(sizes) if size.needs == needs)
    return [*sizes[:number], Size(needs, sizes[number].number - 1), *sizes[number + 1 :]]


def _fewest_by(reference: Size, gaps: t.Sequence[Amounts], sizes: t.Sequence[Size]) -> float:
    """A lower bound that knows how few of the large ones there are.

    Each room is weighed by how many pods of the reference fill it. No pod fills more, over all rooms, than its largest
    part of one; so the pods with the largest parts are taken first.
    """
    filled = [_part(reference, gap) for gap in gaps]
    weights = [1 / part if part else Fraction() for part in filled]
    parts = [
        (max(weight * _part(size, gap) for weight, gap in zip(weights, gaps, strict=True)), size.number)
        for size in sizes
    ]
    missing, number = sum(weights, Fraction()), Fraction()
    for part, available in sorted(parts, reverse=True):
        if missing <= 0 or not part:
            break
        taken = missing / part if missing / part <= available else Fraction(int(available))
        number, missing = number + taken, missing - taken * part
    return math.inf if missing > 0 else math.ceil(number)


def _part(size: Size, gap: Amounts) -> Fraction:
    """The part of a room that one pod fills, by the resource of which it fills most."""
    return max((Fraction(size.needs.get(name, 0), amount) for name, amount in gap.items()), default=Fraction())
