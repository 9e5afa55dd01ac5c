# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login wave: each student's request at its time, and how long it takes until there is a URL."""

from __future__ import annotations

import math
import time
import typing as t

from ..._common.batch import run_batch
from ..._common.errors import ServerFailed, Unreachable
from ..._common.waiting import wait_until
from ..._kubernetes.kinds import SESSION
from ..start.plan import session_name
from .plan import Arrival, Launch

if t.TYPE_CHECKING:
    from ..._common.progress import Reporter
    from ..._kubernetes.gateway import Gateway
    from ..._service.client import Service

Open = t.Callable[[Arrival], "Service"]
_LOOK_SECONDS = 0.5


def wave(
    gateway: Gateway,
    open_service: Open,
    app_definition: str,
    arrivals: t.Sequence[Arrival],
    *,
    timeout_seconds: float,
    concurrency: int,
    progress: Reporter,
    sleep: t.Callable[[float], None] = time.sleep,
) -> list[Launch]:
    """Let all of them come. One connection each, as so many browsers have."""
    begin = time.monotonic()

    def launch(arrival: Arrival) -> Launch:
        sleep(max(0.0, begin + arrival.at - time.monotonic()))
        sent = time.monotonic()
        late = sent - begin - arrival.at
        try:
            minutes = max(1, math.ceil(timeout_seconds / 60))
            open_service(arrival).start_session(arrival.user, app_definition, minutes)
        except (ServerFailed, Unreachable) as exc:
            # A gateway cuts an answer that takes long, and the service goes on.
            if not exc.uncertain or not _gets_url(gateway, arrival.user, app_definition, sent + timeout_seconds):
                raise
        return Launch(arrival.user, round(time.monotonic() - sent, 2), late)

    done = run_batch(arrivals, launch, concurrency=concurrency, progress=progress.report)
    return [each.result or Launch(each.item.user, None, 0.0, each.text) for each in done]


def _gets_url(gateway: Gateway, user: str, app_definition: str, until: float) -> bool:
    name = session_name(app_definition, user)

    def look() -> bool:
        found = gateway.get(SESSION, name)
        return bool(found and (found.get("status") or {}).get("url"))

    seconds = max(until - time.monotonic(), 0.0)
    seen, _reached = wait_until(look, bool, timeout_seconds=seconds, interval_seconds=_LOOK_SECONDS)
    return bool(seen)
