# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fault proxy can do to a request, and to which one.

`delivered=False` acts before the server has heard of the request, `delivered=True` when it has done what was asked and
only the answer is missing: the case in which a client cannot know what happened.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import os
import re
import signal
import threading
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from multidict import CIMultiDict

_POLL_SECONDS = 0.01
# How the API server names the cause that belongs to a code.
_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass
class Seen:
    """One request that reached the proxy. The token is not kept."""

    at: datetime
    method: str
    verb: str
    target: str
    body: bytes
    faults: tuple[str, ...] = ()
    # Of the answer that the client got; None while there is none, and if there never was.
    status: int | None = None


@dataclass
class Reply:
    """An answer on its way to the client. A body of None is passed through as it arrives."""

    status: int
    headers: CIMultiDict[str]
    body: bytes | None = None
    cut_after: int | None = None


class Dropped(Exception):
    """The connection to the client ends here, without an answer."""


class Fault:
    """Does nothing; the others override one of the two."""

    reads_body: t.ClassVar[bool] = False

    async def before(self, _seen: Seen) -> Reply | None:
        """Act before the server hears of it; a reply returned here is all the client gets."""
        return None

    async def after(self, _reply: Reply) -> None:
        """Act on the server's answer."""


@dataclass
class Rule:
    """A fault for the requests of a verb whose path and query match a pattern, and whose body does, if one is given.

    `skip` of them go untouched, then `count` are hit (None: all further ones). Verbs are those of Kubernetes (get,
    list, watch, create, update, patch, delete, deletecollection); for other servers the method in lower case.
    """

    fault: Fault
    verb: str | None = None
    path: str = ""
    body: str = ""
    skip: int = 0
    count: int | None = None
    _matched: int = field(default=0, init=False)

    def claims(self, seen: Seen) -> bool:
        """Whether this request is one to hit; counts it."""
        if self.verb not in (None, seen.verb) or not re.search(self.path, seen.target):
            return False
        if self.body and not re.search(self.body, seen.body.decode(errors="replace")):
            return False
        self._matched += 1
        return self.skip < self._matched and (self.count is None or self._matched <= self.skip + self.count)

    @property
    def hits(self) -> int:
        """How many requests it has hit."""
        beyond = max(0, self._matched - self.skip)
        return beyond if self.count is None else min(beyond, self.count)


@dataclass
class Status(Fault):
    """Answer in the server's place; by default with the Status object that the API server would send."""

    code: int
    reason: str | None = None
    message: str = "made by the fault proxy"
    headers: t.Mapping[str, str] = field(default_factory=dict)
    body: t.Any = None

    async def before(self, _seen: Seen) -> Reply:
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason or _REASONS.get(self.code, "Unknown"),
            "code": self.code,
        }
        body = json.dumps(status if self.body is None else self.body).encode()
        return Reply(self.code, CIMultiDict({"Content-Type": "application/json", **self.headers}), body)


def expired_continue_token(path: str = "", **budget: t.Any) -> Rule:
    """The 410 of a list whose snapshot is gone, for requests that continue one."""
    message = "the list that this continue token belongs to is no longer kept"
    return Rule(Status(410, message=message), verb="list", path=rf"{path}.*[?&]continue=[^&]", **budget)


@dataclass
class Reset(Fault):
    """Reset the connection."""

    delivered: bool = False

    async def before(self, _seen: Seen) -> None:
        if not self.delivered:
            raise Dropped

    async def after(self, _reply: Reply) -> None:
        raise Dropped


@dataclass
class Kill(Fault):
    """Send a signal to a process, usually the client that made the request, and answer nobody."""

    pid: int | Callable[[], int]
    signal: signal.Signals = signal.SIGKILL
    delivered: bool = False

    async def before(self, _seen: Seen) -> None:
        if not self.delivered:
            self._kill()

    async def after(self, _reply: Reply) -> None:
        self._kill()

    def _kill(self) -> None:
        os.kill(self.pid() if callable(self.pid) else self.pid, self.signal)
        raise Dropped


@dataclass
class Slow(Fault):
    """Let the answer begin that much later."""

    seconds: float

    async def after(self, _reply: Reply) -> None:
        await asyncio.sleep(self.seconds)


@dataclass
class Cut(Fault):
    """End the answer after so many bytes of its body, and always before its end."""

    after_bytes: int

    async def after(self, reply: Reply) -> None:
        length = len(reply.body) if reply.body is not None else int(reply.headers.get("Content-Length", 1 << 62))
        reply.cut_after = max(0, min(self.after_bytes, length - 1))


@dataclass
class ShiftedDate(Fault):
    """A server whose clock is wrong by so many seconds."""

    seconds: float

    async def after(self, reply: Reply) -> None:
        date = email.utils.parsedate_to_datetime(reply.headers["Date"]) + timedelta(seconds=self.seconds)
        reply.headers["Date"] = email.utils.format_datetime(date, usegmt=True)


@dataclass
class Rewrite(Fault):
    """Change the JSON of a complete answer; not for watches, whose answers have no end."""

    change: Callable[[t.Any], t.Any]
    reads_body: t.ClassVar[bool] = True

    async def before(self, seen: Seen) -> None:
        if seen.verb == "watch":
            raise TypeError(f"a watch cannot be rewritten: {seen.target}")

    async def after(self, reply: Reply) -> None:
        reply.body = json.dumps(self.change(json.loads(reply.body or b""))).encode()


@dataclass
class Hold(Fault):
    """Keep a request until `release` is set, or until `meanwhile` has run; `arrived` is set when there is one."""

    meanwhile: Callable[[], t.Any] | None = None
    delivered: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    async def before(self, _seen: Seen) -> None:
        if not self.delivered:
            await self._wait()

    async def after(self, _reply: Reply) -> None:
        if self.delivered:
            await self._wait()

    async def _wait(self) -> None:
        self.arrived.set()
        if self.meanwhile is not None:
            await asyncio.to_thread(self.meanwhile)
            return
        # Polled, because a thread that waits for the event could not be cancelled when the proxy ends.
        while not self.release.is_set():
            await asyncio.sleep(_POLL_SECONDS)
