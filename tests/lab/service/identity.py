# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is calling: bearer tokens, the guards of endpoints, and the user a request is evaluated for."""

from __future__ import annotations

import typing as t

from aiohttp import web

from lab.service.body import Body, read_body
from lab.service.context import SETTINGS, VERIFIER
from lab.service.errors import INVALID_APP_ID, MislabelledError, PlainError, PlatformError, TextError

Handler: t.TypeAlias = t.Callable[[web.Request], t.Awaitable[web.StreamResponse]]

ADMIN_TOKEN_HEADER = "X-Admin-Api-Token"


class Caller(t.NamedTuple):
    """What is known of the sender of a request."""

    authenticated: bool
    email: str | None = None
    groups: tuple[str, ...] = ()


CALLER: web.RequestKey[Caller] = web.RequestKey("caller", Caller)


def unauthorized() -> PlainError:
    return PlainError(401, {"WWW-Authenticate": "Bearer"})


@web.middleware
async def proactive_authentication(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Look at a bearer before anything else: a bad one is 401 even where none is needed."""
    if not request.app[SETTINGS].keycloak:
        request[CALLER] = Caller(authenticated=True)
        return await handler(request)
    scheme, _unused, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        request[CALLER] = Caller(authenticated=False)
        return await handler(request)
    verifier = request.app[VERIFIER]
    claims = None if verifier is None else verifier.claims(token.strip())
    if claims is None:
        raise unauthorized()
    groups = tuple(str(group) for group in claims.get("groups") or ())
    request[CALLER] = Caller(authenticated=True, email=claims.get("email") or None, groups=groups)
    return await handler(request)


def authenticated(handler: Handler) -> Handler:
    """The endpoint wants a bearer, unless the service runs without Keycloak."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not request[CALLER].authenticated:
            raise unauthorized()
        return await handler(request)

    return guarded


def no_anonymous(handler: Handler) -> Handler:
    """The endpoint wants a known user; without Keycloak there is none, so nobody can use it."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not request.app[SETTINGS].keycloak or request[CALLER].email is None:
            raise PlainError(403)
        return await handler(request)

    return authenticated(guarded)


def admin_group(handler: Handler) -> Handler:
    """The endpoint wants a bearer whose groups contain the configured one; none at all is 403 too."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if request.app[SETTINGS].admin_group not in request[CALLER].groups:
            raise TextError(403, "Admin privileges required to access this resource.")
        return await handler(request)

    return guarded


def admin_token(handler: Handler) -> Handler:
    """The endpoint wants the token header and nothing else: no bearer, no appId."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        configured = request.app[SETTINGS].admin_token.strip()
        presented = request.headers.get(ADMIN_TOKEN_HEADER, "")
        if not configured:
            raise MislabelledError(403, "Admin API token authentication is not configured.")
        if not presented.strip():
            raise MislabelledError(401, f"Admin API token required in {ADMIN_TOKEN_HEADER} header.")
        if presented != configured:
            raise MislabelledError(403, "Valid admin API token required.")
        return await handler(request)

    return guarded


def check_app_id(request: web.Request, app_id: str | None) -> None:
    if app_id != request.app[SETTINGS].app_id:
        raise PlatformError(INVALID_APP_ID)


async def checked_body(request: web.Request) -> Body:
    """A body with the right appId. Without any body April's service fails while it writes its log."""
    body = await read_body(request)
    if body is None and request.app[SETTINGS].april:
        raise ValueError("the request has no body")
    if body is None:
        # Of newer code nobody has seen this (inferred).
        raise PlatformError(INVALID_APP_ID)
    check_app_id(request, body.text("appId"))
    return body


def user_of(request: web.Request, stated: str | None) -> str:
    """The user that a user-scoped request acts for: nobody can act for somebody else, administrators included."""
    if not request.app[SETTINGS].keycloak:
        if stated is None or not stated.strip():
            raise PlainError(400)
        return stated
    email = request[CALLER].email
    if email is None:
        raise unauthorized()
    if stated is not None and stated != email:
        raise PlainError(403)
    return email
