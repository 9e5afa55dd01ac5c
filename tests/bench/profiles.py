# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the time of a module goes: imports, and then functions.

`python -m bench.profiles MODULE OPTIONS_FILE` runs a module in this process under Python's profiler and prints what it
found. Lists are read one after the other then, for the profiler looks at one thread.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import subprocess
import sys
import typing as t
from pathlib import Path
from unittest import mock

from bench.commands import Command, Workshop
from integration.ansible_run import ROOT
from integration.module_run import module

_ROWS = 40
_PATHS = f"{ROOT / 'build' / 'tree'}:{ROOT / 'tests'}"


def write(file: Path, workshop: Workshop, name: str, options: t.Mapping[str, t.Any]) -> None:
    """Profile a module with these options. It is run three times; the functions are those of the first run."""
    arguments = workshop.folder / "options.json"
    arguments.write_text(json.dumps(options), encoding="utf-8")
    work = [sys.executable, "-m", "bench.profiles", name, str(arguments)]
    environment = {**workshop.environment, "PYTHONPATH": _PATHS}
    functions = subprocess.run(work, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    file.parent.mkdir(parents=True, exist_ok=True)
    playbook = workshop.playbook("profiled", {"name": name, f"eduide.theia.{name}": options})
    file.write_text(f"{_imports(workshop, name, playbook)}\n\n{functions}", encoding="utf-8")


def _imports(workshop: Workshop, name: str, playbook: Command) -> str:
    """The costliest imports, each with what it imports. Modules travel as source and are compiled every time."""
    kept = workshop.folder / "kept"
    environment = {**workshop.environment, "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TEMP": str(kept)}
    subprocess.run(playbook.argv, env=environment, stdout=subprocess.DEVNULL, check=True)
    (package,) = kept.glob(f"*/AnsiballZ_{name}.py")
    command = [sys.executable, "-X", "importtime", str(package)]
    done = subprocess.run(command, env=workshop.environment, capture_output=True, text=True, check=True)
    package.unlink()
    lines = [line.partition("import time:")[2].split("|") for line in done.stderr.splitlines() if line.count("|") == 2]
    costs = [(int(cost), imported.strip()) for _own, cost, imported in lines if cost.strip().isdigit()]
    return "\n".join(
        [
            "Imports, in milliseconds with what they import:",
            *(f"{cost / 1000:8.1f}  {imported}" for cost, imported in sorted(costs, reverse=True)[:_ROWS]),
        ]
    )


def one_by_one(function: t.Callable[[t.Any], t.Any], items: t.Iterable[t.Any], _concurrency: int) -> list[t.Any]:
    return [function(item) for item in items]


def main(name: str, options: Path) -> None:
    profile = cProfile.Profile()
    gateway = "ansible_collections.eduide.theia.plugins.module_utils._kubernetes.client.in_parallel"
    with mock.patch(gateway, one_by_one):
        profile.runcall(module, name, json.loads(options.read_text(encoding="utf-8")))
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile).sort_stats(order).print_stats(_ROWS)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
