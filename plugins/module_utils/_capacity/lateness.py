# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether there is time for a change before the exam, and whether the time limits last until its end."""

from __future__ import annotations

import math
import typing as t
from datetime import datetime, timedelta, tzinfo

from .._common.sentences import counted
from .._common.timestamps import parse_time, tell_time
from .._platform.rows import LiveSession
from .._platform.workloads import PodRow, instance_id
from .ledger import TIME_LIMITS
from .plan import Change

# What a pod takes to start as long as too few were seen to start.
USUAL_START_SECONDS = 180.0
_LEAST_PODS = 5


def start_seconds(pods: t.Iterable[PodRow], uid: str) -> float:
    """The time within which 95 of 100 pods of this pool have started, by those that are there and ready."""
    times = []
    for pod in pods:
        ready, created = parse_time(pod.ready_changed), parse_time(pod.created)
        if pod.ready and ready and created and instance_id(pod.name) is not None and uid[-12:] in pod.name:
            times.append((ready - created).total_seconds())
    if len(times) < _LEAST_PODS:
        return USUAL_START_SECONDS
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


def too_late(
    change: Change, warm: int, now: datetime, start: datetime, seconds: float, *, zone: tzinfo | None = None
) -> str | None:
    """Why the change would come too late, if it takes warm instances away that are not back when the exam starts."""
    if not change.patch or not warm or not (change.effect.rebuilds or change.effect.removes):
        return None
    back = now + timedelta(seconds=seconds)
    if back <= start:
        return None
    total = change.after["min_instances"] or 0
    return (
        f"{change.app_definition.name}: {counted(warm, 'instance')} {'is' if warm == 1 else 'are'} warm now, and with "
        f"the change all are cold until about {tell_time(back, zone)}, then up to {total} are warm; the exam "
        f"{'starts' if now < start else 'started'} at {tell_time(start, zone)}; say late=true to change it all the same"
    )


def first_loss(
    values: t.Mapping[str, int | None],
    sessions: t.Sequence[LiveSession],
    now: datetime,
    start: datetime | None,
    *,
    lead: timedelta = timedelta(0),
) -> datetime | None:
    """When the platform ends the first session by a time limit, of those that live and those that come.

    Students come at the start, or as long before it as the lead. Who lives today and ends before the exam starts is not
    in it.

    An older operator counts inactivity from the start of a session that nobody measures, so it may come that early for
    any of them.
    """
    ends = []
    for field in TIME_LIMITS:
        limit = values.get(field)
        if limit is None or limit <= 0:
            continue
        ages = [_age(session, field) for session in sessions]
        live = [now + timedelta(minutes=limit - age) for age in ages]
        ends += [end for end in live if start is None or end >= start]
        if start is not None:
            ends.append(max(start - lead, now) + timedelta(minutes=limit))
    return min(ends, default=None)


def _age(session: LiveSession, field: str) -> float:
    return session.age_minutes if field == "timeout_minutes" or session.idle_minutes is None else session.idle_minutes
