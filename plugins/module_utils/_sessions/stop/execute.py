# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out the plan to stop sessions, while looking again at what it rests on."""

from __future__ import annotations

import collections
import threading
import typing as t

from ..._common.batch import Progress, retry_on_conflict
from ..._common.reading import SharedRead
from ..._platform.snapshot import read_again, read_row
from ..._safety import guard
from ..._safety.execution import carry_out
from ..record import assess_session
from ..view import OBJECTS, READABLE, Known, SessionView, lists_of
from ..watch import ContextWatch
from .delete import delete_session
from .plan import StopItem, decide_stop, lists_to_reread, uses_exit, within_limit
from .release import SessionLeftovers, leftovers_of
from .shield_exit import note_exit

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.rows import SessionRow
    from .job import StopJob
    from .prepare import StopExecution


def stop_sessions(
    gateway: Gateway, job: StopJob, planned: StopExecution, send: guard.Send, progress: Progress
) -> StopExecution:
    """Stop what the plan stops; one failure does not end the rest."""
    if not planned.plan.acts:
        return planned
    if job.terms.shield_exit is not None and uses_exit(planned.plan, job.terms, planned.view.context):
        note_exit(gateway, job.terms.shield_exit, job.run)
    stopping = _Stopping(gateway, job, planned, send)
    done = carry_out(planned.plan, stopping.stop, job.pace, progress=progress, across=gateway.map)
    return planned._replace(plan=done, view=stopping.view, leftovers=stopping.leftovers)


class _Stopping:
    """Sessions that are stopped side by side: what they share is what was read last, and who goes already."""

    def __init__(self, gateway: Gateway, job: StopJob, planned: StopExecution, send: guard.Send) -> None:
        self.leftovers: dict[str, SessionLeftovers] = {}
        self._gateway, self._job, self._send = gateway, job, send
        self._known = Known.of(planned.view.sources)
        self._rereads = lists_to_reread(planned.plan, job.request) & READABLE
        self._lists = SharedRead(self._read_lists)
        self._context = ContextWatch(gateway, job.installation, planned.view)
        self._counting = threading.Lock()
        self._going: dict[str, set[str]] = collections.defaultdict(set)
        """By user, the sessions that this run stops."""

    @property
    def view(self) -> SessionView:
        """What is known at last."""
        latest = self._context.latest
        return latest._replace(snapshot=latest.snapshot._replace(lists=self._known.sources))

    def stop(self, item: StopItem) -> StopItem:
        """Assess the session as it is now and stop it, again and again while it changes under our hands."""

        def attempt(again: bool) -> StopItem:
            row = item.assessed.row if item.assessed else None
            if row is not None and again:
                row = read_row(self._gateway, "sessions", row)
            if row is None:
                return item.ended("gone", "it was gone before it could be stopped")
            now, left = self._assess(row, item, changed=again)
            if now.acts:
                if not delete_session(self._gateway, row, self._send):
                    return now.ended("gone", now.decision.text)
                self.leftovers[row.uid] = left
            return now

        return retry_on_conflict(guard.ROUNDS, attempt, doing="it was being stopped", guarded=True)

    def _assess(self, row: SessionRow, item: StopItem, *, changed: bool) -> tuple[StopItem, SessionLeftovers]:
        """The session as it is now; one that changed may have got objects since they were read."""
        context = self._context.get()
        known = self._known
        if changed or self._rereads:
            known = self._lists.get(None if changed else guard.OBJECTS_SECONDS).content
        parts = known.by_session.parts(row)
        with self._counting:
            going = self._going[row.user]
            # Counted as if this run had stopped nobody: what it does must not change why.
            count = parts.sessions_of_user + len(going - known.listed)
        parts = parts._replace(sessions_of_user=count)
        assessed = assess_session(parts, context)
        decision = decide_stop(assessed, item.criteria, self._job.terms, context)
        # Assessing takes long enough for others to wait, so that only the last word is spoken one by one.
        with self._counting:
            decision = within_limit(decision, item.criteria, assessed, count - len(going - {row.uid}), context)
            if decision.outcome == "stopped":
                going.add(row.uid)
            else:
                going.discard(row.uid)
        return item._replace(assessed=assessed, decision=decision), leftovers_of(parts, holds_slot=assessed.holds_slot)

    def _read_lists(self) -> Known:
        """Pods may heal while deletes are under way, and what a session that changed may have got are objects."""
        parts = {*lists_of(self._rereads), *OBJECTS}
        self._known = Known.of(read_again(self._gateway, self._known.sources, parts))
        return self._known
