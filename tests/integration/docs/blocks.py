# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The blocks of a page that a reader types, pastes or saves as a file."""

from __future__ import annotations

import re
import textwrap
import typing as t
from pathlib import Path

_RST = re.compile(
    r"^\.\. code-block:: (?P<language>\S+)\n(?:   :caption: (?P<file>\S+)\n)?\n(?P<text>(?:   .*\n|\n)+)", re.M
)
_MARKDOWN = re.compile(r"^```(?P<language>\w+)\n(?:# (?P<file>\S+\.\w+)\n)?(?P<text>.*?)^```$", re.M | re.S)


class Block(t.NamedTuple):
    """One of them."""

    language: str
    file: str | None
    """The file that a reader makes of it."""
    text: str

    @property
    def commands(self) -> list[str]:
        """What stands behind the prompts of a console."""
        return [line.removeprefix("$ ") for line in self.text.splitlines() if line.startswith("$ ")]


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in its order."""
    pattern = _RST if page.suffix == ".rst" else _MARKDOWN
    found = pattern.finditer(page.read_text(encoding="utf-8"))
    return [Block(block["language"], block["file"], textwrap.dedent(block["text"])) for block in found]
