# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that are measured: how they are started, and what their playbooks say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from bench.figures import Taken
from integration.ansible_run import ROOT, environment
from lab import Installation, LabError
from lab.identities import write_private

LAUNCHER = Path(__file__).with_name("launcher.py")
_LAST_CHARACTERS = 2000


class Command(t.NamedTuple):
    argv: tuple[str, ...]
    quiet: bool = False
    """Whether what it prints is thrown away, for that is what it is measured without."""


class Workshop:
    """A folder for everything that commands read and leave, and the one way to run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tmp", "kubectl"):
            (folder / name).mkdir(parents=True)
        self.environment = environment(
            ANSIBLE_COLLECTIONS_PATH=str(ROOT / "build" / "tree"),
            # Clients keep what they learn of a cluster; that is not to outlive this one.
            TMPDIR=str(folder / "tmp"),
            KUBECACHEDIR=str(folder / "kubectl"),
        )
        # Nobody who uses the collection lets Python compile it anew every time.
        del self.environment["PYTHONDONTWRITEBYTECODE"]

    def run(self, *commands: Command) -> Taken:
        """Run commands one after the other and add up what they took; a failure ends everything."""
        first, *others = map(self._run, commands)
        for other in others:
            first = first.plus(other)
        return first

    def _run(self, command: Command) -> Taken:
        output = os.devnull if command.quiet else str(self.folder / "output")
        errors = str(self.folder / "errors")
        for file in (self.folder / "output", self.folder / "errors"):
            file.write_text("")
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(LAUNCHER), output, errors, *command.argv],
            env=self.environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        taken = json.loads(done.stdout)
        if code := taken.pop("code"):
            told = "".join((self.folder / name).read_text(errors="replace") for name in ("output", "errors"))
            raise LabError(f"{' '.join(command.argv)[:200]} ended with {code}:\n{told[-_LAST_CHARACTERS:]}")
        printed = None if command.quiet else (self.folder / "output").stat().st_size / 1024
        return Taken(**taken, kib_printed=printed)

    def playbook(self, name: str, *tasks: dict[str, t.Any], defaults: dict[str, t.Any] | None = None) -> Command:
        """ansible-playbook with these tasks, and the options that all modules of a group get."""
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "module_defaults": defaults or {},
            "tasks": list(tasks),
        }
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps([play]))
        return Command(("ansible-playbook", "-i", "localhost,", str(file)))

    def bare(self, installation: Installation, what: str, paths: t.Sequence[str]) -> Command:
        """The bare client, in the same Python and as the same account."""
        lab = installation.control_plane
        token, listed = self.folder / "token", self.folder / f"{what}.txt"
        write_private(token, installation.identity.token)
        listed.write_text("\n".join(paths))
        program = str(Path(__file__).with_name("bare.py"))
        return Command((sys.executable, "-I", program, lab.url, str(lab.ca_file), str(token), what, str(listed)))

    def trivial(self) -> Command:
        """The least that a task costs which runs a module."""
        return self.playbook("trivial", {"name": "Nothing", "ansible.builtin.ping": {}})
