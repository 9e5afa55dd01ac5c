# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reporting activity for a session: whether there is anything to report, and what would be written."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ..._common.units import span
from ..._platform.names import TOUCHED
from ..._platform.rows import SessionRow

Outcome = t.Literal["touched", "fresh", "gone", "refused", "skipped_cap", "failed"]


class ActivityReport(t.NamedTuple):
    outcome: Outcome
    text: str


def decide_touch(row: SessionRow | None, *, now: datetime, fresh_seconds: int) -> ActivityReport:
    """Raise the activity of a session to now, unless it is young enough; it is never lowered."""
    if row is None or row.deleting:
        return ActivityReport("gone", "there is no such session")
    if row.operator_status != "HANDLED":
        said = row.operator_status or "nothing yet"
        return ActivityReport("refused", f"only handled sessions have an activity, and the operator says {said}")
    if not row.url:
        # It would also start the time anew after which a session without a URL is in trouble.
        return ActivityReport("refused", "it has no URL yet, so nobody can be at work in it")
    age = now.timestamp() - row.last_activity / 1000
    if age < fresh_seconds:
        return ActivityReport("fresh", f"its activity is {span(age)} old")
    return ActivityReport(
        "touched", "reported as active" if row.last_activity else "reported as active for the first time"
    )


def milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def annotation_patch(value: int, resource_version: str) -> dict[str, t.Any]:
    """Note which activity is our own, so that nobody takes it for the user's."""
    return {"metadata": {"resourceVersion": resource_version, "annotations": {TOUCHED: str(value)}}}


def status_patch(value: int, resource_version: str) -> dict[str, t.Any]:
    return {"metadata": {"resourceVersion": resource_version}, "status": {"lastActivity": value}}
