# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspaces as a table that people read on a terminal."""

from __future__ import annotations

import typing as t

from .._common.units import size, span
from .._sessions.table import Column, Fields, render, without_empty

COLUMNS = (
    # Never cut, for it is what other commands are told.
    Column("WORKSPACE", widest=70),
    Column("USER"),
    Column("APP DEFINITION", widest=24),
    Column("AGE", right=True),
    Column("UNUSED", right=True),
    Column("SIZE", right=True),
    Column("DONE"),
    Column("FILES", widest=60),
)
# Failures first, then what was kept against expectation, then what is done.
_RANKS = ("failed", "refused", "skipped_cap", "kept_shielded", "kept_protected", "kept_in_use", "kept_active")


def workspace_table(records: t.Iterable[Fields], *, outcomes: t.Iterable[Fields] = (), limit: int | None = None) -> str:
    """Workspaces with what became of them and why: failures first, then what was kept, then the rest by name.

    Outcomes belong to the record of the same uid; one without a record has a row of its own. A column in which nothing
    is known of anybody is left out.
    """
    listed = {_key(record): record for record in records}
    done = {_key(outcome): outcome for outcome in outcomes}
    keys = sorted({**listed, **done}, key=lambda key: (_rank(done.get(key)), key not in done, _name(listed, done, key)))
    cells = [_cells(listed.get(key, done.get(key, {})), done.get(key)) for key in keys]
    below = [done[key].get("reason") if key in done else None for key in keys]
    return render(*without_empty(COLUMNS, cells), below=below, limit=limit)


def _key(fields: Fields) -> str:
    return str(fields.get("uid") or fields["name"])


def _name(listed: t.Mapping[str, Fields], done: t.Mapping[str, Fields], key: str) -> str:
    return str((listed.get(key) or done[key])["name"])


def _rank(outcome: Fields | None) -> int:
    word = outcome["outcome"] if outcome else None
    return _RANKS.index(word) if word in _RANKS else len(_RANKS)


def _cells(record: Fields, outcome: Fields | None) -> list[str | None]:
    age, unused, claim = record.get("age_seconds"), record.get("unused_seconds"), record.get("claim")
    # An outcome has the claim's name there.
    bytes_ = (claim["capacity_bytes"] or claim["requested_bytes"]) if isinstance(claim, t.Mapping) else None
    return [
        record["name"],
        record.get("user"),
        record.get("app_definition"),
        None if age is None else span(age),
        None if unused is None else span(unused),
        None if bytes_ is None else size(bytes_),
        _done(outcome) if outcome else None,
        (outcome or record).get("deletion_note"),
    ]


def _done(outcome: Fields) -> str:
    word = str(outcome["outcome"])
    return f"would be {word}" if outcome.get("would") and word in ("deleted", "reclaimed", "restored") else word
