# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until nothing is left of stopped sessions, and their instances are clean for the next student."""

from __future__ import annotations

import typing as t

from ..._common.errors import EduideError, Forbidden
from ..._common.waiting import Troubled, wait_until
from ..._platform.leader import succeeded
from ..._platform.snapshot import read_again, read_list
from ..view import OBJECTS, SessionView
from .release import SessionLeftovers, ending

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.options import Installation

Endings = dict[str, str]
# Without ReplicaSets pods are found by the names that the Deployment controller gives.
_NEEDED = frozenset(OBJECTS) - {"replica_sets"}


def unfinished(left: SessionLeftovers) -> str:
    """The word for what was not reached."""
    return "not_reset" if left.pooled else "not_gone"


class WaitResult(t.NamedTuple):
    """What was seen of the endings. A session that nobody can tell of has none."""

    endings: Endings
    unread: str | None = None
    """Why nobody can tell how the others ended."""
    denied: bool = False
    """Whether that is for want of a right, which trying again would not change."""
    held: t.Mapping[str, str] = {}
    """Why sessions are still there although they were deleted, by uid."""


def wait_for_endings(
    gateway: Gateway,
    view: SessionView,
    leftovers: t.Mapping[str, SessionLeftovers],
    *,
    timeout_seconds: float,
    progress: t.Callable[[int, int], None],
    troubled: Troubled | None = None,
) -> WaitResult:
    """How each stopped session ended, by uid. The sessions are gone whatever happens here, so nothing is raised."""
    if not leftovers:
        return WaitResult({})
    # Without an operator nobody resets an instance, so waiting for it would only take time.
    hopeless = {uid for uid, left in leftovers.items() if left.pooled and not view.context.leading}
    waiting = {uid: left for uid, left in leftovers.items() if uid not in hopeless}
    unread = "; ".join(view.missing[name] for name in sorted(_NEEDED & view.missing.keys())) or None
    # Of these only whether they are gone themselves: what they had may not be read.
    untold: t.AbstractSet[str] = waiting.keys() if unread else frozenset()
    gone: set[str] = set()
    ended: Endings = {}
    held: dict[str, str] = {}

    def look() -> bool:
        nonlocal unread, untold, held
        sources = read_again(gateway, view.sources, OBJECTS) if waiting.keys() - untold else view.sources
        if any(left.pooled for uid, left in waiting.items() if uid not in untold):
            try:
                # They tell whether the last user would still be let in.
                sources = sources._replace(address_lists=read_list(gateway, "address_lists"))
            except Forbidden as exc:
                unread, untold = str(exc), {uid for uid, left in waiting.items() if left.pooled}
        open_still = {uid: left for uid, left in waiting.items() if uid not in untold and uid not in ended}
        found = {uid: word for uid, left in open_still.items() if (word := ending(left, sources))}
        there = _still_there(gateway, {*found, *untold})
        held = {uid: why for uid, why in there.items() if why}
        gone.update(untold - there.keys())
        ended.update({uid: word for uid, word in found.items() if uid not in there})
        progress(len(ended) + len(gone), len(waiting))
        return waiting.keys() <= ended.keys() | gone

    try:
        if waiting:
            wait_until(look, bool, timeout_seconds=timeout_seconds, troubled=troubled)
    except EduideError as exc:
        found = {**dict.fromkeys(hopeless, "not_reset"), **ended}
        return WaitResult(found, str(exc), denied=isinstance(exc, Forbidden))
    known = {uid: unfinished(leftovers[uid]) for uid in (*(waiting.keys() - untold), *hopeless)}
    late = dict.fromkeys(untold - gone, "not_gone")
    return WaitResult({**known, **late, **ended}, unread, denied=unread is not None, held=held)


def successor(gateway: Gateway, installation: Installation, view: SessionView) -> str | None:
    """That the operator ended over the releases: another one that leads by now is all that is seen of that."""
    if not succeeded(gateway, installation, view.snapshot.holder):
        return None
    return (
        "the operator ended while sessions were stopped, and another one leads since; status says what it left damaged "
        "in pools"
    )


def _still_there(gateway: Gateway, uids: t.Collection[str]) -> dict[str, str | None]:
    """The sessions among these that are not gone yet, and what holds them: an accepted delete is not a finished one."""
    return {row.uid: row.held for row in read_list(gateway, "sessions") if row.uid in uids} if uids else {}
