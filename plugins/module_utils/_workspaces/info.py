# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace_info) does, from its options to its result."""

from __future__ import annotations

import typing as t

from .._common.query import check_fields, narrow
from .._common.report import Report, Task
from .._kubernetes.connect import connect
from .._platform.options import read_installation
from .._platform.snapshot import read
from .options import read_selection
from .privacy import pseudonymized
from .record import WorkspaceRecord
from .service import list_workspaces
from .summary import describe
from .usage.options import read_max_gap
from .view import REQUIRED, parts_of, view_workspaces

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
    task.warn(view.unread, view.garbled(named=not params["pseudonym_key"]))
    if strange := view.sessions.unknown(selection.app_definitions):
        raise strange
    return _asked(params, describe(view, selection, params["sort_by"], params["limit"]))


def _asked(params: Params, result: dict[str, t.Any]) -> Report:
    if params["pseudonym_key"]:
        result = pseudonymized(result, params["pseudonym_key"])
    return Report(changed=False, fields=narrow(result, "workspaces", params))
