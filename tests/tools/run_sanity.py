# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test's sanity tests on a copy of the checkout: all with the newest ansible-core, some with the oldest.

ansible-test makes its own virtual environments. It fetches the script that puts pip into them from a host of its own,
and passes nothing of the caller's environment on except HOME. So it gets a home folder under build/, with a script
that takes pip from ensurepip and with pip's settings as they are for the caller.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

from tools import setup_env, side_by_side
from tools.checkout import BUILD, REPORTS, copy, environments
from tools.side_by_side import Job

HOMES = BUILD / "sanity" / "home"
PYTHONS = BUILD / "sanity" / "bin"
PIP_FROM_ENSUREPIP = "import ensurepip\n\nensurepip.bootstrap(upgrade=True, default_pip=True)\n"
# The interpreters that ansible-test looks for by name.
KNOWN_MINORS = range(8, 16)
# What depends on ansible-core or on Python; the other tests look at the same text in the same way.
ON_THE_OLDEST = ("compile", "import", "validate-modules")


def pip_script_name(python: Path) -> str:
    """Return the name under which this ansible-test keeps the script that it would download."""
    folder = subprocess.run(
        [python, "-c", "import ansible_test; print(ansible_test.__path__[0])"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    source = Path(folder, "_internal", "python_requirements.py").read_text(encoding="utf-8")
    version = re.search(r"pip='([\d.]+)'", source)
    if version is None:
        raise SystemExit(
            "This ansible-test does not say which pip it installs; run_sanity.py has to learn its new way."
        )
    return f"get_pip_{version[1].replace('.', '_')}.py"


def write_pip_settings(python: Path, home: Path) -> None:
    """Carry pip's settings, wherever they come from, over into the home folder."""

    def pip(*arguments: str) -> str:
        command = [str(python), "-m", "pip", *arguments]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    settings = configparser.RawConfigParser()
    settings.read_dict({"global": {"cache-dir": pip("cache", "dir").strip()}})
    for line in pip("config", "list").splitlines():
        name, _equals, value = line.partition("=")
        section, _dot, option = name.rpartition(".")
        section = "global" if section == ":env:" else section
        settings.read_dict({section: {option: ast.literal_eval(value)}})
    path = home / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as stream:
        settings.write(stream)  # may hold the password of an index


def starts(program: Path) -> bool:
    """Tell whether an interpreter is more than a name."""
    return subprocess.run([program, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0


def honest(folder: str) -> bool:
    """Tell whether every Python in a folder of PATH starts; version managers put names there that do not."""
    pythons = (Path(folder, f"python3.{minor}") for minor in KNOWN_MINORS)
    return all(starts(python) for python in pythons if os.access(python, os.X_OK))


def search_path() -> t.Iterator[str]:
    """Yield the folders for PATH: first links to the Pythons that work, then what the caller has."""
    shutil.rmtree(PYTHONS, ignore_errors=True)
    PYTHONS.mkdir(parents=True)
    for minor in setup_env.MINORS:
        path = setup_env.find_python(minor)
        if path:
            (PYTHONS / f"python3.{minor}").symlink_to(path)
    yield str(PYTHONS)
    yield from filter(honest, os.environ["PATH"].split(os.pathsep))


def job(name: str, python: Path, path: list[str]) -> Job:
    """Prepare the sanity tests of one environment, in a home folder and on a copy of their own."""
    home = HOMES / name
    script = home / ".ansible" / "test" / "cache" / pip_script_name(python)
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(PIP_FROM_ENSUREPIP, encoding="utf-8")
    write_pip_settings(python, home)
    command = [str(python.with_name("ansible-test")), "sanity", "--local", "--junit"]
    if name == "oldest":
        # Without the version ansible-test would ask every Python that this ansible-core knows.
        command += ["--python", f"3.{setup_env.OLDEST}", *(word for test in ON_THE_OLDEST for word in ("--test", test))]
    variables = {"HOME": str(home), "PATH": os.pathsep.join((str(python.parent), *path))}
    return Job(command, copy(f"sanity-{name}"), variables)


def main() -> int:
    """Run the sanity tests of all environments side by side; there are no ignore files."""
    path = list(search_path())
    jobs = {name: job(name, python, path) for name, python in environments().items()}
    failed = side_by_side.run(jobs)
    for name, done in jobs.items():
        shutil.copytree(done.folder / "tests/output/junit", REPORTS / "sanity" / name, dirs_exist_ok=True)
    if failed:
        print(f"Sanity tests failed with: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
