# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a calendar of exams can be read; no cluster is asked."""

from __future__ import annotations

import os
import typing as t

from .._common.errors import EduideError, Misconfigured, several
from .._common.report import Report
from .._common.timestamps import format_time
from .calendar import Calendar, read_calendar
from .options import read_time_zone

if t.TYPE_CHECKING:
    from datetime import tzinfo

    from .declaration import Exam


def check_calendar(params: t.Mapping[str, t.Any]) -> Report:
    """Say of each entry what it declares or what is wrong with it."""
    calendar = load_calendar(params["calendar"], read_time_zone(params))
    fields = {
        "exams": [_describe_declared(exam) for exam in calendar.exams],
        "broken": [entry._asdict() for entry in calendar.broken],
    }
    failure = None
    if calendar.broken:
        problems = several([f"entry {entry.label}: {entry.problem}" for entry in calendar.broken])
        failure = EduideError(
            f"the calendar: {problems}; correct that, the other {len(calendar.exams)} exams are right"
        )
    return Report(changed=False, fields=fields, failure=failure)


def _describe_declared(exam: Exam) -> dict[str, t.Any]:
    window = {"shield_from": format_time(exam.shield_from), "shield_until": format_time(exam.shield_until)}
    return {**exam.written(), **window}


def load_calendar(stated: t.Any, zone: tzinfo | None) -> Calendar:
    """The calendar that is stated, or that is in the file of that name."""
    return read_calendar(_content(stated), zone)


def _content(calendar: t.Any) -> t.Any:
    if not isinstance(calendar, str):
        return calendar
    try:
        import yaml
    except ImportError as exc:
        raise Misconfigured("the Python library PyYAML is missing: a calendar in a file needs it") from exc
    path = os.path.expanduser(calendar)
    try:
        with open(path, encoding="utf-8") as file:
            return yaml.safe_load(file)
    except (OSError, UnicodeError) as exc:
        raise Misconfigured(
            f"calendar {calendar}: it cannot be read ({exc}); name a YAML file, or state a list"
        ) from exc
    except (yaml.YAMLError, ValueError) as exc:
        place = getattr(exc, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        reason = getattr(exc, "problem", None) or "a value is not what it looks like"
        raise Misconfigured(f"calendar {calendar}: it is no YAML{where} ({reason}); correct the file") from exc
