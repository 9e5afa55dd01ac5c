# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scaling endpoints of the REST service, which take a token of their own and exist in one of the two variants."""

from __future__ import annotations

import typing as t

from .._common.errors import (
    EduideError,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
)
from .._common.redact import scrub_text
from .._common.secrets import clean_credential
from .transport import (
    Reply,
    ServiceTransport,
    list_of,
    refusal,
    unexpected_answer,
)

_PATH = ("admin", "appdefinition")
_HEADER = "X-Admin-Api-Token"
_UNCONFIGURED = "the service has no admin token configured (ADMIN_API_TOKEN is empty; set it and restart the service)"
_WRONG = "the admin_token is not the one that the service was started with"


class Scaling(t.NamedTuple):
    """The bounds of an app definition as the service tells them."""

    name: str
    min_instances: int
    max_instances: int | None


class ScalingEndpoints:
    """Reading and setting bounds."""

    def __init__(self, transport: ServiceTransport) -> None:
        self.url = transport.url
        self._transport = transport

    def require_admin_token(self) -> str:
        """The token, or an error before anything is asked for."""
        token = self._transport.params.get("admin_token")
        if not token:
            raise Misconfigured(
                "the option admin_token is not set: the service wants it for the bounds of app definitions "
                "(its ADMIN_API_TOKEN)"
            )
        return str(token)

    def scalings(self) -> list[Scaling]:
        """The bounds of all app definitions."""
        doing = "read the bounds of app definitions"
        reply = self._admin(doing, "GET", None)
        return [_scaling(entry, doing, reply) for entry in list_of(reply, doing)]

    def scaling(self, name: str) -> Scaling:
        """The bounds of one app definition."""
        doing = f"read the bounds of app definition {name!r}"
        reply = self._admin(doing, "GET", name)
        return _scaling(reply.content, doing, reply)

    def scale(self, name: str, *, min_instances: int | None = None, max_instances: int | None = None) -> Scaling:
        """Set both bounds in one request; a bound that is None keeps its value."""
        doing = f"set the bounds of app definition {name!r}"
        bounds = {"minInstances": min_instances, "maxInstances": max_instances}
        body = {field: value for field, value in bounds.items() if value is not None}
        reply = self._admin(doing, "PATCH", name, body)
        content = reply.content if isinstance(reply.content, dict) else {}
        spec, metadata = content.get("spec"), content.get("metadata")
        if not isinstance(spec, dict) or not isinstance(metadata, dict):
            raise unexpected_answer(doing, reply)
        return _scaling({**spec, "appDefinitionName": metadata.get("name")}, doing, reply)

    def _admin(self, doing: str, method: str, name: str | None, body: t.Mapping[str, t.Any] | None = None) -> Reply:
        token = self.require_admin_token()
        # Never together with a user's token: a bearer that is not valid is refused before this one is looked at.
        path = [*_PATH, *([name] if name else [])]
        reply = self._transport.send(
            doing, method, path, body=body, headers={_HEADER: clean_credential(token, "admin_token")}
        )
        if not 200 <= reply.status < 300:
            raise self._refused(reply, doing, name, body)
        return reply

    def _refused(self, reply: Reply, doing: str, name: str | None, body: t.Mapping[str, t.Any] | None) -> EduideError:
        facts: dict[str, t.Any] = {"status": reply.status, "service_url": self.url, "name": name}
        if reply.status == 401:
            error: EduideError = Unauthorized(
                f"cannot {doing}: {self.url} saw no admin token (401); either the {_HEADER} header is dropped on the "
                "way, or this service does not scale by token, as upstream Theia Cloud; use api=kubernetes then",
                **facts,
            )
        elif reply.status in (404, 405) or _wants_a_group(reply):
            error = self._nothing_there(reply, doing, name, facts)
        elif reply.status == 403:
            causes = _causes_of_403(scrub_text(reply.reason, [self.require_admin_token()]))
            error = Forbidden(f"cannot {doing}: {self.url} refuses (403): {', or '.join(causes)}", **facts)
        elif reply.status == 400:
            asked = ", ".join(f"{field}={value}" for field, value in (body or {}).items())
            error = Invalid(
                f"cannot {doing}: {self.url} does not accept {asked} (400); both bounds have to be 0 or more and "
                "minInstances at most maxInstances, where a bound that is not sent keeps its present value",
                **facts,
            )
        elif reply.status == 500 and body is not None:
            error = ServerFailed(
                f"cannot {doing}: the write failed inside the service (500), such as for another client that "
                "changed the app definition at the same time; look at the bounds and run the task again",
                **facts,
                **reply.fate,
            )
        else:
            error = refusal(reply, doing, self.url, name=name)
        return error

    def _nothing_there(self, reply: Reply, doing: str, name: str | None, facts: dict[str, t.Any]) -> EduideError:
        """An unknown app definition and an endpoint that does not exist look alike, so ask for the list."""
        if name is not None and reply.status == 404:
            try:
                known = sorted(scaling.name for scaling in self.scalings())
            except (NotServed, Unauthorized):
                pass
            else:
                names = ", ".join(known) or "none"
                return NotFound(f"cannot {doing}: there is none of that name; known: {names}", known=known, **facts)
        return NotServed(
            f"cannot {doing}: {self.url} has no endpoint for it ({reply.status}); upstream Theia Cloud does not scale "
            "by token: use api=kubernetes; otherwise check service_url",
            **facts,
        )


def _wants_a_group(reply: Reply) -> bool:
    """A service without these endpoints takes their path for that of the ping of administrators, and says so."""
    return reply.status == 403 and "admin privileges required" in reply.reason.lower()


def _causes_of_403(said: str) -> list[str]:
    """The service tells the two causes apart in its text only, and a gateway in between may have its own."""
    words = said.lower()
    if "not configured" in words:
        return [_UNCONFIGURED]
    return [_WRONG] if "token" in words and "valid" in words else [_WRONG, _UNCONFIGURED]


def _scaling(entry: t.Any, doing: str, reply: Reply) -> Scaling:
    fields = entry if isinstance(entry, dict) else {}
    name, low = fields.get("appDefinitionName"), fields.get("minInstances")
    if not name or not isinstance(low, int):
        raise unexpected_answer(doing, reply)
    return Scaling(str(name), low, fields.get("maxInstances"))
