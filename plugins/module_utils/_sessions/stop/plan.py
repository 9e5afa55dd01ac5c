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
from ..._platform.labels import ends_operator
from ..._safety.case import Safeguards, Subject
from ..._safety.clocks import apart
from ..._safety.decision import Decision, Item, Law, Plan, first_objection
from ..._safety.guard import going
from ..._safety.laws import COMMON_LAWS
from ..._safety.limits import Caps
from ..._safety.targets import Criteria, Request, check_request, find_targets, is_by_name
from ..filter import Selection, matches, select
from ..findings import RULES, Source
from ..record import AssessedSession, Context

NAMED = "named"
SELECTED = "selected"
SURPLUS = "over_user_limit"
# What may stand in discard_data beside the codes of findings.
OTHER_REASONS = (NAMED, SELECTED)

_NONE: frozenset[str] = frozenset()


class RecordRef(t.NamedTuple):
    """A session that the caller hands over as a record, with the findings it was listed with."""

    name: str
    uid: str
    codes: frozenset[str]

    def joined(self, other: RecordRef) -> RecordRef:
        """Nobody says which of the findings mattered, so all of them do."""
        return self._replace(codes=self.codes | other.codes)


StopRequest: t.TypeAlias = Request[RecordRef, Selection]
StopCriteria: t.TypeAlias = Criteria[RecordRef, Selection]
StopItem: t.TypeAlias = Item[AssessedSession, StopCriteria, None]
StopPlan: t.TypeAlias = Plan[StopItem]


class ShieldExit(t.NamedTuple):
    uid: str
    exam: str
    reason: str


class StopTerms(t.NamedTuple):
    """What the caller accepts when sessions are stopped."""

    safeguards: Safeguards = Safeguards(Caps("max_stop"))
    discard_data: frozenset[str] = _NONE
    only_dead: bool = False
    without_operator: bool = False
    own_age: bool = False
    """Whether the caller gave too_old a figure of their own."""
    shield_exit: ShieldExit | None = None


class StopCase(t.NamedTuple):
    """One session as it is now, with all that decides about it."""

    assessed: AssessedSession
    criteria: StopCriteria
    terms: StopTerms
    context: Context
    standing: frozenset[str] | None
    """The reasons that hold now; None if it is no longer what it was chosen for."""
    otherwise: frozenset[str] | None
    """The same by this machine's clock."""

    @property
    def reasons(self) -> frozenset[str]:
        """Those that hold whichever clock is right."""
        return (self.standing or _NONE) & (self.otherwise or _NONE)

    @property
    def due_by_both_clocks(self) -> bool:
        return not self.standing or bool(self.reasons)

    @property
    def subject(self) -> Subject:
        record = self.assessed.record
        return Subject(
            "session",
            record["name"],
            record["app_definition"],
            record["user"],
            protected=record["protected"],
            deleting=self.assessed.row.deleting,
            held=self.assessed.row.held,
            dead=self.assessed.dead,
        )

    @property
    def let_out(self) -> set[str | None]:
        """The exam whose canary it is, or that it is let out of: of a session that the task is about alone."""
        if not self.criteria.alone:
            return set()
        way_out = self.terms.shield_exit
        named = way_out.exam if way_out and way_out.uid == self.assessed.row.uid else None
        return {self.assessed.row.canary, named}


def check_stop(request: StopRequest, terms: StopTerms) -> None:
    """Refuse a request that could not be meant, before anything is read."""
    check_request(request, "session", "stops nobody")
    for code in sorted(request.selection.findings):
        if not RULES[code].stops:
            raise Misconfigured(f"the finding {code} is reported and never a reason to stop a session")
    if "too_old" in request.selection.findings and not terms.own_age:
        raise Misconfigured("the finding too_old stops sessions only with a figure of your own: set too_old_minutes")
    if terms.shield_exit is not None:
        if not request.one_by_one:
            raise Misconfigured("shield_exit is for one session given by name, uid or record, never for a selection")
        if not terms.shield_exit.reason.strip():
            raise Misconfigured("shield_exit needs a reason: it goes into the history of the exam")


def plan_stop(
    sessions: t.Sequence[AssessedSession],
    request: StopRequest,
    terms: StopTerms,
    context: Context,
    others: t.Collection[str] = (),
) -> StopPlan:
    """Decide about each session asked for, then about the run as a whole. Of the others only the names were read."""
    found: list[StopItem] = find_targets(sessions, request, select, thing="session", others=others)
    if terms.shield_exit is not None and not _is_let_out(found, sessions, terms.shield_exit):
        raise Misconfigured(
            f"shield_exit is for the session with uid {terms.shield_exit.uid} alone, and this task is about "
            f"{len(found)} sessions: {', '.join(item.name for item in found[:5]) or 'none'}"
        )
    items = tuple(
        item._replace(decision=decide_stop(item.assessed, item.criteria, terms, context)) if item.assessed else item
        for item in found
    )
    planned = Plan(_only_the_excess(items, sessions, request, context))
    stops = [item.assessed for item in planned.acts if item.assessed]
    # Of what share of all sessions these are nobody can tell who was told of those of one user only.
    groups = ((), ()) if terms.safeguards.unchecked else (sessions, stops)
    live, live_stops = (sum(not assessed.dead for assessed in group) for group in groups)
    return planned.skipped(
        terms.safeguards.caps.exceeded(
            len(stops), live_stops, live, things="sessions", counted="live sessions", ended="stopped"
        )
    )


def decide_stop(assessed: AssessedSession, criteria: StopCriteria, terms: StopTerms, context: Context) -> Decision:
    """What to do about one session, seen as it is now."""
    standing = _standing(assessed, criteria, terms)
    otherwise = _standing(assessed.otherwise, criteria, terms) if assessed.otherwise else standing
    case = StopCase(assessed, criteria, terms, context, standing, otherwise)
    decision = first_objection(LAWS, case) or Decision("stopped", _evidence(case))
    return decision._replace(reasons=case.reasons)


def needed_lists(request: StopRequest) -> frozenset[Source]:
    """What has to be read, beside the sessions themselves, to know whether the reasons for a stop hold."""
    codes = request.selection.findings.union(*(record.codes for record in request.records or ()))
    sources: set[Source] = {source for code in codes if code in RULES for source in RULES[code].needed_lists}
    return frozenset(sources | ({"objects"} if request.selection.states else set()))


def lists_to_reread(planned: StopPlan, request: StopRequest) -> frozenset[Source]:
    """What has to be read once more before the plan is carried out, beside the sessions themselves."""
    on_objects = any(_rests_on_objects(item.assessed) for item in planned.acts if item.assessed)
    return needed_lists(request) | (frozenset({"objects"}) if on_objects else frozenset())


def _rests_on_objects(assessed: AssessedSession) -> bool:
    """Whether another pod would make another decision, whatever the session was chosen for."""
    if assessed.record["state"] == "failed":
        # One that was running before it failed goes only as long as its pod is not ready, or all is gone.
        return not assessed.dead or assessed.row.url is not None
    return assessed.dead or (assessed.row.url is not None and assessed.record["data_at"] == "none")


def within_limit(
    decision: Decision, criteria: StopCriteria, assessed: AssessedSession, staying: int, context: Context
) -> Decision:
    """Stop only the surplus: a user keeps as many sessions as the limit allows; staying counts this one, too."""
    limit = context.operator.sessions_per_user if context.operator else None
    if decision.outcome != "stopped" or not _is_surplus(decision, criteria, assessed):
        return decision
    if limit is None or staying > limit:
        return decision
    return decision._replace(outcome="kept_active", text=f"its user keeps the {limit} sessions that are allowed")


def _is_surplus(decision: Decision, criteria: StopCriteria, assessed: AssessedSession) -> bool:
    """Whether it goes because its user has too many; of several findings in a record that may be the one."""
    if criteria.record and criteria.record.codes and not assessed.dead:
        return SURPLUS in criteria.record.codes
    return decision.reasons - {NAMED} == {SURPLUS}


def uses_exit(planned: StopPlan, terms: StopTerms, context: Context) -> bool:
    """Whether the plan stops a session only because it is let out of the shield of an exam, by either clock."""
    way_out = terms.shield_exit
    if way_out is None:
        return False
    times = [time for time in (context.now, context.machine_now) if time is not None]
    return any(
        way_out.exam in context.shield.exams_of(assessed.row.app_definition, assessed.row.user, time)
        for item in planned.acts
        if (assessed := item.assessed) is not None and not assessed.dead
        for time in times
    )


def data_lost(planned: StopPlan) -> dict[str, int]:
    """How many sessions would go, by where their data are."""
    stops = [item.assessed for item in planned.acts if item.assessed]
    return dict(collections.Counter(assessed.record["data_at"] or "unknown" for assessed in stops))


def _standing(assessed: AssessedSession, criteria: StopCriteria, terms: StopTerms) -> frozenset[str] | None:
    """The reasons that hold now; None if the session is no longer what it was chosen for."""
    if criteria.record is not None:
        # Several findings may have made somebody list it, and nobody says which: so they all have to be there still.
        codes = criteria.record.codes
        if not codes:
            return frozenset({NAMED})
        return _that_stop(assessed.codes, terms) if assessed.dead or codes <= assessed.codes else None
    selection = criteria.selection or Selection()
    if not matches(assessed, selection):
        return None
    named = frozenset({NAMED}) if is_by_name(selection) else _NONE
    return (selection.findings & assessed.codes) | named or frozenset({SELECTED})


def _that_stop(codes: frozenset[str], terms: StopTerms) -> frozenset[str]:
    return frozenset(
        code for code in codes if code in RULES and RULES[code].stops and (code != "too_old" or terms.own_age)
    )


def alive(case: StopCase) -> Decision | None:
    """Where only dead sessions are to go, one that may be alive stays."""
    if not case.terms.only_dead or case.assessed.dead:
        return None
    return Decision("kept_active", f"it is not seen to be dead{_doubt(case)}, and only dead sessions are to go")


def _doubt(case: StopCase) -> str:
    """Whether a session is dead may depend on which of two clocks is right."""
    machine_now = case.context.machine_now
    return f" ({apart(case.context.now, machine_now)})" if machine_now else ""


def active(case: StopCase) -> Decision | None:
    """A session is stopped for what is true of it now, and never for what no read can disprove."""
    assessed = case.assessed
    if case.standing is None:
        return Decision("kept_active", f"what it was chosen for is no longer so{_doubt(case)}")
    if not case.standing:
        codes = ", ".join(sorted(assessed.codes))
        return Decision(
            "refused", f"its findings ({codes}) are reported and no reason to stop it; name it if it has to go"
        )
    lasting = all(reason in RULES and not RULES[reason].passing for reason in case.reasons)
    if lasting and not assessed.dead and assessed.ready is not False:
        return Decision(
            "kept_active",
            "its pod is ready, and no read can tell whether its user is at work; name it if it has to go",
        )
    return None


def working_in_error(case: StopCase) -> Decision | None:
    """No policy stops a session that works although the operator calls it failed."""
    if "error_but_working" not in case.assessed.codes or case.reasons & {NAMED, SELECTED}:
        return None
    return Decision("kept_active", "it works, although the operator calls it failed; name it if it has to go")


def slot_at_risk(case: StopCase) -> Decision | None:
    """Only a leading operator cleans a prewarmed instance up; without it the next student gets the files."""
    leading = case.context.leading
    if not case.assessed.holds_slot or leading or case.terms.without_operator:
        return None
    if leading is None and case.terms.safeguards.unchecked:
        return None
    seen = "no operator leads" if leading is False else "whether an operator leads could not be read"
    return Decision(
        "refused", f"{seen}, so its instance would go to the next student as it is (without_operator accepts that)"
    )


def data_at_risk(case: StopCase) -> Decision | None:
    """Files that are in the pod are lost with it, so the reason for the stop has to be worth that to the caller."""
    place = case.assessed.record["data_at"]
    if case.assessed.dead or place in ("volume", "none") or case.reasons & case.terms.discard_data:
        return None
    if place is None and case.terms.safeguards.unchecked:
        return None
    where = "are in its pod and would be lost" if place else "are in a place that could not be read"
    wanted = " or ".join(sorted(case.reasons))
    return Decision("refused", f"its user's files {where} (discard_data: {wanted} accepts that)")


LAWS: tuple[Law[StopCase], ...] = (going, alive, *COMMON_LAWS, active, working_in_error, slot_at_risk, data_at_risk)


def _is_let_out(found: t.Sequence[StopItem], sessions: t.Sequence[AssessedSession], way_out: ShieldExit) -> bool:
    """Whether this is about that session alone; on a second run it is gone, and a name no longer says which it was."""
    if len(found) != 1:
        return False
    gone = found[0].uid is None and all(assessed.row.uid != way_out.uid for assessed in sessions)
    return found[0].uid == way_out.uid or gone


def _only_the_excess(
    items: tuple[StopItem, ...], sessions: t.Sequence[AssessedSession], request: StopRequest, context: Context
) -> tuple[StopItem, ...]:
    staying = collections.Counter(assessed.row.user for assessed in sessions)
    surplus = []
    for item in items:
        if item.acts and item.assessed:
            if _is_surplus(item.decision, item.criteria, item.assessed):
                surplus.append((item, item.assessed))
            else:
                staying[item.assessed.row.user] -= 1
    if request.sort_by is None:
        # Whoever is least likely to be at work first, then the oldest.
        surplus.sort(key=lambda pair: (not pair[1].dead, bool(pair[1].ready), -pair[1].record["age_seconds"]))
    decided = {}
    for item, assessed in surplus:
        decision = within_limit(item.decision, item.criteria, assessed, staying[assessed.row.user], context)
        staying[assessed.row.user] -= decision.outcome == "stopped"
        decided[item.uid] = decision
    return tuple(item._replace(decision=decided.get(item.uid, item.decision)) for item in items)


def _evidence(case: StopCase) -> str:
    """The evidence for it, or who asked for it."""
    found = case.assessed.record["findings"]
    told = [f"{finding['code']}: {finding['evidence']}" for finding in found if finding["code"] in case.reasons]
    why = "; ".join(told) or ("named by this task" if NAMED in case.reasons else "selected by this task")
    if ends_operator(case.assessed.row):
        return f"{why}; its user makes no valid label, so it goes without its start strategy: the operator would end"
    return why
