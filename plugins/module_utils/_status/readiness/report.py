# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The card that people read: the verdict first, then one line for each check, and what to do below it."""

from __future__ import annotations

import textwrap
import typing as t

from ..._common.sentences import counted

if t.TYPE_CHECKING:
    from ..._common.commands import Command

# With the two spaces in front of each line of a report.
_WIDTH = 98
_WORDS = {"no_go": "NO-GO", "unknown": "unknown", "warning": "warning", "go": "go"}
_COUNTED = {"no_go": "no-go", "unknown": "unknown", "warning": "with a warning", "go": "go"}
_INDENT = " " * 21
Fields = t.Mapping[str, t.Any]


def readiness_report(found: Fields, *, command: Command, only: t.Collection[str] = ()) -> list[str]:
    """The lines of the card, of all checks or of those alone that have one of these results."""
    lines = [f"{'GO' if found['ready'] else 'NO-GO'}: {_counts(found['checks'])}"]
    for check in found["checks"]:
        if only and check["result"] not in only:
            continue
        head = f"{_WORDS[check['result']]:<8} {check['code']:<11} "
        lines += _wrapped(check["evidence"], head)
        if check["remedy"]:
            lines += _wrapped(check["remedy"], f"{_INDENT}-> ")
        if check["run"]:
            # A command is never broken: it is there to be pasted.
            lines += [f"{_INDENT}-> {command(check['run'])}"]
    return lines


def _counts(checks: t.Sequence[Fields]) -> str:
    results = [check["result"] for check in checks]
    if set(results) == {"go"}:
        return counted(len(results), "check")
    return ", ".join(f"{results.count(result)} {word}" for result, word in _COUNTED.items() if result in results)


def _wrapped(text: str, head: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
