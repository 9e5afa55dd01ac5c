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
from .._common.waiting import Deadline, request_deadline
from .access import Access
from .credentials import Proof


class Clock:
    """The server's time: the ``Date`` of the latest answer plus what has passed since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: tuple[datetime.datetime, float] | None = None
        self._skew = datetime.timedelta(0)

    def record_date(self, date: str | None) -> None:
        if moment := parse_date(date):
            with self._lock:
                self._latest = (moment, time.monotonic())
                self._skew = moment - datetime.datetime.now(datetime.UTC)

    def read(self) -> datetime.datetime | None:
        with self._lock:
            if self._latest is None:
                return None
            moment, recorded = self._latest
        return moment + datetime.timedelta(seconds=time.monotonic() - recorded)

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
        self._connections, self._sleep = connections, sleep
        self._opening = threading.Lock()
        self._client: HttpClient | None = None
        self._shown = Proof()

    def request(self, message: Message, *, patient: bool = True) -> Answer:
        """Send, and send again where the rules for answers allow it, or where other credentials may be accepted."""
        deadline = request_deadline(self._timeout_seconds)
        proof = self.access.credential.proof(deadline)
        answer = self._send(message, proof, deadline, patient)
        if answer.status == 401 and self.access.credential.renew(proof, deadline):
            answer = self._send(message, self.access.credential.proof(deadline), deadline, patient)
        self.clock.record_date(answer.headers.get("Date"))
        return answer

    def _send(self, message: Message, proof: Proof, deadline: Deadline, patient: bool) -> Answer:
        # Logs come as text; everything else has to be JSON, which is looked at later.
        headers = [("User-Agent", "eduide.theia"), *self.access.headers]
        if not any(name == "Accept" for name, _value in message.headers):
            headers.append(("Accept", "application/json, */*"))
        if proof.header:
            headers.append(("Authorization", proof.header))
        own = message._replace(headers=[*headers, *message.headers])
        return self._client_for(proof).send(own, deadline, patient=patient)

    def _client_for(self, proof: Proof) -> HttpClient:
        """Connections that show the certificate of the proof, if it has one."""
        shown = proof._replace(header=None)
        with self._opening:
            if self._client is None or shown != self._shown:
                endpoint = self.access.endpoint(os.environ, proof)
                self._client = HttpClient(endpoint, connections=self._connections, sleep=self._sleep)
                self._shown = shown
            return self._client
