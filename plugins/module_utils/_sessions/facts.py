# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the findings look at: one session with its objects, and from when on a state has lasted too long."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._platform.index import SessionObjects
from .._platform.operator import Operator
from .activity import Activity, Start

State = t.Literal["failed", "running", "unready", "starting", "pending"]
Yes: t.TypeAlias = "tuple[str, datetime | None]"
"""Evidence, and since when."""
Answer: t.TypeAlias = "Yes | t.Literal[False] | None"
"""None: something that this rests on was not read."""


class Thresholds(t.NamedTuple):
    """When a state has lasted long enough to be a finding."""

    unseen_minutes: int = 2
    stuck_starting_minutes: int = 5
    no_url_minutes: int = 10
    no_pod_minutes: int = 5
    high_memory_percent: int = 85
    too_old_minutes: int = 480
    idle_minutes: int | None = None

    def at_least(self, floor: Thresholds) -> Thresholds:
        """The same, but no wait shorter than the floor's: what decides over life and death is not typed in."""
        return self._replace(
            unseen_minutes=max(self.unseen_minutes, floor.unseen_minutes),
            stuck_starting_minutes=max(self.stuck_starting_minutes, floor.stuck_starting_minutes),
            no_url_minutes=max(self.no_url_minutes, floor.no_url_minutes),
            no_pod_minutes=max(self.no_pod_minutes, floor.no_pod_minutes),
        )


class SessionFacts(t.NamedTuple):
    """One session with all that the findings look at."""

    parts: SessionObjects
    now: datetime
    created: datetime
    state: State | None
    start: Start | None
    activity: Activity
    operator: Operator | None
    leading: bool | None
    led_seconds: float | None
    """For how long the operator that leads has been leading."""
    thresholds: Thresholds
    dead: bool | None
    """None if that rests on something that was not read."""

    @property
    def age(self) -> timedelta:
        return self.now - self.created
