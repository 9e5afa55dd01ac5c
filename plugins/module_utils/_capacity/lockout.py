# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nobody stays locked out: whom a change would lock out, and when an address list has to be written back.

A changed app definition has the operator rebuild the address lists of all its instances, those that sessions hold
included. A newer operator writes the addresses back at the end; an older one never does.
"""

from __future__ import annotations

import typing as t

from .._platform.parts import Part
from .quiet import PoolObjects

if t.TYPE_CHECKING:
    from .plan import Change
    from .view import CapacityView

# A newer operator writes the addresses back at the end of its work on a pool: it gets this long.
PATIENCE_SECONDS = 2.0

Policy = t.Literal["refuse", "repair", "accept"]


class Seat(t.NamedTuple):
    """An instance that a session holds and whose address list admits its user."""

    app_definition: str
    instance_id: int
    address_list: str
    deployment: str
    session: str
    """The name of the session."""
    session_uid: str
    user: str


class Gap(t.NamedTuple):
    """What became of the address list of one instance, and for how long its user was locked out."""

    seat: Seat
    outcome: t.Literal["kept", "restored", "ended", "locked_out"]
    """V(ended): the session ended meanwhile, so that nobody has to be let in."""
    gap_seconds: float | None
    """None if nobody was let in again."""
    filled_by: t.Literal["operator", "eduide.theia"] | None
    note: str = ""


def seat_of(pool: PoolObjects, number: int) -> Seat | None:
    """The seat on this instance, if one session that stays holds it and it is complete enough to be used."""
    parts = pool.instances[number]
    holders = [pool.sessions[uid] for uid in sorted(parts.sessions) if uid in pool.sessions]
    addresses, deployment = parts.own.get("address list"), parts.own.get("Deployment")
    if len(holders) != 1 or holders[0].deleting or addresses is None or deployment is None:
        return None
    session = holders[0]
    return Seat(pool.app.name, number, addresses.name, deployment.name, session.name, session.uid, session.user)


def seats(pool: PoolObjects, *, rebuilt_by: t.Literal["change", "touch"]) -> list[Seat]:
    """The seats whose users a change of the app definition, or a touch of its metadata, would lock out.

    A touch rebuilds only the lists of an earlier generation.
    """
    current = (None, str(pool.app.generation))
    found = {number: seat for number in pool.instances if (seat := seat_of(pool, number))}
    if rebuilt_by == "touch":
        lists = {number: pool.instances[number].own["address list"] for number in found}
        found = {number: seat for number, seat in found.items() if lists[number].generation not in current}
    return [*found.values()]


def locked_out(change: Change, snapshot: CapacityView, policy: Policy) -> int:
    """How many users may be locked out by a change, while the caller has not asked to have that repaired."""
    operator, pool = snapshot.operator, snapshot.pools.get(change.app_definition.name)
    if policy == "repair" or not change.patch or not pool:
        return 0
    return len(pool.claimed_ids) if operator and operator.eager and operator.keycloak else 0


def refusal(name: str, users: int) -> str:
    """Why a change is not made that would lock out users."""
    return (
        f"{name}: sessions are on {users} of its instances, and the operator empties their address lists at every "
        "change, so that their users are refused (403); say lockout=repair to have the lists written back by the same "
        "task, or lockout=accept if this operator does it itself (those built since 2026-08-28 do)"
    )


class Watched(t.NamedTuple):
    """What is known of one list since the change."""

    empty_since: float | None = None
    """When its user was first seen to be locked out: the list is gone, or admits nobody."""
    rebuilt_since: float | None = None
    """When it was first seen rebuilt and empty."""

    def seen(self, part: Part | None, generation: int, now: float) -> Watched:
        """This, and one more look."""
        if part is not None and (part.addresses or _is_older(part, generation)):
            return self
        empty = now if self.empty_since is None else self.empty_since
        if part is None:
            return Watched(empty, None)
        return Watched(empty, now if self.rebuilt_since is None else self.rebuilt_since)

    def is_due(self, now: float) -> bool:
        """Whether the operator has had its time. Never before the list is of the new generation: it would be lost."""
        return self.rebuilt_since is not None and now - self.rebuilt_since >= PATIENCE_SECONDS


def admits(part: Part | None, generation: int) -> bool:
    """Whether a list has been rebuilt and lets its user in."""
    return part is not None and part.addresses and not _is_older(part, generation)


def _is_older(part: Part, generation: int) -> bool:
    return part.generation is not None and int(part.generation) < generation
