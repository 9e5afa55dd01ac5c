# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening the way to the cluster that the options name."""

from __future__ import annotations

import typing as t

from .._common.errors import Misconfigured
from .gateway import Gateway

DEFAULT_TIMEOUT_SECONDS = 30


def connect(params: t.Mapping[str, t.Any], *, check_mode: bool = False) -> Gateway:
    """Open the way to the cluster that the options name. In check mode every write is a programming error."""
    namespace = params.get("namespace")
    if not namespace:
        raise Misconfigured("the option namespace is not set: it names the namespace that Theia Cloud runs in")
    return open_gateway(params, namespace=str(namespace), check_mode=check_mode)


def open_gateway(params: t.Mapping[str, t.Any], *, namespace: str, check_mode: bool) -> Gateway:
    """Open it with the clients that are installed: the one place where tests put another gateway."""
    from .access import resolve
    from .client import CONNECTIONS, KubeGateway
    from .transport import Transport

    timeout_seconds = params.get("timeout_seconds") or DEFAULT_TIMEOUT_SECONDS
    transport = Transport(resolve(params), timeout_seconds=timeout_seconds, connections=CONNECTIONS)
    return KubeGateway(transport, namespace=namespace, check_mode=check_mode)
