# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a task to its end: values that sessions keep from being restored are restored when those have ended."""

from __future__ import annotations

import time
import typing as t

from .._common.errors import EduideError
from .._common.waiting import Deadline, wait_until
from .changes import plan_changes
from .execute import Execution, run
from .look import read

if t.TYPE_CHECKING:
    from .._common.progress import ProgressFile
    from .._kubernetes.gateway import Gateway
    from .job import Job
    from .send import Send


def run_to_the_end(gateway: Gateway, send: Send, job: Job, *, check_mode: bool) -> Execution:
    """Plan and carry out, and wait for those who are in the way if the caller wants that."""
    done = run(gateway, send, job, check_mode=check_mode)
    if job.wait is None or job.state != "baseline" or check_mode:
        return done
    patience = job.wait.timeout_seconds
    return finish_draining(gateway, send, job, done, timeout_seconds=patience, progress=job.care.progress)


def finish_draining(
    gateway: Gateway,
    send: Send,
    job: Job,
    done: Execution,
    *,
    timeout_seconds: float,
    progress: ProgressFile,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Execution:
    """Restore each app definition as soon as nobody is in its way; those that are left in time stay as they are."""
    deadline = Deadline(timeout_seconds, clock)
    following = gateway.following()
    while (draining := _draining(done)) and deadline.remaining > 0:

        def look(names: frozenset[str] = draining) -> frozenset[str]:
            """Who is still draining."""
            snapshot = read(following, job.installation)
            changes = plan_changes(snapshot, job, gateway.namespace)
            left = {change.app_definition.name: len(change.in_the_way) for change in changes}
            for name in sorted(names):
                progress.write({"app_definition": name, "draining": left.get(name, 0), "seconds": deadline.elapsed})
            return frozenset(name for name in names if left.get(name))

        def fewer(seen: frozenset[str], names: frozenset[str] = draining) -> bool:
            return seen < names

        try:
            wait_until(
                look, fewer, timeout_seconds=deadline.remaining, clock=clock, sleep=sleep, troubled=progress.troubled
            )
            # Also when the time is over, for others are in the way by then.
            done = _joined(done, run(gateway, send, job, check_mode=False))
        except EduideError as exc:
            # What was done before has to be told all the same.
            return done._replace(failures={**done.failures, **dict.fromkeys(draining, exc.advice)})
    return done


def _draining(done: Execution) -> frozenset[str]:
    return frozenset(name for name, change in done.changes.items() if change.in_the_way and name not in done.failures)


def _joined(before: Execution, after: Execution) -> Execution:
    """What both did; what the first one restored looks unchanged to the second."""
    open_names = _draining(before)
    kept = {name: change for name, change in before.changes.items() if name not in open_names}
    return after._replace(
        changes={**before.changes, **after.changes, **kept},
        sent=before.sent | after.sent,
        failures={**before.failures, **after.failures},
        ledger_written=before.ledger_written or after.ledger_written,
        aftermath=before.aftermath.joined(after.aftermath),
    )
