# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that people read on a terminal."""

from __future__ import annotations

import itertools
import typing as t

from .._common.plain import columns_of, plain
from .._common.units import NOTHING, size, span
from .findings import SEVERITY

GAP = "  "
# Of the text below a row, which has no column of its own: it would push all others off the terminal.
INDENT = "    "
WIDEST_NOTE = 110
SAME = "(the same)"
# A session record, or what became of a session.
Fields = t.Mapping[str, t.Any]


class Column(t.NamedTuple):
    title: str
    right: bool = False
    widest: int = 40


def render(
    columns: t.Sequence[Column],
    rows: t.Sequence[t.Sequence[str | None]],
    *,
    below: t.Sequence[str | None] = (),
    limit: int | None = None,
) -> str:
    """Align cells under their titles, each row with its text below it; rows beyond the limit are counted, not shown."""
    shown = rows if limit is None else rows[:limit]
    cells = [[_cut(cell, column.widest) for cell, column in zip(row, columns, strict=True)] for row in shown]
    lines = [[column.title for column in columns], *cells]
    widths = [max(columns_of(line[number]) for line in lines) for number in range(len(columns))]
    head, *aligned = [
        GAP.join(_pad(*cell) for cell in zip(line, widths, columns, strict=True)).rstrip() for line in lines
    ]
    text = [head]
    before: str | None = None
    for line, note in itertools.zip_longest(aligned, below[: len(aligned)]):
        # One sentence about a whole run would stand below each row of it.
        told = SAME if note == before else _cut(note, WIDEST_NOTE)
        text += [line, f"{INDENT}{told}"] if note else [line]
        before = note
    if hidden := len(rows) - len(shown):
        text.append(f"… and {hidden} more")
    return "\n".join(text)


def without_empty(
    columns: t.Sequence[Column], rows: t.Sequence[t.Sequence[str | None]]
) -> tuple[list[Column], list[list[str | None]]]:
    """Leave out the columns in which nothing is known of anybody."""
    told = [number for number in range(len(columns)) if not rows or any(row[number] for row in rows)]
    return [columns[number] for number in told], [[row[number] for number in told] for row in rows]


SESSION_COLUMNS = (
    # Never cut, for it is what other commands are told: the platform makes names of up to 70 characters.
    Column("SESSION", widest=70),
    Column("USER"),
    Column("APP DEFINITION", widest=24),
    Column("STATE"),
    Column("START"),
    Column("AGE", right=True),
    Column("IDLE", right=True),
    Column("MEMORY", right=True),
    Column("FILES"),
    Column("DONE"),
)


def session_table(records: t.Iterable[Fields], *, outcomes: t.Iterable[Fields] = (), limit: int | None = None) -> str:
    """Sessions, those that something was done about first, then the worst, with what is wrong below each.

    Outcomes belong to the record of the same uid; one without a record has a row of its own. A column in which nothing
    is known of anybody is left out.
    """
    listed = list(records)
    done = {outcome["uid"] or outcome["name"]: outcome for outcome in outcomes}
    known = {record["uid"] for record in listed}
    listed += [outcome for key, outcome in done.items() if key not in known]
    ranked = sorted(by_severity(listed), key=lambda record: _key(record) not in done)
    cells = [_cells(record, done.get(_key(record))) for record in ranked]
    below = [_why(record, done.get(_key(record))) for record in ranked]
    return render(*without_empty(SESSION_COLUMNS, cells), below=below, limit=limit)


def _key(record: Fields) -> str:
    return str(record["uid"] or record["name"])


def _cells(record: Fields, outcome: Fields | None) -> list[str | None]:
    age, idle, pod = record.get("age_seconds"), record.get("idle_seconds"), record.get("pod")
    memory = pod["memory_bytes"] if pod else None
    return [
        record["name"],
        record.get("user"),
        record.get("app_definition"),
        record.get("state"),
        record.get("start"),
        None if age is None else span(age),
        None if idle is None else span(idle),
        None if memory is None else size(memory),
        (outcome.get("data_at") if outcome else None),
        _done(outcome) if outcome else None,
    ]


def _why(record: Fields, outcome: Fields | None) -> str | None:
    found = "; ".join(f"{finding['code']} ({finding['evidence']})" for finding in record.get("findings") or ())
    return (outcome.get("reason") if outcome else None) or found or None


def _done(outcome: Fields) -> str:
    word = str(outcome["outcome"])
    if outcome.get("would") and word == "stopped":
        return "would be stopped"
    return f"{word}, {outcome['ending']}" if outcome.get("ending") else word


def by_severity(records: t.Iterable[Fields]) -> list[Fields]:
    """The worst finding first, then the most findings, then the oldest."""
    return sorted(
        records,
        key=lambda record: (
            min((SEVERITY.get(code, len(SEVERITY)) for code in _codes(record)), default=len(SEVERITY)),
            -len(_codes(record)),
            -(record.get("age_seconds") or 0),
            record["name"],
        ),
    )


def _codes(record: Fields) -> list[str]:
    return [str(finding["code"]) for finding in record.get("findings") or ()]


def _cut(cell: str | None, widest: int) -> str:
    """One line: a session may carry whatever text its user or the operator wrote."""
    text = plain(cell or NOTHING)
    return text if columns_of(text) <= widest else f"{text[: widest - 1]}…"


def _pad(text: str, width: int, column: Column) -> str:
    blank = " " * (width - columns_of(text))
    return blank + text if column.right else text + blank
