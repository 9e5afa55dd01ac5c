# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many sessions may run. Only lazy starts ask; a claim of a pool instance does not."""

from __future__ import annotations

import typing as t

from lab.kube import Resource


class Refusal(t.NamedTuple):
    """What a refused session gets to read."""

    error: str
    message: str


TOO_MANY_INSTANCES = Refusal("552:Max instances reached. Could not create session.", "Max instances reached.")
TOO_MANY_SESSIONS = Refusal(
    "553:No more sessions allowed for this user, you reached your limit.", "Max sessions reached."
)
# The text behind the number is ours (inferred).
NO_SESSIONS = Refusal("554:The user may not start any session.", "Max sessions reached.")


def refusal(
    session: Resource, app_definition: Resource, sessions: list[Resource], sessions_per_user: int | None
) -> Refusal | None:
    """The list contains the session itself, so counts are compared with "greater than"."""
    if _instances_exceeded(app_definition, sessions):
        return TOO_MANY_INSTANCES
    if sessions_per_user is None or sessions_per_user < 0:
        return None
    if sessions_per_user == 0:
        return NO_SESSIONS
    # All of them, errored ones included: a failed session goes on counting until it is deleted.
    of_user = sum(1 for other in sessions if other["spec"]["user"] == session["spec"]["user"])
    return TOO_MANY_SESSIONS if of_user > sessions_per_user else None


def _instances_exceeded(app_definition: Resource, sessions: list[Resource]) -> bool:
    limit = app_definition["spec"].get("maxInstances")
    if limit is None or limit < 0:
        return False
    name = app_definition["spec"]["name"]
    counted = sum(
        1
        for other in sessions
        if other["spec"]["appDefinition"] == name and (other.get("status") or {}).get("operatorStatus") != "ERROR"
    )
    return counted > int(limit)
