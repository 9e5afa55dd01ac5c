# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of bounds: how they are, how many more students they are good for, and how they come back."""

from __future__ import annotations

import typing as t

from .._capacity.result import describe_capacity
from .._capacity.verdict.task import Question, verdicts
from .ways_back import describe_ways_back

if t.TYPE_CHECKING:
    from .._capacity.view import CapacityView
    from .._kubernetes.gateway import Gateway
    from .._platform.lists import Snapshot
    from .._platform.options import Installation


def describe_bounds(
    gateway: Gateway, installation: Installation, snapshot: Snapshot, capacity: CapacityView
) -> dict[str, dict[str, t.Any]]:
    told = describe_capacity(capacity, leading=snapshot.leading, led_seconds=snapshot.led_seconds)
    return {
        "capacity": {**told, **verdicts(gateway, installation, snapshot, capacity, Question())},
        "ways_back": describe_ways_back(capacity, snapshot),
    }
