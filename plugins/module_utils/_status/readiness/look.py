# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading everything that the card rests on: one snapshot, and what capacity, exams and workspaces make of it."""

from __future__ import annotations

import typing as t

from ..._capacity import view as capacity_view
from ..._capacity.verdict.task import Question, verdicts
from ..._capacity.verdict.view import PARTS as VERDICT_PARTS
from ..._common.errors import Forbidden
from ..._exams.agenda import look_ahead
from ..._platform.lists import describe_missing
from ..._platform.records import Malformed
from ..._platform.snapshot import Part, read, with_leader
from ..._workspaces import view as workspace_view
from ..._workspaces.summary import describe as describe_workspaces
from .check import Code, Facts
from .pools import RESTS_ON

if t.TYPE_CHECKING:
    from ..._capacity.view import CapacityView
    from ..._common.report import Task
    from ..._exams.calendar import Calendar
    from ..._exams.record import Recorded
    from ..._kubernetes.gateway import Gateway
    from ..._platform.lists import Snapshot
    from ..._platform.options import Installation

_PARTS: frozenset[Part] = frozenset(
    {*capacity_view.SHOWN, *VERDICT_PARTS, *workspace_view.parts_of(("objects", "collector")), "exams", "usage"}
)


def look(
    gateway: Gateway, installation: Installation, task: Task, codes: t.Collection[Code], calendar: Calendar | None
) -> Facts:
    """What takes long is looked at only where a check rests on it: the Lease of the operator, and verdicts."""
    snapshot = _read(gateway, installation)
    # What verdicts lack is among their reasons.
    missing = {part: reason for part, reason in snapshot.missing.items() if part not in VERDICT_PARTS}
    task.warn(describe_missing(missing))
    if "operator" in codes:
        snapshot = with_leader(gateway, installation, snapshot)
    ahead = look_ahead(calendar, snapshot.lists.exams or (), snapshot.now)
    capacity, trouble = _capacity(snapshot)
    facts = Facts(
        snapshot,
        capacity,
        trouble,
        **ahead._asdict(),
        broken=calendar.broken if calendar else (),
        collected=_collected(snapshot),
    )
    if capacity is None or "verdict" not in codes:
        return facts

    def ask(question: Question) -> dict[str, t.Any]:
        return verdicts(gateway, installation, snapshot, capacity, question)

    return facts._replace(
        verdicts={exam.name: ask(_question(exam))["verdict"] for exam in ahead.exams if _known(exam, capacity)},
        alone=ask(Question())["verdicts"],
    )


def _read(gateway: Gateway, installation: Installation) -> Snapshot:
    """The ledger is read before the rest, and nothing else is required."""
    try:
        return read(gateway, installation, _PARTS, ())
    except Forbidden as exc:
        snapshot = read(gateway, installation, _PARTS - {"ledger"}, ())
        return snapshot._replace(missing={**snapshot.missing, "ledger": exc.advice})


def _capacity(snapshot: Snapshot) -> tuple[CapacityView | None, str | None]:
    """Pools, if all that they rest on was read, or what is wrong with the ledger."""
    if not snapshot.missing.keys().isdisjoint(RESTS_ON):
        return None, None
    try:
        return capacity_view.view_capacity(snapshot), None
    except Malformed as exc:
        return capacity_view.view_capacity(snapshot._replace(ledger=None)), exc.advice


def _question(recorded: Recorded) -> Question:
    exam = recorded.exam
    return Question(
        participants=exam.participants,
        app_definitions=[definition.name for definition in exam.app_definitions],
        with_max_instances={each.name: each.max_instances for each in exam.app_definitions if each.max_instances},
        with_present=True,
    )


def _known(recorded: Recorded, capacity: CapacityView) -> bool:
    names = {definition.name for definition in recorded.exam.app_definitions}
    return bool(names) and names <= capacity.app_definitions.keys()


def _collected(snapshot: Snapshot) -> t.Mapping[str, t.Any] | None:
    if "workspaces" in snapshot.missing:
        return None
    described = describe_workspaces(workspace_view.view_workspaces(snapshot), limit=0)
    return t.cast("t.Mapping[str, t.Any] | None", described["garbage_collector"])
