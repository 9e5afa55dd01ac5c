# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding what to do about the bounds of app definitions. Nothing here reads, sends, or looks at a clock."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError
from .._platform.pool import Effect, Instance, Pool, effect, smallest_total
from .._platform.rows import AppDefinitionRow, LiveSession
from .drain import claims_in_the_way, lowered_unseen, narrowing, outlasting_sessions
from .drift import adopted, deviations, drifted, tell_drift, tell_fight, tell_repair
from .ledger import Entry, Hold, Values, more_generous
from .terms import Desired, HoldTerms

# The REST service changes the bounds and nothing else.
SERVICE_FIELDS = frozenset({"min_instances", "max_instances"})

Outcome = t.Literal["changed", "unchanged", "draining", "drift", "void", "late", "failed"]

NO_EFFECT = Effect(0, 0, 0)
NO_POOL = Pool((), frozenset(), ())


class Change(t.NamedTuple):
    """What is to be done about one app definition, decided before anything is sent."""

    app_definition: AppDefinitionRow
    outcome: Outcome
    patch: Values
    """The values to send, all in one patch; empty if nothing is to be sent."""
    ledger_before: Entry | None
    ledger_during: Entry | None
    """What the ledger says before the patch goes out."""
    ledger_after: Entry | None
    """What it says once the patch has arrived; None removes the key."""
    effect: Effect
    draining: tuple[Instance, ...]
    """Claimed instances that keep the bound from being lowered."""
    outlasting: tuple[LiveSession, ...]
    """Sessions that the shorter time limit would end at once, and that therefore keep it from being set."""
    note: str
    warm_lost: int = 0
    """Warm instances that it takes away."""
    cold_seconds: float | None = None
    """For about how long there are none then; None if nobody asked."""

    @property
    def changed(self) -> bool:
        return bool(self.patch) or self.ledger_before != self.ledger_after

    @property
    def lowers(self) -> bool:
        """Whether instances go."""
        before, after = self.app_definition.values["min_instances"] or 0, self.after["min_instances"] or 0
        return after < before

    def put_off(self, outcome: Outcome, note: str) -> Change:
        """Nothing is done about it now, and why."""
        entry = self.ledger_before
        return self._replace(
            outcome=outcome, patch={}, ledger_during=entry, ledger_after=entry, effect=NO_EFFECT, note=note, warm_lost=0
        )

    @property
    def in_the_way(self) -> frozenset[str]:
        """The uids of the sessions that keep values from being restored."""
        claims = {instance.session.uid for instance in self.draining if instance.session}
        return frozenset(claims | {session.uid for session in self.outlasting})

    @property
    def after(self) -> Values:
        return {**self.app_definition.values, **self.patch}

    @property
    def goal(self) -> t.Collection[str]:
        """The fields that have to keep their values while this run waits: those it sent, and those of the ledger."""
        return {*self.patch, *(self.ledger_after.desired() if self.ledger_after else ())}

    @property
    def crosses(self) -> bool:
        """Whether a patch of another run may be on its way that this decision makes wrong, and nothing is sent for it.

        An entry that live values do not fulfil is one that a run set out to fulfil.
        """
        before = self.ledger_before
        if self.patch or before is None or before == self.ledger_after or before.uid != self.app_definition.uid:
            return False
        return bool(_differences(self.app_definition, before.desired()))


class Refused(EduideError):
    """The desired cannot be granted; the text says why and what to do. Raised before anything is sent."""


def plan_present(
    app: AppDefinitionRow,
    pool: Pool | None,
    entry: Entry | None,
    desired: Desired,
    terms: HoldTerms,
    *,
    now: str,
    eager: bool,
    sessions: t.Sequence[LiveSession] = (),
) -> Change:
    """Plan what the caller states, as a hold of an exam or for good; without a pool nobody knows of its instances."""
    before = entry
    entry, note = _same_app_definition(app, entry)
    if entry is not None and _is_finished(app, entry):
        entry = None
    if desired.warm and not eager:
        raise Refused(_lazy_text(app))
    planned = None
    if terms.hold is None:
        wanted = _wanted_for_good(app, pool, entry, desired)
    else:
        if entry is not None:
            fights = [each for each in deviations(app, entry) if each.fought(now)]
            if fights and terms.drift == "repair_once":
                return _left_alone(app, before, entry, "drift", tell_fight(app.name, fights))
            entry, note = _settle_drift(app, entry, terms, now)
        planned = _with_hold(app, pool or NO_POOL, entry, desired, terms)
        wanted = planned.desired()
    _check(app, pool, wanted, terms)
    if not eager and (wanted.get("min_instances") or 0) > (app.values["min_instances"] or 0):
        raise Refused(_lazy_text(app))
    draining, outlasting = claims_in_the_way(app, pool, wanted), outlasting_sessions(app, sessions, wanted)
    stays = bool(draining or outlasting)
    patch = {} if stays else _differences(app, wanted)
    if planned is not None and patch:
        intended = {field: value for field, value in wanted.items() if field in planned.baseline}
        planned = _with_written(planned, intended, now)
    return Change(
        app_definition=app,
        outcome="draining" if stays else ("changed" if patch or planned != before else "unchanged"),
        patch=patch,
        ledger_before=before,
        ledger_during=planned,
        ledger_after=planned,
        effect=_effect(app, pool, patch) if eager else NO_EFFECT,
        draining=draining,
        outlasting=outlasting,
        note=note,
    )


def _wanted_for_good(app: AppDefinitionRow, pool: Pool | None, entry: Entry | None, desired: Desired) -> Values:
    """The values that a caller states outside of any exam; nothing in the ledger may be in their way."""
    if entry is not None:
        raise Refused(
            f"{app.name} has entries in the capacity ledger ({_holders(entry)}), and a change outside of them "
            "would be undone or get in their way; name a hold, or end them first with state=baseline"
        )
    wanted: Values = dict(desired.values)
    if desired.warm is not None:
        total = smallest_total(desired.warm, pool or NO_POOL)
        if total > (app.values["min_instances"] or 0):
            wanted["min_instances"] = total
    return wanted


def plan_baseline(
    app: AppDefinitionRow,
    pool: Pool,
    entry: Entry | None,
    terms: HoldTerms,
    *,
    now: str,
    eager: bool = True,
    sessions: t.Sequence[LiveSession] = (),
) -> Change:
    """Plan the end of one hold, or of all: back to the baseline once no hold is open and every claim allows it."""
    before = entry
    entry, note = _same_app_definition(app, entry)
    unchanged = _left_alone(app, before, entry, "void" if note else "unchanged", note)
    if entry is None:
        return unchanged
    ended = entry._replace(
        holds={n: h._replace(ended=h.ended or terms.hold in (None, n)) for n, h in entry.holds.items()}
    )
    if ended.open_holds:
        return _still_held(app, pool, ended, terms, unchanged, now=now, eager=eager)
    if terms.drift == "refuse" and (drift := drifted(app, ended)):
        return unchanged._replace(outcome="drift", note=tell_drift(app, ended, drift))
    ended, _unused = _settle_drift(app, ended, terms, now)
    wanted = ended.desired()
    _check_way(app, wanted, terms)
    if clash := _clash(app, wanted):
        # That of one app definition is no reason to leave the others as the exam wanted them.
        remedy = "another client raised it: lower it in the app definition itself, then run this again"
        return unchanged._replace(outcome="failed", note=f"{clash}; {remedy}")
    draining, outlasting = claims_in_the_way(app, pool, wanted), outlasting_sessions(app, sessions, wanted)
    stays = bool(draining or outlasting)
    patch = _differences(app, wanted)
    if stays:
        ended = ended._replace(draining_since=ended.draining_since or now)
        patch = narrowing(app, pool, ended, terms.drain_min_freed)
    if stays and patch:
        ended = _with_written(ended, patch, now)._replace(narrowed=True)
    return Change(
        app_definition=app,
        outcome="draining" if stays else "changed",
        patch=patch,
        ledger_before=before,
        ledger_during=ended,
        ledger_after=ended if stays else None,
        effect=_effect(app, pool, patch) if eager else NO_EFFECT,
        draining=draining,
        outlasting=outlasting,
        note="",
    )


def _still_held(
    app: AppDefinitionRow, pool: Pool, entry: Entry, terms: HoldTerms, unchanged: Change, *, now: str, eager: bool
) -> Change:
    """Plan the end of a hold beside others: the values stay, and are raised if a run before this one left them lower.

    Two runs can cross: one lowers the bound for an exam that ends while another one opens a hold that needs nothing on
    top of what it still sees. Nobody but the run that lowered learns of both.
    """
    wanted = entry.desired()
    patch = {} if drifted(app, entry) else _differences(app, wanted)
    _check_way(app, patch, terms)
    if patch:
        entry = _with_written(entry, wanted, now)
    return unchanged._replace(
        outcome="changed" if patch or entry != unchanged.ledger_before else "unchanged",
        patch=patch,
        ledger_during=entry,
        ledger_after=entry,
        effect=_effect(app, pool, patch) if eager else NO_EFFECT,
        note=f"still held by {', '.join(sorted(entry.open_holds))}",
    )


def _with_hold(app: AppDefinitionRow, pool: Pool, entry: Entry | None, desired: Desired, terms: HoldTerms) -> Entry:
    """Write down what this exam adds. It is decided once: students who claim instances later never change it."""
    exam = t.cast(str, terms.hold)
    entry = entry or Entry(app.uid, {}, {}, (), None)
    known = entry.open_holds.get(exam)
    desired = desired.beside(known.asked if known else {})
    if known and known.asked == desired.asked:
        held = known._replace(until=terms.until or known.until)
        return entry._replace(holds={**entry.holds, exam: held}, draining_since=None)
    others = {name: hold for name, hold in entry.holds.items() if name != exam}
    need = {field: desired.asked.get(field) for field in ("warm", "min_instances")}
    floor = entry.baseline.get("min_instances", app.values["min_instances"]) or 0
    floor += sum(hold.add for hold in others.values())
    total = desired.values.get("min_instances", 0)
    if desired.warm is not None:
        free = desired.warm + sum(hold.asked.get("warm") or 0 for hold in others.values() if not hold.ended)
        total = smallest_total(free, pool)
    add = max(0, total - floor)
    if known and need == {field: known.asked.get(field) for field in need}:
        # Only its limits are stated anew. Those who sit the exam by now must not be counted on top.
        add = known.add
    hold = Hold(asked=desired.asked, add=add, until=terms.until, ended=False)
    touched = ["min_instances"] if hold.add else []
    touched += [f for f, v in hold.limits.items() if more_generous(f, app.values[f], v) != app.values[f]]
    return entry._replace(
        baseline={**{field: app.values[field] for field in touched}, **entry.baseline},
        holds={**others, exam: hold},
        draining_since=None,
    )


def _left_alone(
    app: AppDefinitionRow, before: Entry | None, entry: Entry | None, outcome: Outcome, note: str
) -> Change:
    return Change(app, outcome, {}, before, entry, entry, NO_EFFECT, (), (), note)


def _with_written(entry: Entry, values: Values, now: str) -> Entry:
    if values in entry.written:
        return entry
    return entry._replace(written=(*entry.written, values), written_at=now)


def _settle_drift(app: AppDefinitionRow, entry: Entry, terms: HoldTerms, now: str) -> tuple[Entry, str]:
    """Deal with values that another client wrote: refuse, go on from the ledger, or take them into the baseline."""
    drift = drifted(app, entry)
    if terms.drift == "refuse" and drift:
        raise Refused(tell_drift(app, entry, drift))
    if terms.drift == "adopt" and drift:
        return adopted(app, entry, drift), ""
    theirs = [each for each in deviations(app, entry) if each.by_another_client]
    if terms.drift != "repair_once" or not theirs:
        return entry, ""
    repaired = {**entry.repaired, **{each.client: now for each in theirs}}
    return entry._replace(repaired=repaired, written_at=now), tell_repair(app.name, theirs)


def _same_app_definition(app: AppDefinitionRow, entry: Entry | None) -> tuple[Entry | None, str]:
    if entry is None or entry.uid == app.uid:
        return entry, ""
    return None, (
        f"{app.name} is gone, or was created anew, since the ledger was written: the recorded baseline "
        f"{entry.baseline} and the holds of {_holders(entry)} belonged to another object and are void"
    )


def _is_finished(app: AppDefinitionRow, entry: Entry) -> bool:
    """Whether only the removal of the entry is missing: the run that restored the baseline was killed before it."""
    return not entry.open_holds and not _differences(app, entry.baseline)


def _check(app: AppDefinitionRow, pool: Pool | None, wanted: Values, terms: HoldTerms) -> None:
    """Refuse what the platform, or the way to it, would refuse or not understand, and what nobody can answer for."""
    if lowered := lowered_unseen(app, pool, wanted):
        raise Refused(
            f"{', '.join(lowered)} of {app.name} would be lowered, and which sessions that would hurt is not known "
            "without access to the cluster; do it with cluster credentials, without unchecked"
        )
    if "inactive_minutes" in wanted and app.values["inactive_minutes"] is None:
        raise Refused(f"{app.name} has no activity tracker, so that nothing would obey inactive_minutes; leave it out")
    if clash := _clash(app, wanted):
        low, high = _bounds(app, wanted)
        remedy = f"state max_instances of at least {low} in the same task, or ask for fewer instances"
        if high is not None and high < 0:
            remedy = "unlimited leaves no room for instances: set a maximum for good first, in a task without a hold"
        raise Refused(f"{clash}; {remedy}")
    _check_way(app, wanted, terms)


def _bounds(app: AppDefinitionRow, wanted: Values) -> tuple[int, int | None]:
    values = {**app.values, **wanted}
    return values["min_instances"] or 0, values["max_instances"]


def _clash(app: AppDefinitionRow, wanted: Values) -> str | None:
    """Why the platform would refuse these bounds, if it would and they are not what is there already."""
    low, high = _bounds(app, wanted)
    if high is None or low <= high or not _differences(app, wanted):
        return None
    return f"{app.name} would have min_instances={low} above max_instances={high}, which the platform refuses"


def _check_way(app: AppDefinitionRow, wanted: Values, terms: HoldTerms) -> None:
    beyond = [
        f"{field}={'absent' if value is None else value}"
        for field, value in sorted(_differences(app, wanted).items())
        if field not in SERVICE_FIELDS or value is None or value < 0
    ]
    if terms.api == "service" and beyond:
        raise Refused(
            f"{', '.join(beyond)} for {app.name}: the REST service only changes min_instances and max_instances, "
            "cannot remove one, and takes no negative ones; use api=kubernetes for this task"
        )


def _lazy_text(app: AppDefinitionRow) -> str:
    return (
        f"{app.name} cannot be warmed: the operator runs without --eagerStart, so it keeps no pool and ignores "
        "min_instances; add that argument to its Deployment, or do without warm instances"
    )


def _differences(app: AppDefinitionRow, wanted: Values) -> Values:
    return {field: value for field, value in wanted.items() if app.values[field] != value}


def _effect(app: AppDefinitionRow, pool: Pool | None, patch: Values) -> Effect:
    """Any changed field rebuilds the free instances, the number of them or not."""
    if not patch or pool is None:
        return NO_EFFECT
    return effect(pool, patch.get("min_instances", app.values["min_instances"]) or 0)


def _holders(entry: Entry) -> str:
    return ", ".join(f"{exam}{' (ended)' if hold.ended else ''}" for exam, hold in sorted(entry.holds.items()))
