# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping sessions through the REST service, which knows no preconditions, with the cluster at hand."""

from __future__ import annotations

import typing as t

from ..._common.errors import Conflict, Misconfigured, ServerFailed
from ..._common.waiting import wait_until
from ..._kubernetes.kinds import SESSION
from ..._service.client import Service, connect_service

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._kubernetes.kinds import Kind
    from ..._platform.rows import SessionRow
    from ..._safety.guard import Seen

Params = t.Mapping[str, t.Any]
CONFIRM_SECONDS = 10.0


def send_and_confirm(gateway: Gateway, kind: Kind, row: Seen, send: t.Callable[[], object]) -> bool:
    """Look at the object right before it is deleted by name, and make sure by its uid that it is gone afterwards."""
    found = gateway.get(kind, row.name)
    if found is None or found["metadata"]["uid"] != row.uid:
        return False
    if found["metadata"]["resourceVersion"] != row.resource_version:
        raise Conflict(f"{kind.kind} {row.name!r} was changed")
    send()
    _unused, gone = wait_until(
        lambda: gateway.get(kind, row.name),
        lambda now: now is None or now["metadata"]["uid"] != row.uid,
        timeout_seconds=CONFIRM_SECONDS,
    )
    if not gone:
        raise ServerFailed(
            f"the service accepted to delete {kind.kind} {row.name!r}, and {CONFIRM_SECONDS:.0f} s later it is there"
        )
    return True


class StopThrough(t.NamedTuple):
    """The service as a way to stop sessions of one user, and to delete their workspaces."""

    service: Service
    user: str

    def sender(self, gateway: Gateway) -> t.Callable[[SessionRow], bool]:
        def send(row: SessionRow) -> bool:
            return send_and_confirm(gateway, SESSION, row, lambda: self.service.stop_session(self.user, row.name))

        return send


def stop_through(params: Params, *, check_mode: bool) -> StopThrough:
    service = connect_service(params, check_mode=check_mode)
    if not service.user:
        raise Misconfigured(
            "user_token names no user by e-mail address, and the service deletes for their own user only"
        )
    return StopThrough(service, service.user)
