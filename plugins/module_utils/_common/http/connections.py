# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to a server: its address, TLS, client certificate and proxy."""

from __future__ import annotations

import contextlib
import ssl
import tempfile
import typing as t
import urllib.parse

from ansible.module_utils.basic import missing_required_lib

from ..errors import Misconfigured
from .proxies import Proxy
from .sockets import TlsSocket, pool_classes


class Pem(t.NamedTuple):
    """A certificate or key, as a file or as its content."""

    path: str | None = None
    data: bytes | None = None

    def content(self) -> bytes:
        """May be an ``OSError``."""
        if self.path is None:
            return self.data or b""
        with open(self.path, "rb") as file:
            return file.read()


class Hints(t.NamedTuple):
    """What a person can do about a server that cannot be reached, in the words of the options that name it."""

    address: str
    authority: str
    certificate_name: str


class Endpoint(t.NamedTuple):
    """A server and the way to it."""

    url: str
    """Its address, without a slash at the end."""
    name: str
    """What it is, where it is, and who says so; for messages."""
    hints: Hints
    facts: t.Mapping[str, t.Any]
    """What an error about it carries for machines."""
    verify: bool = True
    ca: Pem | None = None
    client_cert: Pem | None = None
    client_key: Pem | None = None
    server_name: str | None = None
    proxy: Proxy | None = None
    proxy_headers: t.Mapping[str, str] = {}


def read_address(address: str, what: str) -> str:
    """The address of a server without a slash at its end. It is not quoted where it is none: it may be a credential."""
    try:
        parts = urllib.parse.urlsplit(address)
        usable = parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not address.isprintable() or " " in address or parts.query or parts.fragment:
        raise Misconfigured(f"{what}: that is no address of a server; it has to begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise Misconfigured(f"{what}: it must not hold a user or password, which would end in every log")
    return address.rstrip("/")


class _SharedContext(ssl.SSLContext):
    """A TLS context that several threads connect with at once.

    urllib3 writes the protocols anew before each connection. OpenSSL may be copying them for another thread at that
    moment and then sends what lies in freed memory, upon which the server ends the handshake. So they are written once.
    """

    sslsocket_class = TlsSocket

    def __init__(self, _protocol: int) -> None:
        super().set_alpn_protocols(["http/1.1"])

    def set_alpn_protocols(self, alpn_protocols: t.Iterable[str]) -> None:
        pass


def load_urllib3() -> t.Any:
    try:
        import urllib3
    except ImportError as exc:
        raise Misconfigured(missing_required_lib("urllib3"), missing="urllib3") from exc
    return urllib3


def open_pool(endpoint: Endpoint, connections: int) -> t.Any:
    urllib3 = load_urllib3()
    options: dict[str, t.Any] = {"maxsize": connections}
    if endpoint.url.startswith("https://"):
        options["ssl_context"] = _tls(endpoint)
        if endpoint.server_name:
            options["server_hostname"] = endpoint.server_name
        if not endpoint.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if endpoint.proxy and endpoint.proxy.url.startswith("socks"):
        return _socks(endpoint.proxy, options)
    if endpoint.proxy:
        pool = urllib3.ProxyManager(endpoint.proxy.url, proxy_headers=_proxy_headers(endpoint), **options)
    else:
        pool = urllib3.PoolManager(**options)
    pool.pool_classes_by_scheme = pool_classes()
    return pool


def _proxy_headers(endpoint: Endpoint) -> dict[str, str]:
    own = endpoint.proxy.basic_auth if endpoint.proxy else None
    return {**({"proxy-authorization": own} if own else {}), **endpoint.proxy_headers}


def _socks(proxy: Proxy, options: t.Mapping[str, t.Any]) -> t.Any:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError as exc:
        raise Misconfigured(missing_required_lib("PySocks", reason=f"for the proxy {proxy.url}")) from exc
    return SOCKSProxyManager(proxy.url, username=proxy.user, password=proxy.password, **options)


def _tls(endpoint: Endpoint) -> ssl.SSLContext:
    context = _SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    # Any certificate given as an authority is one, as for other Kubernetes clients; Python 3.13 made this its default.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    ca = endpoint.ca or Pem()
    try:
        if ca.path or ca.data:
            context.load_verify_locations(ca.path, cadata=ca.data.decode("ascii", "replace") if ca.data else None)
        else:
            context.load_default_certs()
    except (OSError, ValueError) as exc:
        where = ca.path or f"the settings of {endpoint.name}"
        raise Misconfigured(f"the CA certificate from {where} cannot be used: {_why(exc)}") from None
    if not endpoint.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if endpoint.client_cert:
        _show_certificate(context, endpoint, endpoint.client_cert)
    return context


def _show_certificate(context: ssl.SSLContext, endpoint: Endpoint, client_cert: Pem) -> None:
    with contextlib.ExitStack() as stack:
        cert = stack.enter_context(_as_file(client_cert))
        key = stack.enter_context(_as_file(endpoint.client_key)) if endpoint.client_key else None
        try:
            # A password would be asked for on the terminal, where nobody answers.
            context.load_cert_chain(cert, key, password=lambda: "")
        except (OSError, ValueError) as exc:
            where = client_cert.path or f"the settings of {endpoint.name}"
            raise Misconfigured(f"the client certificate from {where} cannot be used: {_why(exc)}") from None


def _why(exc: OSError | ValueError) -> str:
    """Without the library's own words, which may be about what is in the file."""
    if isinstance(exc, ssl.SSLError):
        return exc.reason or "OpenSSL does not say why"
    return exc.strerror or "no reason given" if isinstance(exc, OSError) else "that is no certificate"


@contextlib.contextmanager
def _as_file(pem: Pem) -> t.Iterator[str]:
    """Python's TLS takes a client certificate only from a file; content gets one for as long as it is read."""
    if pem.path is not None:
        yield pem.path
        return
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem.data or b"")
        file.flush()
        yield file.name
