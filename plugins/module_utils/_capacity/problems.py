# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said about changes of capacity beside the values: warnings, and why the task failed."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, WaitTimeout, several
from .._common.timestamps import parse_time, tell_time
from .lateness import first_loss
from .ledger import TIME_LIMITS
from .lockout import locked_out

if t.TYPE_CHECKING:
    from .execute import Execution
    from .job import Job
    from .plan import Change
    from .view import CapacityView


PUT_OFF = ("drift", "late", "failed")


def warnings_of(done: Execution, job: Job, *, check_mode: bool) -> list[str]:
    warnings = []
    for name, change in done.changes.items():
        entry = change.ledger_before
        if entry is not None and entry.uid != change.app_definition.uid:
            warnings.append(change.note)
        if change.outlasting:
            warnings.append(
                f"{name}: its time limits ({_limits(change)}) are not shortened, because {len(change.outlasting)} "
                "sessions are older, or may be idle for longer, and would be ended by it; run the task again when "
                "those listed under draining have ended"
            )
        if change.draining:
            ids = ", ".join(str(instance.id) for instance in change.draining)
            warnings.append(
                f"{name}: min_instances stays {change.after['min_instances']}, because sessions are on instances {ids} "
                "and nothing is lowered below them; run the task again when those listed under draining have ended"
            )
        if text := _short_limits(name, change, done.snapshot, job):
            warnings.append(text)
        if locked_out(change, done.snapshot, job.care.lockout):
            warnings.append(
                f"{name}: the app definition of instances that sessions are on "
                f"{'would be' if check_mode else 'was'} changed; operators built before 2026-08-28 empty their address "
                "lists then, and their users are refused (403) until their session is started anew or a task with "
                "repair=address_lists has run"
            )
    warnings += done.aftermath.warnings
    return warnings


def _short_limits(name: str, change: Change, snapshot: CapacityView, job: Job) -> str | None:
    """That the platform ends sessions before the exam is over."""
    until = parse_time(job.terms.until)
    # Of a change that is put off the limits are not the ones that it asks for.
    if until is None or job.state != "present" or change.outcome in PUT_OFF:
        return None
    lost = first_loss(change.after, snapshot.sessions.get(name, ()), snapshot.now, job.start)
    if lost is None or lost >= until:
        return None
    return (
        f"{name}: its time limits ({_limits(change)}) may end the first session at {tell_time(lost, job.zone)}, and "
        f"the exam is over at {tell_time(until, job.zone)}; say extend_time_limits with the minutes that sessions have "
        "to last"
    )


def _limits(change: Change) -> str:
    return ", ".join(f"{field} {change.after[field]}" for field in TIME_LIMITS)


def failure_of(done: Execution, late: EduideError | None, unrepaired: t.Sequence[str]) -> EduideError | None:
    problems = [f"{name}: {text}" for name, text in done.problems.items()]
    problems += [change.note for change in done.changes.values() if change.outcome in PUT_OFF]
    problems += unrepaired
    if isinstance(late, WaitTimeout):
        text = several([f"{late}; the higher bounds stay in place", *problems])
        return WaitTimeout(text, **late.details)
    if late is not None:
        problems.insert(0, str(late))
    return EduideError(several(problems)) if problems else None
