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
    from .access import resolve
    from .client import CONNECTIONS, KubeGateway
    from .transport import Transport

    namespace = params.get("namespace")
    if not namespace:
        raise Misconfigured("The option namespace is not set: it names the namespace that Theia Cloud runs in.")
    timeout_seconds = params.get("timeout_seconds") or DEFAULT_TIMEOUT_SECONDS
    transport = Transport(resolve(params), timeout_seconds=timeout_seconds, connections=CONNECTIONS)
    return KubeGateway(transport, namespace=str(namespace), check_mode=check_mode)
