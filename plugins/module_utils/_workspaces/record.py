# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workspace record: whose it is, what holds its files, who is on it, and what deleting it would do to them."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime

from .._common.timestamps import format_time, parse_time
from .._platform.lists import Lists
from .._platform.quota import QuotaRow
from .._platform.rows import AppDefinitionRow, SessionRow, WorkspaceRow
from .._platform.storage import ClaimRow, Collector, VolumeRow
from .._sessions.record import AssessedSession, Context, assess_sessions
from .usage.log import Coverage, stamp_of, unused_since

FoundBy = t.Literal["storage", "label", "owner"]
Deletion = t.Literal["volume_deleted", "volume_released", "no_volume"]
VOLUME_DELETED: Deletion = "volume_deleted"
VOLUME_RELEASED: Deletion = "volume_released"
NO_VOLUME: Deletion = "no_volume"
NOT_GONE: t.Final = "not_gone"
"""What is said of a volume, too, that did not end so in time."""
DELETION_NOTES: t.Mapping[Deletion, str] = {
    VOLUME_DELETED: "volume is deleted",
    VOLUME_RELEASED: "volume stays as Released and must be reclaimed by hand",
    NO_VOLUME: "no volume",
}

_POOL_LABEL = re.compile(r".+-instance-[0-9]+")
_AFTER: t.Mapping[str | None, Deletion] = {"Delete": VOLUME_DELETED, "Retain": VOLUME_RELEASED}


class WorkspaceSources(t.NamedTuple):
    """The lists of one snapshot. None: not asked for, or could not be read. That is never the same as empty."""

    sessions: Lists
    """With the workspaces among them."""
    claims: t.Sequence[ClaimRow] | None = None
    volumes: t.Sequence[VolumeRow] | None = None
    quotas: t.Sequence[QuotaRow] | None = None
    collector: Collector | None = None
    observation: Coverage | None = None
    """The looks without a gap that is too long, up to now."""

    @property
    def workspaces(self) -> t.Sequence[WorkspaceRow]:
        return self.sessions.workspaces or ()


class ClaimRecord(t.TypedDict):
    name: str
    phase: str | None
    found_by: FoundBy
    requested_bytes: int | None
    capacity_bytes: int | None
    storage_class: str | None


class VolumeRecord(t.TypedDict):
    name: str
    phase: str | None
    reclaim_policy: str | None


class WorkspaceRecord(t.TypedDict):
    name: str
    uid: str
    namespace: str
    user: str
    app_definition: str
    label: str | None
    created: str
    age_seconds: int
    operator_status: str | None
    error: str | None
    protected: str | None
    claim: ClaimRecord | None
    volume: VolumeRecord | None
    sessions: list[str]
    live_sessions: list[str]
    last_used: str | None
    last_seen: str | None
    unused_since: str | None
    unused_seconds: int | None
    exam: str | None
    deletion: Deletion | None
    deletion_note: str | None


class AssessedWorkspace(t.NamedTuple):
    """A workspace's record, and what a decision needs beside it."""

    record: WorkspaceRecord
    row: WorkspaceRow
    created: datetime
    last_seen: datetime | None
    sessions: tuple[AssessedSession, ...]
    """Those on it, dead ones among them."""
    exams: tuple[str, ...]
    """The open exams that its app definition and user are part of."""
    claim: ClaimRow | None
    volume: VolumeRow | None
    otherwise: AssessedWorkspace | None = None
    """As it is by this machine's clock; None where that agrees with the API server's."""

    @property
    def in_use(self) -> bool:
        return bool(self.record["live_sessions"])

    @property
    def without_volume(self) -> bool:
        return self.record["deletion"] == NO_VOLUME


class Orphans(t.NamedTuple):
    """What workspaces left behind. None: the list could not be read."""

    claims: list[ClaimRow] | None
    """Claims of workspaces that are gone."""
    volumes: list[VolumeRow] | None
    """Volumes that nothing claims any more and that are there all the same: kept, or impossible to remove."""


class Claims:
    """Which claim belongs to which workspace, which ones to members of a pool, and which to nobody any more."""

    def __init__(self, sources: WorkspaceSources) -> None:
        claims = sources.claims or ()
        self._by_name = {row.name: row for row in claims}
        self._by_label = {row.label: row for row in reversed(claims) if row.label}
        self._by_owner = {row.workspace: row for row in reversed(claims) if row.workspace}
        found = {claim.name for claim, _by in map(self.of, sources.workspaces) if claim}
        self.workspaces: list[ClaimRow] = []
        self.pool: list[ClaimRow] = []
        self.orphans: list[ClaimRow] = []
        self.others: list[ClaimRow] = []
        for row in claims:
            if row.name in found:
                self.workspaces.append(row)
            elif row.workspace is None and _POOL_LABEL.fullmatch(row.label or ""):
                self.pool.append(row)
            elif row.label or row.workspace:
                self.orphans.append(row)
            else:
                self.others.append(row)

    def of(self, workspace: WorkspaceRow) -> tuple[ClaimRow, FoundBy] | tuple[None, None]:
        """The claim that the workspace names, else the one labelled for it, else the one that it owns.

        A name is not computed: it would be made from the app definition that the workspace had when it was created.
        """
        if workspace.claim and (named := self._by_name.get(workspace.claim)):
            return named, "storage"
        labelled = self._by_label.get(workspace.name)
        # Names are reused: a claim that a workspace of this name left behind is not that of the next one.
        if labelled and labelled.workspace in (None, workspace.uid):
            return labelled, "label"
        owned = self._by_owner.get(workspace.uid)
        return (owned, "owner") if owned else (None, None)


def assess_workspaces(sources: WorkspaceSources, context: Context) -> list[AssessedWorkspace]:
    """Join, classify and judge all workspaces of a snapshot."""
    on: dict[str, list[AssessedSession]] = {}
    for session in assess_sessions(sources.sessions, context):
        for name in session.row.on_workspaces:
            on.setdefault(name, []).append(session)
    claims = Claims(sources)
    volumes = {row.name: row for row in sources.volumes or ()}
    apps = {row.name: row for row in sources.sessions.app_definitions or ()}
    assessed = []
    for row in sources.workspaces:
        claim, found_by = claims.of(row)
        volume = volumes.get(claim.volume or "") if claim else None
        parts = _Parts(row, apps.get(row.app_definition), claim, found_by, volume, tuple(on.get(row.name, ())))
        otherwise = _assess(parts, sources, context._replace(now=context.machine_now)) if context.machine_now else None
        assessed.append(_assess(parts, sources, context)._replace(otherwise=otherwise))
    return assessed


def orphans(sources: WorkspaceSources) -> Orphans:
    """Claims without workspace, and volumes without claim."""
    left = [row for row in sources.volumes or () if row.abandoned]
    return Orphans(
        claims=None if sources.claims is None else Claims(sources).orphans,
        volumes=None if sources.volumes is None else left,
    )


def is_on(workspace: str, session: SessionRow) -> bool:
    """Whether a session, dead or alive, is on the workspace of this name."""
    return workspace in session.on_workspaces


def would_be_collected(assessed: AssessedWorkspace, ttl_seconds: int) -> bool:
    """Whether the platform's collector deletes it in its next round: it looks at the time of creation alone."""
    return assessed.record["age_seconds"] > ttl_seconds


class _Parts(t.NamedTuple):
    row: WorkspaceRow
    app_definition: AppDefinitionRow | None
    claim: ClaimRow | None
    found_by: FoundBy | None
    volume: VolumeRow | None
    sessions: tuple[AssessedSession, ...]


def _assess(parts: _Parts, sources: WorkspaceSources, context: Context) -> AssessedWorkspace:
    row, now = parts.row, context.now
    created, seen = parse_time(row.created) or now, stamp_of(row, now)
    live = sorted(assessed.row.name for assessed in parts.sessions if not assessed.dead)
    last_seen = format_time(seen) if seen else None
    unused = _unused_since(parts, created, sources.observation, now)
    app = parts.app_definition
    exams = context.shield.exams_of(row.app_definition, row.user, now)
    deletion = _deletion(parts, sources)
    record = WorkspaceRecord(
        name=row.name,
        uid=row.uid,
        namespace=context.namespace,
        user=row.user,
        app_definition=row.app_definition,
        label=row.label,
        created=format_time(created),
        age_seconds=max(0, int((now - created).total_seconds())),
        operator_status=row.operator_status,
        error=row.error,
        protected=row.protected or (f"app definition: {app.protected}" if app and app.protected else None),
        claim=_claim_record(parts.claim, parts.found_by) if parts.claim and parts.found_by else None,
        volume=_volume_record(parts.volume) if parts.volume else None,
        sessions=sorted(assessed.row.name for assessed in parts.sessions),
        live_sessions=live,
        last_used=format_time(now) if live else last_seen,
        last_seen=last_seen,
        unused_since=format_time(unused) if unused else None,
        unused_seconds=max(0, int((now - unused).total_seconds())) if unused else None,
        exam=exams[0] if exams else None,
        deletion=deletion,
        deletion_note=DELETION_NOTES[deletion] if deletion else None,
    )
    return AssessedWorkspace(record, row, created, seen, parts.sessions, exams, parts.claim, parts.volume)


def _unused_since(parts: _Parts, created: datetime, observation: Coverage | None, now: datetime) -> datetime | None:
    """What somebody saw, and what the cluster itself notes of pods, which sees those between two looks as well."""
    claim = parts.claim
    if parts.sessions or (claim and claim.in_pod):
        return None
    since = unused_since(parts.row, created, observation, now)
    left = parse_time(claim.left_by_pods) if claim else None
    return max(since, left) if since and left else since


def _deletion(parts: _Parts, sources: WorkspaceSources) -> Deletion | None:
    """What becomes of the files if the workspace goes; None where that rests on something unread or unheard of."""
    if sources.claims is None:
        return None
    if parts.claim is None or parts.claim.volume is None:
        return NO_VOLUME
    if sources.volumes is None:
        return None
    if parts.volume is None:
        # Claims and volumes are not read in the same moment; only this phase says that there is none any more.
        return NO_VOLUME if parts.claim.phase == "Lost" else None
    return _AFTER.get(parts.volume.reclaim_policy)


def _claim_record(claim: ClaimRow, found_by: FoundBy) -> ClaimRecord:
    return ClaimRecord(
        name=claim.name,
        phase=claim.phase,
        found_by=found_by,
        requested_bytes=claim.requested_bytes,
        capacity_bytes=claim.capacity_bytes,
        storage_class=claim.storage_class,
    )


def _volume_record(volume: VolumeRow) -> VolumeRecord:
    return VolumeRecord(name=volume.name, phase=volume.phase, reclaim_policy=volume.reclaim_policy)
