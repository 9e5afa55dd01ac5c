# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a capacity plan: the ledger first, one patch per app definition, then the wait for warm instances."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._common.errors import Conflict, EduideError, several
from .._common.reading import SharedRead
from .._common.timestamps import format_time
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP
from .._platform import snapshot as platform
from .._platform.leader import leads
from .._platform.names import CAPACITY_RECORD, LEDGER_VERSION, SPEC_FIELDS
from .._platform.options import Installation
from .._platform.pool import Pool
from .._platform.rows import AppDefinitionRow
from . import ledger as capacity_ledger
from .care import Aftermath, Care, Surroundings, quiet
from .lateness import start_seconds, too_late
from .lockout import refusal
from .look import read
from .plan import Change, Desired, HoldTerms, Refused, plan_baseline, plan_present
from .verdict.task import guard
from .view import Snapshot, pick, require_operator

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway

# The first plan, and three more after another client wrote in between.
ROUNDS = 4

Send = t.Callable[[Change], None]


class Job(t.NamedTuple):
    """What the caller wants of one task."""

    state: t.Literal["present", "baseline"]
    all_desired: tuple[Desired, ...]
    """For state=baseline only the names count; none at all means everything the ledger knows."""
    terms: HoldTerms
    care: Care
    require_leader: bool
    """Refuse to begin while no operator leads: warming would never end."""
    accept: frozenset[str] = frozenset()
    """Which refusals the caller overrides."""
    start: datetime | None = None
    """When the exam starts; None if nobody said."""
    late: bool = False
    """Change a warm pool even if it is not warm again by then."""


class Execution(t.NamedTuple):
    """What became of the plan."""

    snapshot: Snapshot
    changes: dict[str, Change]
    sent: frozenset[str]
    """Whose patch has arrived."""
    failures: dict[str, str]
    conflicts: dict[str, str]
    """Who has to be planned again, because somebody else wrote in between; why."""
    ledger_written: bool
    lost: frozenset[str] = frozenset()
    """Of these conflicts, those whose patch may have arrived, for its answer did not."""
    aftermath: Aftermath = Aftermath()

    @property
    def problems(self) -> dict[str, str]:
        """What went wrong, by app definition."""
        found = dict(self.aftermath.failures)
        return {**found, **{n: f"{text}; {found[n]}" if n in found else text for n, text in self.failures.items()}}


def make_plan(snapshot: Snapshot, job: Job, installation: Installation, namespace: str) -> list[Change]:
    """Plan every app definition of the task; what cannot be granted is told at once, before anything is sent."""
    changes, refusals, now = [], [], format_time(snapshot.now)
    if job.state == "baseline":
        hold = job.terms.hold
        entries = snapshot.ledger.entries
        if hold is not None:
            snapshot.ledger.require(hold)
        # What is only draining has no exam of its own any more, so any exam that ends finishes it.
        held = [name for name, e in entries.items() if hold is None or hold in e.holds or not e.open_holds]
        names = [desired.name for desired in job.all_desired] or sorted(held)
        eager = snapshot.operator is None or snapshot.operator.eager
        for name in names:
            entry = snapshot.ledger.entries.get(name)
            app = snapshot.app_definitions.get(name)
            if app is None and entry is not None:
                app = AppDefinitionRow(name, "", 0, "", dict.fromkeys(SPEC_FIELDS))
            app = app or pick(snapshot, name, namespace)
            pool = snapshot.pools.get(name) or Pool((), frozenset(), ())
            sessions = snapshot.sessions.get(name, ())
            change = plan_baseline(app, pool, entry, job.terms, now=now, eager=eager, sessions=sessions)
            locks_out = _lockout_text(change, snapshot, job)
            changes.append(change.put_off("failed", locks_out) if locks_out else change)
        return changes
    eager = require_operator(snapshot, installation, namespace).eager
    for desired in job.all_desired:
        try:
            app = pick(snapshot, desired.name, namespace)
            entry = snapshot.ledger.entries.get(desired.name)
            pool, sessions = snapshot.pools[desired.name], snapshot.sessions.get(desired.name, ())
            change = plan_present(app, pool, entry, desired, job.terms, now=now, eager=eager, sessions=sessions)
            changes.append(change)
            refusals += [text for text in [_lockout_text(change, snapshot, job)] if text]
        except EduideError as exc:
            refusals.append(str(exc))
    if refusals:
        raise Refused(several(refusals))
    return changes


def locked_out(change: Change, snapshot: Snapshot, job: Job) -> int:
    """How many users may be locked out by a change, while the caller has not asked to have that repaired."""
    operator, pool = snapshot.operator, snapshot.pools.get(change.app_definition.name)
    if job.care.lockout == "repair" or not change.patch or not pool:
        return 0
    return len(pool.claimed_ids) if operator and operator.eager and operator.keycloak else 0


def _lockout_text(change: Change, snapshot: Snapshot, job: Job) -> str | None:
    """Why the change is not made, as long as the caller has not said what is to be done for these users."""
    users = locked_out(change, snapshot, job)
    return refusal(change.app_definition.name, users) if users and job.care.lockout == "refuse" else None


def run(gateway: Gateway, send: Send, job: Job, installation: Installation, *, check_mode: bool) -> Execution:
    """Plan and carry out; when somebody else writes in between, look again and plan again.

    So it is where the answer to a write got lost, for every write through the cluster is guarded: the next look shows
    whether it arrived, and if it did not, it can be sent again.
    An error ends the run as long as nothing has been changed. After that it belongs to the app definitions that are
    still open, so that nobody is told that nothing has happened.
    """
    done: Execution | None = None
    ledger_lost = False
    for remaining in reversed(range(ROUNDS)):
        try:
            done = _round(gateway, send, job, installation, done, check_mode=check_mode)
        except Conflict as exc:
            if done is not None:
                done = done._replace(conflicts=dict.fromkeys(done.conflicts, str(exc)))
            elif not remaining:
                raise
            continue
        except EduideError as exc:
            if done is None and exc.uncertain and remaining:
                ledger_lost = True
                continue
            if done is None:
                raise
            open_still = {name: why if name in done.lost else exc.told for name, why in done.conflicts.items()}
            return done._replace(failures={**done.failures, **open_still})
        done = done._replace(ledger_written=done.ledger_written or ledger_lost)
        if not done.conflicts:
            return done
    done = t.cast("Execution", done)
    told = {
        name: why
        if name in done.lost
        else f"another client changed it {ROUNDS} times while this run planned it anew: {why}; run the task again"
        for name, why in done.conflicts.items()
    }
    return done._replace(failures={**done.failures, **told})


def _round(
    gateway: Gateway,
    send: Send,
    job: Job,
    installation: Installation,
    earlier: Execution | None,
    *,
    check_mode: bool,
) -> Execution:
    snapshot, changes = _plan_in_quiet(gateway, job, installation, check_mode=check_mode)
    planned = {change.app_definition.name: change for change in changes}
    operator = snapshot.operator
    followed = [name for name, change in planned.items() if change.patch and operator and operator.eager]
    wanted = job.require_leader and any(c.effect.starts or c.effect.rebuilds for c in changes)
    leading = (wanted or (bool(followed) and not check_mode)) and leads(gateway, installation)
    if wanted and not leading:
        raise _leaderless(gateway, installation)
    if check_mode:
        return Execution(
            snapshot, planned, frozenset(), {}, {}, any(c.ledger_before != c.ledger_after for c in changes)
        )
    around = None
    if operator and leading and followed:
        around = Surroundings(gateway, installation, job.care, followed, keycloak=operator.keycloak)
    # The service knows no versions, so there a touch would hold nobody up.
    guarded = job.terms.api == "kubernetes"
    sent = _carry_out(gateway, _unless_claimed(gateway, installation, send), snapshot, changes, guarded=guarded)
    # A patch that nobody answered may have arrived.
    reached = [name for name in followed if name not in sent.conflicts or name in sent.lost]
    aftermath = around.after(reached) if around else Aftermath()
    done = Execution(snapshot, planned, *sent, aftermath)
    if earlier is None:
        return done
    # What an earlier round sent is what this run did about an app definition; now it only looks unchanged.
    arrived = earlier.sent | {name for name in earlier.lost if name in planned and not planned[name].patch}
    return done._replace(
        changes={**planned, **{name: earlier.changes[name] for name in arrived}},
        sent=done.sent | arrived,
        ledger_written=done.ledger_written or earlier.ledger_written,
        aftermath=earlier.aftermath.joined(aftermath),
    )


def _plan_in_quiet(
    gateway: Gateway, job: Job, installation: Installation, *, check_mode: bool
) -> tuple[Snapshot, list[Change]]:
    """Plan while no session is being released; a pool that does not become quiet in time is left as it is."""
    snapshot, changes = _plan_now(gateway, job, installation)
    operator = snapshot.operator
    rebuilt = [
        change.app_definition.name
        for change in changes
        if change.patch and operator and operator.eager and snapshot.pools[change.app_definition.name].instances
    ]
    if check_mode or not rebuilt:
        return snapshot, changes
    if job.require_leader and not leads(gateway, installation):
        # Without an operator releases do not end either.
        raise _leaderless(gateway, installation)
    waited, late = quiet(gateway, job.care, rebuilt)
    if waited:
        snapshot, changes = _plan_now(gateway, job, installation)
    put_off = [
        change.put_off("late", _late_text(change.app_definition.name, late, job.care))
        if change.patch and change.app_definition.name in late
        else change
        for change in changes
    ]
    return snapshot, put_off


def _plan_now(gateway: Gateway, job: Job, installation: Installation) -> tuple[Snapshot, list[Change]]:
    snapshot = read(gateway, installation)
    changes = make_plan(snapshot, job, installation, gateway.namespace)
    if "verdict" not in job.accept:
        changes = guard(gateway, installation, snapshot, changes, raises=job.state == "present")
    return snapshot, _unless_late(gateway, job, snapshot, changes)


def _unless_late(gateway: Gateway, job: Job, snapshot: Snapshot, changes: list[Change]) -> list[Change]:
    """Leave warm instances as they are where their successors would not be warm when the exam starts."""
    warm = {c.app_definition.name: snapshot.pools[c.app_definition.name].warm_count for c in changes if c.patch}
    if job.start is None or job.late or job.state != "present" or not any(warm.values()):
        return changes
    pods = platform.read_list(gateway, "pods")
    found = []
    for change in changes:
        name = change.app_definition.name
        seconds = start_seconds(pods, change.app_definition.uid)
        text = too_late(change, warm.get(name, 0), snapshot.now, job.start, seconds)
        found.append(change.put_off("late", text) if text else change)
    return found


def _late_text(name: str, late: t.Mapping[str, str], care: Care) -> str:
    return (
        f"{name}: sessions were still being released after {care.quiet_wait_seconds} s ({late[name]}), and a change "
        "that meets releases may end the operator and break instances; nothing was changed, so run the task again later"
    )


def _unless_claimed(gateway: Gateway, installation: Installation, send: Send) -> Send:
    """Look at the pools once more before instances go: a claim changes no app definition, so no version guards it."""
    pools = SharedRead(lambda: read(gateway, installation).pools)

    def guarded(change: Change) -> None:
        if change.lowers:
            pool = pools.get().content.get(change.app_definition.name)
            # Where its app definition is gone by now, sending says so.
            if pool and (above := pool.claims_above(change.after["min_instances"] or 0)):
                raise Conflict(f"instance {above[0].id} was claimed while its removal was planned")
        send(change)

    return guarded


def _leaderless(gateway: Gateway, installation: Installation) -> EduideError:
    return EduideError(
        f"no operator leads in {gateway.namespace!r}: nobody renews Lease {installation.operator_lease!r}, "
        "so no instance would start and nothing was changed; "
        f"look at the pods of Deployment {installation.operator_deployment!r}"
    )


class RoundResult(t.NamedTuple):
    """What became of one round."""

    names: frozenset[str]
    failures: dict[str, str]
    conflicts: dict[str, str]
    ledger_written: bool
    lost: frozenset[str]


def _carry_out(
    gateway: Gateway, send: Send, snapshot: Snapshot, changes: list[Change], *, guarded: bool
) -> RoundResult:
    """Send one round: what is intended goes into the ledger, then the patches go out, then the ledger is settled."""
    by_name = {change.app_definition.name: change for change in changes}
    moved = {name: change for name, change in by_name.items() if change.patch or (guarded and change.crosses)}
    intended = {
        c.app_definition.name: c.ledger_during if c.app_definition.name in moved else c.ledger_after for c in changes
    }
    before, now = snapshot.ledger, format_time(snapshot.now)
    ledger = _store(gateway, before, intended, now)
    failures: dict[str, str] = {}
    conflicts: dict[str, str] = {}
    lost: set[str] = set()

    def attempt(change: Change) -> None:
        name = change.app_definition.name
        try:
            if change.patch:
                send(change)
            else:
                _touch(gateway, change, ledger)
        except Conflict as exc:
            conflicts[name] = str(exc)
        except EduideError as exc:
            if guarded and exc.uncertain:
                conflicts[name] = exc.told
                lost.add(name)
            else:
                failures[name] = exc.told

    gateway.map(attempt, moved.values())
    arrived = {name: change for name, change in moved.items() if name not in {**failures, **conflicts}}
    unsettled = [name for name, change in arrived.items() if change.ledger_during != change.ledger_after]
    try:
        ledger = _store(gateway, ledger, {name: change.ledger_after for name, change in arrived.items()}, now)
    except Conflict as exc:
        conflicts.update(dict.fromkeys(unsettled, str(exc)))
    except EduideError as exc:
        text = f"its bounds are set, but its entry in the ledger is not: {exc.told}"
        (conflicts if exc.uncertain else failures).update(dict.fromkeys(unsettled, text))
        lost.update(unsettled if exc.uncertain else ())
    return RoundResult(frozenset(arrived), failures, conflicts, ledger is not before, frozenset(lost))


def _touch(gateway: Gateway, change: Change, ledger: capacity_ledger.Ledger) -> None:
    """Change the version of an app definition, so that a run which is about to patch it has to plan anew.

    Its patch is guarded by this version only. Without the touch a hold that needs nothing on top of what it sees would
    be lowered away by the run that ends the exam before. The operator rebuilds nothing for an annotation.
    """
    app = change.app_definition
    metadata = {"resourceVersion": app.resource_version, "annotations": {LEDGER_VERSION: ledger.resource_version}}
    gateway.merge_patch(APP_DEFINITION, app.name, {"metadata": metadata})


def _store(
    gateway: Gateway, ledger: capacity_ledger.Ledger, entries: t.Mapping[str, capacity_ledger.Entry | None], now: str
) -> capacity_ledger.Ledger:
    """Write the entries if they differ. The resourceVersion keeps two runs from overwriting each other."""
    merged = {name: entry for name, entry in {**ledger.entries, **entries}.items() if entry is not None}
    if merged == ledger.entries:
        return ledger
    body = capacity_ledger.write_ledger(gateway.namespace, ledger.with_entries(merged, now))
    if ledger.resource_version is None:
        stored = gateway.create(CONFIG_MAP, body)
    else:
        stored = gateway.replace(CONFIG_MAP, CAPACITY_RECORD, body)
    return capacity_ledger.read_ledger(stored)


def _spec(values: capacity_ledger.Values) -> dict[str, t.Any]:
    spec: dict[str, t.Any] = {}
    for option, value in values.items():
        *outer, last = SPEC_FIELDS[option]
        inner = spec
        for field in outer:
            inner = inner.setdefault(field, {})
        inner[last] = value
    return spec


def merge_patch(gateway: Gateway) -> Send:
    """Send a change through the cluster, guarded by the version it was planned on."""

    def send(change: Change) -> None:
        app = change.app_definition
        body = {"metadata": {"resourceVersion": app.resource_version}, "spec": _spec(change.patch)}
        gateway.merge_patch(APP_DEFINITION, app.name, body)

    return send
