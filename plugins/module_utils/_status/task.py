# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_status) does: one snapshot, seen as capacity, as sessions and as workspaces."""

from __future__ import annotations

import typing as t

from .._capacity import view as capacity_view
from .._capacity.result import describe_capacity
from .._capacity.verdict.task import Question, verdicts
from .._capacity.verdict.view import PARTS as VERDICT_PARTS
from .._common.report import Report, Task
from .._kubernetes.connect import connect
from .._platform.lists import Lists, Snapshot, describe_missing
from .._platform.options import read_installation
from .._platform.snapshot import Part, read, with_leader
from .._sessions import view as session_view
from .._sessions.summary import describe_troubled
from .._workspaces import view as workspace_view
from .._workspaces.summary import describe as describe_workspaces
from .._workspaces.usage.task import note_use

SESSION_PARTS = session_view.parts_of(session_view.GATHERED)
WORKSPACE_PARTS = workspace_view.parts_of(("objects", "collector"))
PARTS = SESSION_PARTS.union(WORKSPACE_PARTS, capacity_view.PARTS, VERDICT_PARTS)
REQUIRED = frozenset({*capacity_view.REQUIRED, *session_view.REQUIRED, *workspace_view.REQUIRED})


def run_status(task: Task) -> Report:
    """Read everything once, describe it, and note who is on which workspace."""
    gateway = connect(task.params, check_mode=task.check_mode)
    installation = read_installation(task.params)
    snapshot = with_leader(gateway, installation, read(gateway, installation, PARTS, REQUIRED))
    # Exam records that were listed may be unreadable, which sessions see.
    missing = session_view.view_sessions(snapshot).missing
    # What verdicts lack is among their reasons.
    task.warn(describe_missing({part: reason for part, reason in missing.items() if part not in VERDICT_PARTS}))
    capacity = capacity_view.view_capacity(_only(snapshot, capacity_view.PARTS))
    sessions = session_view.view_sessions(_only(snapshot, SESSION_PARTS))
    workspaces = workspace_view.view_workspaces(_only(snapshot, WORKSPACE_PARTS))
    fields = {
        "capacity": {
            **describe_capacity(capacity, leading=snapshot.leading),
            **verdicts(gateway, installation, snapshot, capacity, Question()),
        },
        "sessions": describe_troubled(sessions),
        "workspaces": describe_workspaces(workspaces, limit=0),
    }
    if not task.params["note_use"]:
        return Report(False, {**fields, "use": None})
    # A workspace that was made after its list was read is stamped by the next look, and known to be that young.
    lists = snapshot.lists
    noted = note_use(task, gateway, lists.sessions, lists.workspaces or (), snapshot.now)
    use = {**noted.fields, "failure": noted.failure.told if noted.failure else None}
    return Report(noted.changed, {**fields, "use": use}, noted.diff)


def _only(snapshot: Snapshot, parts: t.Collection[Part]) -> Snapshot:
    """As if nothing but these parts had been asked for."""
    others = [name for name in Lists._fields if name not in parts]
    missing = {name: reason for name, reason in snapshot.missing.items() if name in {*parts, "lease"}}
    lists = Lists(**{**snapshot.lists._asdict(), **dict.fromkeys(others)})
    return snapshot._replace(lists=lists, missing=missing)
