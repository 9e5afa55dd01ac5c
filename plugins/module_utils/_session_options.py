# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by which sessions are chosen and judged, shared by the session modules and read in one place."""

from __future__ import annotations

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._caps import caps_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._findings import RULES, State, Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._rows import MOST_MINUTES
from ansible_collections.eduide.theia.plugins.module_utils._selection import Selection, SortBy
from ansible_collections.eduide.theia.plugins.module_utils._stopping import (
    OTHER_REASONS,
    Listed,
    Protection,
    Request,
    ShieldExit,
)

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]

_LISTS = ("names", "uids", "users", "app_definitions", "workspaces", "states", "findings")


def selection_argument_spec() -> Spec:
    """Which sessions, and in what order."""
    choices = {"states": t.get_args(State), "findings": RULES}
    return {
        **{name: {"type": "list", "elements": "str"} for name in _LISTS if name not in choices},
        **{name: {"type": "list", "elements": "str", "choices": list(words)} for name, words in choices.items()},
        "exam": {"type": "str"},
        "older_than_minutes": {"type": "int"},
        "younger_than_minutes": {"type": "int"},
        "sort_by": {"type": "str", "choices": list(t.get_args(SortBy))},
        "limit": {"type": "int"},
    }


def thresholds_argument_spec() -> Spec:
    """When a state has lasted long enough to be a finding."""
    return {
        "thresholds": {
            "type": "dict",
            "default": {},
            "options": {name: {"type": "int"} for name in Thresholds._fields},
        }
    }


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


def read_selection(params: Params) -> Selection:
    for name in ("older_than_minutes", "younger_than_minutes", "limit"):
        _not_negative(name, params[name])
    return Selection(
        **{name: frozenset(params[name] or ()) for name in _LISTS},
        exam=params["exam"],
        older_than_minutes=params["older_than_minutes"],
        younger_than_minutes=params["younger_than_minutes"],
    )


def read_thresholds(params: Params) -> Thresholds:
    stated = {name: value for name, value in params["thresholds"].items() if value is not None}
    for name, value in stated.items():
        _not_negative(f"thresholds.{name}", value)
    return Thresholds(**{name: min(value, MOST_MINUTES) for name, value in stated.items()})


def read_protection(params: Params) -> Protection:
    return Protection(**{name: frozenset(values or ()) for name, values in params["protect"].items()})


def states_own_age(params: Params) -> bool:
    """Whether the caller says when a session is too old, instead of leaving it to the default that only reports."""
    return params["thresholds"].get("too_old_minutes") is not None


def _not_negative(name: str, value: int | None) -> None:
    if value is not None and value < 0:
        raise Misconfigured(f"The option {name} is {value}; it has to be 0 or more")


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
