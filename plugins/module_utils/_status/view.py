# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the snapshot each noun looks at, as if only its own parts had been asked for."""

from __future__ import annotations

import typing as t

from .._capacity import view as capacity_view
from .._capacity.verdict.view import PARTS as VERDICT_PARTS
from .._platform.lists import Lists, Snapshot, describe_missing
from .._sessions import view as session_view
from .._workspaces import view as workspace_view

if t.TYPE_CHECKING:
    from .._platform.snapshot import Part

SESSION_PARTS = session_view.parts_of(session_view.GATHERED)
WORKSPACE_PARTS = workspace_view.parts_of(("objects", "collector"))
PARTS = SESSION_PARTS.union(WORKSPACE_PARTS, capacity_view.SHOWN, VERDICT_PARTS)
REQUIRED = frozenset({*capacity_view.REQUIRED, *session_view.REQUIRED, *workspace_view.REQUIRED})


class Views(t.NamedTuple):
    """One snapshot, as the nouns see it."""

    capacity: capacity_view.CapacityView
    sessions: session_view.SessionView
    workspaces: workspace_view.WorkspaceView


def views_of(snapshot: Snapshot) -> Views:
    return Views(
        capacity_view.view_capacity(_only(snapshot, capacity_view.SHOWN)),
        session_view.view_sessions(_only(snapshot, SESSION_PARTS)),
        workspace_view.view_workspaces(_only(snapshot, WORKSPACE_PARTS)),
    )


def what_is_missing(snapshot: Snapshot) -> str | None:
    """A warning of what could not be read. What verdicts lack is among their reasons."""
    # Exam records that were listed may be unreadable, which sessions see.
    missing = session_view.view_sessions(snapshot).missing
    return describe_missing({part: reason for part, reason in missing.items() if part not in VERDICT_PARTS})


def _only(snapshot: Snapshot, parts: t.Collection[Part]) -> Snapshot:
    """As if nothing but these parts had been asked for."""
    others = [name for name in Lists._fields if name not in parts]
    missing = {name: reason for name, reason in snapshot.missing.items() if name in {*parts, "lease"}}
    lists = Lists(**{**snapshot.lists._asdict(), **dict.fromkeys(others)})
    return snapshot._replace(lists=lists, missing=missing)
