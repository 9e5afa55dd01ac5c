# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What deleting workspaces begins with: reading what decides about them, and the plan for them and their sessions."""

from __future__ import annotations

import typing as t

from ..._platform.snapshot import read
from ..._safety.targets import Request, check_request
from ..._sessions.filter import Selection
from ..._sessions.stop.prepare import StopExecution, plan_on
from ..record import AssessedWorkspace, assess_workspaces, orphans
from ..view import REQUIRED, WorkspaceView, parts_of, view_workspaces
from .plan import DeletionPlan, plan_deletion

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._sessions.stop.job import StopJob
    from .job import DeletionJob
    from .wait import VolumeLeftovers


class DeletionTrace(t.NamedTuple):
    """What was seen around a delete."""

    late_sessions: tuple[str, ...] | None
    """Sessions that are on the workspace although it is gone; None if nobody could look."""
    unguarded_seconds: float | None
    """For how long before the delete was answered nobody had looked for sessions."""
    leftovers: VolumeLeftovers


class DeletionExecution(t.NamedTuple):
    """What became of a plan; in check mode, the plan."""

    plan: DeletionPlan
    view: WorkspaceView
    stopping: StopExecution | None = None
    traces: t.Mapping[str, DeletionTrace] = {}
    """By the keys of the items that were acted on."""
    noted: frozenset[str] = frozenset()
    """Names of the workspaces whose volume was written to."""


def read_and_plan_deletion(gateway: Gateway, job: DeletionJob) -> DeletionExecution:
    """Decide what to do, without doing it."""
    check_request(job.request, "workspace", "deletes nothing")
    view = _look(gateway, job)
    released = orphans(view.sources).volumes or []
    # A workspace that is gone may be asked for by the volume that it left.
    left = [volume.files_owner.app_definition for volume in released if volume.files_owner]
    if strange := view.sessions.unknown(job.request.selection.app_definitions, left):
        raise strange
    workspaces = assess_workspaces(view.sources, view.context)

    def planned(staying: t.Mapping[str, str]) -> DeletionPlan:
        return plan_deletion(workspaces, released, job.request, job.terms, view.context, staying=staying)

    live = {name for assessed in workspaces for name in assessed.record["live_sessions"]}
    if job.terms.live_sessions == "refuse":
        return DeletionExecution(planned(dict.fromkeys(live, "live")), view)
    first = planned({})
    used = frozenset(item.name for item in first.acts if item.assessed and item.assessed.sessions)
    if not used:
        return DeletionExecution(first, view)
    stopping = plan_on(gateway, _stop_those_on(used, job.stop), view.sessions.snapshot)
    if stopping.plan.over_cap:
        return DeletionExecution(first.skipped(stopping.plan.over_cap), view)
    decided = {item.name: item.decision for item in stopping.plan.items}
    ends = {name for name, decision in decided.items() if decision.outcome in ("stopped", "gone")}
    second = planned({name: decided[name].text if name in decided else "not seen to be on it" for name in live - ends})
    return DeletionExecution(second, view, _only_for(second, stopping))


def _stop_those_on(workspaces: frozenset[str], job: StopJob) -> StopJob:
    return job._replace(request=Request(Selection(workspaces=workspaces)))


def _only_for(planned: DeletionPlan, stopping: StopExecution) -> StopExecution:
    """No session is stopped on a workspace that stays all the same."""
    ends = {item.name for item in planned.acts}
    items = tuple(i for i in stopping.plan.items if i.assessed and i.assessed.record["workspace"] in ends)
    return stopping._replace(plan=stopping.plan._replace(items=items))


def read_assessed(gateway: Gateway, job: DeletionJob) -> dict[str, AssessedWorkspace]:
    """The workspaces as they are now, by uid, for one of the same name made since is another."""
    view = _look(gateway, job)
    return {assessed.row.uid: assessed for assessed in assess_workspaces(view.sources, view.context)}


def _look(gateway: Gateway, job: DeletionJob) -> WorkspaceView:
    parts = {"objects", "exams", "claims", "volumes"}
    parts |= {"observation"} if job.request.selection.unused_days is not None else set()
    snapshot = read(gateway, job.stop.installation, parts_of(parts), REQUIRED)
    return view_workspaces(snapshot, max_gap=job.max_gap)
