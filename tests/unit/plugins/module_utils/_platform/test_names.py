# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are agreed upon with others stand once: two of them cannot come to differ."""

from __future__ import annotations

import ast
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from tools.checkout import ROOT, files

NAMES = Path("plugins/module_utils/_platform/names.py")
# A word such as "instance" is part of other texts, too, and so is the name of the collection.
AGREED = {value for name, value in vars(names).items() if name.isupper() and len(value) > 8} - {names.MANAGED_BY}


def literals(path):
    """The texts in a file that the program uses; documentation may say a name once more."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in said]


def test_the_library_says_no_agreed_name_a_second_time():
    assert len(AGREED) > 15
    product = [path for path in files() if path.suffix == ".py" and path.is_relative_to("plugins/module_utils")]
    assert NAMES in product
    again = [
        f"{path} says {name}"
        for path in product
        if path != NAMES
        for text in literals(path)
        if isinstance(text, str)
        for name in AGREED
        if name in text
    ]
    assert not again
