# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of C(theia_workspace) that say what is accepted when workspaces are deleted, read in one place."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured
from ..._common.timestamps import parse_time
from ..._platform.storage import FilesOwner
from ..._safety.options import ending_argument_spec, read_safeguards
from ..._safety.targets import Request, is_names_only
from ..._sessions.stop.plan import SELECTED, StopTerms
from ..filter import WorkspaceSelection
from ..options import read_selection
from ..volumes import VolumeOption
from .plan import DeletionRequest, DeletionTerms, LiveSessions, WorkspaceRef

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]


def deletion_argument_spec() -> Spec:
    usual = DeletionTerms()
    return {
        "records": {"type": "list", "elements": "dict"},
        "live_sessions": {
            "type": "str",
            "choices": list(t.get_args(LiveSessions)),
            "default": usual.live_sessions,
        },
        "discard_data": {"type": "list", "elements": "str", "choices": [SELECTED], "default": []},
        "without_operator": {"type": "bool", "default": False},
        "volume": {"type": "str", "choices": list(t.get_args(VolumeOption)), "default": usual.volume},
        **ending_argument_spec("workspaces", "max_delete", concurrency=8),
    }


def read_deletion_terms(params: Params, only_user: str | None) -> DeletionTerms:
    return DeletionTerms(
        read_safeguards(params, "workspaces", "max_delete", only_user),
        live_sessions=params["live_sessions"],
        volume=params["volume"],
    )


def read_session_terms(params: Params, terms: DeletionTerms) -> StopTerms:
    """Sessions are stopped on the terms of the session module, within the same limits."""
    shared = terms.safeguards
    return StopTerms(
        # Names are those of workspaces here.
        shared._replace(protection=shared.protection._replace(names=frozenset())),
        discard_data=frozenset(params["discard_data"]),
        without_operator=params["without_operator"],
    )


def read_deletion_request(params: Params) -> DeletionRequest:
    """The workspaces to delete: records from the info module, or a selection."""
    selection = read_selection(params)
    if params["records"] is None:
        return Request(selection, None, params["sort_by"], params["limit"])
    if selection.states_anything or params["sort_by"] or params["limit"] is not None:
        raise Misconfigured("records says which workspaces are meant: state no filters, order or limit beside it")
    return Request(selection, tuple(_workspace_ref(record) for record in params["records"]))


def read_unchecked_request(params: Params) -> DeletionRequest:
    """The workspaces to delete through the service alone: those of these names, whoever else is stated.

    The service acts for one user only.
    """
    request = read_deletion_request(params)
    touches_more = params["volume"] != "follow" or params["live_sessions"] != "refuse"
    if params["api"] != "service" or not is_names_only(request) or touches_more:
        raise Misconfigured(
            "unchecked is for api=service with names, and neither touches sessions nor volumes: without the cluster "
            "nothing else can be told apart"
        )
    return request._replace(selection=WorkspaceSelection(names=request.selection.names))


def _workspace_ref(record: t.Mapping[str, t.Any]) -> WorkspaceRef:
    needed = ("name", "uid", "user", "app_definition")
    if lacking := [field for field in needed if record.get(field) is None]:
        raise Misconfigured(
            f"a record has no {' and no '.join(lacking)}; give them as theia_workspace_info returns "
            "them: the uid says which one is meant"
        )
    try:
        last_seen = parse_time(record.get("last_seen"))
    except (TypeError, ValueError) as exc:
        raise Misconfigured(f"the last_seen of the record of {record['name']} is not a time: {exc}") from exc
    return WorkspaceRef(
        FilesOwner(**{field: str(record[field]) for field in needed}, label=record.get("label")),
        last_seen,
        _name_of(record.get("claim")),
        _name_of(record.get("volume")),
    )


def _name_of(thing: str | t.Mapping[str, t.Any] | None) -> str | None:
    """Of a claim or volume: the info module describes it, and the result of a deletion has its name."""
    return thing.get("name") if isinstance(thing, t.Mapping) else thing
