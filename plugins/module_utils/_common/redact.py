# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping secrets out of everything that leaves the collection."""

from __future__ import annotations

import re
import typing as t

from .secrets import KNOWN, PART, forms_of

HIDDEN = "***"
# A text of others is cut to so many characters before anything else is done with it.
LONGEST_TEXT = 4000

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
# A word whose name promises a secret after a colon or an equals sign.
_PROMISE = re.compile(r"(?i)token|secret|password|passwd|api[_-]?key")
_PIECE = re.compile(r"[\w-]+|\s+|.", re.DOTALL)
_QUOTES = frozenset("\\\"'")
_BLANK = frozenset(" \t\r\n")
_ENDS_VALUE = frozenset("\"',;}&")
_ENDS_AUTHORITY = frozenset("/?#")
_IN_TOKEN = frozenset("._~+/=-")
# Half of a credential at the end of a cut text is hidden from this length on.
_SHORTEST_PART = 4
_SHORTEST_CREDENTIAL = 6
# ``{"`` in base64, which is how web tokens begin, and every other JSON in base64.
_JSON_IN_BASE64 = "eyJ"
_SHORTEST_JSON = 16


def scrub_text(text: str, secrets: t.Iterable[str] = ()) -> str:
    """Text of others without secrets, given, known or of the shape of one, and not too long."""
    known = _longest_first(secrets)
    shown = text[:LONGEST_TEXT]
    for secret in known:
        shown = shown.replace(secret, HIDDEN)
    shown = _without_parts(shown)
    more = len(text) - LONGEST_TEXT
    if more <= 0:
        return hide_shapes(_PIECE.findall(shown))
    for secret in known:
        shown = _without_half(shown, secret)
    return f"{hide_shapes(_PIECE.findall(shown))} … ({more} more characters)"


def _longest_first(secrets: t.Iterable[str]) -> t.Sequence[str]:
    """A secret that is part of another one must not leave the rest of it standing."""
    given = {form for secret in secrets for form in forms_of(secret)}
    return sorted(given.union(KNOWN.forms), key=len, reverse=True) if given else KNOWN.forms


def _without_parts(text: str) -> str:
    """The text without what it quotes of a secret, where it does not quote all of it."""
    kept: list[str] = []
    end = 0
    for start in range(len(text) - PART + 1) if KNOWN.parts else ():
        if text[start : start + PART] in KNOWN.parts:
            kept += [text[end:start], HIDDEN] if start > end or not kept else []
            end = start + PART
    return "".join([*kept, text[end:]])


def _without_half(text: str, secret: str) -> str:
    """The text without the beginning of a secret at its end, where the text was cut."""
    for length in range(min(len(secret), len(text)), _SHORTEST_PART - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + HIDDEN
    return text


def hide_shapes(pieces: t.Sequence[str]) -> str:
    """Put the pieces of a text together again without what has the shape of a secret.

    Texts of others may be made to cost time, so no rule goes back: each looks at the pieces after its own, and no piece
    is looked at from more than a few places.
    """
    kept: list[str] = []
    place = 0
    while place < len(pieces):
        for rule in (_user_in_address, _named, _after_scheme, _json_in_base64):
            if found := rule(pieces, place):
                end, shown = found
                kept.append(shown)
                place = end
                break
        else:
            kept.append(pieces[place])
            place += 1
    return "".join(kept)


Hidden: t.TypeAlias = "tuple[int, str] | None"
"""Where the text goes on after a secret, and what stands in its place."""


def _user_in_address(pieces: t.Sequence[str], place: int) -> Hidden:
    """``scheme://user:password@host``"""
    start = place + 3
    if pieces[place] != ":" or list(pieces[place + 1 : start]) != ["/", "/"]:
        return None
    last = end = start
    while end < len(pieces) and pieces[end] not in _ENDS_AUTHORITY and not pieces[end].isspace():
        end += 1
        if pieces[end - 1] == "@":
            last = end
    return (last, f"://{HIDDEN}@") if last > start + 1 else None


def _named(pieces: t.Sequence[str], place: int) -> Hidden:
    """``NAME=value``, ``name: value`` or ``"name": "value with blanks"`` in prose, where the name promises a secret."""
    if not _PROMISE.search(pieces[place]):
        return None
    sign = _behind(pieces, _behind(pieces, place + 1, _QUOTES), _BLANK)
    if sign >= len(pieces) or pieces[sign] not in (":", "="):
        return None
    opening = _behind(pieces, sign + 1, _BLANK)
    start = _behind(pieces, opening, _QUOTES)
    end = _end_of_value(pieces, start, pieces[opening] if start > opening else None)
    if end == start or (pieces[start] == "*" and "".join(pieces[start:end]) == HIDDEN):
        return None
    return end, "".join(pieces[place:start]) + HIDDEN


def _behind(pieces: t.Sequence[str], place: int, what: t.Collection[str]) -> int:
    """The place behind a quote, which may have a backslash before it, or behind blanks."""
    for _sign in range(2):
        if place < len(pieces) and (pieces[place][0] in what):
            place += 1
    return place


def _end_of_value(pieces: t.Sequence[str], end: int, quote: str | None) -> int:
    """Behind a quote the value reaches to the next one like it, and to the end where the text was cut before."""
    while end < len(pieces):
        piece = pieces[end]
        if piece == quote if quote else piece in _ENDS_VALUE or piece.isspace():
            break
        # A quote after a backslash is part of the value.
        end += 2 if piece == "\\" else 1
    return min(end, len(pieces))


def _after_scheme(pieces: t.Sequence[str], place: int) -> Hidden:
    """``Bearer …`` and ``Basic …``: a digit, a sign or a capital inside tells a credential from the next word."""
    start = place + 2
    if pieces[place].lower() not in ("bearer", "basic") or start >= len(pieces) or not pieces[start - 1].isspace():
        return None
    end = start
    while end < len(pieces) and (pieces[end] in _IN_TOKEN or (pieces[end].isascii() and pieces[end][0].isalnum())):
        end += 1
    said = "".join(pieces[start:end])
    telling = any(sign.isdigit() or sign in "=_" for sign in said) or any(sign.isupper() for sign in said[1:])
    return (end, f"{pieces[place]} {HIDDEN}") if telling and len(said) >= _SHORTEST_CREDENTIAL else None


def _json_in_base64(pieces: t.Sequence[str], place: int) -> Hidden:
    """A web token, whole or the beginning of one."""
    if not pieces[place].startswith(_JSON_IN_BASE64) or len(pieces[place]) < _SHORTEST_JSON:
        return None
    end = place + 1
    while end < len(pieces) and (pieces[end] in _IN_TOKEN or (pieces[end].isascii() and pieces[end][0].isalnum())):
        end += 1
    return end, HIDDEN


def secrets_in(value: t.Any) -> set[str]:
    """The values of all secret fields in a structure, however deep, to look for in texts that others write."""
    found: set[str] = set()
    waiting = [(value, False)]
    while waiting:
        thing, secret = waiting.pop()
        if isinstance(thing, t.Mapping):
            waiting += [(item, secret or _is_secret(key, thing)) for key, item in thing.items()]
        elif isinstance(thing, (list, tuple)):
            waiting += [(item, secret) for item in thing]
        elif secret and thing is not None and thing != "":
            found.add(str(thing))
    return found


def _is_secret(key: t.Any, parent: t.Mapping[t.Any, t.Any]) -> bool:
    # The environment of a container is a list of pairs, so the value's own key says nothing.
    return str(key).lower() in _SECRET_FIELDS or (key == "value" and "name" in parent)
