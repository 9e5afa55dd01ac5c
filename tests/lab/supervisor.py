# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One process per lab that owns everything the lab runs, so that nothing survives it.

Run as `python -m lab supervise`. It makes the state folder, prints its path, and takes orders on a Unix socket in it,
one JSON object a line. Its children are killed by the kernel when it dies, however it dies. It ends when told to, or
when the last connection closes, unless somebody said `detach`: a lab lives exactly as long as those who use it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from lab.egress import Address, Egress

PREFIX = "eduide-lab-"
SOCKET = "control.sock"
EGRESS_SOCKET = "egress.sock"
POD_NETWORK = ipaddress.ip_network("10.244.0.0/16")

# The provisioner inside the controller manager has this place built in; all labs of a machine share it.
VOLUMES = Path("/tmp/hostpath_pv")
_VOLUME_NAME = re.compile(rb"/hostpath_pv/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")

_PR_SET_PDEATHSIG = 1
_FIRST_CONNECTION_SECONDS = 30.0
_JUST_MADE_SECONDS = 10.0
_PATIENCE_SECONDS = 10.0  # with a program that was asked to end
_RESTART_SECONDS = 1.0
_LONGEST_ORDER = 4 * 1024 * 1024  # an order to run something carries a whole environment

Order = dict[str, t.Any]


class Supervisor:
    def __init__(self, state: Path) -> None:
        self.state = state
        self.logs = state / "logs"
        self.logs.mkdir()
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._kept: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, list[int]] = {}
        self._reserved: list[socket.socket] = []
        self._routes: dict[tuple[str, int], Address] = {}
        self._egress = Egress(self._resolve)
        self._connections = 0
        self._detached = False
        self._ended = asyncio.Event()

    async def run(self) -> None:
        egress = await self._egress.serve(self.state / EGRESS_SOCKET)
        control = await asyncio.start_unix_server(self._serve, self.state / SOCKET, limit=_LONGEST_ORDER)
        (self.state / SOCKET).chmod(0o600)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended.set)
        loop.call_later(_FIRST_CONNECTION_SECONDS, self._end_if_unused)
        _say_and_let_go(self.state)
        await self._ended.wait()
        control.close()
        egress.close()
        await asyncio.gather(*(self._end(name, signal.SIGKILL) for name in self._children))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._obey(json.loads(line))).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass  # a client that dies is a client that has closed
        finally:
            self._connections -= 1
            writer.close()
            self._end_if_unused()

    def _end_if_unused(self) -> None:
        if not self._connections and not self._detached:
            self._ended.set()

    async def _obey(self, order: Order) -> Order:
        orders: dict[str, t.Callable[[Order], t.Awaitable[Order]]] = {
            "reserve": self._reserve,
            "run": self._run,
            "end": self._end_by_order,
            "status": self._status,
            "route": self._route,
            "detach": self._detach,
            "leave": self._leave,
            "stop": self._stop,
        }
        try:
            return await orders[order["do"]](order)
        except (KeyError, OSError, ValueError) as error:
            return {"error": f"{order.get('do')}: {type(error).__name__}: {error}"}

    async def _reserve(self, order: Order) -> Order:
        """Hold free ports: nobody else gets them, while a program that sets SO_REUSEPORT can listen on them."""
        ports = []
        for _unused in range(order["count"]):
            holder = socket.socket()
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind(("127.0.0.1", 0))
            self._reserved.append(holder)
            ports.append(holder.getsockname()[1])
        return {"ports": ports}

    async def _run(self, order: Order) -> Order:
        name = order["name"]
        running = self._children.get(name)
        if running and running.returncode is None:
            raise ValueError(f"{name} is running already, pid {running.pid}")
        child = await self._start(order)
        self._ends[name] = []
        if order.get("restart"):
            self._kept[name] = asyncio.create_task(self._keep(order))
        return {"pid": child.pid}

    async def _keep(self, order: Order) -> None:
        """Start a program again that has ended by itself, as a Deployment would its container."""
        name = order["name"]
        while True:
            self._ends[name].append(await self._children[name].wait())
            await asyncio.sleep(_RESTART_SECONDS)
            starting = asyncio.create_task(self._start(order))
            try:
                await asyncio.shield(starting)
            except asyncio.CancelledError:
                await starting  # so that whoever ends it sees this one
                raise

    async def _start(self, order: Order) -> asyncio.subprocess.Process:
        name = order["name"]
        with (self.logs / f"{name}.log").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *order["argv"],
                env=order["env"],
                cwd=self.state,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with(os.getpid()),
            )
        self._children[name] = child
        return child

    async def _end_by_order(self, order: Order) -> Order:
        return {"returncode": await self._end(order["name"], order["signal"])}

    async def _end(self, name: str, number: int) -> int | None:
        keeper = self._kept.pop(name, None)
        if keeper:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        child = self._children.get(name)
        if child is None:
            return None
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(child.wait(), _PATIENCE_SECONDS)
            child.kill()
        return await child.wait()

    async def _status(self, _order: Order) -> Order:
        processes = {
            name: {"pid": child.pid, "returncode": child.returncode, "ends": self._ends.get(name, [])}
            for name, child in self._children.items()
        }
        return {"supervisor": os.getpid(), "processes": processes, "refused": self._egress.refused}

    async def _route(self, order: Order) -> Order:
        """Let CONNECT to `host` (or to any pod, if that is "pods") on these ports end at a loopback port."""
        for port in order["ports"]:
            self._routes[order["host"], port] = ("127.0.0.1", order["to"])
        return {}

    async def _resolve(self, host: str, port: int) -> Address | None:
        if ipaddress.ip_address(host) in POD_NETWORK:
            host = "pods"
        return self._routes.get((host, port))

    async def _detach(self, _order: Order) -> Order:
        self._detached = True
        return {}

    async def _leave(self, _order: Order) -> Order:
        """Said before a connection closes, to learn whether the lab ends with it."""
        return {"ends": self._ended.is_set() or (self._connections == 1 and not self._detached)}

    async def _stop(self, _order: Order) -> Order:
        self._ended.set()
        return {}


def _say_and_let_go(state: Path) -> None:
    """Print where the lab is, then leave the terminal: whoever started us may end before us."""
    print(state, flush=True)
    log = os.open(state / "logs" / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    os.close(log)


def _die_with(parent: int) -> t.Callable[[], None]:
    """What a child does first: ask the kernel to kill it with its parent (the thread that forked; we have only one)."""
    libc = ctypes.CDLL(None, use_errno=True)

    def arm() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return arm


def remove_state(state: Path) -> None:
    """Remove a dead lab's folder, and the volumes that its database knows: both are of no use without it."""
    for file in (state / "etcd").rglob("*"):
        if file.is_file():
            for name in set(_VOLUME_NAME.findall(file.read_bytes())):
                shutil.rmtree(VOLUMES / name.decode(), ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)


def remove_stale(parent: Path) -> list[Path]:
    """Clean up after labs whose supervisor was killed: their folder is there, and nobody holds its lock."""
    removed = []
    for state in parent.glob(f"{PREFIX}*"):
        try:
            if time.time() - state.stat().st_mtime < _JUST_MADE_SECONDS:
                continue  # perhaps made a moment ago, and about to be locked
            lock = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue  # somebody else was faster
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_state(state)
            removed.append(state)
        except OSError:
            pass  # locked: that lab lives
        finally:
            os.close(lock)
    return removed


def main() -> None:
    parent = Path(tempfile.gettempdir())
    remove_stale(parent)
    state = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    lock = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        asyncio.run(Supervisor(state).run())
    finally:
        remove_state(state)
