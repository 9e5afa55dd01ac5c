# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stopping a session and deleting a workspace have in common."""

from __future__ import annotations

from aiohttp import web

from lab.service.context import STORE
from lab.service.errors import PlainError, PlatformError
from lab.service.identity import checked_body, user_of
from lab.service.shapes import boolean
from lab.service.store import StoreError, spec


async def delete_own(request: web.Request, kind: str, field: str, missing: int) -> web.Response:
    """Delete what the caller owns and the body names in `field`. What does not exist is deleted already."""
    body = await checked_body(request)
    user = user_of(request, body.text("user"))
    name = body.text(field)
    if name is None:
        raise PlatformError(missing)
    store = request.app[STORE]
    live = await store.get(kind, name)
    if live is None:
        return boolean(True)
    if spec(live).get("user") != user:
        raise PlainError(403)
    try:
        await store.delete(kind, name)
    except StoreError:
        # That it can be false is known, and when is not (inferred).
        return boolean(False)
    return boolean(True)
