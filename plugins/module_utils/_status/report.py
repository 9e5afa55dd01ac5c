# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read after a look at a whole installation: a table, and what deserves attention."""

from __future__ import annotations

import typing as t

from .._capacity.report import holding
from .._common.commands import Command
from .._common.errors import several
from .._common.units import span
from .._sessions.report import in_trouble, left_by_the_operator
from .._sessions.table import session_table

Fields = t.Mapping[str, t.Any]

_ROW = "{:<24} {:>5} {:>5} {:>8} {:>9} {:>8} {:>5} {:>5} {:>6}  {}"
_HEAD = ("app definition", "min", "max", "sessions", "instances", "claimed", "warm", "cold", "dirty", "held by")
POOL_COUNTS = ("total", "claimed", "warm", "cold", "dirty")
# Percent of a quota from which on it is worth a warning.
_NEARLY_FULL = 80


def status_report(found: Fields, *, rows: int, command: Command) -> list[str]:
    """Verdicts first, then bounds and pools, quotas, warnings, and who is in trouble."""
    capacity, workspaces = found["capacity"], found["workspaces"]["summary"]
    troubled = in_trouble(found["sessions"]["sessions"])
    lines = [found["watch"]["sentence"]] if found["watch"] else []
    lines += [f"verdict: {verdict['headline']}" for verdict in capacity["verdicts"]]
    lines += _doubts(capacity["verdicts"])
    lines += [
        _ROW.format(*_HEAD),
        *(_ROW.format(*app_definition_cells(a, capacity)) for a in capacity["app_definitions"]),
    ]
    if lazy(capacity):
        lines.append(
            "The operator starts sessions one by one, and keeps no instances ready (it runs without --eagerStart)."
        )
    lines += [quota_line(quota) for quota in capacity["quotas"] or ()]
    if workspaces["total"]:
        lines.append(f"workspaces: {workspaces['total']}, {workspaces['in_use']} of them in use")
    lines += [f"warning: {warning}" for warning in status_warnings(found, rows=rows, command=command)]
    if troubled:
        remedy = command({"playbook": "investigate_session", "variables": {"sessions": troubled[0]["name"]}})
        lines.append(f"In need of attention, the worst first ({len(troubled)}):")
        lines += session_table(troubled, limit=rows).split("\n")
        lines.append(f"What to do about the first one: {remedy}")
    return lines


def _doubts(verdicts: t.Iterable[Fields]) -> list[str]:
    """Why some of them say "at least", once for all."""
    reasons = list(dict.fromkeys(reason for verdict in verdicts for reason in verdict["reasons"]))
    return [f"verdicts are not exact: {several(reasons)}"] if reasons else []


def lazy(capacity: Fields) -> bool:
    """Whether the operator keeps no pools, whatever min_instances says."""
    return capacity["operator"] is not None and not capacity["operator"]["eager"]


def app_definition_cells(item: Fields, capacity: Fields) -> list[t.Any]:
    """One row of the table of app definitions."""
    holds = ", ".join(holding(item)) if item["ledger"] else ""
    counts = ["-"] * len(POOL_COUNTS) if lazy(capacity) else [item["pool"][state] for state in POOL_COUNTS]
    # A bound that is not stated, or is no number, is None.
    return [
        str(cell)
        for cell in (item["name"], item["min_instances"], item["max_instances"], item["sessions"], *counts, holds)
    ]


def quota_line(quota: Fields) -> str:
    """How much of a quota is used."""
    share = "" if quota["percent"] is None else f" ({quota['percent']:.0f} %)"
    return f"quota {quota['quota']}: {quota['resource']} {quota['used']} of {quota['hard']}{share}"


def status_warnings(found: Fields, *, rows: int, command: Command) -> list[str]:
    """What deserves attention beside sessions in trouble, each with the object it is about."""
    capacity = found["capacity"]
    warnings = [
        f"quota {q['quota']}: {q['used']} of {q['hard']} {q['resource']} used ({q['percent']} %)"
        for q in capacity["quotas"] or ()
        if q["percent"] is not None and q["percent"] > _NEARLY_FULL
    ]
    for item in capacity["app_definitions"]:
        if back := found["ways_back"].get(item["name"]):
            warnings += _about_ledger(item, back, command(back["run"]))
        warnings += _about_pool(item, command)
        warnings += [] if lazy(capacity) else _about_parts(item, command)
    if found["use"] and found["use"]["failure"]:
        warnings.append(f"which workspaces are in use could not be noted: {found['use']['failure']}")
    return [*warnings, *_about_operator(found, rows), *_about_collector(found["workspaces"]["garbage_collector"], rows)]


def _about_parts(item: Fields, command: Command) -> t.Iterator[str]:
    """What is not as the operator should have built it."""
    name, pool = item["name"], item["pool"]
    for held, remedy in ((True, "sessions are on them, so leave them until these have ended"), (False, None)):
        if halves := [_lack(half) for half in pool["halves"] if half["held"] is held]:
            yield f"{name}: {several(halves)}: {remedy or _mend(command, name, 'halves')}"
    counts = {"of an earlier generation": pool["outdated"], "above the bound": len(pool["surplus"])}
    counts["missing"] = len(pool["missing"])
    if any(counts.values()):
        told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        yield (
            f"{name}: the pool is not what the app definition says: {told}; if that stays so: "
            f"{_mend(command, name, 'outdated')}"
        )


def _lack(half: Fields) -> str:
    return f"instance {half['instance_id']} has no {' and no '.join(half['lacks'])}"


def _mend(command: Command, name: str, kind: str) -> str:
    return command({"playbook": "repair_pools", "variables": {"app_definition": name, "repair": kind}})


def _about_pool(item: Fields, command: Command) -> t.Iterator[str]:
    name, pool = item["name"], item["pool"]
    if pool["locked_out"]:
        refuse = f"{pool['locked_out']} sessions refuse their user (403), because their address list is empty"
        yield f"{name}: {refuse}: {_mend(command, name, 'address_lists')}"
    if pool["dirty"]:
        carry = "free instances still carry an earlier user; the next student would get their files"
        yield f"{name}: {pool['dirty']} {carry}: {_mend(command, name, 'dirty')}"
    if pool["abandoned"]:
        ids = ", ".join(map(str, pool["abandoned"]))
        yield (
            f"{name}: sessions are on instances that min_instances was lowered below ({ids}); when they end, their "
            "objects may stay without an owner"
        )
    if pool["ownerless"]:
        yield f"{name}: nothing owns {', '.join(pool['ownerless'])}: {_mend(command, name, 'ownerless')}"


def _about_ledger(item: Fields, back: Fields, remedy: str) -> t.Iterator[str]:
    """What exams need and do not have any more, or have left behind; who changed it, and how it comes back."""
    exams, note = holding(item), f"; {back['note']}" if back["note"] else ""
    if not exams:
        yield f"{item['name']} is not back at its baseline, and no exam holds it any more{note}: {remedy}"
    for each in item["drift"]:
        needs = f"{', '.join(exams)} {'needs' if len(exams) == 1 else 'need'}"
        told = f"{item['name']}: {needs} {each['field']} {each['wanted']}"
        if not each["by_another_client"]:
            yield f"{told}, it is {each['live']}, and an earlier run did not get so far{note}: {remedy}"
            continue
        leave = f"have it leave {each['path']} alone (Argo CD: ignoreDifferences with RespectIgnoreDifferences=true)"
        then = f"{note}:" if note else f"; {leave}, then"
        when = each["at"] or "an unknown time"
        yield f"{told}, and it is {each['live']}, set by {each['manager']} at {when}{then} {remedy}"


def _about_operator(found: Fields, rows: int) -> t.Iterator[str]:
    operator = found["capacity"]["operator"]
    led = (operator or {}).get("led_seconds")
    since = "" if led is None else f" (the one that leads took over {span(led)} ago)"
    if event := left_by_the_operator(found["sessions"]["sessions"], rows, since):
        yield event
    if operator is None:
        yield "the operator's Deployment was not found"
    elif operator["leading"] is False:
        yield "no operator leads: nothing is started, and what is deleted now is not cleaned up"


def _about_collector(collector: Fields | None, rows: int) -> t.Iterator[str]:
    """The platform's own cleaner of workspaces, which looks at their age alone."""
    if collector is None or not (names := collector["would_delete_in_use"]):
        return
    told = ", ".join(names[:rows]) + (", …" if len(names) > rows else "")
    yield (
        f"the platform's garbage collector deletes workspaces {collector['ttl_seconds'] / 86400:.1f} days after their "
        f"creation, and {len(names)} of those it would delete are in use: {told}"
    )
