# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of ``make test`` one after the other, all of them whatever fails, and sum up.

With `--lab` the lab's own part follows: all of its tests, or the contract alone while the lab has not changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import typing as t
from xml.etree import ElementTree

from tools import lab_circle
from tools.checkout import REPORTS, ROOT


class Counts(t.NamedTuple):
    """How many tests ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other: Counts) -> Counts:
        """Add up."""
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Part(t.NamedTuple):
    """One part of the tests, after it ran."""

    name: str
    passed: bool
    seconds: float
    counts: Counts


def count(part: str) -> Counts:
    """Count the tests in the reports that a part has left."""
    total = Counts()
    for report in (REPORTS / part).rglob("*.xml"):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            number = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
            failed = number["failures"] + number["errors"]
            total = total.plus(Counts(number["tests"] - failed - number["skipped"], failed, number["skipped"]))
    return total


def run(name: str) -> Part:
    """Run one part; its tools get no input, for in CI there is nobody to ask."""
    print(f"\n=== {name}", flush=True)
    shutil.rmtree(REPORTS / name, ignore_errors=True)
    started = time.monotonic()
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", "--keep-going", name]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    return Part(name, done.returncode == 0, time.monotonic() - started, count(name))


def summary(parts: list[Part]) -> str:
    """Put the results into a table, and the verdict below it."""
    lines = [f"{'part':<12} {'result':<8} {'seconds':>8} {'passed':>8} {'failed':>8} {'skipped':>8}"]
    for part in parts:
        result = "passed" if part.passed else "FAILED"
        numbers = " ".join(f"{number:>8}" for number in part.counts)
        lines.append(f"{part.name:<12} {result:<8} {part.seconds:>8.0f} {numbers}")
    total = Counts()
    for part in parts:
        total = total.plus(part.counts)
    good = sum(part.passed for part in parts)
    lines.append(f"{'total':<12} {'':<8} {sum(part.seconds for part in parts):>8.0f} ")
    lines[-1] += " ".join(f"{number:>8}" for number in total)
    lines.append(
        f"parts: {good} passed, {len(parts) - good} failed; "
        f"tests: {total.passed} passed, {total.failed} failed, {total.skipped} skipped"
    )
    return "\n".join(lines)


def lab_part(always: bool) -> tuple[str, str]:
    """Choose the part that is about the lab, and say why in one line."""
    due = "they were asked for" if always else lab_circle.why_due()
    if due:
        return "lab-tests", f"The lab's own tests run: {due}."
    return "contract", "The lab's own tests rest, only the contract runs: the lab is the one they last passed with."


def main(arguments: list[str]) -> int:
    """Run all parts and fail if one did."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="+")
    parser.add_argument("--lab", choices=["changed", "always"])
    wanted = parser.parse_args(arguments)
    names, decision = wanted.parts, ""
    if wanted.lab:
        part, decision = lab_part(wanted.lab == "always")
        names = [*names, part]
        print(decision, flush=True)
    parts = [run(name) for name in names]
    print(f"\n{summary(parts)}", decision, sep="\n", flush=True)
    return 0 if all(part.passed for part in parts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
