# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the REST service: sending it, and what a missing or refusing answer means."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import typing as t
import urllib.error
import urllib.parse

from .._common.batch import in_parallel
from .._common.errors import (
    Conflict,
    EduideError,
    Forbidden,
    Invalid,
    LimitReached,
    Misconfigured,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
    fate_of_write,
)
from .._common.redact import scrub_text
from .._common.waiting import Deadline

T = t.TypeVar("T")
R = t.TypeVar("R")

# Waits before a read is tried again, in seconds. The time-out of the request bounds their sum.
BACKOFF_SECONDS = (0.3, 0.9)
_WORTH_READING_AGAIN = frozenset({429, 500, 502, 503, 504})
# The service's own codes, of which HTTP knows none, and what kind of failure each is.
_OWN_CODES: t.Mapping[int, type[EduideError]] = {
    470: Unauthorized,
    471: NotFound,
    473: NotFound,
    474: NotFound,
    475: Conflict,
    480: Invalid,
    481: Invalid,
    552: LimitReached,
    553: LimitReached,
    554: LimitReached,
}
_PLAIN_CODES: t.Mapping[int, type[EduideError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotServed,
    405: NotServed,
    409: Conflict,
    422: Invalid,
}
# What to look at where something in between answered, or the service is not what the address promises.
_HINTS: t.Mapping[int, str] = {
    404: "; is service_url right?",
    405: "; is service_url right?",
    502: "; is the service running?",
    503: "; is the service running?",
    504: "; it took longer than the gateway in front of the service allows",
}
# OpenSSL's codes for a certificate that does not carry the wanted host name or address.
_WRONG_NAME = frozenset({62, 64})


class Reply(t.NamedTuple):
    """What came back, whatever the status."""

    status: int
    text: str
    location: str | None = None
    writes: bool = False
    """Whether it answers a request that changes something."""

    @property
    def content(self) -> t.Any:
        """The JSON in the text, or the text itself: the service labels neither reliably."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text.strip()

    @property
    def reason(self) -> str:
        """The service's own words for a refusal, if it has any."""
        content = self.content
        if isinstance(content, dict):
            return str(content.get("reason") or "")
        # An error page of something in between says nothing that helps.
        return content if isinstance(content, str) and not content.startswith("<") else ""

    @property
    def fate(self) -> dict[str, str]:
        """What became of a write, if it was one and this is no answer to it."""
        return fate_of_write(self.status) if self.writes else {}


class Wire:
    """Sends requests to one service. Several threads may use it at once."""

    def __init__(
        self,
        url: str,
        *,
        validate_certs: bool,
        ca_cert: str | None,
        timeout_seconds: float,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        # Nothing else takes as long to import, and most tasks never speak to the service.
        from ansible.module_utils.urls import Request

        self.url = _base(url)
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep
        # No netrc: its Authorization header would make the service refuse an admin token.
        settings = {"use_netrc": False, "follow_redirects": "none", "http_agent": "eduide.theia"}
        context = _tls(self.url, validate_certs, ca_cert)
        try:
            self._request = Request(context=context, **settings)
        except TypeError:  # ansible-core 2.16 makes the context itself, for every request
            self._request = Request(validate_certs=validate_certs, ca_path=ca_cert, **settings)

    def send(
        self,
        method: str,
        path: t.Sequence[str],
        *,
        headers: t.Mapping[str, str],
        body: t.Mapping[str, t.Any] | None = None,
        timeout_seconds: float | None = None,
    ) -> Reply:
        """Send. A read is tried again; a write only when no connection came about."""
        deadline = Deadline(timeout_seconds or self._timeout_seconds)
        url = "/".join([self.url, *(urllib.parse.quote(part, safe="") for part in path)])
        waits = iter(BACKOFF_SECONDS)
        while True:
            outcome = self._attempt(method, url, headers, body, deadline)
            wait = next(waits, None) if _worth_another(outcome, reading=method == "GET") else None
            if wait is None or not deadline.allows(wait):
                break
            self._sleep(wait)
        if isinstance(outcome, Reply):
            return outcome._replace(writes=method != "GET")
        if method != "GET":
            outcome.details["applied"] = "unknown" if outcome.details.pop("sent") else "no"
        outcome.details.pop("sent", None)
        raise outcome

    def _attempt(
        self,
        method: str,
        url: str,
        headers: t.Mapping[str, str],
        body: t.Mapping[str, t.Any] | None,
        deadline: Deadline,
    ) -> Reply | Unreachable:
        sent_headers = {"Accept": "application/json, text/plain", **headers}
        if body is not None:
            sent_headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        try:
            try:
                response = self._request.open(method, url, data=data, headers=sent_headers, timeout=deadline.left())
            except urllib.error.HTTPError as refused:
                response = refused
            with response:
                text = response.read().decode("utf-8", "replace")
                return Reply(response.status, text, response.headers.get("Location"))
        except (OSError, http.client.HTTPException) as exc:
            return self._lost(exc, deadline.seconds)

    def _lost(self, exc: Exception, timeout_seconds: float) -> Unreachable:
        cause = exc.reason if isinstance(exc, urllib.error.URLError) else exc
        where = f"the REST service at {self.url}"
        sent = False
        if isinstance(cause, ssl.SSLError):
            return UntrustedCertificate(_certificate_text(cause, where), service_url=self.url, sent=sent)
        if isinstance(cause, socket.gaierror):
            text = f"the host name of {where} is not known; is service_url right?"
        elif isinstance(cause, ConnectionRefusedError):
            text = f"cannot connect to {where}: connection refused; is the service running, and is service_url right?"
        elif isinstance(cause, TimeoutError):
            sent = not isinstance(exc, urllib.error.URLError)
            text = f"no answer from {where} within {timeout_seconds:g} s; try again, or raise timeout_seconds"
        else:
            sent = True
            said = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
            text = f"the connection to {where} broke: {said}"
        error = Unreachable(text, service_url=self.url, sent=sent)
        error.__cause__ = exc
        return error


def _tls(url: str, validate_certs: bool, ca_cert: str | None) -> ssl.SSLContext:
    """Made once: every request would otherwise read all the certificates that the system trusts."""
    if url.startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    from ansible.module_utils.urls import make_context

    try:
        context: ssl.SSLContext = make_context(cafile=ca_cert, validate_certs=validate_certs)
    except (OSError, ValueError) as exc:
        raise Misconfigured(f"the option service_ca_cert names {ca_cert}, which cannot be used: {exc}") from exc
    # Python 3.13 began to refuse CA certificates that other clients accept.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _base(url: str) -> str:
    """The address that all paths start from; people copy it with and without the last segment."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise Misconfigured("the option service_url has to be an address that begins with https:// or http://")
    if parts.username or parts.password:
        raise Misconfigured("the option service_url must not hold a user or password: they would end in every log")
    return url.rstrip("/").removesuffix("/service") + "/service"


def _worth_another(outcome: Reply | Unreachable, *, reading: bool) -> bool:
    if isinstance(outcome, Reply):
        return reading and outcome.status in _WORTH_READING_AGAIN
    return not isinstance(outcome, UntrustedCertificate) and (reading or not outcome.details["sent"])


def _certificate_text(exc: ssl.SSLError, where: str) -> str:
    if not isinstance(exc, ssl.SSLCertVerificationError):
        return f"no TLS connection to {where}: {exc.reason or exc}; does the service speak https there?"
    remedy = "give the CA that signed it with the option service_ca_cert"
    if exc.verify_code in _WRONG_NAME:
        remedy = "use the name it was made for in service_url"
    return f"the certificate of {where} is not trusted: {exc.verify_message.rstrip('.')}; {remedy}"


def refusal(reply: Reply, doing: str, url: str, **facts: t.Any) -> EduideError:
    """The error for an answer whose status is not a success, for what all endpoints have in common."""
    facts = {"status": reply.status, "service_url": url, **facts}
    reason = scrub_text(reply.reason)
    cannot = f"cannot {doing}"
    if 300 <= reply.status < 400:
        target = scrub_text(reply.location or "elsewhere")
        return ServerFailed(
            f"{cannot}: {url} redirects to {target}; put the final address into service_url", **facts, **reply.fate
        )
    if reply.status == 470:
        return Unauthorized(
            f"{cannot}: {url} does not know this app_id (470); it is the service's application id", **facts
        )
    kind = _OWN_CODES.get(reply.status) or _PLAIN_CODES.get(reply.status) or ServerFailed
    said = f"{reason} ({reply.status})" if reason else f"{url} answered with status {reply.status}"
    fate = reply.fate if kind is ServerFailed else {}
    return kind(f"{cannot}: {said}{_HINTS.get(reply.status, '')}", **facts, **fate)


class Endpoints:
    """What all endpoints of a service have in common."""

    def __init__(self, wire: Wire, params: t.Mapping[str, t.Any], *, check_mode: bool) -> None:
        self.url = wire.url
        self._wire = wire
        self._params = params
        self._check_mode = check_mode

    def map(self, function: t.Callable[[T], R], items: t.Iterable[T], concurrency: int = 8) -> list[R]:
        """Call the function for each item in a bounded number of threads; results keep the order of the items."""
        return in_parallel(function, items, concurrency)

    def _guard(self, doing: str) -> None:
        if self._check_mode:
            raise RuntimeError(f"in check mode nothing may be sent, but this was asked for: {doing}")

    def _send(
        self,
        doing: str,
        method: str,
        path: t.Sequence[str],
        *,
        headers: t.Mapping[str, str],
        body: t.Mapping[str, t.Any] | None = None,
        timeout_seconds: float | None = None,
    ) -> Reply:
        try:
            return self._wire.send(method, path, headers=headers, body=body, timeout_seconds=timeout_seconds)
        except Unreachable as exc:
            raise type(exc)(f"cannot {doing}: {exc}", **exc.details) from exc.__cause__


def list_of(reply: Reply, doing: str, *fields: str) -> list[dict[str, t.Any]]:
    """The objects of a list, each with the fields that we cannot do without."""
    content = reply.content
    if not isinstance(content, list):
        raise strange(doing, reply)
    for entry in content:
        if not isinstance(entry, dict) or any(field not in entry for field in fields):
            raise strange(doing, reply)
    return content


def strange(doing: str, reply: Reply) -> ServerFailed:
    """An answer that says it is good and is not what the service would answer."""
    return ServerFailed(
        f"cannot {doing}: the answer does not fit the question; does service_url lead to Theia Cloud's service, and is "
        "nothing in between changing answers?",
        status=reply.status,
        **reply.fate,
    )
