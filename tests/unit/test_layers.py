# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions know no connection: what reads or sends is told by its name, and nothing else in the library reaches it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "plugins" / "module_utils"
EDGES = {"_kube", "_service"}
# Files that carry something out, from the snapshot to the result of a task.
CARRIES_OUT = re.compile(r"_(kube|service|leader|.+_(snapshot|run|wait|rest|task|info|create|diagnosis))(_.+)?")


def imported_at_once(tree: ast.Module) -> set[str]:
    """The files of the library that an import of this one imports: not those for types, nor those inside functions."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansible_collections.eduide.theia"):
            last = str(node.module).rpartition(".")[2]
            found |= {alias.name for alias in node.names} if last == "module_utils" else {last}
    return found


IMPORTS = {file.stem: imported_at_once(ast.parse(file.read_text())) for file in LIBRARY.glob("_*.py")}


def reached_from(name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = IMPORTS.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize("name", sorted(IMPORTS))
def test_no_file_imports_itself_over_others(name):
    assert name not in reached_from(name)


@pytest.mark.parametrize("name", sorted(name for name in IMPORTS if not CARRIES_OUT.fullmatch(name)))
def test_decisions_reach_no_connection(name):
    assert not reached_from(name) & EDGES


def test_what_reads_and_sends_is_told_by_its_name():
    assert {name for name in IMPORTS if CARRIES_OUT.fullmatch(name)} >= {"_session_snapshot", "_stop_run", "_kube_http"}
