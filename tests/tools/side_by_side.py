# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several jobs at once: the first has the terminal, what the others print follows."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path


class Job(t.NamedTuple):
    """What to run."""

    command: list[str]
    folder: Path
    variables: dict[str, str]


def run(jobs: t.Mapping[str, Job]) -> list[str]:
    """Run all of them, and return the names of those that failed."""
    with contextlib.ExitStack() as stack:
        running: dict[str, tuple[subprocess.Popen[bytes], t.IO[bytes] | None]] = {}
        for name, job in jobs.items():
            output = stack.enter_context(tempfile.TemporaryFile()) if running else None
            if output is None:
                print(f"--- {name}", flush=True)
            process = subprocess.Popen(
                job.command, cwd=job.folder, env=job.variables, stdout=output, stderr=output and subprocess.STDOUT
            )
            running[name] = (process, output)
        return [name for name, (process, output) in running.items() if _ends_badly(name, process, output)]


def _ends_badly(name: str, process: subprocess.Popen[bytes], output: t.IO[bytes] | None) -> bool:
    code = process.wait()
    if output is not None:
        output.seek(0)
        print(f"--- {name}", flush=True)
        sys.stdout.buffer.write(output.read())
        sys.stdout.buffer.flush()
    return code != 0
