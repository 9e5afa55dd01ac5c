# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A calendar: the exams of a term in one list. An entry that is broken takes none of the others with it."""

from __future__ import annotations

import typing as t
from datetime import tzinfo

from .._common.errors import Misconfigured
from .._common.timestamps import read_zone
from .declaration import BadDeclaration, Exam, declare

# Of a file of variables, such as the one that is handed over with -e @calendar.yml.
LIST_KEY, ZONE_KEY = "theia_exams", "theia_time_zone"


class Broken(t.NamedTuple):
    """An entry that declares no exam."""

    number: int
    """Its place in the list, counted from 1."""
    name: str | None
    problem: str

    @property
    def label(self) -> str:
        return f"{self.number} ({self.name})" if self.name else str(self.number)


class Calendar(t.NamedTuple):
    exams: tuple[Exam, ...]
    broken: tuple[Broken, ...]

    def may_have(self, exam: str) -> bool:
        """Whether it is in it, also as a broken entry. One without a name that can be read may be anyone's."""
        return any(each.name == exam for each in self.exams) or any(each.name in (exam, None) for each in self.broken)


def read_calendar(content: t.Any, zone: tzinfo | None) -> Calendar:
    """Read a list of exams, or a file of variables that has one."""
    if isinstance(content, dict):
        zone = zone or _zone(content.get(ZONE_KEY))
        content = content.get(LIST_KEY)
    if not isinstance(content, list):
        raise Misconfigured(f"the calendar: it is no list of exams; state one, or a mapping with {LIST_KEY}")
    exams: list[Exam] = []
    broken = []
    places: dict[str, int] = {}
    for number, entry in enumerate(content, 1):
        stated = entry.get("name") if isinstance(entry, dict) else None
        # Without quotes it may be a number or a date to YAML, and another one than was written.
        name = stated if isinstance(stated, str) and stated.strip() else None
        if name in places:
            broken.append(Broken(number, name, f"name {name} is that of entry {places[name]}, too"))
            continue
        try:
            exams.append(declare(entry, now=None, zone=zone))
        except BadDeclaration as exc:
            broken.append(Broken(number, name, str(exc)))
        if name:
            places[name] = number
    return Calendar(tuple(exams), tuple(broken))


def _zone(name: t.Any) -> tzinfo | None:
    try:
        return read_zone(name)
    except (ValueError, TypeError) as exc:
        raise Misconfigured(f"{ZONE_KEY} of the calendar: {exc}") from exc
