# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that another client wrote over those of the ledger: how they are known, and what is said about them."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._common.timestamps import parse_time
from .._platform.managers import Writer
from .._platform.names import MANAGED_BY, SPEC_FIELDS
from .._platform.rows import AppDefinitionRow
from .ledger import Entry

# A client that undoes a repair within this time does so whenever it looks, as a GitOps controller does.
FIGHT = timedelta(hours=24)

Policy: t.TypeAlias = t.Literal["refuse", "overwrite", "adopt", "repair_once"]


class Deviation(t.NamedTuple):
    """A field of an app definition whose value is not what the ledger wants."""

    field: str
    wanted: int | None
    live: int | None
    writer: Writer | None
    by_another_client: bool
    """Whether another client wrote it, after ours was written down; if not, an earlier run did not get so far."""
    repaired_at: str | None
    """When a value of the same client was put right before."""

    @property
    def client(self) -> str:
        return self.writer.manager if self.writer else "another client"

    def fought(self, now: str) -> bool:
        """Whether the same client did it again. What it wrote before the repair is what was to be repaired."""
        before, at = parse_time(self.repaired_at), parse_time(now)
        if not self.by_another_client or not self.repaired_at or not before or not at or at - before >= FIGHT:
            return False
        # The API server writes all times as we do, in a form that sorts as text.
        wrote = self.writer.at if self.writer else None
        return wrote is None or wrote > self.repaired_at

    def __str__(self) -> str:
        told = f"{self.field} should be {self.wanted}"
        if not self.by_another_client:
            return f"{told} and is {self.live}: an earlier run did not get so far"
        return f"{told}, and {self.writer or self.client} wrote {self.live}"


def deviations(app: AppDefinitionRow, entry: Entry) -> list[Deviation]:
    """The fields of the ledger's entry that have other values than they should."""
    found = []
    for field, wanted in entry.desired().items():
        live, writer = app.values[field], app.writers.get(field)
        if live == wanted:
            continue
        deviation = Deviation(field, wanted, live, writer, _is_by_another_client(entry, field, live, writer), None)
        found.append(deviation._replace(repaired_at=entry.repaired.get(deviation.client)))
    return found


def _is_by_another_client(entry: Entry, field: str, live: int | None, writer: Writer | None) -> bool:
    """A value that we never wrote is; the baseline is, if another client put it back after we meant to leave it."""
    if not entry.is_ours(field, live):
        return True
    if writer is None or writer.manager == MANAGED_BY or writer.at is None or entry.written_at is None:
        return False
    return writer.at > entry.written_at


def drifted(app: AppDefinitionRow, entry: Entry) -> list[str]:
    """The fields with values that are neither the baseline nor ours, so that the caller has to say what they are."""
    return [field for field in entry.baseline if not entry.is_ours(field, app.values[field])]


def adopted(app: AppDefinitionRow, entry: Entry, fields: t.Iterable[str]) -> Entry:
    """Whoever sets a number means that number: the holds come on top of it, and it is what remains after them."""
    return entry._replace(baseline={**entry.baseline, **{field: app.values[field] for field in fields}})


def tell_drift(app: AppDefinitionRow, entry: Entry, fields: t.Iterable[str]) -> str:
    wanted = entry.desired()
    live = ", ".join(f"{field}={app.values[field]}" for field in fields)
    told = "; ".join(
        f"{field} should be {wanted[field]}, and {app.writers.get(field, 'another client')} wrote {app.values[field]}"
        for field in fields
    )
    return (
        f"{app.name} has {live}, which is neither its baseline {entry.baseline} nor a value that a hold wrote "
        f"({told}); say drift=overwrite to carry on from the ledger, or drift=adopt to keep their change for good"
    )


def tell_repair(name: str, found: t.Iterable[Deviation]) -> str:
    return "; ".join(f"{name}: {each}" for each in found)


def tell_fight(name: str, found: t.Sequence[Deviation]) -> str:
    """What is said instead of undoing each other's changes for as long as the exam lasts."""
    clients = " and ".join(dict.fromkeys(each.client for each in found))
    paths = ", ".join("/spec/" + "/".join(SPEC_FIELDS[each.field]) for each in found)
    return (
        f"{tell_repair(name, found)} again, after it was put right at {found[0].repaired_at}; it is left so, because "
        f"{clients} would undo it again; have {clients} leave {paths} alone (Argo CD: ignoreDifferences with "
        "RespectIgnoreDifferences=true), then say drift=overwrite once"
    )
