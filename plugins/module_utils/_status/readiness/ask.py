# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to the servers themselves: what we may do, which versions there are, whether the service takes a token."""

from __future__ import annotations

import typing as t

from ..._common.errors import EduideError
from ..._kubernetes import kinds
from ..._platform.rights import RIGHTS, Right, rights_of
from ..._service.client import connect_service
from .check import ServiceLook

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Denied: t.TypeAlias = "dict[str, list[Right]]"


def ask_for_rights(gateway: Gateway) -> tuple[Denied | None, dict[str, str]]:
    """By playbook what we may not do, or None and why nobody knows. Each right is asked for once."""
    wanted = {playbook: rights_of(playbook) for playbook in RIGHTS}
    each = sorted({right._replace(needed=True) for rights in wanted.values() for right in rights}, key=str)

    def ask(right: Right) -> bool:
        return gateway.may(right.verb, right.resource, right.group, everywhere=right.everywhere)

    try:
        allowed = dict(zip(each, gateway.map(ask, each), strict=True))
    except EduideError as exc:
        return None, {"rights": exc.advice}
    return {
        playbook: [right for right in rights if not allowed[right._replace(needed=True)]]
        for playbook, rights in wanted.items()
    }, {}


def ask_for_versions(gateway: Gateway) -> dict[str, t.Sequence[str]]:
    """The versions of the kinds of Theia Cloud, by the name of their lists."""
    return {kind.plural: gateway.versions(kind) for kind in (kinds.SESSION, kinds.WORKSPACE, kinds.APP_DEFINITION)}


def ask_service(params: t.Mapping[str, t.Any]) -> ServiceLook | None:
    """None if no service is configured. Only what changes nothing is asked."""
    if not params.get("service_url"):
        return None
    unreachable = refused = None
    token = bool(params.get("admin_token"))
    url = str(params["service_url"])
    try:
        service = connect_service(params, check_mode=True)
        if params.get("app_id"):
            service.ping()
    except EduideError as exc:
        unreachable = exc.advice
    else:
        try:
            if token:
                service.admin.scalings()
        except EduideError as exc:
            refused = exc.advice
    return ServiceLook(url, unreachable, refused, asked=token)
