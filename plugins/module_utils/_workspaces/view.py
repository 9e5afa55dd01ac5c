# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workspaces look at of a snapshot: what sessions do, and claims, volumes and the observation of use."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._platform.lists import describe_missing
from .._platform.records import Malformed
from .._sessions import view as session_view
from .record import WorkspaceSources
from .usage import log as usage_log

if t.TYPE_CHECKING:
    from .._platform.lists import Snapshot
    from .._platform.quota import QuotaRow
    from .._platform.snapshot import Part
    from .._sessions.record import Context

Gathered = t.Literal["objects", "exams", "claims", "volumes", "quotas", "collector", "observation"]
GATHERED: tuple[Gathered, ...] = t.get_args(Gathered)
# Whatever decides about a workspace has to know both.
REQUIRED: tuple[Part, ...] = ("sessions", "workspaces")
_OWN: t.Mapping[str, Part] = {
    "claims": "claims",
    "volumes": "volumes",
    "quotas": "quotas",
    "collector": "collector",
    "observation": "observation",
}


class WorkspaceView(t.NamedTuple):
    """A snapshot as decisions about workspaces look at it."""

    sources: WorkspaceSources
    sessions: session_view.SessionView
    missing: dict[str, str]

    @property
    def context(self) -> Context:
        return self.sessions.context

    @property
    def unread(self) -> str | None:
        """The warning that parts of it could not be read."""
        return describe_missing(self.missing)

    def garbled(self, *, named: bool) -> str | None:
        """The warning of stamps that nobody wrote; names of workspaces tell who their users are."""
        return usage_log.describe_garbled(self.sources.workspaces, self.context.now, named=named)


def parts_of(gathered: t.Collection[str]) -> frozenset[Part]:
    """What has to be read for what is to be gathered."""
    return session_view.parts_of({"workspaces", *gathered}).union(_OWN[word] for word in gathered if word in _OWN)


def view_workspaces(snapshot: Snapshot, *, max_gap: timedelta = usage_log.DEFAULT_MAX_GAP) -> WorkspaceView:
    sessions = session_view.view_sessions(snapshot)
    missing, observation = sessions.missing, None
    try:
        looks = usage_log.read_looks(snapshot.observation)
        observation = looks.chain(snapshot.now, max_gap) if looks else None
    except Malformed as exc:
        missing = {**missing, "observation": str(exc)}
    quotas = snapshot.lists.quotas
    sources = WorkspaceSources(
        sessions=snapshot.lists,
        claims=snapshot.lists.claims,
        volumes=snapshot.lists.volumes,
        quotas=None if quotas is None else [row for row in quotas if _is_of_storage(row)],
        collector=snapshot.collector,
        observation=observation,
    )
    return WorkspaceView(sources, sessions, missing)


def _is_of_storage(row: QuotaRow) -> bool:
    return "persistentvolumeclaims" in row.resource or "requests.storage" in row.resource
