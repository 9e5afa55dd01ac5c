# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be right about pools: whole, clean, and nobody's but the exams'."""

from __future__ import annotations

import typing as t

from ..._capacity.result import describe_drift
from ..._common.errors import several
from ..._common.sentences import counted
from ..ways_back import ways_back
from .check import Check, Facts, Rule, unknown

if t.TYPE_CHECKING:
    from ..._capacity.ledger import Entry
    from ..._capacity.view import CapacityView
    from ..._capacity.way_back import WayBack
    from ..._common.commands import Remedy
    from ..._platform.pool import Pool
    from ..._platform.rows import AppDefinitionRow

RESTS_ON = ("app_definitions", "services", "deployments", "address_lists", "sessions", "ledger")


def pools(facts: Facts) -> t.Iterator[Check]:
    capacity = facts.capacity
    if capacity is None:
        yield unknown("pools", _unseen(facts))
        return
    if capacity.operator is not None and not capacity.operator.eager:
        yield Check("pools", "go", "the operator keeps none")
        return
    fine = True
    for name, pool in sorted(capacity.pools.items()):
        for check in (*_whole(capacity.app_definitions[name], pool), *_clean(name, pool)):
            fine = False
            yield check
    if fine:
        total = sum(len(pool.instances) for pool in capacity.pools.values())
        warm = sum(pool.warm_count for pool in capacity.pools.values())
        yield Check("pools", "go", f"{counted(total, 'instance')} are whole and clean, {warm} of them warm")


def _whole(app: AppDefinitionRow, pool: Pool) -> t.Iterator[Check]:
    minimum = app.min_instances
    if halves := pool.halves(minimum):
        told = several([f"instance {half.id} has no {' and no '.join(half.lacks)}" for half in halves])
        free = not {half.id for half in halves} <= pool.claimed_ids
        remedy = None if free else "sessions are on them, so leave them until these have ended"
        run = _repair(app.name, "halves") if free else None
        yield Check("pools", "no_go", f"{app.name}: {told}", remedy, run)
    outdated = pool.outdated_count
    surplus, missing, half = pool.surplus(minimum), pool.missing(minimum), {part.id for part in pool.parts}
    if outdated or surplus or missing:
        counts = {"of an earlier generation": outdated, "above the bound": len(surplus), "missing": len(missing)}
        told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        evidence = f"{app.name}: the pool is not what the app definition says: {told}"
        yield Check("pools", "warning", evidence, "wait a minute; if that stays so:", _repair(app.name, "outdated"))
    elif cold := [number for number in pool.cold(minimum) if number not in half]:
        evidence = f"{app.name}: {len(cold)} of {minimum} instances are not warm"
        yield Check("pools", "warning", evidence, "look at their pods; pre_exam says what keeps them from starting")


def _clean(name: str, pool: Pool) -> t.Iterator[Check]:
    if dirty := [str(instance.id) for instance in pool.instances if instance.dirty]:
        evidence = f"{name}: an earlier student's files are on free instances: {several(dirty)}"
        yield Check("seats", "no_go", evidence, None, _repair(name, "dirty"))
    if locked := [str(instance.id) for instance in pool.instances if instance.locked_out]:
        evidence = (
            f"{name}: users are refused (403), for the address lists of their instances are empty: {several(locked)}"
        )
        yield Check("seats", "no_go", evidence, None, _repair(name, "address_lists"))
    if pool.abandoned:
        ids = several([str(number) for number in pool.abandoned])
        evidence = f"{name}: sessions are on instances that the bound was lowered below: {ids}"
        yield Check("seats", "warning", evidence, "let them end before the exam, and look at what they leave behind")
    if pool.ownerless:
        evidence = f"{name}: nothing owns {several(pool.ownerless)}"
        yield Check("seats", "warning", evidence, None, _repair(name, "ownerless"))


def _repair(name: str, kind: str) -> Remedy:
    return {"playbook": "repair_pools", "variables": {"app_definition": name, "repair": kind}}


def holds(facts: Facts) -> t.Iterator[Check]:
    """What exams hold, what they left behind, and what other clients made of it."""
    if facts.ledger_trouble:
        yield Check("ledger", "no_go", facts.ledger_trouble, "without it nothing is raised and nothing brought back")
        return
    if facts.capacity is None:
        yield unknown("ledger", _unseen(facts))
        return
    entries, back = facts.capacity.ledger.entries, ways_back(facts.capacity, facts.snapshot)
    fine = True
    for name, entry in sorted(entries.items()):
        for check in _entry(facts.capacity, name, entry, back.get(name)):
            fine = False
            yield check
    if fine:
        exams = facts.capacity.ledger.open_exams
        yield Check("ledger", "go", f"{', '.join(exams)} hold instances" if exams else "no exam holds anything")


def _entry(capacity: CapacityView, name: str, entry: Entry, back: WayBack | None) -> t.Iterator[Check]:
    if back is None:
        return
    if not entry.open_holds:
        evidence = f"{name} is not back at its baseline, and no exam holds it any more"
        yield Check("ledger", "warning", evidence, back.note, back.run)
        return
    app = capacity.app_definitions.get(name)
    for drift in describe_drift(app, entry) if app else ():
        exams = ", ".join(sorted(entry.open_holds))
        why, remedy = "an earlier run did not get so far", "run it again"
        if drift["by_another_client"]:
            why = f"{drift['manager']} at {drift['at'] or 'an unknown time'} wrote that"
            remedy = f"have that client leave {drift['path']} alone, and bring it back"
        evidence = f"{name}: {exams} needs {drift['field']} {drift['wanted']}, and it is {drift['live']}: {why}"
        yield Check("ledger", "no_go", evidence, back.note or remedy, back.run)


def ownership(facts: Facts) -> t.Iterator[Check]:
    """Who would put bounds back that an exam raised."""
    apps = facts.snapshot.lists.app_definitions
    if apps is None:
        yield unknown("ownership", _unseen(facts))
        return
    alike: dict[tuple[str, str], list[str]] = {}
    for app in apps:
        if app.applied_by:
            alike.setdefault((app.applied_by, str(app.writers.get("min_instances", ""))), []).append(app.name)
    contested = False
    for (tool, writer), names in sorted(alike.items()):
        if tool == "Helm":
            continue
        contested = True
        wrote = f"; {writer} wrote min_instances" if writer else ""
        evidence = f"{tool} applies {several(names)} from elsewhere{wrote}: it may put back what an exam raises"
        yield Check("ownership", "warning", evidence, _IGNORE[tool])
    if not contested:
        helm = sorted({name for (tool, _writer), names in alike.items() if tool == "Helm" for name in names})
        told = (
            f"{several(helm)} came with Helm, whose upgrades keep live bounds only if the chart looks them up"
            if helm
            else "no tool that applies app definitions from elsewhere left a mark on them"
        )
        yield Check("ownership", "go", told)


_IGNORE = {
    "Argo CD": (
        "ignoreDifferences on /spec/minInstances and /spec/maxInstances with RespectIgnoreDifferences=true; a chart "
        "that looks live values up renders its bootstrap values there, since Argo CD renders without a cluster"
    ),
    "Flux": "leave minInstances and maxInstances out of what it applies, or suspend it until the exam is over",
}


def _unseen(facts: Facts) -> str:
    return facts.unread(*RESTS_ON) or "the lists that this rests on could not be read"


RULES: tuple[Rule, ...] = (pools, holds, ownership)
