# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace) does for C(state=observed): it looks who is on which workspace, and writes that down."""

from __future__ import annotations

import collections
import typing as t
from datetime import datetime, timedelta

from ..._common.batch import Attempt, retry_on_conflict, run_batch
from ..._common.errors import EduideError, Forbidden, NotFound, several
from ..._common.report import Report, Task, differences
from ..._kubernetes.connect import connect
from ..._kubernetes.kinds import CONFIG_MAP, WORKSPACE
from ..._platform.names import RETENTION_RECORD
from ..._platform.records import Malformed
from ..._platform.rows import SessionRow, WorkspaceRow
from ..._platform.snapshot import read_list, read_row
from ..._safety.guard import ROUNDS
from . import log as usage_log
from .options import read_max_gap

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Outcome = t.Literal["stamped", "fresh", "gone", "failed"]


class UsageStamp(t.NamedTuple):
    row: WorkspaceRow
    outcome: Outcome
    text: str


def run_observed(task: Task) -> Report:
    """Look who is on which workspace, and write that down."""
    params = task.params
    gateway, max_gap = connect(params, check_mode=task.check_mode), read_max_gap(params)
    # Sessions first: one that ends in between was seen, and its workspace is still there to be stamped.
    sessions = read_list(gateway, "sessions")
    now = gateway.now()
    workspaces = read_list(gateway, "workspaces")
    return note_use(task, gateway, sessions, workspaces, now, max_gap=max_gap, concurrency=params["concurrency"])


def note_use(
    task: Task,
    gateway: Gateway,
    sessions: t.Iterable[SessionRow],
    workspaces: t.Iterable[WorkspaceRow],
    now: datetime,
    *,
    max_gap: timedelta = usage_log.DEFAULT_MAX_GAP,
    concurrency: int = 8,
) -> Report:
    """Stamp the workspaces with a session on them.

    The look counts only once everything that was seen is written down: a look without its stamps would later pass for
    proof that nobody used these workspaces.
    """
    check_mode = task.check_mode
    done = run_batch(
        usage_log.in_use(workspaces, sessions),
        lambda row: _stamp(gateway, row, now, check_mode=check_mode),
        concurrency=concurrency,
        across=gateway.map,
    )
    stamps = [attempt.settle(lambda row, _outcome, text: UsageStamp(row, "failed", text)) for attempt in done]
    failed = [attempt for attempt in done if attempt.error]
    look = _unfinished(failed) if failed else _look(gateway, now, check_mode)
    chain = look.looks.chain(now, max_gap) if look.looks else None
    task.warn(look.warning)
    items = [_describe(stamp, would=check_mode) for stamp in stamps]
    fields = {
        "workspaces": items,
        "outcomes": dict(collections.Counter(stamp.outcome for stamp in stamps)),
        "observation": chain.describe() if chain else None,
    }
    diff = differences(items, ("stamped",))
    return Report(look.changed or bool(diff), fields, diff, look.failure)


def _stamp(gateway: Gateway, seen: WorkspaceRow, now: datetime, *, check_mode: bool) -> UsageStamp:
    """Stamp one workspace, again and again while others write to it."""

    def attempt(again: bool) -> UsageStamp:
        row: WorkspaceRow | None = seen
        if again:
            row = read_row(gateway, "workspaces", seen)
        if row is None:
            return UsageStamp(seen, "gone", "it was gone before it could be stamped")
        if not usage_log.is_due(row, now):
            return UsageStamp(row, "fresh", f"stamped at {row.last_seen}")
        if not check_mode:
            try:
                gateway.merge_patch(WORKSPACE, row.name, usage_log.stamp_patch(row, now))
            except NotFound:
                return UsageStamp(row, "gone", "it was gone before it could be stamped")
        return UsageStamp(row, "stamped", "a session is on it")

    return retry_on_conflict(ROUNDS, attempt, doing="it was being stamped")


class _Observation(t.NamedTuple):
    """What is on record after this look."""

    looks: usage_log.Observations | None
    changed: bool
    warning: str | None = None
    failure: EduideError | None = None


def _look(gateway: Gateway, now: datetime, check_mode: bool) -> _Observation:
    def attempt(_again: bool) -> _Observation:
        before = gateway.get(CONFIG_MAP, RETENTION_RECORD)
        known = usage_log.read_looks(before)
        more = known.extended(now) if known else usage_log.Observations(now, now)
        if more is not None and not check_mode:
            _write(gateway, more, before)
        return _Observation(more or known, more is not None)

    try:
        return retry_on_conflict(ROUNDS, attempt, doing=f"ConfigMap {RETENTION_RECORD} was being written")
    except (Forbidden, Malformed) as exc:
        return _Observation(None, changed=False, warning=f"this look could not be written down: {exc}")
    except EduideError as exc:
        return _Observation(None, changed=False, failure=exc)


def _write(gateway: Gateway, looks: usage_log.Observations, before: t.Mapping[str, t.Any] | None) -> None:
    body = usage_log.write_looks(looks, gateway.namespace, before)
    if before is None:
        gateway.create(CONFIG_MAP, body)
    else:
        gateway.replace(CONFIG_MAP, RETENTION_RECORD, body)


def _unfinished(failed: t.Sequence[Attempt[WorkspaceRow, UsageStamp]]) -> _Observation:
    """An account that may not stamp is warned, and every other reason fails the task."""
    warning = (
        f"{len(failed)} workspaces in use could not be stamped, so this look does not count, "
        "and none passes for unused because of it"
    )
    problems = [f"{a.item.name}: {a.text}" for a in failed if not isinstance(a.error, Forbidden)]
    if problems:
        return _Observation(None, changed=False, warning=warning, failure=EduideError(several(problems)))
    return _Observation(None, changed=False, warning=f"{warning}: {failed[0].text}")


def _describe(stamp: UsageStamp, *, would: bool) -> dict[str, t.Any]:
    return {
        "name": stamp.row.name,
        "uid": stamp.row.uid,
        "user": stamp.row.user,
        "app_definition": stamp.row.app_definition,
        "outcome": stamp.outcome,
        "would": would,
        "reason": stamp.text,
    }
