# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection writes down in a cluster: ConfigMaps with a version, whose other values are JSON.

Anybody may edit a ConfigMap, and a later release may have written it. Whatever stands in one, reading it gives its
content or the one error that names the record.
"""

from __future__ import annotations

import contextlib
import json
import typing as t

from .._common.errors import EduideError
from .names import MANAGED_BY, MANAGED_BY_LABEL, RECORD_LABEL

FORMAT_VERSION = "1"
# An error quotes what it is about, and a value may be as long as a ConfigMap.
MOST_TOLD = 200
# No record has half as many levels. Python fails on some thousands of them, at another number in each of its versions.
MOST_LEVELS = 20

Object = t.Mapping[str, t.Any]
RecordKind = t.Literal["capacity", "exam", "retention"]
T = t.TypeVar("T")


class Malformed(EduideError):
    """A record that cannot be understood."""

    def __init__(self, record: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(f"ConfigMap {record}: {reason}" + (f"; {remedy}" if remedy else ""))
        self.record, self.reason = record, reason


class Record(t.NamedTuple):
    """A record of a version that this release understands."""

    name: str
    resource_version: str | None
    data: t.Mapping[str, str]
    remedy: str | None
    """What to do if a value cannot be read."""

    def read(self, key: str, parse: t.Callable[[t.Any], T]) -> T:
        """The value of a key; whatever ``parse`` raises for its content is Malformed."""
        with self._naming(key):
            return parse(_content(self.data[key]))

    def written(self, key: str, value: t.Any) -> dict[str, str]:
        """The data with this value for a key."""
        with self._naming(key):
            return {**self.data, key: json.dumps(value)}

    @contextlib.contextmanager
    def _naming(self, key: str) -> t.Iterator[None]:
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as exc:
            # What a parser says about a value is a sentence; what Python says needs the kind of error beside it.
            plain = isinstance(exc, ValueError) and not isinstance(exc, json.JSONDecodeError)
            kind = "" if plain else f"{type(exc).__name__}: "
            told = f"{kind}{exc}"[:MOST_TOLD]
            raise Malformed(self.name, f"key {key!r} cannot be read ({told})", self.remedy) from exc


def selector(kind: RecordKind) -> str:
    """The label selector of all records of a kind."""
    return ",".join(f"{label}={value}" for label, value in _labels(kind).items())


def open_record(config_map: Object, *, remedy: str | None = None, other_version: str | None = None) -> Record:
    """Look at a record's version. The remedies are what to do about a broken value, and about another version."""
    name, data = config_map["metadata"]["name"], config_map.get("data") or {}
    version = data.get("version")
    if version != FORMAT_VERSION:
        found = repr(version)[:MOST_TOLD]
        told = f"format version {found} is not {FORMAT_VERSION!r}, the one that this release reads"
        raise Malformed(name, told, other_version or remedy)
    return Record(name, config_map["metadata"].get("resourceVersion"), data, remedy)


def new_record(
    kind: RecordKind, name: str, namespace: str, values: t.Mapping[str, t.Any], *, resource_version: str | None
) -> dict[str, t.Any]:
    """The whole ConfigMap. With the version that was read it replaces that one and no other; None: it is a new one."""
    metadata: dict[str, t.Any] = {"name": name, "namespace": namespace, "labels": _labels(kind)}
    if resource_version is not None:
        metadata["resourceVersion"] = resource_version
    data = {"version": FORMAT_VERSION, **{key: json.dumps(value, sort_keys=True) for key, value in values.items()}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def of_type(value: t.Any, *kinds: type) -> t.Any:
    """The value, if it is of one of these types; a bool is no int here."""
    if type(value) not in kinds:
        raise ValueError(f"{value!r} is of another type than {' or '.join(kind.__name__ for kind in kinds)}")
    return value


def fields_of(value: t.Any, fields: t.Collection[str]) -> dict[str, t.Any]:
    """The value, if it is a dictionary with these fields and no other: one that is unknown would be lost in writing."""
    found: dict[str, t.Any] = of_type(value, dict)
    if odd := sorted(set(fields) ^ found.keys()):
        raise ValueError(f"it lacks, or has unknown, fields: {', '.join(map(repr, odd))}")
    return found


def _content(text: str) -> t.Any:
    content = json.loads(text)
    level: list[t.Any] = [content]
    for _unused in range(MOST_LEVELS):
        level = [
            inner
            for outer in level
            if isinstance(outer, (list, dict))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise ValueError(f"it has more than {MOST_LEVELS} levels")
    return content


def _labels(kind: RecordKind) -> dict[str, str]:
    return {MANAGED_BY_LABEL: MANAGED_BY, RECORD_LABEL: kind}
