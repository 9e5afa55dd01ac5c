# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it means when a request gets no whole answer, in our own words: those of libraries quote what they got."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import typing as t

from ..errors import EduideError, ServerFailed, Unreachable, UntrustedCertificate
from .connections import Endpoint, load_urllib3
from .rules import Fault
from .sockets import HandshakeFailed

# OpenSSL's codes for a certificate that does not carry the wanted host name or address.
_WRONG_NAME = frozenset({62, 64})
_EXPIRED = 10
# The proxy's status is the only part of Python's text that is passed on.
_TUNNEL = re.compile(r"^Tunnel connection failed: (\d{3})\b")
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (http.client.RemoteDisconnected, "the server closed it without an answer"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "connection reset"),
    (BrokenPipeError, "connection reset"),
    (http.client.IncompleteRead, "the answer is cut off"),
    (http.client.LineTooLong, "the head of the answer is too large"),
    (http.client.HTTPException, "the answer is no HTTP"),
    (TimeoutError, "time out"),
)


class TooLarge(Exception):
    """The answer is larger than anything that is asked for here."""


class Lost(t.NamedTuple):
    """An attempt without a whole answer."""

    fault: Fault
    error: EduideError


def explain_loss(exc: Exception, endpoint: Endpoint, seconds: float, connect_seconds: float) -> Lost:
    """Put a failed attempt into words."""
    where, facts = endpoint.name, endpoint.facts
    fault = _fault(exc)
    if fault is Fault.UNTRUSTED:
        return Lost(fault, UntrustedCertificate(_certificate_text(exc, endpoint), **facts))
    texts = {
        Fault.UNKNOWN_NAME: f"the host name of {where} is not known; {endpoint.hints.address}",
        Fault.NOT_REACHED: f"cannot connect to {where}: {_cause(exc)}; is it running, and {endpoint.hints.address}",
        Fault.NOT_REACHED_IN_TIME: f"no connection to {where} within {round(connect_seconds, 1):g} s; "
        "is the network in between open?",
        Fault.SILENT: f"no answer from {where} within {seconds:g} s; try again, or raise timeout_seconds",
        Fault.BROKEN: f"the connection to {where} broke: {_cause(exc)}",
        Fault.GARBLED: f"{where} answered with what makes no sense: {_cause(exc)}; {endpoint.hints.address}",
    }
    text = texts[fault]
    if endpoint.proxy and isinstance(exc, load_urllib3().exceptions.ProxyError):
        text = f"the proxy {endpoint.proxy.url} does not lead to {where}: {_cause(exc)}"
    kind = ServerFailed if fault is Fault.GARBLED else Unreachable
    return Lost(fault, kind(text, **facts))


def _fault(exc: Exception) -> Fault:
    """Order matters: urllib3 derives a refusal from a connect time-out."""
    errors = load_urllib3().exceptions
    cause = _innermost(exc)
    kinds: tuple[tuple[bool, Fault], ...] = (
        (_handshake(exc) is not None, Fault.UNTRUSTED),
        (isinstance(exc, errors.ProxyError), Fault.NOT_REACHED),
        (isinstance(cause, (socket.gaierror, UnicodeError)), Fault.UNKNOWN_NAME),
        (isinstance(exc, errors.NewConnectionError), Fault.NOT_REACHED),
        (isinstance(exc, errors.ConnectTimeoutError), Fault.NOT_REACHED_IN_TIME),
        (isinstance(exc, errors.TimeoutError) or isinstance(cause, TimeoutError), Fault.SILENT),
        (isinstance(cause, (OSError, http.client.IncompleteRead)), Fault.BROKEN),
    )
    return next((fault for fits, fault in kinds if fits), Fault.GARBLED)


def _handshake(exc: Exception) -> ssl.SSLError | None:
    """What OpenSSL said if TLS did not come about. urllib3 wraps it as it does what comes later."""
    wrapped = exc.args[0] if exc.args else None
    return wrapped.args[0] if isinstance(wrapped, HandshakeFailed) else None


def _innermost(exc: BaseException) -> BaseException:
    while True:
        inner = exc.__cause__ or exc.__context__ or next((a for a in exc.args if isinstance(a, BaseException)), None)
        if inner is None:
            return exc
        exc = inner


def _cause(exc: BaseException) -> str:
    cause = _innermost(exc)
    if isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "the server ended TLS"
    if isinstance(cause, ssl.SSLError):
        return (cause.reason or "TLS failed").replace("_", " ").lower()
    if isinstance(cause, TooLarge):
        return "it is too large"
    if tunnel := _TUNNEL.match(str(cause)):
        wants = "; it wants a user and a password, in its address or in proxy_headers" if tunnel[1] == "407" else ""
        return f"it answered with status {tunnel[1]}{wants}"
    words = next((words for kind, words in _WORDS if isinstance(cause, kind)), None)
    return words or (isinstance(cause, OSError) and cause.strerror) or type(cause).__name__


def _certificate_text(exc: Exception, endpoint: Endpoint) -> str:
    where = endpoint.name
    inner = _handshake(exc)
    if not isinstance(inner, ssl.SSLCertVerificationError):
        return f"no TLS connection to {where}: {_cause(exc)}; does the server speak https there?"
    said = inner.verify_message.rstrip(".")
    if inner.verify_code in _WRONG_NAME:
        return f"the certificate of {where} does not match: {said}; {endpoint.hints.certificate_name}"
    if inner.verify_code == _EXPIRED:
        return f"the certificate of {where} has expired; it has to be renewed on the server"
    return f"the certificate of {where} is not trusted: {said}; {endpoint.hints.authority}"
