# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge of verdicts: reads what the cluster has room for, answers for C(theia_capacity_info), guards changes."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured, several
from ..._platform import snapshot as platform
from ..plan import Refused
from .carry import Cycle, refused
from .judge import judge
from .report import describe
from .view import PARTS_HERE, VerdictView

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.lists import Snapshot
    from ..._platform.options import Installation
    from ..._platform.rows import AppDefinitionRow
    from ..._platform.snapshot import Part
    from ..plan import Change
    from ..view import CapacityView

Params = t.Mapping[str, t.Any]

# What a change of the pool needs of it: whether admission lets pods in, and not where they go.
_FOR_CHANGES: tuple[Part, ...] = ("quota_rules", "limit_ranges", "pod_makers", "pods_here")


class Question(t.NamedTuple):
    """What a verdict is asked about."""

    participants: int | None = None
    """None: how many there could be."""
    participants_of: t.Mapping[str, t.Any] | None = None
    app_definitions: t.Sequence[str] = ()
    """None of them are all."""
    with_workspaces: bool = False
    with_max_instances: t.Mapping[str, int] | None = None
    with_present: bool = False


def question(params: Params) -> Question | None:
    """None if no verdict is asked for."""
    if params["participants"] is None and not params["participants_of"]:
        return None
    if (params["participants"] or 0) < 0:
        raise Misconfigured(
            f"participants={params['participants']}: it cannot be negative; use 0 to ask how many there could be"
        )
    return Question(
        params["participants"] or None,
        params["participants_of"],
        params["app_definitions"] or (),
        params["with_workspaces"],
        _numbers("with_max_instances", params["with_max_instances"] or {}),
        params["with_present"],
    )


def verdicts(
    gateway: Gateway, installation: Installation, seen: Snapshot, snapshot: CapacityView, asked: Question
) -> dict[str, t.Any]:
    """The verdict on all app definitions asked about, and on each alone."""
    demand = _demand(asked.participants_of, snapshot)
    chosen = sorted(demand or asked.app_definitions or snapshot.app_definitions)
    participants = asked.participants
    if participants is not None and asked.with_present:
        there = [row for row in seen.lists.sessions if row.app_definition in chosen and row.operator_status != "ERROR"]
        participants = max(0, participants - len(there))
    room = _with_pods(gateway, installation, seen)
    apps = {name: _raised(app, asked.with_max_instances or {}) for name, app in snapshot.app_definitions.items()}
    view = VerdictView(apps, snapshot.pools, snapshot.operator, room, seen.lists.sessions)
    candidates = [view.candidate(name, with_workspaces=asked.with_workspaces) for name in chosen]
    alone = [
        judge(
            [candidate],
            view.surroundings([candidate.name], with_workspaces=asked.with_workspaces),
            participants=demand[candidate.name] if demand else participants,
        )
        for candidate in candidates
    ]
    together = alone[0] if len(alone) == 1 else None
    if len(alone) > 1:
        around = view.surroundings(chosen, with_workspaces=asked.with_workspaces)
        together = judge(candidates, around, participants=participants, demand=demand)
    return {"verdict": describe(together) if together else None, "verdicts": [describe(each) for each in alone]}


def guard(
    gateway: Gateway, installation: Installation, snapshot: CapacityView, changes: list[Change], *, raises: bool
) -> list[Change]:
    """Stop changes that would end warm instances whose successors admission does not let in.

    What only takes back an exam is failed alone; what somebody asks for is refused as a whole.
    """
    cycling = [c for c in changes if c.patch and c.effect.starts + c.effect.rebuilds]
    if not cycling:
        return changes
    room = platform.read(gateway, installation, _FOR_CHANGES, ())
    view = VerdictView(snapshot.app_definitions, snapshot.pools, snapshot.operator, room)
    cycles = [_cycle(view, snapshot, change) for change in cycling]
    problems = refused(cycles, view.surroundings(()))
    if problems and raises:
        raise Refused(several([f"{text}; say accept=[verdict] to do it all the same" for text in problems.values()]))
    named = ((change, problems.get(change.app_definition.name)) for change in changes)
    return [change.put_off("failed", problem) if problem else change for change, problem in named]


def _cycle(view: VerdictView, snapshot: CapacityView, change: Change) -> Cycle:
    name = change.app_definition.name
    pool, candidate = snapshot.pools[name], view.candidate(name)
    ending = view.pods_of(name, [instance for instance in pool.instances if instance.free])
    return Cycle(
        name=name,
        template=candidate.instance_pod,
        keycloak=candidate.keycloak,
        **change.effect._asdict(),
        warm=pool.warm_count,
        ending=tuple(pod.template for pod in ending),
    )


def _with_pods(gateway: Gateway, installation: Installation, seen: Snapshot) -> Snapshot:
    """Without the right to see all pods of the cluster, those of the installation."""
    if seen.lists.pods_everywhere is not None:
        return seen
    here = platform.read(gateway, installation, PARTS_HERE, ())
    lists = seen.lists._replace(pods_here=here.lists.pods_here)
    return seen._replace(lists=lists, missing={**seen.missing, **here.missing})


def _raised(app: AppDefinitionRow, bounds: t.Mapping[str, int]) -> AppDefinitionRow:
    """With a larger bound; what is unlimited stays so."""
    live = app.values["max_instances"]
    if live is None or live < 0 or app.name not in bounds:
        return app
    return app._replace(values={**app.values, "max_instances": max(live, bounds[app.name])})


def _numbers(option: str, stated: t.Mapping[str, t.Any]) -> dict[str, int]:
    if odd := [name for name, number in stated.items() if not str(number).isdecimal()]:
        raise Misconfigured(f"{option}: {stated[odd[0]]!r} for {odd[0]} is none; use a whole number")
    return {name: int(number) for name, number in stated.items()}


def _demand(stated: t.Mapping[str, t.Any] | None, snapshot: CapacityView) -> dict[str, int] | None:
    """How many choose which app definition, if that is said."""
    if not stated:
        return None
    if unknown := sorted(stated.keys() - snapshot.app_definitions.keys()):
        known = ", ".join(sorted(snapshot.app_definitions)) or "none at all"
        raise Misconfigured(f"participants_of: there is no app definition {unknown[0]!r}; there are {known}")
    return _numbers("participants_of", stated)
