# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When workspaces were in use, as far as anybody looked: the platform keeps no such time.

Each look stamps the workspaces with a session on them, and is then put on record. What lies before the first look, or
in a gap between two, is not known to anybody. How long a gap may be is for those to say who rest something on it.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from ..._common.sentences import some
from ..._common.timestamps import format_time, parse_time
from ..._platform.names import LAST_SEEN, RETENTION_RECORD
from ..._platform.records import new_record, of_type, open_record
from ..._platform.rows import SessionRow, WorkspaceRow

# A look a day, and two hours for a run that starts late.
DEFAULT_MAX_GAP = timedelta(hours=26)
# A workspace is stamped at most once in this time, so what its stamp says may be that much too early.
STAMP_EVERY = timedelta(days=1)
# Observations that follow each other faster are one look: a second run right after the first has nothing to write.
LOOK_EVERY = timedelta(hours=1)
_REMEDY = "once it is deleted, a new observation begins"


class Coverage(t.NamedTuple):
    """Observations up to now without a gap that is too long."""

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


class Observations(t.NamedTuple):
    """All looks, as far as anybody will ever ask about them."""

    first: datetime
    last: datetime
    gaps: tuple[Gap, ...] = ()
    """Each is longer than all after it. The others say nothing that a later one does not say as well."""

    def chain(self, now: datetime, max_gap: timedelta) -> Coverage | None:
        """The looks since the last gap that was longer than allowed; None if nobody has looked for too long."""
        if now - self.last > max_gap:
            return None
        since = max((gap.end for gap in self.gaps if gap.length > max_gap), default=self.first)
        longest = max((gap.length for gap in self.gaps if gap.end > since), default=timedelta(0))
        return Coverage(since, self.last, longest)

    def extended(self, now: datetime) -> Observations | None:
        """With a look at this time; None if there was one just before."""
        length = now - self.last
        if length < LOOK_EVERY:
            return None
        return Observations(self.first, now, (*(gap for gap in self.gaps if gap.length > length), Gap(now, length)))


def read_looks(config_map: t.Mapping[str, t.Any] | None) -> Observations | None:
    """The looks on record; None if there are none. Malformed says what is wrong with the record."""
    return None if config_map is None else open_record(config_map, remedy=_REMEDY).read("looks", _looks)


def write_looks(looks: Observations, namespace: str, before: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """The ConfigMap for these looks, in place of the one that was read."""
    content = {
        "first": format_time(looks.first),
        "last": format_time(looks.last),
        "gaps": [[format_time(gap.end), int(gap.length.total_seconds())] for gap in looks.gaps],
    }
    version = before["metadata"]["resourceVersion"] if before is not None else None
    return new_record("retention", RETENTION_RECORD, namespace, {"looks": content}, resource_version=version)


def in_use(workspaces: t.Iterable[WorkspaceRow], sessions: t.Iterable[SessionRow]) -> list[WorkspaceRow]:
    """The workspaces with a session on them, dead or alive, that are not going."""
    on = {name for session in sessions for name in session.on_workspaces}
    return [row for row in workspaces if row.name in on and not row.deleting]


def is_due(row: WorkspaceRow, now: datetime) -> bool:
    """Whether its stamp is a day old, or missing, or none that a look wrote."""
    last = stamp_of(row, now)
    return last is None or now - last >= STAMP_EVERY


def stamp_of(row: WorkspaceRow, now: datetime) -> datetime | None:
    """When it was in use, as a look wrote it down; None if none did, or if the stamp is no such time."""
    try:
        stamp = parse_time(row.last_seen)
        # Servers of one cluster may differ by seconds; what lies further ahead was typed in.
        return stamp if stamp is None or stamp - now < STAMP_EVERY else None
    except ValueError:
        return None


def is_garbled(row: WorkspaceRow, now: datetime) -> bool:
    """Whether it has a stamp that no look wrote. What the real one said is lost, so nobody knows of its use."""
    return row.last_seen is not None and stamp_of(row, now) is None


def describe_garbled(rows: t.Iterable[WorkspaceRow], now: datetime, *, named: bool) -> str | None:
    """One warning for all such workspaces; their names tell who their users are."""
    names = sorted(row.name for row in rows if is_garbled(row, now))
    if not names:
        return None
    which = some(names) if named else f"{len(names)} workspaces"
    return (
        f"the annotation {LAST_SEEN} is not the time of a look on {which}: when they were last used is "
        "not known, so they do not pass for unused; remove the annotation if they were not used since you began to look"
    )


def unused_since(row: WorkspaceRow, created: datetime, observation: Coverage | None, now: datetime) -> datetime | None:
    """Since when it is known to be unused, if there is no session on it; None if nobody can tell."""
    if observation is None or is_garbled(row, now):
        return None
    stamp = stamp_of(row, now)
    return max(observation.since, created, *([stamp + STAMP_EVERY] if stamp else []))


def stamp_patch(row: WorkspaceRow, now: datetime) -> dict[str, t.Any]:
    """Guarded, so that the next workspace of the same name does not get the stamp."""
    return {"metadata": {"resourceVersion": row.resource_version, "annotations": {LAST_SEEN: format_time(now)}}}


def _looks(raw: t.Any) -> Observations:
    gaps = tuple(Gap(_time(end), timedelta(seconds=seconds)) for end, seconds in raw["gaps"])
    return Observations(_time(raw["first"]), _time(raw["last"]), gaps)


def _time(text: t.Any) -> datetime:
    time = parse_time(of_type(text, str))
    if time is None:
        raise ValueError("a time is empty")
    return time
