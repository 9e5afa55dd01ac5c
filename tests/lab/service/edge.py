# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab.service.edge``: the gateway and the IDE stand-in, once for a whole control plane."""

from __future__ import annotations

import argparse
import asyncio
import logging
import typing as t
from pathlib import Path

import httpx2
from lightkube.core.exceptions import ApiError

from lab import kube
from lab.service.gateway import Gateway
from lab.service.ide import Ide
from lab.service.routing import EndpointTable, RouteTable
from lab.service.serving import announce, start, tls_context, until_stopped

LOG = logging.getLogger("lab.service")

ENDPOINT_SLICE = kube.Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
RECONNECT_SECONDS = 0.5


class Table(t.Protocol):
    def put(self, obj: dict[str, t.Any], /) -> None: ...

    def remove(self, obj: dict[str, t.Any], /) -> None: ...


async def keep_in_step(cluster: kube.Cluster, kind: kube.Kind, table: Table) -> None:
    """Follow all objects of a kind in all namespaces, for ever."""
    while True:
        try:
            async for event in cluster.watch(kind, namespace=kube.EVERYWHERE):
                if event.action == "DELETED":
                    table.remove(event.item)
                else:
                    table.put(event.item)
        except (ApiError, httpx2.HTTPError):
            LOG.exception("the watch of %s broke and starts anew", kind.plural)
            await asyncio.sleep(RECONNECT_SECONDS)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m lab.service.edge", description=__doc__)
    options.add_argument("--kubeconfig", type=Path, required=True)
    options.add_argument("--gateway-port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--ide-port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--tls-cert", type=Path, help="certificate of the gateway; none: plain HTTP")
    options.add_argument("--tls-key", type=Path)
    options.add_argument("--ready-file", type=Path, help="gets both URLs and the process id once the ports answer")
    return options


async def serve(args: argparse.Namespace) -> None:
    cluster = kube.Cluster.connect(args.kubeconfig, "default")
    routes, endpoints = RouteTable(), EndpointTable()
    watches = [
        asyncio.create_task(keep_in_step(cluster, kube.HTTP_ROUTE, routes)),
        asyncio.create_task(keep_in_step(cluster, ENDPOINT_SLICE, endpoints)),
    ]
    tls = tls_context(args.tls_cert, args.tls_key)
    gateway, gateway_url = await start(Gateway(cluster, routes, endpoints).app(), args.gateway_port, tls)
    ide, ide_url = await start(Ide(cluster, endpoints).app(), args.ide_port)
    announce(args.ready_file, {"gateway_url": gateway_url, "ide_url": ide_url})
    await until_stopped()
    for watch in watches:
        watch.cancel()
    await asyncio.gather(*watches, return_exceptions=True)
    await gateway.cleanup()
    await ide.cleanup()
    await cluster.close()


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(serve(parser().parse_args()))


if __name__ == "__main__":
    main()
