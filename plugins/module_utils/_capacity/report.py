# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read after an exam was warmed or cooled down."""

from __future__ import annotations

import typing as t

from .._common.commands import Command, stated
from .._common.sentences import counted
from .._common.timestamps import parse_time, read_zone, tell_time

Fields = t.Mapping[str, t.Any]


def warmup_report(
    result: Fields,
    *,
    exam: str,
    declared: str | None,
    verdict: str | None,
    canaries: t.Sequence[Fields],
    would: bool,
    command: Command,
    shield_until: str | None = None,
    time_zone: str | None = None,
) -> list[str]:
    """How many students get a session, what is on record, what became of each bound, and how to undo it."""
    tried = {canary["app_definition"]: canary for canary in canaries}
    # It was asked for first, and counts the pools as they were.
    before = " before the change" if any(item["before"] != item["after"] for item in result["app_definitions"]) else ""
    lines = [f"verdict{before}: {verdict}"] if verdict else []
    lines += [f"{declared}."] if declared else []
    for item in result["app_definitions"]:
        lines.append(_line(item["name"], _raised(item, would)))
        lines += [_line("", text) for text in _longer(item)]
        # The service alone knows neither pods nor pools.
        if pool := item["pool"]:
            counts = f"{pool['warm']} warm, {pool['claimed']} claimed, {pool['cold']} cold of {pool['total']} instances"
            lines.append(_line("", f"{'now ' if would else ''}{counts}"))
        if canary := tried.get(item["name"]):
            lines.append(_line("", _seen_by_canary(canary, would)))
    end = parse_time(shield_until)
    # Until then it asks for a reason.
    later = f", from {tell_time(end, read_zone(time_zone))} on" if end else ""
    return [*lines, f"Afterwards{later}: {command({'playbook': 'post_exam', 'variables': {'exam': exam}})}"]


def _raised(item: Fields, would: bool) -> str:
    before, after, pods = item["before"]["min_instances"], item["after"]["min_instances"], item["pods"]
    if item["before"] == item["after"]:
        return f"min {after}, nothing to change"
    warm = "" if item["seconds_to_warm"] is None else f", warm after {item['seconds_to_warm']:.0f} s"
    if pods is None:
        return f"min {before} -> {after}"
    start = "would start" if would else "starts" if pods["starts"] == 1 else "start"
    rebuild = "would be" if would else "is" if pods["rebuilds"] == 1 else "are"
    counts = f"{counted(pods['starts'], 'pod')} {start} anew, {pods['rebuilds']} {rebuild} rebuilt"
    return f"min {before} -> {after}, {counts}{_thrown_away(pods, would)}{warm}"


def _thrown_away(pods: Fields, would: bool) -> str:
    """Warm instances that a change rebuilds: until their successors are there, students find none."""
    if not pods["warm_lost"]:
        return ""
    if not would:
        return f" ({pods['warm_lost']} of them were warm)"
    cold = "" if pods["cold_seconds"] is None else f", and then none for about {pods['cold_seconds']} s"
    return f" ({pods['warm_lost']} of them are warm now{cold})"


def _longer(item: Fields) -> list[str]:
    """Time limits that were raised, for the length of the exam."""
    before, after = item["before"], item["after"]
    words = {"timeout_minutes": "sessions last", "inactive_minutes": "unused ones last"}
    return [
        f"{told} {after[field]} min instead of {before[field]}"
        for field, told in words.items()
        if before.get(field) != after.get(field)
    ]


def _seen_by_canary(canary: Fields, would: bool) -> str:
    if would:
        return f"a canary of {canary['user']} would be started, and stopped again"
    place = "an instance" if canary["start"] == "eager" else "a pod of its own"
    return f"canary: usable on {place}, its URL after {canary['seconds_to_url']:.1f} s, and stopped again"


def warmup_plan(result: Fields, *, exam: str, declaration: Fields, now: str) -> dict[str, t.Any]:
    """What a warm-up would do, as the agenda of all exams tells it."""
    recorded = declaration.get("exam") or {}
    steps = [{"do": "declare", "exam": exam, "why": declaration["sentence"]}] if declaration.get("action") else []
    changed = [item for item in result.get("app_definitions", ()) if item["outcome"] == "changed"]
    steps += [{"do": "warm", "exam": exam, "why": f"{item['name']}: {_raised(item, would=True)}"} for item in changed]
    return {
        "steps": steps,
        "changes": len(steps),
        "problems": [result["msg"]] if "msg" in result else [],
        "closed_early": [],
        "seen_at": now,
        # From then on the exam can be ended.
        "next_change_at": recorded.get("shield_until"),
        "next_change_text": recorded.get("shield_until"),
    }


def warmup_failure(
    result: Fields, *, untouched: bool, shield: bool, retry: Fields, undo: Fields, command: Command
) -> list[str]:
    """Why the warm-up failed and what stays in place; then the commands to go on or back."""
    failure = f"{result['msg'].strip().removesuffix('.')}."
    unchanged = result.get("applied") == "no"
    if untouched or (unchanged and not shield):
        return [f"{failure} Nothing was changed."]
    if unchanged:
        left = "No bound was changed, and the exam is on record."
    elif "app_definitions" in result:
        left = "What was changed stays in place."
    else:
        left = "It is not known whether anything was changed."
    again = command({"playbook": "pre_exam", "variables": dict(retry)})
    back = command({"playbook": "post_exam", "variables": dict(undo)})
    return [f"{failure} {left}", f"Retry: {again}", f"Undo: {back}"]


def repair_report(result: Fields, *, would: bool) -> list[str]:
    """What was damaged in pools, and what became of it."""
    items = result.get("repairs")
    if items is None:
        return ["Nothing was done."]
    lines = []
    for item in items:
        became = f"{'would be ' if would and item['outcome'] == 'repaired' else ''}{item['outcome']}"
        note = f" ({item['note']})" if item["note"] else ""
        told = f"instance {item['instance_id']}, {item['kind']}: {item['evidence']}; {became}{note}"
        lines.append(_line(item["app_definition"], told))
    return lines or ["Nothing of that is damaged."]


def cooldown_report(
    result: Fields,
    *,
    exam: str,
    declared: str | None,
    holders: t.Sequence[Fields],
    terms: Fields,
    would: bool,
    command: Command,
) -> list[str]:
    """What is on record, what became of each bound, who is still in, and how to finish then.

    The holders are the app definitions as they are, where the exam holds nothing. The terms are variables of the run:
    what it left alone is left alone by the command that finishes, too.
    """
    items = result["app_definitions"]
    lines = [f"{declared}."] if declared else []
    lines += [_line(item["name"], _lowered(item, would)) for item in items]
    if not items:
        held = [item for item in holders if item["ledger"]]
        lines.append(f"{exam} holds nothing here{' any more' if held else ', and nor does any other exam'}.")
        lines += [_line(item["name"], f"held by {', '.join(holding(item))}") for item in held]
    if draining := [session for item in items for session in item["draining"]]:
        users = ", ".join(session["user"] or "a session that is going" for session in draining)
        finish = command({"playbook": "post_exam", "variables": {"exam": exam, **stated(terms)}})
        lines.append(f"The bounds wait for {users}. To finish when they have left: {finish}")
    return lines


def _lowered(item: Fields, would: bool) -> str:
    before, after, pods = item["before"], item["after"], item["pods"]
    told = []
    if before != after:
        bound = f"min {before['min_instances']} -> {after['min_instances']}"
        if pods is not None:
            removed = f"{counted(pods['removes'], 'idle instance')} {'would be ' if would else ''}removed"
            bound = f"{bound}, {removed}, {pods['rebuilds']} rebuilt"
        told.append(bound)
    if draining := item["draining"]:
        on_instances = any(session["instance_id"] is not None for session in draining)
        stays = f"min stays {after['min_instances']}" if on_instances else _time_limits(after)
        ends = f"{counted(len(draining), 'session')} {'ends' if len(draining) == 1 else 'end'}"
        told.append(f"draining: {stays} until {ends}")
    note = f", {item['note']}" if item["note"] else ""
    return "; ".join(told) or f"min {after['min_instances']}, nothing to change{note}"


def _time_limits(after: Fields) -> str:
    """Either may be the one that waits; where activity is not measured, it often is that of inactivity."""
    limits = {field: after[field] for field in ("timeout_minutes", "inactive_minutes")}
    told = [f"{field} {minutes}" for field, minutes in limits.items() if minutes is not None]
    return f"{' and '.join(told)} {'stay' if len(told) > 1 else 'stays'}"


def holding(item: Fields) -> list[str]:
    """The exams whose hold on an app definition has not ended."""
    return [hold["exam"] for hold in item["ledger"]["holds"] if not hold["ended"]]


def _line(name: str, text: str) -> str:
    return f"{name:<24} {text}"
