# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping secrets and, on request, names of people out of everything that leaves the collection."""

from __future__ import annotations

import hashlib
import hmac
import re
import typing as t

HIDDEN = "***"
# Shorter values would also be hidden where they mean something else, and guessing them needs no leak.
SHORTEST_SECRET = 6

# Fields whose whole content is secret: of sessions, of kubeconfigs, of what the REST service takes and gives.
_SECRET_FIELDS = frozenset(
    {
        "sessionsecret",
        "envvars",
        "frommap",
        "pullsecret",
        "authorization",
        "x-admin-api-token",
        "password",
        "secret",
        "token",
        "id-token",
        "access-token",
        "refresh-token",
        "client-secret",
        "client-key-data",
        "client-certificate-data",
        "api_key",
        "admin_token",
        "user_token",
        "basic_auth",
        "proxy_basic_auth",
    }
)
# ``NAME=value`` or ``name: value`` in prose, where the name promises a secret.
_NAMED_SECRET = re.compile(
    r"""(?ix) ( [\w-]* (?: token | secret | password | passwd | api[_-]?key ) [\w-]* ["']? \s* [=:] \s* ["']? )
              (?! \*\*\* ) [^\s"',;}&]+ """
)
# A digit, a sign or a capital inside tells a credential from the next word of a sentence.
_BEARER = re.compile(r"\b([Bb]earer|[Bb]asic|BEARER|BASIC)\s+(?=\S*[0-9=_]|\S+[A-Z])[A-Za-z0-9._~+/=-]{6,}")
_JSON_WEB_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*")
_USER_IN_URL = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^\s/@]+@")


def scrub(value: t.Any, secrets: t.Iterable[str] = ()) -> t.Any:
    """A copy without the content of secret fields, and without the given secrets wherever they stand."""
    return _scrub(value, _longest_first(secrets))


def _scrub(value: t.Any, secrets: t.Sequence[str]) -> t.Any:
    if isinstance(value, t.Mapping):
        return {key: _hide(item) if _is_secret(key, value) else _scrub(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrub(item, secrets) for item in value]
    return _scrub_text(value, secrets) if isinstance(value, str) else value


def _is_secret(key: t.Any, parent: t.Mapping[t.Any, t.Any]) -> bool:
    # The environment of a container is a list of pairs, so the value's own key says nothing.
    return str(key).lower() in _SECRET_FIELDS or (key == "value" and "name" in parent)


def _hide(value: t.Any) -> t.Any:
    """Names of variables may be seen, what they hold may not. None stays: that nothing is set is no secret."""
    if isinstance(value, t.Mapping):
        return {key: _hide(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hide(item) for item in value]
    return value if value is None or value == "" else HIDDEN


def scrub_text(text: str, secrets: t.Iterable[str] = ()) -> str:
    """Text without the given secrets and without anything that has the shape of one."""
    return _scrub_text(text, _longest_first(secrets))


def _scrub_text(text: str, secrets: t.Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = _USER_IN_URL.sub(rf"\1{HIDDEN}@", text)
    text = _JSON_WEB_TOKEN.sub(HIDDEN, text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _NAMED_SECRET.sub(rf"\1{HIDDEN}", text)


def _longest_first(secrets: t.Iterable[str]) -> list[str]:
    """A secret that is part of another one must not leave the rest of it standing."""
    return sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)


def secrets_in(value: t.Any) -> set[str]:
    """The values of all secret fields in a structure, to look for in texts that others write."""
    found: set[str] = set()
    if isinstance(value, t.Mapping):
        for key, item in value.items():
            found |= _leaves(item) if _is_secret(key, value) else secrets_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            found |= secrets_in(item)
    return found


def _leaves(value: t.Any) -> set[str]:
    if isinstance(value, t.Mapping):
        return {leaf for item in value.values() for leaf in _leaves(item)}
    if isinstance(value, (list, tuple)):
        return {leaf for item in value for leaf in _leaves(item)}
    return set() if value is None or value == "" else {str(value)}


class Pseudonyms:
    """Names for people that stay the same under one key and tell nothing without it."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._known: dict[str, str] = {}

    def of(self, name: str, kind: str = "user") -> str:
        """The pseudonym of a user, or of something of another kind that is named after one."""
        if name not in self._known:
            self._known[name] = hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:12]
        return f"{kind}-{self._known[name]}"

    def in_text(self, text: str, users: t.Iterable[str]) -> str:
        """Text of others that may name the users, in whatever case it writes them."""
        for user in sorted({user for user in users if user}, key=len, reverse=True):
            text = re.sub(rf"(?<![\w.+-]){re.escape(user)}(?![\w-])", self.of(user), text, flags=re.IGNORECASE)
        return text
