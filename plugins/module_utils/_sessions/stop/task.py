# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) does for C(state=absent), from its options to its result."""

from __future__ import annotations

import collections
import typing as t

from ..._common.errors import EduideError, WaitTimeout, several
from ..._common.progress import Reporter
from ..._common.report import Report, Task, differences
from ..._common.whoami import who
from ..._kubernetes.connect import connect
from ..._kubernetes.kinds import SESSION
from ..._platform.lists import describe_missing
from ..._platform.options import read_installation
from ..._safety.clocks import describe_doubt
from ..._safety.execution import Pace
from ..._safety.guard import deleter
from ..._safety.targets import is_by_name
from ..options import read_thresholds
from .execute import StopExecution, StopJob, read_and_plan_stop, stop_sessions
from .options import read_stop_request, read_stop_terms
from .plan import NAMED, StopItem, data_lost
from .wait import Endings, WaitResult, wait_for_endings

Params = t.Mapping[str, t.Any]
FAILING_ENDINGS = ("not_reset", "not_gone")
NOT_TOLD = "whether the stopped sessions left clean instances could not be read"


def run_absent(task: Task) -> Report:
    """Stop what is asked for and may be stopped."""
    params, check_mode = task.params, task.check_mode
    service = None
    if params["unchecked"] or params["api"] == "service":
        # Every import is compiled anew by every task, and few tasks need these.
        from .service import NOT_CHECKED, stop_through, stop_unchecked

        if params["unchecked"]:
            done = stop_unchecked(params, check_mode=check_mode)
            return _report(done, WaitResult({}), params, would=check_mode, precondition="none", untold=NOT_CHECKED)
        service = stop_through(params, check_mode=check_mode)
    job = _job(params, only_user=service.user if service else None)
    gateway = connect(params, check_mode=check_mode)
    done = read_and_plan_stop(gateway, job)
    seen = done.view.context
    task.warn(describe_missing(done.view.missing), describe_doubt(seen.now, seen.machine_now))
    waited = WaitResult({})
    if not check_mode:
        stopping = Reporter(params["progress_file"], "stopped")
        send = service.sender(gateway) if service else deleter(gateway, SESSION)
        done = stop_sessions(gateway, job, done, send, stopping.report)
        if params["wait"]:
            waiting = Reporter(params["progress_file"], "clean")
            waited = wait_for_endings(
                gateway,
                done.view,
                done.leftovers,
                timeout_seconds=params["wait_timeout_seconds"],
                progress=waiting.report,
                troubled=waiting.troubled,
            )
    if waited.denied:
        task.warn(f"{NOT_TOLD}: {waited.unread}")
    precondition = "none" if service else "uid_and_resource_version"
    return _report(done, waited, params, would=check_mode, precondition=precondition)


def _report(
    done: StopExecution,
    waited: WaitResult,
    params: Params,
    *,
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
    failure = _failure(done, waited, params["wait_timeout_seconds"])
    return Report(bool(done.plan.acts), fields, differences(items, ("stopped",)), failure)


def _job(params: Params, only_user: str | None) -> StopJob:
    return StopJob(
        request=read_stop_request(params),
        terms=read_stop_terms(params, only_user),
        thresholds=read_thresholds(params),
        installation=read_installation(params),
        pace=Pace(params["concurrency"], params["max_failures"]),
        # Only a history wants it.
        run=(params["run"] or who()) if params["shield_exit"] else "",
    )


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


def _failure(done: StopExecution, waited: WaitResult, waited_seconds: int) -> EduideError | None:
    """Everything that could be done is done by now; the task still fails if something was not."""
    if done.plan.over_cap:
        return EduideError(f"{done.plan.over_cap}; they are listed in the result")
    problems = [
        f"{item.name}: {item.decision.text}"
        for item in done.plan.items
        if item.decision.outcome == "failed"
        # Whoever names a session and gets a green task believes that it is gone.
        or (item.decision.outcome == "refused" and _is_named(item))
    ]
    if problems:
        return EduideError(several(problems))
    if waited.unread and not waited.denied:
        return WaitTimeout(f"stopped, but how they ended could not be read: {waited.unread}")
    late = [
        f"{item.name} ({held})" if (held := waited.held.get(item.uid or "")) else item.name
        for item in done.plan.items
        if waited.endings.get(item.uid or "") in FAILING_ENDINGS
    ]
    if not late:
        return None
    told = ", ".join(late[:5]) + (f" and {len(late) - 5} more" if len(late) > 5 else "")
    after = "while no operator leads" if done.view.context.leading is False else f"after {waited_seconds} s"
    risk = ""
    if "not_reset" in waited.endings.values():
        risk = (
            ": an instance that is not reset goes to the next student as it is; look at the operator, and at what "
            "theia_capacity_info counts as dirty"
        )
    return WaitTimeout(f"stopped, but {after} something is left of {told}{risk}")


def _is_named(item: StopItem) -> bool:
    selection = item.criteria.selection
    return NAMED in item.decision.reasons or bool(selection and is_by_name(selection))
