# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out repairs: address lists at once, everything else while the pool is quiet and an operator leads."""

from __future__ import annotations

import typing as t

from .._common.errors import Conflict, EduideError
from .._kubernetes.kinds import APP_DEFINITION
from .._platform.leader import leads
from .care import quiet
from .lockout import refusal, seat_of, seats
from .look import look_at
from .plan import Refused
from .readmit import fill_list, refresh_pods, watch_lists
from .repair import Repair, plan_repairs
from .settle import carry_out, make_whole
from .view import CapacityView, pick

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.operator import Operator
    from .execute import Execution
    from .job import Job
    from .quiet import PoolObjects

Planned: t.TypeAlias = "dict[str, tuple[PoolObjects, list[Repair]]]"
"""By app definition, its pool and what is to be repaired in it."""
Outcome = t.Literal["repaired", "kept_claimed", "late", "refused", "failed"]


class Repaired(t.NamedTuple):
    """What became of one repair."""

    app_definition: str
    repair: Repair
    outcome: Outcome
    note: str = ""

    @property
    def problem(self) -> str | None:
        """Why the task fails because of it, if it does. Who is on the instance is no reason: that ends."""
        return None if self.outcome in ("repaired", "kept_claimed") else self.text

    @property
    def text(self) -> str:
        return f"{self.app_definition}: instance {self.repair.instance_id}: {self.note}"


def repair_pools(gateway: Gateway, job: Job, done: Execution, *, check_mode: bool) -> tuple[list[Repaired], list[str]]:
    """Mend the pools of the app definitions of the task; what became of each instance, and what went wrong."""
    operator = done.snapshot.operator
    # Where there are no pools, nobody is locked out of one.
    if not job.repair or (job.repair == ("address_lists",) and not (operator and operator.eager)):
        return [], []
    names = _to_mend(done.snapshot, job, gateway.namespace)
    repaired: list[Repaired] = []
    interrupted: list[str] = []
    try:
        mending = _Mending(gateway, job, operator)
        for part in mending.foresee(names) if check_mode else mending.run(names):
            repaired += part
    except EduideError as exc:
        if not (done.sent or repaired):
            raise
        # What was changed before has to be told all the same.
        interrupted = [exc.advice]
    return repaired, [*(each.problem for each in repaired if each.problem), *interrupted]


def _to_mend(snapshot: CapacityView, job: Job, namespace: str) -> list[str]:
    """The app definitions that are named, or all of them. What an exam held may be gone by now."""
    names = [*job.named] or sorted(snapshot.app_definitions)
    if job.state == "baseline":
        return [name for name in names if name in snapshot.app_definitions]
    for name in names:
        pick(snapshot, name, namespace)
    return names


def _touched(planned: Planned) -> list[str]:
    """The app definitions of which the operator has to build something."""
    return [name for name, (_pool, repairs) in planned.items() if any(repair.touches for repair in repairs)]


class _Mending:
    """The repairs of one task."""

    def __init__(self, gateway: Gateway, job: Job, operator: Operator | None) -> None:
        installation = job.installation
        if operator is None or not operator.eager:
            raise Refused(
                f"nothing can be repaired: Deployment {installation.operator_deployment!r} is not there or runs "
                "without --eagerStart, so that there are no pools"
            )
        self._gateway, self._installation, self._care, self._kinds = gateway, installation, job.care, job.repair
        self._keycloak = operator.keycloak

    def plan(self, names: t.Collection[str]) -> Planned:
        """What is to be repaired in the pools of these app definitions."""
        pools = look_at(self._gateway, names)
        return {name: (pool, plan_repairs(pool, self._kinds, keycloak=self._keycloak)) for name, pool in pools.items()}

    def foresee(self, names: t.Collection[str]) -> t.Iterator[list[Repaired]]:
        """What a run would do, and where it would end."""
        planned = self.plan(names)
        expected = [
            Repaired(name, repair, *self._expected(pool, repair))
            for name, (pool, repairs) in planned.items()
            for repair in repairs
        ]
        yield [each for each in expected if each.repair.kind == "address_lists"]
        self._require_leader(_touched(planned))
        yield [each for each in expected if each.repair.kind != "address_lists"]

    def run(self, names: t.Collection[str]) -> t.Iterator[list[Repaired]]:
        """Do it, and tell of each part when it is done. Students who are refused come first."""
        planned = self.plan(names)
        for name, (pool, repairs) in planned.items():
            yield self._fill(name, pool, repairs)
        late: t.Mapping[str, str] = {}
        if touched := _touched(planned):
            self._require_leader(touched)
            late = quiet(self._gateway, self._care, touched).late
            # What was damaged before the wait may be whole by now, and the other way round.
            planned = {**planned, **self.plan(touched)}
        for name, (pool, repairs) in planned.items():
            yield self._rebuild(name, pool, [r for r in repairs if r.kind != "address_lists"], late.get(name))

    def _require_leader(self, touched: t.Collection[str]) -> None:
        if touched and not leads(self._gateway, self._installation):
            raise Refused(
                f"no operator leads in {self._gateway.namespace!r}, so nothing would be built anew; look at the pods "
                f"of Deployment {self._installation.operator_deployment!r}"
            )

    def _expected(self, pool: PoolObjects, repair: Repair) -> tuple[Outcome, str]:
        if repair.kept:
            return "kept_claimed", _held_text(pool, repair)
        return ("refused", text) if repair.touches and (text := self._locks_out(pool)) else ("repaired", "")

    def _locks_out(self, pool: PoolObjects) -> str | None:
        """A touch rebuilds address lists of an earlier generation, also those of instances in use."""
        if not self._keycloak or self._care.lockout != "refuse":
            return None
        users = len(seats(pool, rebuilt_by="touch"))
        return refusal(pool.app.name, users) if users else None

    def _fill(self, name: str, pool: PoolObjects, repairs: t.Sequence[Repair]) -> list[Repaired]:
        done, filled = [], []
        for repair in repairs:
            seat = seat_of(pool, repair.instance_id) if repair.kind == "address_lists" else None
            if seat is None:
                continue
            try:
                there = fill_list(self._gateway, seat, pool.instances[repair.instance_id].own["address list"])
            except Conflict:
                done.append(Repaired(name, repair, "failed", "its address list changed meanwhile; run the task again"))
            except EduideError as exc:
                done.append(Repaired(name, repair, "failed", exc.advice))
            else:
                filled += [seat] if there else []
                done.append(Repaired(name, repair, "repaired", "" if there else "its session ended meanwhile"))
        note = refresh_pods(self._gateway, filled)
        return [each._replace(note=each.note or note) for each in done]

    def _rebuild(self, name: str, pool: PoolObjects, repairs: t.Sequence[Repair], late: str | None) -> list[Repaired]:
        kept = [Repaired(name, r, "kept_claimed", _held_text(pool, r)) for r in repairs if r.kept]
        open_repairs = [repair for repair in repairs if repair.touches]
        if not open_repairs:
            return kept
        if late:
            text = f"sessions are being released ({late}), which a repair must not meet; run the task again later"
            return [*kept, *(Repaired(name, repair, "late", text) for repair in open_repairs)]
        if locks_out := self._locks_out(pool):
            return [*kept, *(Repaired(name, repair, "refused", locks_out) for repair in open_repairs)]
        at_risk = seats(pool, rebuilt_by="touch") if self._keycloak and self._care.lockout == "repair" else []
        wrong = carry_out(self._gateway, pool, open_repairs)
        patience = self._care.quiet_wait_seconds
        if at_risk:
            generation = self._gateway.get(APP_DEFINITION, name)
            generations = {name: generation["metadata"]["generation"] if generation else 0}
            watch_lists(self._gateway, at_risk, generations, timeout_seconds=patience)
        make_whole(
            self._gateway,
            [name],
            keycloak=self._keycloak,
            timeout_seconds=patience,
            progress=self._care.progress,
        )
        left = {(r.kind, r.instance_id): r for _pool, rest in self.plan([name]).values() for r in rest}
        for repair in open_repairs:
            if repair.instance_id not in wrong and (repair.kind, repair.instance_id) in left:
                wrong[repair.instance_id] = f"still so: {left[repair.kind, repair.instance_id].evidence}"
        return [*kept, *(_outcome(name, repair, wrong.get(repair.instance_id)) for repair in open_repairs)]


def _outcome(name: str, repair: Repair, wrong: str | None) -> Repaired:
    return Repaired(name, repair, "failed", wrong) if wrong else Repaired(name, repair, "repaired")


def _held_text(pool: PoolObjects, repair: Repair) -> str:
    session = pool.sessions.get(repair.session or "")
    return f"session {session.name if session else repair.session} is on it; repair it when that has ended"
