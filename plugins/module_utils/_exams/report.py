# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said about a run that made an installation what its exams want."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._common.sentences import counted
from .._common.timestamps import parse_time

Fields = t.Mapping[str, t.Any]


def convergence_report(agenda: Fields, results: t.Mapping[str, t.Sequence[Fields]]) -> list[str]:
    """The steps and why, which of them another run had done by then, and when something is to be done next."""
    lines = [f"{step['do']:<8} {step['exam']}: {step['why']}" for step in agenda["steps"]]
    done_before = [f"{step['do']} {step['exam']}" for step in agenda["steps"] if _was_done(step, results)]
    if done_before:
        lines.append(f"Another run did {counted(len(done_before), 'step')} of these first: {', '.join(done_before)}.")
    lines += [f"closed   {told}" for told in agenda["closed_early"]]
    if not lines:
        wrong = agenda["problems"] or agenda["fights"]
        rest = "Nothing else is to be done; what is wrong is said below."
        lines.append(rest if wrong else "Everything is as it should be.")
    if agenda["next_change_text"]:
        lines.append(f"Something is to be done next at {agenda['next_change_text']}.")
    return lines


def convergence_notices(agenda: Fields, results: t.Mapping[str, t.Sequence[Fields]]) -> list[Fields]:
    """What people may want to be told of a run, by moment; users apart, since not everybody is told their names."""
    fights = [_notice("drift", "", fight) for fight in agenda["fights"]]
    repaired = [
        _notice("drift", s["exam"], f"{s['why']}; it is put right") for s in agenda["steps"] if s["do"] == "repair"
    ]
    warmed, cooled = results.get("warm", ()), results.get("cool", ())
    late = [_not_warm(result) for result in warmed if _is_late(result["item"], agenda["seen_at"])]
    draining = [_draining(result) for result in cooled]
    closed = [r["item"] for r in results.get("close", ()) if r.get("changed")]
    ended = [_notice("closed", name, f"{name} is over and closed") for name in closed]
    return [notice for notice in (*fights, *repaired, *late, *draining, *ended) if notice]


def _notice(moment: str, exam: str, text: str, users: t.Sequence[str] = ()) -> Fields:
    return {"moment": moment, "exam": exam, "text": text, "users": list(users)}


def _is_late(exam: Fields, seen_at: str) -> bool:
    """Whether half of the lead has gone by, and the exam has not begun."""
    start, now = parse_time(exam["start"]), parse_time(seen_at)
    return bool(start and now and start - timedelta(minutes=exam["lead_minutes"]) / 2 <= now < start)


def _not_warm(result: Fields) -> Fields | None:
    pools = {item["name"]: item["pool"] for item in result.get("app_definitions", ()) if item["pool"]}
    told = [
        f"{name} has {pool['warm']} warm and {pool['cold']} cold instances"
        for name, pool in pools.items()
        if pool["cold"]
    ]
    if not told:
        return None
    exam = result["item"]
    return _notice("not_warm", exam["name"], f"{exam['name']} starts at {exam['start']}, and {', '.join(told)}")


def _draining(result: Fields) -> Fields | None:
    left = [session for item in result.get("app_definitions", ()) for session in item["draining"]]
    if not left:
        return None
    text = f"{result['item']} is over; still in: {counted(len(left), 'session')}"
    return _notice("draining", result["item"], text, [session["user"] for session in left if session["user"]])


def _was_done(step: Fields, results: t.Mapping[str, t.Sequence[Fields]]) -> bool:
    """Whether a step found nothing to do any more, although it was due when the run began."""
    kind = "warm" if step["do"] in ("repair", "finish") else step["do"]
    for result in results.get(kind, ()):
        item = result["item"]
        if (item["name"] if isinstance(item, dict) else item) == step["exam"]:
            outcomes = {each["outcome"] for each in result.get("app_definitions", ())}
            return "msg" not in result and not result["changed"] and outcomes <= {"unchanged"}
    return False
