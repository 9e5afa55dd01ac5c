# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting workspaces: read, plan, stop the sessions on them if asked to, look once more, delete, and look again."""

from __future__ import annotations

import time
import typing as t
from datetime import timedelta

from ..._common.batch import Progress, retry_on_conflict
from ..._common.errors import EduideError, ServerFailed
from ..._common.reading import Reading, SharedRead
from ..._exams.view import PARTS as EXAMS
from ..._exams.view import shield_of
from ..._kubernetes.kinds import PV, PVC, WORKSPACE
from ..._platform.rows import SessionRow
from ..._platform.snapshot import read, read_list
from ..._platform.storage import VolumeRow, volumes_of
from ..._safety import guard
from ..._safety.clocks import doubted
from ..._safety.decision import Decision
from ..._safety.execution import ShieldWatch, carry_out
from ..._safety.guard import ROUNDS, Send, delete_seen
from ..._safety.targets import Request, check_request
from ..._sessions.filter import Selection
from ..._sessions.record import Context
from ..._sessions.stop.execute import StopExecution, StopJob, plan_on
from ..record import NO_VOLUME, AssessedWorkspace, assess_workspaces, orphans
from ..view import REQUIRED, WorkspaceView, parts_of, view_workspaces
from ..volumes import note_patch
from .plan import (
    DeletionItem,
    DeletionPlan,
    DeletionRequest,
    DeletionTerms,
    decide_about_left,
    decide_deletion,
    in_use,
    key_of,
    owner_of,
    plan_deletion,
)
from .wait import VolumeLeftovers

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._safety.shield import Shield


class DeletionJob(t.NamedTuple):
    """What the caller wants of one task."""

    request: DeletionRequest
    terms: DeletionTerms
    stop: StopJob
    """How sessions are stopped, if they are; which ones is found out."""
    max_gap: timedelta
    """How long nobody may have looked at workspaces that were not used meanwhile."""


class DeletionTrace(t.NamedTuple):
    """What was seen around a delete."""

    late_sessions: tuple[str, ...] | None
    """Sessions that are on the workspace although it is gone; None if nobody could look."""
    unguarded_seconds: float | None
    """For how long before the delete was answered nobody had looked for sessions."""
    leftovers: VolumeLeftovers


class DeletionExecution(t.NamedTuple):
    """What became of a plan; in check mode, the plan."""

    plan: DeletionPlan
    view: WorkspaceView
    stopping: StopExecution | None = None
    traces: t.Mapping[str, DeletionTrace] = {}
    """By the keys of the items that were acted on."""
    noted: frozenset[str] = frozenset()
    """Names of the workspaces whose volume was written to."""


def read_and_plan_deletion(gateway: Gateway, job: DeletionJob) -> DeletionExecution:
    """Decide what to do, without doing it."""
    check_request(job.request, "workspace", "deletes nothing")
    view = _read(gateway, job)
    workspaces = assess_workspaces(view.sources, view.context)

    def planned(staying: t.Mapping[str, str]) -> DeletionPlan:
        released = orphans(view.sources).volumes or []
        return plan_deletion(workspaces, released, job.request, job.terms, view.context, staying=staying)

    live = {name for assessed in workspaces for name in assessed.record["live_sessions"]}
    if job.terms.live_sessions == "refuse":
        return DeletionExecution(planned(dict.fromkeys(live, "live")), view)
    first = planned({})
    used = frozenset(item.name for item in first.acts if item.assessed and item.assessed.sessions)
    if not used:
        return DeletionExecution(first, view)
    stopping = plan_on(gateway, _stop_those_on(used, job.stop), view.sessions.snapshot)
    if stopping.plan.over_cap:
        return DeletionExecution(first.skipped(stopping.plan.over_cap), view)
    decided = {item.name: item.decision for item in stopping.plan.items}
    ends = {name for name, decision in decided.items() if decision.outcome in ("stopped", "gone")}
    second = planned({name: decided[name].text if name in decided else "not seen to be on it" for name in live - ends})
    return DeletionExecution(second, view, _only_for(second, stopping))


def _stop_those_on(workspaces: frozenset[str], job: StopJob) -> StopJob:
    return job._replace(request=Request(Selection(workspaces=workspaces)))


def _only_for(planned: DeletionPlan, stopping: StopExecution) -> StopExecution:
    """No session is stopped on a workspace that stays all the same."""
    ends = {item.name for item in planned.acts}
    items = tuple(i for i in stopping.plan.items if i.assessed and i.assessed.record["workspace"] in ends)
    return stopping._replace(plan=stopping.plan._replace(items=items))


def delete_workspaces(
    gateway: Gateway, job: DeletionJob, planned: DeletionExecution, send: Send, progress: Progress
) -> DeletionExecution:
    """Delete what the plan deletes; one failure does not end the rest. Sessions on it have been stopped by now."""
    if not planned.plan.acts:
        return planned
    deleting = _Deleting(gateway, job, planned.view, send)
    done = carry_out(planned.plan, deleting.act, job.stop.pace, progress=progress, across=gateway.map)
    done = done._replace(items=tuple(deleting.told(item) for item in done.items))
    return planned._replace(plan=done, traces=deleting.traces, noted=frozenset(deleting.noted))


def _read(gateway: Gateway, job: DeletionJob) -> WorkspaceView:
    parts = {"objects", "exams", "claims", "volumes"}
    parts |= {"observation"} if job.request.selection.unused_days is not None else set()
    snapshot = read(gateway, job.stop.installation, parts_of(parts), REQUIRED)
    return view_workspaces(snapshot, max_gap=job.max_gap)


class _Deleting:
    """Workspaces that are deleted side by side: what they share is what was read last, and what was written."""

    def __init__(self, gateway: Gateway, job: DeletionJob, view: WorkspaceView, send: Send) -> None:
        self.traces: dict[str, DeletionTrace] = {}
        self.noted: set[str] = set()
        self._gateway, self._job, self._send = gateway, job, send
        self._known = view.context
        self._shield = ShieldWatch(view.context.shield, self._read_shield)
        self._sessions = SharedRead(lambda: t.cast("list[SessionRow]", read_list(gateway, "sessions")))
        self._workspaces = SharedRead(self._read_workspaces)

    def act(self, item: DeletionItem) -> DeletionItem:
        """Delete a workspace, or reclaim what one left."""
        return self._delete(item) if item.assessed else item._replace(decision=self._reclaim(item))

    def told(self, item: DeletionItem) -> DeletionItem:
        """The item, and of one that stays what was written to its volume all the same."""
        decision = item.decision
        if item.name not in self.noted or decision.outcome == "deleted":
            return item
        written = "is kept by now" if self._job.terms.volume == "retain" else "carries a note by now"
        return item._replace(decision=decision._replace(text=f"{decision.text}; its volume {written}"))

    def _reclaim(self, item: DeletionItem) -> Decision:
        """Decide once more about what a workspace left; it is reclaimed while endings are waited for."""
        decision = decide_about_left(item, self._job.terms, self._circumstances())
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
            decision, looked = self._judge(assessed, item)
            if not noted:
                seen = item._replace(assessed=assessed)
            if decision.outcome == "deleted" and not noted:
                noted = True
                if self._note(assessed, seen):
                    # That took a moment in which somebody may have come.
                    decision, looked = self._judge(assessed, item)
            if decision.outcome == "deleted":
                if not delete_seen(self._gateway, WORKSPACE, assessed.row, self._send):
                    return seen.ended("gone", decision.text)
                self._trace(seen, assessed, looked)
            return seen._replace(decision=decision)

        return retry_on_conflict(ROUNDS, attempt, doing="it was being deleted", guarded=True)

    def _before_it_goes(self, assessed: AssessedWorkspace | None) -> AssessedWorkspace | None:
        """The workspace as it is now, where something else than itself may have changed what becomes of it.

        A dead session keeps nobody from deleting, and a pod that comes up brings it to life without changing it. And
        a claim may have got its volume meanwhile: it may wait for the first pod.
        """
        if assessed is not None and any(on.dead for on in assessed.sessions):
            assessed = self._workspaces.get(guard.OBJECTS_SECONDS).content.get(assessed.row.uid)
        if assessed is not None and assessed.record["deletion"] == NO_VOLUME and self._has_volume(assessed):
            assessed = self._workspaces.get().content.get(assessed.row.uid)
        return assessed

    def _judge(self, assessed: AssessedWorkspace, item: DeletionItem) -> tuple[Decision, Reading[list[SessionRow]]]:
        context = self._circumstances()
        looked = self._sessions.get()
        on_it = in_use(assessed, looked.content)
        return decide_deletion(assessed, item.criteria, self._job.terms, context, on_it), looked

    def _circumstances(self) -> Context:
        """Exam records may change during a long run."""
        shield, now = self._shield.get(), self._gateway.now()
        return self._known._replace(shield=shield, now=now, machine_now=doubted(now, self._gateway.skew()))

    def _read_shield(self) -> Shield:
        return shield_of(read(self._gateway, self._job.stop.installation, EXAMS, required=()))

    def _read_workspaces(self) -> dict[str, AssessedWorkspace]:
        """By uid, for one of the same name made since is another."""
        view = _read(self._gateway, self._job)
        return {assessed.row.uid: assessed for assessed in assess_workspaces(view.sources, view.context)}

    def _note(self, assessed: AssessedWorkspace, item: DeletionItem) -> bool:
        """Write on the volume whose files it holds, and keep it if that is wanted; whether anything was written."""
        claim, volume, option = assessed.claim, assessed.volume, self._job.terms.volume
        if volume is None or claim is None or option == "follow":
            return False
        if option == "reclaim" and volume.reclaim_policy == "Delete":
            return False

        def attempt(_again: bool) -> bool:
            current = self._volume(volume.name)
            owner = owner_of(item)
            if current is None or current.claim_uid != claim.uid or owner is None:
                raise ServerFailed(f"its volume {volume.name} is bound to something else by now")
            patch = note_patch(current, owner, option)
            if patch is None:
                return False
            self._gateway.merge_patch(PV, volume.name, patch)
            self.noted.add(item.name)
            return True

        return retry_on_conflict(ROUNDS, attempt, doing=f"its volume {volume.name} was being written to")

    def _has_volume(self, assessed: AssessedWorkspace) -> bool:
        """Whether its claim has one by now."""
        found = self._gateway.get(PVC, assessed.claim.name) if assessed.claim else None
        return bool(found and found["spec"].get("volumeName"))

    def _volume(self, name: str) -> VolumeRow | None:
        found = self._gateway.get(PV, name)
        return volumes_of(self._gateway.namespace)(found) if found else None

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
