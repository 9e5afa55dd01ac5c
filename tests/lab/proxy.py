# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault proxy: between a client and the API server (or the REST service), it breaks what a rule says.

It ends TLS, so who the client is must be in its bearer token; a client certificate does not pass through. HTTP/1.1
only, and no upgraded connections (exec, port-forward).

    with FaultProxy(control_plane.url, upstream_ca=control_plane.ca_file, certificate=pair) as proxy:
        proxy.add(Rule(Status(503), verb="patch", path="/appdefinitions/java", count=1))
        config = proxy.write_kubeconfig(folder / "config", token, namespace)
        ...
        assert [seen.status for seen in proxy.requests if seen.verb == "patch"] == [503, 200]
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import ssl
import struct
import threading
import typing as t
import weakref
from collections.abc import AsyncIterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from lab.certificates import Authority, Pair
from lab.faults import Dropped, Fault, Reply, Rule, Seen
from lab.identities import write_private
from lab.setup import kubeconfig

if t.TYPE_CHECKING:
    from lab.control_plane import ControlPlane

_LARGEST_REQUEST_BYTES = 1 << 26
_SHUTDOWN_SECONDS = 0.2
_HOP_BY_HOP = {
    "connection",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_KUBERNETES_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_GROUP_VERSION = re.compile(r"^/(?:api/[^/]+|apis/[^/]+/[^/]+)/(.+)$")


class FaultProxy:
    """Serves on loopback from a thread of its own while it is used as a context."""

    def __init__(self, upstream: str, *, upstream_ca: Path | None = None, certificate: Pair | None = None) -> None:
        self._upstream = upstream.rstrip("/")
        self._ca_file = upstream_ca
        self._certificate = certificate
        self._rules: list[Rule] = []
        self._seen: list[Seen] = []
        self._errors: list[Exception] = []
        self._connections: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._port = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._client: aiohttp.ClientSession

    @classmethod
    def before(cls, control_plane: ControlPlane) -> FaultProxy:
        """A proxy in front of a lab's API server, with a certificate of the lab's own authority."""
        authority = Authority(control_plane.ca_file.parent, control_plane.ca_file.stem)
        # Several proxies may stand before one lab; each has files of its own.
        pair = authority.server(f"fault-proxy-{secrets.token_hex(4)}")
        return cls(control_plane.url, upstream_ca=control_plane.ca_file, certificate=pair)

    @property
    def url(self) -> str:
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self._port}"

    @property
    def requests(self) -> list[Seen]:
        """All requests so far, in the order in which they arrived."""
        return list(self._seen)

    def add(self, *rules: Rule) -> None:
        """Several rules may hit the same request; they act in the order in which they were added."""
        self._rules = [*self._rules, *rules]

    def clear(self) -> None:
        """Forget all rules; requests that are held stay held."""
        self._rules = []

    def write_kubeconfig(self, file: Path, token: str, namespace: str | None = None, ca: Path | None = None) -> Path:
        """Write a kubeconfig that leads through this proxy. `ca` signed its certificate (default: the upstream's)."""
        trusted = ca or self._ca_file
        if trusted is None:
            raise ValueError("a kubeconfig needs the authority that signed the certificate")
        write_private(file, yaml.safe_dump(kubeconfig(self.url, trusted, "proxied", {"token": token}, namespace)))
        return file

    def __enter__(self) -> t.Self:
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="fault-proxy", daemon=True)
        self._thread.start()
        self._port = ready.result()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._thread is not None, "it was entered"
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._errors and kind is None:
            # A fault that could not do its work must not look like a server that answered oddly.
            raise self._errors[0]

    def _run(self, ready: Future[int]) -> None:
        try:
            asyncio.run(self._serve(ready))
        except Exception as exc:  # noqa: BLE001 - whatever it was, the starting thread must hear of it
            if ready.done():
                self._errors.append(exc)
            else:
                ready.set_exception(exc)

    async def _serve(self, ready: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        application = web.Application(client_max_size=_LARGEST_REQUEST_BYTES)
        application.router.add_route("*", "/{path:.*}", self._handle)
        # Cancelling handlers ends a watch on the server as soon as its client is gone.
        runner = web.AppRunner(
            application, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS, access_log=None
        )
        connector = aiohttp.TCPConnector(limit=0, ssl=self._trust())
        async with aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            # Cookies of one client are none of another's.
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
        ) as self._client:
            await runner.setup()
            try:
                site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._identity())
                await site.start()
                ready.set_result(runner.addresses[0][1])
                await self._stop.wait()
            finally:
                # The polite end of TLS would wait for clients that do not listen any more, longer than the loop lives.
                for connection in list(self._connections):
                    t.cast(asyncio.Transport, connection).abort()
                await runner.cleanup()

    def _trust(self) -> ssl.SSLContext | bool:
        return ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True

    def _identity(self) -> ssl.SSLContext | None:
        if self._certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificate.certificate, self._certificate.key)
        return context

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(
            at=datetime.now(UTC),
            method=request.method,
            verb=verb_of(request.method, request.path, request.query),
            target=request.raw_path,
            body=await request.read(),
        )
        if request.transport is not None:
            self._connections.add(request.transport)
        faults = [rule.fault for rule in self._rules if rule.claims(seen)]
        seen.faults = tuple(type(fault).__name__ for fault in faults)
        self._seen.append(seen)
        try:
            return await self._answer(request, seen, faults)
        except (Dropped, aiohttp.ClientError, ConnectionError):
            # A server that is not there is passed on in the same way: without an answer.
            _reset(request)
        except Exception as exc:  # noqa: BLE001 - raised again in the thread of the test
            self._errors.append(exc)
            _reset(request)
        return web.Response()

    async def _answer(self, request: web.Request, seen: Seen, faults: list[Fault]) -> web.StreamResponse:
        for fault in faults:
            reply = await fault.before(seen)
            if reply is not None:
                seen.status = reply.status
                return await _send(request, reply, None)
        whole = any(fault.reads_body for fault in faults)
        async with self._client.request(
            request.method,
            URL(self._upstream + request.raw_path, encoded=True),
            headers=_request_headers(request.headers, plain=whole),
            data=seen.body or None,
            allow_redirects=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        ) as answer:
            body = await answer.read() if whole else None
            reply = Reply(answer.status, _end_to_end(answer.headers), body)
            for fault in faults:
                await fault.after(reply)
            seen.status = reply.status
            return await _send(request, reply, answer.content)


def verb_of(method: str, path: str, query: t.Mapping[str, str]) -> str:
    """The verb under which the API server authorizes a request; the plain method where a path is not Kubernetes'."""
    match = _GROUP_VERSION.match(path)
    if match is None or method not in {"GET", *_KUBERNETES_VERBS}:
        return method.lower()
    parts = match.group(1).strip("/").split("/")
    # namespaces/NAME/RESOURCE is a collection, namespaces/NAME and namespaces/NAME/status are single objects.
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in ("status", "finalize"):
        parts = parts[2:]
    collection = len(parts) == 1
    if method == "GET":
        watches = query.get("watch", "") in ("1", "true")
        return "watch" if watches and collection else "list" if collection else "get"
    return "deletecollection" if method == "DELETE" and collection else _KUBERNETES_VERBS[method]


async def _send(request: web.Request, reply: Reply, content: aiohttp.StreamReader | None) -> web.StreamResponse:
    """Write the answer; each piece that arrives goes out at once, so that watches are not delayed."""
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    empty = request.method == "HEAD" or reply.status in (204, 304)
    if reply.body is not None:
        response.content_length = len(reply.body)
    elif "Content-Length" not in reply.headers and not empty:
        response.enable_chunked_encoding()
    await response.prepare(request)
    async for piece in _pieces(reply, content):
        await response.write(piece)
    if reply.cut_after is None:
        await response.write_eof()
    elif request.transport is not None:
        # Closed, not reset: what was written before still arrives.
        request.transport.close()
    return response


async def _pieces(reply: Reply, content: aiohttp.StreamReader | None) -> AsyncIterator[bytes]:
    """The body as it comes, up to where it is to be cut."""
    left = reply.cut_after
    async for piece in _body(reply, content):
        if left is not None and len(piece) >= left:
            yield piece[:left]
            return
        yield piece
        left = None if left is None else left - len(piece)


async def _body(reply: Reply, content: aiohttp.StreamReader | None) -> AsyncIterator[bytes]:
    if reply.body is not None:
        yield reply.body
    elif content is not None:
        async for piece in content.iter_any():
            yield piece


def _reset(request: web.Request) -> None:
    """End the connection so that the client gets a reset, not an end of file."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


def _request_headers(headers: CIMultiDictProxy[str], *, plain: bool) -> CIMultiDict[str]:
    kept = _end_to_end(headers)
    if plain:
        # A body that is to be changed must be neither compressed nor binary.
        kept.popall("Accept-Encoding", None)
        if "json" not in kept.get("Accept", ""):
            kept["Accept"] = "application/json"
    return kept


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)
