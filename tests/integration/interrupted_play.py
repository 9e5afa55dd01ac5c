# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook that runs beside a test, so that a signal can meet it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import typing as t

from integration.ansible_run import ROOT, environment

Target = t.Literal["module", "playbook", "group"]


class InterruptedPlay:
    """One run of a playbook, with a home of its own, in a group of processes of its own."""

    def __init__(self, home: pathlib.Path, inventory: pathlib.Path, playbook: str, **variables: t.Any) -> None:
        self.home = home
        extra = [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]
        self.process = subprocess.Popen(
            ["ansible-playbook", ROOT / "playbooks" / f"{playbook}.yml", "-i", inventory, *extra],
            cwd=ROOT,
            env=environment(HOME=str(home), TMPDIR=str(home), ANSIBLE_COLLECTIONS_PATH=str(ROOT / "build" / "tree")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started: list[int] = []

    def send(self, number: int, target: Target) -> None:
        self._started = _children(self.process.pid)
        if target == "group":
            os.killpg(self.process.pid, number)
        else:
            os.kill(self.process.pid if target == "playbook" else self._started[-1], number)

    def output(self) -> str:
        """All that it printed, once it has ended."""
        return self.process.communicate(timeout=120)[0]

    def progress(self) -> list[pathlib.Path]:
        """The files by which modules say how far they are."""
        return [*self.home.rglob("eduide-theia-progress-*")]

    def files_with(self, secret: str) -> list[pathlib.Path]:
        files = [path for path in self.home.rglob("*") if path.is_file()]
        return [path for path in files if secret in path.read_text(errors="replace")]

    def running(self) -> list[int]:
        """What it had started when the signal was sent, and still runs."""
        return [pid for pid in self._started if not _is_over(pid)]

    def kill_rest(self) -> None:
        for pid in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """The processes that this one has started, the youngest last."""
    try:
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [process for child in map(int, found) for process in (child, *_children(child))]


def _is_over(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
