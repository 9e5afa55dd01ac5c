# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When workspaces were in use, as far as anybody looked: the platform keeps no such time.

Each look stamps the workspaces with a session on them, and is then put on record. What lies before the first look, or
in a gap between two, is not known to anybody. How long a gap may be is for those to say who rest something on it.
"""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime, timedelta

from ..._common.timestamps import format_time, parse_time
from ..._exams.record import Malformed
from ..._platform.names import LAST_SEEN, MANAGED_BY, MANAGED_BY_LABEL, RECORD_LABEL, RETENTION_RECORD
from ..._platform.rows import SessionRow, WorkspaceRow

FORMAT_VERSION = "1"
# A look a day, and two hours for a run that starts late.
DEFAULT_MAX_GAP = timedelta(hours=26)
# A workspace is stamped at most once in this time, so what its stamp says may be that much too early.
STAMP_EVERY = timedelta(days=1)
# Looks that follow each other faster are one look: a second run right after the first has nothing to write.
LOOK_EVERY = timedelta(hours=1)


class Chain(t.NamedTuple):
    """Looks up to now without a gap that is too long."""

    since: datetime
    last: datetime
    longest_gap: timedelta

    def describe(self) -> dict[str, t.Any]:
        return {
            "since": format_time(self.since),
            "last": format_time(self.last),
            "longest_gap_seconds": int(self.longest_gap.total_seconds()),
        }


class Gap(t.NamedTuple):
    end: datetime
    length: timedelta


class Looks(t.NamedTuple):
    """All looks, as far as anybody will ever ask about them."""

    first: datetime
    last: datetime
    gaps: tuple[Gap, ...] = ()
    """Each is longer than all after it. The others say nothing that a later one does not say as well."""

    def chain(self, now: datetime, max_gap: timedelta) -> Chain | None:
        """The looks since the last gap that was longer than allowed; None if nobody has looked for too long."""
        if now - self.last > max_gap:
            return None
        since = max((gap.end for gap in self.gaps if gap.length > max_gap), default=self.first)
        longest = max((gap.length for gap in self.gaps if gap.end > since), default=timedelta(0))
        return Chain(since, self.last, longest)

    def extended(self, now: datetime) -> Looks | None:
        """With a look at this time; None if there was one just before."""
        length = now - self.last
        if length < LOOK_EVERY:
            return None
        return Looks(self.first, now, (*(gap for gap in self.gaps if gap.length > length), Gap(now, length)))


def read_looks(config_map: t.Mapping[str, t.Any] | None) -> Looks | None:
    """The looks on record; None if there are none. Malformed says what is wrong with the record."""
    if config_map is None:
        return None
    data = config_map.get("data") or {}
    version = data.get("version")
    if version != FORMAT_VERSION:
        raise Malformed(f"{RETENTION_RECORD} has format version {version!r}, and this release reads {FORMAT_VERSION!r}")
    try:
        raw = json.loads(data["looks"])
        gaps = tuple(Gap(_time(end), timedelta(seconds=seconds)) for end, seconds in raw["gaps"])
        return Looks(_time(raw["first"]), _time(raw["last"]), gaps)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as exc:
        told = f"{type(exc).__name__}: {exc}"
        raise Malformed(
            f"{RETENTION_RECORD} cannot be read ({told}). Once it is deleted, a new observation begins"
        ) from exc


def write_looks(looks: Looks, namespace: str, before: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """The ConfigMap for these looks, in place of the one that was read."""
    metadata: dict[str, t.Any] = {
        "name": RETENTION_RECORD,
        "namespace": namespace,
        "labels": {MANAGED_BY_LABEL: MANAGED_BY, RECORD_LABEL: "retention"},
    }
    if before is not None:
        metadata["resourceVersion"] = before["metadata"]["resourceVersion"]
    content = {
        "first": format_time(looks.first),
        "last": format_time(looks.last),
        "gaps": [[format_time(gap.end), int(gap.length.total_seconds())] for gap in looks.gaps],
    }
    data = {"version": FORMAT_VERSION, "looks": json.dumps(content)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def in_use(workspaces: t.Iterable[WorkspaceRow], sessions: t.Iterable[SessionRow]) -> list[WorkspaceRow]:
    """The workspaces with a session on them, dead or alive, that are not going."""
    on = {name for session in sessions for name in session.on_workspaces}
    return [row for row in workspaces if row.name in on and not row.deleting]


def is_due(row: WorkspaceRow, now: datetime) -> bool:
    """Whether its stamp is a day old, or missing."""
    last = stamp_of(row)
    return last is None or now - last >= STAMP_EVERY


def stamp_of(row: WorkspaceRow) -> datetime | None:
    """A time that nobody can read says nothing."""
    try:
        return parse_time(row.last_seen)
    except ValueError:
        return None


def unused_since(row: WorkspaceRow, created: datetime, observation: Chain | None) -> datetime | None:
    """Since when it is known to be unused, if there is no session on it; None if nobody looked."""
    if observation is None:
        return None
    stamp = stamp_of(row)
    return max(observation.since, created, *([stamp + STAMP_EVERY] if stamp else []))


def stamp_patch(row: WorkspaceRow, now: datetime) -> dict[str, t.Any]:
    """Guarded, so that the next workspace of the same name does not get the stamp."""
    return {"metadata": {"resourceVersion": row.resource_version, "annotations": {LAST_SEEN: format_time(now)}}}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
