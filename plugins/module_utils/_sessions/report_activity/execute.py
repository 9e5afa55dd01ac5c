# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reporting activity through the cluster, for each session as it is now."""

from __future__ import annotations

import typing as t

from ..._common.batch import retry_on_conflict
from ..._common.errors import NotFound
from ..._kubernetes.kinds import SESSION
from ..._platform.snapshot import read_row
from ..._safety.guard import ROUNDS
from .plan import ActivityReport, annotation_patch, decide_touch, milliseconds, status_patch

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.rows import SessionRow
    from .way import Send

_GONE = ActivityReport("gone", "it was gone before its activity could be reported")


def report_for(
    gateway: Gateway, seen: SessionRow | None, send: Send, fresh_seconds: int, *, check_mode: bool
) -> ActivityReport:
    """Report for one session, again and again while others write to it."""

    def attempt(again: bool) -> ActivityReport:
        row = read_row(gateway, "sessions", seen) if again and seen else seen
        decision = decide_touch(row, now=gateway.now(), fresh_seconds=fresh_seconds)
        if row is None or decision.outcome != "touched" or check_mode:
            return decision
        try:
            return decision if send(row) else _GONE
        except NotFound:
            return _GONE

    return retry_on_conflict(ROUNDS, attempt, doing="its activity was being reported")


def cluster_send(gateway: Gateway) -> Send:
    def send(row: SessionRow) -> bool:
        value = milliseconds(gateway.now())
        # The note goes first: a run that ends in between must not leave our own report as the user's activity.
        noted = gateway.merge_patch(SESSION, row.name, annotation_patch(value, row.resource_version))
        version = noted["metadata"]["resourceVersion"]
        gateway.merge_patch(SESSION, row.name, status_patch(value, version), subresource="status")
        return True

    return send
