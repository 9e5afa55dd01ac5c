# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets that this run has met, in every form in which a text may quote them."""

from __future__ import annotations

import base64
import json
import re
import typing as t
import urllib.parse

from .errors import Misconfigured

# Shorter values would also be hidden where they mean something else, and guessing them needs no leak.
SHORTEST_SECRET = 6
# So much of the middle of a longer text in base64 is the same whatever stands around it.
_SHORTEST_IN_BASE64 = 12
# Of a secret that is long enough, a part of this length says too much, and stands nowhere else by chance.
PART = 12
_SHORTEST_WITH_PARTS = 20
_CHANCE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^\s:/\\]*")


class Secrets:
    """Grows only. Several threads may use it at once."""

    def __init__(self) -> None:
        self._forms: dict[str, None] = {}
        self._sorted: tuple[str, ...] = ()
        self.plain: set[str] = set()
        """As they were given."""
        self.parts: frozenset[str] = frozenset()
        """What texts may quote of them, in pieces of one length."""

    def add(self, *values: t.Any) -> None:
        found = {form for value in values if isinstance(value, (str, bytes)) and value for form in forms_of(value)}
        if not found <= self._forms.keys():
            # Both are one step to the interpreter, so that no thread sees half of what another one adds.
            self._forms.update(dict.fromkeys(found))
            self.plain.update(str(value).strip() for value in values if value and len(str(value)) >= SHORTEST_SECRET)
            self.parts |= {part for value in self.plain for part in _parts_of(value)}
            # A secret that is part of another one must not leave the rest of it standing.
            self._sorted = tuple(sorted([*self._forms], key=len, reverse=True))

    @property
    def forms(self) -> tuple[str, ...]:
        """The longest first."""
        return self._sorted

    def clear(self) -> None:
        """For tests, in which one process is many runs."""
        self._forms, self._sorted, self.plain, self.parts = {}, (), set(), frozenset()


KNOWN = Secrets()


def remember_content(text: str) -> None:
    """Keep what may be secret in a text that holds credentials and cannot be taken apart."""
    KNOWN.add(text, *re.findall(r"[^\s\"',:{}\[\]]{12,}", text))
    KNOWN.add(*re.findall(r"(?i)(?:token|password|secret|data)[\"']?\s*:\s*[\"']?([^\s\"',}]+)", text))


def forms_of(secret: str | bytes) -> set[str]:
    """As given, without blanks around it, line by line, escaped, in base64 and inside an address."""
    text = secret.decode("utf-8", "replace") if isinstance(secret, bytes) else secret
    plain = {text, text.strip(), *(line.strip() for line in text.splitlines())}
    plain = {form for form in plain if len(form) >= SHORTEST_SECRET}
    escaped = {form for value in plain for form in _escaped(value)}
    twice = {form for value in escaped for form in (repr(value)[1:-1], json.dumps(value)[1:-1])}
    encoded = {form for value in plain for form in _in_base64(value)}
    return {form for form in plain | escaped | twice | encoded if len(form) >= SHORTEST_SECRET}


def _parts_of(secret: str) -> t.Iterator[str]:
    """Only what looks made by chance: the words of a password, or the beginning of an address, stand in good texts."""
    if len(secret) >= _SHORTEST_WITH_PARTS:
        parts = (secret[start : start + PART] for start in range(len(secret) - PART + 1))
        yield from (part for part in parts if _CHANCE.fullmatch(part))


def _escaped(value: str) -> set[str]:
    # Half a character of two, as a damaged environment may hold it, has no UTF-8.
    data = value.encode("utf-8", "surrogateescape")
    return {
        repr(value)[1:-1],
        repr(data)[2:-1],
        ascii(value)[1:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        value.replace("'", "''"),
        value.replace("'", r"\'"),
        value.replace('"', '\\"'),
        urllib.parse.quote(data, safe=""),
        urllib.parse.quote(data),
        urllib.parse.quote_plus(data),
    }


def _in_base64(value: str) -> set[str]:
    """Alone, and what is left of it in the middle of something longer, at each of the three places it may begin."""
    data = value.encode("utf-8", "surrogateescape")
    found = {base64.b64encode(data).decode()}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        inner = whole[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        if len(inner) >= _SHORTEST_IN_BASE64:
            found.add(inner)
    return found | {form.replace("+", "-").replace("/", "_") for form in found}


def clean_credential(value: t.Any, what: str) -> str:
    """A credential as it can stand in a header. What cannot is refused, and not shown."""
    text = str(value).strip()
    KNOWN.add(str(value))
    if not text.isascii() or not text.isprintable():
        raise Misconfigured(f"{what}: there is a character in it that cannot be sent, such as a line break")
    return text
