# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of stopping: which sessions are meant, what is accepted, and within which limits."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured
from ..._safety.limits import caps_argument_spec
from ..findings import RULES
from ..options import read_selection
from .plan import OTHER_REASONS, Listed, Protection, Request, ShieldExit

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]


def stop_argument_spec() -> Spec:
    """Which sessions to act on, what is accepted, and within which limits."""
    reasons = [*OTHER_REASONS, *(code for code, rule in RULES.items() if rule.stops)]
    return {
        "sessions": {"type": "list", "elements": "dict"},
        "discard_data": {"type": "list", "elements": "str", "choices": reasons, "default": []},
        "only_dead": {"type": "bool", "default": False},
        "without_operator": {"type": "bool", "default": False},
        "protect": {
            "type": "dict",
            "default": {},
            "options": {name: {"type": "list", "elements": "str"} for name in Protection._fields},
        },
        "shield_exit": {
            "type": "dict",
            "options": {name: {"type": "str", "required": True} for name in ShieldExit._fields},
        },
        "run": {"type": "str"},
        **caps_argument_spec("max_stop"),
        "concurrency": {"type": "int", "default": 16},
        "wait": {"type": "bool", "default": True},
        "wait_timeout_seconds": {"type": "int", "default": 120},
        "unchecked": {"type": "bool", "default": False},
        "progress_file": {"type": "path"},
    }


def read_protection(params: Params) -> Protection:
    return Protection(**{name: frozenset(values or ()) for name, values in params["protect"].items()})


def read_request(params: Params) -> Request:
    """The sessions to act on: records from the info module, or a selection."""
    selection = read_selection(params)
    if params["sessions"] is None:
        return Request(None, selection, params["sort_by"], params["limit"])
    if selection.states_anything or params["sort_by"] or params["limit"] is not None:
        raise Misconfigured("sessions are records of those that are meant: state no filters, order or limit beside")
    return Request(tuple(_listed(record) for record in params["sessions"]))


def _listed(record: t.Mapping[str, t.Any]) -> Listed:
    if lacking := [field for field in ("name", "uid", "findings") if record.get(field) is None]:
        raise Misconfigured(
            f"A record in sessions has no {' and no '.join(lacking)}. Give them as theia_session_info returns them: "
            "the uid says which one is meant, and the findings what has to be true of it still"
        )
    findings = record["findings"]
    if not isinstance(findings, list) or not all(isinstance(f, dict) and f.get("code") for f in findings):
        raise Misconfigured(
            f"The findings of {record['name']} in sessions are not those that theia_session_info returns: each has a "
            "code. To stop what has a finding now, use the option findings"
        )
    return Listed(str(record["name"]), str(record["uid"]), frozenset(str(finding["code"]) for finding in findings))
