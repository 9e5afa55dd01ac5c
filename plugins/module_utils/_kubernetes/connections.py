# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to the Kubernetes API (TLS, client certificate, proxy), and what it means when one fails."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import tempfile
import typing as t
import urllib.parse
import urllib.request

from ansible.module_utils.basic import missing_required_lib

from .._common.errors import Misconfigured, Unreachable, UntrustedCertificate
from .access import Access
from .kubeconfig import Pem

# OpenSSL's codes for a certificate that does not carry the wanted host name or address.
_WRONG_NAME = frozenset({62, 64})
_EXPIRED = 10


def connect_timeout(timeout_seconds: float) -> float:
    """A server that is there accepts a connection soon; only its answers may take long."""
    return min(10.0, timeout_seconds)


class _SharedContext(ssl.SSLContext):
    """A TLS context that several threads connect with at once.

    urllib3 writes the protocols anew before each connection. OpenSSL may be copying them for another thread at that
    moment and then sends what lies in freed memory, upon which the server ends the handshake. So they are written once.
    """

    def __init__(self, _protocol: int) -> None:
        super().set_alpn_protocols(["http/1.1"])

    def set_alpn_protocols(self, alpn_protocols: t.Iterable[str]) -> None:
        pass


class Lost(t.NamedTuple):
    """An attempt without an answer: whether it may have arrived, and whether another one may fare better."""

    error: Unreachable
    sent: bool
    may_pass: bool
    cause: Exception


def load_urllib3() -> t.Any:
    try:
        import urllib3
    except ImportError as exc:
        # It comes with the Python client, whose name is the one to install by.
        raise Misconfigured(missing_required_lib("kubernetes"), missing="urllib3") from exc
    return urllib3


def open_pool(access: Access, connections: int) -> t.Any:
    urllib3 = load_urllib3()
    options: dict[str, t.Any] = {"maxsize": connections}
    if access.host.startswith("https://"):
        options["ssl_context"] = _tls(access)
        if access.server_name:
            options["server_hostname"] = access.server_name
        if not access.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    proxy = proxy_for(access, os.environ)
    if proxy is None:
        return urllib3.PoolManager(**options)
    if proxy.startswith("socks"):
        try:
            from urllib3.contrib.socks import SOCKSProxyManager
        except ImportError as exc:
            raise Misconfigured(missing_required_lib("PySocks", reason=f"for the proxy {_bare(proxy)}")) from exc
        return SOCKSProxyManager(proxy, **options)
    headers = urllib3.util.make_headers(**access.proxy_headers) if access.proxy_headers else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _tls(access: Access) -> ssl.SSLContext:
    context = _SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    # Any certificate given as an authority is one, as for other Kubernetes clients; Python 3.13 made this its default.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    ca = access.ca or Pem()
    try:
        if ca.path or ca.data:
            context.load_verify_locations(ca.path, cadata=ca.data.decode("ascii", "replace") if ca.data else None)
        else:
            context.load_default_certs()
    except (OSError, ValueError) as exc:
        raise Misconfigured(f"the CA certificate from {ca.path or access.source} cannot be used: {exc}") from exc
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_cert:
        with contextlib.ExitStack() as stack:
            cert = stack.enter_context(_as_file(access.client_cert))
            key = stack.enter_context(_as_file(access.client_key)) if access.client_key else None
            try:
                context.load_cert_chain(cert, key)
            except (OSError, ValueError) as exc:
                raise Misconfigured(f"the client certificate from {access.source} cannot be used: {exc}") from exc
    return context


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


def proxy_for(access: Access, environ: t.Mapping[str, str]) -> str | None:
    """The proxy named by option or kubeconfig, else the one of the environment, unless the host is exempt."""
    target = urllib.parse.urlsplit(access.host)
    proxy = access.proxy
    if proxy is None:
        proxy = environ.get(f"{target.scheme}_proxy") or environ.get(f"{target.scheme.upper()}_PROXY")
    exempt = access.no_proxy or environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if not proxy or _exempt(target.hostname or "", exempt):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _exempt(host: str, rules: str) -> bool:
    for rule in (rule.strip().lower().lstrip(".") for rule in rules.split(",")):
        if rule and (rule in ("*", host) or host.endswith(f".{rule}")):
            return True
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False):
                return True
    return False


def _bare(url: str) -> str:
    """An address without the user and password that may be in it."""
    return url.rsplit("@", 1)[-1]


def explain_loss(exc: Exception, access: Access, timeout_seconds: float) -> Lost:
    """Put a failed attempt into words. Order matters: urllib3 derives a refusal from a connect time-out."""
    errors = load_urllib3().exceptions
    where = f"the Kubernetes API at {access.host} ({access.source})"
    connect_seconds = connect_timeout(timeout_seconds)
    proxy = _bare(proxy_for(access, os.environ) or "")
    cases: tuple[tuple[t.Any, str, bool, bool], ...] = (
        (errors.ProxyError, f"the proxy {proxy} does not lead to {where}: {_cause(exc)}", False, True),
        (errors.NameResolutionError, f"the host name of {where} is not known; is the address right?", False, False),
        (
            errors.NewConnectionError,
            f"cannot connect to {where}: {_cause(exc)}; is it running, and is the address right?",
            False,
            True,
        ),
        (
            errors.ConnectTimeoutError,
            f"no connection to {where} within {connect_seconds:g} s; is the network in between open?",
            False,
            False,
        ),
        (
            errors.ReadTimeoutError,
            f"no answer from {where} within {timeout_seconds:g} s; try again, or raise timeout_seconds",
            True,
            True,
        ),
        (errors.HTTPError, f"the connection to {where} broke: {_cause(exc)}", True, True),
    )
    if isinstance(exc, errors.SSLError):
        return Lost(UntrustedCertificate(_certificate_text(exc, where), host=access.host), False, False, exc)
    _type, text, sent, may_pass = next(case for case in cases if isinstance(exc, case[0]))
    return Lost(Unreachable(text, host=access.host), sent, may_pass, exc)


def _cause(exc: BaseException) -> str:
    """The innermost reason; the outer texts of urllib3 repeat addresses of Python objects."""
    while True:
        inner = exc.__cause__ or exc.__context__ or next((a for a in exc.args if isinstance(a, BaseException)), None)
        if inner is None:
            break
        exc = inner
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    return str(exc) or type(exc).__name__


def _certificate_text(exc: Exception, where: str) -> str:
    inner = exc.args[0] if exc.args else exc
    if not isinstance(inner, ssl.SSLCertVerificationError):
        return f"no TLS connection to {where}: {_cause(exc)}; does the server speak https there?"
    if inner.verify_code in _WRONG_NAME:
        return (
            f"the certificate of {where} does not match: {inner.verify_message.rstrip('.')}; "
            "use the name it was made for, or set tls-server-name in the kubeconfig"
        )
    if inner.verify_code == _EXPIRED:
        return f"the certificate of {where} has expired; it has to be renewed on the server"
    return (
        f"the certificate of {where} is not trusted: {inner.verify_message.rstrip('.')}; "
        "give the CA that signed it with the option ca_cert or in the kubeconfig"
    )
