# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an installation has what the declaration of an exam names: its app definitions, and its users."""

from __future__ import annotations

import typing as t

from .._common.errors import Misconfigured, several
from .._kubernetes.kinds import APP_DEFINITION, SESSION, WORKSPACE
from .._platform.unknown import no_app_definition
from .._safety.protection import person

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .declaration import Exam
    from .record import Recorded


def check_app_definitions(gateway: Gateway, exam: Exam) -> None:
    known = gateway.list(APP_DEFINITION, project=lambda obj: obj["metadata"]["name"])
    if not known:
        raise gateway.no_installation()
    for definition in exam.app_definitions:
        if definition.name not in known:
            raise Misconfigured(f"exam {exam.name}: {no_app_definition(definition.name, known, gateway.namespace)}")


def who_loses(gateway: Gateway, recorded: Recorded) -> str | None:
    """A warning of those whose sessions an exam shields that is closed before its time."""
    specs = gateway.list(SESSION, project=lambda obj: obj.get("spec") or {})
    users = [spec.get("user") or "" for spec in specs if _is_shielded(recorded, spec)]
    if not users:
        return None
    lose = "1 session loses its shield" if len(users) == 1 else f"{len(users)} sessions lose their shield"
    return f"exam {recorded.name}: {lose} before its time, of {several(sorted(users))}"


def _is_shielded(recorded: Recorded, spec: t.Mapping[str, t.Any]) -> bool:
    """While it holds, by whatever clock that is."""
    return recorded.shielded.shields(spec.get("appDefinition") or "", spec.get("user") or "", recorded.shield_from)


def unknown_users(gateway: Gateway, exam: Exam) -> str | None:
    """A warning of users of whom nothing is there: they may be mistyped, or have never logged in."""
    if not exam.users:
        return None
    rows = [
        *gateway.list(SESSION, project=lambda obj: (obj.get("spec") or {}).get("user")),
        *gateway.list(WORKSPACE, project=lambda obj: (obj.get("spec") or {}).get("user")),
    ]
    known = {person(user) for user in rows if user}
    strangers = [user for user in exam.users if person(user) not in known]
    if not strangers:
        return None
    return (
        f"exam {exam.name}: {len(strangers)} of {len(exam.users)} users have neither session nor workspace here, so "
        f"a mistyped name would not be noticed: {several(strangers)}"
    )
