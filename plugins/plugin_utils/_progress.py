# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Showing on the terminal how far a module has come, while it is still running.

A module cannot write to the terminal. It appends JSON lines to a file instead, and the action plugin, which runs on
the control node, reads them and displays what has changed. That works where both share a file system: with a local
connection.
"""

from __future__ import annotations

import atexit
import contextlib
import glob
import json
import os
import tempfile
import threading
import typing as t

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import plain

# Shorter waits end before anybody wonders.
QUIET_SECONDS = 10.0
READ_SECONDS = 1.0
_PREFIX = "eduide-theia-progress-"

Render = t.Callable[[dict[str, t.Any]], str]


def _local_folder() -> str:
    """The folder of this run on the control node, which nobody else can read."""
    return str(t.cast("t.Any", constants).DEFAULT_LOCAL_TMP)


class Follower:
    """Reads the lines of a progress file and displays at most one for each subject in ten seconds."""

    def __init__(self, path: str, subject: str, render: Render, show: t.Callable[[str], None]) -> None:
        self._path, self._subject, self._render, self._show = path, subject, render, show
        self._offset = os.path.getsize(path)
        self._shown: dict[t.Any, float] = {}

    def read(self) -> None:
        with open(self._path, encoding="utf-8") as file:
            file.seek(self._offset)
            latest: dict[t.Any, dict[str, t.Any]] = {}
            while (line := file.readline()).endswith("\n"):
                self._offset += len(line.encode())
                report = json.loads(line)
                # A module waits for one thing after the other, and counts the seconds of each.
                subject = "trouble" if "trouble" in report else (report[self._subject], report.get("until"))
                latest[subject] = report
        for subject, report in latest.items():
            if report["seconds"] >= self._shown.get(subject, 0.0) + QUIET_SECONDS:
                self._shown[subject] = report["seconds"]
                self._show(_trouble(report) if "trouble" in report else self._render(report))


def _trouble(report: dict[str, t.Any]) -> str:
    return f"still waiting after {report['seconds']:.0f} s, and at the moment nothing can be seen: {report['trouble']}"


@contextlib.contextmanager
def following(
    subject: str, render: Render, show: t.Callable[[str], None], whose: t.Mapping[str, str] | None = None
) -> t.Iterator[str]:
    """Give a path for a module to write its progress to, and show what arrives there until the block ends.

    The file is in the folder that Ansible takes away when it ends. After an interruption it is left for ``tell_rest``,
    together with ``whose`` it is.
    """
    handle, path = tempfile.mkstemp(prefix=_PREFIX, dir=_local_folder())
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(whose or {}) + "\n")
    follower = Follower(path, subject, render, show)
    finished = threading.Event()

    def follow() -> None:
        while not finished.wait(READ_SECONDS):
            with contextlib.suppress(FileNotFoundError):
                follower.read()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    interrupted = False
    try:
        yield path
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        finished.set()
        thread.join()
        if not interrupted:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


class ProgressAction(ActionBase):
    """An action plugin that runs the module of its name and shows how far it has come."""

    # The field of a progress line that says what the line is about.
    subject: str

    def render(self, report: dict[str, t.Any]) -> str:
        """The text to show for a progress line."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if self._task.async_val or self._connection.transport != "local":
            return {**result, **self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val)}
        host = task_vars.get("inventory_hostname", "")
        whose = {"host": host, "action": type(self).__module__}
        with following(self.subject, self.render, lambda text: _display(host, text), whose) as path:
            arguments = {**self._task.args, "progress_file": path}
            return {**result, **self._execute_module(module_args=arguments, task_vars=task_vars)}


def _display(host: str, text: str) -> None:
    Display().display(plain(f"[{host}] {text}"))


def tell_rest(folder: str, show: t.Callable[[str, str], None]) -> None:
    """Of tasks that were interrupted, say how far they had come: nobody else does any more."""
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), f"{_PREFIX}*"))):
        with open(path, encoding="utf-8") as file:
            whose, *reports = [json.loads(line) for line in file if line.endswith("\n")]
        classes = {found.__module__: found for found in ProgressAction.__subclasses__()}
        told = [report for report in reports if "trouble" not in report]
        action = classes.get(whose.get("action"))
        # It needs nothing of what a task would give it.
        last = f": {object.__new__(action).render(told[-1])}" if action and told else ""
        show(whose.get("host", ""), f"interrupted{last}; what was done stays, and the same command goes on from there")
        os.unlink(path)


_MAIN = os.getpid()


@atexit.register
def _at_exit() -> None:
    if os.getpid() == _MAIN:
        tell_rest(_local_folder(), _display)
