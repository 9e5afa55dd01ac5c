# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make mutants`: change the files that decide, one place at a time, and see whether a test notices.

Each mutant meets the tests of its own file first, and only if it survives them those of its noun and of the modules.
A copy of the checkout is changed, never the checkout. Results are in build/mutants/results.json.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import tomllib
import typing as t
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tools import setup_env
from tools.checkout import BUILD, ROOT, copy

# Read once here, so that each fork need not.
for name in ("ansible.module_utils.basic", "hypothesis.strategies", "yaml"):
    importlib.import_module(name)

PACKAGES = ("_sessions", "_capacity", "_workspaces", "_safety", "_exams")
LIBRARY = Path("plugins/module_utils")
TESTS = Path("tests/unit/plugins")
RESULTS = BUILD / "mutants" / "results.json"
# An endless loop is noticed, too: tests may take so many times as long as without a mutant.
PATIENCE = 5
LONGEST_SECONDS = 1800
# Where this checkout is found.
HERE = (str(BUILD / "tree"), str(ROOT / "tests"))
# What tests only by trying very many cases: minutes for each survivor, and the same files have other tests.
SLOW = ("test_two_runs.py", "test_plan_laws.py")


class Mutant(t.NamedTuple):
    """A file with one change in it."""

    file: str
    line: int
    operator: str
    code: str


class Verdict(t.NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    killed_by: str | None
    """The tests that noticed it; None if it survived."""
    change: str


def pure_files(root: Path) -> list[str]:
    """Return the files that decide: those that import neither edge nor clock, by the contract of the layers."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [purity] = (contract for contract in contracts if contract["id"] == "purity")
    names = {module.rpartition(".")[2] for module in purity["source_modules"]}
    found = [path.relative_to(root) for package in PACKAGES for path in (root / LIBRARY / package).rglob("*.py")]
    return sorted(str(path) for path in found if path.stem in names)


def tests_of(root: Path, file: str) -> list[list[str]]:
    """Return the tests to try on a mutant of this file, the nearest ones first."""
    inside = Path(file).relative_to(LIBRARY)
    near = TESTS / "module_utils" / inside.parent / f"test_{inside.stem}.py"
    package = inside.parts[0]
    paths = [TESTS / "module_utils" / package]
    # What several nouns share is tested through them as well.
    for noun in ("session", "workspace") if package == "_safety" else (package.strip("_").rstrip("s"),):
        paths += sorted(path.relative_to(root) for path in (root / TESTS / "modules").glob(f"test_theia_{noun}*.py"))
    wider = [*map(str, paths), *(f"--ignore-glob=*{name}" for name in SLOW)]
    return [[str(near)], wider] if (root / near).exists() else [wider]


def make(sample: int, seed: int, files: t.Sequence[str]) -> list[Mutant]:
    """Draw mutants of these files."""
    python = setup_env.make_on_demand("mutants")
    command = [python, str(Path(__file__).with_name("mutate.py")), str(ROOT), str(sample), str(seed), *files]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return [Mutant(**json.loads(line)) for line in lines]


def fails(root: Path, tests: t.Sequence[str], seconds: int, *, shown: bool = False) -> bool:
    """Run tests in a copy of the checkout, and say whether one failed, or none came to an end in time.

    They run in a fork of this process, in which what they need of others is imported already.
    """
    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        os._exit(_passes(root, tests, shown=shown))
    return os.waitpid(child, 0)[1] != 0


def _passes(root: Path, tests: t.Sequence[str], *, shown: bool) -> int:
    os.chdir(root)
    # This checkout must not be found in the place of its copy.
    sys.path[:] = [str(root.parents[2]), str(root / "tests"), *(path for path in sys.path if path not in HERE)]
    if not shown:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))


def judge(root: Path, mutant: Mutant, seconds: t.Mapping[tuple[str, ...], int]) -> Verdict:
    """Let the tests meet a mutant."""
    file = root / mutant.file
    before = file.read_text(encoding="utf-8")
    lines = difflib.unified_diff(before.splitlines(), mutant.code.splitlines(), n=0, lineterm="")
    change = "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
    file.write_text(mutant.code, encoding="utf-8")
    tried = tests_of(root, mutant.file)
    killed_by = next((tests[0] for tests in tried if fails(root, tests, seconds[tuple(tests)])), None)
    file.write_text(before, encoding="utf-8")
    print(f"{'killed  ' if killed_by else 'SURVIVED'} {mutant.file}:{mutant.line} {mutant.operator}", flush=True)
    return Verdict(mutant, killed_by, change)


def judge_all(root: Path, mutants: t.Sequence[Mutant]) -> list[Verdict]:
    """Let the tests meet each of them. Without a change all tests have to pass, or killing would mean nothing."""
    seconds: dict[tuple[str, ...], int] = {}
    for tests in {tuple(tests) for mutant in mutants for tests in tests_of(root, mutant.file)}:
        began = time.monotonic()
        if fails(root, tests, LONGEST_SECONDS, shown=True):
            raise SystemExit(f"{' '.join(tests)}: they fail without a mutant; look at them first")
        seconds[tests] = PATIENCE * round(1 + time.monotonic() - began)
    return [judge(root, mutant, seconds) for mutant in mutants]


def report(verdicts: t.Sequence[Verdict], about: dict[str, t.Any]) -> str:
    """Write the results, and return what is said of them."""
    rows = [{**each.mutant._asdict(), "killed_by": each.killed_by, "change": each.change} for each in verdicts]
    for row in rows:
        del row["code"]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({**about, "mutants": rows}, indent=2) + "\n", encoding="utf-8")
    survivors = [each for each in verdicts if each.killed_by is None]
    lines = [f"{each.mutant.file}:{each.mutant.line}\n{each.change}\n" for each in survivors]
    for package in PACKAGES:
        ours = [each.killed_by is not None for each in verdicts if f"/{package}/" in each.mutant.file]
        lines.append(f"{package:<12} {sum(ours):>4} of {len(ours):>4} killed")
    killed = len(verdicts) - len(survivors)
    return "\n".join([*lines, f"{'total':<12} {killed:>4} of {len(verdicts):>4} killed: {killed / len(verdicts):.1%}"])


def main() -> int:
    """Make mutants, let the tests meet them, and say how many were noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="how many mutants")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    parser.add_argument("files", nargs="*", help="files to change; all that decide if none is named")
    wanted = parser.parse_args()
    began = time.monotonic()
    mutants = make(wanted.sample, wanted.seed, wanted.files or pure_files(ROOT))
    copies = [copy(f"mutants-{number}") for number in range(wanted.jobs)]
    shares = [mutants[number :: wanted.jobs] for number in range(wanted.jobs)]
    with ProcessPoolExecutor(wanted.jobs, multiprocessing.get_context("fork")) as pool:
        verdicts = [verdict for some in pool.map(judge_all, copies, shares) for verdict in some]
    seconds = round(time.monotonic() - began)
    about = {"sample": wanted.sample, "seed": wanted.seed, "jobs": wanted.jobs, "seconds": seconds}
    print(f"\n{report(verdicts, about)} ({seconds} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
