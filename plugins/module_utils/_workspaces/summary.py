# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Totals over workspaces, and what lies about without one."""

from __future__ import annotations

import collections
import typing as t

from .._common.timestamps import format_time
from .._platform.storage import ClaimRow, VolumeRow
from .filter import SortBy, WorkspaceSelection, select
from .record import (
    AssessedWorkspace,
    Claims,
    WorkspaceSources,
    assess_workspaces,
    orphans,
    would_be_collected,
)

if t.TYPE_CHECKING:
    from .view import WorkspaceView

UNKNOWN = "unknown"
_ALL = WorkspaceSelection()


class Size(t.TypedDict):
    claims: int
    requested_bytes: int
    capacity_bytes: int


def describe(
    view: WorkspaceView,
    selection: WorkspaceSelection = _ALL,
    sort_by: SortBy | None = None,
    limit: int | None = None,
) -> dict[str, t.Any]:
    """The selected ones, and what is said of all, in the words of the module's documentation."""
    sources = view.sources
    workspaces = assess_workspaces(sources, view.context)
    chosen = select(workspaces, selection, sort_by=sort_by)
    return {
        "workspaces": [assessed.record for assessed in chosen[:limit]],
        "orphans": left_over(sources),
        "pool_claims": None if sources.claims is None else describe_claims(Claims(sources).pool),
        "summary": summarise(chosen, sources),
        "garbage_collector": collector(workspaces, sources),
        "observation": sources.observation.describe() if sources.observation else None,
        "missing": view.missing,
        "seen_at": format_time(view.context.now),
    }


def summarise(chosen: t.Sequence[AssessedWorkspace], sources: WorkspaceSources) -> dict[str, t.Any]:
    """Count the chosen workspaces. Claims are all of the namespace's, for its quotas know no selection."""
    return {
        "total": len(chosen),
        "in_use": sum(assessed.in_use for assessed in chosen),
        "never_seen": sum(assessed.record["last_used"] is None for assessed in chosen),
        "by_app_definition": _count(assessed.record["app_definition"] for assessed in chosen),
        "by_deletion": _count(assessed.record["deletion"] for assessed in chosen),
        "by_storage_class": _by_storage_class(sources.claims),
        "claims": _by_owner(sources),
        "quotas": None if sources.quotas is None else [row._asdict() for row in sources.quotas],
    }


def left_over(sources: WorkspaceSources) -> dict[str, t.Any]:
    """Claims without workspace, and volumes without claim."""
    found = orphans(sources)
    return {
        "claims": None if found.claims is None else describe_claims(found.claims),
        "volumes": None if found.volumes is None else [_describe_volume(row) for row in found.volumes],
    }


def describe_claims(claims: t.Iterable[ClaimRow]) -> list[dict[str, t.Any]]:
    return [
        {
            "name": row.name,
            "workspace": row.label,
            "phase": row.phase,
            "created": row.created,
            "volume": row.volume,
            "storage_class": row.storage_class,
            "requested_bytes": row.requested_bytes,
            "capacity_bytes": row.capacity_bytes,
        }
        for row in claims
    ]


def collector(workspaces: t.Iterable[AssessedWorkspace], sources: WorkspaceSources) -> dict[str, t.Any] | None:
    """What the platform's garbage collector would delete in its next round; None if there is none."""
    found = sources.collector
    if found is None:
        return None
    if found.ttl_seconds is None:
        return dict.fromkeys(("ttl_seconds", "would_delete", "would_delete_in_use"))
    going = [assessed for assessed in workspaces if would_be_collected(assessed, found.ttl_seconds)]
    return {
        "ttl_seconds": found.ttl_seconds,
        "would_delete": len(going),
        "would_delete_in_use": sorted(assessed.row.name for assessed in going if assessed.in_use),
    }


def _describe_volume(row: VolumeRow) -> dict[str, t.Any]:
    return {
        "name": row.name,
        "claim": row.claim,
        "workspace": row.files_owner.name if row.files_owner else None,
        "user": row.files_owner.user if row.files_owner else None,
        "phase": row.phase,
        "message": row.trouble,
        "created": row.created,
        "reclaim_policy": row.reclaim_policy,
        "storage_class": row.storage_class,
        "capacity_bytes": row.capacity_bytes,
    }


def _by_storage_class(claims: t.Sequence[ClaimRow] | None) -> dict[str, Size] | None:
    if claims is None:
        return None
    groups: dict[str, list[ClaimRow]] = {}
    for row in claims:
        groups.setdefault(row.storage_class or UNKNOWN, []).append(row)
    return {name: _size(rows) for name, rows in sorted(groups.items())}


def _by_owner(sources: WorkspaceSources) -> dict[str, Size] | None:
    """Whose the claims of the namespace are; a quota counts them all."""
    if sources.claims is None:
        return None
    claims = Claims(sources)
    groups = {"workspaces": claims.workspaces, "pools": claims.pool, "orphans": claims.orphans, "others": claims.others}
    return {name: _size(rows) for name, rows in groups.items()}


def _size(claims: t.Sequence[ClaimRow]) -> Size:
    return Size(
        claims=len(claims),
        requested_bytes=sum(row.requested_bytes or 0 for row in claims),
        capacity_bytes=sum(row.capacity_bytes or 0 for row in claims),
    )


def _count(values: t.Iterable[str | None]) -> dict[str, int]:
    """The most frequent first, then by name, so that equal worlds give equal results."""
    counts = collections.Counter(value or UNKNOWN for value in values)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
