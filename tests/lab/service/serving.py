# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting a stand-in server: a free port on loopback, a file that says where, and an end by signal."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import typing as t
from pathlib import Path

from aiohttp import web

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 0.5


async def start(app: web.Application, port: int, tls: ssl.SSLContext | None = None) -> tuple[web.AppRunner, str]:
    """Serve an application; port 0 means any free one. The URL says which it became."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    # A port that the lab reserved is held by another socket, which lets this one in.
    await web.TCPSite(runner, HOST, port, ssl_context=tls, reuse_port=port != 0).start()
    bound = t.cast(tuple[str, int], runner.addresses[0])
    return runner, f"{'http' if tls is None else 'https'}://{HOST}:{bound[1]}"


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def announce(ready_file: Path | None, urls: t.Mapping[str, str]) -> None:
    """Say where the servers are: on the terminal, and at once and whole in the ready file."""
    text = json.dumps({**urls, "pid": os.getpid()})
    print(text, flush=True)
    if ready_file is not None:
        draft = ready_file.with_name(ready_file.name + ".part")
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(ready_file)


async def until_stopped() -> None:
    """Wait for the signal that ends the process."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
