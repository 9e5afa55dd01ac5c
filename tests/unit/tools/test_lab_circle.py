# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own tests run whenever what they passed with is not what is there."""

from __future__ import annotations

import subprocess

import pytest

from tools import checkout, lab_circle

LOCK = """\
# Written by requirements/lock.sh; do not edit.
aiohttp==3.14.5
    # via
    #   -r lab.in
    #   kubernetes
ruff==0.17.6
    # via -r tools.in
yarl==1.25.1 ; python_version >= '3.12'
    # via aiohttp
"""
SOURCE, TEST, PINS = "tests/lab/pool.py", "tests/integration/lab/test_pool.py", "requirements/python-3.12.txt"


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A checkout with one file of each kind, with which the lab's own tests have passed."""
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.setattr(lab_circle, "ROOT", tmp_path)
    monkeypatch.setattr(lab_circle, "STAMP", tmp_path / "tests" / "lab-passed.txt")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    for path, text in ((SOURCE, "a = 1\n"), (TEST, "def test(): ...\n"), (PINS, LOCK)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    lab_circle.stamp(lab_circle.made_of())
    return tmp_path


def test_the_lab_that_they_passed_with_is_not_tested_again():
    assert lab_circle.why_due() is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (SOURCE, "sources"),
        ("tests/lab/operator/new.py", "sources"),
        (TEST, "tests"),
        ("tests/integration/conftest.py", "tests"),
        ("tests/integration/lab/operator_site.py", "tests"),
    ],
)
def test_another_file_makes_them_due(project, path, said):
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text("b = 2\n")
    assert lab_circle.why_due() == f"its {said} changed since they last passed"


def test_a_file_that_is_gone_makes_them_due(project):
    (project / SOURCE).unlink()
    assert lab_circle.why_due() is not None


@pytest.mark.parametrize(
    ("old", "new", "due"),
    [("aiohttp==3.14.5", "aiohttp==3.15.0", True), ("yarl==1.25.1", "yarl==1.26.0", True), ("ruff==0.17.6", "", False)],
)
def test_another_version_of_what_the_lab_needs_makes_them_due(project, old, new, due):
    (project / PINS).write_text(LOCK.replace(old, new))
    assert (lab_circle.why_due() == "its pins changed since they last passed") is due


@pytest.mark.parametrize(
    "path", ["tests/lab/README.md", "tests/integration/lab/test_contract_pods.py", "tests/integration/session_site.py"]
)
def test_what_they_do_not_rest_on_does_not(project, path):
    (project / path).write_text("prose\n")
    assert lab_circle.why_due() is None


def test_without_a_stamp_they_are_due():
    lab_circle.STAMP.unlink()
    assert lab_circle.why_due() == "there is no tests/lab-passed.txt"


def test_a_stamp_merged_from_two_does_not_count(project):
    """One branch changed the lab, the other its tests; each passed, and nobody has run them together."""
    before = lab_circle.STAMP.read_text()
    (project / SOURCE).write_text("a = 2\n")
    lab_circle.stamp(lab_circle.made_of())
    ours = lab_circle.STAMP.read_text().splitlines(keepends=True)
    (project / TEST).write_text("def test_more(): ...\n")
    merged = [line for line in before.splitlines(keepends=True) if not line.startswith(("sources", "tests"))]
    now = lab_circle.made_of()
    lab_circle.STAMP.write_text(
        "".join(merged) + "".join(line for line in ours if line.startswith("sources")) + f"tests {now['tests']}\n"
    )
    assert lab_circle.why_due() == "tests/lab-passed.txt was put together from others"
