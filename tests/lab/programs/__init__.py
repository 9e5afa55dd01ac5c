# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the control plane, found one by one: on the machine, in the cache, by download, or built."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.programs._build import MODULES, from_build
from lab.programs._cache import Cache, cache_root
from lab.programs._download import from_download
from lab.programs._folders import from_assets_folder, from_path
from lab.programs._pins import Pin, Pins, load_pins
from lab.programs._terminal import Terminal
from lab.programs._ways import Found, Outcome, ProgramsError

__all__ = ["Programs", "ProgramsError", "programs"]

NEXT_STEP = (
    "Next step: name a folder that holds the programs in KUBEBUILDER_ASSETS, or let this machine reach the servers of "
    "the download, or a Python package index and a Go module proxy for the build."
)


@dataclass(frozen=True)
class Programs:
    """Where each program is, and where each came from."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kube_scheduler: Path
    kubectl: Path
    kwok: Path
    found: Mapping[str, Found]

    @property
    def source(self) -> str:
        """One readable line on where the programs came from."""
        by_source: dict[str, list[str]] = {}
        for name, one in self.found.items():
            by_source.setdefault(one.source, []).append(f"{name} {one.version}")
        return "; ".join(f"{', '.join(names)}: {source}" for source, names in by_source.items())


def programs(
    *,
    environ: Mapping[str, str] | None = None,
    pins: Pins | None = None,
    terminal: Terminal | None = None,
    modules: Path = MODULES,
) -> Programs:
    """Get every program, in milliseconds if they are there, in minutes if they have to be built.

    Raises ProgramsError, naming every way that was tried, if one cannot be had.
    """
    search = _Search(os.environ if environ is None else environ, pins or load_pins(), terminal or Terminal(), modules)
    return search.run()


class _Search:
    """Walks the ways in their order and keeps what each of them said."""

    def __init__(self, environ: Mapping[str, str], pins: Pins, terminal: Terminal, modules: Path) -> None:
        self._environ = environ
        self._pins = pins
        self._terminal = terminal
        self._modules = modules
        self._cache = Cache(cache_root(environ), pins.name)
        self._cache_way = f"cache ({self._cache.folder})"
        self._found: dict[str, Found] = {}
        self._outcomes: dict[str, Outcome] = {}

    def run(self) -> Programs:
        assets = self._environ.get("KUBEBUILDER_ASSETS") or "not set"
        self._take(f"KUBEBUILDER_ASSETS ({assets})", from_assets_folder(self._missing(), self._environ))
        self._take("PATH", from_path(self._missing(), self._environ))
        self._take(self._cache_way, self._cache.find(self._missing()))
        if self._missing():
            self._fill_cache()
        if self._missing():
            raise ProgramsError(self._explain())
        paths = {name.replace("-", "_"): one.path for name, one in self._found.items()}
        return Programs(found={pin.name: self._found[pin.name] for pin in self._pins.programs}, **paths)

    def _fill_cache(self) -> None:
        """The slow ways, one process at a time.

        The work folder (compiler cache of about 4 GB, perhaps a toolchain) goes after success. After a failure it
        stays: the next try then continues where this one stopped.
        """
        try:
            with self._cache.lock(self._terminal):
                # Whoever held the lock before us may have brought what we need.
                self._take(self._cache_way, self._cache.find(self._missing()))
                if self._missing():
                    self._terminal.say(f"not on this machine yet: {self._names()}")
                    self._take("download", from_download(self._missing(), self._cache, self._terminal))
                if self._missing():
                    self._take("build", self._build())
                if not self._missing():
                    shutil.rmtree(self._cache.work, ignore_errors=True)
        except OSError as exc:
            self._take(self._cache_way, Outcome(refused=[f"{self._cache.root} cannot be filled: {exc}"]))

    def _build(self) -> Outcome:
        return from_build(
            self._missing(), self._pins.go, self._cache, self._environ, self._terminal, modules=self._modules
        )

    def _missing(self) -> Sequence[Pin]:
        return [pin for pin in self._pins.programs if pin.name not in self._found]

    def _names(self) -> str:
        return ", ".join(f"{pin.name} {pin.version}" for pin in self._missing())

    def _take(self, way: str, outcome: Outcome) -> None:
        before = self._outcomes.get(way, Outcome()).refused
        for reason in outcome.refused:
            if reason not in before:
                self._terminal.say(f"{way}: {reason}")
        self._found.update(outcome.found)
        self._outcomes[way] = outcome

    def _explain(self) -> str:
        missing = {pin.name for pin in self._missing()}
        lines = [f"The lab could not get {self._names()}. Tried, in this order:"]
        for way, outcome in self._outcomes.items():
            lines += [f"  {way}: {reason}" for reason in outcome.refused]
            if absent := [name for name in outcome.absent if name in missing]:
                lines.append(f"  {way}: no {', '.join(absent)}")
        return "\n".join([*lines, NEXT_STEP])
