# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guarantee without a test that could fail is a promise only."""

from __future__ import annotations

import ast
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "docsite" / "rst" / "guarantees.rst").read_text(encoding="utf-8")
NAMED = re.findall(r"``(tests/\S+\.py)::(\w+)``", TEXT)
GUARANTEES = re.split(r"(?m)^(?=\d+\. \*\*)", TEXT)[1:]


def test_every_named_test_exists():
    known = {
        (path, node.name)
        for path in {path for path, _name in NAMED}
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(NAMED) - known == set()


def test_every_guarantee_names_a_test_and_has_its_number():
    assert [int(text.partition(".")[0]) for text in GUARANTEES] == list(range(1, 20))
    assert [text for text in GUARANTEES if "::test_" not in text] == []
