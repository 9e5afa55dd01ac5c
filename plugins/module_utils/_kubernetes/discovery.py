# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which versions the server has a kind of object."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, NotServed
from .kinds import THEIA_GROUP, Kind
from .requests import Request, reading
from .responses import json_of, refusal, served_otherwise
from .transport import Transport

# More than any group has; a list without end is not followed.
_MOST_VERSIONS = 20


def group_versions(transport: Transport, kind: Kind) -> list[str]:
    """The versions of its group, the preferred one first."""
    found = _entries(transport, kind, f"/apis/{kind.group}", "versions")
    return [entry["version"] for entry in found if isinstance(entry.get("version"), str)]


def versions_with(transport: Transport, kind: Kind) -> list[str]:
    """The versions that have this kind; none if the server does not tell."""
    try:
        return [
            version
            for version in group_versions(transport, kind)[:_MOST_VERSIONS]
            if any(
                entry.get("name") == kind.plural
                for entry in _entries(transport, kind, f"/apis/{kind.group}/{version}", "resources")
            )
        ]
    except EduideError:
        return []


def explained(transport: Transport, error: EduideError, request: Request) -> EduideError:
    """The same error, or for a kind of the platform that is there in other versions only, one that names them."""
    if not isinstance(error, NotServed) or request.kind.group != THEIA_GROUP:
        return error
    versions = versions_with(transport, request.kind)
    return served_otherwise(error, versions, transport.access, request) if versions else error


def _entries(transport: Transport, kind: Kind, target: str, field: str) -> list[dict[str, t.Any]]:
    request = Request("list", kind)
    answer = transport.request(reading(target))
    if answer.fault:
        raise refusal(answer, transport.access, request)
    found = json_of(answer, transport.access, request).get(field)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
