# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a pool is quiet enough for a change, and whole after it, judged by its objects.

A change has the operator rebuild instances, and so has the end of a session. Where the two meet on one instance, an
operator may end itself, and it leaves instances of which parts are missing.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._common.timestamps import parse_time
from .._platform.parts import CONFIG_MAPS, SERVICES, InstanceObjects
from .._platform.pool import RELEASE_GRACE
from .._platform.rows import AppDefinitionRow, SessionRow

# A Service is created and first written in the same moment, but the two times may be noted a second apart.
_SAME_MOMENT = timedelta(seconds=1)


class PoolObjects(t.NamedTuple):
    """One app definition and its pool, object by object, at one moment."""

    app: AppDefinitionRow
    instances: t.Mapping[int, InstanceObjects]
    sessions: t.Mapping[str, SessionRow]
    """Of the whole installation, by uid."""
    now: datetime

    @property
    def held(self) -> dict[int, frozenset[str]]:
        """Uids of the sessions on each instance that sessions hold, whether they are still there or not."""
        return {number: parts.sessions for number, parts in self.instances.items() if parts.sessions}

    @property
    def stamp(self) -> frozenset[t.Any]:
        """Whatever an operator at work changes: what is there, whose it is, and what is on its way out."""
        return frozenset((p.uid, p.deleting, p.sessions) for parts in self.instances.values() for p in parts.all)


class Incomplete(t.NamedTuple):
    """An instance up to the bound that is not as the app definition wants it."""

    id: int
    text: str
    held: bool
    """Whether a session holds it; then nothing but the end of that session mends it."""


def releases(pool: PoolObjects, quiet_seconds: float) -> tuple[str, ...]:
    """The instances that are being given back, or were a moment ago, with the evidence."""
    found = (_release(parts, pool, timedelta(seconds=quiet_seconds)) for parts in pool.instances.values())
    return tuple(text for text in found if text)


def _release(parts: InstanceObjects, pool: PoolObjects, quiet: timedelta) -> str | None:
    for uid in sorted(parts.sessions):
        session = pool.sessions.get(uid)
        if session is None:
            return f"instance {parts.id} still belongs to a session that is gone"
        if session.deleting:
            return f"instance {parts.id} belongs to session {session.name}, which is being deleted"
    if parts.sessions:
        return None
    written = _given_back(parts)
    if written is None:
        return None
    traces = any(part.labelled_for or part.addresses for part in parts.own.values())
    if pool.now - written < (RELEASE_GRACE if traces else quiet):
        return f"instance {parts.id} was given back a moment ago"
    return None


def _given_back(parts: InstanceObjects) -> datetime | None:
    """When the Services of a free instance were last written after they were made: as its session ended."""
    times = []
    for role in SERVICES:
        part = parts.own.get(role)
        created, written = (parse_time(part.created), parse_time(part.written)) if part else (None, None)
        if created and written and written - created > _SAME_MOMENT:
            times.append(written)
    return max(times, default=None)


def went(earlier: PoolObjects, later: PoolObjects) -> tuple[str, ...]:
    """What a pool lost between two looks: sessions that left their instance, and objects that are being rebuilt."""
    left = [
        f"a session left instance {number}"
        for number, sessions in earlier.held.items()
        if not sessions <= later.held.get(number, frozenset())
    ]
    rebuilt = [
        f"instance {number} is being rebuilt"
        for number, parts in earlier.instances.items()
        if number not in later.instances or not _uids(parts) <= _uids(later.instances[number])
    ]
    return (*left, *rebuilt)


def _uids(parts: InstanceObjects) -> frozenset[str]:
    return frozenset(part.uid for part in parts.own.values())


def incomplete(pool: PoolObjects, *, keycloak: bool) -> tuple[Incomplete, ...]:
    """The instances that the operator has not brought to the bound and the generation of the app definition.

    Ids whose names something else has taken are left out: the operator cannot build them.
    """
    minimum = pool.app.min_instances
    found = [_incomplete(number, pool, keycloak=keycloak) for number in range(1, minimum + 1)]
    surplus = [
        Incomplete(number, f"instance {number} is above the bound of {minimum}", held=False)
        for number, parts in pool.instances.items()
        if number > minimum and parts.own and not parts.sessions
    ]
    return (*(each for each in found if each), *surplus)


def _incomplete(number: int, pool: PoolObjects, *, keycloak: bool) -> Incomplete | None:
    parts = pool.instances.get(number)
    if parts is None:
        return Incomplete(number, f"instance {number} does not exist", held=False)
    if parts.strangers:
        return None
    if lacking := parts.lacking(keycloak=keycloak):
        words = "does not exist" if not parts.own else f"has no {' and no '.join(lacking)}"
        return Incomplete(number, f"instance {number} {words}", held=bool(parts.sessions))
    # Of an instance that a session holds the operator rebuilds nothing but the ConfigMaps, which no session owns.
    rebuilt = {role: part for role, part in parts.own.items() if not parts.sessions or role in CONFIG_MAPS}
    if parts._replace(own=rebuilt).outdated(pool.app.generation):
        return Incomplete(number, f"instance {number} is of an earlier generation", held=bool(parts.sessions))
    return None
