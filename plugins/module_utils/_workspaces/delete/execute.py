# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting workspaces: read, plan, stop the sessions on them if asked to, look once more, delete, and look again."""

from __future__ import annotations

import time
import typing as t
from datetime import timedelta

from ..._common.batch import Progress, retry_on_conflict, run_batch
from ..._common.errors import EduideError, ServerFailed
from ..._common.reading import Reading, SharedRead
from ..._kubernetes.kinds import PV, PVC, SESSION, WORKSPACE
from ..._platform.rows import SessionRow, WorkspaceRow, session_row
from ..._platform.storage import VolumeRow, volumes_of
from ..._safety import guard
from ..._safety.guard import ROUNDS, delete_seen
from ..._sessions.filter import Selection
from ..._sessions.record import Circumstances
from ..._sessions.snapshot import read_shield
from ..._sessions.stop import execute as stop_execute
from ..._sessions.stop.plan import Request as StopRequest
from ..record import NO_VOLUME, JudgedWorkspace, judge_workspaces, orphans
from ..snapshot import WorkspaceView, read_workspaces
from ..volumes import note_patch
from .plan import (
    Decision,
    Item,
    Outcome,
    Plan,
    Request,
    Terms,
    check,
    decide,
    decide_about_left,
    in_use,
    plan,
)
from .wait import Remains

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Send = t.Callable[[WorkspaceRow], bool]
"""Deletes the workspace that was seen and no other: False if it was gone, Conflict if it is another or was changed."""


class Order(t.NamedTuple):
    """What the caller wants of one task."""

    request: Request
    terms: Terms
    stop: stop_execute.Order
    """How sessions are stopped, if they are; which ones is found out."""
    max_gap: timedelta
    """How long nobody may have looked at workspaces that were not used meanwhile."""


class Trace(t.NamedTuple):
    """What was seen around a delete."""

    slipped_in: tuple[str, ...] | None
    """Sessions that are on the workspace although it is gone; None if nobody could look."""
    unseen_seconds: float | None
    """For how long before the delete was answered nobody had looked for sessions."""
    remains: Remains


class Done(t.NamedTuple):
    """What became of a plan; in check mode, the plan."""

    plan: Plan
    view: WorkspaceView
    stopping: stop_execute.Done | None
    traces: t.Mapping[str, Trace]
    """By the keys of the items that were acted on."""
    noted: frozenset[str]
    """Names of the workspaces whose volume was written to."""


def read_and_plan(gateway: Gateway, order: Order) -> Done:
    """Decide what to do, without doing it."""
    check(order.request)
    view = _read(gateway, order)
    workspaces = judge_workspaces(view.sources, view.circumstances)

    def planned(staying: t.Mapping[str, str]) -> Plan:
        released = orphans(view.sources).volumes or []
        return plan(workspaces, released, order.request, order.terms, view.circumstances, staying=staying)

    live = {name for judged in workspaces for name in judged.record["live_sessions"]}
    if order.terms.live_sessions == "refuse":
        return Done(planned(dict.fromkeys(live, "live")), view, None, {}, frozenset())
    first = planned({})
    occupied = frozenset(item.name for item in first.acts if item.judged and item.judged.sessions)
    if not occupied:
        return Done(first, view, None, {}, frozenset())
    stopping = stop_execute.read_and_plan(gateway, _stop_those_on(occupied, order.stop))
    if stopping.plan.over_cap:
        return Done(first.skipped(stopping.plan.over_cap), view, None, {}, frozenset())
    decided = {item.name: item.decision for item in stopping.plan.items}
    going = {name for name, decision in decided.items() if decision.outcome in ("stopped", "gone")}
    second = planned({name: decided[name].text if name in decided else "not seen to be on it" for name in live - going})
    return Done(second, view, _only_for(second, stopping), {}, frozenset())


def _stop_those_on(workspaces: frozenset[str], order: stop_execute.Order) -> stop_execute.Order:
    return order._replace(request=StopRequest(selection=Selection(workspaces=workspaces)))


def _only_for(planned: Plan, stopping: stop_execute.Done) -> stop_execute.Done:
    """No session is stopped on a workspace that stays all the same."""
    going = {item.name for item in planned.acts}
    items = tuple(i for i in stopping.plan.items if i.judged and i.judged.record["workspace"] in going)
    return stopping._replace(plan=stopping.plan._replace(items=items))


def carry_out(gateway: Gateway, order: Order, planned: Done, send: Send, progress: Progress) -> Done:
    """Delete what the plan deletes; one failure does not end the rest. Sessions on it have been stopped by now."""
    if not planned.plan.acts:
        return planned
    deleting = _Deleting(gateway, order, planned.view, send)
    attempts = run_batch(
        planned.plan.acts,
        deleting.act,
        concurrency=order.stop.concurrency,
        max_failures=order.stop.max_failures,
        progress=progress,
        counts=lambda item: item.acts,
        across=gateway.map,
    )
    done = iter([deleting.told(attempt.settle(_ended)) for attempt in attempts])
    items = tuple(next(done) if item.acts else item for item in planned.plan.items)
    plan_ = planned.plan._replace(items=items)
    return planned._replace(plan=plan_, traces=deleting.traces, noted=frozenset(deleting.noted))


def _ended(item: Item, outcome: Outcome, text: str) -> Item:
    return item._replace(decision=Decision(outcome, text))


def delete(gateway: Gateway) -> Send:
    """Delete straight through the cluster, guarded by what was seen."""
    return lambda row: gateway.delete(WORKSPACE, row.name, uid=row.uid, resource_version=row.resource_version)


def _read(gateway: Gateway, order: Order) -> WorkspaceView:
    parts = {"objects", "exams", "claims", "volumes"}
    parts |= {"observation"} if order.request.selection.unused_days is not None else set()
    return read_workspaces(gateway, order.stop.installation, order.stop.thresholds, parts, max_gap=order.max_gap)


class _Deleting:
    """Workspaces that are deleted side by side: what they share is what was read last, and what was written."""

    def __init__(self, gateway: Gateway, order: Order, view: WorkspaceView, send: Send) -> None:
        self.traces: dict[str, Trace] = {}
        self.noted: set[str] = set()
        self._gateway, self._order, self._send = gateway, order, send
        self._known = view.circumstances
        # They are read once more before the first delete, however young they are.
        self._circumstances = SharedRead(self._read_circumstances)
        self._sessions = SharedRead(lambda: gateway.list(SESSION, keep=session_row))
        self._workspaces = SharedRead(self._read_workspaces)

    def act(self, item: Item) -> Item:
        """Delete a workspace, or reclaim what one left."""
        return self._delete(item) if item.judged else item._replace(decision=self._reclaim(item))

    def told(self, item: Item) -> Item:
        """The item, and of one that stays what was written to its volume all the same."""
        decision = item.decision
        if item.name not in self.noted or decision.outcome == "deleted":
            return item
        written = "is kept by now" if self._order.terms.volume == "retain" else "carries a note by now"
        return item._replace(decision=decision._replace(text=f"{decision.text}; its volume {written}"))

    def _reclaim(self, item: Item) -> Decision:
        """Decide once more about what a workspace left; it is reclaimed while endings are waited for."""
        circumstances = self._circumstances.get(guard.RECORDS_SECONDS).content
        decision = decide_about_left(item, self._order.terms, circumstances)
        if item.left and decision.outcome == "reclaimed":
            remains = Remains(item.left.claim_uid, item.left.name, reclaim=True)
            self.traces[item.key] = Trace((), None, remains)
        return decision

    def _delete(self, item: Item) -> Item:
        """The item comes back as it was decided last, with what was seen before anything was written."""
        judged = self._before_it_goes(item.judged)
        noted = False

        def attempt(again: bool) -> Item:
            nonlocal judged, item, noted
            if judged is not None and again:
                judged = self._workspaces.get().content.get(judged.row.uid)
            if judged is None:
                return _ended(item, "gone", "it was gone before it could be deleted")
            decision, looked = self._judge(judged, item)
            if not noted:
                item = item._replace(judged=judged)
            if decision.outcome == "deleted" and not noted:
                noted = True
                if self._note(judged, item):
                    # That took a moment in which somebody may have come.
                    decision, looked = self._judge(judged, item)
            if decision.outcome == "deleted":
                row = judged.row
                if not delete_seen(self._gateway, WORKSPACE, row, lambda: self._send(row)):
                    return item._replace(decision=decision._replace(outcome="gone"))
                self._trace(item, judged, looked)
            return item._replace(decision=decision)

        return retry_on_conflict(ROUNDS, attempt, doing="it was being deleted", guarded=True)

    def _before_it_goes(self, judged: JudgedWorkspace | None) -> JudgedWorkspace | None:
        """The workspace as it is now, where something else than itself may have changed what becomes of it.

        A dead session keeps nobody from deleting, and a pod that comes up brings it to life without changing it. And
        a claim may have got its volume meanwhile: it may wait for the first pod.
        """
        if judged is not None and any(on.dead for on in judged.sessions):
            judged = self._workspaces.get(guard.OBJECTS_SECONDS).content.get(judged.row.uid)
        if judged is not None and judged.record["deletion"] == NO_VOLUME and self._has_volume(judged):
            judged = self._workspaces.get().content.get(judged.row.uid)
        return judged

    def _judge(self, judged: JudgedWorkspace, item: Item) -> tuple[Decision, Reading[list[SessionRow]]]:
        circumstances = self._circumstances.get(guard.RECORDS_SECONDS).content._replace(now=self._gateway.now())
        looked = self._sessions.get()
        on_it = in_use(judged, looked.content)
        return decide(judged, item.why, self._order.terms, circumstances, on_it), looked

    def _read_circumstances(self) -> Circumstances:
        """Exam records may change during a long run."""
        self._known = self._known._replace(shield=self._known.shield.grown(read_shield(self._gateway)))
        return self._known

    def _read_workspaces(self) -> dict[str, JudgedWorkspace]:
        """By uid, for one of the same name made since is another."""
        view = _read(self._gateway, self._order)
        return {judged.row.uid: judged for judged in judge_workspaces(view.sources, view.circumstances)}

    def _note(self, judged: JudgedWorkspace, item: Item) -> bool:
        """Write on the volume whose files it holds, and keep it if that is wanted; whether anything was written."""
        claim, volume, option = judged.claim, judged.volume, self._order.terms.volume
        if volume is None or claim is None or option == "follow":
            return False
        if option == "reclaim" and volume.reclaim_policy == "Delete":
            return False

        def attempt(_again: bool) -> bool:
            current = self._volume(volume.name)
            if current is None or current.claim_uid != claim.uid or item.kept is None:
                raise ServerFailed(f"its volume {volume.name} is bound to something else by now")
            patch = note_patch(current, item.kept, option)
            if patch is None:
                return False
            self._gateway.merge_patch(PV, volume.name, patch)
            self.noted.add(item.name)
            return True

        return retry_on_conflict(ROUNDS, attempt, doing=f"its volume {volume.name} was being written to")

    def _has_volume(self, judged: JudgedWorkspace) -> bool:
        """Whether its claim has one by now."""
        found = self._gateway.get(PVC, judged.claim.name) if judged.claim else None
        return bool(found and found["spec"].get("volumeName"))

    def _volume(self, name: str) -> VolumeRow | None:
        found = self._gateway.get(PV, name)
        return volumes_of(self._gateway.namespace)(found) if found else None

    def _trace(self, item: Item, judged: JudgedWorkspace, looked: Reading[list[SessionRow]]) -> None:
        unseen = time.monotonic() - looked.begun
        try:
            slipped_in = tuple(sorted(in_use(judged, self._sessions.get().content)))
        except EduideError:
            # The workspace is gone all the same, and that has to be told.
            slipped_in = None
        claim = judged.claim
        remains = Remains(
            claim=claim.uid if claim else None,
            volume=claim.volume if claim else None,
            reclaim=self._order.terms.volume == "reclaim",
        )
        self.traces[item.key] = Trace(slipped_in, unseen, remains)
