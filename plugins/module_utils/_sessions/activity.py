# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether anybody knows when a session was last used. Unknown is not idle.

``lastActivity`` looks like an answer and often is none: the operator sets it when it has handled the session, raises it
only while its activity monitor reaches the pod, and leaves it alone for good in a prewarmed (eager) session.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from .._platform.operator import Operator
from .._platform.rows import MOST_MINUTES, AppDefinitionRow, SessionRow

Start = t.Literal["eager", "lazy", "lazy-fallback"]

# What the monitor may be late by, beyond its intervals, before its silence means that it is dead.
SLACK = timedelta(minutes=1)


class Lead(t.NamedTuple):
    """Who leads by now, for each operator polls anew: a monitor that did not come up with it leaves no trace."""

    leading: bool | None
    """None if nobody watched."""
    seconds: float | None

    def polled(self, last: datetime, now: datetime, margin: timedelta) -> bool:
        """Whether the operator that leads must have written this. At its start it writes to those it handles anew."""
        if self.leading is None:
            return True
        return bool(self.leading and self.seconds is not None and last > now - timedelta(seconds=self.seconds) + margin)


class Activity(t.NamedTuple):
    """When a session was last used, as far as anybody knows."""

    last: datetime | None
    known: bool
    idle_seconds: int | None
    """None unless ``known``."""


def last_activity(row: SessionRow) -> datetime | None:
    """The time in the status, whatever it is worth; a value that is no time counts as none."""
    try:
        return datetime.fromtimestamp(row.last_activity / 1000, UTC) if row.last_activity else None
    except (ValueError, OverflowError, OSError):
        return None


def assess_activity(
    row: SessionRow,
    *,
    start: Start | None,
    created: datetime,
    app: AppDefinitionRow | None,
    operator: Operator | None,
    lead: Lead,
    now: datetime,
) -> Activity:
    """Believe ``lastActivity`` only if the monitor must have written it, and recently enough to be alive."""
    last = last_activity(row)
    if last is None or app is None or operator is None or start not in ("lazy", "lazy-fallback"):
        return Activity(last, False, None)
    allowed = silence_allowed(app, operator)
    known = (
        allowed is not None
        # The monitor polls no others.
        and row.operator_status == "HANDLED"
        and last > created + 2 * interval(operator)
        and lead.polled(last, now, 2 * interval(operator))
        and (row.touched is None or row.last_activity > row.touched)
        and now - last < allowed
    )
    idle = max(0, int((now - max(last, created)).total_seconds()))
    return Activity(last, known, idle if known else None)


def is_idle(activity: Activity, idle_minutes: int, operator: Operator) -> bool:
    """A poll may be one interval old, so that much is added before somebody counts as away."""
    if activity.idle_seconds is None:
        return False
    return activity.idle_seconds >= (timedelta(minutes=idle_minutes) + interval(operator)).total_seconds()


def silence_allowed(app: AppDefinitionRow, operator: Operator) -> timedelta | None:
    """How old an activity can get before the platform itself should have ended the session; None if it never would."""
    if app.inactive_minutes is None or not operator.monitor or not operator.activity_tracker:
        return None
    return timedelta(minutes=app.inactive_minutes) + reaping_delay(operator)


def reaping_delay(operator: Operator) -> timedelta:
    """How late the platform's own clean-up may be and still be alive."""
    return 2 * interval(operator) + SLACK


def interval(operator: Operator) -> timedelta:
    return timedelta(minutes=min(operator.monitor_interval_minutes, MOST_MINUTES))
