# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting one session as its user through the REST service, with the cluster at hand."""

from __future__ import annotations

import math
import typing as t

from ..._common.errors import EduideError, Misconfigured, ServerFailed, Unreachable
from ..._kubernetes.kinds import SESSION
from ..._platform.names import CANARY
from ..._platform.rows import SessionRow, session_row
from ..._service.client import Service, connect_service

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from .plan import StartRequest

Params = t.Mapping[str, t.Any]


class StartThrough(t.NamedTuple):
    """The service as a way to start a session of its own user."""

    service: Service
    request: StartRequest

    def start(self, gateway: Gateway, name: str, timeout_seconds: float) -> SessionRow:
        """It answers when there is a URL; whether it started anything the cluster tells."""
        lost: EduideError | None = None
        user, app_definition, canary = self.request
        try:
            self.service.start_session(user, app_definition, max(1, math.ceil(timeout_seconds / 60)))
        except (ServerFailed, Unreachable) as exc:
            # Gateways cut an answer that takes long, and the service goes on.
            if not exc.uncertain:
                raise
            lost = exc
        found = gateway.get(SESSION, name)
        if found is None:
            raise lost or ServerFailed(f"session {name}: the service said that it started it, and it is not there")
        if canary:
            metadata = {"uid": found["metadata"]["uid"], "annotations": {CANARY: canary}}
            found = gateway.merge_patch(SESSION, name, {"metadata": metadata})
        return session_row(found)


def start_through(params: Params, request: StartRequest, *, check_mode: bool) -> StartThrough:
    service = connect_service(params, check_mode=check_mode)
    if params["user_token"] and service.user != request.user:
        raise Misconfigured(
            f"the service starts sessions for their own user alone, and user_token is that of {service.user!r}, not of "
            f"{request.user!r}"
        )
    return StartThrough(service, request)
