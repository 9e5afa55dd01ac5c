# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a snapshot tells of the course of exams: their records, and when sessions began and had a URL."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._common.timestamps import format_time, parse_time
from .._exams.record import describe, read_history, read_record
from .._platform.records import Malformed
from .._sessions.filter import Selection
from .._sessions.summary import choose

if t.TYPE_CHECKING:
    from .._platform.lists import Snapshot
    from .._platform.rows import SessionRow
    from .._platform.workloads import PodRow
    from .._sessions.record import AssessedSession
    from .._sessions.view import SessionView

# The platform makes an activity of the start itself; what is later and as old as the status is a report of activity.
_STARTING = timedelta(seconds=5)
_SAME_WRITE = timedelta(seconds=2)


def describe_exams(snapshot: Snapshot) -> list[dict[str, t.Any]] | None:
    """The exams on record with their history; None if they could not be listed. One that is broken is left out."""
    if snapshot.lists.exams is None:
        return None
    found = []
    for config_map in snapshot.lists.exams:
        try:
            found.append({**describe(read_record(config_map)), "history": read_history(config_map)})
        except Malformed:
            # The part of the sessions warns of it.
            continue
    return sorted(found, key=lambda exam: (exam["start"], exam["name"]))


def describe_logins(view: SessionView) -> list[dict[str, t.Any]]:
    """Every session without its names: when it began, how it started, and between which times it had a URL first."""
    sessions, _waiting = choose(view, Selection(), "created")
    pods = {pod.name: pod for pod in view.sources.pods or ()}
    return [
        {
            "uid": each.row.uid,
            "app_definition": each.row.app_definition,
            "created": each.row.created,
            "start": each.record["start"],
            "url_by": url_by(each.row),
            "ready_at": _ready_at(each, pods),
        }
        for each in sessions
        # A canary is no student.
        if each.row.canary is None
    ]


def _ready_at(session: AssessedSession, pods: t.Mapping[str, PodRow]) -> str | None:
    """When its pod became ready for the first time; None if it is not, or was started again.

    Of a session without a URL it is not told: a pod that its student cannot reach is of no use.
    """
    pod = pods.get(session.record["pod"]["name"]) if session.record["pod"] and session.row.url else None
    if pod is None or not pod.ready or any(container.restarts for container in pod.containers):
        return None
    return pod.ready_changed


def url_by(session: SessionRow) -> str | None:
    """When its status was last written, at which it had its URL at the latest; None if that says nothing of the URL.

    The operator leaves no other time. Once activity is reported the status is written again and again.
    """
    written, created = parse_time(session.status_written), parse_time(session.created)
    if not session.url or written is None or created is None:
        return None
    active_after = timedelta(milliseconds=session.last_activity) - timedelta(seconds=created.timestamp())
    if active_after > _STARTING and abs(created + active_after - written) <= _SAME_WRITE:
        return None
    return format_time(max(written, created))
