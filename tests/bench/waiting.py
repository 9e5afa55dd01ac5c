# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measurement 5: looking at pools for minutes, by lists that are followed and by lists that are read every second."""

from __future__ import annotations

import resource
import threading
import time
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._capacity.look import read
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import resolve
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.client import CONNECTIONS, KubeGateway
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import Transport
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from bench.figures import Taken, Wanted
from bench.rounds import Contender
from bench.world import World

WANTED = (
    Wanted("requests_ratio_to_polling", "followed", "requests", against=("polled",)),
    Wanted("mib_read_ratio_to_polling", "followed", "mib_read", "at most", 0.1, ("polled",)),
)
_INSTALLATION = Installation("operator-deployment", "theia-cloud-operator-leaders")


class CountingTransport(Transport):
    """Counts requests and the bytes of their answers."""

    def __init__(self, *args: t.Any, **options: t.Any) -> None:
        super().__init__(*args, **options)
        self.requests, self.bytes = 0, 0
        self._counting = threading.Lock()

    def request(self, message: t.Any, *, patient: bool = True) -> t.Any:
        answer = super().request(message, patient=patient)
        with self._counting:
            self.requests += 1
            self.bytes += len(answer.body)
        return answer


def contenders(world: World, seconds: float) -> list[Contender]:
    return [
        Contender("followed", "each list once, then watches of a second", lambda: _wait(world, seconds, follow=True)),
        Contender("polled", "each list every second", lambda: _wait(world, seconds, follow=False)),
    ]


def _wait(world: World, seconds: float, *, follow: bool) -> Taken:
    """As a wait for warm instances looks, which never come here."""
    transport = CountingTransport(resolve(world.connection), timeout_seconds=60, connections=CONNECTIONS)
    gateway = KubeGateway(transport, namespace=world.installation.namespace, follow=follow)
    began, cpu = time.monotonic(), time.process_time()
    while time.monotonic() - began < seconds:
        read(gateway, _INSTALLATION)
        time.sleep(1.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Taken(
        wall_seconds=time.monotonic() - began,
        cpu_seconds=time.process_time() - cpu,
        peak_rss_mib=peak,
        requests=float(transport.requests),
        mib_read=transport.bytes / 2**20,
    )
