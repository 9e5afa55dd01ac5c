# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-ins of one installation, as processes."""

from __future__ import annotations

import signal
import sys
import typing as t
from pathlib import Path

from lab.api import LabError, wait_until
from lab.identities import Identity
from lab.processes import Processes

if t.TYPE_CHECKING:
    from lab.proxy import FaultProxy

START_SECONDS = 90.0


class Program:
    """Can be stopped, killed and started again, like what it stands for."""

    def __init__(
        self,
        processes: Processes,
        name: str,
        command: t.Sequence[str],
        *,
        identity: Identity,
        works: t.Callable[[], t.Any],
        env: t.Mapping[str, str] | None = None,
        restart: bool = False,
    ) -> None:
        self.identity = identity
        self._processes = processes
        self._name = name
        self._command = [sys.executable, "-m", *command]
        self._works = works
        self._env = env
        self._restart = restart
        self._printed_before = 0

    @property
    def user(self) -> str:
        """Its name in the audit log."""
        return self.identity.user

    def start(self, *other: str, wait: bool = True) -> None:
        """Start it, with `other` arguments than those that it was made with."""
        self._printed_before = self.log.stat().st_size if self.log.exists() else 0
        self._processes.run(self._name, self.command(*other), self._env, restart=self._restart)
        if wait:
            self.wait()

    def through(self, proxy: FaultProxy) -> str:
        """The argument with which it reaches the API server through a fault proxy."""
        file = self.identity.kubeconfig.with_name(f"{self._name}.proxied.kubeconfig")
        return f"--kubeconfig={proxy.write_kubeconfig(file, self.identity.token)}"

    def command(self, *other: str) -> list[str]:
        """Of an argument that is there twice, the last one counts."""
        return [*self._command, *other]

    def wait(self) -> None:
        """Wait until it does its work; at once an error if it ended instead."""

        def alive_and_working() -> t.Any:
            if not self.running():
                raise LabError(f"{self._name} ended\n{self._processes.last_lines(self._name)}")
            return self._works()

        wait_until(f"{self._name} works", alive_and_working, START_SECONDS)

    def stop(self) -> int | None:
        """Ask it to end (SIGTERM), and wait until it has."""
        return self._processes.end(self._name, signal.SIGTERM)

    def kill(self) -> int | None:
        return self._processes.end(self._name, signal.SIGKILL)

    def running(self) -> bool:
        return self._processes.running(self._name)

    @property
    def ends(self) -> list[int]:
        """The exit codes with which it has ended by itself since it was started."""
        return self._processes.ends(self._name)

    @property
    def log(self) -> Path:
        return self._processes.log(self._name)

    def has_printed(self, text: str) -> bool:
        """Since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._printed_before)
            return text.encode() in log.read()
