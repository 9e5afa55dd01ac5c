# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small HTTP(S) server on loopback whose answers a test decides, bad ones included."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Seen(t.NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, list[str]]
    body: t.Any

    def header(self, name: str) -> str | None:
        return ", ".join(self.headers.get(name.lower(), [])) or None


class Say(t.NamedTuple):
    """An answer, or less than one: ``cut`` promises more than is sent, ``reset`` closes, ``hang`` stays silent."""

    status: int = 200
    body: t.Any = None
    headers: t.Mapping[str, str] = {}
    content_type: str | None = "application/json"
    cut: bool = False
    reset: bool = False
    hang: bool = False


class Loopback:
    """Serves until the ``with`` block ends; ``seen`` collects the requests and ``connections`` counts the sockets."""

    def __init__(self, answer: t.Callable[[Seen], Say], tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.released = threading.Event()
        self._answer = answer
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.loopback = self
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, seen: Seen) -> Say:
        self.seen.append(seen)
        return self._answer(seen)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    loopback: Loopback

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Clients that refuse the certificate or go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one go: apart, they would wait for each other's acknowledgement.
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.loopback.connections += 1

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        loopback = self.server.loopback
        say = loopback.answer(Seen(self.command, self.path, headers, json.loads(raw) if raw else None))
        if say.hang:
            loopback.released.wait(30)
        if say.reset or say.hang:
            self.close_connection = True
            return
        body = _encoded(say.body)
        self.send_response_only(say.status)
        self.send_header("Date", say.headers.get("Date", self.date_time_string()))
        if say.content_type:
            self.send_header("Content-Type", say.content_type)
        for name, value in say.headers.items():
            if name != "Date":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (100 if say.cut else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or say.cut

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = _serve  # noqa: N815 (names of the base class)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 (a name of the base class)
        """Tests look at ``seen``."""


def _encoded(body: t.Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()


class Raw:
    """Says what it is told to, byte by byte: whatever comes in first is an entry in ``seen``, and ``serve`` goes on."""

    def __init__(self, serve: t.Callable[[socket.socket, int], None], *, listens: bool = True) -> None:
        self.seen: list[bytes] = []
        self._serve, self._listens = serve, listens
        self._server = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Raw:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        # Closing alone does not wake up what waits for a connection.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def pause(self, seconds: float) -> bool:
        """Wait, and say whether to go on."""
        return not self._over.wait(seconds)

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                connection, _address = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(connection, number), daemon=True).start()
            number += 1

    def _speak(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            self.seen.append(connection.recv(65536) if self._listens else b"")
            self._serve(connection, number)
            connection.shutdown(socket.SHUT_WR)
