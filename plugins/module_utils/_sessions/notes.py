# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster noted about a session: events, conditions and CPU limit of its pod, lines of the operator's log."""

from __future__ import annotations

import re
import typing as t

from .._common.plain import plain
from .._common.quantities import millicores
from .._common.redact import scrub_text

Object = t.Mapping[str, t.Any]


class EventRow(t.NamedTuple):
    about: str
    """The uid of the object that it is about."""
    object: str
    type: str
    reason: str
    message: str
    times: int
    last_seen: str

    def describe(self, secrets: t.Collection[str]) -> dict[str, t.Any]:
        told = scrub_text(self.message, secrets)
        return {**self._asdict(), "message": told}


class PodNotes(t.NamedTuple):
    conditions: tuple[dict[str, t.Any], ...] = ()
    cpu_limits: t.Mapping[str, int | None] = {}
    """By container, in millicores."""


def event_row(obj: Object) -> EventRow | None:
    """Both generations of events occur: times and counts are in one place or the other."""
    about = obj.get("involvedObject") or {}
    series = obj.get("series") or {}
    times = (series.get("lastObservedTime"), obj.get("lastTimestamp"), obj.get("eventTime"))
    if not about.get("uid"):
        return None
    return EventRow(
        about=about["uid"],
        object=f"{about.get('kind')}/{about.get('name')}",
        type=str(obj.get("type") or ""),
        reason=str(obj.get("reason") or ""),
        message=str(obj.get("message") or ""),
        times=int(series.get("count") or obj.get("count") or 1),
        last_seen=str(next((time for time in times if time), obj["metadata"].get("creationTimestamp") or "")),
    )


def recent(events: t.Iterable[EventRow], about: t.Collection[str], limit: int) -> list[EventRow]:
    """The last events about these objects, the latest last."""
    own = sorted((event for event in events if event.about in about), key=lambda event: event.last_seen)
    return own[-limit:]


def pod_notes(pod: Object | None, secrets: t.Collection[str]) -> PodNotes:
    if pod is None:
        return PodNotes()
    conditions = tuple(
        {
            "type": condition["type"],
            "status": condition["status"],
            "reason": condition.get("reason") or None,
            "message": scrub_text(condition["message"], secrets) if condition.get("message") else None,
            "since": condition.get("lastTransitionTime"),
        }
        for condition in (pod.get("status") or {}).get("conditions") or []
    )
    containers = (pod.get("spec") or {}).get("containers") or []
    limits = {c["name"]: ((c.get("resources") or {}).get("limits") or {}).get("cpu") for c in containers}
    return PodNotes(conditions, {name: millicores(limit) for name, limit in limits.items()})


# The operator writes "time [thread] LEVEL class - [correlation] text"; other programs write as they like.
# A thread has no bracket in its name, so that no text is gone over more than once.
_HEAD = re.compile(r"\[[^\[\]]*\] (TRACE|DEBUG|INFO|WARN|ERROR) +\S+ - \[([^\]]*)\]")
_HEAD_LENGTH = 1000
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHATTER = ("TRACE", "DEBUG")


def lines_about(lines: t.Iterable[str], words: t.Collection[str], limit: int, secrets: t.Collection[str]) -> list[str]:
    """The last lines that have one of the words in them, without secrets and control characters.

    What the operator says while it handles something has one correlation id, and only some of it names the session. At
    its lowest levels it writes whole objects, secrets among them, over many lines: none of these is shown.
    """
    said = list(_above_chatter(lines))
    named = [(line, correlation) for line, correlation in said if any(word in line for word in words)]
    followed = {*words, *(correlation for _line, correlation in named if _ID.fullmatch(correlation))}
    found = [line for line, correlation in said if correlation in followed or any(word in line for word in words)]
    shown = [scrub_text(line, secrets) for line in found[-limit:]] if limit else []
    return [plain(line) for line in shown]


def correlation_ids(text: str | None) -> list[str]:
    """By which an error message says where in the log to look."""
    return _ID.findall(text or "") if "correlationid" in (text or "").casefold() else []


def _above_chatter(lines: t.Iterable[str]) -> t.Iterator[tuple[str, str]]:
    """Each line with its correlation id; a line without a head belongs to the one before it."""
    level = correlation = ""
    for line in lines:
        if head := _HEAD.search(line, 0, _HEAD_LENGTH):
            level, correlation = head[1], head[2]
        if level not in _CHATTER:
            yield line, correlation
