# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of the sessions that were to be stopped, in the words of the module's documentation."""

from __future__ import annotations

import collections
import typing as t

from ..._common.errors import WaitTimeout
from ..._common.report import Report, differences
from ..._common.sentences import some
from ..._safety.report import failure_of, unmet
from ..._safety.targets import is_asked_for, is_by_name
from .plan import NAMED, StopItem, data_lost

if t.TYPE_CHECKING:
    from ..._common.errors import EduideError
    from .prepare import StopExecution
    from .wait import Endings, WaitResult

FAILING_ENDINGS = ("not_reset", "not_gone")
NOT_TOLD = "whether the stopped sessions left clean instances could not be read"


def report(
    done: StopExecution,
    waited: WaitResult,
    *,
    waited_seconds: int,
    would: bool,
    precondition: str,
    untold: t.Collection[str] = (),
) -> Report:
    items = [describe(item, waited.endings, would=would) for item in done.plan.items]
    fields = {
        "sessions": items,
        "outcomes": dict(collections.Counter(item["outcome"] for item in items)),
        "data_lost": data_lost(done.plan),
        "precondition": precondition,
        "not_checked": list(untold),
        "missing": done.view.missing,
    }
    failure = failure_of(done.plan, unmet(done.plan, items, ("refused",), _is_named))
    failure = failure or _not_over(done, waited, waited_seconds)
    return Report(bool(done.plan.acts), fields, differences(items, ("stopped",)), failure)


def describe(item: StopItem, endings: Endings, *, would: bool) -> dict[str, t.Any]:
    record = item.assessed.record if item.assessed else None
    return {
        "name": item.name,
        "uid": item.uid or None,
        "user": record["user"] if record else None,
        "app_definition": record["app_definition"] if record else None,
        "state": record["state"] if record else None,
        "data_at": record["data_at"] if record else None,
        "exam": record["exam"] if record else None,
        "outcome": item.decision.outcome,
        "would": would,
        "reason": item.decision.text,
        "reasons": sorted(item.decision.reasons),
        "ending": endings.get(item.uid or ""),
    }


def _is_named(item: StopItem) -> bool:
    """Whether a person asked for it. A name does, whatever else is stated, and so does a record without findings."""
    selection = item.criteria.selection
    by_name = selection is not None and is_by_name(selection)
    return NAMED in item.decision.reasons or by_name or is_asked_for(item.criteria)


def _not_over(done: StopExecution, waited: WaitResult, waited_seconds: int) -> EduideError | None:
    """What is not over yet, or may not be."""
    if waited.unread and not waited.denied:
        return WaitTimeout(f"stopped, but how they ended could not be read: {waited.unread}")
    late = [
        f"{item.name} ({held})" if (held := waited.held.get(item.uid or "")) else item.name
        for item in done.plan.items
        if waited.endings.get(item.uid or "") in FAILING_ENDINGS
    ]
    if not late:
        return None
    after = "while no operator leads" if done.view.context.leading is False else f"after {waited_seconds} s"
    risk = ""
    if "not_reset" in waited.endings.values():
        risk = (
            ": an instance that is not reset goes to the next student as it is; look at the operator, and at what "
            "theia_capacity_info counts as dirty"
        )
    return WaitTimeout(f"stopped, but {after} something is left of {some(late)}{risk}")
