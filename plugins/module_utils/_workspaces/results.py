# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what C(theia_workspace) returns, whatever it was asked to do."""

from __future__ import annotations

import collections
import typing as t

from .._common.errors import EduideError
from .._common.report import Report, differences

# What changes something.
_ACTS = ("deleted", "reclaimed", "created", "restored", "stamped")
_UNKNOWN = (
    "uid",
    "user",
    "app_definition",
    "exam",
    "claim",
    "volume",
    "deletion",
    "deletion_note",
    "ending",
    "unguarded_milliseconds",
)
_EMPTY = ("sessions", "restore", "late_sessions")


def item(**known: t.Any) -> dict[str, t.Any]:
    """One workspace; fields that are not given are not known."""
    return {**dict.fromkeys(_UNKNOWN), **{field: [] for field in _EMPTY}, **known}


def report(
    items: list[dict[str, t.Any]],
    *,
    precondition: str,
    changed: bool = False,
    failure: EduideError | None = None,
    **more: t.Any,
) -> Report:
    """All of them, with what was not looked at; whoever was changed, something was, and more may have been."""
    fields = {
        "workspaces": items,
        "outcomes": dict(collections.Counter(each["outcome"] for each in items)),
        "sessions": [],
        "precondition": precondition,
        "not_checked": [],
        "missing": {},
        **more,
    }
    diff = differences(items, _ACTS)
    return Report(changed or bool(diff), fields, diff, failure)
