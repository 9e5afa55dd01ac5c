# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of starting a session."""

from __future__ import annotations

import typing as t

from ..._common.errors import Misconfigured
from ..._exams.declaration import EXAM_NAME
from ..options import read_selection
from .plan import StartRequest

Params = t.Mapping[str, t.Any]


def start_argument_spec() -> dict[str, dict[str, t.Any]]:
    """Whose session of what is started, and for which exam if it is a canary."""
    return {name: {"type": "str"} for name in StartRequest._fields}


def read_start_request(params: Params) -> StartRequest:
    """The one session to start. What chooses sessions that are there has no say."""
    user, app_definition, canary = ((params[name] or "").strip() for name in StartRequest._fields)
    if lacking := [name for name, value in (("user", user), ("app_definition", app_definition)) if not value]:
        raise Misconfigured(f"state=present starts one session and needs {' and '.join(lacking)}")
    chosen = params["sort_by"] or params["limit"] is not None or params["records"] is not None
    if chosen or read_selection(params).states_anything:
        raise Misconfigured(
            "state=present starts one session, whose name follows from user and app_definition; leave out names, "
            "records and all filters"
        )
    if params["unchecked"]:
        raise Misconfigured(
            "state=present looks at limits and waits for a pod, which takes the cluster; leave out unchecked"
        )
    if canary and not EXAM_NAME.fullmatch(canary):
        raise Misconfigured(f"canary={canary!r} cannot name an exam: use lower-case letters, digits and hyphens")
    return StartRequest(user, app_definition, canary or None)
