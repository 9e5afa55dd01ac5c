# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the operator names what it makes. Clients should not build these names; tests may read them."""

from __future__ import annotations

import re
import typing as t

from lab.kube import Resource

LIMIT = 62
PART = 17
PART_WITH_IDENTIFIER = 11
UID_TAIL = 12


def valid_name(text: str, limit: int = LIMIT) -> str:
    """Lower case, cut, and every other character a hyphen."""
    if not text:
        return text
    name = re.sub(r"[^a-zA-Z0-9-]", "-", text)
    if not name[0].isalpha():
        name = "a" + name
    name = name[:limit]
    if not name[-1].isalnum():
        name = name[:-1] + "z"
    return name.lower()


def _joined(*parts: str | None) -> str:
    return valid_name("-".join(part for part in parts if part and part.strip()))


def _tail(uid: str) -> str:
    return uid[-UID_TAIL:]


def _account(user: str) -> str:
    return user.partition("@")[0]


def _name(prefix: str, identifier: str | None, user: str | None, app_definition: str, uid: str) -> str:
    width = PART_WITH_IDENTIFIER if identifier else PART
    return _joined(
        prefix,
        identifier[:width] if identifier else None,
        _account(user)[:width] if user else None,
        app_definition[:width],
        _tail(uid),
    )


def _name_with_suffix(prefix: str, user: str | None, app_definition: str, uid: str, suffix: str) -> str:
    """User and app definition share what room the suffix leaves.

    Two of the hyphens are forgotten in the sum, so that the longest names lose the end of the suffix (inferred).
    """
    room = LIMIT - len(suffix) - 1 - len(prefix) - 1 - UID_TAIL
    width = max(1, room // 2) if room > 0 else 0
    return _joined(prefix, _account(user)[:width] if user else None, app_definition[:width], _tail(uid), suffix)


def session_object(session: Resource, identifier: str | None = None) -> str:
    """Deployment and external Service of a lazy session, or one of its ConfigMaps."""
    spec = session["spec"]
    return _name("session", identifier, spec["user"], spec["appDefinition"], session["metadata"]["uid"])


def session_internal_service(session: Resource) -> str:
    spec = session["spec"]
    return _name_with_suffix("session", spec["user"], spec["appDefinition"], session["metadata"]["uid"], "int")


def session_route(session: Resource) -> str:
    return f"{session['metadata']['uid']}-route"


def session_sidecar(session: Resource, sidecar: str) -> str:
    return f"{session['metadata']['name']}-{sidecar}"


def instance_object(app_definition: Resource, number: int, identifier: str | None = None) -> str:
    """Deployment and external Service of a pool instance, one of its ConfigMaps, or a sidecar."""
    name, uid = app_definition["spec"]["name"], app_definition["metadata"]["uid"]
    return _name(f"instance-{number}", identifier, None, name, uid)


def instance_internal_service(app_definition: Resource, number: int) -> str:
    return _instance_with_suffix(app_definition, number, "int")


def instance_claim(app_definition: Resource, number: int) -> str:
    return _instance_with_suffix(app_definition, number, "pvc")


def _instance_with_suffix(app_definition: Resource, number: int, suffix: str) -> str:
    name, uid = app_definition["spec"]["name"], app_definition["metadata"]["uid"]
    return _name_with_suffix(f"instance-{number}", None, name, uid, suffix)


def instance_number(name: str) -> int | None:
    """The only part of a pool object's name that is worth reading."""
    parts = name.split("-")
    return int(parts[1]) if len(parts) > 1 and parts[0] == "instance" and parts[1].isdecimal() else None


def instance_app(app_definition: Resource, number: int) -> str:
    """The pod selector of a pool instance."""
    return valid_name(f"{app_definition['spec']['name']}-{number}")


def session_app(session: Resource) -> str:
    """The pod selector of a lazy session; of the uid only what the cut leaves."""
    return valid_name(f"{session['spec']['name']}-{session['metadata']['uid']}")


def workspace_claim(workspace: Resource) -> str:
    """Made from the *current* app definition of the workspace, so it changes when that does."""
    spec = workspace["spec"]
    return _name("ws", None, spec["user"], spec.get("appDefinition") or "", workspace["metadata"]["uid"])


def session_of_workspace(workspace: str) -> str:
    return f"{workspace}-session"


def is_internal(service: t.Mapping[str, t.Any]) -> bool:
    return str(service["metadata"]["name"]).endswith("-int")
