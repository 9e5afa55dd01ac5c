# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what judging sessions rests on: one snapshot of few, paged lists, all at the same time."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._common.errors import Forbidden, NotServed, ServerFailed
from .._exams import record as exam_record
from .._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
    DEPLOYMENT,
    POD,
    POD_METRICS,
    REPLICA_SET,
    SERVICE,
    SESSION,
    WORKSPACE,
)
from .._platform import operator as operator_setup
from .._platform import rows, workloads
from .._platform.leader import watch
from .._platform.lists import Lists
from .._platform.names import EMAILS_PURPOSE, OWN_SESSION_LABEL, PURPOSE_LABEL
from .._platform.options import Installation
from .._safety.clocks import doubted
from .._safety.shield import NOBODY, Shield, unlisted
from .findings import Source, Thresholds
from .record import Context

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._kubernetes.kinds import Kind

Part = t.Literal["objects", "usage", "workspaces", "addresses", "exams"]
PARTS: tuple[Part, ...] = t.get_args(Part)
OBJECTS = ("deployments", "replica_sets", "services", "pods")
# Claimed instances and free ones, but not the lists of sessions with a pod of their own.
ADDRESS_LISTS = f"{PURPOSE_LABEL}={EMAILS_PURPOSE},!{OWN_SESSION_LABEL}"
# Every list has a page in memory while it is read, and only one page is taken apart at a time: more are not faster.
LISTS_AT_ONCE = 3

Reader = t.Callable[[], t.Any]
Rows = t.Mapping[str, t.Any]
"""Rows by the names of the sources."""


class View(t.NamedTuple):
    """What was read of an installation, and why parts of it were not."""

    sources: Lists
    context: Context
    missing: dict[str, str]


def read(
    gateway: Gateway,
    installation: Installation,
    thresholds: Thresholds,
    parts: t.Collection[str],
    *,
    required: t.Collection[str] = ("sessions",),
) -> View:
    """Read the sessions, and of the rest the parts asked for. Only what is required has to be readable."""
    missing: dict[str, str] = {}
    answered: list[datetime] = []
    readers = _readers(gateway, installation, parts)

    def attempt(name: str) -> t.Any:
        try:
            read = readers[name]()
        except (Forbidden, NotServed, ServerFailed) as exc:
            if name in required:
                raise
            missing[name] = str(exc)
            return None
        answered.append(gateway.now())
        return read

    found = dict(zip(readers, gateway.map(attempt, readers, concurrency=LISTS_AT_ONCE), strict=True))
    if not found["sessions"] and found["app_definitions"] == []:
        raise gateway.no_installation()
    deployments, operator = _without_operator(found.get("deployments"))
    lists: dict[str, t.Any] = {name: found.get(name) for name in Lists._fields}
    shield = _shield(found, missing, parts)
    if shield.unreadable and "exams" not in missing:
        missing["exams"] = "; ".join(f"{record}: {reason}" for record, reason in shield.unreadable)
    # Nothing in here is known to be true later than the first answer.
    now = min(answered)
    return View(
        Lists(**{**lists, "deployments": deployments}),
        Context(
            now=now,
            machine_now=doubted(now, gateway.skew()),
            namespace=gateway.namespace,
            operator=operator or found.get("operator"),
            shield=shield,
            thresholds=thresholds,
        ),
        missing,
    )


def read_again(gateway: Gateway, before: Lists, wanted: t.Collection[Source]) -> Rows:
    """Of what was read before, the lists that are wanted as they are now."""
    names = [name for source in wanted for name in _LISTS.get(source, ()) if getattr(before, name) is not None]
    return dict(
        zip(names, gateway.map(lambda name: _list(gateway, name), names, concurrency=LISTS_AT_ONCE), strict=True)
    )


def read_address_lists(gateway: Gateway) -> list[workloads.AddressListRow]:
    return _list(gateway, "address_lists")


def read_shield(gateway: Gateway) -> Shield:
    """The exam records as they are now; records that cannot be listed shield everybody."""
    try:
        return exam_record.read_records(gateway.list(CONFIG_MAP, label_selector=exam_record.SELECTOR))
    except (Forbidden, NotServed, ServerFailed) as exc:
        return unlisted(str(exc))


def with_leader(gateway: Gateway, installation: Installation, view: View) -> View:
    """Watch whether an operator leads: done only where something rests on it, for it takes as long as a renewal."""
    try:
        leading, led_seconds = watch(gateway, installation)
    except Forbidden as exc:
        return view._replace(missing={**view.missing, "lease": str(exc)})
    context = view.context._replace(leading=leading, led_seconds=led_seconds, now=gateway.now())
    return view._replace(context=context)


def describe_missing(missing: t.Mapping[str, str]) -> str | None:
    """One warning that says what could not be read and what follows from it."""
    if not missing:
        return None
    told = "; ".join(f"{name.replace('_', ' ')} ({reason})" for name, reason in sorted(missing.items()))
    return f"could not be read, so what rests on it is unknown: {told}"


_ROWS: t.Mapping[str, tuple[Kind, t.Callable[[t.Any], t.Any]]] = {
    "sessions": (SESSION, rows.session_row),
    "app_definitions": (APP_DEFINITION, rows.app_definition_row),
    "workspaces": (WORKSPACE, rows.workspace_row),
    "deployments": (DEPLOYMENT, workloads.deployment_row),
    "replica_sets": (REPLICA_SET, workloads.replica_set_row),
    "services": (SERVICE, workloads.service_row),
    "pods": (POD, workloads.pod_row),
    "usage": (POD_METRICS, workloads.usage_row),
}
_LISTS: t.Mapping[Source, tuple[str, ...]] = {
    "sessions": ("sessions",),
    "app_definitions": ("app_definitions",),
    "workspaces": ("workspaces",),
    "objects": OBJECTS,
    "usage": ("usage",),
    "addresses": ("address_lists",),
}
READABLE = frozenset(_LISTS)


def _list(gateway: Gateway, name: str) -> list[t.Any]:
    if name == "address_lists":
        return gateway.list(CONFIG_MAP, keep=workloads.address_list_row, label_selector=ADDRESS_LISTS)
    kind, keep = _ROWS[name]
    return gateway.list(kind, keep=keep)


def _readers(gateway: Gateway, installation: Installation, parts: t.Collection[str]) -> dict[str, Reader]:
    """What to read for the parts asked for. The operator's arguments come with the Deployments or alone."""
    names = ["sessions", "app_definitions"]
    names += ["workspaces"] if "workspaces" in parts else []
    names += ["usage"] if "usage" in parts else []
    names += ["address_lists"] if "addresses" in parts else []
    readers: dict[str, Reader] = {name: _listing(gateway, name) for name in names}
    if "objects" in parts:
        readers |= {name: _listing(gateway, name) for name in OBJECTS}
        readers["deployments"] = lambda: gateway.list(DEPLOYMENT, keep=_deployment_or_operator(installation))
    else:
        readers["operator"] = lambda: _read_operator(gateway, installation)
    if "exams" in parts:
        readers["exams"] = lambda: gateway.list(CONFIG_MAP, label_selector=exam_record.SELECTOR)
    return readers


def _listing(gateway: Gateway, name: str) -> Reader:
    return lambda: _list(gateway, name)


def _read_operator(gateway: Gateway, installation: Installation) -> operator_setup.Operator | None:
    deployment = gateway.get(DEPLOYMENT, installation.operator_deployment)
    return operator_setup.read_operator(deployment) if deployment else None


def _deployment_or_operator(installation: Installation) -> t.Callable[[t.Any], t.Any]:
    def keep(obj: t.Any) -> t.Any:
        if obj["metadata"]["name"] == installation.operator_deployment:
            return operator_setup.read_operator(obj)
        return workloads.deployment_row(obj)

    return keep


def _without_operator(
    found: list[t.Any] | None,
) -> tuple[list[workloads.DeploymentRow] | None, operator_setup.Operator | None]:
    if found is None:
        return None, None
    operator = next((row for row in found if isinstance(row, operator_setup.Operator)), None)
    return [row for row in found if isinstance(row, workloads.DeploymentRow)], operator


def _shield(found: t.Mapping[str, t.Any], missing: t.Mapping[str, str], parts: t.Collection[str]) -> Shield:
    if "exams" not in parts:
        return NOBODY
    return unlisted(missing["exams"]) if "exams" in missing else exam_record.read_records(found["exams"])
