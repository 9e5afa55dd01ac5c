# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections whose time-out is for everything that follows, and not for each step of it.

Python's time-out begins anew with every byte that arrives, so that a server which sends one now and then is waited for
without end.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import sys
import threading
import time
import typing as t

# No time-out at all would be taken for one that has passed.
_LEAST_SECONDS = 0.001
_INFORMATIONAL = range(102, 200)

if t.TYPE_CHECKING:
    _Base = socket.socket
else:
    _Base = object


class _Deadline(_Base):
    """A socket on which ``settimeout`` says when everything has to be over."""

    _end: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._end = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def gettimeout(self) -> float | None:
        return super().gettimeout() if self._end is None else max(self._end - time.monotonic(), _LEAST_SECONDS)

    def recv(self, *arguments: t.Any) -> bytes:
        self._hurry()
        return super().recv(*arguments)

    def recv_into(self, *arguments: t.Any) -> int:
        self._hurry()
        return super().recv_into(*arguments)

    def send(self, *arguments: t.Any) -> int:
        self._hurry()
        return super().send(*arguments)

    def sendall(self, *arguments: t.Any) -> None:
        self._hurry()
        super().sendall(*arguments)

    def _hurry(self) -> None:
        if self._end is None:
            return
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        super().settimeout(left)


class _PlainSocket(_Deadline, socket.socket):
    pass


class TlsSocket(_Deadline, ssl.SSLSocket):
    """For ``SSLContext.sslsocket_class``."""


class HandshakeFailed(ssl.SSLError):
    """TLS failed before anything was asked for."""


class _FinalResponse(http.client.HTTPResponse):
    """The answer itself: what a server says in advance of it, such as 103, is passed over."""

    def begin(self) -> None:
        super().begin()
        while self.status in _INFORMATIONAL:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


def _look_up(host: str, port: int, seconds: float) -> list[t.Any]:
    """The addresses of a host. The system's look-up has no time limit of its own, so it is left behind if need be."""
    with contextlib.suppress(socket.gaierror):
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
    found: list[t.Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as exc:
            found.append(exc)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise TimeoutError("timed out")
    if isinstance(found[0], Exception):
        raise found[0]
    return list(found[0])


def _connect(addresses: t.Sequence[t.Any], end: float, options: t.Iterable[t.Any]) -> socket.socket:
    """A connection to the first address that takes one. None of them may use up the time of the others."""
    failure: OSError = OSError("no address")
    for number, (family, kind, protocol, _name, address) in enumerate(addresses):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        sock = _PlainSocket(family, kind, protocol)
        try:
            for option in options:
                sock.setsockopt(*option)
            sock.settimeout(left / (len(addresses) - number))
            sock.connect(address)
        except OSError as exc:
            sock.close()
            failure = exc
            continue
        sock.settimeout(max(end - time.monotonic(), _LEAST_SECONDS))
        return sock
    raise failure


@functools.lru_cache(maxsize=1)
def pool_classes() -> dict[str, t.Any]:
    """By scheme, the pools that urllib3 is to make its connections in."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    class Bounded(HTTPConnection):
        response_class = _FinalResponse

        def _new_conn(self) -> socket.socket:
            end = time.monotonic() + t.cast(float, self.timeout)
            try:
                addresses = _look_up(self._dns_host, self.port, t.cast(float, self.timeout))
                sock = _connect(addresses, end, self.socket_options or ())
            except TimeoutError as exc:
                raise ConnectTimeoutError(self, "timed out") from exc
            except (OSError, UnicodeError) as exc:
                raise NewConnectionError(self, "failed") from exc
            sys.audit("http.client.connect", self, self.host, self.port)
            return sock

        def connect(self) -> None:
            """Until this is over nothing was asked for, whatever goes wrong: so it gets errors that say so."""
            try:
                super().connect()
            except TimeoutError as exc:
                raise ConnectTimeoutError(self, "timed out") from exc
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as exc:
                raise NewConnectionError(self, "failed") from exc
            except ssl.SSLError as exc:
                raise HandshakeFailed(exc) from exc

    class BoundedTls(Bounded, HTTPSConnection):
        pass

    class Pool(HTTPConnectionPool):
        ConnectionCls = Bounded

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = BoundedTls

    return {"http": Pool, "https": TlsPool}
