# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workspaces a rule of retention lets go, and from when it lets the next one go.

Only observed use counts. Neither the age of a workspace nor silence about it says that nobody needs it.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from .._common.timestamps import format_time, parse_time

# A workspace as the info module returns it.
Record = t.Mapping[str, t.Any]


class Rule(t.NamedTuple):
    unused_days: int
    not_before: datetime | None = None
    """Until then nothing goes, however long it was unused."""


class Outlook(t.TypedDict):
    due: list[str]
    """Uids of those that may go now, the longest unused first."""
    next_at: str | None
    """When the next one may go, if nobody uses it until then and somebody goes on looking."""
    in_use: int
    waiting: int
    unobserved: int
    """Neither used now nor looked at often enough; for them time begins now."""
    protected: int


def read_rule(unused_days: int, not_before: object) -> Rule:
    """ValueError if the date is none. A date without a time is its first moment in UTC."""
    if unused_days < 1:
        raise ValueError(f"unused_days is {unused_days}; it has to be 1 or more")
    text = str(not_before or "").strip()
    if not text:
        return Rule(unused_days)
    time = datetime.fromisoformat(text)
    return Rule(unused_days, time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC))


def outlook(records: t.Iterable[Record], rule: Rule, now: datetime) -> Outlook:
    """Who may go now, and who when."""
    found = Outlook(due=[], next_at=None, in_use=0, waiting=0, unobserved=0, protected=0)
    due: list[tuple[datetime, str]] = []
    later: list[datetime] = []
    for record in records:
        if record["sessions"]:
            found["in_use"] += 1
            continue
        if record["protected"]:
            found["protected"] += 1
            continue
        since = parse_time(record["unused_since"])
        goes = due_at(since or now, rule)
        if since is not None and goes <= now:
            due.append((since, record["uid"]))
            continue
        found["waiting" if since else "unobserved"] += 1
        later.append(goes)
    found["due"] = [uid for _since, uid in sorted(due)]
    found["next_at"] = format_time(min(later)) if later else None
    return found


def due_at(unused_since: datetime, rule: Rule) -> datetime:
    goes = unused_since + timedelta(days=rule.unused_days)
    return max(goes, rule.not_before) if rule.not_before else goes
