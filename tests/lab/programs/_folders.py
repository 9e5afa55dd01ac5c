# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first ways: programs that are on the machine already."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lab.programs._pins import Pin, minor_of
from lab.programs._version import NoVersionError, ask_version
from lab.programs._ways import Found, Outcome


def from_assets_folder(missing: Sequence[Pin], environ: Mapping[str, str]) -> Outcome:
    """Look into the folder named by KUBEBUILDER_ASSETS."""
    folder = environ.get("KUBEBUILDER_ASSETS", "")
    if folder and not Path(folder).is_dir():
        return Outcome(refused=[f"{folder} is not a folder"])
    return _search(missing, [Path(folder)] if folder else [], f"KUBEBUILDER_ASSETS ({folder})")


def from_path(missing: Sequence[Pin], environ: Mapping[str, str]) -> Outcome:
    """Look into every folder of PATH: a later one may hold the right version behind a wrong one."""
    folders = [Path(entry) for entry in environ.get("PATH", "").split(os.pathsep) if entry]
    return _search(missing, folders, "PATH")


def _search(missing: Sequence[Pin], folders: Sequence[Path], source: str) -> Outcome:
    outcome = Outcome()
    for pin in missing:
        candidates = _candidates(pin.name, folders)
        if not candidates:
            outcome.absent.append(pin.name)
        for candidate in candidates:
            try:
                version = ask_version(candidate, pin.version_arguments)
            except NoVersionError as exc:
                outcome.refused.append(f"{candidate} gave {exc}: skipped")
                continue
            if minor_of(version) == pin.minor:
                outcome.found[pin.name] = Found(candidate, version, source)
                break
            outcome.refused.append(f"{candidate} is {version}, not {pin.minor}: skipped")
    return outcome


def _candidates(name: str, folders: Iterable[Path]) -> list[Path]:
    """Executables of that name, each once even if several folders lead to it."""
    found: dict[Path, Path] = {}
    for folder in folders:
        candidate = folder / name
        if candidate.is_file() and os.access(candidate, os.X_OK):
            found.setdefault(candidate.resolve(), candidate.absolute())
    return list(found.values())
