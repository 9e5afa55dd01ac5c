# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) does for C(state=active), from its options to its result."""

from __future__ import annotations

import collections
import typing as t

from ..._common.batch import run_batch
from ..._common.report import Report, Task, differences, failure_of
from ..._safety.limits import read_caps
from ..._safety.targets import check_request
from ..stop.options import read_stop_request
from .cluster import with_cluster
from .plan import ActivityReport

if t.TYPE_CHECKING:
    from .way import Target


def run_active(task: Task) -> Report:
    """Report activity for the sessions asked for."""
    params = task.params
    request = read_stop_request(params)
    check_request(request, "session", "reports for nobody")
    read_caps(params, "max_stop")
    if params["unchecked"]:
        # Every import is compiled anew by every task, and few tasks need this one.
        from .service import service_alone

        way = service_alone(task, request)
    else:
        way = with_cluster(task, request)
    attempts = run_batch(
        way.targets,
        way.act,
        concurrency=params["concurrency"],
        max_failures=params["max_failures"],
        across=way.across,
    )
    reports = [attempt.settle(lambda _target, outcome, text: ActivityReport(outcome, text)) for attempt in attempts]
    done = zip(way.targets, reports, strict=True)
    items = [_describe(target, report, would=task.check_mode) for target, report in done]
    fields = {
        "sessions": items,
        "outcomes": dict(collections.Counter(report.outcome for report in reports)),
        "data_lost": {},
        "precondition": way.precondition,
        "not_checked": list(way.not_checked),
        "missing": dict(way.missing),
    }
    diff = differences(items, ("touched",))
    return Report(bool(diff), fields, diff, failure_of(items))


def _describe(target: Target, report: ActivityReport, *, would: bool) -> dict[str, t.Any]:
    row = target.row
    return {
        **dict.fromkeys(("state", "data_at", "exam", "ending")),
        "name": target.name,
        "uid": target.uid,
        "user": row.user if row else None,
        "app_definition": row.app_definition if row else None,
        "outcome": report.outcome,
        "would": would,
        "reason": report.text,
        "reasons": [],
    }
