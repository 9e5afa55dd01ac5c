# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read after sessions were stopped, swept, looked into or removed: tables, and the sentences below them."""

from __future__ import annotations

import typing as t

from .._common.commands import Command, stated
from .._common.sentences import counted, outcome_counts
from .._common.units import size
from .table import session_table

Fields = t.Mapping[str, t.Any]

# What a change of the operator leaves of sessions that go on working.
_UNHARMED = "error_but_working"
_FILES = {"volume": "on a volume", "pod": "in the pod, and lost with it", "none": "none"}


def stop_report(result: Fields, *, terms: Fields, would: bool, rows: int | None, command: Command) -> list[str]:
    """What became of the sessions that were to be stopped, what is lost, and how to stop those with files in pods.

    The terms are variables of the run, which the command that goes on has to keep.
    """
    items = result.get("sessions")
    if items is None:
        return ["Nothing was done."]
    if not items:
        return ["There is no such session."]
    lines = [*_table([], items, rows), *outcome_counts(result["outcomes"], ("stopped",), would=would)]
    lines += _lost_files(result, would=would)
    unsaved = [item["name"] for item in items if item["outcome"] == "refused" and item["data_at"] == "pod"]
    if unsaved:
        variables = {"sessions": unsaved, **stated(terms), "discard_data": "named"}
        remedy = command({"playbook": "stop_sessions", "variables": variables})
        lines.append(f"The files of {len(unsaved)} are in pods and end with them. To stop these all the same: {remedy}")
    return lines


def sweep_report(
    found: Fields,
    result: Fields,
    *,
    chosen: t.Sequence[Fields],
    stopped_for: t.Sequence[str],
    not_noted: str | None,
    would: bool,
    rows: int | None,
    command: Command,
) -> list[str]:
    """Who is in trouble, what was stopped for the policy's findings, and what is only reported."""
    sessions = in_trouble(found["sessions"])
    lines = ["Nobody is in trouble."]
    if sessions:
        lines = [*_table(sessions, result.get("sessions") or [], rows)]
        lines += outcome_counts(result.get("outcomes") or {}, ("stopped",), would=would)
        lines += _lost_files(result, would=would)
    taken = {session["name"] for session in chosen}
    if reported := [session["name"] for session in sessions if session["name"] not in taken]:
        policy = f"the policy stops for {', '.join(stopped_for) or 'nothing'}"
        remedy = command({"playbook": "investigate_session", "variables": {"sessions": reported[0]}})
        lines.append(f"{len(reported)} only reported: {policy}. What to do about the first one: {remedy}")
    if event := left_by_the_operator(found["sessions"], rows):
        lines.append(f"{event}.")
    if not_noted:
        lines.append(f"Which workspaces are in use could not be noted: {not_noted}")
    if unknown := found["unknown_findings"]:
        lines.append(f"Not known of everybody, because something could not be read: {', '.join(unknown)}")
    return lines


def in_trouble(sessions: t.Sequence[Fields]) -> list[Fields]:
    """Without those that work and of which only the operator, when it changed, says something else."""
    return [session for session in sessions if _codes(session) != {_UNHARMED}]


def left_by_the_operator(sessions: t.Sequence[Fields], rows: int | None, since: str = "") -> str | None:
    """Of what a change of the operator leaves, once: it is one event, and not one for each session that it touched."""
    working = [session["name"] for session in sessions if _UNHARMED in _codes(session)]
    if not working:
        return None
    names = ", ".join(working[:rows]) + (", …" if len(working) > len(working[:rows]) else "")
    many = f"{counted(len(working), 'session')} {'works' if len(working) == 1 else 'work'}"
    event = f"as after a change of the operator{since}"
    return f"{many} although the operator says ERROR, {event}: nothing has to be done about {names}"


def _codes(session: Fields) -> set[str]:
    return {finding["code"] for finding in session.get("findings") or ()}


def investigation_report(found: Fields, *, asked: t.Sequence[str], command: Command) -> list[str]:
    """Everything known about each session: what is wrong, how to fix it, and what it rests on."""
    lines = [line for item in found["diagnoses"] for line in _investigated(item, command)]
    if not found["diagnoses"]:
        lines.append(f"There is no session {' of '.join(asked)} here.")
    if found["diagnoses"] and found["operator_leads"] is False:
        lines.append("No operator leads: nothing is started, and what is deleted now is not cleaned up.")
    unread = [f"{name.replace('_', ' ')}: {reason}" for name, reason in sorted(found["missing"].items())]
    return [*lines, *_listed("not readable", unread)]


def unlock_report(found: Fields, result: Fields, *, command: Command) -> list[str]:
    """What keeps a user from starting sessions, and what was removed."""
    live = [item for item in found["diagnoses"] if not item["dead"]]
    lines = []
    for item in found["diagnoses"]:
        if item["dead"] or item["code"]:
            remedy = f" To fix it: {command(item['remedy'])}" if item["remedy"] and not item["dead"] else ""
            lines.append(f"{item['session']['name']}: {item['sentence']}{remedy}")
    if len(live) < len(found["diagnoses"]):
        lines += _table([], result.get("sessions") or [], None)
    elif found["diagnoses"]:
        lines.append(f"This user has {counted(len(live), 'session')} and none of them is dead, so nothing was removed.")
    else:
        lines.append("This user has no session here; upper and lower case matter.")
    if found["operator_leads"] is False:
        lines.append("No operator leads, so nobody's sessions start now.")
    return [*lines, *_limit_reached(found["sessions_per_user"], live, command)]


def _limit_reached(limit: int | None, live: t.Sequence[Fields], command: Command) -> list[str]:
    if limit == 0:
        why = "the operator runs with --sessionsPerUser=0. To change that, its Deployment has to be edited."
        return [f"Nobody may have a session here: {why}"]
    if limit is None or len(live) < limit:
        return []
    remedy = command({"playbook": "stop_sessions", "variables": {"sessions": live[0]["session"]["name"]}})
    many = (
        f"{counted(len(live), 'live session')} {'are' if len(live) > 1 else 'is'} as many as a user may have ({limit})"
    )
    return [f"{many}. One has to end before another starts: {remedy}"]


def _table(records: t.Sequence[Fields], outcomes: t.Sequence[Fields], rows: int | None) -> list[str]:
    return session_table(records, outcomes=outcomes, limit=rows).split("\n")


def _lost_files(result: Fields, *, would: bool) -> t.Iterator[str]:
    lost = result.get("data_lost") or {}
    if in_pod := lost.get("pod"):
        are = "would be lost: they are" if would else "are lost: they were"
        yield f"The files of {counted(in_pod, 'session')} {are} in the pod."
    if unknown := lost.get("unknown"):
        were, are = ("are", "would be") if would else ("were", "are")
        where = f"Where the files of {counted(unknown, 'session')} {were} could not be read"
        yield f"{where}; they {are} lost unless a volume holds them."


def _investigated(item: Fields, command: Command) -> t.Iterator[str]:
    session = item["session"]
    yield f"{session['name']}: {item['sentence']}"
    if item["remedy"]:
        yield f"To fix it: {command(item['remedy'])}"
    for name, value in _facts(item):
        if value:
            yield _line(name, value)
    yield from _listed("finding", [_finding(finding) for finding in session["findings"]])
    conditions = [c for c in item["conditions"] or () if c["status"] != "True"]
    yield from _listed("condition", [_condition(condition) for condition in conditions])
    yield from _listed("events", [_event(event) for event in item["events"] or ()])
    yield from _listed("operator log", item["operator_log"] or ())


def _facts(item: Fields) -> t.Iterator[tuple[str, str | None]]:
    session = item["session"]
    pod = session["pod"]
    state = [session["state"] or "unknown", "dead" if item["dead"] else None, session["start"]]
    activity = session["last_activity"] or "never"
    yield "user", session["user"]
    yield "app definition", session["app_definition"]
    yield "state", ", ".join(word for word in state if word)
    yield "created", session["created"]
    yield "last activity", activity if session["activity_known"] else f"{activity} (says nothing about the user)"
    yield "files", _FILES.get(session["data_at"], "not known")
    yield "URL", session["url"]
    yield "kept by", ", ".join(reason for reason in (session["exam"], session["protected"]) if reason)
    if pod:
        ready = "ready" if pod["ready"] else "not ready"
        where = f"{pod['name']} on {pod['node'] or 'no node'}"
        yield "pod", f"{where}, {pod['phase'] or '-'}, {ready}, {pod['restarts']} restarts"
        yield "memory", _memory(pod)
        yield "CPU", _cpu(pod, item["cpu_percent"])


def _memory(pod: Fields) -> str:
    used = "not measured" if pod["memory_bytes"] is None else size(pod["memory_bytes"])
    limit = f" of {size(pod['memory_limit_bytes'])}" if pod["memory_limit_bytes"] else ""
    share = "" if pod["memory_percent"] is None else f" ({pod['memory_percent']} %)"
    return f"{used}{limit}{share}"


def _cpu(pod: Fields, percent: float | None) -> str:
    used = "not measured" if pod["cpu_millicores"] is None else f"{pod['cpu_millicores']}m"
    return used if percent is None else f"{used} ({percent} % of its limit)"


def _finding(finding: Fields) -> str:
    since = f" (since {finding['since']})" if finding["since"] else ""
    return f"{finding['code']}: {finding['evidence']}{since}"


def _condition(condition: Fields) -> str:
    said = ", ".join(word for word in (condition["reason"], condition["message"]) if word)
    return f"{condition['type']} is {condition['status']}: {said}"


def _event(event: Fields) -> str:
    times = f" ({event['times']} times)" if event["times"] > 1 else ""
    return f"{event['last_seen']} {event['object']} {event['reason']}{times}: {event['message']}"


def _listed(name: str, texts: t.Sequence[str]) -> list[str]:
    """The name stands before the first of them."""
    return [_line("" if number else name, text) for number, text in enumerate(texts)]


def _line(name: str, text: str) -> str:
    return f"{name:<14} {text}"
