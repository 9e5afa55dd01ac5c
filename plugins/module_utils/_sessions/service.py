# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions as the REST service tells them to their own user: names, and what one of them uses. It knows no more."""

from __future__ import annotations

import collections
import typing as t

from .._common.errors import Misconfigured
from .._platform.rows import SessionRow
from .._service.client import UNTOLD_BY_SERVICE, ListedSession, Performance, connect_service
from .findings import RULES
from .options import read_selection, read_thresholds
from .record import AssessedSession, PodRecord, SessionRecord
from .summary import Summary

if t.TYPE_CHECKING:
    from .._service.client import Service

Params = t.Mapping[str, t.Any]
# What has to be read from the cluster.
UNTOLD = ("status", "findings", "pods", "workspaces", "exams")
_BY_NAME = ("names", "app_definitions", "workspaces")
_BEYOND = (
    "uids",
    "states",
    "findings",
    "exam",
    "older_than_minutes",
    "younger_than_minutes",
    "sort_by",
    "other_pods",
)


def list_sessions(params: Params) -> dict[str, t.Any]:
    """The sessions of the token's user, in the shape of a result whose other fields are unknown."""
    if beyond := [option for option in _BEYOND if params[option] not in (None, []) and params[option] is not False]:
        raise Misconfigured(f"with api=service nobody can tell {', '.join(beyond)}: {UNTOLD_BY_SERVICE}")
    # What they say is not used here, and a mistake in them is one all the same.
    read_selection(params)
    read_thresholds(params)
    service = connect_service(params)
    user = token_user(service, params)
    chosen = [session for session in service.sessions(user) if _wanted(session, params)]
    if params["performance"] and len(chosen) != 1:
        raise Misconfigured(f"performance is for one session, and {len(chosen)} are selected: name the one")
    uses = {chosen[0].name: service.performance(chosen[0].name)} if params["performance"] else {}
    records = [_record(session, uses.get(session.name)) for session in sorted(chosen)]
    return {
        "sessions": records if params["limit"] is None else records[: params["limit"]],
        "summary": {
            **dict.fromkeys(Summary.__annotations__),
            "total": len(chosen),
            "by_app_definition": dict(collections.Counter(session.app_definition for session in chosen).most_common()),
        },
        "unknown_findings": [],
        "missing": dict.fromkeys(UNTOLD, UNTOLD_BY_SERVICE),
        "seen_at": None,
    }


def assess_listed(session: ListedSession) -> AssessedSession:
    """A session of which nobody knows more than the service tells."""
    unknown: dict[str, t.Any] = dict.fromkeys(SessionRow._fields)
    row = SessionRow(**{**unknown, **session._asdict(), "uid": "", "deleting": False})
    record = _record(session, None)
    record["findings"] = []
    return AssessedSession(record, row, dead=False, ready=None, holds_slot=True, exams=(), unknown=frozenset(RULES))


def token_user(service: Service, params: Params) -> str:
    """Whose sessions: the service serves everybody only for themselves."""
    named = params["users"] or ([service.user] if service.user else [])
    if len(named) != 1:
        raise Misconfigured(
            "with api=service there is one user: that of user_token; give a token with an e-mail address"
        )
    return str(named[0])


def _wanted(session: ListedSession, params: Params) -> bool:
    values = (session.name, session.app_definition, session.workspace)
    return all(value in params[option] for option, value in zip(_BY_NAME, values, strict=True) if params[option])


def _record(session: ListedSession, uses: Performance | None) -> SessionRecord:
    record: dict[str, t.Any] = dict.fromkeys(SessionRecord.__annotations__)
    pod: dict[str, t.Any] = dict.fromkeys(PodRecord.__annotations__)
    record |= session._asdict()
    record["pod"] = {**pod, **uses._asdict()} if uses else None
    return t.cast(SessionRecord, record)
