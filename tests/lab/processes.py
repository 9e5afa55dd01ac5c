# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the supervisor. While its connection is open, the lab stays."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

from lab.api import LabError, wait_until
from lab.supervisor import SOCKET

_END_SECONDS = 30.0

PACKAGES = str(Path(__file__).resolve().parent.parent)


class Processes:
    """The processes of one lab: starts and ends them by name, through the supervisor that owns them."""

    def __init__(self, state: Path, supervisor: subprocess.Popen[str] | None = None) -> None:
        self.state = state
        self._supervisor = supervisor
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(state / SOCKET))
        except OSError as error:
            raise LabError(f"no lab answers in {state}: {error}") from error
        self._lines = self._socket.makefile("rb")
        self._one_at_a_time = threading.Lock()

    @classmethod
    def launch(cls) -> Processes:
        """Start a supervisor of our own, in a session of its own so that Ctrl-C reaches only us."""
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "lab", "supervise"],
            env={**os.environ, "PYTHONPATH": PACKAGES},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        assert supervisor.stdout is not None
        with supervisor.stdout as stdout:
            state = stdout.readline().strip()
        if not state:
            raise LabError(f"the lab's supervisor ended at once with code {supervisor.wait()}")
        return cls(Path(state), supervisor)

    def _order(self, **order: t.Any) -> dict[str, t.Any]:
        with self._one_at_a_time:
            self._socket.sendall(json.dumps(order).encode() + b"\n")
            line = self._lines.readline()
        if not line:
            raise LabError(f"the lab in {self.state} is gone")
        answer: dict[str, t.Any] = json.loads(line)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer

    def reserve(self, count: int) -> list[int]:
        return t.cast(list[int], self._order(do="reserve", count=count)["ports"])

    def run(
        self, name: str, argv: t.Sequence[str | Path], env: t.Mapping[str, str] | None = None, *, restart: bool = False
    ) -> int:
        """Start a program, and start it again if it ends by itself; its output is in `log(name)`. The process id."""
        complete = {**os.environ, "PYTHONPATH": PACKAGES, **(env or {})}
        order = {"name": name, "argv": [str(word) for word in argv], "env": complete, "restart": restart}
        return t.cast(int, self._order(do="run", **order)["pid"])

    def end(self, name: str, number: int = signal.SIGTERM) -> int | None:
        """Send a signal, wait until the process is gone for good, and return its exit code (None: never started)."""
        return t.cast("int | None", self._order(do="end", name=name, signal=int(number))["returncode"])

    def status(self) -> dict[str, t.Any]:
        return self._order(do="status")

    def running(self, name: str) -> bool:
        process = self.status()["processes"].get(name)
        return process is not None and process["returncode"] is None

    def ends(self, name: str) -> list[int]:
        """The exit codes with which a program that is started again has ended so far."""
        return t.cast(list[int], self.status()["processes"][name]["ends"])

    def route(self, host: str, ports: t.Sequence[int], to: int) -> None:
        self._order(do="route", host=host, ports=list(ports), to=to)

    def detach(self) -> None:
        self._order(do="detach")

    def stop(self) -> None:
        self._order(do="stop")

    @property
    def supervisor_pid(self) -> int:
        return t.cast(int, self.status()["supervisor"])

    def log(self, name: str) -> Path:
        return self.state / "logs" / f"{name}.log"

    def last_lines(self, name: str, count: int = 15) -> str:
        log = self.log(name)
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else ""

    def close(self) -> None:
        """Let go of the lab. If it ends with that, wait until nothing of it is left."""
        ends = False
        with contextlib.suppress(LabError, OSError):
            ends = self._order(do="leave")["ends"]
        self._lines.close()
        self._socket.close()
        if ends:
            wait_until(f"{self.state} is removed", lambda: not self.state.exists(), _END_SECONDS)
            if self._supervisor:
                self._supervisor.wait(_END_SECONDS)
