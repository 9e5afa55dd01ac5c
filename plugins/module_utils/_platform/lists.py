# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read of an installation at one time."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .operator import Operator
from .quota import QuotaRow
from .room import LimitRange, Node, PodMaker, PodOnNode, Quota
from .rows import AppDefinitionRow, SessionRow, WorkspaceRow
from .storage import ClaimRow, Collector, VolumeRow
from .workloads import AddressListRow, DeploymentRow, PodRow, ProxyRow, ReplicaSetRow, ServiceRow, UsageRow

Object = t.Mapping[str, t.Any]


class Lists(t.NamedTuple):
    """The lists of one snapshot. None: not asked for, or could not be read. That is never the same as empty."""

    sessions: t.Sequence[SessionRow]
    app_definitions: t.Sequence[AppDefinitionRow] | None = None
    workspaces: t.Sequence[WorkspaceRow] | None = None
    deployments: t.Sequence[DeploymentRow] | None = None
    """All but the operator's."""
    replica_sets: t.Sequence[ReplicaSetRow] | None = None
    services: t.Sequence[ServiceRow] | None = None
    pods: t.Sequence[PodRow] | None = None
    usage: t.Sequence[UsageRow] | None = None
    address_lists: t.Sequence[AddressListRow] | None = None
    proxies: t.Sequence[ProxyRow] | None = None
    claims: t.Sequence[ClaimRow] | None = None
    volumes: t.Sequence[VolumeRow] | None = None
    """Those of this installation: the list is the cluster's."""
    quotas: t.Sequence[QuotaRow] | None = None
    exams: t.Sequence[Object] | None = None
    """The records of exams, as they are stored."""
    quota_rules: t.Sequence[Quota] | None = None
    limit_ranges: t.Sequence[LimitRange] | None = None
    pod_makers: t.Sequence[PodMaker] | None = None
    nodes: t.Sequence[Node] | None = None
    """Those of the cluster, like the next."""
    pods_everywhere: t.Sequence[PodOnNode] | None = None
    pods_here: t.Sequence[PodOnNode] | None = None


class Snapshot(t.NamedTuple):
    """An installation at one time. Nouns have views of it: what they look at."""

    lists: Lists
    missing: t.Mapping[str, str]
    """The parts that were asked for and could not be read, and why."""
    now: datetime
    """When the first answer came: nothing in here is known to be true later than this."""
    namespace: str
    skew: timedelta = timedelta(0)
    """By how much the API server's clock is ahead of this machine's."""
    operator: Operator | None = None
    collector: Collector | None = None
    ledger: Object | None = None
    """The record of capacity, as it is stored."""
    observation: Object | None = None
    """The record of who looked when at workspaces, as it is stored."""
    leading: bool | None = None
    """Whether an operator leads; None if nobody watched."""
    led_seconds: float | None = None
    holder: str | None = None
    """Which operator that is."""


def describe_missing(missing: t.Mapping[str, str]) -> str | None:
    """One warning that says what could not be read and what follows from it."""
    if not missing:
        return None
    by_reason: dict[str, list[str]] = {}
    for name, reason in sorted(missing.items()):
        by_reason.setdefault(reason, []).append(name.replace("_", " "))
    told = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
    return f"could not be read, so what rests on it is unknown: {told}; the playbook readiness says what would help"
