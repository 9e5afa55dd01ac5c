# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping sessions: read, plan, and carry the plan out while looking again at what it rests on."""

from __future__ import annotations

import collections
import threading
import typing as t

from ..._common.batch import Progress, retry_on_conflict
from ..._common.errors import NotFound
from ..._common.reading import SharedRead
from ..._exams import record as exam_record
from ..._exams.view import PARTS as EXAMS
from ..._exams.view import shield_of
from ..._kubernetes.kinds import CONFIG_MAP, SESSION
from ..._platform.index import Index
from ..._platform.lists import Lists, Snapshot
from ..._platform.options import Installation
from ..._platform.rows import SessionRow, session_row
from ..._platform.snapshot import Part, read, read_again, read_list, with_leader
from ..._safety import guard
from ..._safety.clocks import doubted
from ..._safety.execution import Pace, ShieldWatch, carry_out
from ..._safety.guard import ROUNDS, Send, delete_seen, look_up
from ..findings import Thresholds
from ..record import AssessedSession, Context, assess_session, assess_sessions
from ..view import OBJECTS, READABLE, REQUIRED, View, lists_of, parts_of, view_sessions
from .plan import (
    ShieldExit,
    StopItem,
    StopPlan,
    StopRequest,
    StopTerms,
    check_stop,
    decide_stop,
    lists_to_reread,
    needed_lists,
    plan_stop,
    uses_exit,
    within_limit,
)
from .release import SessionLeftovers, leftovers_of

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._safety.shield import Shield

# Up to how many sessions are looked up one by one before everything is read. API servers take seconds to list
# thousands of custom resources, and say of hundreds in less than one that they are gone.
LOOK_UPS = 500


class StopJob(t.NamedTuple):
    """What the caller wants of one task."""

    request: StopRequest
    terms: StopTerms
    thresholds: Thresholds
    installation: Installation
    pace: Pace
    run: str
    """Who is at work, for the history of an exam."""


class StopExecution(t.NamedTuple):
    """What became of a plan; in check mode, the plan."""

    plan: StopPlan
    view: View
    leftovers: dict[str, SessionLeftovers]
    """By uid, what the stopped sessions had."""


def read_and_plan_stop(gateway: Gateway, job: StopJob) -> StopExecution:
    """Decide what to do, without doing it."""
    check_stop(job.request, job.terms)
    # Of a session that may leave its shield it has to be known which one is gone.
    if job.terms.shield_exit is None and _are_gone(gateway, job):
        view = _empty_view(gateway, job)
        return StopExecution(plan_stop([], job.request, job.terms, view.context), view, {})
    return plan_on(gateway, job, read(gateway, job.installation, _parts(job.request), REQUIRED))


def plan_on(gateway: Gateway, job: StopJob, snapshot: Snapshot) -> StopExecution:
    """Decide what to do about the sessions of a snapshot that was read for this, or for more than this."""
    view = view_sessions(snapshot, job.thresholds)
    sessions = assess_sessions(view.sources, view.context)
    planned = plan_stop(sessions, job.request, job.terms, view.context)
    if _rests_on_leader(sessions, planned):
        view = view.of(with_leader(gateway, job.installation, view.snapshot))
        sessions = assess_sessions(view.sources, view.context)
        planned = plan_stop(sessions, job.request, job.terms, view.context)
    return StopExecution(planned, view, {})


def stop_sessions(
    gateway: Gateway, job: StopJob, planned: StopExecution, send: Send, progress: Progress
) -> StopExecution:
    """Stop what the plan stops; one failure does not end the rest."""
    if not planned.plan.acts:
        return planned
    if job.terms.shield_exit is not None and uses_exit(planned.plan, job.terms, planned.view.context):
        _note_exit(gateway, job.terms.shield_exit, job.run)
    stopping = _Stopping(gateway, job, planned, send)
    done = carry_out(planned.plan, stopping.stop, job.pace, progress=progress, across=gateway.map)
    return StopExecution(done, stopping.view, stopping.leftovers)


class _Known(t.NamedTuple):
    """What was read last of what decisions rest on."""

    sources: Lists
    by_session: Index
    listed: frozenset[str]
    """The uids of the sessions in it."""


def _known(sources: Lists) -> _Known:
    return _Known(sources, Index(sources), frozenset(row.uid for row in sources.sessions))


class _Stopping:
    """Sessions that are stopped side by side: what they share is what was read last, and who goes already."""

    def __init__(self, gateway: Gateway, job: StopJob, planned: StopExecution, send: Send) -> None:
        self.leftovers: dict[str, SessionLeftovers] = {}
        self._gateway, self._job, self._send = gateway, job, send
        self._known = _known(planned.view.sources)
        self._rereads = lists_to_reread(planned.plan, job.request) & READABLE
        self._lists = SharedRead(self._read_lists)
        self._shield = ShieldWatch(planned.view.context.shield, self._read_shield)
        self._view = SharedRead(self._watch_leader, known=planned.view)
        self._latest = planned.view
        self._counting = threading.Lock()
        self._going: dict[str, set[str]] = collections.defaultdict(set)
        """By user, the sessions that this run stops."""

    @property
    def view(self) -> View:
        """What is known at last."""
        latest = self._latest
        return latest._replace(snapshot=latest.snapshot._replace(lists=self._known.sources))

    def stop(self, item: StopItem) -> StopItem:
        """Judge the session as it is now and stop it, again and again while it changes under our hands."""

        def attempt(again: bool) -> StopItem:
            row = item.assessed.row if item.assessed else None
            if row is not None and again:
                found = look_up(self._gateway, SESSION, row)
                row = session_row(found) if found else None
            if row is None:
                return item.ended("gone", "it was gone before it could be stopped")
            now, left = self._judge(row, item, changed=again)
            if now.acts:
                if not delete_seen(self._gateway, SESSION, row, self._send):
                    return now.ended("gone", now.decision.text)
                self.leftovers[row.uid] = left
            return now

        return retry_on_conflict(ROUNDS, attempt, doing="it was being stopped", guarded=True)

    def _judge(self, row: SessionRow, item: StopItem, *, changed: bool) -> tuple[StopItem, SessionLeftovers]:
        """The session as it is now; one that changed may have got objects since they were read."""
        context = self._circumstances()
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
        # Judging takes long enough for others to wait, so that only the last word is spoken one by one.
        with self._counting:
            decision = within_limit(decision, item.criteria, assessed, count - len(going - {row.uid}), context)
            if decision.outcome == "stopped":
                going.add(row.uid)
            else:
                going.discard(row.uid)
        return item._replace(assessed=assessed, decision=decision), leftovers_of(parts, holds_slot=assessed.holds_slot)

    def _circumstances(self) -> Context:
        """Exam records and leader may change during a long run."""
        shield = self._shield.get()
        view = self._latest
        if view.context.leading:
            view = self._view.get(guard.RECORDS_SECONDS).content
        now = self._gateway.now()
        return view.context._replace(shield=shield, now=now, machine_now=doubted(now, self._gateway.skew()))

    def _read_shield(self) -> Shield:
        return shield_of(read(self._gateway, self._job.installation, EXAMS, required=()))

    def _watch_leader(self) -> View:
        self._latest = self._latest.of(with_leader(self._gateway, self._job.installation, self._latest.snapshot))
        return self._latest

    def _read_lists(self) -> _Known:
        """Pods may heal while deletes are under way, and what a session that changed may have got are objects."""
        parts = {*lists_of(self._rereads), *OBJECTS}
        self._known = _known(read_again(self._gateway, self._known.sources, parts))
        return self._known


def _are_gone(gateway: Gateway, job: StopJob) -> bool:
    """Whether none of the sessions given by name exists: so it is on a second run, which need not read the rest."""
    request = job.request
    names = sorted(_names_of(request))
    if not 0 < len(names) <= LOOK_UPS:
        return False
    found = threading.Event()

    def look(name: str) -> None:
        if not found.is_set() and gateway.get(SESSION, name) is not None:
            found.set()

    gateway.map(look, names, concurrency=job.pace.concurrency)
    if found.is_set() or request.records is None:
        return not found.is_set()
    # Records may have pseudonyms where the names were.
    uids = {record.uid for record in request.records}
    return uids.isdisjoint(gateway.list(SESSION, keep=lambda obj: obj["metadata"]["uid"]))


def _names_of(request: StopRequest) -> t.Collection[str]:
    """The names of all sessions this can be about; none if they are not known by name."""
    if request.records is not None:
        return {record.name for record in request.records}
    return request.selection.names if not request.selection.uids else ()


def _empty_view(gateway: Gateway, job: StopJob) -> View:
    """Nothing was read but that there is an installation, for in the wrong namespace every session is gone."""
    if not read_list(gateway, "app_definitions"):
        raise gateway.no_installation()
    snapshot = Snapshot(Lists(sessions=[]), {}, gateway.now(), gateway.namespace)
    return view_sessions(snapshot, job.thresholds)


def _parts(request: StopRequest) -> frozenset[Part]:
    """What has to be read: usage and address lists only if somebody stops sessions for what they show."""
    sources = needed_lists(request)
    parts = {"objects", "workspaces", "exams"}
    parts |= {"usage"} if "usage" in sources or request.sort_by == "memory" else set()
    parts |= {"addresses"} if "addresses" in sources else set()
    return parts_of(parts)


def _rests_on_leader(sessions: t.Iterable[AssessedSession], planned: StopPlan) -> bool:
    """Whether a target holds an instance, or a session waits so long that it is dead if an operator leads."""
    return any(item.assessed and item.assessed.holds_slot for item in planned.items) or any(
        "unseen" in assessed.unknown for assessed in sessions
    )


def _note_exit(gateway: Gateway, way_out: ShieldExit, run: str) -> None:
    """Write into the exam's history who lets a session out of its shield and why, before it happens."""
    name = exam_record.record_name(way_out.exam)

    def attempt(_again: bool) -> None:
        record = gateway.get(CONFIG_MAP, name)
        if record is None:
            raise NotFound(f"the record {name} of the exam is gone, so its history cannot say why the shield was left")
        about = {"session": way_out.uid, "reason": way_out.reason}
        noted = exam_record.with_history(
            record, at=gateway.now(), action="shield_exit", run=run, outcome="allowed", **about
        )
        gateway.replace(CONFIG_MAP, name, noted)

    retry_on_conflict(ROUNDS, attempt, doing=f"the history in the record {name} was being written; try again")
