# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_exam_info) does: the exams on record and where each stands, or whether a calendar can be read."""

from __future__ import annotations

import os
import typing as t
from datetime import datetime

from .._common.errors import EduideError, Forbidden, Misconfigured, several
from .._common.report import Report, Task
from .._common.timestamps import format_time
from .._kubernetes.connect import connect
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP, DEPLOYMENT, SERVICE
from .._platform import pool as instance_pool
from .._platform.records import Malformed
from .._platform.rows import app_definition_row
from .._platform.workloads import deployment_row, service_row
from .calendar import read_calendar
from .declaration import Exam
from .options import check_name, read_time_zone, stated_calendar
from .plan import unknown
from .record import SELECTOR, Recorded, describe, phase, read_history, read_record
from .tell import tell

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway, Json

Params = t.Mapping[str, t.Any]


class _Read(t.NamedTuple):
    recorded: Recorded
    config_map: t.Mapping[str, t.Any]


def run_info(task: Task) -> Report:
    """Look at a calendar if one is given, else at the records of an installation."""
    if stated_calendar(task.params) is not None:
        return _check_calendar(task.params)
    return _read_installation(task)


def _read_installation(task: Task) -> Report:
    params = task.params
    names = params["names"]
    for name in names or ():
        check_name(name)
    zone = read_time_zone(params)
    gateway = connect(params)
    found, broken = _read_records(gateway.list(CONFIG_MAP, label_selector=SELECTOR))
    now = gateway.now()
    task.warn(*(f"{problem}; while it cannot be read every live session is shielded" for problem in broken))
    known = [exam.recorded.name for exam in found]
    if missing := [name for name in names or () if name not in known]:
        raise unknown(missing[0], known, "name an exam that is on record")
    chosen = [exam for exam in found if names is None or exam.recorded.name in names]
    warm = _warm_by_name(task, gateway, [exam.recorded for exam in chosen], now)
    exams = []
    for each in sorted(chosen, key=lambda each: (each.recorded.exam.start, each.recorded.name)):
        recorded = each.recorded
        entry = {
            **describe(recorded),
            "phase": phase(recorded, now, warm=warm.get(recorded.name, False)),
            "told": tell(recorded, now, zone),
        }
        exams.append({**entry, "history": read_history(each.config_map)} if params["history"] else entry)
    unreadable = [{"record": problem.record, "reason": problem.reason} for problem in broken]
    return Report(changed=False, fields={"exams": exams, "unreadable": unreadable, "seen_at": format_time(now)})


def _read_records(config_maps: t.Iterable[Json]) -> tuple[list[_Read], list[Malformed]]:
    found, broken = [], []
    for config_map in config_maps:
        try:
            found.append(_Read(read_record(config_map), config_map))
        except Malformed as exc:
            broken.append(exc)
    return found, broken


def _warm_by_name(task: Task, gateway: Gateway, exams: t.Sequence[Recorded], now: datetime) -> t.Mapping[str, bool]:
    """Of exams that are about to start, whether students would find what was declared."""
    soon = [exam for exam in exams if exam.is_open(now) and now < exam.exam.start]
    if not soon:
        return {}
    try:
        apps = gateway.list(APP_DEFINITION, keep=app_definition_row)
        services = gateway.list(SERVICE, keep=service_row)
        deployments = gateway.list(DEPLOYMENT, keep=deployment_row)
    except Forbidden as exc:
        task.warn(f"whether instances are warm is not known, so no phase is warm: {exc}")
        return {}
    pools = {
        app.name: instance_pool.count(
            app.uid, app.generation, services=services, deployments=deployments, addresses=None, now=now
        )
        for app in apps
    }
    return {
        exam.name: all(
            definition.name in pools and pools[definition.name].warm_count >= definition.warm
            for definition in exam.exam.app_definitions
        )
        for exam in soon
    }


def _check_calendar(params: Params) -> Report:
    """Say of each entry what it declares or what is wrong with it; no cluster is asked."""
    calendar = read_calendar(calendar_content(params["calendar"]), read_time_zone(params))
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


def calendar_content(calendar: t.Any) -> t.Any:
    """The calendar itself, or what is in the file of that name."""
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
