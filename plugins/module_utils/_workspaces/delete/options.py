# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of C(theia_workspace) that say what is accepted when workspaces are deleted, read in one place."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured
from ..._common.timestamps import parse_time
from ..._platform.storage import Kept
from ..._safety.limits import caps_argument_spec, read_caps
from ..._sessions.stop import plan as stop_plan
from ..options import read_selection
from ..volumes import VolumeOption
from .plan import (
    Listed,
    LiveSessions,
    Protection,
    Request,
    Terms,
)

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]


def deletion_argument_spec() -> Spec:
    return {
        "workspaces": {"type": "list", "elements": "dict"},
        "live_sessions": {"type": "str", "choices": list(t.get_args(LiveSessions)), "default": Terms().live_sessions},
        "discard_data": {"type": "list", "elements": "str", "choices": [stop_plan.SELECTED], "default": []},
        "without_operator": {"type": "bool", "default": False},
        "volume": {"type": "str", "choices": list(t.get_args(VolumeOption)), "default": Terms().volume},
        "protect": {
            "type": "dict",
            "default": {},
            "options": {name: {"type": "list", "elements": "str"} for name in Protection._fields},
        },
        **caps_argument_spec("max_delete"),
        "concurrency": {"type": "int", "default": 8},
        "wait": {"type": "bool", "default": True},
        "wait_timeout_seconds": {"type": "int", "default": 120},
        "unchecked": {"type": "bool", "default": False},
        "progress_file": {"type": "path"},
    }


def read_terms(params: Params, only_user: str | None) -> Terms:
    return Terms(
        live_sessions=params["live_sessions"],
        volume=params["volume"],
        protection=Protection(**{name: frozenset(values or ()) for name, values in params["protect"].items()}),
        only_user=only_user,
        caps=read_caps(params, "max_delete"),
    )


def read_session_terms(params: Params, terms: Terms) -> stop_plan.Terms:
    """Sessions are stopped on the terms of the session module, within the same limits."""
    protection = stop_plan.Protection(app_definitions=terms.protection.app_definitions, users=terms.protection.users)
    return stop_plan.Terms(
        discard_data=frozenset(params["discard_data"]),
        without_operator=params["without_operator"],
        protection=protection,
        only_user=terms.only_user,
        caps=terms.caps,
    )


def read_request(params: Params) -> Request:
    """The workspaces to delete: records from the info module, or a selection."""
    selection = read_selection(params)
    if params["workspaces"] is None:
        return Request(None, selection, params["sort_by"], params["limit"])
    if selection.states_anything or params["sort_by"] or params["limit"] is not None:
        raise Misconfigured("workspaces are records of those that are meant: state no filters, order or limit beside")
    return Request(tuple(_listed(record) for record in params["workspaces"]))


def _listed(record: t.Mapping[str, t.Any]) -> Listed:
    needed = ("name", "uid", "user", "app_definition")
    if lacking := [field for field in needed if record.get(field) is None]:
        raise Misconfigured(
            f"A record in workspaces has no {' and no '.join(lacking)}. Give them as theia_workspace_info returns "
            "them: the uid says which one is meant"
        )
    try:
        last_seen = parse_time(record.get("last_seen"))
    except (TypeError, ValueError) as exc:
        raise Misconfigured(f"The last_seen of the record of {record['name']} is not a time: {exc}") from exc
    return Listed(
        Kept(**{field: str(record[field]) for field in needed}, label=record.get("label")),
        last_seen,
        _name_of(record.get("claim")),
        _name_of(record.get("volume")),
    )


def _name_of(thing: str | t.Mapping[str, t.Any] | None) -> str | None:
    """Of a claim or volume: the info module describes it, and the result of a deletion has its name."""
    return thing.get("name") if isinstance(thing, t.Mapping) else thing
