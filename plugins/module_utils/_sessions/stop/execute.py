# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping sessions: read, plan, and carry the plan out while looking again at what it rests on."""

from __future__ import annotations

import collections
import threading
import typing as t

from ..._common.batch import Progress, retry_on_conflict, run_batch
from ..._common.errors import NotFound
from ..._common.reading import SharedRead
from ..._exams import record as exam_record
from ..._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP, SESSION
from ..._platform.index import Index
from ..._platform.lists import Lists
from ..._platform.options import Installation
from ..._platform.rows import SessionRow, app_definition_row, session_row
from ..._safety import guard
from ..._safety.guard import ROUNDS, delete_seen, look_up
from ..findings import Source, Thresholds
from ..record import Circumstances, Judged, judge_session, judge_sessions
from ..snapshot import (
    READABLE,
    View,
    read,
    read_again,
    read_shield,
    with_leader,
)
from .plan import (
    Item,
    Outcome,
    Plan,
    Request,
    ShieldExit,
    Terms,
    check,
    decide,
    hangs_on,
    plan,
    rests_on,
    uses_exit,
    within_limit,
)
from .release import Footprint, footprint

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

# Up to how many sessions are looked up one by one before everything is read. API servers take seconds to list
# thousands of custom resources, and say of hundreds in less than one that they are gone.
LOOK_UPS = 500

Send = t.Callable[[SessionRow], bool]
"""Stops the session that was seen and no other: False if it was gone, Conflict if it is another or was changed."""


class Order(t.NamedTuple):
    """What the caller wants of one task."""

    request: Request
    terms: Terms
    thresholds: Thresholds
    installation: Installation
    concurrency: int
    max_failures: int | None
    run: str
    """Who is at work, for the history of an exam."""


class Done(t.NamedTuple):
    """What became of a plan; in check mode, the plan."""

    plan: Plan
    view: View
    footprints: dict[str, Footprint]
    """By uid, what the stopped sessions had."""


def read_and_plan(gateway: Gateway, order: Order) -> Done:
    """Decide what to do, without doing it."""
    check(order.request, order.terms)
    # Of a session that may leave its shield it has to be known which one is gone.
    if order.terms.shield_exit is None and _are_gone(gateway, order):
        view = _empty_view(gateway, order)
        return Done(plan([], order.request, order.terms, view.circumstances), view, {})
    view = read(gateway, order.installation, order.thresholds, _parts(order.request))
    sessions = judge_sessions(view.sources, view.circumstances)
    planned = plan(sessions, order.request, order.terms, view.circumstances)
    if _rests_on_leader(sessions, planned):
        view = with_leader(gateway, order.installation, view)
        sessions = judge_sessions(view.sources, view.circumstances)
        planned = plan(sessions, order.request, order.terms, view.circumstances)
    return Done(planned, view, {})


def carry_out(gateway: Gateway, order: Order, planned: Done, send: Send, progress: Progress) -> Done:
    """Stop what the plan stops; one failure does not end the rest."""
    if not planned.plan.stops:
        return planned
    if order.terms.shield_exit is not None and uses_exit(planned.plan, order.terms):
        _note_exit(gateway, order.terms.shield_exit, order.run)
    stopping = _Stopping(gateway, order, planned, send)
    attempts = run_batch(
        planned.plan.stops,
        stopping.stop,
        concurrency=order.concurrency,
        max_failures=order.max_failures,
        progress=progress,
        counts=lambda item: item.stops,
        across=gateway.map,
    )
    done = iter([attempt.settle(_ended) for attempt in attempts])
    items = tuple(next(done) if item.stops else item for item in planned.plan.items)
    return Done(planned.plan._replace(items=items), stopping.view, stopping.footprints)


def delete(gateway: Gateway) -> Send:
    """Delete straight through the cluster, guarded by what was seen."""
    return lambda row: gateway.delete(SESSION, row.name, uid=row.uid, resource_version=row.resource_version)


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

    def __init__(self, gateway: Gateway, order: Order, planned: Done, send: Send) -> None:
        self.footprints: dict[str, Footprint] = {}
        self._gateway, self._order, self._send = gateway, order, send
        self._view, self._known = planned.view, _known(planned.view.sources)
        self._hangs_on = hangs_on(planned.plan, order.request) & READABLE
        # Both are read once more before the first delete, however young they are.
        self._lists = SharedRead(self._read_lists)
        self._circumstances = SharedRead(self._read_circumstances)
        self._first = True
        self._counting = threading.Lock()
        self._going: dict[str, set[str]] = collections.defaultdict(set)
        """By user, the sessions that this run stops."""

    @property
    def view(self) -> View:
        return self._view._replace(sources=self._known.sources)

    def stop(self, item: Item) -> Item:
        """Judge the session as it is now and stop it, again and again while it changes under our hands."""

        def attempt(again: bool) -> Item:
            row = item.judged.row if item.judged else None
            if row is not None and again:
                found = look_up(self._gateway, SESSION, row)
                row = session_row(found) if found else None
            if row is None:
                return _ended(item, "gone", "it was gone before it could be stopped")
            now, left = self._judge(row, item, changed=again)
            if now.stops:
                if not delete_seen(self._gateway, SESSION, row, lambda: self._send(row)):
                    return _ended(now, "gone", now.decision.text)
                self.footprints[row.uid] = left
            return now

        return retry_on_conflict(ROUNDS, attempt, doing="it was being stopped", guarded=True)

    def _judge(self, row: SessionRow, item: Item, *, changed: bool) -> tuple[Item, Footprint]:
        """The session as it is now; one that changed may have got objects since they were read."""
        circumstances = self._circumstances.get(guard.RECORDS_SECONDS).content._replace(now=self._gateway.now())
        known = self._known
        if changed or self._hangs_on:
            known = self._lists.get(None if changed else guard.OBJECTS_SECONDS).content
        parts = known.by_session.parts(row)
        with self._counting:
            going = self._going[row.user]
            # Counted as if this run had stopped nobody: what it does must not change why.
            count = parts.sessions_of_user + len(going - known.listed)
        parts = parts._replace(sessions_of_user=count)
        judged = judge_session(parts, circumstances)
        decision = decide(judged, item.why, self._order.terms, circumstances)
        # Judging takes long enough for others to wait, so that only the last word is spoken one by one.
        with self._counting:
            decision = within_limit(decision, item.why, judged, count - len(going - {row.uid}), circumstances)
            if decision.outcome == "stopped":
                going.add(row.uid)
            else:
                going.discard(row.uid)
        return item._replace(judged=judged, decision=decision), footprint(parts, holds_slot=judged.holds_slot)

    def _read_lists(self) -> _Known:
        """Pods may heal while deletes are under way, and what a session that changed may have got are objects."""
        wanted: frozenset[Source] = self._hangs_on | {"objects"}
        before = self._known.sources
        self._known = _known(before._replace(**read_again(self._gateway, before, wanted)))
        return self._known

    def _read_circumstances(self) -> Circumstances:
        """Exam records and leader may change during a long run."""
        view = self._view
        if view.circumstances.leading and not self._first:
            view = with_leader(self._gateway, self._order.installation, view)
        self._first = False
        shield = view.circumstances.shield.grown(read_shield(self._gateway))
        self._view = view._replace(circumstances=view.circumstances._replace(shield=shield))
        return self._view.circumstances


def _are_gone(gateway: Gateway, order: Order) -> bool:
    """Whether none of the sessions given by name exists: so it is on a second run, which need not read the rest."""
    request = order.request
    names = sorted(request.given_names)
    if not 0 < len(names) <= LOOK_UPS:
        return False
    found = threading.Event()

    def look_up(name: str) -> None:
        if not found.is_set() and gateway.get(SESSION, name) is not None:
            found.set()

    gateway.map(look_up, names, concurrency=order.concurrency)
    if found.is_set() or request.records is None:
        return not found.is_set()
    # Records may have pseudonyms where the names were.
    uids = {listed.uid for listed in request.records}
    return uids.isdisjoint(gateway.list(SESSION, keep=lambda obj: obj["metadata"]["uid"]))


def _empty_view(gateway: Gateway, order: Order) -> View:
    """Nothing was read but that there is an installation, for in the wrong namespace every session is gone."""
    if not gateway.list(APP_DEFINITION, keep=app_definition_row):
        raise gateway.no_installation()
    circumstances = Circumstances(gateway.now(), gateway.namespace, thresholds=order.thresholds)
    return View(Lists(sessions=[]), circumstances, {})


def _ended(item: Item, outcome: Outcome, text: str) -> Item:
    return item._replace(decision=item.decision._replace(outcome=outcome, text=text))


def _parts(request: Request) -> set[str]:
    """What has to be read: usage and address lists only if somebody stops sessions for what they show."""
    sources = rests_on(request)
    parts = {"objects", "workspaces", "exams"}
    parts |= {"usage"} if "usage" in sources or request.sort_by == "memory" else set()
    parts |= {"addresses"} if "addresses" in sources else set()
    return parts


def _rests_on_leader(sessions: t.Iterable[Judged], planned: Plan) -> bool:
    """Whether a target holds an instance, or a session waits so long that it is dead if an operator leads."""
    return any(item.judged and item.judged.holds_slot for item in planned.items) or any(
        "unseen" in judged.unknown for judged in sessions
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
