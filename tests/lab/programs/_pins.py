# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs the lab needs, in which version, and where they come from."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.programs._ways import ProgramsError

PINS_FILE = Path(__file__).with_name("pins.toml")
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Pin:
    """One program: its version, its download and its Go package."""

    name: str
    version: str
    module: str
    package: str
    url: str
    checksum_url: str | None = None
    sha256: str | None = None
    version_arguments: tuple[str, ...] = ("--version",)

    @property
    def minor(self) -> str:
        return minor_of(self.version)


@dataclass(frozen=True)
class GoPin:
    """The Go toolchain that is fetched when the machine has none that is new enough."""

    requirement: str
    version: str
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pins:
    """All programs of one control plane, for one processor architecture."""

    programs: tuple[Pin, ...]
    go: GoPin
    name: str


def load_pins(arch: str | None = None, file: Path = PINS_FILE) -> Pins:
    """Read the pins for an architecture (default: this machine's)."""
    arch = arch or machine_architecture()
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    versions = data["versions"]
    programs = []
    for entry in data["program"]:
        values = {"version": versions[entry["module"]], "arch": arch}
        checksum = entry.get("checksum")
        programs.append(
            Pin(
                name=entry["name"],
                version=values["version"],
                module=entry["module"],
                package=entry["package"],
                url=entry["url"].format(**values),
                checksum_url=checksum.format(**values) if checksum else None,
                sha256=entry.get("sha256", {}).get(arch),
                version_arguments=tuple(entry.get("version_arguments", ["--version"])),
            )
        )
    return Pins(tuple(programs), GoPin(**data["go"]), f"{versions['kubernetes']}-{arch}")


def machine_architecture() -> str:
    """The release name of this machine's architecture."""
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine.lower() not in ARCHITECTURES:
        raise ProgramsError(f"the lab runs on Linux on amd64 or arm64; this machine is {system} on {machine}")
    return ARCHITECTURES[machine.lower()]


def minor_of(version: str) -> str:
    """Cut a version to its minor: 1.36.3 -> 1.36."""
    return ".".join(version.split(".")[:2])
