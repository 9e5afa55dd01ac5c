# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of an installation: what exams added to app definitions, and what was there before.

It is one ConfigMap with one key per app definition, so that what a run intends is written down, guarded by one
resourceVersion, before the first app definition is touched. A run that is killed at any point leaves enough behind
for the next one to end in the same place.
"""

from __future__ import annotations

import typing as t
from types import NoneType

from .._common.errors import EduideError
from .._common.sentences import nearest
from .._common.timestamps import format_time, parse_time
from .._exams.record import SPARE_MINUTES
from .._platform.names import CAPACITY_RECORD, SPEC_FIELDS
from .._platform.records import fields_of, new_record, of_type, open_record

# Every entry's key ends in it, so no app definition can shadow the key "version".
SUFFIX = ".json"
ENDED = "ended"
MOST_ENDED = 50
MOST_INSTANCES = 2**31 - 1
TIME_LIMITS = ("timeout_minutes", "inactive_minutes")
_REMEDY = (
    "nothing was changed: restore the key from a backup, or remove it and set the bounds of that app definition by hand"
)
_OTHER_VERSION = "use the release that wrote it, or finish its open exams with that release first"

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
    narrowed: bool = False
    """Whether the bound was lowered already on the way back to the baseline."""
    written_at: str | None = None
    """When the values that should hold now were written down; what another client wrote later is drift."""
    repaired: t.Mapping[str, str] = {}
    """By client, when what it wrote over ours was put right last."""

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
    ended: t.Mapping[str, str] = {}
    """Exams whose holds ended, and when: the entry of an app definition goes with the last of its holds."""

    @property
    def open_exams(self) -> list[str]:
        return sorted({exam for entry in self.entries.values() for exam in entry.open_holds})

    def require(self, exam: str) -> None:
        """Refuse a mistyped name: it would end nothing, and the exam that was meant would hold its instances on."""
        others = self.open_exams
        if not others or exam in self.ended or any(exam in entry.holds for entry in self.entries.values()):
            return
        raise EduideError(f"exam {exam}: it never held anything here, and {holding(others)}{nearest(exam, others)}")

    def with_entries(self, entries: dict[str, Entry], now: str) -> Ledger:
        """The ledger with other entries, and with a note of the exams that hold nothing any more."""
        after = self._replace(entries=entries)
        open_now = after.open_exams
        gone = dict.fromkeys(set(self.open_exams).difference(open_now), now)
        ended = {exam: when for exam, when in {**self.ended, **gone}.items() if exam not in open_now}
        latest = sorted(ended.items(), key=lambda item: item[1])[-MOST_ENDED:]
        return after._replace(ended=dict(latest))


def holding(exams: t.Sequence[str]) -> str:
    """Who holds something."""
    return f"{', '.join(exams)} {'holds' if len(exams) == 1 else 'hold'} something"


def more_generous(field: str, first: int | None, second: int | None) -> int | None:
    """The limit that allows more. Absent and negative mean no limit, as does zero; only ``max_instances=0`` closes."""
    for value in (first, second):
        if value is None or value < 0 or (value == 0 and field != "max_instances"):
            return value
    return max(t.cast(int, first), t.cast(int, second))


def lasting(minutes: int, held: Values) -> dict[str, int]:
    """The time limits of sessions that have to last so long; what is held stays, where only time to spare would go."""
    limits = {field: held.get(field) or 0 for field in TIME_LIMITS}
    return {field: limit if limit >= minutes - SPARE_MINUTES else minutes for field, limit in limits.items()}


def read_ledger(config_map: t.Mapping[str, t.Any] | None) -> Ledger:
    """Parse the ConfigMap; an unknown version or a broken entry is Malformed, for guessing could undo an exam."""
    if config_map is None:
        return Ledger({}, None)
    record = open_record(config_map, remedy=_REMEDY, other_version=_OTHER_VERSION)
    keys = [key for key in record.data if key.endswith(SUFFIX)]
    entries = {key.removesuffix(SUFFIX): record.read(key, _read_entry) for key in keys}
    ended = record.read(ENDED, _read_times) if ENDED in record.data else {}
    return Ledger(entries, record.resource_version, ended)


def write_ledger(namespace: str, ledger: Ledger) -> dict[str, t.Any]:
    """The ConfigMap for these entries, with the resourceVersion that was read: no other run is overwritten."""
    values: dict[str, t.Any] = {
        name + SUFFIX: {**entry._asdict(), "holds": {exam: hold._asdict() for exam, hold in entry.holds.items()}}
        for name, entry in sorted(ledger.entries.items())
    }
    if ledger.ended:
        values[ENDED] = dict(ledger.ended)
    return new_record("capacity", CAPACITY_RECORD, namespace, values, resource_version=ledger.resource_version)


def _read_entry(value: t.Any) -> Entry:
    raw = fields_of(value, Entry._fields)
    return Entry(
        uid=of_type(raw["uid"], str),
        baseline=_read_values(raw["baseline"], SPEC_FIELDS),
        holds={exam: _read_hold(hold) for exam, hold in of_type(raw["holds"], dict).items()},
        written=tuple(_read_values(values, SPEC_FIELDS) for values in of_type(raw["written"], list)),
        draining_since=of_type(raw["draining_since"], str, NoneType),
        narrowed=of_type(raw["narrowed"], bool),
        written_at=_read_time(raw["written_at"]),
        repaired=_read_times(raw["repaired"]),
    )


def _read_times(value: t.Any) -> dict[str, str]:
    return {name: _read_time(of_type(when, str)) or "" for name, when in of_type(value, dict).items()}


def _read_time(value: t.Any) -> str | None:
    time = parse_time(of_type(value, str, NoneType))
    return format_time(time) if time else None


def _read_hold(value: t.Any) -> Hold:
    raw = fields_of(value, Hold._fields)
    return Hold(
        asked=_read_values(raw["asked"], {"warm", *SPEC_FIELDS}),
        add=_read_number(raw["add"]),
        until=of_type(raw["until"], str, NoneType),
        ended=of_type(raw["ended"], bool),
    )


def _read_values(value: t.Any, known: t.Collection[str]) -> Values:
    raw = of_type(value, dict)
    if unknown := sorted(raw.keys() - set(known)):
        raise ValueError(f"unknown options: {', '.join(map(repr, unknown))}")
    return {option: None if number is None else _read_number(number) for option, number in raw.items()}


def _read_number(value: t.Any) -> int:
    number: int = of_type(value, int)
    if abs(number) > MOST_INSTANCES:
        raise ValueError(f"{number} is beyond what a field of an app definition can hold")
    return number
