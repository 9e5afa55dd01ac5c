# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session_diagnosis_info) does, from its options to its result."""

from __future__ import annotations

from .._common.errors import Misconfigured
from .._common.report import Report, Task
from .._common.timestamps import format_time
from .._kubernetes.connect import connect
from .._platform.lists import describe_missing
from .._platform.options import read_installation
from .._platform.snapshot import read_led
from .filter import select
from .options import read_selection, read_thresholds
from .record import assess_sessions
from .search import Search
from .view import GATHERED, REQUIRED, parts_of, view_sessions


def run_diagnosis(task: Task) -> Report:
    """Judge the selected sessions, and gather what explains their state."""
    params = task.params
    selection = read_selection(params)
    if not selection.states_anything:
        raise Misconfigured("no session is selected: give names, uids, users or another filter")
    gateway = connect(params)
    installation = read_installation(params)
    snapshot = read_led(gateway, installation, parts_of(GATHERED), REQUIRED)
    view = view_sessions(snapshot, read_thresholds(params))
    sessions = assess_sessions(view.sources, view.context)
    chosen = select(sessions, selection, sort_by=params["sort_by"], limit=params["limit"])
    search = Search(gateway, installation, view, params)
    try:
        if chosen:
            search.read_what_all_share()
        diagnoses = [search.diagnose(assessed) for assessed in chosen]
    finally:
        # One warning for all, with what was found missing on the way.
        task.warn(describe_missing(search.missing))
    operator = view.context.operator
    fields = {
        "diagnoses": diagnoses,
        "operator_leads": view.context.leading,
        "sessions_per_user": operator.sessions_per_user if operator else None,
        "missing": search.missing,
        "seen_at": format_time(view.context.now),
    }
    return Report(changed=False, fields=fields)
