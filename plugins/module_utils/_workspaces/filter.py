# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choosing among workspaces: which, in what order, and how many."""

from __future__ import annotations

import typing as t

from .._common.timestamps import parse_time
from .record import AssessedWorkspace

SortBy = t.Literal["created", "last_used", "size"]

DAY_SECONDS = 86400

_NONE: frozenset[str] = frozenset()


class WorkspaceSelection(t.NamedTuple):
    """All stated filters have to agree; within one of them, any value will do. An empty filter states nothing."""

    names: frozenset[str] = _NONE
    uids: frozenset[str] = _NONE
    users: frozenset[str] = _NONE
    app_definitions: frozenset[str] = _NONE
    exam: str | None = None
    in_use: bool | None = None
    older_than_days: int | None = None
    unused_days: int | None = None

    @property
    def states_anything(self) -> bool:
        return self != WorkspaceSelection()


def matches(assessed: AssessedWorkspace, wanted: WorkspaceSelection) -> bool:
    """Whether a workspace is selected. Users are compared exactly, for two accounts may differ in case alone."""
    record = assessed.record
    values = (
        (wanted.names, record["name"]),
        (wanted.uids, record["uid"]),
        (wanted.users, record["user"]),
        (wanted.app_definitions, record["app_definition"]),
    )
    return (
        all(value in choice for choice, value in values if choice)
        and (wanted.exam is None or wanted.exam in assessed.exams)
        and wanted.in_use in (None, assessed.in_use)
        and _lasts(record["age_seconds"], wanted.older_than_days)
        and _lasts(record["unused_seconds"], wanted.unused_days)
    )


def select(
    workspaces: t.Iterable[AssessedWorkspace],
    wanted: WorkspaceSelection,
    *,
    sort_by: SortBy | None = None,
    limit: int | None = None,
) -> list[AssessedWorkspace]:
    """The selected workspaces in order; the limit is applied last, so that it keeps the first of the sorted ones."""
    chosen = sorted((w for w in workspaces if matches(w, wanted)), key=lambda assessed: _rank(assessed, sort_by))
    return chosen if limit is None else chosen[:limit]


def _lasts(seconds: int | None, days: int | None) -> bool:
    """Whether something has been so for so many days; what is not known has not."""
    return days is None or (seconds is not None and seconds >= days * DAY_SECONDS)


def _rank(assessed: AssessedWorkspace, sort_by: SortBy | None) -> tuple[bool, float, str]:
    """The oldest, the one used longest ago, or the largest first; unknown values last; then by name."""
    value = _value(assessed, sort_by)
    return value is None, value or 0, assessed.row.name


def _value(assessed: AssessedWorkspace, sort_by: SortBy | None) -> float | None:
    if sort_by is None:
        return 0
    if sort_by == "created":
        return assessed.created.timestamp()
    if sort_by == "last_used":
        used = parse_time(assessed.record["last_used"])
        return used.timestamp() if used else None
    size = assessed.claim.capacity_bytes or assessed.claim.requested_bytes if assessed.claim else None
    return None if size is None else -size
