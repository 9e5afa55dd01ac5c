# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the REST service, and what a refusing answer means."""

from __future__ import annotations

import json
import os
import time
import typing as t
import urllib.parse

from .._common.errors import (
    Conflict,
    EduideError,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
)
from .._common.http.client import HttpClient, Message
from .._common.http.connections import Endpoint, Hints, Pem, read_address
from .._common.http.proxies import proxy_of_environment
from .._common.http.rules import Effect, Fault, fate, fault_of
from .._common.parsing import parse_json
from .._common.redact import scrub_text
from .._common.waiting import request_deadline

CONNECTIONS = 8
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
_HINTS_TO_CONNECT = Hints(
    address="is service_url right?",
    authority="give the CA that signed it with the option service_ca_cert",
    certificate_name="use the name it was made for in service_url",
)


class Reply(t.NamedTuple):
    """What came back, whatever the status."""

    status: int
    text: str
    location: str | None = None
    effect: Effect = Effect.READ
    """Of the request that it answers."""

    @property
    def content(self) -> t.Any:
        """The JSON in the text, or the text itself: the service labels neither reliably."""
        try:
            return parse_json(self.text)
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
        return fate(self.effect, fault_of(self.status) or Fault.NOT_UNDERSTOOD)


class ServiceTransport:
    """Sends requests to one service. Several threads may use it at once."""

    def __init__(
        self,
        params: t.Mapping[str, t.Any],
        *,
        check_mode: bool,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = _base(str(params["service_url"]))
        self.params = params
        self._check_mode = check_mode
        self._timeout_seconds = params.get("timeout_seconds") or 30
        endpoint = Endpoint(
            url=self.url,
            name=f"the REST service at {self.url}",
            hints=_HINTS_TO_CONNECT,
            facts={"service_url": self.url},
            verify=params.get("validate_certs") is not False,
            ca=Pem(path=params["service_ca_cert"]) if params.get("service_ca_cert") else None,
            proxy=proxy_of_environment(self.url, os.environ),
        )
        self._client = HttpClient(endpoint, connections=CONNECTIONS, sleep=sleep)

    def send(
        self,
        doing: str,
        method: str,
        path: t.Sequence[str],
        *,
        headers: t.Mapping[str, str],
        body: t.Mapping[str, t.Any] | None = None,
    ) -> Reply:
        """Send, and send again where the rules for answers allow it."""
        # The service has no guards: what it is told to do it does to whatever has that name.
        effect = Effect.READ if method == "GET" else Effect.UNGUARDED_WRITE
        if effect is not Effect.READ and self._check_mode:
            raise RuntimeError(f"in check mode nothing may be sent, but this was asked for: {doing}")
        target = "".join(f"/{urllib.parse.quote(part, safe='')}" for part in path)
        sent = {"Accept": "application/json, text/plain", "User-Agent": "eduide.theia", **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        message = Message(method, target, effect, [*sent.items()], data)
        try:
            answer = self._client.send(message, request_deadline(self._timeout_seconds))
        except EduideError as exc:
            raise type(exc)(f"cannot {doing}: {exc}", **exc.details) from None
        return Reply(answer.status, answer.body.decode("utf-8", "replace"), answer.headers.get("Location"), effect)


def _base(url: str) -> str:
    """The address that all paths start from; people copy it with and without the last segment."""
    return read_address(url, "the option service_url").removesuffix("/service") + "/service"


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


def list_of(reply: Reply, doing: str, *fields: str) -> list[dict[str, t.Any]]:
    """The objects of a list, each with the fields that we cannot do without."""
    content = reply.content
    if not isinstance(content, list):
        raise unexpected_answer(doing, reply)
    for entry in content:
        if not isinstance(entry, dict) or any(field not in entry for field in fields):
            raise unexpected_answer(doing, reply)
    return content


def unexpected_answer(doing: str, reply: Reply) -> ServerFailed:
    """An answer that says it is good and is not what the service would answer."""
    return ServerFailed(
        f"cannot {doing}: the answer does not fit the question; does service_url lead to Theia Cloud's service, and is "
        "nothing in between changing answers?",
        status=reply.status,
        **reply.fate,
    )
