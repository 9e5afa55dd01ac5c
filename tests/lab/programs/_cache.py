# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own folder of programs: a manifest beside the files, and a lock for those who fill it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lab.programs._pins import Pin
from lab.programs._terminal import Terminal
from lab.programs._version import NoVersionError, ask_version
from lab.programs._ways import Found, Outcome, ProgramsError

FOLDER_NAME = "eduide-theia-lab"
MANIFEST = "manifest.json"


class Entry(t.TypedDict):
    """What the manifest says about one program."""

    version: str
    sha256: str
    size: int
    mtime_ns: int
    source: str


def cache_root(environ: Mapping[str, str]) -> Path:
    """Where the lab keeps what it downloaded or built."""
    base = environ.get("XDG_CACHE_HOME", "")
    # The specification of that variable says that a relative path is to be ignored.
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / FOLDER_NAME


class Cache:
    """The folder of one set of pinned programs."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.folder = root / name

    @property
    def work(self) -> Path:
        """For half-finished things; on the same file system as the folder, so that a rename is atomic."""
        return self.root / "work"

    def find(self, missing: Sequence[Pin]) -> Outcome:
        """Programs that the manifest vouches for."""
        outcome = Outcome()
        manifest = self._read_manifest()
        for pin in missing:
            entry = manifest.get(pin.name)
            path = self.folder / pin.name
            if entry is None:
                outcome.absent.append(pin.name)
            elif refusal := _refusal(pin, path, entry):
                outcome.refused.append(f"{path} {refusal}: skipped")
            else:
                outcome.found[pin.name] = Found(path, entry["version"], f"cache ({entry['source']})")
        return outcome

    def adopt(self, pin: Pin, file: Path, source: str) -> Found:
        """Take a finished file in: executable, of exactly the pinned version, hashed, renamed into place."""
        file.chmod(0o755)
        try:
            version = ask_version(file, pin.version_arguments)
        except NoVersionError as exc:
            raise ProgramsError(f"{pin.name} gave {exc}") from exc
        if version != pin.version:
            raise ProgramsError(f"{pin.name} says that it is {version}, expected {pin.version}")
        stat = file.stat()
        entry = Entry(
            version=version, sha256=sha256_of(file), size=stat.st_size, mtime_ns=stat.st_mtime_ns, source=source
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / pin.name
        # The file first: a crash in between leaves a manifest that does not match, and the program is got again.
        os.replace(file, path)
        self._write_manifest({**self._read_manifest(), pin.name: entry})
        return Found(path, version, source)

    @contextlib.contextmanager
    def lock(self, terminal: Terminal) -> Iterator[None]:
        """One process at a time fills the cache; the others wait and say so."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a+", encoding="utf-8") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                holder = handle.read().strip() or "unknown"
                terminal.say(f"waiting for another process (pid {holder}) that is getting the programs")
                fcntl.flock(handle, fcntl.LOCK_EX)
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def _read_manifest(self) -> dict[str, Entry]:
        try:
            manifest = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return t.cast("dict[str, Entry]", manifest)

    def _write_manifest(self, manifest: Mapping[str, Entry]) -> None:
        fresh = self.folder / f"{MANIFEST}.new"
        fresh.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        os.replace(fresh, self.folder / MANIFEST)


def sha256_of(path: Path) -> str:
    """Hash a file without reading it into memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _refusal(pin: Pin, path: Path, entry: Entry) -> str | None:
    """Size and time of the file are enough: reading 450 MB at every start would cost more than starting the lab."""
    if entry["version"] != pin.version:
        return f"is {entry['version']}, not {pin.version}"
    try:
        stat = path.stat()
    except OSError:
        return "is gone"
    if stat.st_size == entry["size"] and stat.st_mtime_ns == entry["mtime_ns"]:
        return None
    # Copying a cache, as CI services do, changes the time but not the contents.
    if stat.st_size != entry["size"] or sha256_of(path) != entry["sha256"]:
        return "is not the file that was put there"
    os.utime(path, ns=(stat.st_atime_ns, entry["mtime_ns"]))
    return None
