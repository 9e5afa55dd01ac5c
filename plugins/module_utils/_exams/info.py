# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_exam_info) does: the exams on record and where each stands, or whether a calendar can be read."""

from __future__ import annotations

import typing as t

from .._common.report import Report, Task
from .._common.timestamps import format_time
from .._kubernetes.connect import connect
from .._kubernetes.kinds import CONFIG_MAP
from .._platform.records import Malformed
from .check import check_calendar
from .options import check_name, read_time_zone, stated_calendar
from .plan import unknown
from .record import SELECTOR, Recorded, describe, phase, read_history, read_record
from .tell import tell
from .warmth import warm_by_name

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Json


class _Read(t.NamedTuple):
    recorded: Recorded
    config_map: t.Mapping[str, t.Any]


def run_info(task: Task) -> Report:
    """Look at a calendar if one is given, else at the records of an installation."""
    if stated_calendar(task.params) is not None:
        return check_calendar(task.params)
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
    warm = warm_by_name(task, gateway, [exam.recorded for exam in chosen], now)
    exams = []
    for each in sorted(chosen, key=lambda each: (each.recorded.exam.start, each.recorded.name)):
        recorded = each.recorded
        entry = {
            **describe(recorded),
            "phase": phase(recorded, now, warm=warm.get(recorded.name, False)),
            "sentence": tell(recorded, now, zone),
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
