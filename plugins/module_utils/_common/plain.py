# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users, operators and servers wrote, made fit for a terminal or a log: the one place that does it."""

from __future__ import annotations

import typing as t


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
