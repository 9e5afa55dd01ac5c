# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pieces of sentences that several reports have in common."""

from __future__ import annotations

import typing as t


def counted(number: int, thing: str) -> str:
    """A number of things: 1 session, 2 sessions."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def some(names: t.Sequence[str]) -> str:
    """The first of them in one line, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def nearest(name: str, known: t.Collection[str], before: str = "; ") -> str:
    """What a name was probably meant to be; nothing if none of those that there are is near."""
    # Where a name is wrong, and nowhere else.
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"{before}{near[0]} is the nearest name" if near else ""


def outcome_counts(outcomes: t.Mapping[str, int], acts: t.Collection[str], *, would: bool) -> list[str]:
    """One line an outcome; what check mode only predicts is said in the conditional."""
    return [
        f"{number} {'would be ' if would and word in acts else ''}{word}" for word, number in sorted(outcomes.items())
    ]
