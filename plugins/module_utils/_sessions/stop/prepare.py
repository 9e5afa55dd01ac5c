# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stopping sessions begins with: reading what decides about them, and the plan."""

from __future__ import annotations

import threading
import typing as t

from ..._common.errors import Forbidden, NotServed, ServerFailed
from ..._kubernetes.kinds import SESSION
from ..._platform.lists import Lists, Snapshot
from ..._platform.snapshot import read, read_list, read_more, with_leader
from ..._safety.targets import is_names_only
from ..record import assess_sessions
from ..view import REQUIRED, SessionView, parts_of, view_sessions
from .named import with_objects_of
from .plan import StopPlan, StopRequest, check_stop, needed_lists, plan_stop

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway, Json
    from ..._platform.snapshot import Part
    from ..record import AssessedSession
    from .job import StopJob
    from .release import SessionLeftovers

# Up to how many sessions are looked up one by one before everything is read. API servers take seconds to list
# thousands of custom resources, and say of hundreds in less than one that they are gone.
LOOK_UPS = 500
# A list of metadata with so many sessions costs as much as one look-up.
LISTED_PER_LOOK_UP = 10
# So many are listed in any case: of these the one can be named that a mistyped name was meant to be.
LISTED_ANYWAY = 100


class StopExecution(t.NamedTuple):
    """What became of a plan; in check mode, the plan."""

    plan: StopPlan
    view: SessionView
    leftovers: dict[str, SessionLeftovers]
    """By uid, what the stopped sessions had."""


def read_and_plan_stop(gateway: Gateway, job: StopJob) -> StopExecution:
    """Decide what to do, without doing it."""
    check_stop(job.request, job.terms)
    # Of a session that may leave its shield it has to be known which one is gone.
    if job.terms.shield_exit is None and (names := sorted(_names_of(job.request))):
        most = max(LISTED_ANYWAY, LISTED_PER_LOOK_UP * len(names))
        few = gateway.list_few(SESSION, most=most, project=_identity)
        if _are_gone(gateway, job, names, few):
            view = _empty_view(gateway, job)
            others = [name for name, _uid in few or ()]
            return StopExecution(plan_stop([], job.request, job.terms, view.context, others), view, {})
        if few is None and _is_about_these(job, names):
            return _plan_on_these(gateway, job, frozenset(names))
    return plan_on(gateway, job, read(gateway, job.installation, _parts(job.request), REQUIRED))


def plan_on(gateway: Gateway, job: StopJob, snapshot: Snapshot, names: frozenset[str] | None = None) -> StopExecution:
    """Decide what to do about the sessions of a snapshot that was read for this, or for more than this.

    With names, only what belongs to those sessions was read.
    """
    view = view_sessions(snapshot, job.thresholds)
    if strange := view.unknown(job.request.selection.app_definitions):
        raise strange
    others = [] if names is None else [row.name for row in view.sources.sessions if row.name not in names]

    def assess_and_plan() -> tuple[list[AssessedSession], StopPlan]:
        sessions = assess_sessions(view.sources, view.context, names)
        return sessions, plan_stop(sessions, job.request, job.terms, view.context, others)

    sessions, planned = assess_and_plan()
    if _rests_on_leader(sessions, planned):
        view = view.of(with_leader(gateway, job.installation, view.snapshot))
        sessions, planned = assess_and_plan()
    return StopExecution(planned, view, {})


def _are_gone(gateway: Gateway, job: StopJob, names: t.Sequence[str], few: t.Sequence[tuple[str, str]] | None) -> bool:
    """Whether none of the sessions given by name exists. So it is on a second run, which need not read the rest."""
    if few is None:
        return _look_up_none(gateway, job, names)
    # Records may have pseudonyms where the names were.
    sought = {*names, *(record.uid for record in job.request.records or ())}
    return all(sought.isdisjoint(identity) for identity in few)


def _is_about_these(job: StopJob, names: t.Sequence[str]) -> bool:
    """Whether nothing of other sessions decides but who their users are."""
    caps = job.terms.safeguards.caps
    return is_names_only(job.request) and len(names) <= LOOK_UPS and caps.takes_any_share(len(names))


def _plan_on_these(gateway: Gateway, job: StopJob, names: frozenset[str]) -> StopExecution:
    """The plan by the objects of these sessions alone, or by everybody's where it takes whole lists to know them."""
    snapshot = read(gateway, job.installation, parts_of({"exams"}), REQUIRED)
    try:
        lists = with_objects_of(gateway, [row for row in snapshot.lists.sessions if row.name in names], snapshot.lists)
    except (Forbidden, NotServed, ServerFailed):
        # Reading all of it tells what could not be read, too.
        lists = None
    if lists is not None:
        return plan_on(gateway, job, snapshot._replace(lists=lists), names)
    return plan_on(gateway, job, read_more(gateway, job.installation, snapshot, _parts(job.request), REQUIRED))


def _look_up_none(gateway: Gateway, job: StopJob, names: t.Sequence[str]) -> bool:
    """Whether none of them exists, asked one by one."""
    request = job.request
    if len(names) > LOOK_UPS:
        return False
    found = threading.Event()

    def look(name: str) -> None:
        if not found.is_set() and gateway.get(SESSION, name) is not None:
            found.set()

    gateway.map(look, names, concurrency=job.pace.concurrency)
    if found.is_set() or request.records is None:
        return not found.is_set()
    uids = {record.uid for record in request.records}
    seen = gateway.list(SESSION, project=_identity, metadata_only=True)
    return all(uids.isdisjoint(identity) for identity in seen)


def _identity(obj: Json) -> tuple[str, str]:
    return obj["metadata"]["name"], obj["metadata"]["uid"]


def _names_of(request: StopRequest) -> t.Collection[str]:
    """The names of all sessions this can be about; none if they are not known by name."""
    if request.records is not None:
        return {record.name for record in request.records}
    return request.selection.names if not request.selection.uids else ()


def _empty_view(gateway: Gateway, job: StopJob) -> SessionView:
    """Nothing was read but that there is an installation, for in the wrong namespace every session is gone."""
    if not read_list(gateway, "app_definitions"):
        raise gateway.no_installation()
    snapshot = Snapshot(Lists(sessions=[]), {}, gateway.now(), gateway.namespace)
    return view_sessions(snapshot, job.thresholds)


def _parts(request: StopRequest) -> frozenset[Part]:
    """What has to be read: usage and address lists only if somebody stops sessions for what they show."""
    sources = needed_lists(request)
    parts = {"objects", "workspaces", "exams"}
    parts |= {"usage"} if "usage" in sources or request.sort_by == "memory" else set()
    parts |= {"addresses"} if "addresses" in sources else set()
    return parts_of(parts)


def _rests_on_leader(sessions: t.Iterable[AssessedSession], planned: StopPlan) -> bool:
    """Whether a target holds an instance, or a session waits so long that it is dead if an operator leads."""
    return any(item.assessed and item.assessed.holds_slot for item in planned.items) or any(
        assessed.waits for assessed in sessions
    )
