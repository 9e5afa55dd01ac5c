# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session_info) does, from its options to its result."""

from __future__ import annotations

import typing as t

from .._common.query import check_fields, narrow
from .._common.report import Report, Task
from .._kubernetes.connect import connect
from .._platform.options import read_installation
from .._platform.snapshot import read, with_leader
from .options import check_gather, read_selection, read_thresholds
from .privacy import Pseudonymizer
from .record import SessionRecord, other_pods
from .summary import choose, describe
from .view import REQUIRED, SessionView, parts_of, view_sessions

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .filter import Selection, SortBy
    from .record import AssessedSession

Params = t.Mapping[str, t.Any]


def run_info(task: Task) -> Report:
    """List, judge, select and summarise."""
    params = task.params
    check_fields(params["fields"] or (), SessionRecord, "session")
    if params["api"] == "service":
        # Every import is compiled anew by every task, and few tasks need this one.
        from .service import list_sessions

        return _asked(params, list_sessions(params))
    selection, thresholds = read_selection(params), read_thresholds(params)
    check_gather(params)
    gateway = connect(params)
    installation = read_installation(params)
    view = view_sessions(read(gateway, installation, parts_of(params["gather"]), REQUIRED), thresholds)
    task.warn(view.unread)
    if strange := view.unknown(selection.app_definitions):
        raise strange
    view, chosen = _assess(gateway, installation, view, selection, params["sort_by"])
    result = describe(view, chosen, params["limit"])
    if params["other_pods"]:
        result["other_pods"] = other_pods(view.sources)
    return _asked(params, result)


def _assess(
    gateway: Gateway, installation: Installation, view: SessionView, selection: Selection, sort_by: SortBy | None
) -> tuple[SessionView, list[AssessedSession]]:
    """Judge and select; if a session waits that an operator should have seen, find out whether one leads, and again."""
    chosen, waits = choose(view, selection, sort_by)
    if waits:
        view = view.of(with_leader(gateway, installation, view.snapshot))
        chosen, waits = choose(view, selection, sort_by)
    return view, chosen


def _asked(params: Params, result: dict[str, t.Any]) -> Report:
    if params["pseudonym_key"]:
        result = Pseudonymizer(params["pseudonym_key"]).result(result)
    return Report(changed=False, fields=narrow(result, "sessions", params))
