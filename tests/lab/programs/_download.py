# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Third way: the official release files."""

from __future__ import annotations

import http.client
import itertools
import re
import shutil
import tarfile
import threading
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lab.programs._cache import Cache, sha256_of
from lab.programs._pins import Pin
from lab.programs._terminal import Terminal
from lab.programs._ways import Outcome, ProgramsError

ANSWER_SECONDS = 6.0
READ_SECONDS = 30.0
CHUNK_BYTES = 1 << 18


class UnreachableError(Exception):
    """A server gave no answer; there is no point in asking it for the next file."""


def from_download(missing: Sequence[Pin], cache: Cache, terminal: Terminal) -> Outcome:
    """Download what is missing, server by server; a silent server is asked once."""
    outcome = Outcome()
    cache.work.mkdir(parents=True, exist_ok=True)
    by_server = sorted(missing, key=_server)
    for server, group in itertools.groupby(by_server, key=_server):
        for pin in group:
            try:
                file = _fetch_program(pin, cache.work, terminal)
                outcome.found[pin.name] = cache.adopt(pin, file, f"downloaded from {server}")
                terminal.say(f"downloaded {pin.name} {pin.version}")
            except UnreachableError as exc:
                outcome.refused.append(f"{server}: {exc}")
                break
            except (OSError, http.client.HTTPException, tarfile.TarError, ProgramsError) as exc:
                outcome.refused.append(f"{pin.name} from {server}: {exc}")
    return outcome


def published_digest(text: str, file_name: str) -> str | None:
    """The SHA-256 in a checksum file: a bare one, or that of the line which names the file."""
    for line in text.splitlines():
        match = re.match(r"^([0-9a-fA-F]{64})(?:\s+\*?(\S+))?\s*$", line)
        if match and match.group(2) in (None, file_name):
            return match.group(1).lower()
    return None


def _server(pin: Pin) -> str:
    return urllib.parse.urlsplit(pin.url).netloc


def _fetch_program(pin: Pin, folder: Path, terminal: Terminal) -> Path:
    """Download, check and unpack one program; the result lies in the folder, not yet in place."""
    file_name = PurePosixPath(urllib.parse.urlsplit(pin.url).path).name
    expected = pin.sha256 or _fetch_digest(pin, file_name)
    download = folder / f"{pin.name}.download"
    with _open(pin.url) as answer, download.open("wb") as file:
        meter = terminal.meter(f"downloading {pin.name} {pin.version}", int(answer.headers.get("Content-Length") or 0))
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
            meter.step(len(chunk))
    actual = sha256_of(download)
    if actual != expected:
        download.unlink()
        raise ProgramsError(f"{pin.url} has the SHA-256 {actual}, expected {expected}: refused")
    if file_name.endswith(".tar.gz"):
        return _unpack(download, pin.name)
    return download


def _fetch_digest(pin: Pin, file_name: str) -> str:
    if pin.checksum_url is None:
        raise ProgramsError("no checksum is known for this file: refused")
    with _open(pin.checksum_url) as answer:
        digest = published_digest(answer.read().decode("utf-8", "replace"), file_name)
    if digest is None:
        raise ProgramsError(f"{pin.checksum_url} names no checksum of {file_name}")
    return digest


def _unpack(archive: Path, name: str) -> Path:
    """Take the one file out; nothing of the archive decides where it is written."""
    target = archive.with_name(f"{name}.unpacked")
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and PurePosixPath(member.name).name == name:
                source = tar.extractfile(member)
                assert source is not None, "regular files have contents"
                with source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                archive.unlink()
                return target
    raise ProgramsError(f"{archive.name} holds no {name}")


def _open(url: str) -> http.client.HTTPResponse:
    """Open a URL, or give up after a few seconds without an answer.

    A socket's time-out covers neither the name look-up nor a chain of redirects, and the former can hang for half a
    minute on a machine without a network. So a thread opens, and this one waits for as long as it is willing to.
    """
    result: list[http.client.HTTPResponse | Exception] = []

    def open_it() -> None:
        try:
            result.append(t.cast("http.client.HTTPResponse", urllib.request.urlopen(url, timeout=READ_SECONDS)))
        except (OSError, ValueError, http.client.HTTPException) as exc:
            result.append(exc)

    thread = threading.Thread(target=open_it, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    if not result:
        raise UnreachableError(f"no answer within {ANSWER_SECONDS:g} s")
    answer = result[0]
    if isinstance(answer, urllib.error.HTTPError):
        answer.close()
        raise ProgramsError(f"{url}: HTTP {answer.code} {answer.reason}") from answer
    if isinstance(answer, urllib.error.URLError):
        raise UnreachableError(str(answer.reason)) from answer
    if isinstance(answer, Exception):
        raise answer
    return answer
