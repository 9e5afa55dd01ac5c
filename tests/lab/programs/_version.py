# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a program for its version."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

ANSWER_SECONDS = 20.0
_VERSION = re.compile(r"(?<![\d.])v?(\d+\.\d+\.\d+)")


class NoVersionError(Exception):
    """The program did not name a version."""


def parse_version(text: str) -> str | None:
    """The first three-part version in what a program printed, without its leading v and any suffix."""
    match = _VERSION.search(text)
    return match.group(1) if match else None


def ask_version(program: Path, arguments: Sequence[str]) -> str:
    """Run the program and read its version; raise NoVersionError with the reason if it names none."""
    try:
        stat = program.stat()
    except OSError as exc:
        raise NoVersionError(str(exc)) from exc
    return _ask(str(program), tuple(arguments), stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _ask(program: str, arguments: tuple[str, ...], _size: int, _mtime_ns: int) -> str:
    """Size and time are part of the key, so that a program replaced meanwhile is asked again."""
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=ANSWER_SECONDS,
            check=False,
            text=True,
            errors="replace",
            # A broken or password-asking kubeconfig of the user has no say in what kubectl's own version is.
            env={**os.environ, "KUBECONFIG": os.devnull},
        )
    except subprocess.TimeoutExpired as exc:
        raise NoVersionError(f"no answer to {' '.join(arguments)} within {ANSWER_SECONDS:g} s") from exc
    except OSError as exc:
        raise NoVersionError(f"cannot be run ({exc.strerror})") from exc
    version = parse_version(done.stdout)
    if done.returncode or version is None:
        first_line = next(iter(done.stdout.strip().splitlines()), "nothing")
        raise NoVersionError(f"exit code {done.returncode} and {first_line!r} in answer to {' '.join(arguments)}")
    return version
