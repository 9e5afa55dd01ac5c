# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one command and prints what it took, as JSON. A program of its own, and a small one.

The kernel credits a process with the size of what it was before it became a program, so whatever starts a command has
to be smaller than the command.
"""

from __future__ import annotations

import json
import os
import sys
import time
import typing as t


def taken(argv: list[str], output: str, errors: str) -> dict[str, float]:
    """Run it, with what it prints in two files. Counted is every process that it started and waited for."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        become(argv, output, errors)
    _pid, status, used = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "wall_seconds": time.monotonic() - began,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        # Not a sum: the largest of all those processes. Linux counts in kibibytes.
        "peak_rss_mib": used.ru_maxrss / 1024,
    }


def become(argv: list[str], output: str, errors: str) -> t.NoReturn:
    """Turn this process into the command."""
    try:
        files = [os.open(os.devnull, os.O_RDONLY), *(os.open(f, os.O_WRONLY | os.O_CREAT) for f in (output, errors))]
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.execvp(argv[0], argv)
    finally:
        os._exit(127)


if __name__ == "__main__":
    print(json.dumps(taken(sys.argv[3:], sys.argv[1], sys.argv[2])))
