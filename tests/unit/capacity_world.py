# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One app definition, its pool and the ledger as plain data: what plans of capacity are tried on."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import (
    Entry,
    Values,
    read_ledger,
    write_ledger,
)
from ansible_collections.eduide.theia.plugins.module_utils._capacity.plan import Change
from ansible_collections.eduide.theia.plugins.module_utils._capacity.terms import Desired, HoldTerms
from ansible_collections.eduide.theia.plugins.module_utils._platform.fields import Owner
from ansible_collections.eduide.theia.plugins.module_utils._platform.pool import Instance, Pool
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import AppDefinitionRow

NAME = "java-17-latest"
UID = "7d0f0f5e-5b0e-4d52-a8a0-3f1f0c9f6a11"


def pool_of(claimed: t.Iterable[int] = (), free: t.Iterable[int] = (), foreign: t.Iterable[int] = ()) -> Pool:
    """A pool in which all free instances are warm; an id in several groups counts for the first."""
    taken, untaken = set(claimed), set(free) - set(claimed)
    owner = Owner("Session", "ws-ada-session", "uid-ada")
    instances = tuple(
        Instance(number, owner if number in taken else None, ready=True, dirty=False, locked_out=False, current=True)
        for number in sorted(taken | untaken)
    )
    return Pool(instances, frozenset(foreign) - taken - untaken, ())


def app_definition(
    min_instances: int | None = 3,
    max_instances: int | None = 1000,
    timeout_minutes: int | None = 1440,
    uid: str = UID,
    inactive_minutes: int | None = None,
) -> AppDefinitionRow:
    values = {
        "min_instances": min_instances,
        "max_instances": max_instances,
        "timeout_minutes": timeout_minutes,
        "inactive_minutes": inactive_minutes,
    }
    return AppDefinitionRow(NAME, uid, 4, "100", values)


def desired(warm: int | None = None, **values: int) -> Desired:
    return Desired(NAME, warm, values)


def terms(
    hold: str | None = None,
    until: str | None = None,
    drift: t.Literal["overwrite", "adopt", "repair_once"] | None = None,
    api: t.Literal["kubernetes", "service"] = "kubernetes",
    drain_min_freed: int | None = None,
) -> HoldTerms:
    return HoldTerms(hold, until, drift or "refuse", api, drain_min_freed)


class World:
    """An app definition, its claims and the stored ledger, with an operator that has always caught up."""

    def __init__(self, **values: int | None) -> None:
        self.uid = UID
        self.values: Values = dict(app_definition().values) | values
        self.claimed: set[int] = set()
        self.strangers: set[int] = set()
        """Claimed instances that lost their owner: the platform's orphans."""
        self.config_map: dict[str, t.Any] | None = None
        self.patches: list[Values] = []

    @property
    def minimum(self) -> int:
        return self.values["min_instances"] or 0

    @property
    def app(self) -> AppDefinitionRow:
        return AppDefinitionRow(NAME, self.uid, 4, "100", dict(self.values))

    @property
    def pool(self) -> Pool:
        return pool_of(self.claimed, set(range(1, self.minimum + 1)) - self.strangers, self.strangers)

    @property
    def entry(self) -> Entry | None:
        return read_ledger(self.config_map).entries.get(NAME)

    @property
    def held(self) -> Entry | None:
        """The entry, if it is about the app definition that is there."""
        return self.entry if self.entry and self.entry.uid == self.uid else None

    @property
    def place(self) -> tuple[Values, Entry | None]:
        """Where a run has left things."""
        return dict(self.values), self.entry

    def copy(self) -> World:
        other = copy.copy(self)
        other.claimed, other.strangers, other.patches = set(self.claimed), set(self.strangers), list(self.patches)
        return other

    def students_come(self, number: int) -> None:
        """The operator gives each the lowest free instance; who finds none starts without the pool."""
        free = sorted(set(range(1, self.minimum + 1)) - self.claimed - self.strangers)
        self.claimed.update(free[:number])

    def students_leave(self, which: t.Iterable[int]) -> None:
        self.claimed.difference_update(which)
        self.strangers.difference_update(which)

    def change(self, values: Values) -> None:
        """Change the spec as the API server and the operator do: claims above the bound lose their owner."""
        after = {**self.values, **values}
        low, high = after["min_instances"], after["max_instances"]
        assert low is None or high is None or low <= high, f"the API server refuses {after}"
        self.values = after
        above = {number for number in self.claimed if number > self.minimum}
        self.claimed -= above
        self.strangers |= above

    def recreate(self, uid: str, **values: int | None) -> None:
        """Delete the app definition and create it anew: its pool goes with it, the ledger does not."""
        self.uid, self.claimed, self.strangers = uid, set(), set()
        self.values = dict(app_definition().values) | values

    def store(self, entry: Entry | None) -> None:
        if entry == self.entry:
            return
        ledger = read_ledger(self.config_map)
        body = write_ledger("theia-prod", ledger._replace(entries={NAME: entry} if entry else {}))
        body["metadata"]["resourceVersion"] = str(int(ledger.resource_version or 0) + 1)
        self.config_map = body

    def send(self, patch: Values) -> None:
        if patch:
            self.patches.append(patch)
            self.change(patch)

    def carry_out(self, change: Change, steps: int = 3) -> None:
        """The ledger with the intention, the patch, the ledger with the outcome; a killed run takes fewer steps."""
        intended = change.ledger_during if change.patch else change.ledger_after
        whole = [
            lambda: self.store(intended),
            lambda: self.send(change.patch),
            lambda: self.store(change.ledger_after),
        ]
        for step in whole[:steps]:
            step()
