# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity through the REST service: its bounds, and the way in which a change of them is sent."""

from __future__ import annotations

import typing as t

from .._service.client import connect_service

if t.TYPE_CHECKING:
    from .._service.client import Service
    from .plan import Change
    from .send import Send


def admin_patch(params: t.Mapping[str, t.Any]) -> Send:
    """Send a change through the service.

    The service is asked once beforehand: a wrong token or address has to be noticed before the ledger is written.
    """
    service = connect_service(params)
    service.admin.scalings()
    return send_through(service)


def send_through(service: Service) -> Send:
    """The service knows no versions, so nothing guards against a change in between."""

    def send(change: Change) -> None:
        service.admin.scale(change.app_definition.name, **change.patch)

    return send


def read_bounds(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """All that the service tells about capacity; what it cannot know is null."""
    service = connect_service(params)
    names = params["app_definitions"]
    found = service.admin.scalings() if names is None else [service.admin.scaling(name) for name in names]
    unknown: dict[str, t.Any] = {
        "uid": None,
        "timeout_minutes": None,
        "inactive_minutes": None,
        "sessions": None,
        "pool": None,
        "drift": None,
        "ledger": None,
    }
    return {
        "app_definitions": [{**unknown, **bounds._asdict()} for bounds in sorted(found)],
        "quotas": None,
        "operator": None,
        "seen_at": None,
        "missing": {},
    }
