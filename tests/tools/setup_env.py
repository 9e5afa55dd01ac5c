# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the virtual environments of this checkout, and the import path of the collection.

Standard library only, and plain enough for whatever old ``python3`` a machine starts it with: the environments
themselves come from a Python that was seen to work. An environment is made anew when its pins or its Python change,
and left alone otherwise.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENVS = os.path.join(ROOT, ".venv")
MINORS = (14, 13, 12, 11)
OLDEST = 11
# A Python counts only if it can do what is asked of it later: distributors ship some without `ensurepip`, and version
# managers put shims on PATH that exist for Pythons they will not start.
PROBE = (
    "import ensurepip, sys, venv;"
    "print(sys.version_info[1], getattr(sys, '_base_executable', '') or sys.executable, sep='\\n')"
)
BUNDLED = "ansible_collections/kubernetes/core/"


class SetupError(Exception):
    """What stands in the way, in words for the person who typed `make`."""


def probe(candidate: str, minor: int) -> str | None:
    """Return the interpreter behind a candidate, not the virtual environment it may stand in; None if it fails."""
    try:
        answer = subprocess.run(
            [candidate, "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = answer.stdout.splitlines()
    return lines[1] if answer.returncode == 0 and lines[:1] == [str(minor)] else None


def candidates(minor: int) -> t.Iterator[str]:
    """Yield where a Python 3.<minor> may be."""
    pyenv = os.environ.get("PYENV_ROOT")
    if pyenv:
        yield from sorted(glob.glob(os.path.join(pyenv, "versions", f"3.{minor}*", "bin", f"python3.{minor}")))
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, f"python3.{minor}")
        if os.access(path, os.X_OK):
            yield path
    if sys.version_info[:2] == (3, minor):
        yield sys.executable


def find_python(minor: int) -> str | None:
    """Return a Python 3.<minor> that works."""
    return next((path for path in (probe(candidate, minor) for candidate in candidates(minor)) if path), None)


def choose() -> dict[str, tuple[int, str]]:
    """Decide which environments this machine can have: the newest Python's, and the oldest that is supported."""
    found = ((minor, find_python(minor)) for minor in MINORS)
    newest = next(((minor, path) for minor, path in found if path), None)
    if newest is None:
        raise SetupError(
            "No usable Python between 3.11 and 3.14 was found, neither on PATH nor, if PYENV_ROOT is set, among pyenv's"
            " versions. It has to start and to bring the modules venv and ensurepip; on Debian and Ubuntu these are in "
            "the package python3-venv."
        )
    oldest = newest[1] if newest[0] == OLDEST else find_python(OLDEST)
    return {"newest": newest, **({"oldest": (OLDEST, oldest)} if oldest else {})}


def pins(name: str, minor: int) -> tuple[str, str]:
    """Return the files that pin what an environment gets: its packages, and the bundle with kubernetes.core."""
    suffix = "3.11" if minor == OLDEST else "3.12"
    packages = f"python-{suffix}" if name == "newest" else name
    folder = os.path.join(ROOT, "requirements")
    return os.path.join(folder, f"{packages}.txt"), os.path.join(folder, f"bundle-{suffix}.txt")


def fingerprint(name: str, minor: int) -> str:
    """Summarise what an environment is made from: the recipe in this file, the pins, and the minor version of Python.

    Not the path of that Python: two shells with different PATHs would take turns in making everything anew.
    """
    digest = hashlib.sha256(str(minor).encode())
    for path in (*pins(name, minor), os.path.abspath(__file__)):
        with open(path, "rb") as stream:
            digest.update(stream.read())
    return digest.hexdigest()


def run(*command: str) -> None:
    """Run a command on the terminal, and name it if it fails."""
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as exc:
        raise SetupError(f"This command failed: {' '.join(command)}\n{exc}") from exc


def unpack_kubernetes_core(python: str, bundle: str, target: str) -> None:
    """Take kubernetes.core out of the wheel that bundles it; the rest of that wheel is half a gigabyte."""
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "--requirement", bundle)
        [wheel] = glob.glob(os.path.join(folder, "*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target, [name for name in archive.namelist() if name.startswith(BUNDLED)])


def make_environment(name: str, minor: int, base: str) -> None:
    """Make one environment if what it should be made from is not what it was made from."""
    home = os.path.join(VENVS, name)
    python = os.path.join(home, "bin", "python")
    stamp = os.path.join(home, "made-from")
    wanted = fingerprint(name, minor)
    with contextlib.suppress(OSError), open(stamp) as stream:
        if stream.read() == wanted and os.access(python, os.X_OK):
            return
    packages, bundle = pins(name, minor)
    print(f"Making .venv/{name} with Python 3.{minor} ({base}) …", flush=True)
    run(base, "-m", "venv", "--clear", home)
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--requirement", packages)
    run(*pip, "check", "--quiet")
    unpack_kubernetes_core(python, bundle, os.path.join(home, "lib", f"python3.{minor}", "site-packages"))
    with open(stamp, "w") as stream:
        stream.write(wanted)


def make_tree() -> None:
    """Give the checkout, wherever it lies, the path under which Ansible and Python look for a collection."""
    link = os.path.join(ROOT, "build", "tree", "ansible_collections", "eduide", "theia")
    target = os.path.join("..", "..", "..", "..")
    if not os.path.islink(link) or os.readlink(link) != target:
        os.makedirs(os.path.dirname(link), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.remove(link)
        os.symlink(target, link)


@contextlib.contextmanager
def alone() -> t.Iterator[None]:
    """Let only one process at a time make environments; the others wait and then find them made."""
    os.makedirs(VENVS, exist_ok=True)
    with open(os.path.join(VENVS, "lock"), "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def make_on_demand(name: str) -> str:
    """Make an environment that one command alone needs, and return its Python."""
    with alone():
        minor, base = choose()["newest"]
        make_environment(name, minor, base)
    return os.path.join(VENVS, name, "bin", "python")


def main() -> int:
    """Make what is missing."""
    try:
        with alone():
            make_tree()
            chosen = choose()
            for name, (minor, base) in chosen.items():
                make_environment(name, minor, base)
            if "oldest" not in chosen:
                shutil.rmtree(os.path.join(VENVS, "oldest"), ignore_errors=True)
    except SetupError as exc:
        print(f"setup_env: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
