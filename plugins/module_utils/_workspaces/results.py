# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what C(theia_workspace) returns, whatever it was asked to do."""

from __future__ import annotations

import collections
import typing as t

_UNKNOWN = ("uid", "user", "app_definition", "exam", "claim", "volume", "deletion", "ending", "unseen_milliseconds")
_EMPTY = ("sessions", "restore", "slipped_in")


def item(**known: t.Any) -> dict[str, t.Any]:
    """One workspace; fields that are not given are not known."""
    return {**dict.fromkeys(_UNKNOWN), **{field: [] for field in _EMPTY}, **known}


def result(items: list[dict[str, t.Any]], *, changed: bool, precondition: str, **more: t.Any) -> dict[str, t.Any]:
    """All of them, with what was not looked at."""
    return {
        "changed": changed,
        "workspaces": items,
        "outcomes": dict(collections.Counter(each["outcome"] for each in items)),
        "sessions": [],
        "precondition": precondition,
        "not_checked": [],
        "missing": {},
        "warnings": [],
        **more,
    }
