# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator is told: by the arguments of its Deployment, and by switches that only the lab has."""

from __future__ import annotations

import argparse
import os
import typing as t
from pathlib import Path

from lab.kube import APP_DEFINITION, APP_DEFINITION_UPSTREAM, Kind, Resource

DEPLOYMENT_NAME = "operator-deployment"
CONTAINER_NAME = "operator-container"

DEFAULT_STORAGE = "250Mi"
FEWEST_THREADS = 4
MOST_THREADS = 32


class ArgumentsError(Exception):
    """The Deployment does not say what the operator needs to know."""


class Arguments(t.NamedTuple):
    """Arguments of the real program; the defaults are those of its code, not those of a chart."""

    instances_host: str
    keycloak: bool = False
    eager_start: bool = False
    enable_monitor: bool = False
    enable_activity_tracker: bool = False
    monitor_interval: int = 1
    sessions_per_user: int | None = None
    requested_storage: str = DEFAULT_STORAGE
    storage_class_name: str | None = None
    continue_on_exception: bool = False
    session_handler_threads: int = 0
    oauth2_proxy_version: str = "latest"
    service_url: str = ""
    service_auth_token: str = ""
    leader_lease_duration: int = 10
    leader_renew_deadline: int = 5
    leader_retry_period: int = 2

    @property
    def threads(self) -> int:
        """How many sessions are handled at the same time."""
        return self.session_handler_threads or min(MOST_THREADS, max(FEWEST_THREADS, 2 * (os.cpu_count() or 1)))


class Switches(t.NamedTuple):
    """What only the lab decides."""

    namespace: str
    kubeconfig: Path
    april: bool
    upstream: bool
    minute_seconds: float
    gateway_url: str | None
    ide_url: str | None
    poll_scale: float
    log_level: str

    @property
    def app_definition(self) -> Kind:
        return APP_DEFINITION_UPSTREAM if self.upstream else APP_DEFINITION


class Settings(t.NamedTuple):
    """Both together, as handed to every part."""

    arguments: Arguments
    switches: Switches


_FLAGS = ("keycloak", "eagerStart", "enableMonitor", "enableActivityTracker", "continueOnException")
_NUMBERS = (
    "monitorInterval",
    "sessionsPerUser",
    "sessionHandlerThreads",
    "leaderLeaseDuration",
    "leaderRenewDeadline",
    "leaderRetryPeriod",
)
_TEXTS = ("instancesHost", "requestedStorage", "storageClassName", "serviceUrl", "serviceAuthToken")


def parse(args: t.Sequence[str]) -> Arguments:
    """Read the arguments of the container; those that the stand-in has no use for are passed over."""
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False, argument_default=argparse.SUPPRESS)
    for name in _FLAGS:
        parser.add_argument(f"--{name}", dest=_field(name), action="store_true")
    for name in _NUMBERS:
        parser.add_argument(f"--{name}", dest=_field(name), type=int)
    for name in _TEXTS:
        parser.add_argument(f"--{name}", dest=_field(name))
    parser.add_argument("--oAuth2ProxyVersion", dest="oauth2_proxy_version")
    try:
        known, _others = parser.parse_known_args(list(args))
    except argparse.ArgumentError as error:
        raise ArgumentsError(str(error)) from error
    if not getattr(known, "instances_host", ""):
        raise ArgumentsError("--instancesHost is missing")
    return Arguments(**vars(known))


def _field(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def container_args(deployment: Resource) -> list[str]:
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        if container["name"] == CONTAINER_NAME:
            return list(container.get("args") or [])
    raise ArgumentsError(f"Deployment {DEPLOYMENT_NAME} has no container {CONTAINER_NAME}")


def parse_switches(args: t.Sequence[str] | None) -> Switches:
    parser = argparse.ArgumentParser(prog="python -m lab.operator", description=__doc__)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--operator", choices=["current", "april"], default="current")
    parser.add_argument("--api", choices=["fork", "upstream"], default="fork")
    parser.add_argument("--minute-seconds", type=float, default=60.0, help="how long a minute of the platform lasts")
    parser.add_argument("--gateway-url", help="where session URLs are asked for")
    parser.add_argument("--ide-url", help="where the activity of IDEs is asked for")
    parser.add_argument("--poll-scale", type=float, default=1.0, help="factor on the pauses between URL polls")
    parser.add_argument("--log-level", choices=["trace", "debug", "info", "warning"], default="trace")
    given = parser.parse_args(args)
    return Switches(
        namespace=given.namespace,
        kubeconfig=given.kubeconfig,
        april=given.operator == "april",
        upstream=given.api == "upstream",
        minute_seconds=given.minute_seconds,
        gateway_url=given.gateway_url,
        ide_url=given.ide_url,
        poll_scale=given.poll_scale,
        log_level=given.log_level,
    )
