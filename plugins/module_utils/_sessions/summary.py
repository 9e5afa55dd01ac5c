# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Totals over sessions."""

from __future__ import annotations

import collections
import typing as t

from .._common.timestamps import format_time
from .._platform.index import join
from .filter import TROUBLED, Selection, SortBy, select
from .record import AssessedSession, SessionRecord, assess_session

if t.TYPE_CHECKING:
    from .view import SessionView

UNKNOWN = "unknown"
# From here on a user's next start may be the one that is refused.
NEAR_PERCENT = 80


class UserCount(t.TypedDict):
    user: str
    sessions: int


class Summary(t.TypedDict):
    total: int
    by_app_definition: dict[str, int]
    by_state: dict[str, int]
    by_start: dict[str, int]
    by_finding: dict[str, int]
    sessions_per_user: int | None
    users_near_limit: list[UserCount]
    users_over_limit: list[UserCount]


def summarise(records: t.Sequence[SessionRecord], users: t.Mapping[str, int], sessions_per_user: int | None) -> Summary:
    """Count sessions. ``users`` says how many each user has in all, whether they are among the records or not;
    ``sessions_per_user`` is the operator's limit, None if there is none or it is not known.
    """
    near, over = [], []
    if sessions_per_user is not None:
        over = [user for user, count in users.items() if count > sessions_per_user]
        near = [
            user
            for user, count in users.items()
            if NEAR_PERCENT * sessions_per_user <= count * 100 and user not in over
        ]
    return Summary(
        total=len(records),
        by_app_definition=_count(record["app_definition"] for record in records),
        by_state=_count(record["state"] for record in records),
        by_start=_count(record["start"] for record in records),
        by_finding=_count(finding["code"] for record in records for finding in record["findings"]),
        sessions_per_user=sessions_per_user,
        users_near_limit=_ranked(near, users),
        users_over_limit=_ranked(over, users),
    )


def _count(values: t.Iterable[str | None]) -> dict[str, int]:
    """The most frequent first, then by name, so that equal worlds give equal results."""
    counts = collections.Counter(value or UNKNOWN for value in values)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _ranked(names: t.Iterable[str], users: t.Mapping[str, int]) -> list[UserCount]:
    return [UserCount(user=name, sessions=users[name]) for name in sorted(names, key=lambda name: (-users[name], name))]


def describe_troubled(view: SessionView) -> dict[str, t.Any]:
    """All sessions with a finding."""
    chosen, _unused = choose(view, TROUBLED, None)
    return describe(view, chosen)


def choose(view: SessionView, selection: Selection, sort_by: SortBy | None) -> tuple[list[AssessedSession], bool]:
    """The selected sessions, and whether any session waits for an operator. Only the selected ones are kept."""
    waiting: list[str] = []

    def assessed() -> t.Iterator[AssessedSession]:
        for parts in join(view.sources):
            session = assess_session(parts, view.context)
            if session.waits:
                waiting.append(session.row.uid)
            yield session

    return select(assessed(), selection, sort_by=sort_by), bool(waiting)


def describe(view: SessionView, chosen: t.Sequence[AssessedSession], limit: int | None = None) -> dict[str, t.Any]:
    """The selected sessions in the words of the module's documentation."""
    return {
        "sessions": [assessed.record for assessed in chosen[:limit]],
        "summary": _summary(view, chosen),
        "unknown_findings": sorted({code for assessed in chosen for code in assessed.unknown}),
        "missing": view.missing,
        "seen_at": format_time(view.context.now),
    }


def _summary(view: SessionView, chosen: t.Sequence[AssessedSession]) -> dict[str, t.Any]:
    """Totals of the selected sessions; limits are counted over all sessions of a user, selected or not."""
    operator = view.context.operator
    users = collections.Counter(row.user for row in view.sources.sessions)
    return dict(
        summarise([assessed.record for assessed in chosen], users, operator.sessions_per_user if operator else None)
    )
