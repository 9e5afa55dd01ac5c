# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting one session through the cluster."""

from __future__ import annotations

import typing as t
import uuid

from ..._common.errors import Conflict, EduideError, ServerFailed, Unreachable
from ..._common.secrets import KNOWN
from ..._kubernetes.kinds import SESSION
from ..._platform.names import CANARY
from ..._platform.rows import SessionRow, session_row

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway, Json
    from .plan import StartRequest


def start_through_cluster(gateway: Gateway, request: StartRequest, name: str) -> SessionRow:
    """Make it as the service would; nobody but the session's pod gets to know its secret."""
    secret = str(uuid.uuid4())
    KNOWN.add(secret)
    try:
        return session_row(gateway.create(SESSION, _body(request, name, secret)))
    except Conflict as exc:
        raise EduideError(
            f"session {name}: another client has started it meanwhile; run the task again", **exc.details
        ) from None
    except (ServerFailed, Unreachable) as exc:
        found = gateway.get(SESSION, name) if exc.uncertain else None
        if found and found["spec"].get("sessionSecret") == secret:
            return session_row(found)
        raise


def _body(request: StartRequest, name: str, secret: str) -> Json:
    annotations = {"annotations": {CANARY: request.canary}} if request.canary else {}
    return {
        "metadata": {"name": name, **annotations},
        "spec": {
            "name": name,
            "user": request.user,
            "appDefinition": request.app_definition,
            "sessionSecret": secret,
        },
    }
