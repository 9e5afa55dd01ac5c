# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the lab is the one that its own tests last passed with.

Most tests on the lab are about the lab, and say the same again as long as nobody changes it. The stamp, a file of the
checkout, holds what the lab and its tests were made of when all of them passed; `make lab-tests` alone writes it.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from pathlib import Path

from tools.checkout import ROOT, files

STAMP = ROOT / "tests" / "lab-passed.txt"
TESTS = Path("tests/integration/lab")
LAB = Path("tests/lab")
CONTRACT = "test_contract*.py"
_SHARED = Path("tests/integration/conftest.py")
_HEADER = """\
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the lab was made of when all of its own tests passed. Only `make lab-tests` writes it.
"""


def contract() -> list[str]:
    """Return the tests that hold the stand-ins to the contract, which run always."""
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / TESTS).glob(CONTRACT))]


def made_of() -> dict[str, str]:
    """Summarise the lab, its tests, and the packages it needs; the last line is over all of them.

    Without it two changes that each passed alone could be merged into a stamp that nothing ever passed.
    """
    present = [path for path in files() if path.suffix != ".md"]
    digests = {
        "sources": _of_files(path for path in present if path.is_relative_to(LAB)),
        "tests": _of_files(path for path in present if _is_test(path)),
        "pins": _of_lines(line for lock in sorted((ROOT / "requirements").glob("python-*.txt")) for line in pins(lock)),
    }
    return {**digests, "all": _of_lines(digests.values())}


def pins(lock: Path) -> list[str]:
    """Return the lines of a lock file for what `lab.in` names, and for what that draws in."""
    wanted_by: dict[str, set[str]] = {}
    line = ""
    for text in lock.read_text(encoding="utf-8").splitlines():
        if re.match(r"\w", text):
            line = text
            wanted_by[line] = set()
        elif line:
            wanted_by[line].add(re.sub(r"^\s*#(\s+via)?\s*", "", text))
    found: set[str] = set()
    names = {"-r lab.in"}
    while names:
        found |= (more := {line for line, by in wanted_by.items() if by & names} - found)
        names = {re.split(r"[=\s]", line, maxsplit=1)[0] for line in more}
    return sorted(found)


def stamped() -> dict[str, str]:
    """Return what the stamp says; nothing if there is none."""
    if not STAMP.exists():
        return {}
    lines = [line.split() for line in STAMP.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {line[0]: line[1] for line in lines if len(line) == 2}


def why_due() -> str | None:
    """Tell why the lab's own tests have to run; None if they need not."""
    there, then = made_of(), stamped()
    if there == then:
        return None
    if not then:
        return f"there is no {STAMP.relative_to(ROOT)}"
    changed = [name for name in there if name != "all" and there[name] != then.get(name)]
    if not changed:
        return f"{STAMP.relative_to(ROOT)} was put together from others"
    return f"its {' and '.join(changed)} changed since they last passed"


def stamp(passed_with: t.Mapping[str, str]) -> None:
    """Write down with what the lab's own tests have passed."""
    lines = [f"{name} {digest}\n" for name, digest in passed_with.items()]
    STAMP.write_text("".join([_HEADER, *lines]), encoding="utf-8")


def _is_test(path: Path) -> bool:
    return path == _SHARED or (path.is_relative_to(TESTS) and not path.match(CONTRACT))


def _of_files(paths: t.Iterable[Path]) -> str:
    return _of_lines(f"{path} {hashlib.sha256((ROOT / path).read_bytes()).hexdigest()}" for path in paths)


def _of_lines(lines: t.Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
