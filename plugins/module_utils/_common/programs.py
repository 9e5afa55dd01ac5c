# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of others: each has a time limit, gets no input, and no more of what it says is kept than is wanted."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import typing as t

from .waiting import Deadline

MOST_OUTPUT_BYTES = 1024 * 1024
# More than is ever shown, so that a secret at the end of what is shown can be told to be one.
MOST_SAID_BYTES = 64 * 1024
# How long the end of a program may go unnoticed while a child of it keeps its output open.
_LOOK_SECONDS = 0.1


class Ended(t.NamedTuple):
    """What became of a program."""

    code: int | None
    """None if it was killed at its time limit."""
    output: bytes
    said: str
    """What it wrote to its error output first."""


def run_program(
    command: t.Sequence[str], *, environ: t.Mapping[str, str], folder: str | None, deadline: Deadline
) -> Ended:
    """Run it to its end or to the deadline. One that cannot be started is an ``OSError``."""
    # Modules' own way has no time limit, and this runs in plugins, too.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        cwd=folder,
        # Without a terminal to ask at, and in a group of its own, to be ended together with its children.
        start_new_session=True,
    )
    try:
        output, said = _listen(process, deadline)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(deadline.left())
    finally:
        code = process.poll()
        if code is None:
            _kill(process)
        for stream in (process.stdout, process.stderr):
            t.cast("t.IO[bytes]", stream).close()
    return Ended(code, output, said.decode("utf-8", "replace").strip())


def _kill(process: subprocess.Popen[bytes]) -> None:
    # A program that has become another user, such as root, is left behind.
    with contextlib.suppress(PermissionError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(1)


def _listen(process: subprocess.Popen[bytes], deadline: Deadline) -> tuple[bytes, bytes]:
    output, said = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(t.cast("t.IO[bytes]", process.stdout), selectors.EVENT_READ, output)
        selector.register(t.cast("t.IO[bytes]", process.stderr), selectors.EVENT_READ, said)
        while selector.get_map() and deadline.remaining > 0:
            ended = process.poll() is not None
            ready = selector.select(0 if ended else min(_LOOK_SECONDS, deadline.left()))
            if ended and not ready:
                break
            for key, _events in ready:
                chunk = os.read(key.fd, 65536)
                key.data.extend(chunk)
                if not chunk:
                    selector.unregister(key.fileobj)
            del output[MOST_OUTPUT_BYTES:]
            del said[MOST_SAID_BYTES:]
    return bytes(output), bytes(said)
