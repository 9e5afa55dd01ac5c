# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity in the words of the modules' documentation."""

from __future__ import annotations

import math
import typing as t

from .._common.report import Difference, Report
from .._common.timestamps import format_time
from .._platform.names import SPEC_FIELDS
from .drift import deviations
from .problems import failure_of

if t.TYPE_CHECKING:
    from .._platform.fields import Owner
    from .._platform.pool import Pool
    from .._platform.rows import AppDefinitionRow
    from .execute import Execution
    from .ledger import Entry
    from .lockout import Gap
    from .mend import Repaired
    from .plan import Change
    from .view import CapacityView
    from .wait import WaitResult, Warmth


def report(
    done: Execution,
    waited: WaitResult | None = None,
    repaired: t.Sequence[Repaired] = (),
    unrepaired: t.Sequence[str] = (),
    **fields: t.Any,
) -> Report:
    """What C(theia_capacity) returns, with such fields beside it."""
    snapshot, warmths = (waited.snapshot, waited.warmths) if waited else (done.snapshot, {})
    items = [
        _describe_change(
            change,
            snapshot,
            warmth=warmths.get(name),
            failure=done.problems.get(name),
            sent=name in done.sent,
            settled=name not in done.failures,
            gaps=done.aftermath.gaps,
        )
        for name, change in done.changes.items()
    ]
    diff = _differences(items)
    mended = any(each.outcome == "repaired" for each in repaired)
    failure = failure_of(done, waited.failure if waited else None, unrepaired)
    return Report(done.ledger_written or bool(diff) or mended, {"app_definitions": items, **fields}, diff, failure)


def _differences(items: t.Iterable[t.Mapping[str, t.Any]]) -> list[Difference]:
    """Of described changes those that change something."""
    return [
        Difference(item["name"], item["before"], item["after"]) for item in items if item["before"] != item["after"]
    ]


def describe_pool(pool: Pool, minimum: int) -> dict[str, t.Any]:
    claimed = pool.claimed_ids
    return {
        "total": len(pool.instances),
        "free": pool.free_count,
        "claimed": len(claimed),
        "warm": pool.warm_count,
        "cold": len(pool.cold(minimum)),
        "dirty": sum(i.dirty for i in pool.instances),
        "outdated": pool.outdated_count,
        "halves": [
            {"instance_id": half.id, "lacks": list(half.lacks), "held": half.id in claimed}
            for half in pool.halves(minimum)
        ],
        "surplus": pool.surplus(minimum),
        "missing": pool.missing(minimum),
        "locked_out": sum(i.locked_out for i in pool.instances),
        "ownerless": list(pool.ownerless),
        "abandoned": list(pool.abandoned),
        "highest_claimed_id": pool.highest_claimed_id,
    }


def describe_ledger(entry: Entry | None) -> dict[str, t.Any] | None:
    if entry is None:
        return None
    return {
        "baseline": dict(entry.baseline),
        "holds": [
            {"exam": exam, "asked": dict(hold.asked), "add": hold.add, "until": hold.until, "ended": hold.ended}
            for exam, hold in sorted(entry.holds.items())
        ],
        "draining_since": entry.draining_since,
    }


def describe_drift(app: AppDefinitionRow, entry: Entry | None) -> list[dict[str, t.Any]]:
    """What exams hold, and is no longer so."""
    if entry is None or not entry.open_holds or entry.uid != app.uid:
        return []
    return [
        {
            "field": each.field,
            "path": "/spec/" + "/".join(SPEC_FIELDS[each.field]),
            "wanted": each.wanted,
            "live": each.live,
            "by_another_client": each.by_another_client,
            "manager": each.client if each.by_another_client else None,
            "at": each.writer.at if each.by_another_client and each.writer else None,
        }
        for each in deviations(app, entry)
    ]


def describe_capacity(
    snapshot: CapacityView, names: t.Iterable[str] | None = None, *, leading: bool | None, led_seconds: float | None
) -> dict[str, t.Any]:
    """Some app definitions or all as they are: what C(theia_capacity_info) returns."""
    operator = snapshot.operator
    return {
        "app_definitions": [
            describe_app_definition(snapshot, name) for name in sorted(names or snapshot.app_definitions)
        ],
        "quotas": None if snapshot.quotas is None else [row._asdict() for row in snapshot.quotas],
        "operator": None
        if operator is None
        else {
            "eager": operator.eager,
            "keycloak": operator.keycloak,
            "sessions_per_user": operator.sessions_per_user,
            "leading": leading,
            "led_seconds": None if led_seconds is None else int(led_seconds),
        },
        "seen_at": format_time(snapshot.now),
        "missing": dict(snapshot.missing),
    }


def describe_app_definition(snapshot: CapacityView, name: str) -> dict[str, t.Any]:
    """One app definition as it is."""
    app, entry = snapshot.app_definitions[name], snapshot.ledger.entries.get(name)
    return {
        "name": name,
        "uid": app.uid,
        **app.values,
        "sessions": len(snapshot.sessions.get(name, ())),
        "pool": describe_pool(snapshot.pools[name], app.values["min_instances"] or 0),
        "ledger": describe_ledger(entry),
        "drift": describe_drift(app, entry),
    }


def _describe_change(
    change: Change,
    snapshot: CapacityView,
    *,
    warmth: Warmth | None,
    failure: str | None,
    sent: bool,
    settled: bool,
    gaps: t.Iterable[Gap] = (),
) -> dict[str, t.Any]:
    """One app definition as C(theia_capacity) found it and leaves it."""
    app = change.app_definition
    pool = snapshot.pools.get(app.name)
    # What was not sent yet, as in check mode, is not what the pool lacks.
    bound = (change.after if sent else app.values)["min_instances"]
    return {
        "name": app.name,
        "uid": app.uid or None,
        "outcome": "failed" if failure else change.outcome,
        "note": failure or change.note,
        "before": dict(app.values),
        "after": dict(app.values) if failure and not sent else change.after,
        "pods": _describe_effect(change) if snapshot.knows_pools else None,
        "pool": None if pool is None else describe_pool(pool, bound or 0),
        "ledger": describe_ledger(change.ledger_after if settled else change.ledger_during),
        "draining": _describe_draining(change, snapshot),
        "lockouts": [_describe_gap(gap) for gap in gaps if gap.seat.app_definition == app.name],
        "seconds_to_warm": warmth.seconds if warmth else None,
        "looks": list(warmth.looks) if warmth else [],
    }


def _describe_effect(change: Change) -> dict[str, int | None]:
    cold = change.cold_seconds if change.warm_lost else None
    return {
        **change.effect._asdict(),
        "warm_lost": change.warm_lost,
        "cold_seconds": None if cold is None else math.ceil(cold),
    }


def describe_repair(repaired: Repaired, *, would: bool) -> dict[str, t.Any]:
    """One damaged instance, and what became of it."""
    repair = repaired.repair
    return {
        "app_definition": repaired.app_definition,
        "kind": repair.kind,
        "instance_id": repair.instance_id,
        "evidence": repair.evidence,
        "deletes": [f"{part.kind}/{part.name}" for part in repair.deletes],
        "session_uid": repair.session,
        "outcome": repaired.outcome,
        "would": would,
        "note": repaired.note,
    }


def _describe_gap(gap: Gap) -> dict[str, t.Any]:
    seat = gap.seat
    who = {"instance_id": seat.instance_id, "session": seat.session, "session_uid": seat.session_uid, "user": seat.user}
    what = {"gap_seconds": gap.gap_seconds, "filled_by": gap.filled_by, "note": gap.note}
    return {**who, "outcome": gap.outcome, **what}


def _describe_draining(change: Change, snapshot: CapacityView) -> list[dict[str, t.Any]]:
    """Who is waited for: the sessions on instances that are to go, and those that a time limit would end."""
    sessions = snapshot.sessions.get(change.app_definition.name, ())
    users = {session.uid: session.user for session in sessions}
    owners = [(instance.id, t.cast("Owner", instance.session)) for instance in change.draining]
    on_instances = [(number, owner.name, owner.uid, users.get(owner.uid)) for number, owner in owners]
    others = [(None, s.name, s.uid, s.user) for s in change.outlasting if s.uid not in {o.uid for _id, o in owners}]
    fields = ("instance_id", "session", "session_uid", "user")
    return [dict(zip(fields, values, strict=True)) for values in (*on_instances, *others)]
