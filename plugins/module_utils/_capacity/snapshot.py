# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what capacity decisions rest on: one snapshot of few, paged, concurrent lists."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._common.errors import Conflict, Misconfigured, NotFound
from .._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
    DEPLOYMENT,
    RESOURCE_QUOTA,
    SERVICE,
    SESSION,
)
from .._platform import operator as operator_setup
from .._platform import pool as instance_pool
from .._platform.names import CAPACITY_RECORD, EMAILS_PURPOSE, PURPOSE_LABEL
from .._platform.options import Installation
from .._platform.pool import Pool
from .._platform.quota import QuotaRow, project_quota
from .._platform.rows import AppDefinitionRow, LiveSession, app_definition_row, session_row
from .._platform.workloads import AddressListRow, DeploymentRow, address_list_row, deployment_row, service_row
from . import ledger as capacity_ledger

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._kubernetes.gateway import Snapshot as Lists

# How often an installation is read before its ledger is found unchanged.
READS = 5


class Snapshot(t.NamedTuple):
    app_definitions: dict[str, AppDefinitionRow]
    pools: dict[str, Pool]
    ledger: capacity_ledger.Ledger
    operator: operator_setup.Operator | None
    sessions: dict[str, list[LiveSession]]
    """By app definition: what a change would mean for those who are in."""
    quotas: list[QuotaRow] | None
    missing: dict[str, str]
    """What could not be read, and why; the values that rest on it are None."""
    now: datetime


def read(gateway: Gateway, installation: Installation) -> Snapshot:
    """Read an installation's capacity. Without the right to see quotas the rest still stands.

    Every run writes the ledger before it changes an app definition. So the ledger is read before and after the rest:
    if it is the same, the bounds are those that it knows of, or are being changed to what it says.
    """
    ledger = gateway.get(CONFIG_MAP, CAPACITY_RECORD)
    for _attempt in range(READS):
        seen, earlier = _read_lists(gateway, installation), ledger
        ledger = gateway.get(CONFIG_MAP, CAPACITY_RECORD)
        if ledger == earlier:
            return _join(gateway, seen, ledger)
    raise Conflict(f"ConfigMap {CAPACITY_RECORD} changed {READS} times while the installation was read")


def _read_lists(gateway: Gateway, installation: Installation) -> Lists:
    return gateway.read_all(
        {
            "app_definitions": (APP_DEFINITION, app_definition_row),
            "services": (SERVICE, service_row),
            "deployments": (DEPLOYMENT, _deployment(installation)),
            "address_lists": (CONFIG_MAP, _address_list),
            "sessions": (SESSION, session_row),
            "quotas": (RESOURCE_QUOTA, project_quota),
        },
        optional={"quotas"},
    )


def _join(gateway: Gateway, seen: Lists, ledger: t.Mapping[str, t.Any] | None) -> Snapshot:
    deployments = [d for d in seen.of("deployments") if isinstance(d, DeploymentRow)]
    operator = next((d for d in seen.of("deployments") if isinstance(d, operator_setup.Operator)), None)
    pools = {
        app.name: instance_pool.count(
            app.uid,
            app.generation,
            services=seen.of("services"),
            deployments=deployments,
            addresses=seen.of("address_lists") if operator is not None and operator.keycloak else None,
            now=seen.read_at,
        )
        for app in seen.of("app_definitions")
    }
    sessions: dict[str, list[LiveSession]] = {}
    for row in seen.of("sessions"):
        sessions.setdefault(row.app_definition, []).append(row.living(seen.read_at))
    if not seen.of("app_definitions") and operator is None and ledger is None:
        raise gateway.no_installation()
    return Snapshot(
        app_definitions={app.name: app for app in seen.of("app_definitions")},
        pools=pools,
        ledger=capacity_ledger.read_ledger(ledger),
        operator=operator,
        sessions=sessions,
        quotas=None if "quotas" in seen.missing else [row for rows in seen.of("quotas") for row in rows],
        missing=seen.missing,
        now=seen.read_at,
    )


def pick(snapshot: Snapshot, name: str, namespace: str) -> AppDefinitionRow:
    """The app definition of this name, or an error that lists the ones there are."""
    if name not in snapshot.app_definitions:
        known = ", ".join(sorted(snapshot.app_definitions)) or "none at all"
        raise NotFound(f"there is no app definition {name!r} in namespace {namespace!r}; it has {known}")
    return snapshot.app_definitions[name]


def require_operator(snapshot: Snapshot, installation: Installation, namespace: str) -> operator_setup.Operator:
    if snapshot.operator is None:
        raise Misconfigured(
            f"there is no Deployment {installation.operator_deployment!r} in namespace {namespace!r}, so the mode of "
            "the operator is unknown; name the operator's Deployment with operator_deployment, or check the namespace"
        )
    return snapshot.operator


def _deployment(
    installation: Installation,
) -> t.Callable[[t.Mapping[str, t.Any]], DeploymentRow | operator_setup.Operator]:
    def keep(obj: t.Mapping[str, t.Any]) -> DeploymentRow | operator_setup.Operator:
        if obj["metadata"]["name"] == installation.operator_deployment:
            return operator_setup.read_operator(obj)
        return deployment_row(obj)

    return keep


def _address_list(obj: t.Mapping[str, t.Any]) -> AddressListRow | None:
    """Nothing of other ConfigMaps is kept: some hold secrets."""
    labels = obj["metadata"].get("labels") or {}
    return address_list_row(obj) if labels.get(PURPOSE_LABEL) == EMAILS_PURPOSE else None
