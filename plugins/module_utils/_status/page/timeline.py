# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The course of an exam, from its declaration to the day after: what records, runs and sessions tell of it."""

from __future__ import annotations

import collections
import typing as t
from datetime import datetime, timedelta

from ..._common.sentences import counted
from ..._common.timestamps import format_time, parse_time
from .promise import Login

Fields = t.Mapping[str, t.Any]
Event = dict[str, str]

_PLANNED = (("start", "the exam starts"), ("end", "the exam ends"), ("shield_until", "the last minute to submit"))
_ACTIONS = {
    "declared": "exam declared",
    "changed": "declaration changed",
    "extended": "exam extended",
    "reopened": "exam declared anew",
    "closed": "exam closed",
    "closed_early": "exam closed early",
    "withdrawn": "exam withdrawn",
    "shield_exit": "session taken out of the exam",
}


def timeline_of(
    exam: Fields | None, runs: t.Sequence[Fields], logins: t.Sequence[Login], capacity: Fields
) -> list[Event]:
    """Events in the order of their times; what lies in the future is the plan."""
    if exam is None:
        events = [event for run in runs if not run["check"] for event in _of_run(run)]
    else:
        own = [run for run in runs if not run["check"] and run["exam"] in (exam["name"], None)]
        events = [*_of_record(exam), *(event for run in own for event in _of_run(run)), *_of_logins(logins)]
        events += _draining(exam, capacity)
    return sorted(events, key=lambda event: event["at"])


def _event(at: str, what: str, detail: str = "") -> Event:
    return {"at": at, "what": what, "detail": detail}


def _of_record(exam: Fields) -> t.Iterator[Event]:
    for field, what in _PLANNED:
        yield _event(exam[field], what)
    for entry in exam["history"] or ():
        yield _event(entry["at"], _ACTIONS.get(entry["action"], entry["action"]), entry.get("reason") or "")


def _of_run(run: Fields) -> t.Iterator[Event]:
    moved = ", ".join(f"{name}: min {before} → {after}" for name, (before, after) in run["bounds"].items())
    patched = run["patched_by"] or run["at"]
    if moved:
        raised = run["playbook"] == "pre_exam"
        yield _event(patched, "bounds raised" if raised else "bounds lowered", moved)
    if run["warm_seconds"] is not None:
        yield _event(_later(patched, run["warm_seconds"]), "everything warm", f"after {run['warm_seconds']:.0f} s")
    if run["draining"]:
        yield _event(run["at"], "draining", f"{counted(run['draining'], 'session')} still in")
    if run["stopped"]:
        yield _event(run["at"], f"{run['playbook']}: {counted(run['stopped'], 'session')} stopped")
    if run["failure"]:
        yield _event(run["at"], f"{run['playbook']} failed", run["failure"])


def _later(text: str, seconds: float) -> str:
    return format_time(t.cast(datetime, parse_time(text)) + timedelta(seconds=seconds))


def _of_logins(logins: t.Sequence[Login]) -> t.Iterator[Event]:
    if not logins:
        return
    minutes = collections.Counter(login.created.replace(second=0, microsecond=0) for login in logins)
    busiest, most = max(minutes.items(), key=lambda item: item[1])
    yield _event(format_time(logins[0].created), "first login")
    yield _event(format_time(busiest), "busiest minute", counted(most, "login"))
    yield _event(format_time(logins[-1].created), "last login", f"{counted(len(logins), 'login')} seen in all")


def _draining(exam: Fields, capacity: Fields) -> t.Iterator[Event]:
    names = {item["name"] for item in exam["app_definitions"]}
    for item in capacity["app_definitions"]:
        if item["name"] in names and item["ledger"] and item["ledger"]["draining_since"]:
            yield _event(item["ledger"]["draining_since"], "draining", f"{item['name']} waits for its last sessions")
