# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a report as a terminal shows them: none is longer than people read, and no command is broken."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import columns_of

WIDTH = 100
_HANG = "  "
# A command, or what is to be launched in its place, goes on to the end of its line.
_COMMAND = re.compile(r"(?:^|(?<=\s))(?:ansible-playbook|kubectl|launch the job template)\s")
_WORD = re.compile(r"\S+\s*")
_CLAUSE = re.compile(r"[.;] ")
# As long as what says what a command is for may be to stay whole.
_LABEL = 70
# A line of its own before and after the lines of a script.
_SCRIPT = ("(", ")")


def wrapped(lines: t.Iterable[str], *, indent: str) -> t.Iterator[str]:
    """The lines behind an indent; what is too wide goes on below, further in, and commands stay in one piece."""
    in_script = False
    for line in lines:
        in_script = line == _SCRIPT[0] or (in_script and line != _SCRIPT[1])
        whole = in_script or columns_of(indent + line) <= WIDTH
        yield from [indent + line] if whole else _broken(indent + line)


def _broken(line: str) -> t.Iterator[str]:
    text = line.lstrip()
    margin = line[: len(line) - len(text)]
    taken = ""
    for piece in _pieces(text):
        if taken.strip() and columns_of(taken + piece.rstrip()) > WIDTH:
            yield taken.rstrip()
            taken = margin + _HANG
        taken = (taken or margin) + piece
    yield taken.rstrip()


def _pieces(text: str) -> list[str]:
    """Words with the blanks behind them; a command is one piece with what stands before it and says what it is for."""
    found = _COMMAND.search(text)
    if not found:
        return _WORD.findall(text)
    before, command = text[: found.start()], text[found.start() :]
    begin = max((end.end() for end in _CLAUSE.finditer(before)), default=0)
    if columns_of(before[begin:]) <= _LABEL:
        return [*_WORD.findall(before[:begin]), before[begin:] + command]
    *words, last = _WORD.findall(before)
    return [*words, last + command]
