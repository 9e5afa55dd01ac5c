# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping sessions: read, plan, and carry the plan out while looking again at what it rests on."""

from __future__ import annotations

import collections
import threading
import time
import typing as t

from ..._common.batch import Failures
from ..._common.errors import (
    Conflict,
    EduideError,
    Misconfigured,
    NotFound,
    ServerFailed,
    Unreachable,
)
from ..._common.reading import Reading, SharedRead
from ..._exams import record as exam_record
from ..._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP, SESSION
from ..._platform.options import Installation
from ..._platform.rows import SessionRow, app_definition_row, session_row
from ..findings import Source, Thresholds
from ..join import Index, Sources
from ..record import Circumstances, Judged, judge_session, judge_sessions
from ..snapshot import (
    READABLE,
    Lists,
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

# How often a session is judged anew because it changed before its delete arrived.
ROUNDS = 5
# How old what a delete rests on may be, such as pods, and how old the exam records and the sight of a leader.
OBJECTS_SECONDS = 10.0
RECORDS_SECONDS = 60.0
# Up to how many sessions are looked up one by one before everything is read. API servers take seconds to list
# thousands of custom resources, and say of hundreds in less than one that they are gone.
LOOK_UPS = 500

Send = t.Callable[[SessionRow], bool]
"""Stops the session that was seen and no other: False if it was gone, Conflict if it is another or was changed."""
Progress = t.Callable[[int, int], None]


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
    work = _Work(gateway, order, planned, send)
    total = len(planned.plan.stops)

    def one(item: Item) -> Item:
        if not item.stops:
            return item
        done = work.stop(item)
        progress(work.count(done), total)
        return done

    items = tuple(gateway.map(one, planned.plan.items, concurrency=order.concurrency))
    return Done(planned.plan._replace(items=items), work.view, work.footprints)


def delete(gateway: Gateway) -> Send:
    """Delete straight through the cluster, guarded by what was seen."""
    return lambda row: gateway.delete(SESSION, row.name, uid=row.uid, resource_version=row.resource_version)


def delete_once(send: t.Callable[[], bool], is_there: t.Callable[[], bool]) -> bool | None:
    """Whether there was something to delete; None: it is not known to be gone, so it has to be looked at again."""
    try:
        return send()
    except Conflict:
        return None
    except (ServerFailed, Unreachable) as exc:
        if not exc.uncertain:
            raise
        if not is_there():
            return True
        if isinstance(exc, ServerFailed):
            raise
        return None


class _Work:
    """The state that the workers share: what was read last, when, and what has happened."""

    def __init__(self, gateway: Gateway, order: Order, planned: Done, send: Send) -> None:
        self.view = planned.view
        self.footprints: dict[str, Footprint] = {}
        self._gateway, self._order, self._send = gateway, order, send
        self._lock = threading.Lock()
        self._failures = Failures(order.max_failures)
        self._finished = 0
        self._hangs_on = hangs_on(planned.plan, order.request) & READABLE
        # What a session that changes may have got meanwhile.
        sources: frozenset[Source] = self._hangs_on | {"objects"}
        self._readings = SharedRead(lambda: read_again(gateway, self.view.sources, sources))
        self._begun: dict[str, float] = {}
        """When the readings began that the lists come from."""
        # Both are read once more before the first delete, however young they are.
        self._hung_on: float | None = None
        self._records_read: float | None = None
        self._going: dict[str, set[str]] = collections.defaultdict(set)
        """By user, the sessions that this run stops."""
        self._arrange()

    def count(self, item: Item) -> int:
        """How many are gone, with this one."""
        with self._lock:
            self._finished += item.stops
            return self._finished

    def stop(self, item: Item) -> Item:
        """Judge the session as it is now and stop it, again and again while it changes under our hands."""
        if why := self._failures.too_many:
            return _ended(item, "skipped_cap", why)
        try:
            done = self._stop(item)
        except EduideError as exc:
            done = _ended(item, "failed", str(exc))
        self._failures.note(done.decision.outcome)
        return done

    def _stop(self, item: Item) -> Item:
        row = item.judged.row if item.judged else None
        for attempt in range(ROUNDS):
            if row is None:
                return _ended(item, "gone", "it was gone before it could be stopped")
            item, left = self._judge(row, item, changed=attempt > 0)
            if not item.stops:
                return item
            outcome = self._try(row)
            if outcome == "stopped":
                self.footprints[row.uid] = left
            if outcome is not None:
                return _ended(item, outcome, item.decision.text)
            row = self._read(row)
        return _ended(item, "failed", f"it changed {ROUNDS} times while it was being stopped")

    def _try(self, row: SessionRow) -> Outcome | None:
        """None: it is not known to be gone, so it has to be looked at again."""
        deleted = delete_once(lambda: self._send(row), lambda: self._read(row) is not None)
        return None if deleted is None else "stopped" if deleted else "gone"

    def _read(self, row: SessionRow) -> SessionRow | None:
        """The same session as it is now; one of the same name made since is another."""
        found = self._gateway.get(SESSION, row.name)
        return session_row(found) if found and found["metadata"]["uid"] == row.uid else None

    def _judge(self, row: SessionRow, item: Item, *, changed: bool) -> tuple[Item, Footprint]:
        """The session as it is now; one that changed may have got objects since they were read."""
        reading = self._readings.get() if changed else None
        with self._lock:
            self._look_again(reading)
            view, index = self.view, self._index
            going = self._going[row.user]
            unlisted = len(going - self._listed)
        parts = index.parts(row)
        # Counted as if this run had stopped nobody: what it does must not change why.
        count = parts.sessions_of_user + unlisted
        parts = parts._replace(sessions_of_user=count)
        circumstances = view.circumstances._replace(now=self._gateway.now())
        judged = judge_session(parts, circumstances)
        decision = decide(judged, item.why, self._order.terms, circumstances)
        # Judging takes long enough for others to wait, so that only the last word is spoken one by one.
        with self._lock:
            decision = within_limit(decision, item.why, judged, count - len(going - {row.uid}), circumstances)
            if decision.outcome == "stopped":
                going.add(row.uid)
            else:
                going.discard(row.uid)
        return item._replace(judged=judged, decision=decision), footprint(parts, holds_slot=judged.holds_slot)

    def _look_again(self, reading: Reading[Lists] | None) -> None:
        """Exam records and leader may change during a long run, and pods may heal while deletes are under way."""
        if _is_older(self._records_read, RECORDS_SECONDS):
            if self._records_read is not None and self.view.circumstances.leading:
                self.view = with_leader(self._gateway, self._order.installation, self.view)
            shield = self.view.circumstances.shield.grown(read_shield(self._gateway))
            self.view = self.view._replace(circumstances=self.view.circumstances._replace(shield=shield))
            self._records_read = time.monotonic()
        if reading is not None:
            self._take(reading)
        if self._hangs_on and _is_older(self._hung_on, OBJECTS_SECONDS):
            begun = time.monotonic()
            self._take(Reading(read_again(self._gateway, self.view.sources, self._hangs_on), begun))
            self._hung_on = begun

    def _take(self, reading: Reading[Lists]) -> None:
        """Keep what is newer than what is known; two readings need not be of the same lists."""
        newer = {name: rows for name, rows in reading.content.items() if reading.begun > self._begun.get(name, 0.0)}
        if newer:
            self._begun |= dict.fromkeys(newer, reading.begun)
            self.view = self.view._replace(sources=self.view.sources._replace(**newer))
            self._arrange()

    def _arrange(self) -> None:
        self._index = Index(self.view.sources)
        self._listed = {row.uid for row in self.view.sources.sessions}


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
    return View(Sources(sessions=[]), circumstances, {})


def _ended(item: Item, outcome: Outcome, text: str) -> Item:
    return item._replace(decision=item.decision._replace(outcome=outcome, text=text))


def _is_older(moment: float | None, seconds: float) -> bool:
    return moment is None or time.monotonic() - moment > seconds


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
    for _unused in range(ROUNDS):
        record = gateway.get(CONFIG_MAP, name)
        if record is None:
            raise NotFound(f"the record {name} of the exam is gone, so its history cannot say why the shield was left")
        about = {"session": way_out.uid, "reason": way_out.reason}
        noted = exam_record.with_history(
            record, at=gateway.now(), action="shield_exit", run=run, outcome="allowed", **about
        )
        try:
            gateway.replace(CONFIG_MAP, name, noted)
        except Conflict:
            continue
        return
    raise Misconfigured(f"the record {name} changed {ROUNDS} times while its history was being written; try again")
