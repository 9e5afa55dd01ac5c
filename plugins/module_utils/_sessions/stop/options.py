# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of stopping: which sessions are meant, what is accepted, and within which limits."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured
from ..._safety.options import ending_argument_spec, read_safeguards
from ..._safety.targets import Request
from ..findings import STOPPING
from ..options import read_selection, states_own_age
from .plan import OTHER_REASONS, RecordRef, ShieldExit, StopRequest, StopTerms

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]


def stop_argument_spec() -> Spec:
    """Which sessions to act on, what is accepted, and within which limits."""
    return {
        "records": {"type": "list", "elements": "dict"},
        "discard_data": {"type": "list", "elements": "str", "choices": [*OTHER_REASONS, *STOPPING], "default": []},
        "only_dead": {"type": "bool", "default": False},
        "without_operator": {"type": "bool", "default": False},
        "shield_exit": {
            "type": "dict",
            "options": {name: {"type": "str", "required": True} for name in ShieldExit._fields},
        },
        "run": {"type": "str"},
        **ending_argument_spec("sessions", "max_stop", concurrency=16),
    }


def read_stop_request(params: Params) -> StopRequest:
    """The sessions to act on: records from the info module, or a selection."""
    if stated := [name for name in ("user", "app_definition", "canary") if params[name]]:
        raise Misconfigured(
            f"{' and '.join(stated)}: only state=present takes that; choose sessions that are there by names, uids, "
            "users, app_definitions and other filters"
        )
    selection = read_selection(params)
    if params["records"] is None:
        return Request(selection, None, params["sort_by"], params["limit"])
    if selection.states_anything or params["sort_by"] or params["limit"] is not None:
        raise Misconfigured("records says which sessions are meant: state no filters, order or limit beside it")
    return Request(selection, tuple(_record_ref(record) for record in params["records"]))


def read_stop_terms(params: Params, only_user: str | None) -> StopTerms:
    way_out = params["shield_exit"]
    return StopTerms(
        read_safeguards(params, "sessions", "max_stop", only_user),
        discard_data=frozenset(params["discard_data"]),
        only_dead=params["only_dead"],
        without_operator=params["without_operator"],
        own_age=states_own_age(params),
        shield_exit=ShieldExit(**way_out) if way_out else None,
    )


def _record_ref(record: t.Mapping[str, t.Any]) -> RecordRef:
    if lacking := [field for field in ("name", "uid", "findings") if record.get(field) is None]:
        raise Misconfigured(
            f"a record has no {' and no '.join(lacking)}; give them as theia_session_info returns them: "
            "the uid says which one is meant, and the findings what has to be true of it still"
        )
    findings = record["findings"]
    if not isinstance(findings, list) or not all(isinstance(f, dict) and f.get("code") for f in findings):
        raise Misconfigured(
            f"the findings of {record['name']} in records are not those that theia_session_info returns: each has a "
            "code; to stop what has a finding now, use the option findings"
        )
    return RecordRef(str(record["name"]), str(record["uid"]), frozenset(str(finding["code"]) for finding in findings))
