# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way from the API server to pods: CONNECT over a Unix socket, and only where a stand-in answers.

Pod addresses of the lab exist nowhere. Without this end a request to a pod's proxy would leave the machine.
"""

from __future__ import annotations

import asyncio
import typing as t
from pathlib import Path

Address = tuple[str, int]
Resolve = t.Callable[[str, int], t.Awaitable[Address | None]]


class Egress:
    """Passes bytes to the address that `resolve` names; refuses, and remembers, everything else."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self.refused: list[str] = []

    async def serve(self, path: Path) -> asyncio.Server:
        return await asyncio.start_unix_server(self._handle, path)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _rest = head.split(" ", 2)
            host, _colon, port = target.rpartition(":")
            address = await self._resolve(host.strip("[]"), int(port)) if method == "CONNECT" else None
            if address is None:
                self.refused.append(target)
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
                return
            far_reader, far_writer = await asyncio.open_connection(*address)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass  # either side went away, or what came was no CONNECT: the API server reports it to its client
        finally:
            writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    finally:
        sink.close()
