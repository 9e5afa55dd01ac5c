# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace_info) does, from its options to its result."""

from __future__ import annotations

import typing as t

from .._common.query import check_fields, narrow
from .._common.report import Report, Task
from .._common.timestamps import format_time
from .._kubernetes.connect import connect
from .._platform.lists import describe_missing
from .._platform.options import read_installation
from .._platform.snapshot import read
from .filter import SortBy, WorkspaceSelection, select
from .options import read_selection
from .privacy import disguised
from .record import Claims, WorkspaceRecord, assess_workspaces
from .service import list_workspaces
from .summary import collector, describe_claims, left_over, summarise
from .usage.log import describe_garbled
from .usage.options import read_max_gap
from .view import REQUIRED, WorkspaceView, parts_of, view_workspaces

if t.TYPE_CHECKING:
    from .._platform.lists import Snapshot

Params = t.Mapping[str, t.Any]


def run_info(task: Task) -> Report:
    """List, judge, select and summarise."""
    params = task.params
    check_fields(params["fields"] or (), WorkspaceRecord, "workspace")
    selection, max_gap = read_selection(params), read_max_gap(params)
    if params["api"] == "service":
        return _asked(params, list_workspaces(params))
    gateway = connect(params)
    installation = read_installation(params)
    snapshot = read(gateway, installation, parts_of(params["gather"]), REQUIRED)
    view = view_workspaces(snapshot, max_gap=max_gap)
    sources, now = view.sources, view.context.now
    task.warn(
        describe_missing(view.missing),
        describe_garbled(sources.workspaces, now, named=not params["pseudonym_key"]),
    )
    return _asked(params, _described(view, selection, params["sort_by"], params["limit"]))


def describe_all(snapshot: Snapshot) -> dict[str, t.Any]:
    """All workspaces together, and none by itself."""
    return _described(view_workspaces(snapshot), WorkspaceSelection(), limit=0)


def _described(
    view: WorkspaceView, selection: WorkspaceSelection, sort_by: SortBy | None = None, limit: int | None = None
) -> dict[str, t.Any]:
    """The selected ones, and what is said of all, in the words of the module's documentation."""
    sources = view.sources
    workspaces = assess_workspaces(sources, view.context)
    chosen = select(workspaces, selection, sort_by=sort_by)
    return {
        "workspaces": [assessed.record for assessed in chosen[:limit]],
        "orphans": left_over(sources),
        "pool_claims": None if sources.claims is None else describe_claims(Claims(sources).pool),
        "summary": summarise(chosen, sources),
        "garbage_collector": collector(workspaces, sources),
        "observation": sources.observation.describe() if sources.observation else None,
        "missing": view.missing,
        "seen_at": format_time(view.context.now),
    }


def _asked(params: Params, result: dict[str, t.Any]) -> Report:
    if params["pseudonym_key"]:
        result = disguised(result, params["pseudonym_key"])
    return Report(changed=False, fields=narrow(result, "workspaces", params))
