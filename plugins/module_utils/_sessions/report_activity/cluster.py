# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For whom activity is reported, where the cluster is at hand."""

from __future__ import annotations

import typing as t

from ..._kubernetes.connect import connect
from ..._platform.options import read_installation
from ..._platform.snapshot import read, with_leader
from ..._safety.targets import find_targets
from ..filter import select
from ..options import read_thresholds
from ..record import assess_sessions
from ..stop.plan import needed_lists
from ..view import GATHERED, REQUIRED, parts_of, view_sessions
from .execute import cluster_send, report_for
from .way import Target, Way

if t.TYPE_CHECKING:
    from ..._common.report import Task
    from ..._platform.snapshot import Part
    from ..stop.plan import StopRequest
    from ..view import SessionView
    from .plan import ActivityReport


def with_cluster(task: Task, request: StopRequest) -> Way:
    params, check_mode = task.params, task.check_mode
    gateway = connect(params, check_mode=check_mode)
    installation = read_installation(params)
    snapshot = read(gateway, installation, _parts_for(request), REQUIRED)
    if "lease" in needed_lists(request):
        snapshot = with_leader(gateway, installation, snapshot)
    view = view_sessions(snapshot, read_thresholds(params))
    task.warn(view.unread)
    through_service = params["api"] == "service"
    if through_service:
        from .service import service_send

        send = service_send(gateway, task)
    else:
        send = cluster_send(gateway)

    def act(target: Target) -> ActivityReport:
        return report_for(gateway, target.row, send, params["fresh_seconds"], check_mode=check_mode)

    precondition = "none" if through_service else "resource_version"
    return Way(_targets_of(view, request), act, precondition, across=gateway.map, missing=view.missing)


def _parts_for(request: StopRequest) -> frozenset[Part]:
    """What has to be read to find those asked for."""
    gathered = needed_lists(request) & set(GATHERED) | ({"exams"} if request.selection.exam else set())
    gathered |= {"memory": {"objects", "usage"}, "restarts": {"objects"}}.get(request.sort_by or "", set())
    return parts_of(gathered)


def _targets_of(view: SessionView, request: StopRequest) -> list[Target]:
    found = find_targets(assess_sessions(view.sources, view.context), request, select, thing="session")
    return [Target(item.name, item.uid, item.assessed.row if item.assessed else None) for item in found]
