# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts about failures are put together, so all of them begin and end alike (CONTRIBUTING.md says how)."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

LIBRARY = pathlib.Path(__file__).parents[2] / "plugins" / "module_utils"
# A diagnosis, a report, a page and the help of a metric consist of whole sentences, which stand for themselves.
SENTENCES = ("diagnosis.py", "metrics.py", "report.py")
PAGE = LIBRARY / "_status" / "page"
FILES = sorted(path for path in LIBRARY.rglob("*.py") if path.name not in SENTENCES and path.parent != PAGE)
# What is written with a capital wherever it stands.
NAMES = re.compile(r"(ConfigMap|Deployment|HANDLING|JSON|LimitRange|Namespace|OpenSSL|ResourceQuota|Role|Service)\b")
WORDS = 4
# Types in quotes, and what spans lines.
NO_TEXT = re.compile(r" \| |\n")


def texts(tree):
    """All that could be part of a text for people: strings of several words that document nothing."""
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in documents | parts:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            known = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(known)


def objections(text):
    if text[0].isupper() and not NAMES.match(text):
        yield "begins with a capital"
    if text.endswith("."):
        yield "ends with a full stop"
    if re.search(r"[.!?] ", text):
        yield "has several sentences: a semicolon and a small letter join them"


def test_texts_can_be_put_together():
    found = [
        f"{path.relative_to(LIBRARY)}:{line}: {text!r} {objection}"
        for path in FILES
        for line, text in texts(ast.parse(path.read_text(encoding="utf-8")))
        if len(text.split()) >= WORDS and not NO_TEXT.search(text)
        for objection in objections(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "objection"),
    [
        ("The option namespace is not set", "capital"),
        ("the option namespace is not set.", "full stop"),
        ("the option is not set. Set it", "several sentences"),
        ("is the address right? Look at it", "several sentences"),
    ],
)
def test_what_is_objected_to(text, objection):
    assert [found for found in objections(text) if objection in found]
