# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Last way: built from the published Go modules, which the go.mod files in `controlplane` name."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import typing as t
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab.programs._cache import Cache
from lab.programs._pins import GoPin, Pin
from lab.programs._terminal import Terminal
from lab.programs._toolchain import Go, find_go
from lab.programs._ways import Outcome, ProgramsError

MODULES = Path(__file__).parents[1] / "controlplane"
KEPT_LINES = 15


def from_build(
    missing: Sequence[Pin],
    go_pin: GoPin,
    cache: Cache,
    environ: Mapping[str, str],
    terminal: Terminal,
    *,
    modules: Path = MODULES,
) -> Outcome:
    """Build what is missing, one Go module after the other."""
    outcome = Outcome()
    groups: dict[str, list[Pin]] = {}
    for pin in missing:
        groups.setdefault(pin.module, []).append(pin)
    try:
        go = find_go(_needed_go(modules, groups), go_pin, cache.work, environ, terminal)
        for name, group in groups.items():
            for pin, file in _build_module(go, modules / name, group, cache.work / "out", terminal):
                outcome.found[pin.name] = cache.adopt(pin, file, f"built with Go {go.version}")
                terminal.say(f"built {pin.name} {pin.version}")
    except (ProgramsError, OSError) as exc:
        outcome.refused.append(str(exc))
    return outcome


def _build_module(go: Go, module: Path, group: Sequence[Pin], out: Path, terminal: Terminal) -> list[tuple[Pin, Path]]:
    """Compile the programs of one module in one call, so that they share what they have in common."""
    out.mkdir(parents=True, exist_ok=True)
    packages = [pin.package for pin in group]
    label = f"{module.name} {group[0].version}"
    modules = terminal.meter(f"reading the modules of {label}", _count_requirements(module / "go.mod"))

    def on_list(line: str) -> None:
        if line.startswith("go: downloading"):
            modules.step()

    dependencies = _run_go(go, ["list", "-deps", *packages], module, on_list).split()
    terminal.say(f"building {', '.join(pin.name for pin in group)} ({len(dependencies)} packages)")
    compiled = terminal.meter(f"building {label}", len(dependencies))
    # A module's main package may have another name than its program, so one alone is written to its own name.
    target = f"{out}/" if len(group) > 1 else str(out / group[0].name)
    flags = _linker_flags(group[0])
    _run_go(go, ["build", "-v", "-ldflags", flags, "-o", target, *packages], module, lambda _line: compiled.step())
    return [(pin, out / pin.name) for pin in group]


def _linker_flags(pin: Pin) -> str:
    """Kubernetes learns its version from the linker; without it kubectl cannot even say which one it is."""
    if pin.module != "kubernetes":
        return "-s -w"
    major, minor, _patch = pin.version.split(".")
    values = {
        "k8s.io/component-base/version.gitVersion": f"v{pin.version}",
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/component-base/version.gitTreeState": "clean",
        "k8s.io/client-go/pkg/version.gitVersion": f"v{pin.version}",
    }
    return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in values.items())])


def _run_go(go: Go, arguments: Sequence[str], module: Path, on_line: Callable[[str], None]) -> str:
    """Run go in a module and hand on each line of its error output; return what it printed."""
    last: deque[str] = deque(maxlen=KEPT_LINES)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        with _own_group([str(go.path), *arguments], cwd=module, env=go.environ, stdout=output) as process:
            assert process.stderr is not None, "it was asked for"
            for line in process.stderr:
                last.append(line.rstrip())
                on_line(line)
            code = process.wait()
        if code:
            said = "\n      ".join(last)
            raise ProgramsError(f"go {arguments[0]} of {module.name} failed with exit code {code}:\n      {said}")
        output.seek(0)
        return output.read()


@contextlib.contextmanager
def _own_group(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], stdout: t.IO[str]
) -> t.Iterator[subprocess.Popen[str]]:
    """A process that takes the compilers it started with it if we are interrupted."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    with process:
        try:
            yield process
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            raise


def _needed_go(modules: Path, names: t.Iterable[str]) -> str:
    """The newest Go that one of the modules asks for."""
    needed = []
    for name in names:
        go_mod = modules / name / "go.mod"
        match = re.search(r"^go (\d+(?:\.\d+)+)$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
        if match is None:
            raise ProgramsError(f"{go_mod} has no go line")
        needed.append(match.group(1))
    return max(needed, key=lambda version: [int(part) for part in version.split(".")])


def _count_requirements(go_mod: Path) -> int:
    """How many modules a build may have to download: a go.mod names every one that it uses."""
    return len(re.findall(r"^\s+\S+ v\d", go_mod.read_text(encoding="utf-8"), re.MULTILINE))
