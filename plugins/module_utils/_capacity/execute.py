# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a capacity plan: the ledger first, one patch per app definition, then the wait for warm instances."""

from __future__ import annotations

import time
import typing as t

from .._common.errors import Conflict, EduideError, several
from .._common.reading import SharedRead
from .._common.timestamps import format_time
from .._common.waiting import wait_until
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP, EVENT, POD
from .._platform import snapshot as platform
from .._platform.leader import leads
from .._platform.managers import last_writer
from .._platform.names import CAPACITY_RECORD, LEDGER_VERSION, SPEC_FIELDS
from .._platform.options import Installation
from .._platform.pool import Pool
from .._platform.rows import AppDefinitionRow
from . import ledger as capacity_ledger
from .causes import DIRTY, PoolPod, Warned, explain, project_pool_pod, project_warning, troubles_of
from .plan import Change, Desired, HoldTerms, Refused, plan_baseline, plan_present
from .verdict.task import guard
from .view import PARTS, REQUIRED, Snapshot, pick, require_operator, view_capacity

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
    require_leader: bool
    """Refuse to begin while no operator leads: warming would never end."""
    accept: frozenset[str] = frozenset()
    """Which refusals the caller overrides."""


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


def read(gateway: Gateway, installation: Installation) -> Snapshot:
    """Capacity as it is now. Without the right to see quotas the rest still stands."""
    return view_capacity(platform.read(gateway, installation, PARTS, REQUIRED))


def make_plan(snapshot: Snapshot, job: Job, installation: Installation, namespace: str) -> list[Change]:
    """Plan every app definition of the task; what cannot be granted is told at once, before anything is sent."""
    changes, refusals = [], []
    if job.state == "baseline":
        hold = job.terms.hold
        entries = snapshot.ledger.entries
        if hold is not None:
            snapshot.ledger.require(hold)
        # What is only draining has no exam of its own any more, so any exam that ends finishes it.
        held = [name for name, e in entries.items() if hold is None or hold in e.holds or not e.open_holds]
        names = [desired.name for desired in job.all_desired] or sorted(held)
        now, eager = format_time(snapshot.now), snapshot.operator is None or snapshot.operator.eager
        for name in names:
            entry = snapshot.ledger.entries.get(name)
            app = snapshot.app_definitions.get(name)
            if app is None and entry is not None:
                app = AppDefinitionRow(name, "", 0, "", dict.fromkeys(SPEC_FIELDS))
            app = app or pick(snapshot, name, namespace)
            pool = snapshot.pools.get(name) or Pool((), frozenset(), ())
            sessions = snapshot.sessions.get(name, ())
            changes.append(plan_baseline(app, pool, entry, job.terms, now=now, eager=eager, sessions=sessions))
        return changes
    eager = require_operator(snapshot, installation, namespace).eager
    for desired in job.all_desired:
        try:
            app = pick(snapshot, desired.name, namespace)
            entry = snapshot.ledger.entries.get(desired.name)
            pool, sessions = snapshot.pools[desired.name], snapshot.sessions.get(desired.name, ())
            changes.append(plan_present(app, pool, entry, desired, job.terms, eager=eager, sessions=sessions))
        except EduideError as exc:
            refusals.append(str(exc))
    if refusals:
        raise Refused(several(refusals))
    return changes


def run(gateway: Gateway, send: Send, job: Job, installation: Installation, *, check_mode: bool) -> Execution:
    """Plan and carry out; when somebody else writes in between, look again and plan again.

    An error ends the run as long as nothing has been changed. After that it belongs to the app definitions that are
    still open, so that nobody is told that nothing has happened.
    """
    done: Execution | None = None
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
            if done is None:
                raise
            return done._replace(failures={**done.failures, **dict.fromkeys(done.conflicts, exc.told)})
        if not done.conflicts:
            return done
    done = t.cast("Execution", done)
    told = {
        name: f"another client changed it {ROUNDS} times while this run planned it anew: {why}; run the task again"
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
    snapshot = read(gateway, installation)
    changes = make_plan(snapshot, job, installation, gateway.namespace)
    if "verdict" not in job.accept:
        changes = guard(gateway, installation, snapshot, changes, raises=job.state == "present")
    planned = {change.app_definition.name: change for change in changes}
    if job.require_leader and any(c.effect.starts or c.effect.rebuilds for c in changes):
        _require_leader(gateway, installation)
    if check_mode:
        return Execution(
            snapshot, planned, frozenset(), {}, {}, any(c.ledger_before != c.ledger_after for c in changes)
        )
    # The service knows no versions, so there a touch would hold nobody up.
    guarded = job.terms.api == "kubernetes"
    sent = _carry_out(gateway, _unless_claimed(gateway, installation, send), snapshot, changes, guarded=guarded)
    done = Execution(snapshot, planned, sent.names, sent.failures, sent.conflicts, sent.ledger_written)
    if earlier is None:
        return done
    # What an earlier round sent is what this run did about an app definition; now it only looks unchanged.
    return done._replace(
        changes={**planned, **{name: earlier.changes[name] for name in earlier.sent}},
        sent=done.sent | earlier.sent,
        ledger_written=done.ledger_written or earlier.ledger_written,
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


def _require_leader(gateway: Gateway, installation: Installation) -> None:
    if not leads(gateway, installation):
        raise EduideError(
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
            failures[name] = exc.told

    gateway.map(attempt, moved.values())
    arrived = {name: change for name, change in moved.items() if name not in {**failures, **conflicts}}
    unsettled = [name for name, change in arrived.items() if change.ledger_during != change.ledger_after]
    try:
        ledger = _store(gateway, ledger, {name: change.ledger_after for name, change in arrived.items()}, now)
    except Conflict as exc:
        conflicts.update(dict.fromkeys(unsettled, str(exc)))
    except EduideError as exc:
        failures.update(dict.fromkeys(unsettled, f"its bounds are set, but its entry in the ledger is not: {exc.told}"))
    return RoundResult(frozenset(arrived), failures, conflicts, ledger is not before)


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


def merge_patch(gateway: Gateway) -> Send:
    """Send a change through the cluster, guarded by the version it was planned on."""

    def send(change: Change) -> None:
        app = change.app_definition
        spec = {SPEC_FIELDS[option]: value for option, value in change.patch.items()}
        body = {"metadata": {"resourceVersion": app.resource_version}, "spec": spec}
        gateway.merge_patch(APP_DEFINITION, app.name, body)

    return send


class Warmth(t.NamedTuple):
    """How far the pool of one app definition has come."""

    warm: int
    cold: tuple[int, ...]
    claimed: int
    seconds: float | None
    """Seconds from the patch until it was warm; None if it was not."""


def wait_until_warm(
    gateway: Gateway,
    installation: Installation,
    changes: t.Mapping[str, Change],
    wanted: t.Mapping[str, int | None],
    *,
    timeout_seconds: float,
    progress: t.Callable[[dict[str, t.Any]], None],
    clock: t.Callable[[], float] = time.monotonic,
) -> tuple[Snapshot, dict[str, Warmth]]:
    """Wait until every pool has what was asked for, or is complete: students may already be taking instances.

    Complete is a pool up to the bound that this run set. Where another client changes a bound meanwhile, nobody waits
    for what that client wants: it is an error that names the client.
    """
    started = clock()
    warmed: dict[str, float] = {}

    def look() -> Snapshot:
        return read(gateway, installation)

    def reached(snapshot: Snapshot) -> bool:
        elapsed = clock() - started
        if undone := [text for change in changes.values() if (text := _undone(gateway, snapshot, change))]:
            raise Undone("; ".join(undone))
        for name in changes:
            minimum = snapshot.app_definitions[name].values["min_instances"] or 0
            pool, asked = snapshot.pools[name], wanted[name]
            if not pool.cold(minimum) or (asked is not None and pool.warm_count >= asked):
                warmed.setdefault(name, elapsed)
            progress(
                {"app_definition": name, "warm": pool.warm_count, "cold": len(pool.cold(minimum)), "seconds": elapsed}
            )
        return len(warmed) == len(changes)

    snapshot, _unused = wait_until(look, reached, timeout_seconds=timeout_seconds)
    return snapshot, {name: _warmth(snapshot, name, warmed.get(name)) for name in changes}


class Undone(EduideError):
    """Another client changed what this run set."""


def _undone(gateway: Gateway, snapshot: Snapshot, change: Change) -> str | None:
    """Who changed what this run set, if anybody did; what a later hold makes of it in the ledger is no such change."""
    name = change.app_definition.name
    live = pick(snapshot, name, gateway.namespace).values
    entry = snapshot.ledger.entries.get(name)
    wanted = {**{field: change.after[field] for field in change.goal}, **(entry.desired() if entry else {})}
    lost = [field for field, value in wanted.items() if live[field] != value]
    if not lost:
        return None
    obj = gateway.get(APP_DEFINITION, name)
    told = []
    for field in lost:
        writer = last_writer(obj, "spec", SPEC_FIELDS[field]) if obj else None
        told.append(f"{field} was set to {wanted[field]} and is {live[field]}: {writer or 'another client'} changed it")
    return f"{name}: {' and '.join(told)}; find out who owns the field, then run this again"


def _warmth(snapshot: Snapshot, name: str, seconds: float | None) -> Warmth:
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].values["min_instances"] or 0
    return Warmth(
        warm=pool.warm_count,
        cold=tuple(pool.cold(minimum)),
        claimed=len(pool.claimed_ids),
        seconds=None if seconds is None else round(seconds, 1),
    )


def find_causes(gateway: Gateway, installation: Installation, snapshot: Snapshot, names: t.Iterable[str]) -> list[str]:
    """Why these pools are still cold, from the pool, pods, events and the Lease; read only when a wait has failed."""
    names = tuple(names)
    # Objects of a pool end in the last characters of their app definition's uid; pods and ReplicaSets go on from there.
    tails = [snapshot.app_definitions[name].uid[-12:] for name in names]

    def ours(name: str) -> bool:
        return any(tail in name for tail in tails)

    def pod_of(obj: dict[str, t.Any]) -> PoolPod | None:
        pod = project_pool_pod(obj)
        return pod if pod and ours(pod.name) else None

    def warning_of(event: dict[str, t.Any]) -> Warned | None:
        warning = project_warning(event)
        return warning if warning and ours(warning.name) else None

    seen = platform.read_each(
        gateway,
        {"pods": lambda: gateway.list(POD, keep=pod_of), "events": lambda: gateway.list(EVENT, keep=warning_of)},
    )
    pods = seen.found["pods"]
    troubles = troubles_of(pods or (), seen.found["events"] or ())
    troubles += [DIRTY for name in names for instance in snapshot.pools[name].instances if instance.dirty]
    with_pod = [(pod.instance_id, tail) for pod in pods or () for tail in tails if tail in pod.name]
    without_pod = [
        f"{name} {instance.id}"
        for name, tail in zip(names, tails, strict=True)
        for instance in snapshot.pools[name].instances
        if instance.free and instance.current and not instance.ready and (instance.id, tail) not in with_pod
    ]
    causes = explain(
        troubles,
        leading=leads(gateway, installation),
        following=all(_follows(snapshot, name) for name in names),
        without_pod=() if pods is None else without_pod,
    )
    return [*causes, *(f"not everything could be looked at: {reason}" for reason in seen.missing.values())]


def _follows(snapshot: Snapshot, name: str) -> bool:
    """Whether every cold instance was built from the app definition as it is now, and only its pod is not ready."""
    pool, minimum = snapshot.pools[name], snapshot.app_definitions[name].values["min_instances"] or 0
    current = {instance.id for instance in pool.instances if instance.current}
    return current.issuperset(pool.cold(minimum))
