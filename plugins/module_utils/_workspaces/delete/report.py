# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of the workspaces that were to be deleted, in the words of the module's documentation."""

from __future__ import annotations

import typing as t

from ..._common.errors import WaitTimeout
from ..._common.report import Report, Task
from ..._common.sentences import some
from ..._safety.report import failure_of, unmet
from ..._safety.targets import is_asked_for
from ..._sessions.stop import report as stop_report
from .. import results
from ..record import DELETION_NOTES, NO_VOLUME, NOT_GONE, VOLUME_DELETED, VOLUME_RELEASED, Deletion
from ..restore.report import restore_steps
from .plan import DeletionItem, key_of, owner_of

if t.TYPE_CHECKING:
    from ..._common.errors import EduideError
    from .steps import Outcome


def report(
    task: Task, outcome: Outcome, namespace: str, *, precondition: str, untold: t.Collection[str] = ()
) -> Report:
    would, done = task.check_mode, outcome.done
    items = [_describe(item, outcome, namespace, would=would) for item in done.plan.items]
    stopping = done.stopping.plan.items if done.stopping else ()
    sessions = [stop_report.describe(item, outcome.waited.endings, would=would) for item in stopping]
    task.warn(*_warnings(outcome, items))
    return results.report(
        items,
        changed=bool(done.noted) or bool(done.plan.acts) or any(item.acts for item in stopping),
        precondition=precondition,
        not_checked=list(untold),
        sessions=sessions,
        missing=done.view.missing,
        failure=_failure(outcome, items, sessions, task.params["wait_timeout_seconds"]),
    )


def _warnings(outcome: Outcome, items: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    if outcome.settled.unread:
        yield f"what became of claims and volumes could not be read: {outcome.settled.unread}"
    if outcome.waited.unread:
        yield f"{stop_report.NOT_TOLD}: {outcome.waited.unread}"
    if unseen := [item["name"] for item in items if item["late_sessions"] is None]:
        yield f"whether a session slipped in at the last moment could not be read for {', '.join(unseen)}"
    if late_sessions := [name for item in items for name in item["late_sessions"] or ()]:
        yield (
            f"started in the last moment on workspaces that are gone: {', '.join(late_sessions)}; what is done in them "
            "is in no volume that lasts"
        )


def _describe(item: DeletionItem, outcome: Outcome, namespace: str, *, would: bool) -> dict[str, t.Any]:
    record = item.assessed.record if item.assessed else None
    owner, trace = owner_of(item), outcome.done.traces.get(key_of(item))
    claim, volume = (record["claim"], record["volume"]) if record else (None, None)
    row = item.assessed.volume if item.assessed else None
    failure = outcome.settled.failures.get(key_of(item))
    ending, deletion = outcome.settled.endings.get(key_of(item)), item.decision.consequence
    if ending == NO_VOLUME and deletion is None:
        # Whether it had one could not be read.
        ending = None
    restore: list[str] = []
    if item.acts and deletion == VOLUME_RELEASED and ending != VOLUME_DELETED and row and owner:
        restore = restore_steps(row, owner, namespace=namespace)
    return results.item(
        name=item.name,
        uid=item.uid or None,
        user=owner.user if owner else None,
        app_definition=owner.app_definition if owner else None,
        exam=record["exam"] if record else None,
        claim=claim["name"] if claim else (item.left.claim if item.left else None),
        volume=volume["name"] if volume else (item.left.name if item.left else None),
        sessions=record["sessions"] if record else [],
        outcome="failed" if failure else item.decision.outcome,
        would=would,
        reason=failure or item.decision.text,
        deletion=deletion,
        deletion_note=_note(deletion),
        ending=ending,
        restore=restore,
        late_sessions=trace.late_sessions if trace else [],
        unguarded_milliseconds=_milliseconds(trace.unguarded_seconds if trace else None),
    )


def _note(deletion: str | None) -> str | None:
    return DELETION_NOTES[t.cast(Deletion, deletion)] if deletion else None


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _failure(
    outcome: Outcome,
    workspaces: t.Sequence[t.Mapping[str, t.Any]],
    sessions: t.Sequence[t.Mapping[str, t.Any]],
    waited_seconds: int,
) -> EduideError | None:
    planned = outcome.done.plan
    problems = unmet(planned, workspaces, ("refused", "kept_in_use"), lambda item: is_asked_for(item.criteria))
    problems += [f"session {told['name']}: {told['reason']}" for told in sessions if told["outcome"] == "failed"]
    problems += [
        f"{told['name']}: {told['deletion_note']} was meant, and {_note(told['ending'])} in the end: another client "
        "changed its volume"
        for told in workspaces
        if told["deletion"] and told["ending"] not in (None, NOT_GONE, told["deletion"])
    ]
    return failure_of(planned, problems) or _left_over(outcome, workspaces, sessions, waited_seconds)


def _left_over(
    outcome: Outcome,
    workspaces: t.Sequence[t.Mapping[str, t.Any]],
    sessions: t.Sequence[t.Mapping[str, t.Any]],
    waited_seconds: int,
) -> EduideError | None:
    """What is not over yet."""
    late = [
        f"{told['name']} ({delay})" if (delay := outcome.settled.delays.get(key_of(item))) else told["name"]
        for item, told in zip(outcome.done.plan.items, workspaces, strict=True)
        if told["ending"] == NOT_GONE
    ]
    late += [told["name"] for told in sessions if told["ending"] in stop_report.FAILING_ENDINGS]
    if not late:
        return None
    return WaitTimeout(
        f"deleted, but after {waited_seconds} s something is left of {some(late)}; a claim stays as long as a pod uses "
        "it, and a volume until its provisioner has removed it"
    )
