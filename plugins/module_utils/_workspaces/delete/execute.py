# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out the plan to delete workspaces: look once more, delete, and look again."""

from __future__ import annotations

import time
import typing as t

from ..._common.batch import Progress, retry_on_conflict
from ..._common.errors import EduideError
from ..._common.reading import Reading, SharedRead
from ..._kubernetes.kinds import WORKSPACE
from ..._platform.snapshot import read_list
from ..._safety import guard
from ..._safety.execution import carry_out
from ..._sessions.watch import ContextWatch
from .note import has_volume, note_volume
from .plan import DeletionItem, decide_about_left, decide_deletion, in_use, key_of, owner_of
from .prepare import DeletionExecution, DeletionTrace, read_assessed
from .wait import VolumeLeftovers

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.rows import SessionRow
    from ..._safety.decision import Decision
    from ..record import AssessedWorkspace
    from ..view import WorkspaceView
    from .job import DeletionJob


def delete_workspaces(
    gateway: Gateway, job: DeletionJob, planned: DeletionExecution, send: guard.Send, progress: Progress
) -> DeletionExecution:
    """Delete what the plan deletes; one failure does not end the rest. Sessions on it have been stopped by now."""
    if not planned.plan.acts:
        return planned
    deleting = _Deleting(gateway, job, planned.view, send)
    done = carry_out(planned.plan, deleting.act, job.stop.pace, progress=progress, across=gateway.map)
    done = done._replace(items=tuple(deleting.described(item) for item in done.items))
    return planned._replace(plan=done, traces=deleting.traces, noted=frozenset(deleting.noted))


class _Deleting:
    """Workspaces that are deleted side by side: what they share is what was read last, and what was written."""

    def __init__(self, gateway: Gateway, job: DeletionJob, view: WorkspaceView, send: guard.Send) -> None:
        self.traces: dict[str, DeletionTrace] = {}
        self.noted: set[str] = set()
        self._gateway, self._job, self._send = gateway, job, send
        self._context = ContextWatch(gateway, job.stop.installation, view.sessions)
        self._sessions = SharedRead(lambda: t.cast("list[SessionRow]", read_list(gateway, "sessions")))
        self._workspaces = SharedRead(lambda: read_assessed(gateway, job))

    def act(self, item: DeletionItem) -> DeletionItem:
        """Delete a workspace, or reclaim what one left."""
        return self._delete(item) if item.assessed else item._replace(decision=self._reclaim(item))

    def described(self, item: DeletionItem) -> DeletionItem:
        """The item, and of one that stays what was written to its volume all the same."""
        decision = item.decision
        if item.name not in self.noted or decision.outcome == "deleted":
            return item
        written = "is kept by now" if self._job.terms.volume == "retain" else "carries a note by now"
        return item._replace(decision=decision._replace(text=f"{decision.text}; its volume {written}"))

    def _reclaim(self, item: DeletionItem) -> Decision:
        """Decide once more about what a workspace left; it is reclaimed while endings are waited for."""
        decision = decide_about_left(item, self._job.terms, self._context.get())
        if item.left and decision.outcome == "reclaimed":
            leftovers = VolumeLeftovers(item.left.claim_uid, item.left.name, reclaim=True)
            self.traces[key_of(item)] = DeletionTrace((), None, leftovers)
        return decision

    def _delete(self, item: DeletionItem) -> DeletionItem:
        """The item comes back as it was decided last, with what was seen before anything was written."""
        assessed, seen = self._before_it_goes(item.assessed), item
        noted = False

        def attempt(again: bool) -> DeletionItem:
            nonlocal assessed, seen, noted
            if assessed is not None and again:
                assessed = self._workspaces.get().content.get(assessed.row.uid)
            if assessed is None:
                return seen.ended("gone", "it was gone before it could be deleted")
            decision, looked = self._assess(assessed, item)
            if not noted:
                seen = item._replace(assessed=assessed)
            if decision.outcome == "deleted" and not noted:
                noted = True
                if note_volume(self._gateway, assessed, owner_of(seen), self._job.terms.volume):
                    self.noted.add(item.name)
                    # That took a moment in which somebody may have come.
                    decision, looked = self._assess(assessed, item)
            if decision.outcome == "deleted":
                if not guard.delete_seen(self._gateway, WORKSPACE, assessed.row, self._send):
                    return seen.ended("gone", decision.text)
                self._trace(seen, assessed, looked)
            return seen._replace(decision=decision)

        return retry_on_conflict(guard.ROUNDS, attempt, doing="it was being deleted", guarded=True)

    def _before_it_goes(self, assessed: AssessedWorkspace | None) -> AssessedWorkspace | None:
        """The workspace as it is now, where something else than itself may have changed what becomes of it.

        A dead session keeps nobody from deleting, and a pod that comes up brings it to life without changing it. And
        a claim may have got its volume meanwhile: it may wait for the first pod.
        """
        if assessed is not None and any(on.dead for on in assessed.sessions):
            assessed = self._workspaces.get(guard.OBJECTS_SECONDS).content.get(assessed.row.uid)
        if assessed is not None and assessed.without_volume and has_volume(self._gateway, assessed.claim):
            assessed = self._workspaces.get().content.get(assessed.row.uid)
        return assessed

    def _assess(self, assessed: AssessedWorkspace, item: DeletionItem) -> tuple[Decision, Reading[list[SessionRow]]]:
        context = self._context.get()
        looked = self._sessions.get()
        on_it = in_use(assessed, looked.content)
        return decide_deletion(assessed, item.criteria, self._job.terms, context, on_it), looked

    def _trace(self, item: DeletionItem, assessed: AssessedWorkspace, looked: Reading[list[SessionRow]]) -> None:
        unseen = time.monotonic() - looked.begun
        try:
            late_sessions = tuple(sorted(in_use(assessed, self._sessions.get().content)))
        except EduideError:
            # The workspace is gone all the same, and that has to be told.
            late_sessions = None
        claim = assessed.claim
        leftovers = VolumeLeftovers(
            claim=claim.uid if claim else None,
            volume=claim.volume if claim else None,
            reclaim=self._job.terms.volume == "reclaim",
            workspace=assessed.row.uid,
        )
        self.traces[key_of(item)] = DeletionTrace(late_sessions, unseen, leftovers)
