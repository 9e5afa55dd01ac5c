# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by which sessions are chosen and assessed, shared by the session modules and read in one place."""

from __future__ import annotations

import typing as t

from .._common.errors import Misconfigured
from .._platform.rows import MOST_MINUTES
from .facts import State, Thresholds
from .filter import Selection, SortBy
from .findings import ANY, RULES

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]

_LISTS = ("names", "uids", "users", "app_definitions", "workspaces", "states", "findings")


def selection_argument_spec() -> Spec:
    """Which sessions, and in what order."""
    choices = {"states": t.get_args(State), "findings": (ANY, *RULES)}
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


def read_selection(params: Params) -> Selection:
    for name in ("older_than_minutes", "younger_than_minutes", "limit"):
        _not_negative(name, params[name])
    lists = {name: frozenset(params[name] or ()) for name in _LISTS}
    if ANY in lists["findings"]:
        lists["findings"] = frozenset(RULES)
    return Selection(
        **lists,
        exam=params["exam"],
        older_than_minutes=params["older_than_minutes"],
        younger_than_minutes=params["younger_than_minutes"],
    )


def read_thresholds(params: Params) -> Thresholds:
    stated = {name: value for name, value in params["thresholds"].items() if value is not None}
    for name, value in stated.items():
        _not_negative(f"thresholds.{name}", value)
    return Thresholds(**{name: min(value, MOST_MINUTES) for name, value in stated.items()})


def states_own_age(params: Params) -> bool:
    """Whether the caller says when a session is too old, instead of leaving it to the default that only reports."""
    return params["thresholds"].get("too_old_minutes") is not None


def _not_negative(name: str, value: int | None) -> None:
    if value is not None and value < 0:
        raise Misconfigured(f"the option {name} is {value}; it has to be 0 or more")


def check_gather(params: t.Mapping[str, t.Any]) -> None:
    if params["other_pods"] and "objects" not in params["gather"]:
        raise Misconfigured("other_pods needs the pods: add objects to gather")
