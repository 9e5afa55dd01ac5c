# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one part of the tests: unit, integration, contract or lab-tests.

Unit tests run with every Python there is. Tests on the lab take minutes and test the same control plane whatever
Python asks, so the older Python runs only those of the collection that are marked "both".
"""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

from tools import lab_circle, side_by_side
from tools.checkout import REPORTS, ROOT, environments
from tools.side_by_side import Job

# Rules of files and documents are the same with every Python; `make lint` and `make docs` look at them.
_ONCE = ("tests/unit/test_files.py", "tests/unit/test_documents.py")
# Waiting is most of what a test on the lab does, so there are more of them at once than two small processors. A file
# stays with one worker.
_WORKERS = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-p", "tools.longest_first")


class Tests(t.NamedTuple):
    """What one part of the tests is."""

    paths: list[str]
    options: tuple[str, ...] = ()
    oldest: tuple[str, ...] | None = None


def tests_of(part: str) -> Tests:
    """Say which tests a part has, and which of them the oldest Python runs; None is none."""
    if part == "unit":
        return Tests(["tests/unit"], tuple(f"--ignore={path}" for path in _ONCE), oldest=())
    if part == "integration":
        return Tests(["tests/integration"], (f"--ignore={lab_circle.TESTS}", *_WORKERS), oldest=("-m", "both"))
    if part == "contract":
        return Tests(lab_circle.contract(), _WORKERS)
    return Tests([str(lab_circle.TESTS)], _WORKERS)


def job(part: str, tests: Tests, name: str, python: Path, arguments: list[str]) -> Job:
    """Put together how the tests of a part run in one environment."""
    selection = tests.oldest or () if name == "oldest" else ()
    report = f"--junitxml={REPORTS / part / name}.xml"
    command = [str(python), "-m", "pytest", *tests.paths, report, *tests.options, *selection, *arguments]
    # Programs that the tests start must come from the same environment as the tests.
    return Job(command, ROOT, {**os.environ, "PATH": os.pathsep.join((str(python.parent), os.environ["PATH"]))})


def main(part: str, arguments: list[str]) -> int:
    """Run the tests of one part, and fail if they fail anywhere."""
    before = lab_circle.made_of()
    tests = tests_of(part)
    pythons = {name: python for name, python in environments().items() if name == "newest" or tests.oldest is not None}
    failed = side_by_side.run({name: job(part, tests, name, python, arguments) for name, python in pythons.items()})
    if failed:
        print(f"{part} failed with: {', '.join(failed)}", file=sys.stderr)
    elif part == "lab-tests" and not arguments and lab_circle.made_of() == before:
        lab_circle.stamp(before)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
