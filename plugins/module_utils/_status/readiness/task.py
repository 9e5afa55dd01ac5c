# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_platform_info) does: look, ask, and draw the card."""

from __future__ import annotations

from ..._common.report import Report, Task
from ..._common.timestamps import format_time
from ..._exams.check import load_calendar
from ..._exams.options import read_time_zone, stated_calendar
from ..._kubernetes.connect import connect
from ..._platform.options import read_installation
from .ask import ask_for_rights, ask_for_versions, ask_service
from .check import CODES
from .judge import assess, is_ready
from .look import look


def run_readiness(task: Task) -> Report:
    """Nothing is required to be readable: what rests on something unread is unknown."""
    zone, codes = read_time_zone(task.params), task.params["checks"] or CODES
    stated = stated_calendar(task.params)
    calendar = None if stated is None else load_calendar(stated, zone)
    gateway = connect(task.params, check_mode=task.check_mode)
    facts = look(gateway, read_installation(task.params), task, codes, calendar)
    denied, missing = ask_for_rights(gateway) if "rights" in codes else (None, {})
    facts = facts._replace(
        snapshot=facts.snapshot._replace(missing={**facts.snapshot.missing, **missing}),
        denied=denied,
        versions=ask_for_versions(gateway),
        service=ask_service(task.params),
        zone=zone,
    )
    checks = assess(facts, codes)
    fields = {
        "ready": is_ready(checks),
        "checks": [check._asdict() for check in checks],
        "seen_at": format_time(facts.snapshot.now),
        "missing": dict(facts.snapshot.missing),
    }
    return Report(False, fields)
