# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of an installation: what exams added to app definitions, and what was there before.

It is one ConfigMap with one key per app definition, so that what a run intends is written down, guarded by one
resourceVersion, before the first app definition is touched. A run that is killed at any point leaves enough behind
for the next one to end in the same place.
"""

from __future__ import annotations

import json
import typing as t
from types import NoneType

from .._common.errors import EduideError
from .._platform.names import CAPACITY_RECORD, MANAGED_BY, MANAGED_BY_LABEL, RECORD_LABEL

LABELS = {MANAGED_BY_LABEL: MANAGED_BY, RECORD_LABEL: "capacity"}
FORMAT_VERSION = "1"
# Every entry's key ends in it, so no app definition can shadow the key "version".
SUFFIX = ".json"

Values: t.TypeAlias = "dict[str, int | None]"
"""Option name (``min_instances``, …) to value; None means that the field was absent."""


class Hold(t.NamedTuple):
    """What one exam added to one app definition: decided once, then kept."""

    asked: Values
    """The options as the exam stated them, ``warm`` among them: a changed declaration is noticed by them."""
    add: int
    """Instances on top of the baseline and of the holds that were there before."""
    until: str | None
    """When the exam ends, for those who read the ledger; it triggers nothing."""
    ended: bool

    @property
    def limits(self) -> Values:
        """The stated values that are no counts of instances: they are not added up, the most generous one holds."""
        return {field: value for field, value in self.asked.items() if field not in ("warm", "min_instances")}


class Entry(t.NamedTuple):
    """The ledger's record of one app definition."""

    uid: str
    baseline: Values
    holds: dict[str, Hold]
    written: tuple[Values, ...]
    draining_since: str | None

    @property
    def open_holds(self) -> dict[str, Hold]:
        return {exam: hold for exam, hold in self.holds.items() if not hold.ended}

    def desired(self) -> Values:
        """The values that should hold now: the baseline once every hold has ended, else the baseline and all holds.

        An ended hold keeps its say until the last one ends: taking it out would rebuild the idle pool of the others.
        Holds only ever extend: a limit that is tighter than the baseline's changes nothing.
        """
        if not self.open_holds:
            return dict(self.baseline)
        values = dict(self.baseline)
        if "min_instances" in values:
            values["min_instances"] = (values["min_instances"] or 0) + sum(hold.add for hold in self.holds.values())
        for hold in self.holds.values():
            for field in hold.limits.keys() & values.keys():
                values[field] = more_generous(field, values[field], hold.limits[field])
        return values

    def is_ours(self, field: str, value: int | None) -> bool:
        """Whether a live value is one that we found or intended; fields that we never wrote have no say."""
        known = [values[field] for values in (self.baseline, *self.written) if field in values]
        return not known or value in known


class Ledger(t.NamedTuple):
    entries: dict[str, Entry]
    resource_version: str | None


def more_generous(field: str, first: int | None, second: int | None) -> int | None:
    """The limit that allows more. Absent and negative mean no limit, as does zero; only ``max_instances=0`` closes."""
    for value in (first, second):
        if value is None or value < 0 or (value == 0 and field != "max_instances"):
            return value
    return max(t.cast(int, first), t.cast(int, second))


def read_ledger(config_map: t.Mapping[str, t.Any] | None) -> Ledger:
    """Parse the ConfigMap; an unknown version or a broken entry is an error, for guessing could undo an exam."""
    if config_map is None:
        return Ledger({}, None)
    data = config_map.get("data") or {}
    if data.get("version") != FORMAT_VERSION:
        raise EduideError(
            f"ConfigMap {CAPACITY_RECORD} has format version {data.get('version')!r}, and this release reads "
            f"{FORMAT_VERSION!r}. Use the release that wrote it, or finish its open exams with that release first"
        )
    entries = {}
    for key, text in data.items():
        if key.endswith(SUFFIX):
            entries[key.removesuffix(SUFFIX)] = _read_entry(key, text)
    return Ledger(entries, config_map["metadata"]["resourceVersion"])


def write_ledger(namespace: str, ledger: Ledger) -> dict[str, t.Any]:
    """The ConfigMap for these entries, with the resourceVersion that was read: no other run is overwritten."""
    metadata: dict[str, t.Any] = {"name": CAPACITY_RECORD, "namespace": namespace, "labels": dict(LABELS)}
    if ledger.resource_version is not None:
        metadata["resourceVersion"] = ledger.resource_version
    data = {"version": FORMAT_VERSION}
    for name, entry in sorted(ledger.entries.items()):
        holds = {exam: hold._asdict() for exam, hold in entry.holds.items()}
        data[name + SUFFIX] = json.dumps({**entry._asdict(), "holds": holds}, sort_keys=True)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _read_entry(key: str, text: str) -> Entry:
    try:
        raw = json.loads(text)
        return Entry(
            uid=_typed(raw["uid"], str),
            baseline=_read_values(raw["baseline"]),
            holds={exam: _read_hold(hold) for exam, hold in _typed(raw["holds"], dict).items()},
            written=tuple(_read_values(values) for values in _typed(raw["written"], list)),
            draining_since=_typed(raw["draining_since"], str, NoneType),
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise EduideError(
            f"key {key!r} of ConfigMap {CAPACITY_RECORD} cannot be read ({type(exc).__name__}: {exc}). "
            "Nothing was changed. Restore the key from a backup, or remove it and set the bounds of that app "
            "definition by hand"
        ) from exc


def _read_hold(raw: t.Any) -> Hold:
    return Hold(
        asked=_read_values(raw["asked"]),
        add=_typed(raw["add"], int),
        until=_typed(raw["until"], str, NoneType),
        ended=_typed(raw["ended"], bool),
    )


def _read_values(raw: t.Any) -> Values:
    return {option: _typed(value, int, NoneType) for option, value in _typed(raw, dict).items()}


def _typed(value: t.Any, *kinds: type) -> t.Any:
    """The value, if it is of one of these types; a bool is no int here."""
    if type(value) not in kinds:
        raise TypeError(f"{value!r} is of another type than {' or '.join(kind.__name__ for kind in kinds)}")
    return value
