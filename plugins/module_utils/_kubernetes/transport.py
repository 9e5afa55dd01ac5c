# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the Kubernetes API: which connection carries it and what is tried again."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import random
import threading
import time
import typing as t

from .._common.waiting import Deadline
from .access import Access
from .connections import (
    Lost,
    connect_timeout,
    explain_loss,
    load_urllib3,
    open_pool,
)

# Waits before another try, in seconds, unless the server names its own. The time-out of the request bounds their sum.
BACKOFF_SECONDS = (0.2, 0.4, 0.8, 1.6)
_TOO_MANY_REQUESTS = 429
_WORTH_READING_AGAIN = frozenset({_TOO_MANY_REQUESTS, 500, 502, 503, 504})


class Answer(t.NamedTuple):
    """What came back, whatever the status."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes


class Clock:
    """The server's time: the ``Date`` of the latest answer plus what has passed since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: tuple[datetime.datetime, float] | None = None

    def heard(self, date: str | None) -> None:
        with contextlib.suppress(TypeError, ValueError):
            moment = email.utils.parsedate_to_datetime(date or "").astimezone(datetime.UTC)
            with self._lock:
                self._latest = (moment, time.monotonic())

    def read(self) -> datetime.datetime | None:
        with self._lock:
            if self._latest is None:
                return None
            moment, heard = self._latest
        return moment + datetime.timedelta(seconds=time.monotonic() - heard)


class Transport:
    """Requests over connections that are kept open. Several threads may use it at once."""

    def __init__(
        self,
        access: Access,
        *,
        timeout_seconds: float,
        connections: int,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self.access = access
        self.clock = Clock()
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep
        self._urllib3 = load_urllib3()
        self._pool = open_pool(access, connections)

    def request(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        patient: bool = True,
    ) -> Answer:
        """Send. A read is tried again; a write only when the server cannot have carried it out."""
        deadline = Deadline(self._timeout_seconds)
        waits = iter(BACKOFF_SECONDS if patient else ())
        while True:
            outcome = self._attempt(method, target, body, content_type, deadline)
            wait = next(waits, None) if _worth_another(outcome, reading=method == "GET") else None
            if wait is not None:
                wait = _asked_wait(outcome) or wait * random.uniform(0.9, 1.1)
            if wait is None or not deadline.allows(wait):
                break
            self._sleep(wait)
        if isinstance(outcome, Answer):
            return outcome
        if method != "GET":
            outcome.error.details["applied"] = "unknown" if outcome.sent else "no"
        raise outcome.error from outcome.cause

    def _attempt(
        self, method: str, target: str, body: bytes | None, content_type: str, deadline: Deadline
    ) -> Answer | Lost:
        # Logs come as text; everything else has to be JSON, which is looked at later.
        headers = self._urllib3.HTTPHeaderDict({"Accept": "application/json, */*", "User-Agent": "eduide.theia"})
        authorization = self.access.authorization()
        if authorization:
            headers["Authorization"] = authorization
        if body is not None:
            headers["Content-Type"] = content_type
        for name, value in self.access.headers:
            headers.add(name, value)
        try:
            # The body is read here, so a connection that breaks in its middle is a failed attempt, not a short answer.
            response = self._pool.request(
                method,
                self.access.host + target,
                body=body,
                headers=headers,
                # Nor are redirects followed then, which would carry our credentials elsewhere.
                retries=False,
                timeout=self._urllib3.Timeout(connect=connect_timeout(deadline.left()), read=deadline.left()),
            )
        except self._urllib3.exceptions.HTTPError as exc:
            return explain_loss(exc, self.access, deadline.seconds)
        self.clock.heard(response.headers.get("Date"))
        return Answer(response.status, response.headers, response.data)


def _worth_another(outcome: Answer | Lost, *, reading: bool) -> bool:
    if isinstance(outcome, Answer):
        return outcome.status in _WORTH_READING_AGAIN if reading else outcome.status == _TOO_MANY_REQUESTS
    return outcome.may_pass and (reading or not outcome.sent)


def _asked_wait(outcome: Answer | Lost) -> float | None:
    """The API server sends whole seconds; the other form of the header, a date, is left to the usual wait."""
    asked = outcome.headers.get("Retry-After", "") if isinstance(outcome, Answer) else ""
    return float(asked) if asked.isdigit() else None
