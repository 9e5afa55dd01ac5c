# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading an installation: one snapshot of few, paged lists, several at the same time."""

from __future__ import annotations

import contextlib
import typing as t
from datetime import datetime

from .._common.errors import Conflict, Forbidden, NotServed, ServerFailed
from .._kubernetes import kinds
from . import names, records, room, rows, storage, workloads
from .leader import watch
from .lists import Lists, Snapshot
from .operator import Operator, read_operator
from .quota import project_quota

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway, Project
    from .._kubernetes.kinds import Kind
    from .options import Installation

Part = t.Literal[
    "sessions",
    "app_definitions",
    "workspaces",
    "deployments",
    "replica_sets",
    "services",
    "pods",
    "usage",
    "address_lists",
    "proxies",
    "claims",
    "volumes",
    "quotas",
    "exams",
    "quota_rules",
    "limit_ranges",
    "pod_makers",
    "nodes",
    "pods_everywhere",
    "pods_here",
    "operator",
    "collector",
    "ledger",
    "observation",
]
# Every list has a page in memory while it is read, and only one page is taken apart at a time: more are not faster.
LISTS_AT_ONCE = 3
# How often an installation is read before its ledger is found unchanged.
READS = 5
# Claimed instances and free ones, but not the lists of sessions with a pod of their own.
ADDRESS_LISTS = f"{names.PURPOSE_LABEL}={names.EMAILS_PURPOSE},!{names.OWN_SESSION_LABEL}"
PROXIES = f"{names.PURPOSE_LABEL}={names.PROXY_PURPOSE},!{names.OWN_SESSION_LABEL}"


class Seen(t.Protocol):
    """A row of an object that was seen."""

    @property
    def name(self) -> str: ...

    @property
    def uid(self) -> str: ...


S = t.TypeVar("S", bound=Seen)
Readers = t.Mapping[str, t.Callable[[], t.Any]]


class Answers(t.NamedTuple):
    """What several readers brought. Of one that failed there is None, and the reason is in ``missing``."""

    found: dict[str, t.Any]
    missing: dict[str, str]
    first: datetime
    """When the first of them had ended."""


def read(
    gateway: Gateway, installation: Installation, parts: t.Collection[Part], required: t.Collection[Part]
) -> Snapshot:
    """Read the parts asked for. Only what is required has to be readable.

    Every run that changes capacity writes the ledger before it changes an app definition. So the ledger is read before
    and after the rest: if it is the same, the bounds are those that it knows of, or are being changed to what it says.
    """

    def read_ledger() -> t.Any:
        return gateway.get(kinds.CONFIG_MAP, names.CAPACITY_RECORD) if "ledger" in parts else None

    ledger = read_ledger()
    for _attempt in range(READS):
        snapshot, before = _read_once(gateway, installation, parts, required), ledger
        ledger = read_ledger()
        if ledger == before:
            break
    else:
        raise Conflict(f"ConfigMap {names.CAPACITY_RECORD} changed {READS} times while the installation was read")
    nothing = snapshot.lists.app_definitions == [] and not snapshot.lists.sessions and ledger is None
    # An operator without app definitions is an installation whose capacity can be told: it has none.
    if nothing and not ("ledger" in parts and snapshot.operator):
        raise gateway.no_installation()
    return snapshot._replace(ledger=ledger)


def read_more(
    gateway: Gateway,
    installation: Installation,
    before: Snapshot,
    parts: t.Collection[Part],
    required: t.Collection[Part],
) -> Snapshot:
    """The snapshot with those lists, too, that were not asked for before."""
    asked = {part for part in Lists._fields if getattr(before.lists, part) is not None} | before.missing.keys()
    more = [part for part in parts if part in Lists._fields and part not in asked]
    added = _read_once(gateway, installation, more, required)
    lists = before.lists._replace(**{part: getattr(added.lists, part) for part in more})
    missing = {**before.missing, **added.missing}
    return before._replace(lists=lists, missing=missing, operator=before.operator or added.operator)


def read_some(
    gateway: Gateway, part: Part, *, label_selector: str | None = None, name: str | None = None
) -> list[t.Any]:
    """Those objects of a list that have these labels, or this name."""
    kind, project, _labels, metadata_only = _LISTS[part]
    return gateway.list(kind, project=project, label_selector=label_selector, name=name, metadata_only=metadata_only)


def read_list(gateway: Gateway, part: Part) -> t.Any:
    """One list as it is now."""
    if part == "volumes":
        return gateway.list(kinds.PV, project=storage.volumes_of(gateway.namespace))
    if part == "quotas":
        return [row for quota in gateway.list(kinds.RESOURCE_QUOTA, project=project_quota) for row in quota]
    if part == "pods_everywhere":
        return gateway.list(kinds.POD, project=room.pod_on_node, everywhere=True)
    kind, project, labels, metadata_only = _LISTS[part]
    # Usage comes from a server of its own; where that is down, trying again only takes time.
    return gateway.list(
        kind, project=project, label_selector=labels, patient=part != "usage", metadata_only=metadata_only
    )


def read_row(gateway: Gateway, part: Part, seen: S) -> S | None:
    """The same object as it is now, as its list shows it; one of the same name made since is another."""
    kind, project = _LISTS[part][:2]
    found = gateway.get(kind, seen.name)
    return project(found) if found and found["metadata"]["uid"] == seen.uid else None


def read_again(gateway: Gateway, before: Lists, parts: t.Iterable[Part]) -> Lists:
    """The same with those lists as they are now that were read before."""
    again = [part for part in parts if getattr(before, part) is not None]
    found = gateway.map(lambda part: read_list(gateway, part), again, concurrency=LISTS_AT_ONCE)
    return before._replace(**dict(zip(again, found, strict=True)))


def read_led(
    gateway: Gateway, installation: Installation, parts: t.Collection[Part], required: t.Collection[Part]
) -> Snapshot:
    """Read the parts and whether an operator leads, whose Lease is renewed meanwhile as a rule."""
    lease = None
    with contextlib.suppress(Forbidden):
        lease = gateway.get(kinds.LEASE, installation.operator_lease)
    return with_leader(gateway, installation, read(gateway, installation, parts, required), lease)


def with_leader(
    gateway: Gateway, installation: Installation, snapshot: Snapshot, lease: t.Mapping[str, t.Any] | None = None
) -> Snapshot:
    """Watch whether an operator leads: done only where something rests on it, for it takes as long as a renewal."""
    try:
        leading, led_seconds, holder = watch(gateway, installation, lease)
    except Forbidden as exc:
        return snapshot._replace(missing={**snapshot.missing, "lease": exc.brief})
    return snapshot._replace(leading=leading, led_seconds=led_seconds, holder=holder, now=gateway.now())


def read_each(gateway: Gateway, readers: Readers, required: t.Collection[str] = ()) -> Answers:
    """What each of them brings, several at the same time."""
    missing: dict[str, str] = {}
    ended: list[datetime] = []

    def attempt(name: str) -> t.Any:
        try:
            found = readers[name]()
        except (Forbidden, NotServed, ServerFailed) as exc:
            if name in required:
                raise
            missing[name] = exc.brief
            return None
        ended.append(gateway.now())
        return found

    found = gateway.map(attempt, readers, concurrency=LISTS_AT_ONCE)
    return Answers(dict(zip(readers, found, strict=True)), missing, min(ended, default=gateway.now()))


class _List(t.NamedTuple):
    kind: Kind
    project: Project
    label_selector: str | None = None
    metadata_only: bool = False


_LISTS: t.Mapping[str, _List] = {
    "sessions": _List(kinds.SESSION, rows.session_row),
    "app_definitions": _List(kinds.APP_DEFINITION, rows.app_definition_row),
    "workspaces": _List(kinds.WORKSPACE, rows.workspace_row),
    "deployments": _List(kinds.DEPLOYMENT, workloads.deployment_row),
    "replica_sets": _List(kinds.REPLICA_SET, workloads.replica_set_row, metadata_only=True),
    "services": _List(kinds.SERVICE, workloads.service_row, metadata_only=True),
    "pods": _List(kinds.POD, workloads.pod_row),
    "usage": _List(kinds.POD_METRICS, workloads.usage_row),
    "address_lists": _List(kinds.CONFIG_MAP, workloads.address_list_row, ADDRESS_LISTS),
    "proxies": _List(kinds.CONFIG_MAP, workloads.proxy_row, PROXIES),
    "claims": _List(kinds.PVC, storage.claim_row),
    "quota_rules": _List(kinds.RESOURCE_QUOTA, room.quota_of),
    "limit_ranges": _List(kinds.LIMIT_RANGE, room.limit_range_of),
    "pod_makers": _List(kinds.DEPLOYMENT, room.pod_maker),
    "nodes": _List(kinds.NODE, room.node_of),
    "pods_here": _List(kinds.POD, room.pod_on_node),
    "exams": _List(kinds.CONFIG_MAP, dict, records.selector("exam")),
}


# Lists of the same objects, looked at in two ways. Where both are wanted, they are read once.
_TWINS: t.Mapping[Part, Part] = {"quota_rules": "quotas", "pod_makers": "deployments"}


def _read_once(
    gateway: Gateway, installation: Installation, parts: t.Collection[Part], required: t.Collection[Part]
) -> Snapshot:
    alone: Readers = {
        "operator": lambda: _deployment(gateway, installation.operator_deployment, read_operator),
        "collector": lambda: _deployment(gateway, names.COLLECTOR_DEPLOYMENT, storage.read_collector),
        "observation": lambda: gateway.get(kinds.CONFIG_MAP, names.RETENTION_RECORD),
    }
    listed = [part for part in t.get_args(Part) if part in Lists._fields and part in parts]
    readers: dict[str, t.Callable[[], t.Any]] = {part: _lister(gateway, part) for part in listed}
    readers |= {part: reader for part, reader in alone.items() if part in parts}
    twins = [twin for twin, part in _TWINS.items() if {twin, part} <= readers.keys()]
    if "deployments" in parts:
        # The operator's arguments come with the other Deployments.
        readers["deployments"] = lambda: gateway.list(kinds.DEPLOYMENT, project=_deployment_or_operator(installation))
        readers.pop("operator", None)
    for twin in twins:
        readers[_TWINS[twin]] = _pairs(gateway, installation, twin)
        del readers[twin]
    found, missing, first = read_each(gateway, readers, required)
    for twin in twins:
        _split(found, missing, twin)
    deployments, operator = _apart(found.get("deployments"))
    lists = {**dict.fromkeys(Lists._fields), **{part: found[part] for part in listed}, "deployments": deployments}
    return Snapshot(
        Lists(**lists),
        missing,
        now=first,
        namespace=gateway.namespace,
        skew=gateway.skew(),
        operator=operator or found.get("operator"),
        collector=found.get("collector"),
        observation=found.get("observation"),
    )


def _pairs(gateway: Gateway, installation: Installation, twin: Part) -> t.Callable[[], t.Any]:
    kind, project = _LISTS[twin][:2]
    other = project_quota if twin == "quota_rules" else _deployment_or_operator(installation)
    return lambda: gateway.list(kind, project=lambda obj: (other(obj), project(obj)))


def _split(found: dict[str, t.Any], missing: dict[str, str], twin: Part) -> None:
    """Make two lists of the pairs."""
    part = _TWINS[twin]
    pairs = found[part]
    if pairs is None:
        found[twin], missing[twin] = None, missing[part]
        return
    first = [row for row, _unused in pairs]
    found[part] = [row for rows in first for row in rows] if part == "quotas" else first
    found[twin] = [row for _unused, row in pairs]


def _lister(gateway: Gateway, part: Part) -> t.Callable[[], t.Any]:
    return lambda: read_list(gateway, part)


def _deployment(gateway: Gateway, name: str, project: Project) -> t.Any:
    deployment = gateway.get(kinds.DEPLOYMENT, name)
    return project(deployment) if deployment else None


def _deployment_or_operator(installation: Installation) -> Project:
    def project(obj: t.Any) -> t.Any:
        if obj["metadata"]["name"] == installation.operator_deployment:
            return read_operator(obj)
        return workloads.deployment_row(obj)

    return project


def _apart(found: list[t.Any] | None) -> tuple[list[workloads.DeploymentRow] | None, Operator | None]:
    if found is None:
        return None, None
    operator = next((row for row in found if isinstance(row, Operator)), None)
    return [row for row in found if not isinstance(row, Operator)], operator
