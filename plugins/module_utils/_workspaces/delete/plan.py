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

from ..._platform.labels import ends_operator
from ..._platform.storage import FilesOwner, VolumeRow
from ..._safety.case import Safeguards, Subject
from ..._safety.decision import Decision, Item, Law, Plan, first_objection
from ..._safety.guard import going
from ..._safety.laws import COMMON_LAWS
from ..._safety.limits import Caps
from ..._safety.targets import Criteria, Request, find_targets
from ..filter import WorkspaceSelection, matches, select
from ..record import (
    NO_VOLUME,
    VOLUME_DELETED,
    VOLUME_RELEASED,
    AssessedWorkspace,
    Deletion,
    WorkspaceRecord,
    is_on,
)

if t.TYPE_CHECKING:
    from ..._platform.rows import SessionRow
    from ..._sessions.record import Context
    from ..volumes import VolumeOption

LiveSessions = t.Literal["refuse", "stop"]


class WorkspaceRef(t.NamedTuple):
    """A workspace that the caller hands over as a record, as it was listed."""

    files_owner: FilesOwner
    last_seen: datetime | None
    claim: str | None
    volume: str | None

    @property
    def name(self) -> str:
        return self.files_owner.name

    @property
    def uid(self) -> str:
        return self.files_owner.uid

    def joined(self, other: WorkspaceRef) -> WorkspaceRef:
        """What was listed last counts."""
        return other


DeletionRequest: t.TypeAlias = Request[WorkspaceRef, WorkspaceSelection]
DeletionCriteria: t.TypeAlias = Criteria[WorkspaceRef, WorkspaceSelection]
DeletionItem: t.TypeAlias = Item[AssessedWorkspace, DeletionCriteria, VolumeRow]
DeletionPlan: t.TypeAlias = Plan[DeletionItem]


class DeletionTerms(t.NamedTuple):
    """What the caller accepts when workspaces are deleted."""

    safeguards: Safeguards = Safeguards(Caps("max_delete"))
    live_sessions: LiveSessions = "refuse"
    volume: VolumeOption = "follow"


class DeletionCase(t.NamedTuple):
    """One workspace as it is now, or what one left, with all that decides about it."""

    owner: FilesOwner
    assessed: AssessedWorkspace | None
    criteria: DeletionCriteria
    terms: DeletionTerms
    context: Context
    on_it: t.Mapping[str, str]
    """The sessions that put it in use, with what is to be said about each."""

    @property
    def subject(self) -> Subject:
        assessed, owner = self.assessed, self.owner
        return Subject(
            "workspace",
            owner.name,
            owner.app_definition,
            owner.user,
            protected=assessed.record["protected"] if assessed else None,
            deleting=assessed is not None and assessed.row.deleting,
            held=assessed.row.held if assessed else None,
        )

    @property
    def due_by_both_clocks(self) -> bool:
        assessed, selection = self.assessed, self.criteria.selection
        if assessed is None or assessed.otherwise is None or selection is None:
            return True
        return not matches(assessed, selection) or matches(assessed.otherwise, selection)

    @property
    def let_out(self) -> tuple[()]:
        """There is no way out of the shield for files."""
        return ()


def plan_deletion(
    workspaces: t.Sequence[AssessedWorkspace],
    released: t.Sequence[VolumeRow],
    request: DeletionRequest,
    terms: DeletionTerms,
    context: Context,
    *,
    staying: t.Mapping[str, str],
) -> DeletionPlan:
    """Decide about each workspace asked for, then about the run as a whole.

    ``released`` are the volumes that nothing claims any more, ``staying`` the sessions that will not have been stopped
    by then, with the reason.
    """
    found: list[DeletionItem] = find_targets(workspaces, request, select, thing="workspace")
    if terms.volume == "reclaim":
        found = _with_left(found, released, request)
    planned = Plan(tuple(item._replace(decision=_planned(item, terms, context, staying)) for item in found))
    acts = planned.acts
    # Of what share of all workspaces these are nobody can tell who was told of those of one user only.
    known = () if terms.safeguards.unchecked else workspaces
    return planned.skipped(
        terms.safeguards.caps.exceeded(
            len(acts),
            sum(item.assessed is not None for item in acts) if known else 0,
            len(known),
            things="workspaces",
            counted="workspaces",
            ended="deleted",
        )
    )


def _planned(item: DeletionItem, terms: DeletionTerms, context: Context, staying: t.Mapping[str, str]) -> Decision:
    if item.assessed:
        on_it = {name: staying[name] for name in item.assessed.record["live_sessions"] if name in staying}
        return decide_deletion(item.assessed, item.criteria, terms, context, on_it)
    return decide_about_left(item, terms, context) if item.left else item.decision


def decide_deletion(
    assessed: AssessedWorkspace,
    criteria: DeletionCriteria,
    terms: DeletionTerms,
    context: Context,
    on_it: t.Mapping[str, str],
) -> Decision:
    """What to do about one workspace, with the sessions that put it in use."""
    case = DeletionCase(_files_owner(assessed.record), assessed, criteria, terms, context, on_it)
    ends = Decision("deleted", _because(criteria), consequence=deletion_of(assessed.record["deletion"], terms.volume))
    return first_objection(LAWS, case) or ends


def decide_about_left(item: DeletionItem, terms: DeletionTerms, context: Context) -> Decision:
    """What to do about the volume of a workspace that is gone already."""
    owner, volume = owner_of(item), item.left.name if item.left else None
    case = DeletionCase(owner, None, item.criteria, terms, context, {}) if owner else None
    objection = first_objection(COMMON_LAWS, case) if case else None
    if item.left and item.left.phase != "Released":
        return Decision("failed", f"the workspace is gone, and its volume {volume} is {item.left.described}")
    ends = Decision("reclaimed", f"the workspace is gone and left its volume {volume}", consequence=VOLUME_DELETED)
    return objection or ends


def in_use(assessed: AssessedWorkspace, sessions: t.Iterable[SessionRow]) -> dict[str, str]:
    """The sessions that put a workspace in use, of all that there are now, with what is to be said about each.

    A dead one does not, as long as it is exactly what was assessed to be dead.
    """
    dead = {(on.row.uid, on.row.resource_version) for on in assessed.sessions if on.dead}
    known = {on.row.uid for on in assessed.sessions}
    return {
        row.name: "live" if row.uid in known else "it came since the workspace was assessed"
        for row in sessions
        if is_on(assessed.row.name, row) and (row.uid, row.resource_version) not in dead
    }


def deletion_of(follows: Deletion | None, option: VolumeOption) -> Deletion | None:
    """What becomes of the files, given what would by the volume's own policy."""
    if option == "follow" or follows in (None, NO_VOLUME):
        return follows
    return VOLUME_RELEASED if option == "retain" else VOLUME_DELETED


def is_named(criteria: DeletionCriteria) -> bool:
    """Whether a workspace is meant itself, whatever else is true of it."""
    wanted = criteria.selection
    return wanted is not None and wanted == WorkspaceSelection(names=wanted.names, uids=wanted.uids)


def owner_of(item: DeletionItem) -> FilesOwner | None:
    """Whose files these are."""
    if item.assessed:
        return _files_owner(item.assessed.record)
    record = item.criteria.record
    return (item.left.files_owner if item.left else None) or (record.files_owner if record else None)


def key_of(item: DeletionItem) -> str:
    """Tells it from the others of a run: a name may have left several volumes."""
    return item.left.name if item.left else item.name


def _files_owner(record: WorkspaceRecord) -> FilesOwner:
    return FilesOwner(record["name"], record["uid"], record["user"], record["app_definition"], record["label"])


def no_longer_chosen(case: DeletionCase) -> Decision | None:
    """A workspace that is no longer what it was chosen for stays."""
    if case.assessed is None:
        return None
    record, selection = case.criteria.record, case.criteria.selection
    if record is not None:
        before, now = record.last_seen, case.assessed.last_seen
        used = now is not None and (before is None or now > before)
        return Decision("kept_active", "it was used since it was listed") if used else None
    if selection is not None and not matches(case.assessed, selection):
        return Decision("kept_active", "what it was chosen for is no longer so")
    return None


def occupied(case: DeletionCase) -> Decision | None:
    """A workspace in use is not deleted."""
    if not case.on_it:
        return None
    told = ", ".join(f"{name} ({reason})" for name, reason in sorted(case.on_it.items()))
    return Decision("kept_in_use", f"in use by the session {told}")


def operator_at_risk(case: DeletionCase) -> Decision | None:
    """The sessions on a workspace go with it, and one that the operator could not name would end it."""
    ending = sorted(on.row.name for on in (case.assessed.sessions if case.assessed else ()) if ends_operator(on.row))
    if not ending:
        return None
    return Decision(
        "refused",
        f"its session {', '.join(ending)} would go with it and end the operator, since its user makes no valid label; "
        "stop it first, by name",
    )


def volume_unknown(case: DeletionCase) -> Decision | None:
    """Nothing is promised of a volume that could not be read."""
    follows = case.assessed.record["deletion"] if case.assessed else None
    if follows is not None or case.terms.volume == "follow":
        return None
    return Decision("refused", f"its volume could not be read, so nobody can {case.terms.volume} it")


LAWS: tuple[Law[DeletionCase], ...] = (
    going,
    *COMMON_LAWS,
    no_longer_chosen,
    occupied,
    operator_at_risk,
    volume_unknown,
)


def _with_left(
    found: t.Sequence[DeletionItem], released: t.Sequence[VolumeRow], request: DeletionRequest
) -> list[DeletionItem]:
    """Those that are gone, with the volumes that they left: of one name there may be several."""
    if request.records is not None:
        return [
            item._replace(left=_left_by(item.criteria.record, released))
            if item.assessed is None and item.criteria.record
            else item
            for item in found
        ]
    wanted = request.selection
    absent = {item.name: item for item in found if item.assessed is None}
    left = {
        volume.files_owner: volume
        for volume in released
        if volume.files_owner and _is_meant(volume.files_owner, absent, wanted)
    }
    words = {word for owner in left for word in owner[:2]}
    return [
        *(item for item in found if item.assessed),
        *(
            absent[owner.name if owner.name in absent else owner.uid]._replace(
                name=owner.name, uid=owner.uid, left=volume
            )
            for owner, volume in left.items()
        ),
        *(item for name, item in absent.items() if name not in words),
    ]


def _is_meant(owner: FilesOwner, absent: t.Collection[str], wanted: WorkspaceSelection) -> bool:
    """Whether a workspace that is gone was asked for: by name or uid, and no filter that nobody can judge any more."""
    if not wanted.names and not wanted.uids:
        return False
    values = (
        (wanted.names.intersection(absent) if wanted.names else None, owner.name),
        (wanted.uids.intersection(absent) if wanted.uids else None, owner.uid),
        (wanted.users or None, owner.user),
        (wanted.app_definitions or None, owner.app_definition),
    )
    judgeable = WorkspaceSelection(wanted.names, wanted.uids, wanted.users, wanted.app_definitions)
    return wanted == judgeable and all(value in choice for choice, value in values if choice is not None)


def _left_by(listed: WorkspaceRef, released: t.Sequence[VolumeRow]) -> VolumeRow | None:
    """By the note on it; without one by its name and that of the claim that the record has."""
    for volume in released:
        noted = volume.files_owner.uid if volume.files_owner else None
        if noted == listed.files_owner.uid or (
            noted is None and (volume.name, volume.claim) == (listed.volume, listed.claim)
        ):
            return volume
    return None


def _because(criteria: DeletionCriteria) -> str:
    if criteria.record is not None:
        return "listed in this task"
    return "named by this task" if is_named(criteria) else "selected by this task"
