# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/docsite/rst/answers.rst and the rules for answers say the same, cell by cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.http.rules import Effect, Fault, fate, verdict

TEXT = (Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "answers.rst").read_text(encoding="utf-8")
_HEAD, *ROWS = (re.split(r"\n +- ", row) for row in re.findall(r"(?m)^   \* - (.+(?:\n     - .+)*)", TEXT))
FAULTS = (
    (Fault.UNKNOWN_NAME,),
    (Fault.UNTRUSTED,),
    (Fault.NOT_REACHED,),
    (Fault.NOT_REACHED_IN_TIME,),
    (Fault.BROKEN,),
    (Fault.GARBLED,),
    (Fault.SILENT,),
    (Fault.TURNED_AWAY,),
    (Fault.CONFLICT, Fault.REFUSED, Fault.REDIRECTED),
    (Fault.FAILED,),
    (Fault.FAILED_FOR_GOOD,),
    (Fault.NOT_UNDERSTOOD,),
)


def told(effect, fault):
    """What the document says of it."""
    known = fate(effect, fault).get("applied")
    again = ["again"] if verdict(effect, fault).again else []
    return ", ".join([*again, *([known] if known else [])]) or "failed"


def test_every_fault_has_its_row():
    assert len(ROWS) == len(FAULTS)
    assert {fault for row in FAULTS for fault in row} == set(Fault)


@pytest.mark.parametrize("effect", Effect, ids=lambda effect: effect.name.lower())
@pytest.mark.parametrize(
    ("row", "faults"), [*zip(ROWS, FAULTS, strict=True)], ids=[row[0].name.lower() for row in FAULTS]
)
def test_every_cell_is_what_is_done(row, faults, effect):
    _what, *cells = row
    assert {told(effect, fault) for fault in faults} == {cells[list(Effect).index(effect)]}
