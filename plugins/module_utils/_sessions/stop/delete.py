# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting one session as it was seen: no stop ends the operator."""

from __future__ import annotations

import typing as t

from ..._kubernetes.kinds import SESSION
from ..._platform.labels import ends_operator
from ..._platform.names import STRATEGY
from ..._platform.rows import SessionRow, session_row
from ..._safety import guard

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway


def delete_session(gateway: Gateway, row: SessionRow, send: guard.Send) -> bool:
    """Delete it; False if it was gone already."""
    if ends_operator(row):
        row = _without_strategy(gateway, row)
    return guard.delete_seen(gateway, SESSION, row, send)


def _without_strategy(gateway: Gateway, row: SessionRow) -> SessionRow:
    """The operator does nothing about it then, and the instance that it reserved is free when it is gone."""
    seen = {"uid": row.uid, "resourceVersion": row.resource_version}
    body = {"metadata": {**seen, "annotations": {STRATEGY: None}}}
    return session_row(gateway.merge_patch(SESSION, row.name, body))
