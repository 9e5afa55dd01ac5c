# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding which sessions may be stopped. Nothing here reads, sends, or looks at a clock.

The same decision is taken for the plan and again for each session whose objects changed before its delete arrived, so a
session is never stopped for a reason that is gone.
"""

from __future__ import annotations

import collections
import typing as t

from ..._common.errors import Misconfigured
from ..._safety.limits import Caps
from ..filter import Selection, SortBy, matches, select
from ..findings import RULES, Source
from ..record import Circumstances, Judged

Outcome = t.Literal[
    "stopped", "gone", "kept_active", "kept_shielded", "kept_protected", "refused", "skipped_cap", "failed"
]

NAMED = "named"
SELECTED = "selected"
SURPLUS = "over_user_limit"
# What may stand in discard_data beside the codes of findings.
OTHER_REASONS = (NAMED, SELECTED)

_NONE: frozenset[str] = frozenset()


class Listed(t.NamedTuple):
    """A session that the caller hands over as a record, with the findings it was listed with."""

    name: str
    uid: str
    codes: frozenset[str]


class Request(t.NamedTuple):
    """Which sessions the caller wants to stop: by records, or by a selection (names are one)."""

    records: tuple[Listed, ...] | None = None
    selection: Selection = Selection()
    sort_by: SortBy | None = None
    limit: int | None = None

    @property
    def one_by_one(self) -> bool:
        """Whether the caller stated each session, rather than a rule that finds them."""
        return self.records is not None or self.selection.names_sessions

    @property
    def given_names(self) -> frozenset[str]:
        """The names of all sessions this can be about; empty if they are not known by name."""
        if self.records is not None:
            return frozenset(listed.name for listed in self.records)
        return self.selection.names if not self.selection.uids else _NONE


class Protection(t.NamedTuple):
    """What the caller adds to the annotations. Users are protected whatever the case of their name."""

    sessions: frozenset[str] = _NONE
    app_definitions: frozenset[str] = _NONE
    users: frozenset[str] = _NONE

    def of(self, session: str, app_definition: str, user: str) -> str | None:
        """Why a session is protected, if it is."""
        if session in self.sessions:
            return "the session is protected by this task"
        if app_definition in self.app_definitions:
            return f"the app definition {app_definition} is protected by this task"
        if user.casefold() in {protected.casefold() for protected in self.users}:
            return "its user is protected by this task"
        return None


class ShieldExit(t.NamedTuple):
    uid: str
    exam: str
    reason: str


class Terms(t.NamedTuple):
    """What the caller accepts."""

    discard_data: frozenset[str] = _NONE
    only_dead: bool = False
    without_operator: bool = False
    own_age: bool = False
    """Whether the caller gave too_old a figure of their own."""
    protection: Protection = Protection()
    shield_exit: ShieldExit | None = None
    only_user: str | None = None
    """The user in whose name sessions are stopped, if that can be nobody else's."""
    caps: Caps = Caps("max_stop")


class Why(t.NamedTuple):
    """Why a session is a target: what has to be true of it, still, when the delete goes out."""

    selection: Selection | None
    listed: frozenset[str] | None
    alone: bool
    """Whether the task is about this session and no other."""


class Decision(t.NamedTuple):
    outcome: Outcome
    text: str
    reasons: frozenset[str]


class Item(t.NamedTuple):
    """One session of a run and what becomes of it. None in ``judged``: it does not exist."""

    name: str
    uid: str | None
    judged: Judged | None
    why: Why
    decision: Decision

    @property
    def stops(self) -> bool:
        return self.decision.outcome == "stopped"


class Plan(t.NamedTuple):
    items: tuple[Item, ...]
    over_cap: str | None
    """Why nothing at all is stopped, if the plan is larger than it may be."""

    @property
    def stops(self) -> list[Item]:
        return [item for item in self.items if item.stops]

    def data_lost(self) -> dict[str, int]:
        """How many sessions would go, by where their data are."""
        places = (item.judged.record["data_at"] or "unknown" for item in self.stops if item.judged)
        return dict(collections.Counter(places))


def check(request: Request, terms: Terms) -> None:
    """Refuse a request that could not be meant, before anything is read."""
    if request.records is None and not request.selection.states_anything:
        raise Misconfigured(
            "No session is selected: give records, names, uids or filters. An empty selection stops nobody"
        )
    for code in sorted(request.selection.findings):
        if not RULES[code].stops:
            raise Misconfigured(f"The finding {code} is reported and never a reason to stop a session")
    if "too_old" in request.selection.findings and not terms.own_age:
        raise Misconfigured("The finding too_old stops sessions only with a figure of your own: set too_old_minutes")
    if terms.shield_exit is not None:
        if not request.one_by_one:
            raise Misconfigured("shield_exit is for one session given by name, uid or record, never for a selection")
        if not terms.shield_exit.reason.strip():
            raise Misconfigured("shield_exit needs a reason: it goes into the history of the exam")


def plan(sessions: t.Sequence[Judged], request: Request, terms: Terms, circumstances: Circumstances) -> Plan:
    """Decide about each session asked for, then about the run as a whole."""
    found = _targets(sessions, request)
    if terms.shield_exit is not None and not _is_let_out(found, sessions, terms.shield_exit):
        raise Misconfigured(
            f"shield_exit is for the session with uid {terms.shield_exit.uid} alone, and this task is about "
            f"{len(found)} sessions: {', '.join(item.name for item in found[:5]) or 'none'}"
        )
    items = tuple(
        item._replace(decision=decide(item.judged, item.why, terms, circumstances)) if item.judged else item
        for item in found
    )
    items = _only_the_excess(items, sessions, request, circumstances)
    over_cap = _over_cap([item.judged for item in items if item.stops and item.judged], sessions, terms.caps)
    if over_cap:
        items = tuple(_skipped(item, over_cap) if item.stops else item for item in items)
    return Plan(items, over_cap)


def decide(judged: Judged, why: Why, terms: Terms, circumstances: Circumstances) -> Decision:
    """What to do about one session, seen as it is now. The first objection counts."""
    reasons = _standing(judged, why, terms)
    objection = (
        _gone(judged)
        or _alive(judged, terms)
        or _protected(judged, terms.protection)
        or _shielded(judged, why, terms, circumstances)
        or _active(judged, reasons)
        or _of_somebody_else(judged, terms)
        or _slot_at_risk(judged, terms, circumstances)
        or _data_at_risk(judged, reasons or _NONE, terms)
    )
    outcome, text = objection or ("stopped", _because(judged, reasons or _NONE))
    return Decision(outcome, text, reasons or _NONE)


def rests_on(request: Request) -> frozenset[Source]:
    """What has to be read, beside the sessions themselves, to know whether the reasons for a stop hold."""
    codes = request.selection.findings.union(*(listed.codes for listed in request.records or ()))
    sources: set[Source] = {source for code in codes if code in RULES for source in RULES[code].rests_on}
    return frozenset(sources | ({"objects"} if request.selection.states else set()))


def hangs_on(planned: Plan, request: Request) -> frozenset[Source]:
    """What has to be read once more before the plan is carried out, beside the sessions themselves."""
    on_objects = any(_hangs_on_objects(item.judged) for item in planned.stops if item.judged)
    return rests_on(request) | (frozenset({"objects"}) if on_objects else frozenset())


def _hangs_on_objects(judged: Judged) -> bool:
    """Whether another pod would make another decision, whatever the session was chosen for."""
    if judged.record["state"] == "failed":
        # One that was running before it failed goes only as long as its pod is not ready, or all is gone.
        return not judged.dead or judged.row.url is not None
    return judged.dead or (judged.row.url is not None and judged.record["data_at"] == "none")


def within_limit(decision: Decision, why: Why, judged: Judged, staying: int, circumstances: Circumstances) -> Decision:
    """Of a user with too many sessions only as many go as are too many; staying: how many there are, with this one."""
    limit = circumstances.operator.sessions_per_user if circumstances.operator else None
    if decision.outcome != "stopped" or not _is_surplus(decision, why, judged) or limit is None or staying > limit:
        return decision
    return decision._replace(outcome="kept_active", text=f"its user keeps the {limit} sessions that are allowed")


def _is_surplus(decision: Decision, why: Why, judged: Judged) -> bool:
    """Whether it goes because its user has too many; of several findings in a record that may be the one."""
    if why.listed and not judged.dead:
        return SURPLUS in why.listed
    return decision.reasons - {NAMED} == {SURPLUS}


def uses_exit(planned: Plan, terms: Terms) -> bool:
    """Whether the plan stops a session only because it is let out of the shield of an exam."""
    way_out = terms.shield_exit
    return way_out is not None and any(
        item.judged is not None and not item.judged.dead and way_out.exam in item.judged.exams for item in planned.stops
    )


Objection: t.TypeAlias = "tuple[Outcome, str] | None"


def _gone(judged: Judged) -> Objection:
    return ("gone", "it is already being deleted") if judged.row.deleting else None


def _protected(judged: Judged, protection: Protection) -> Objection:
    record = judged.record
    if record["protected"]:
        return "kept_protected", f"protected: {record['protected']}"
    why = protection.of(record["name"], record["app_definition"], record["user"])
    return ("kept_protected", why) if why else None


def _shielded(judged: Judged, why: Why, terms: Terms, circumstances: Circumstances) -> Objection:
    """Live sessions of an open exam stay, and all live sessions while a record cannot be read."""
    if judged.dead:
        return None
    if circumstances.shield.unreadable:
        record, reason = circumstances.shield.unreadable[0]
        return "kept_shielded", f"{record} cannot be read, so nobody knows whom it shields: {reason}"
    exit_ = terms.shield_exit
    let_out = {exit_.exam} if exit_ and exit_.uid == judged.row.uid and why.alone else set()
    canary = {judged.row.canary} if why.alone else set()
    holding = [exam for exam in judged.exams if exam not in let_out | canary]
    return ("kept_shielded", f"a live session of the exam {holding[0]}") if holding else None


def _alive(judged: Judged, terms: Terms) -> Objection:
    if not terms.only_dead or judged.dead:
        return None
    return "kept_active", "it is not seen to be dead, and only dead sessions are to go"


def _standing(judged: Judged, why: Why, terms: Terms) -> frozenset[str] | None:
    """The reasons that hold now; None if the session is no longer what it was chosen for."""
    if why.listed is not None:
        # Several findings may have made somebody list it, and nobody says which: so they all have to be there still.
        if not why.listed:
            return frozenset({NAMED})
        if not (judged.dead or why.listed <= judged.codes):
            return None
        return _that_stop(judged.codes, terms)
    selection = why.selection or Selection()
    if not matches(judged, selection):
        return None
    named = frozenset({NAMED}) if selection.names_sessions else _NONE
    found = selection.findings & judged.codes
    return found | named or frozenset({SELECTED})


def _active(judged: Judged, reasons: frozenset[str] | None) -> Objection:
    if reasons is None:
        return "kept_active", "what it was chosen for is no longer so"
    if not reasons:
        codes = ", ".join(sorted(judged.codes))
        return "refused", f"its findings ({codes}) are reported and no reason to stop it; name it if it has to go"
    lasting = all(reason in RULES and not RULES[reason].passing for reason in reasons)
    if lasting and not judged.dead and judged.ready is not False:
        return (
            "kept_active",
            "its pod is ready, and no read can tell whether its user is at work; name it if it has to go",
        )
    return None


def _of_somebody_else(judged: Judged, terms: Terms) -> Objection:
    if terms.only_user in (None, judged.record["user"]):
        return None
    return "refused", f"it belongs to another user than {terms.only_user}, for whom alone the REST service acts here"


def _slot_at_risk(judged: Judged, terms: Terms, circumstances: Circumstances) -> Objection:
    """Only a leading operator cleans a prewarmed instance up; without it the next student gets the files."""
    if not judged.holds_slot or circumstances.leading or terms.without_operator:
        return None
    seen = "no operator leads" if circumstances.leading is False else "whether an operator leads could not be read"
    return "refused", f"{seen}, so its instance would go to the next student as it is (without_operator accepts that)"


def _data_at_risk(judged: Judged, reasons: frozenset[str], terms: Terms) -> Objection:
    place = judged.record["data_at"]
    if judged.dead or place in ("volume", "none") or reasons & terms.discard_data:
        return None
    where = "are in its pod and would be lost" if place else "are in a place that could not be read"
    wanted = " or ".join(sorted(reasons))
    return "refused", f"its user's files {where} (discard_data: {wanted} accepts that)"


def _targets(sessions: t.Sequence[Judged], request: Request) -> list[Item]:
    """The sessions asked for, in order, with the ones that do not exist."""
    if request.records is not None:
        return _listed_targets(sessions, request.records)
    chosen = select(sessions, request.selection, sort_by=request.sort_by, limit=request.limit)
    why = Why(request.selection, None, alone=request.selection.names_sessions and len(chosen) == 1)
    items = [_item(judged, why) for judged in chosen]
    present = {judged.row.name for judged in sessions} | {judged.row.uid for judged in sessions}
    absent = sorted((request.selection.names | request.selection.uids) - present)
    return items + [_missing(name, name if name in request.selection.uids else None, why) for name in absent]


def _listed_targets(sessions: t.Sequence[Judged], records: tuple[Listed, ...]) -> list[Item]:
    by_uid = {judged.row.uid: judged for judged in sessions}
    merged: dict[str, Listed] = {}
    for listed in records:
        before = merged.setdefault(listed.uid, listed)
        merged[listed.uid] = before._replace(codes=before.codes | listed.codes)
    items = []
    for listed in merged.values():
        why = Why(None, listed.codes, alone=len(merged) == 1)
        judged = by_uid.get(listed.uid)
        items.append(_item(judged, why) if judged else _missing(listed.name, listed.uid, why))
    return items


def _is_let_out(found: t.Sequence[Item], sessions: t.Sequence[Judged], way_out: ShieldExit) -> bool:
    """Whether this is about that session alone; on a second run it is gone, and a name no longer says which it was."""
    if len(found) != 1:
        return False
    gone = found[0].uid is None and all(judged.row.uid != way_out.uid for judged in sessions)
    return found[0].uid == way_out.uid or gone


def _only_the_excess(
    items: tuple[Item, ...], sessions: t.Sequence[Judged], request: Request, circumstances: Circumstances
) -> tuple[Item, ...]:
    staying = collections.Counter(judged.row.user for judged in sessions)
    surplus = []
    for item in items:
        if item.stops and item.judged:
            if _is_surplus(item.decision, item.why, item.judged):
                surplus.append((item, item.judged))
            else:
                staying[item.judged.row.user] -= 1
    if request.sort_by is None:
        # Whoever is least likely to be at work first, then the oldest.
        surplus.sort(key=lambda pair: (not pair[1].dead, bool(pair[1].ready), -pair[1].record["age_seconds"]))
    decided = {}
    for item, judged in surplus:
        decision = within_limit(item.decision, item.why, judged, staying[judged.row.user], circumstances)
        staying[judged.row.user] -= decision.outcome == "stopped"
        decided[item.uid] = decision
    return tuple(item._replace(decision=decided.get(item.uid, item.decision)) for item in items)


def _item(judged: Judged, why: Why) -> Item:
    return Item(judged.row.name, judged.row.uid, judged, why, Decision("stopped", "", _NONE))


def _missing(name: str, uid: str | None, why: Why) -> Item:
    return Item(name, uid, None, why, Decision("gone", "there is no such session", _NONE))


def _skipped(item: Item, text: str) -> Item:
    return item._replace(decision=item.decision._replace(outcome="skipped_cap", text=text))


def _over_cap(stops: t.Sequence[Judged], sessions: t.Sequence[Judged], caps: Caps) -> str | None:
    live, live_stops = (sum(not judged.dead for judged in group) for group in (sessions, stops))
    return caps.exceeded(len(stops), live_stops, live, things="sessions", counted="live sessions", ended="stopped")


def _that_stop(codes: frozenset[str], terms: Terms) -> frozenset[str]:
    return frozenset(
        code for code in codes if code in RULES and RULES[code].stops and (code != "too_old" or terms.own_age)
    )


def _because(judged: Judged, reasons: frozenset[str]) -> str:
    """The evidence for it, or who asked for it."""
    told = [f"{f['code']}: {f['evidence']}" for f in judged.record["findings"] if f["code"] in reasons]
    return "; ".join(told) or ("named by this task" if NAMED in reasons else "selected by this task")
