# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_status) does: one snapshot, seen as capacity, as sessions and as workspaces."""

from __future__ import annotations

from .._common.report import Report, Task
from .._kubernetes.connect import connect
from .._platform.options import read_installation
from .._platform.snapshot import read_led
from .._sessions.summary import describe_troubled
from .._workspaces.summary import describe as describe_workspaces
from .._workspaces.usage.task import note_use
from .capacity import describe_bounds
from .course import describe_exams, describe_logins
from .view import PARTS, REQUIRED, views_of, what_is_missing
from .watch import read_job, watch


def run_status(task: Task) -> Report:
    """Watch if that is asked for, then read everything once, describe it, and note who is on which workspace."""
    job = read_job(task.params)
    gateway = connect(task.params, check_mode=task.check_mode)
    installation = read_installation(task.params)
    watched = watch(gateway, installation, job) if job else None
    snapshot = read_led(gateway, installation, PARTS, REQUIRED)
    task.warn(what_is_missing(snapshot))
    views = views_of(snapshot)
    fields = {
        **describe_bounds(gateway, installation, snapshot, views.capacity),
        "sessions": describe_troubled(views.sessions),
        "workspaces": describe_workspaces(views.workspaces, limit=0),
        "exams": describe_exams(snapshot) if task.params["course"] else None,
        "logins": describe_logins(views.sessions) if task.params["course"] else None,
        "watch": watched,
    }
    if not task.params["note_use"]:
        return Report(False, {**fields, "use": None})
    # A workspace that was made after its list was read is stamped by the next look, and known to be that young.
    lists = snapshot.lists
    noted = note_use(task, gateway, lists.sessions, lists.workspaces or (), snapshot.now)
    use = {**noted.fields, "failure": noted.failure.advice if noted.failure else None}
    return Report(noted.changed, {**fields, "use": use}, noted.diff)
