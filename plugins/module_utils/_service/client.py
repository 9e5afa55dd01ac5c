# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only way to the REST service of Theia Cloud: typed answers, and errors that say what to do."""

from __future__ import annotations

import base64
import typing as t

from .._common.errors import (
    EduideError,
    Forbidden,
    Misconfigured,
    Unauthorized,
)
from .._common.parsing import parse_json
from .._common.quantities import byte_count, millicores, used
from .._common.secrets import clean_credential
from .scaling import ScalingEndpoints
from .transport import (
    Reply,
    ServiceTransport,
    list_of,
    refusal,
    unexpected_answer,
)

# Why a field is null where only the service was asked.
UNTOLD_BY_SERVICE = "the REST service does not tell it; api=kubernetes does"


class ListedSession(t.NamedTuple):
    """A session as the service lists it: no status, no URL, and here none of its secrets."""

    name: str
    user: str
    app_definition: str
    workspace: str | None


class ListedWorkspace(t.NamedTuple):
    """A workspace as the service lists it; ``active`` means that a session of it exists, in whatever state."""

    name: str
    label: str | None
    app_definition: str | None
    user: str
    active: bool


class Performance(t.NamedTuple):
    """What the IDE's container of one session uses; None for what cannot have been measured."""

    cpu_millicores: int | None
    memory_bytes: int | None


class Service:
    """The REST service, asked with the tokens of the options."""

    def __init__(self, transport: ServiceTransport) -> None:
        self.url = transport.url
        self.admin = ScalingEndpoints(transport)
        self._transport = transport
        self._params = transport.params

    @property
    def user(self) -> str | None:
        """The user that the token speaks for, or None where there is no token or no e-mail address in it."""
        return token_user(self._params.get("user_token"))

    def ping(self) -> None:
        """Ask whether anybody answers, and takes the app_id."""
        doing = "reach the service"
        reply = self._asked(doing, "GET", [self._app_id(doing)], user=False)
        if reply.content is not True:
            raise unexpected_answer(doing, reply)

    def sessions(self, user: str) -> list[ListedSession]:
        """The sessions of the token's own user."""
        doing = f"list the sessions of {user!r}"
        reply = self._asked(doing, "GET", ["session", self._app_id(doing), user])
        return [
            ListedSession(
                name=str(entry["name"]),
                user=str(entry["user"]),
                app_definition=str(entry["appDefinition"]),
                # Absent, null, empty and blank all mean that the session has no workspace.
                workspace=str(entry.get("workspace") or "").strip() or None,
            )
            for entry in list_of(reply, doing, "name", "user", "appDefinition")
        ]

    def workspaces(self, user: str) -> list[ListedWorkspace]:
        """The workspaces of the token's own user."""
        doing = f"list the workspaces of {user!r}"
        reply = self._asked(doing, "GET", ["workspace", self._app_id(doing), user])
        return [
            ListedWorkspace(
                name=str(entry["name"]),
                label=entry.get("label"),
                app_definition=entry.get("appDefinition"),
                user=str(entry.get("user") or user),
                active=bool(entry.get("active")),
            )
            for entry in list_of(reply, doing, "name")
        ]

    def start_session(self, user: str, app_definition: str, minutes: int) -> None:
        """Start a session without a workspace. The answer comes when it has a URL, or when the minutes are over."""
        doing = f"start a session of {app_definition!r} for {user!r}"
        launch = {"appDefinition": app_definition, "ephemeral": True, "timeout": minutes}
        self._asked(doing, "POST", [], {"appId": self._app_id(doing), "user": user, **launch})

    def stop_session(self, user: str, name: str) -> bool:
        """Stop a session of the token's own user. The answer is true even if there was none of that name."""
        doing = f"stop session {name!r} of {user!r}"
        body = {"appId": self._app_id(doing), "user": user, "sessionName": name}
        return _truth(self._asked(doing, "DELETE", ["session"], body), doing)

    def delete_workspace(self, user: str, name: str) -> bool:
        """Delete a workspace of the token's own user, and with it what is stored there."""
        doing = f"delete workspace {name!r} of {user!r}"
        body = {"appId": self._app_id(doing), "user": user, "workspaceName": name}
        return _truth(self._asked(doing, "DELETE", ["workspace"], body), doing)

    def report_activity(self, name: str) -> bool:
        """Set the session's last activity to the service's time; False if there is no such session."""
        doing = f"report activity of session {name!r}"
        body = {"appId": self._app_id(doing), "sessionName": name}
        return _truth(self._asked(doing, "PATCH", ["session"], body, user=False), doing)

    def performance(self, name: str) -> Performance:
        """What a session of the token's own user uses right now."""
        doing = f"read the performance of session {name!r}"
        reply = self._asked(doing, "GET", ["session", "performance", self._app_id(doing), name])
        figures = reply.content if isinstance(reply.content, dict) else {}
        try:
            cpu = used(millicores(f"{figures['cpuAmount']}{figures.get('cpuFormat') or ''}"))
            # Always bytes, whatever the suffix claims; a Java decimal may come with an exponent.
            memory = used(byte_count(figures["memoryAmount"]))
        except (KeyError, ValueError):
            raise unexpected_answer(doing, reply) from None
        return Performance(cpu, memory)

    def _app_id(self, doing: str) -> str:
        app_id = self._params.get("app_id")
        if not app_id:
            raise Misconfigured(
                f"cannot {doing}: the option app_id is not set; the service wants it with every request"
            )
        return str(app_id)

    def _bearer(self) -> dict[str, str]:
        token = self._params.get("user_token")
        return {"Authorization": f"Bearer {clean_credential(token, 'user_token')}"} if token else {}

    def _asked(
        self,
        doing: str,
        method: str,
        path: t.Sequence[str],
        body: t.Mapping[str, t.Any] | None = None,
        *,
        user: bool = True,
    ) -> Reply:
        reply = self._transport.send(doing, method, path, body=body, headers=self._bearer() if user else {})
        if user and reply.status in (401, 403):
            raise self._user_refused(reply, doing)
        if not 200 <= reply.status < 300:
            raise refusal(reply, doing, self.url)
        return reply

    def _user_refused(self, reply: Reply, doing: str) -> EduideError:
        facts = {"status": reply.status, "service_url": self.url}
        if reply.status == 401:
            cause = "does not accept the user_token (it may have expired)" if self._bearer() else "wants a user_token"
            return Unauthorized(f"cannot {doing}: {self.url} {cause} (401); get a new one by logging in", **facts)
        whose = f"this token is that of {self.user!r}" if self.user else "the token names no user by e-mail address"
        return Forbidden(
            f"cannot {doing}: {self.url} refuses it (403); it serves users only for themselves, and {whose}; "
            "where Keycloak is off, it refuses everybody",
            **facts,
        )


def connect_service(params: t.Mapping[str, t.Any], *, check_mode: bool = False) -> Service:
    """Open the way to the service that the options name. In check mode every write is a programming error."""
    if not params.get("service_url"):
        raise Misconfigured("the option service_url is not set: it is the address of Theia Cloud's REST service")
    return open_service(params, check_mode=check_mode)


def open_service(params: t.Mapping[str, t.Any], *, check_mode: bool) -> Service:
    """Open it over HTTP: the one place where tests put another service."""
    return Service(ServiceTransport(params, check_mode=check_mode))


def token_user(token: str | None) -> str | None:
    """The e-mail address in a token, which is the user id of the platform. Nothing is verified: the service does."""
    parts = (token or "").split(".")
    if len(parts) != 3:
        return None
    try:
        claims = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    email = claims.get("email") if isinstance(claims, dict) else None
    return email if isinstance(email, str) and email else None


def _truth(reply: Reply, doing: str) -> bool:
    if not isinstance(reply.content, bool):
        raise unexpected_answer(doing, reply)
    return reply.content
