# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_capacity) does: from its options to its result."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError
from .._kubernetes.connect import connect
from .alone import NOT_CHECKED, set_unchecked
from .finish import run_to_the_end
from .job import read_job
from .mend import repair_pools
from .problems import warnings_of
from .result import describe_repair, report
from .send import merge_patch
from .service import admin_patch
from .wait import wait_for_pools

if t.TYPE_CHECKING:
    from .._common.report import Report, Task


def run_task(task: Task) -> Report:
    """What C(theia_capacity) does."""
    try:
        return _run(task)
    except EduideError as exc:
        # Once something was sent, a report tells of each app definition what became of it.
        exc.details.setdefault("applied", "no")
        raise


def _run(task: Task) -> Report:
    params, check_mode = task.params, task.check_mode
    job = read_job(params)
    if params["unchecked"]:
        done = set_unchecked(params, job, check_mode=check_mode)
        return report(done, precondition="none", not_checked=[*NOT_CHECKED])
    through_service = params["api"] == "service"
    gateway = connect(params, check_mode=check_mode)
    send = admin_patch(params) if through_service else merge_patch(gateway)
    done = run_to_the_end(gateway, send, job, check_mode=check_mode)
    task.warn(*warnings_of(done, job, check_mode=check_mode))
    repaired, unrepaired = repair_pools(gateway, job, done, check_mode=check_mode)
    task.warn(*(each.text for each in repaired if each.note and not each.problem))
    return report(
        done,
        None if check_mode else wait_for_pools(gateway, job, done),
        repaired,
        unrepaired,
        repairs=[describe_repair(each, would=check_mode) for each in repaired],
        precondition="none" if through_service else "resource_version",
    )
