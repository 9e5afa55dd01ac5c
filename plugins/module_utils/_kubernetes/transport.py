# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the Kubernetes API: who asks, and what time it is there."""

from __future__ import annotations

import datetime
import os
import threading
import time
import typing as t

from .._common.http.client import Answer, HttpClient, Message, parse_date
from .._common.waiting import Deadline
from .access import Access


class Clock:
    """The server's time: the ``Date`` of the latest answer plus what has passed since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: tuple[datetime.datetime, float] | None = None
        self._skew = datetime.timedelta(0)

    def heard(self, date: str | None) -> None:
        if moment := parse_date(date):
            with self._lock:
                self._latest = (moment, time.monotonic())
                self._skew = moment - datetime.datetime.now(datetime.UTC)

    def read(self) -> datetime.datetime | None:
        with self._lock:
            if self._latest is None:
                return None
            moment, heard = self._latest
        return moment + datetime.timedelta(seconds=time.monotonic() - heard)

    def skew(self) -> datetime.timedelta:
        """By how much it was ahead of this machine's clock at the latest answer."""
        with self._lock:
            return self._skew


class Transport:
    """Requests in the name of the one who asks. Several threads may use it at once."""

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
        self._client = HttpClient(access.endpoint(os.environ), connections=connections, sleep=sleep)

    def request(self, message: Message, *, patient: bool = True) -> Answer:
        """Send, and send again where the rules for answers allow it."""
        deadline = Deadline(self._timeout_seconds)
        # Logs come as text; everything else has to be JSON, which is looked at later.
        headers = [("Accept", "application/json, */*"), ("User-Agent", "eduide.theia"), *self.access.headers]
        authorization = self.access.authorization()
        if authorization:
            headers.append(("Authorization", authorization))
        own = message._replace(headers=[*headers, *message.headers])
        answer = self._client.send(own, deadline, patient=patient)
        self.clock.heard(answer.headers.get("Date"))
        return answer
