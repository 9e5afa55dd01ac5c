# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by which workspaces are chosen, shared by the workspace modules and read in one place."""

from __future__ import annotations

import typing as t

from .._common.errors import Misconfigured
from .filter import SortBy, WorkspaceSelection
from .usage.options import max_gap_argument_spec

Spec = dict[str, dict[str, t.Any]]
Params = t.Mapping[str, t.Any]

_LISTS = ("names", "uids", "users", "app_definitions")
ONE = ("name", "user", "app_definition", "label", "volume_from")
"""What describes the workspace of state=present."""
MANY = (*_LISTS, "exam", "in_use", "older_than_days", "unused_days", "sort_by", "limit", "records")
"""What chooses those of state=absent."""


def selection_argument_spec() -> Spec:
    """Which workspaces, and in what order."""
    return {
        **{name: {"type": "list", "elements": "str"} for name in _LISTS},
        "exam": {"type": "str"},
        "in_use": {"type": "bool"},
        "older_than_days": {"type": "int"},
        "unused_days": {"type": "int"},
        **max_gap_argument_spec(),
        "sort_by": {"type": "str", "choices": list(t.get_args(SortBy))},
        "limit": {"type": "int"},
    }


def check_state(params: Params) -> None:
    """Refuse options of another state: a task that ignores one of them does more than it says."""
    state = params["state"]
    others = {"absent": ONE, "present": MANY}.get(state, ONE + MANY)
    if strange := [name for name in others if params[name] is not None]:
        hint = "; say users, names or app_definitions there" if state == "absent" else ""
        raise Misconfigured(f"{' and '.join(strange)} cannot be stated with state={state}{hint}")


def read_selection(params: Params) -> WorkspaceSelection:
    """The filters of the options, checked."""
    for name in ("older_than_days", "unused_days", "limit"):
        if params[name] is not None and params[name] < 0:
            raise Misconfigured(f"the option {name} is {params[name]}; it has to be 0 or more")
    return WorkspaceSelection(
        **{name: frozenset(params[name] or ()) for name in _LISTS},
        exam=params["exam"],
        in_use=params["in_use"],
        older_than_days=params["older_than_days"],
        unused_days=params["unused_days"],
    )
