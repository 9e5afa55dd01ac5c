# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request: which connection carries it, what is tried again, and how long all of it may take."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import http.client
import random
import re
import time
import typing as t

from ..waiting import Deadline
from .connections import Endpoint, load_urllib3, open_pool
from .losses import Lost, TooLarge, explain_loss
from .rules import Effect, Fault, fate, fault_of, verdict

# Waits before another try, in seconds, unless the server names its own. The time-out of the request bounds their sum.
BACKOFF_SECONDS = (0.2, 0.4, 0.8, 1.6)
# A server that is there accepts a connection soon; only its answers may take long.
_CONNECT_SECONDS = 10.0
# Ten times the largest page of a list that anybody has.
_MOST_BYTES = 64 * 1024 * 1024
_WHOLE_SECONDS = re.compile(r"[0-9]{1,9}")


class Message(t.NamedTuple):
    """A request, and what it may change."""

    method: str
    target: str
    """Path and query."""
    effect: Effect
    headers: t.Sequence[tuple[str, str]] = ()
    body: bytes | None = None


class Answer(t.NamedTuple):
    """What came back, whatever the status."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes

    @property
    def fault(self) -> Fault | None:
        return fault_of(self.status)


class HttpClient:
    """Requests to one server over connections that are kept open. Several threads may use it at once."""

    def __init__(self, endpoint: Endpoint, *, connections: int, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self.endpoint = endpoint
        self._sleep = sleep
        self._urllib3 = load_urllib3()
        self._pool = open_pool(endpoint, connections)

    def send(self, message: Message, deadline: Deadline, *, patient: bool = True) -> Answer:
        """Send, and send again where the rules for answers allow it. What gets no answer at all is an error."""
        waits = iter(BACKOFF_SECONDS if patient else ())
        while True:
            outcome = self._attempt(message, deadline)
            wait = next(waits, None) if _worth_another(outcome, message.effect) else None
            if wait is not None:
                wait = _asked_wait(outcome) or wait * random.uniform(0.9, 1.1)
            if wait is None or not deadline.allows(wait):
                break
            self._sleep(wait)
        if isinstance(outcome, Answer):
            return outcome
        outcome.error.details.update(fate(message.effect, outcome.fault))
        raise outcome.error from None

    def _attempt(self, message: Message, deadline: Deadline) -> Answer | Lost:
        headers = self._urllib3.HTTPHeaderDict(message.headers)
        connect_seconds = min(_CONNECT_SECONDS, deadline.left())
        try:
            response = self._pool.request(
                message.method,
                self.endpoint.url + message.target,
                body=message.body,
                headers=headers,
                # Nor are redirects followed then, which would carry our credentials elsewhere.
                retries=False,
                timeout=self._urllib3.Timeout(total=deadline.left(), connect=connect_seconds),
                preload_content=False,
            )
            return Answer(response.status, response.headers, _read_body(response))
        except (
            self._urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
            TooLarge,
        ) as exc:
            return explain_loss(exc, self.endpoint, deadline.seconds, connect_seconds)


def _read_body(response: t.Any) -> bytes:
    """All of it, so that a connection which breaks in its middle is a failed attempt, and not a short answer."""
    with contextlib.ExitStack() as stack:
        stack.callback(response.close)
        body: bytes = response.read(_MOST_BYTES + 1)
        if len(body) > _MOST_BYTES:
            raise TooLarge
        stack.pop_all()
    response.release_conn()
    return body


def _worth_another(outcome: Answer | Lost, effect: Effect) -> bool:
    return outcome.fault is not None and verdict(effect, outcome.fault).again


def _asked_wait(outcome: Answer | Lost) -> float | None:
    """How long the server asks to wait, in one of the two forms of its header; None if it does not, or not clearly."""
    headers = outcome.headers if isinstance(outcome, Answer) else {}
    asked = headers.get("Retry-After", "").strip()
    if _WHOLE_SECONDS.fullmatch(asked):
        return float(asked)
    until, now = parse_date(asked), parse_date(headers.get("Date"))
    return (until - now).total_seconds() if until and now and until > now else None


def parse_date(text: str | None) -> datetime.datetime | None:
    """A moment as HTTP writes it."""
    try:
        return email.utils.parsedate_to_datetime(text or "").astimezone(datetime.UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
