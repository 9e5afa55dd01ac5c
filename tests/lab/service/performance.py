# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a session uses, read the long way round: every pod of the namespace until the right one is found."""

from __future__ import annotations

import re
from decimal import Decimal

from aiohttp import web

from lab.service.context import STORE
from lab.service.errors import METRICS_UNAVAILABLE, PlatformError
from lab.service.identity import check_app_id, no_anonymous
from lab.service.sessions import own_session
from lab.service.store import DEPLOYMENTS, POD_METRICS, PODS, REPLICA_SETS, Object, Store, StoreError, spec

QUANTITY = re.compile(r"([+-]?[0-9.]+)(.*)")
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def amount_and_format(quantity: str) -> tuple[str, str]:
    """A quantity in its two parts, as they stand in the text."""
    match = QUANTITY.fullmatch(quantity)
    if match is None:
        raise ValueError(quantity)
    return match[1], match[2]


def in_bytes(quantity: str) -> str:
    """A quantity in bytes as a decimal number turned into text, so an exponent survives."""
    amount, suffix = amount_and_format(quantity)
    if suffix in BINARY:
        return str(Decimal(amount) * Decimal(2) ** BINARY[suffix])
    if suffix in DECIMAL:
        return str(Decimal(amount) * Decimal(10) ** DECIMAL[suffix])
    return str(Decimal(amount + suffix))


@no_anonymous
async def performance(request: web.Request) -> web.Response:
    check_app_id(request, request.match_info["app_id"])
    session = await own_session(request, request.match_info["session"])
    try:
        usage = await _usage(request.app[STORE], session)
    except (StoreError, ArithmeticError, ValueError, LookupError):
        usage = None
    if usage is None:
        raise PlatformError(METRICS_UNAVAILABLE)
    return web.json_response(usage)


async def _usage(store: Store, session: Object) -> Object | None:
    pod = await _pod_of(store, session)
    metrics = None if pod is None else await store.get(POD_METRICS, pod["metadata"]["name"])
    for container in (metrics or {}).get("containers") or ():
        if container["name"] == spec(session)["appDefinition"]:
            cpu_amount, cpu_format = amount_and_format(container["usage"]["cpu"])
            return {
                "cpuAmount": cpu_amount,
                "cpuFormat": cpu_format,
                "memoryAmount": in_bytes(container["usage"]["memory"]),
                "memoryFormat": "B",
            }
    return None


async def _pod_of(store: Store, session: Object) -> Object | None:
    for pod in await store.list(PODS):
        replica_set = await _owner(store, pod, "ReplicaSet", REPLICA_SETS)
        deployment = None if replica_set is None else await _owner(store, replica_set, "Deployment", DEPLOYMENTS)
        owners = (deployment or {}).get("metadata", {}).get("ownerReferences") or ()
        if any(owner["uid"] == session["metadata"]["uid"] for owner in owners):
            return pod
    return None


async def _owner(store: Store, obj: Object, owner_kind: str, kind: str) -> Object | None:
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner["kind"] == owner_kind:
            return await store.get(kind, owner["name"])
    return None
