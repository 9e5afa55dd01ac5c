# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session_info) does, from its options to its result."""

from __future__ import annotations

import collections
import typing as t

from .._common.errors import Misconfigured
from .._common.query import check_fields, narrow
from .._common.report import Report, Task
from .._common.timestamps import format_time
from .._kubernetes.connect import connect
from .._platform.index import join
from .._platform.lists import describe_missing
from .._platform.options import read_installation
from .._platform.snapshot import read, with_leader
from .filter import Selection, SortBy, select
from .findings import RULES
from .options import read_selection, read_thresholds
from .privacy import Pseudonymizer
from .record import AssessedSession, SessionRecord, assess_session, other_pods
from .summary import summarise
from .view import REQUIRED, View, parts_of, view_sessions

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.lists import Snapshot
    from .._platform.options import Installation

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
    if params["other_pods"] and "objects" not in params["gather"]:
        raise Misconfigured("other_pods needs the pods: add objects to gather")
    gateway = connect(params)
    installation = read_installation(params)
    view = view_sessions(read(gateway, installation, parts_of(params["gather"]), REQUIRED), thresholds)
    task.warn(describe_missing(view.missing))
    view, chosen = _judge(gateway, installation, view, selection, params["sort_by"])
    result = _described(view, chosen, params["limit"])
    if params["other_pods"]:
        result["other_pods"] = other_pods(view.sources)
    return _asked(params, result)


def _judge(
    gateway: Gateway, installation: Installation, view: View, selection: Selection, sort_by: SortBy | None
) -> tuple[View, list[AssessedSession]]:
    """Judge and select; if a session waits that an operator should have seen, find out whether one leads, and again."""
    chosen, waits = _choose(view, selection, sort_by)
    if waits and "objects" not in view.missing:
        view = view.of(with_leader(gateway, installation, view.snapshot))
        chosen, waits = _choose(view, selection, sort_by)
    return view, chosen


def _choose(view: View, selection: Selection, sort_by: SortBy | None) -> tuple[list[AssessedSession], bool]:
    """The selected sessions, and whether any session waits for an operator. Only the selected ones are kept."""
    waiting: list[str] = []

    def assessed() -> t.Iterator[AssessedSession]:
        for parts in join(view.sources):
            session = assess_session(parts, view.context)
            if "unseen" in session.unknown:
                waiting.append(session.row.uid)
            yield session

    return select(assessed(), selection, sort_by=sort_by), bool(waiting)


def _described(view: View, chosen: t.Sequence[AssessedSession], limit: int | None = None) -> dict[str, t.Any]:
    """The selected sessions in the words of the module's documentation."""
    return {
        "sessions": [assessed.record for assessed in chosen[:limit]],
        "summary": _summary(view, chosen),
        "unknown_findings": sorted({code for assessed in chosen for code in assessed.unknown}),
        "missing": view.missing,
        "seen_at": format_time(view.context.now),
    }


def describe_troubled(snapshot: Snapshot) -> dict[str, t.Any]:
    """All sessions with a finding."""
    view = view_sessions(snapshot)
    chosen, _unused = _choose(view, Selection(findings=frozenset(RULES)), None)
    return _described(view, chosen)


def _summary(view: View, chosen: t.Sequence[AssessedSession]) -> dict[str, t.Any]:
    """Totals of the selected sessions; limits are counted over all sessions of a user, selected or not."""
    operator = view.context.operator
    users = collections.Counter(row.user for row in view.sources.sessions)
    return dict(
        summarise([assessed.record for assessed in chosen], users, operator.sessions_per_user if operator else None)
    )


def _asked(params: Params, result: dict[str, t.Any]) -> Report:
    if params["pseudonym_key"]:
        result = Pseudonymizer(params["pseudonym_key"]).result(result)
    return Report(changed=False, fields=narrow(result, "sessions", params))
