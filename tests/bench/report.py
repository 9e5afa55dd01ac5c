# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of measurements leaves: a file for machines and a table for people."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import typing as t
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._sessions.table import Column, render
from bench.figures import Quantity, Runs, Spread, Taken, Verdict, Wanted, judge, slope, spread, values_of
from bench.rounds import Contender
from integration.ansible_run import ROOT

QUANTITIES: tuple[Quantity, ...] = t.get_args(Quantity)
_PACKAGES = ("ansible-core", "kubernetes", "urllib3")


class Measurement(t.NamedTuple):
    """One question, who answered it, what that took, and what was wanted."""

    name: str
    contenders: t.Sequence[Contender]
    runs: Runs
    wanted: t.Sequence[Wanted]

    @property
    def verdicts(self) -> list[Verdict]:
        return [judge(wanted, self.runs) for wanted in self.wanted]

    def describe(self) -> dict[str, t.Any]:
        return {
            "contenders": {c.name: {"about": c.about, **_figures(self.runs[c.name])} for c in self.contenders},
            "figures": {
                verdict.wanted.name: {
                    **verdict.found._asdict(),
                    "wanted": verdict.wanted.text or None,
                    "reached": verdict.reached,
                }
                for verdict in self.verdicts
            },
        }


def _figures(runs: t.Sequence[Taken | None]) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {}
    for quantity in QUANTITIES:
        if values := _values(runs, quantity):
            found[quantity] = {**spread(values)._asdict(), "each": values}
    return found


def surroundings(kubernetes: str) -> dict[str, t.Any]:
    """What the figures depend on beside the code."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        return done.stdout.strip()

    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "HEAD") or None,
        "changed_files": len(git("status", "--porcelain").splitlines()),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
        "kubernetes.core": json.loads((_kubernetes_core() / "MANIFEST.json").read_text())["collection_info"]["version"],
        "api_server": kubernetes,
    }


def _kubernetes_core() -> Path:
    import ansible_collections.kubernetes.core as collection

    return Path(next(iter(collection.__path__)))


def _processor() -> str | None:
    """Linux names it in a list of all cores."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), None)


def write(file: Path, about: t.Mapping[str, t.Any], measurements: t.Sequence[Measurement]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {**about, **{measurement.name: measurement.describe() for measurement in measurements}}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def table(measurements: t.Sequence[Measurement]) -> str:
    """What each contender took, and then what came of it."""
    lines: list[str] = []
    for measurement in measurements:
        took = [_row(contender.name, measurement.runs[contender.name]) for contender in measurement.contenders]
        lines += ["", measurement.name, *_indented(("", *QUANTITIES), took)]
        verdicts = [
            (v.wanted.name, _text(v.found), v.wanted.text, {True: "reached", False: "NOT REACHED", None: ""}[v.reached])
            for v in measurement.verdicts
        ]
        lines += ["", *_indented(("", "min .. median .. max", "wanted", ""), verdicts)]
    return "\n".join(lines)


MOST_SLOPE = 1.05
GROWING: tuple[Quantity, ...] = ("wall_seconds", "cpu_seconds", "peak_rss_mib", "kib_printed")


def _growth(sizes: t.Mapping[int, t.Sequence[Measurement]]) -> t.Iterator[tuple[str, Quantity, float, float, float]]:
    """From the smallest to the largest world: what grew from which median to which, and with which slope."""
    small, large = min(sizes), max(sizes)
    for before, after in zip(sizes[small], sizes[large], strict=True):
        for contender in before.contenders:
            for quantity in GROWING:
                values = [_values(each.runs[contender.name], quantity) for each in (before, after)]
                if all(values):
                    first, last = (statistics.median(each) for each in values)
                    name = f"{before.name}: {contender.name}"
                    yield name, quantity, first, last, slope(first, last, large / small)


def write_growth(file: Path, about: t.Mapping[str, t.Any], sizes: t.Mapping[int, t.Sequence[Measurement]]) -> None:
    found: dict[str, dict[str, t.Any]] = {}
    for name, quantity, first, last, power in _growth(sizes):
        found.setdefault(name, {})[quantity] = {"smallest": first, "largest": last, "slope": power}
    content = {**about, "sizes": sorted(sizes), "growth": found}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def growth_table(sizes: t.Mapping[int, t.Sequence[Measurement]]) -> str:
    """How much more the largest world costs; what grows faster than the number of sessions is marked."""
    headings = ("", "", str(min(sizes)), str(max(sizes)), "slope", "")
    rows = [
        (name, quantity, f"{first:.3g}", f"{last:.3g}", f"{power:.2f}", "TOO STEEP" if power > MOST_SLOPE else "fits")
        for name, quantity, first, last, power in _growth(sizes)
    ]
    return "\n".join(_indented(headings, rows))


def _values(runs: t.Sequence[Taken | None], quantity: Quantity) -> list[float]:
    return [value for value in values_of(runs, quantity) if value is not None]


def _row(name: str, runs: t.Sequence[Taken | None]) -> tuple[str, ...]:
    cells = [_values(runs, quantity) for quantity in QUANTITIES]
    return name, *(_text(spread(values)) if values else "" for values in cells)


def _text(found: Spread) -> str:
    return " .. ".join(f"{figure:.3g}" if abs(figure) < 100 else f"{figure:.0f}" for figure in found[:3])


def _indented(headings: t.Sequence[str], rows: t.Sequence[t.Sequence[str]]) -> list[str]:
    return [f"  {line}" for line in render([Column(h) for h in headings], rows).splitlines()]
