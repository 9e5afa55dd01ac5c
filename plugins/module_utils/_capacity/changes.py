# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every app definition of a task planned: what would be done about it, or why not."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, several
from .._common.timestamps import format_time
from .._platform.names import SPEC_FIELDS
from .._platform.rows import AppDefinitionRow
from .ledger import holding
from .lockout import locked_out, refusal
from .plan import NO_POOL, Change, Refused, plan_baseline, plan_present
from .terms import Desired
from .view import pick, require_operator

if t.TYPE_CHECKING:
    from .job import Job
    from .view import CapacityView


def plan_changes(snapshot: CapacityView, job: Job, namespace: str) -> list[Change]:
    """Plan every app definition of the task."""
    if job.state == "baseline":
        return _back_to_baseline(snapshot, job, namespace)
    return _present(snapshot, job, namespace)


def _back_to_baseline(snapshot: CapacityView, job: Job, namespace: str) -> list[Change]:
    changes, now, hold, entries = [], format_time(snapshot.now), job.terms.hold, snapshot.ledger.entries
    if hold is not None:
        snapshot.ledger.require(hold)
    # What is only draining has no exam of its own any more, so any exam that ends finishes it.
    held = [name for name, e in entries.items() if hold is None or hold in e.holds or not e.open_holds]
    eager = snapshot.operator is None or snapshot.operator.eager
    for name in [desired.name for desired in job.all_desired] or sorted(held):
        entry, app = entries.get(name), snapshot.app_definitions.get(name)
        if app is None and entry is not None:
            app = AppDefinitionRow(name, "", 0, "", dict.fromkeys(SPEC_FIELDS))
        app = app or pick(snapshot, name, namespace)
        pool, sessions = snapshot.pools.get(name) or NO_POOL, snapshot.sessions.get(name, ())
        change = plan_baseline(app, pool, entry, job.terms, now=now, eager=eager, sessions=sessions)
        locks_out = _lockout_text(change, snapshot, job)
        changes.append(change.put_off("failed", locks_out) if locks_out else change)
    return changes


def _present(snapshot: CapacityView, job: Job, namespace: str) -> list[Change]:
    """What cannot be granted is told at once, before anything is sent."""
    changes, refusals, now = [], [], format_time(snapshot.now)
    eager = not snapshot.knows_pools or require_operator(snapshot, job.installation, namespace).eager
    for desired in job.all_desired or _as_held(snapshot, job):
        try:
            app = pick(snapshot, desired.name, namespace)
            entry = snapshot.ledger.entries.get(desired.name)
            pool, sessions = snapshot.pools.get(desired.name), snapshot.sessions.get(desired.name, ())
            change = plan_present(app, pool, entry, desired, job.terms, now=now, eager=eager, sessions=sessions)
            changes.append(change)
            refusals += [text for text in [_lockout_text(change, snapshot, job)] if text]
        except EduideError as exc:
            refusals.append(str(exc))
    if refusals:
        raise Refused(several(refusals))
    return changes


def _as_held(snapshot: CapacityView, job: Job) -> list[Desired]:
    """What an exam asked for that is named alone."""
    exam = job.terms.hold
    if exam is None or job.named:
        return []
    apps, entries = snapshot.app_definitions, snapshot.ledger.entries
    held = [
        Desired(name, hold.asked.get("warm"), {f: v for f, v in hold.asked.items() if f != "warm" and v is not None})
        for name, entry in sorted(entries.items())
        if (hold := entry.open_holds.get(exam)) and name in apps and apps[name].uid == entry.uid
    ]
    if not held:
        others = snapshot.ledger.open_exams
        there = holding(others) if others else "nor does any other exam"
        raise Refused(f"exam {exam}: it holds nothing here, and {there}; state the app_definitions that it needs")
    return held


def _lockout_text(change: Change, snapshot: CapacityView, job: Job) -> str | None:
    """Why the change is not made, as long as the caller has not said what is to be done for these users."""
    users = locked_out(change, snapshot, job.care.lockout)
    return refusal(change.app_definition.name, users) if users and job.care.lockout == "refuse" else None
