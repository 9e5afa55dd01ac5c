# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What capacity looks at of a snapshot: pools, and what is known of each app definition."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._common.errors import Misconfigured
from .._platform import pool as instance_pool
from .._platform.unknown import no_app_definition
from . import ledger as capacity_ledger

if t.TYPE_CHECKING:
    from .._platform.lists import Snapshot
    from .._platform.operator import Operator
    from .._platform.options import Installation
    from .._platform.pool import Pool
    from .._platform.quota import QuotaRow
    from .._platform.rows import AppDefinitionRow, LiveSession
    from .._platform.snapshot import Part

REQUIRED: tuple[Part, ...] = ("app_definitions", "services", "deployments", "address_lists", "sessions", "ledger")
PARTS: tuple[Part, ...] = (*REQUIRED, "quotas")
# What one look shows, and those who look again and again do without.
SHOWN: tuple[Part, ...] = (*PARTS, "proxies")


class CapacityView(t.NamedTuple):
    app_definitions: dict[str, AppDefinitionRow]
    pools: dict[str, Pool]
    ledger: capacity_ledger.Ledger
    operator: Operator | None
    sessions: dict[str, list[LiveSession]]
    """By app definition: what a change would mean for those who are in."""
    quotas: t.Sequence[QuotaRow] | None
    missing: t.Mapping[str, str]
    """What could not be read, and why; the values that rest on it are None."""
    now: datetime

    @property
    def knows_pools(self) -> bool:
        """Whether instances were read at all: the REST service tells nothing of them."""
        return "services" not in self.missing


def view_capacity(snapshot: Snapshot) -> CapacityView:
    seen, operator = snapshot.lists, snapshot.operator
    login = operator is not None and operator.keycloak
    pools = {
        app.name: instance_pool.count(
            app.uid,
            app.generation,
            services=seen.services or (),
            deployments=seen.deployments or (),
            addresses=seen.address_lists if login else None,
            proxies=seen.proxies if login else None,
            now=snapshot.now,
        )
        for app in seen.app_definitions or ()
    }
    sessions: dict[str, list[LiveSession]] = {}
    for row in seen.sessions:
        sessions.setdefault(row.app_definition, []).append(row.living(snapshot.now))
    return CapacityView(
        app_definitions={app.name: app for app in seen.app_definitions or ()},
        pools=pools,
        ledger=capacity_ledger.read_ledger(snapshot.ledger),
        operator=operator,
        sessions=sessions,
        quotas=seen.quotas,
        missing=snapshot.missing,
        now=snapshot.now,
    )


def pick(snapshot: CapacityView, name: str, namespace: str) -> AppDefinitionRow:
    """The app definition of this name, or an error that lists the ones there are."""
    if name not in snapshot.app_definitions:
        raise no_app_definition(name, snapshot.app_definitions, namespace)
    return snapshot.app_definitions[name]


def require_operator(snapshot: CapacityView, installation: Installation, namespace: str) -> Operator:
    if snapshot.operator is None:
        raise Misconfigured(
            f"there is no Deployment {installation.operator_deployment!r} in namespace {namespace!r}, so the mode of "
            "the operator is unknown; name the operator's Deployment with operator_deployment, or check the namespace"
        )
    return snapshot.operator
