# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of the session that was to be started, in the words of the module's documentation."""

from __future__ import annotations

import typing as t

from ..._common.errors import EduideError, WaitTimeout
from ..._common.report import Difference, Report
from ..diagnosis import Facts, diagnose

if t.TYPE_CHECKING:
    from .plan import StartPlan, StartRequest
    from .wait import Seen, WaitResult


def report(request: StartRequest, plan: StartPlan, waited: WaitResult, *, would: bool, precondition: str) -> Report:
    assessed = waited.seen.assessed
    record = assessed.record if assessed else None
    there = plan.found is not None
    item: dict[str, t.Any] = {
        "name": plan.name,
        "uid": record["uid"] if record else None,
        "user": request.user,
        "app_definition": request.app_definition,
        "state": record["state"] if record else None,
        "data_at": record["data_at"] if record else None,
        "exam": record["exam"] if record else None,
        "outcome": "present" if there else "started",
        "would": would,
        "reason": "it is there already" if there else "there was none of this user and app definition",
        "reasons": [],
        "ending": None,
    }
    fields = {
        "sessions": [item],
        "session": record,
        # How long one took that was there before nobody has seen.
        "seconds_to_url": None if there else waited.seconds_to_url,
        "outcomes": {item["outcome"]: 1},
        "data_lost": {},
        "precondition": precondition,
        "not_checked": [],
        "missing": waited.seen.view.missing,
    }
    diff = [] if there else [Difference(plan.name, {}, {"outcome": "started"})]
    return Report(not there, fields, diff, waited.failure)


def why_not_usable(name: str, seen: Seen, seconds: float) -> EduideError:
    """What keeps it from being used, in the words of its diagnosis."""
    assessed, context = seen.assessed, seen.view.context
    if assessed is None:
        return EduideError(f"session {name}: it was deleted again before it could be used; find out by whom")
    operator = context.operator
    per_user = operator.sessions_per_user if operator else None
    sentence = diagnose(Facts(assessed.record, assessed.dead, context.leading, per_user)).sentence.rstrip(".")
    why = f"{sentence[:1].lower()}{sentence[1:]}; it is there until it is stopped"
    if assessed.record["state"] == "failed":
        return EduideError(f"session {name}: {why}")
    return WaitTimeout(f"session {name}: not usable after {seconds:.0f} s; {why}", last_seen=assessed.record["state"])
