# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users, operators and servers wrote, made fit for a terminal or a log: the one place that does it."""

from __future__ import annotations

import json
import re
import typing as t
import unicodedata

# JSON writes every other control character as an escape.
_OBEYED_IN_JSON = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# The longest command has a few hundred names in it, and the longest table has a few hundred rows.
LONGEST_LINE = 10_000
MOST_LINES = 1_000


def plain(text: str) -> str:
    """One line that a terminal shows as it is.

    A control character could move the cursor, set the title or begin a forged line, and a mark of direction could show
    the letters in another order. A space stands for each of them.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def plain_texts(value: t.Any) -> t.Any:
    """A copy in which every text is plain."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, t.Mapping):
        return {plain_texts(key): plain_texts(item) for key, item in value.items()}
    return [plain_texts(item) for item in value] if isinstance(value, (list, tuple)) else value


def harmless(value: t.Any) -> t.Any:
    """The same, fit to be shown as JSON, as Ansible shows results when it is asked for more words.

    A space stands for what JSON leaves as it is and a terminal obeys: later control characters and marks of direction.
    """
    # Of thousands of records hardly any has one, and it takes a fifth of the time to know that none does.
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _harmless(value) if _OBEYED_IN_JSON.search("" if text.isascii() else text) else value


def _harmless(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return _OBEYED_IN_JSON.sub(" ", value)
    if isinstance(value, t.Mapping):
        return {_harmless(key): _harmless(item) for key, item in value.items()}
    return [_harmless(item) for item in value] if isinstance(value, (list, tuple)) else value


def shown(lines: t.Sequence[str]) -> list[str]:
    """The lines of a report as they are printed: plain, not endless, and not endlessly many."""
    found = [cut(plain(line)) for line in lines[:MOST_LINES]]
    more = len(lines) - MOST_LINES
    return [*found, f"… ({more} more lines)"] if more > 0 else found


def cut(line: str) -> str:
    """A line of at most the length that anybody reads."""
    more = len(line) - LONGEST_LINE
    return f"{line[:LONGEST_LINE]} … ({more} more characters)" if more > 0 else line


def columns_of(text: str) -> int:
    """How many columns of a terminal it takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
