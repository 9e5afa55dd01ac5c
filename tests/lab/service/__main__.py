# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab.service``: the stand-in REST service of one installation."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from pathlib import Path

from lab import kube
from lab.service.app import create_app
from lab.service.kube_store import KubeStore
from lab.service.serving import announce, start, tls_context, until_stopped
from lab.service.settings import SECONDS_PER_MINUTE, Settings
from lab.service.tokens import DEFAULT_URL, Verifier


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m lab.service", description=__doc__)
    options.add_argument("--namespace", required=True)
    options.add_argument("--kubeconfig", type=Path, required=True)
    options.add_argument("--app-id", required=True)
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--ready-file", type=Path, help="gets the URL and the process id once the port answers")
    options.add_argument(
        "--admin-token-env", metavar="VARIABLE", help="environment variable with the admin API token (unset: none)"
    )
    options.add_argument("--keycloak", choices=("on", "off"), default="on")
    options.add_argument("--jwks", type=Path, help="public keys of the identity provider")
    options.add_argument("--issuer", default=DEFAULT_URL, help="URL of the identity provider as tokens name it")
    options.add_argument("--admin-group", default=Settings._field_defaults["admin_group"])
    options.add_argument("--api", choices=("fork", "upstream"), default="fork")
    options.add_argument("--operator", choices=("current", "april"), default="current", help="which code is played")
    options.add_argument(
        "--minute-seconds", type=float, default=SECONDS_PER_MINUTE, help="seconds that a minute of the platform lasts"
    )
    options.add_argument(
        "--gateway-timeout-seconds", type=float, help="after which the gateway says 504; one platform minute, 0: never"
    )
    options.add_argument("--ide-url", help="where the IDE stand-in answers for the pods")
    options.add_argument("--tls-cert", type=Path)
    options.add_argument("--tls-key", type=Path)
    return options


def settings_of(args: argparse.Namespace) -> Settings:
    gateway_timeout = args.gateway_timeout_seconds
    return Settings(
        namespace=args.namespace,
        app_id=args.app_id,
        admin_token=os.environ.get(args.admin_token_env, "") if args.admin_token_env else "",
        keycloak=args.keycloak == "on",
        admin_group=args.admin_group,
        upstream=args.api == "upstream",
        april=args.operator == "april",
        minute_seconds=args.minute_seconds,
        gateway_timeout_seconds=args.minute_seconds if gateway_timeout is None else gateway_timeout,
        ide_url=args.ide_url,
    )


async def serve(args: argparse.Namespace) -> None:
    settings = settings_of(args)
    verifier = Verifier(args.jwks, args.issuer) if settings.keycloak else None
    store = KubeStore(kube.Cluster.connect(args.kubeconfig, args.namespace), upstream=settings.upstream)
    try:
        app = create_app(settings, store, verifier)
        runner, url = await start(app, args.port, tls_context(args.tls_cert, args.tls_key))
        announce(args.ready_file, {"url": url})
        await until_stopped()
        await runner.cleanup()
    finally:
        await store.close()


def main() -> None:
    options = parser()
    args = options.parse_args()
    if args.keycloak == "on" and args.jwks is None:
        options.error("--keycloak on needs --jwks: tokens cannot be checked without the keys of their issuer")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(serve(args))


if __name__ == "__main__":
    main()
