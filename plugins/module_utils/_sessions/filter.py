# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choosing among sessions: which, in what order, and how many."""

from __future__ import annotations

import typing as t

from .findings import RULES
from .record import AssessedSession, SessionRecord

SortBy = t.Literal["created", "memory", "idle", "restarts"]

_NONE: frozenset[str] = frozenset()


class Selection(t.NamedTuple):
    """All stated filters have to agree; within one of them, any value will do. An empty filter states nothing."""

    names: frozenset[str] = _NONE
    uids: frozenset[str] = _NONE
    users: frozenset[str] = _NONE
    app_definitions: frozenset[str] = _NONE
    workspaces: frozenset[str] = _NONE
    states: frozenset[str] = _NONE
    findings: frozenset[str] = _NONE
    exam: str | None = None
    older_than_minutes: int | None = None
    younger_than_minutes: int | None = None

    @property
    def states_anything(self) -> bool:
        return self != Selection()


TROUBLED = Selection(findings=frozenset(RULES))


def matches(assessed: AssessedSession, wanted: Selection) -> bool:
    """Whether a session is selected. Users are compared exactly, for two accounts may differ in case alone."""
    record = assessed.record
    values = (
        (wanted.names, record["name"]),
        (wanted.uids, record["uid"]),
        (wanted.users, record["user"]),
        (wanted.app_definitions, record["app_definition"]),
        (wanted.workspaces, record["workspace"]),
        (wanted.states, record["state"]),
    )
    return (
        all(value in choice for choice, value in values if choice)
        and (not wanted.findings or not wanted.findings.isdisjoint(assessed.codes))
        and (wanted.exam is None or wanted.exam in assessed.exams)
        and (wanted.older_than_minutes is None or record["age_seconds"] >= wanted.older_than_minutes * 60)
        and (wanted.younger_than_minutes is None or record["age_seconds"] < wanted.younger_than_minutes * 60)
    )


def select(
    sessions: t.Iterable[AssessedSession], wanted: Selection, *, sort_by: SortBy | None = None, limit: int | None = None
) -> list[AssessedSession]:
    """The selected sessions in order; the limit is applied last, so that it keeps the first of the sorted ones."""
    chosen = sorted((s for s in sessions if matches(s, wanted)), key=lambda assessed: _rank(assessed.record, sort_by))
    return chosen if limit is None else chosen[:limit]


def _rank(record: SessionRecord, sort_by: SortBy | None) -> tuple[bool, float, str, str]:
    """The oldest, largest, most idle, or most often restarted first; unknown values last; then by name."""
    value = _value(record, sort_by)
    return value is None, -(value or 0), record["name"], record["uid"]


def _value(record: SessionRecord, sort_by: SortBy | None) -> float | None:
    if sort_by is None:
        return 0
    if sort_by == "created":
        return record["age_seconds"]
    if sort_by == "idle":
        return record["idle_seconds"]
    pod = record["pod"]
    if pod is None:
        return None
    return pod["memory_bytes"] if sort_by == "memory" else pod["restarts"]
