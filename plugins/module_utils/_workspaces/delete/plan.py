# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding which workspaces may be deleted. Nothing here reads, sends, or looks at a clock.

The same decision is taken for the plan and again for each workspace right before its delete, with the sessions that are
on it by then.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from ..._common.errors import Misconfigured
from ..._platform.rows import SessionRow
from ..._platform.storage import Kept, VolumeRow
from ..._safety.limits import Caps
from ..._sessions.record import Circumstances
from ..filter import SortBy, WorkspaceSelection, matches, select
from ..record import (
    NO_VOLUME,
    VOLUME_DELETED,
    VOLUME_RELEASED,
    Deletion,
    JudgedWorkspace,
    WorkspaceRecord,
    is_on,
)
from ..volumes import VolumeOption

Outcome = t.Literal[
    "deleted",
    "reclaimed",
    "gone",
    "kept_in_use",
    "kept_active",
    "kept_shielded",
    "kept_protected",
    "refused",
    "skipped_cap",
    "failed",
]
LiveSessions = t.Literal["refuse", "stop"]

_NONE: frozenset[str] = frozenset()


class Listed(t.NamedTuple):
    """A workspace that the caller hands over as a record, as it was listed."""

    kept: Kept
    last_seen: datetime | None
    claim: str | None
    volume: str | None


class Request(t.NamedTuple):
    """Which workspaces the caller wants to delete: by records, or by a selection (names are one)."""

    records: tuple[Listed, ...] | None = None
    selection: WorkspaceSelection = WorkspaceSelection()
    sort_by: SortBy | None = None
    limit: int | None = None


class Protection(t.NamedTuple):
    """What the caller adds to the annotations. Users are protected whatever the case of their name."""

    workspaces: frozenset[str] = _NONE
    app_definitions: frozenset[str] = _NONE
    users: frozenset[str] = _NONE


class Terms(t.NamedTuple):
    """What the caller accepts."""

    live_sessions: LiveSessions = "refuse"
    volume: VolumeOption = "follow"
    protection: Protection = Protection()
    only_user: str | None = None
    """The user in whose name workspaces are deleted, if that can be nobody else's."""
    caps: Caps = Caps("max_delete")


class Why(t.NamedTuple):
    """Why a workspace is a target: what has to be true of it, still, when the delete goes out."""

    selection: WorkspaceSelection | None
    listed: Listed | None

    @property
    def named(self) -> bool:
        """Whether it is meant itself, whatever else is true of it."""
        return self.selection is not None and self.selection == WorkspaceSelection(
            names=self.selection.names, uids=self.selection.uids
        )


class Decision(t.NamedTuple):
    outcome: Outcome
    text: str
    deletion: Deletion | None = None
    """What becomes of the files; None if nothing does, or if nobody knows."""


class Item(t.NamedTuple):
    """One workspace of a run and what becomes of it."""

    name: str
    uid: str | None
    judged: JudgedWorkspace | None
    """None: there is no such workspace."""
    left: VolumeRow | None
    """The volume that a workspace left behind, if that is to be reclaimed."""
    why: Why
    decision: Decision

    @property
    def key(self) -> str:
        """Tells it from the others of a run: a name may have left several volumes."""
        return self.left.name if self.left else self.name

    @property
    def acts(self) -> bool:
        return self.decision.outcome in ("deleted", "reclaimed")

    @property
    def kept(self) -> Kept | None:
        """Whose files these are."""
        if self.judged:
            return _kept(self.judged.record)
        return (self.left.kept if self.left else None) or (self.why.listed.kept if self.why.listed else None)


class Plan(t.NamedTuple):
    items: tuple[Item, ...]
    over_cap: str | None
    """Why nothing at all is deleted, if the plan is larger than it may be."""

    @property
    def acts(self) -> list[Item]:
        return [item for item in self.items if item.acts]

    def skipped(self, over_cap: str) -> Plan:
        """Nothing is deleted, for this reason."""
        decision = Decision("skipped_cap", over_cap)
        return Plan(tuple(item._replace(decision=decision) if item.acts else item for item in self.items), over_cap)


def check(request: Request) -> None:
    """Refuse a request that could not be meant, before anything is read."""
    if request.records is None and not request.selection.states_anything:
        raise Misconfigured(
            "No workspace is selected: give records, names, uids or filters. An empty selection deletes nothing"
        )


def plan(
    workspaces: t.Sequence[JudgedWorkspace],
    released: t.Sequence[VolumeRow],
    request: Request,
    terms: Terms,
    circumstances: Circumstances,
    *,
    staying: t.Mapping[str, str],
) -> Plan:
    """Decide about each workspace asked for, then about the run as a whole.

    ``released`` are the volumes that nothing claims any more, ``staying`` the sessions that will not have been stopped
    by then, with the reason.
    """
    items = tuple(
        item._replace(decision=_planned(item, terms, circumstances, staying))
        for item in _targets(workspaces, released if terms.volume == "reclaim" else (), request)
    )
    planned = Plan(items, None)
    over_cap = _over_cap(planned.acts, len(workspaces), terms.caps)
    return planned.skipped(over_cap) if over_cap else planned


def _planned(item: Item, terms: Terms, circumstances: Circumstances, staying: t.Mapping[str, str]) -> Decision:
    if item.judged:
        on_it = {name: staying[name] for name in item.judged.record["live_sessions"] if name in staying}
        return decide(item.judged, item.why, terms, circumstances, on_it)
    return decide_about_left(item, terms, circumstances) if item.left else item.decision


def decide(
    judged: JudgedWorkspace, why: Why, terms: Terms, circumstances: Circumstances, on_it: t.Mapping[str, str]
) -> Decision:
    """What to do about one workspace, with the sessions that put it in use. The first objection counts."""
    record = judged.record
    if judged.row.deleting:
        return Decision("gone", "it is already being deleted")
    objection = (
        (Decision("kept_protected", f"protected: {record['protected']}") if record["protected"] else None)
        or _objection(_kept(record), terms, circumstances)
        or _active(judged, why)
        or _in_use(on_it)
        or _volume_unknown(record["deletion"], terms)
    )
    return objection or Decision("deleted", _because(why), deletion_of(record["deletion"], terms.volume))


def decide_about_left(item: Item, terms: Terms, circumstances: Circumstances) -> Decision:
    """What to do about the volume of a workspace that is gone already."""
    objection = _objection(item.kept, terms, circumstances) if item.kept else None
    volume = item.left.name if item.left else None
    return objection or Decision("reclaimed", f"the workspace is gone and left its volume {volume}", VOLUME_DELETED)


def in_use(judged: JudgedWorkspace, sessions: t.Iterable[SessionRow]) -> dict[str, str]:
    """The sessions that put a workspace in use, of all that there are now, with what is to be said about each.

    A dead one does not, as long as it is exactly what was judged to be dead.
    """
    dead = {(on.row.uid, on.row.resource_version) for on in judged.sessions if on.dead}
    known = {on.row.uid for on in judged.sessions}
    return {
        row.name: "live" if row.uid in known else "it came since the workspace was judged"
        for row in sessions
        if is_on(judged.row.name, row) and (row.uid, row.resource_version) not in dead
    }


def deletion_of(follows: Deletion | None, option: VolumeOption) -> Deletion | None:
    """What becomes of the files, given what would by the volume's own policy."""
    if option == "follow" or follows in (None, NO_VOLUME):
        return follows
    return VOLUME_RELEASED if option == "retain" else VOLUME_DELETED


def _kept(record: WorkspaceRecord) -> Kept:
    return Kept(record["name"], record["uid"], record["user"], record["app_definition"], record["label"])


def _objection(kept: Kept, terms: Terms, circumstances: Circumstances) -> Decision | None:
    """Whose files must not be touched, whether the workspace is still there or not."""
    return protected(kept, terms.protection) or _shielded(kept, circumstances) or _of_somebody_else(kept, terms)


def protected(kept: Kept, protection: Protection) -> Decision | None:
    """Whether the caller protects it."""
    if kept.name in protection.workspaces:
        return Decision("kept_protected", "the workspace is protected by this task")
    if kept.app_definition in protection.app_definitions:
        return Decision("kept_protected", f"the app definition {kept.app_definition} is protected by this task")
    if kept.user.casefold() in {user.casefold() for user in protection.users}:
        return Decision("kept_protected", "its user is protected by this task")
    return None


def _shielded(kept: Kept, circumstances: Circumstances) -> Decision | None:
    """A student of an open exam may come back to the files, also if no session is on them."""
    shield = circumstances.shield
    if shield.unreadable:
        record, reason = shield.unreadable[0]
        return Decision("kept_shielded", f"{record} cannot be read, so nobody knows whom it shields: {reason}")
    exams = shield.exams_of(kept.app_definition, kept.user, circumstances.now)
    return Decision("kept_shielded", f"its user is in the exam {exams[0]} and may come back to it") if exams else None


def _of_somebody_else(kept: Kept, terms: Terms) -> Decision | None:
    if terms.only_user in (None, kept.user):
        return None
    told = f"it belongs to another user than {terms.only_user}, for whom alone the REST service acts here"
    return Decision("refused", told)


def _active(judged: JudgedWorkspace, why: Why) -> Decision | None:
    """Whether it is still what it was chosen for."""
    if why.listed is not None:
        before, now = why.listed.last_seen, judged.last_seen
        if now is not None and (before is None or now > before):
            return Decision("kept_active", "it was used since it was listed")
        return None
    if why.selection is not None and not matches(judged, why.selection):
        return Decision("kept_active", "what it was chosen for is no longer so")
    return None


def _in_use(on_it: t.Mapping[str, str]) -> Decision | None:
    if not on_it:
        return None
    told = ", ".join(f"{name} ({reason})" for name, reason in sorted(on_it.items()))
    return Decision("kept_in_use", f"in use by the session {told}")


def _volume_unknown(follows: Deletion | None, terms: Terms) -> Decision | None:
    if follows is not None or terms.volume == "follow":
        return None
    return Decision("refused", f"its volume could not be read, so nobody can {terms.volume} it")


def _targets(
    workspaces: t.Sequence[JudgedWorkspace], released: t.Sequence[VolumeRow], request: Request
) -> t.Iterator[Item]:
    """The workspaces asked for, in order, then the ones that do not exist, with the volumes that they left."""
    if request.records is not None:
        by_uid = {judged.row.uid: judged for judged in workspaces}
        for listed in {listed.kept.uid: listed for listed in request.records}.values():
            why = Why(None, listed)
            judged = by_uid.get(listed.kept.uid)
            yield _item(judged, why) if judged else _missing(listed.kept.name, why, _left_by(listed, released))
        return
    wanted = request.selection
    why = Why(wanted, None)
    for judged in select(workspaces, wanted, sort_by=request.sort_by, limit=request.limit):
        yield _item(judged, why)
    present = {word for judged in workspaces for word in (judged.row.name, judged.row.uid)}
    absent = (wanted.names | wanted.uids) - present
    left = {volume.kept: volume for volume in released if volume.kept and _is_meant(volume.kept, absent, wanted)}
    yield from (_missing(kept.name, why, volume) for kept, volume in left.items())
    yield from (_missing(name, why, None) for name in sorted(absent - {word for kept in left for word in kept[:2]}))


def _is_meant(kept: Kept, absent: frozenset[str], wanted: WorkspaceSelection) -> bool:
    """Whether a workspace that is gone was asked for: by name or uid, and no filter that nobody can judge any more."""
    if not wanted.names and not wanted.uids:
        return False
    values = (
        (wanted.names & absent if wanted.names else None, kept.name),
        (wanted.uids & absent if wanted.uids else None, kept.uid),
        (wanted.users or None, kept.user),
        (wanted.app_definitions or None, kept.app_definition),
    )
    judgeable = WorkspaceSelection(wanted.names, wanted.uids, wanted.users, wanted.app_definitions)
    return wanted == judgeable and all(value in choice for choice, value in values if choice is not None)


def _left_by(listed: Listed, released: t.Sequence[VolumeRow]) -> VolumeRow | None:
    """By the note on it; without one by its name and that of the claim that the record has."""
    for volume in released:
        noted = volume.kept.uid if volume.kept else None
        if noted == listed.kept.uid or (noted is None and (volume.name, volume.claim) == (listed.volume, listed.claim)):
            return volume
    return None


def _item(judged: JudgedWorkspace, why: Why) -> Item:
    return Item(judged.row.name, judged.row.uid, judged, None, why, Decision("deleted", ""))


def _missing(name: str, why: Why, left: VolumeRow | None) -> Item:
    kept = (left.kept if left else None) or (why.listed.kept if why.listed else None)
    return Item(
        kept.name if kept else name,
        kept.uid if kept else None,
        None,
        left,
        why,
        Decision("gone", "there is no such workspace"),
    )


def _over_cap(acts: t.Sequence[Item], total: int, caps: Caps) -> str | None:
    going = sum(item.judged is not None for item in acts)
    return caps.exceeded(len(acts), going, total, things="workspaces", counted="workspaces", ended="deleted")


def _because(why: Why) -> str:
    if why.listed is not None:
        return "listed in this task"
    return "named by this task" if why.named else "selected by this task"
