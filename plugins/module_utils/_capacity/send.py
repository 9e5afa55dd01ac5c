# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The writes of a capacity plan: the ledger, the patches, and the touches that let other runs notice them."""

from __future__ import annotations

import typing as t

from .._common.errors import Conflict, EduideError
from .._common.reading import SharedRead
from .._common.timestamps import format_time
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP
from .._platform.names import CAPACITY_RECORD, LEDGER_VERSION, SPEC_FIELDS
from .._safety.permission import Write
from . import ledger as capacity_ledger
from .look import read

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .plan import Change
    from .view import CapacityView

Send = t.Callable[["Change"], None]


class RoundResult(t.NamedTuple):
    """What became of one round."""

    names: frozenset[str]
    failures: dict[str, str]
    conflicts: dict[str, str]
    ledger_written: bool
    lost: frozenset[str]


def carry_out(
    gateway: Gateway, send: Send, snapshot: CapacityView, changes: list[Change], *, guarded: bool
) -> RoundResult:
    """Send one round: what is intended goes into the ledger, then the patches go out, then the ledger is settled."""
    by_name = {change.app_definition.name: change for change in changes}
    moved = {name: change for name, change in by_name.items() if change.patch or (guarded and change.crosses)}
    intended = {
        c.app_definition.name: c.ledger_during if c.app_definition.name in moved else c.ledger_after for c in changes
    }
    before, now = snapshot.ledger, format_time(snapshot.now)
    ledger = _store(gateway, before, intended, now)
    failures: dict[str, str] = {}
    conflicts: dict[str, str] = {}
    lost: set[str] = set()

    def attempt(change: Change) -> None:
        name = change.app_definition.name
        try:
            if change.patch:
                send(change)
            else:
                _touch(gateway, change, ledger)
        except Conflict as exc:
            conflicts[name] = str(exc)
        except EduideError as exc:
            if guarded and exc.uncertain:
                conflicts[name] = exc.advice
                lost.add(name)
            else:
                failures[name] = exc.advice

    gateway.map(attempt, moved.values())
    arrived = {name: change for name, change in moved.items() if name not in {**failures, **conflicts}}
    unsettled = [name for name, change in arrived.items() if change.ledger_during != change.ledger_after]
    try:
        ledger = _store(gateway, ledger, {name: change.ledger_after for name, change in arrived.items()}, now)
    except Conflict as exc:
        conflicts.update(dict.fromkeys(unsettled, str(exc)))
    except EduideError as exc:
        text = f"its bounds are set, but its entry in the ledger is not: {exc.advice}"
        (conflicts if exc.uncertain else failures).update(dict.fromkeys(unsettled, text))
        lost.update(unsettled if exc.uncertain else ())
    return RoundResult(frozenset(arrived), failures, conflicts, ledger is not before, frozenset(lost))


def writes_of(snapshot: CapacityView, changes: list[Change], *, guarded: bool) -> list[Write]:
    """What ``carry_out`` would send through the cluster."""
    noted = any(c.ledger_before != entry for c in changes for entry in (c.ledger_during, c.ledger_after))
    ledger = Write("update" if snapshot.ledger.resource_version else "create", CONFIG_MAP, CAPACITY_RECORD)
    patches = [Write("patch", APP_DEFINITION, c.app_definition.name) for c in changes if guarded and c.patch]
    return [*([ledger] if noted else []), *patches]


def unless_claimed(gateway: Gateway, installation: Installation, send: Send) -> Send:
    """Look at the pools once more before instances go: a claim changes no app definition, so no version guards it."""
    pools = SharedRead(lambda: read(gateway, installation).pools)

    def guarded(change: Change) -> None:
        if change.lowers:
            pool = pools.get().content.get(change.app_definition.name)
            # Where its app definition is gone by now, sending says so.
            if pool and (above := pool.claims_above(change.after["min_instances"] or 0)):
                raise Conflict(f"instance {above[0].id} was claimed while its removal was planned")
        send(change)

    return guarded


def _touch(gateway: Gateway, change: Change, ledger: capacity_ledger.Ledger) -> None:
    """Change the version of an app definition, so that a run which is about to patch it has to plan anew.

    Its patch is guarded by this version only. Without the touch a hold that needs nothing on top of what it sees would
    be lowered away by the run that ends the exam before. The operator rebuilds nothing for an annotation.
    """
    app = change.app_definition
    metadata = {"resourceVersion": app.resource_version, "annotations": {LEDGER_VERSION: ledger.resource_version}}
    gateway.merge_patch(APP_DEFINITION, app.name, {"metadata": metadata})


def _store(
    gateway: Gateway, ledger: capacity_ledger.Ledger, entries: t.Mapping[str, capacity_ledger.Entry | None], now: str
) -> capacity_ledger.Ledger:
    """Write the entries if they differ. The resourceVersion keeps two runs from overwriting each other."""
    merged = {name: entry for name, entry in {**ledger.entries, **entries}.items() if entry is not None}
    if merged == ledger.entries:
        return ledger
    body = capacity_ledger.write_ledger(gateway.namespace, ledger.with_entries(merged, now))
    if ledger.resource_version is None:
        stored = gateway.create(CONFIG_MAP, body)
    else:
        stored = gateway.replace(CONFIG_MAP, CAPACITY_RECORD, body)
    return capacity_ledger.read_ledger(stored)


def _spec(values: capacity_ledger.Values) -> dict[str, t.Any]:
    spec: dict[str, t.Any] = {}
    for option, value in values.items():
        *outer, last = SPEC_FIELDS[option]
        inner = spec
        for field in outer:
            inner = inner.setdefault(field, {})
        inner[last] = value
    return spec


def merge_patch(gateway: Gateway) -> Send:
    """Send a change through the cluster, guarded by the version it was planned on."""

    def send(change: Change) -> None:
        app = change.app_definition
        body = {"metadata": {"resourceVersion": app.resource_version}, "spec": _spec(change.patch)}
        gateway.merge_patch(APP_DEFINITION, app.name, body)

    return send
