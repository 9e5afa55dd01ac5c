# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who arrives when at a rehearsal, whether it may be held, and what its figures say."""

from __future__ import annotations

import collections
import itertools
import math
import typing as t

from ..._common.errors import Misconfigured
from ..._common.sentences import counted
from ..._common.timestamps import parse_time
from ..._platform.index import Index
from ..._platform.unknown import no_app_definition
from ..record import assess_session

if t.TYPE_CHECKING:
    from datetime import datetime

    from ..._platform.rows import AppDefinitionRow, SessionRow
    from ..._safety.shield import Shield
    from ..view import SessionView

# No mail reaches this domain, and no student is called so.
DOMAIN = "rehearsal.invalid"
MOST_USERS = 2000
# What EduIDE alarms at: the slowest twentieth of launches, and the launches that end with a URL.
P95_SECONDS = 15.0
SUCCESS_PERCENT = 95.0
# A start that was so late says nothing about the platform.
PUNCTUAL_SECONDS = 1.0

Start = t.Literal["warm", "cold", "lazy", "unknown"]


class Arrival(t.NamedTuple):
    """One synthetic student, who comes so many seconds after the beginning."""

    user: str
    at: float
    token: str | None


class Launch(t.NamedTuple):
    """What became of one student."""

    user: str
    seconds: float | None
    """From the request to a URL; None if there was none."""
    late: float
    """How much later than planned the request went out."""
    reason: str | None = None
    start: Start | None = None


def synthetic_users(number: int) -> list[str]:
    """Their numbers come first, since names of sessions are cut."""
    if not 1 <= number <= MOST_USERS:
        raise Misconfigured(f"users={number}: a rehearsal has from 1 to {MOST_USERS} of them")
    return [f"r{each:04}@{DOMAIN}" for each in range(1, number + 1)]


def arrival_times(number: int, over_seconds: float, curve: t.Sequence[int]) -> list[float]:
    """When each comes: the time is cut into as many parts as the curve has, which says how many come in each part."""
    if not curve or min(curve) < 0 or not sum(curve):
        raise Misconfigured("curve: it needs numbers from 0 on that are not all 0, such as 1,4,3,1")
    part = over_seconds / len(curve)
    ends = [round(number * share / sum(curve)) for share in itertools.accumulate(curve)]
    times = []
    for index, (first, last) in enumerate(itertools.pairwise([0, *ends])):
        times += [part * (index + step / (last - first)) for step in range(last - first)]
    return times


def require(app_definition: str, rows: t.Iterable[AppDefinitionRow], namespace: str) -> None:
    """Refuse to rehearse what does not exist."""
    known = [row.name for row in rows]
    if app_definition not in known:
        raise no_app_definition(app_definition, known, namespace)


def objection(users: t.Sequence[str], sessions: t.Iterable[SessionRow], shield: Shield, now: datetime) -> str | None:
    """Why no rehearsal may be held now."""
    if shield.untold or shield.unreadable:
        told = shield.untold or "; ".join(f"ConfigMap {each.record}: {each.reason}" for each in shield.unreadable)
        return f"it is not known whether an exam is under way ({told}); mend that first"
    under_way = [e.name for e in shield.exams if not e.closed and e.shield_from <= now <= e.shield_until]
    if under_way:
        return f"{', '.join(under_way)}: an exam is under way; rehearse when its shield has ended"
    wanted = set(users)
    there = sorted({row.user for row in sessions if row.user in wanted})
    if there:
        return (
            f"{counted(len(there), 'student')}, such as {there[0]}, had a session before the rehearsal; stop it first"
        )
    return None


def with_starts(launches: t.Sequence[Launch], view: SessionView, app_definition: str) -> list[Launch]:
    """How each was started: on an instance that was ready when the student came, on one that was not, or on none."""
    index = Index(view.sources)
    starts: dict[str, Start] = {}
    for row in view.sources.sessions:
        if row.app_definition != app_definition:
            continue
        parts = index.parts(row)
        pod = parts.pod
        if assess_session(parts, view.context).record["start"] != "eager":
            starts[row.user] = "lazy"
        elif pod is None or not pod.ready_changed:
            starts[row.user] = "unknown"
        else:
            ready, came = parse_time(pod.ready_changed), parse_time(row.created)
            starts[row.user] = "warm" if ready and came and ready <= came else "cold"
    return [launch._replace(start=starts.get(launch.user)) for launch in launches]


def percentile(values: t.Sequence[float], share: float) -> float | None:
    """The value within which this share of all values is."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def figures(launches: t.Sequence[Launch]) -> dict[str, t.Any]:
    """What the launches say, and whether EduIDE's own lines are held."""
    good = [launch for launch in launches if launch.seconds is not None]
    seconds = _seconds(good)
    p95 = percentile(seconds, 0.95)
    success = 100 * len(good) / len(launches) if launches else 0.0
    by_start = {start: [launch for launch in good if launch.start == start] for start in t.get_args(Start)}
    return {
        "users": len(launches),
        "succeeded": len(good),
        "success_percent": round(success, 1),
        "p50_seconds": percentile(seconds, 0.5),
        "p95_seconds": p95,
        "slowest_seconds": max(seconds, default=None),
        "starts": {start: _summary(each) for start, each in by_start.items() if each},
        "failures": dict(collections.Counter(launch.reason for launch in launches if launch.seconds is None)),
        "late_starts": sum(launch.late > PUNCTUAL_SECONDS for launch in launches),
        "kept": success >= SUCCESS_PERCENT and p95 is not None and p95 <= P95_SECONDS,
    }


def tell(found: t.Mapping[str, t.Any]) -> list[str]:
    """The same in sentences, the verdict first."""
    if found["p95_seconds"] is None:
        lines = [f"not kept: none of {found['users']} students got a URL"]
    else:
        verdict = "kept" if found["kept"] else "not kept"
        share = f"{found['success_percent']} %, wanted {SUCCESS_PERCENT:.0f} %"
        most = f"95 of 100 within {found['p95_seconds']} s (wanted {P95_SECONDS:.0f} s)"
        lines = [
            f"{verdict}: {found['succeeded']} of {found['users']} students got a URL ({share})",
            f"half of them within {found['p50_seconds']} s, {most}, the slowest within {found['slowest_seconds']} s",
        ]
    for start, each in found["starts"].items():
        lines.append(f"{start:<8} {each['count']:>4}  half {each['p50_seconds']} s, 95 of 100 {each['p95_seconds']} s")
    lines += [f"{number} x {reason}" for reason, number in found["failures"].items()]
    if found["late_starts"]:
        late = counted(found["late_starts"], "request")
        lines.append(
            f"{late} went out late, since all workers were busy; more concurrency makes the wave as steep as asked"
        )
    return lines


def _summary(launches: t.Sequence[Launch]) -> dict[str, t.Any]:
    seconds = _seconds(launches)
    return {"count": len(launches), "p50_seconds": percentile(seconds, 0.5), "p95_seconds": percentile(seconds, 0.95)}


def _seconds(launches: t.Iterable[Launch]) -> list[float]:
    return [launch.seconds for launch in launches if launch.seconds is not None]
