# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_agenda_info) does: it reads calendar, records and ledger, and tells what should be done now."""

from __future__ import annotations

from .._common.report import Report, Task
from .._common.timestamps import format_time, tell_time
from .._exams.check import load_calendar
from .._exams.options import read_time_zone, stated_calendar
from .._exams.record import SELECTOR, read_all
from .._kubernetes.connect import connect
from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP
from .._platform.names import CAPACITY_RECORD
from .._platform.rows import app_definition_row
from .._safety.clocks import describe_doubt, doubted
from .agenda import asked_now, due_now, held_otherwise, problems_of, steps_of
from .ledger import read_ledger


def run_agenda(task: Task) -> Report:
    """Tell what has to be done; nothing is done here."""
    params = task.params
    zone = read_time_zone(params)
    stated = stated_calendar(params)
    calendar = None if stated is None else load_calendar(stated, zone)
    gateway = connect(params)
    ledger = read_ledger(gateway.get(CONFIG_MAP, CAPACITY_RECORD))
    now = gateway.now()
    machine_now = doubted(now, gateway.skew())
    task.warn(describe_doubt(now, machine_now))
    if not (apps := gateway.list(APP_DEFINITION, project=app_definition_row)):
        raise gateway.no_installation()
    records, unreadable = read_all(gateway.list(CONFIG_MAP, label_selector=SELECTOR))
    due = due_now(calendar, records, ledger, apps, now, machine_now=machine_now)
    asked = asked_now(due, extend_time_limits=params["extend_time_limits"])
    agenda, steps = due.agenda, list(steps_of(due, now, zone, held_otherwise(asked, ledger, apps, due.fights)))
    fields = {
        "declare": [exam.written() for exam in agenda.declare],
        "withdraw": list(agenda.withdraw),
        "warm": [each.told() for each in asked],
        "cool": [*agenda.cool, *due.left],
        "cool_only": {exam: [{"name": name} for name in apps] for exam, apps in due.left.items()},
        "close": list(agenda.close),
        "steps": steps,
        "changes": len(steps),
        "problems": [*problems_of(calendar, unreadable), *agenda.doubts(now, machine_now, zone)],
        "closed_early": agenda.told_closed_early(zone),
        "fights": list(due.fights.values()),
        "next_change_at": format_time(agenda.next_change_at) if agenda.next_change_at else None,
        "next_change_text": tell_time(agenda.next_change_at, zone) if agenda.next_change_at else None,
        "seen_at": format_time(now),
    }
    return Report(changed=False, fields=fields)
