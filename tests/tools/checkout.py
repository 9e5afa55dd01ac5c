# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie in a checkout, and a plain copy of it for tools that need one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
REPORTS = BUILD / "reports"
VENVS = ROOT / ".venv"
# Links by which Ansible finds this collection beside the playbooks of a checkout. To follow them is to walk in circles.
LINKED = Path("playbooks/collections")


def files() -> list[Path]:
    """List what belongs to the checkout: tracked or new, present, and not ignored; relative to its root."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    paths = (Path(name) for name in listing.split("\0") if name)
    return sorted({path for path in paths if (ROOT / path).is_symlink() or (ROOT / path).is_file()})


def lay(target: Path, paths: t.Iterable[Path]) -> None:
    """Put files of the checkout into a folder, as git would put them into a new one; links stay links."""
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path, follow_symlinks=False)


def copy(purpose: str) -> Path:
    """Copy the checkout to where tools want a collection to be, without the circular link; each purpose has its own."""
    target = BUILD / "copy" / purpose / "ansible_collections" / "eduide" / "theia"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    lay(target, (path for path in files() if not path.is_relative_to(LINKED)))
    # The tools ask git which files there are; a repository of its own keeps them from asking the one around it.
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    return target


def environments() -> dict[str, Path]:
    """Return the Python of each virtual environment there is, the newest first."""
    pythons = {name: VENVS / name / "bin" / "python" for name in ("newest", "oldest")}
    return {name: python for name, python in pythons.items() if python.exists()}


if __name__ == "__main__":
    print(copy(sys.argv[1]))
