# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching the address lists of instances that sessions hold, and writing back what a change took from them."""

from __future__ import annotations

import time
import typing as t

from .._common.errors import Conflict, EduideError
from .._common.timestamps import format_time
from .._common.waiting import Clock, Deadline
from .._kubernetes.kinds import CONFIG_MAP, POD, SESSION
from .._platform.names import EMAILS_KEY, EMAILS_PURPOSE, PURPOSE_LABEL, REFRESH
from .._platform.parts import Part, config_map_part
from .lockout import Gap, Seat, Watched, admits

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway

_INTERVAL_SECONDS = 0.25


def watch_lists(
    gateway: Gateway,
    seats: t.Sequence[Seat],
    generations: t.Mapping[str, int],
    *,
    timeout_seconds: float,
    clock: Clock = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> list[Gap]:
    """Look at the lists until each is rebuilt and admits its user again, and write back those that do not.

    ``generations`` are those of the changed app definitions.
    """
    deadline = Deadline(timeout_seconds, clock)
    watched = dict.fromkeys(seats, Watched())
    gaps: dict[Seat, Gap] = {}
    while True:
        due = []
        for seat, part in _look(gateway, seats, gaps):
            now, generation = clock(), generations[seat.app_definition]
            watched[seat] = watched[seat].seen(part, generation, now)
            if admits(part, generation):
                gaps[seat] = _gap(seat, watched[seat], now, "operator")
            elif part is not None and watched[seat].is_due(now):
                due.append((seat, part))
        filled = gateway.map(lambda item: _fill(gateway, *item, watched[item[0]], clock), due)
        note = refresh_pods(gateway, [gap.seat for gap in filled if gap and gap.filled_by])
        for gap in filled:
            if gap:
                gaps[gap.seat] = gap._replace(note=gap.note or note)
        if len(gaps) == len(seats) or deadline.remaining <= 0:
            return [gaps.get(seat) or _unfinished(seat, watched[seat]) for seat in seats]
        sleep(_INTERVAL_SECONDS)


def _look(gateway: Gateway, seats: t.Sequence[Seat], done: t.Container[Seat]) -> list[tuple[Seat, Part | None]]:
    """The lists that are still watched; none if they cannot be read now, for students are waiting."""
    selector = f"{PURPOSE_LABEL}={EMAILS_PURPOSE}"
    try:
        found = {part.name: part for part in gateway.list(CONFIG_MAP, project=config_map_part, label_selector=selector)}
    except EduideError:
        return []
    return [(seat, found.get(seat.address_list)) for seat in seats if seat not in done]


def fill_list(gateway: Gateway, seat: Seat, part: Part) -> bool:
    """Write the user of the session into its list, as the operator does at a claim; False if the session has ended."""
    session = gateway.get(SESSION, seat.session)
    metadata = session["metadata"] if session else {}
    if metadata.get("uid") != seat.session_uid or metadata.get("deletionTimestamp"):
        return False
    guard = {"uid": part.uid, "resourceVersion": part.resource_version}
    gateway.merge_patch(CONFIG_MAP, part.name, {"metadata": guard, "data": {EMAILS_KEY: seat.user}})
    return True


def refresh_pods(gateway: Gateway, seats: t.Collection[Seat]) -> str:
    """Have the kubelet look at the lists at once, which else takes it a minute or so; returns what hindered that."""
    prefixes = tuple(f"{seat.deployment}-" for seat in seats)
    if not prefixes:
        return ""

    def refresh(name: str) -> None:
        annotations = {REFRESH: format_time(gateway.now())}
        gateway.merge_patch(POD, name, {"metadata": {"annotations": annotations}})

    try:
        names = gateway.list(POD, project=lambda pod: pod["metadata"]["name"])
        gateway.map(refresh, [name for name in names if name.startswith(prefixes)])
    except EduideError as exc:
        return f"its pod may take a minute to notice, because it could not be annotated: {exc.advice}"
    return ""


def _fill(gateway: Gateway, seat: Seat, part: Part, watched: Watched, clock: Clock) -> Gap | None:
    """None: something else was faster, and the list is looked at once more."""
    try:
        if not fill_list(gateway, seat, part):
            return Gap(seat, "ended", None, None, "its session ended meanwhile, so nothing was written")
    except Conflict:
        return None
    except EduideError as exc:
        return Gap(seat, "locked_out", None, None, f"its address list could not be written: {exc.advice}")
    return _gap(seat, watched, clock(), "eduide.theia")


def _gap(seat: Seat, watched: Watched, now: float, filled_by: t.Literal["operator", "eduide.theia"]) -> Gap:
    if watched.empty_since is None:
        return Gap(seat, "kept", 0.0, None)
    return Gap(seat, "restored", round(now - watched.empty_since, 2), filled_by)


def _unfinished(seat: Seat, watched: Watched) -> Gap:
    if watched.empty_since is None:
        return Gap(seat, "kept", 0.0, None, "the operator has not rebuilt its address list yet")
    return Gap(seat, "locked_out", None, None, "the operator has not made its address list anew yet")
