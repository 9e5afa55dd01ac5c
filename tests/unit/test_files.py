# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that every file of the checkout keeps, whatever is in it."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tools.checkout import ROOT, files

HOLDER = "Copyright (c) 2026, The EduIDE Cloud collection contributors"
LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
GPL = "GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)"
PYTHON_HEADER = (f"# {HOLDER}", f"# {GPL}", f"# {LICENCE}")
LICENCE_TEXTS = {Path("COPYING"), Path("LICENSES/GPL-3.0-or-later.txt")}
# The brackets keep this file from breaking its own rules.
UNWANTED = {
    "work left for later": re.compile(r"\b([T]ODO|[F]IXME|[X]XX)\b"),
    "a private key": re.compile(r"-----[B]EGIN [A-Z ]*PRIVATE KEY"),
    "a token": re.compile(r"\b[e]yJ[\w-]{10,}\.eyJ[\w-]{10,}\."),
    "the host of a package index": re.compile(r"\b([p]ypi|[p]ythonhosted|[r]egistry\.npmjs|[p]roxy\.golang)\.\w+"),
    "a folder of one machine": re.compile("|".join(re.escape(f"{folder}/") for folder in (ROOT, Path.home()))),
}
MARKDOWN_NAME = re.compile(r"(?<![\w./*<>-])((?:\.{0,2}/)?[\w.-]+(?:/[\w.-]+)*\.md)\b")


def exempt() -> list[str]:
    """Return the patterns of files whose licence is stated in REUSE.toml."""
    stated = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))
    return [pattern for entry in stated["annotations"] for pattern in entry["path"]]


def matches(path: Path, pattern: str) -> bool:
    """Tell whether a path fits a pattern of REUSE.toml."""
    return path.match(pattern.removeprefix("**/")) if pattern.startswith("**/") else path == Path(pattern)


@cache
def texts() -> dict[Path, str]:
    """Return what is in the text files of the checkout, links left out."""
    found = {}
    for path in files():
        if not (ROOT / path).is_symlink():
            content = (ROOT / path).read_bytes()
            if b"\0" not in content:
                found[path] = content.decode("utf-8")
    return found


def test_every_file_names_its_licence():
    patterns = exempt()
    silent = [
        str(path)
        for path, text in texts().items()
        if path not in LICENCE_TEXTS
        and not any(matches(path, pattern) for pattern in patterns)
        and not all(line in "\n".join(text.splitlines()[:10]) for line in (HOLDER, LICENCE))
    ]
    assert not silent


def test_every_exemption_is_needed():
    idle = [pattern for pattern in exempt() if not any(matches(path, pattern) for path in files())]
    assert not idle


def test_every_python_file_begins_alike():
    odd = []
    for path, text in texts().items():
        if path.suffix == ".py":
            lines = text.removeprefix("#!/usr/bin/python\n").splitlines()
            body = ast.parse(text).body
            is_code = len(body) > 1 or (body and not isinstance(body[0], ast.Expr))
            if tuple(lines[:3]) != PYTHON_HEADER or (is_code and "from __future__ import annotations" not in lines):
                odd.append(str(path))
    assert not odd


@pytest.mark.parametrize("what", UNWANTED)
def test_no_file_holds(what):
    pattern = UNWANTED[what]
    found = [
        f"{path}:{number}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found


def test_every_document_that_is_named_exists():
    # The last two are what runs leave.
    known = {path.name for path in files()} | {"report.md", "plan.md"}
    dangling = [
        f"{path} names {name}"
        for path, text in texts().items()
        for name in MARKDOWN_NAME.findall(text)
        if not ((ROOT / path.parent / name).exists() if "/" in name else name in known)
        and not ("/" in name and (ROOT / name).exists())
    ]
    assert not dangling


def test_every_link_in_a_document_leads_somewhere():
    broken = [
        f"{path} -> {target}"
        for path, text in texts().items()
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text)
        if not (ROOT / path.parent / target).exists()
    ]
    assert not broken
