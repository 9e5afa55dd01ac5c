# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer to "can N more students start?": the largest N, what binds it, and how sure that is.

Each limit is looked at alone and says how many sessions it allows; the smallest number is the verdict. What wants to
start already, such as cold instances, is served first. "They all start" then does not depend on the order of arrivals
where all pods are alike, and is a lower bound where they are not.
"""

from __future__ import annotations

import math
import typing as t

from ..._platform.room import ONE, PLAIN_RESOURCES, Amounts, Quota
from .admission import Admitted, Refusal, admit, counts
from .bounds import Size, fewest_to_fill
from .nodes import room_on, takes
from .question import Candidate, Surroundings

Code = t.Literal[
    "quota", "unlimited_container", "limit_range", "nodes", "max_instances", "sessions_per_user", "stuck_instances"
]

READY = frozenset({"warm", "ready", "starting"})
WAITING = frozenset({"unplaced", "missing"})


class Limit(t.NamedTuple):
    """One thing that limits further sessions, as if it were the only one. Amounts are in thousandths."""

    code: Code
    name: str
    sessions: float
    resource: str = ""
    hard: int | None = None
    used: int | None = None
    each: int | None = None
    """What a session without an instance takes of it."""
    lacking: float = 0
    """By how much it would have to be larger for all who are asked about, or for one more."""
    cold: float = math.inf
    """How many cold instances start under it."""
    refusal: Refusal | None = None


class Verdict(t.NamedTuple):
    names: tuple[str, ...]
    sessions: int | None
    """None: nothing that was read limits them."""
    warm: int
    stuck: int
    """Free instances that would take a student and never become ready."""
    participants: int | None
    limits: tuple[Limit, ...]
    """All that allow fewer than asked about, and those that bind."""
    reasons: tuple[str, ...]
    """Why it is a bound; none if it is exact."""

    @property
    def exact(self) -> bool:
        return not self.reasons

    @property
    def binding(self) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if limit.sessions == self.sessions)

    @property
    def enough(self) -> bool | None:
        """None if no number was asked about."""
        if self.participants is None:
            return None
        return not self.stuck and (self.sessions is None or self.sessions >= self.participants)


class _Case(t.NamedTuple):
    """A candidate with what admission makes of its pods, and how many choose it at most."""

    candidate: Candidate
    pods: tuple[Admitted, ...]
    instance: Admitted | None
    refusal: Refusal | None
    demand: float

    @property
    def seats(self) -> int:
        return len(self.candidate.seats)

    @property
    def lazy(self) -> float:
        """How many at most start without an instance."""
        return 0 if self.refusal else max(0, self.demand - self.seats)

    def wanting(self, *states: str) -> int:
        return sum(seat in states for seat in self.candidate.seats)


def judge(
    candidates: t.Sequence[Candidate],
    around: Surroundings,
    *,
    participants: int | None = None,
    demand: t.Mapping[str, int] | None = None,
) -> Verdict:
    """How many of further students get a session.

    ``demand`` says how many choose which app definition. Without it they choose as they like, so that the number is
    one that holds whatever they choose.
    """
    cases = [_case(candidate, around, demand) for candidate in candidates]
    asked = sum(demand.values()) if demand else participants
    limits = [*_by_admission(cases), *_by_max_instances(cases), *_by_user(cases, around)]
    if demand or not any(case.refusal for case in cases):
        limits += [*_by_quota(cases, around, asked), *_by_nodes(cases, around)]
    limits = [limit if limit.code == "quota" else _with_lacking(limit, asked) for limit in limits]
    most = min([limit.sessions for limit in limits], default=math.inf)
    if demand:
        most = min(most, asked or 0)
    sessions = None if math.isinf(most) else int(most)
    # Where all who are known to come get a session, nothing binds.
    told = [limit for limit in limits if limit.sessions < (asked or 0) or (limit.sessions == most and not demand)]
    return Verdict(
        names=tuple(candidate.name for candidate in candidates),
        sessions=sessions,
        warm=int(min(sum(case.wanting("warm") for case in cases), most)),
        stuck=_stuck(cases, limits),
        participants=asked,
        limits=tuple(sorted(told, key=lambda limit: limit.sessions)),
        reasons=tuple(dict.fromkeys(_doubts(cases, around))),
    )


def _case(candidate: Candidate, around: Surroundings, demand: t.Mapping[str, int] | None) -> _Case:
    found = [admit(pod, around.limit_ranges, around.quotas) for pod in candidate.session_pods]
    instance = admit(candidate.instance_pod, around.limit_ranges, around.quotas)
    return _Case(
        candidate,
        tuple(pod for pod in found if isinstance(pod, Admitted)),
        instance if isinstance(instance, Admitted) else None,
        next((pod for pod in found if isinstance(pod, Refusal)), None),
        math.inf if demand is None else demand.get(candidate.name, 0),
    )


def _wanted(sessions: float, asked: int | None) -> float:
    """How many are asked about, or one more than there is room for."""
    return asked if asked is not None and asked > sessions else sessions + 1


def _with_lacking(limit: Limit, asked: int | None) -> Limit:
    return limit._replace(lacking=_wanted(limit.sessions, asked) - limit.sessions)


def _sessions(cases: t.Sequence[_Case], *, cold: float, lazy: float, arrivals: float = math.inf) -> float:
    """Sessions where so many cold instances and so many sessions without an instance start.

    With a known demand each app definition has its own students. Without one, all may choose the one with the fewest
    instances.
    """
    reached = [case.candidate.seats[: int(min(case.demand, arrivals, case.seats))] for case in cases]
    ready = [sum(seat in READY for seat in seats) for seats in reached]
    waiting = [sum(seat in WAITING for seat in seats) for seats in reached]
    if not any(math.isinf(case.demand) for case in cases):
        started = sum(ready) + max(0, sum(waiting) - max(0, sum(waiting) - cold))
        return started + min(lazy, sum(case.lazy for case in cases))
    others = sum(waiting)
    return lazy + min(r + max(0, min(w, cold - (others - w))) for r, w in zip(ready, waiting, strict=True))


def _by_admission(cases: t.Sequence[_Case]) -> t.Iterator[Limit]:
    """Without new pods there are the instances that have one already; who is known to choose others has theirs."""
    known = not any(math.isinf(case.demand) for case in cases)
    others = sum(case.wanting(*WAITING) for case in cases if not case.refusal)
    for case in cases:
        if refusal := case.refusal:
            ready = _sessions(cases, cold=others if known else 0, lazy=math.inf if known else 0)
            yield Limit(refusal.code, refusal.name, ready, ", ".join(refusal.resources), cold=0, refusal=refusal)


def _by_max_instances(cases: t.Sequence[_Case]) -> t.Iterator[Limit]:
    """The service stops everybody, the operator those who start without an instance."""
    known = not any(math.isinf(case.demand) for case in cases)
    for case in cases:
        candidate, alone = case.candidate, case._replace(demand=math.inf)
        arrivals = max(0, candidate.left_by_service)
        lazy = max(0, min(arrivals, candidate.left_by_operator) - case.seats)
        if math.isinf(arrivals):
            continue
        allowed = _sessions([alone], cold=math.inf, lazy=lazy, arrivals=arrivals)
        if known:
            others = sum(other.demand for other in cases if other is not case)
            allowed = others + min(allowed, case.demand)
            if min(arrivals, candidate.left_by_operator) >= case.demand:
                continue
        yield Limit("max_instances", candidate.name, allowed, hard=candidate.max_instances)


def _by_user(cases: t.Sequence[_Case], around: Surroundings) -> t.Iterator[Limit]:
    if around.sessions_per_user == 0:
        yield Limit("sessions_per_user", "", _sessions(cases, cold=math.inf, lazy=0), hard=0)


def _by_quota(cases: t.Sequence[_Case], around: Surroundings, asked: int | None) -> t.Iterator[Limit]:
    for quota in around.quotas:
        for resource in quota.hard:
            if limit := _by_resource(cases, around, quota, resource):
                wanted = _wanted(limit.sessions, asked) - _sessions(cases, cold=math.inf, lazy=0)
                yield limit._replace(lacking=limit.lacking + max(0, wanted) * (limit.each or 0))


def _by_resource(cases: t.Sequence[_Case], around: Surroundings, quota: Quota, resource: str) -> Limit | None:
    """What one resource of one quota allows; None if sessions take nothing of it."""

    def cost(pods: t.Iterable[Admitted | None], objects: Amounts | None = None) -> int:
        counted = sum(pod.usage.get(resource, 0) for pod in pods if pod and counts(quota, pod))
        return counted + (0 if quota.scopes or not objects else objects.get(resource, 0))

    claims = [cost((), case.candidate.claim_objects) for case in cases]
    each = [cost(case.pods, case.candidate.session_objects) for case in cases]
    if not any(each):
        return None
    left = quota.left[resource]
    waiting = [Size({resource: cost([case.instance])}, case.wanting("missing")) for case in cases]
    rivals = [Size({resource: cost([pod])}, 1) for pod in _admitted(around, exists=False)]
    # Those whose pods are refused bring the rest of a session all the same.
    rivals += [
        Size({resource: cost((), case.candidate.session_objects)}, case.demand - min(case.demand, case.seats))
        for case in cases
        if case.refusal
    ]
    wants = [size for size in (*waiting, *rivals) if size.needs[resource] and size.number]
    seated = int(sum(claim * min(case.seats, case.demand) for claim, case in zip(claims, cases, strict=True)))
    wanted = seated + int(sum(size.needs[resource] * size.number for size in wants))
    lazy, cold = 0.0, math.inf
    if wanted <= left:
        sizes = [Size({resource: amount}, case.lazy) for amount, case in zip(each, cases, strict=True)]
        lazy = _pods_in([{resource: left - wanted}], [size for size in sizes if size.needs[resource] and size.number])
    elif wants:
        fit = _pods_in([{resource: left - min(seated, max(0, left))}], wants)
        cold = max(0, fit - sum(size.number for size in rivals)) + sum(case.wanting("unplaced") for case in cases)
    arrivals = math.inf if seated <= max(0, left) else max(0, left) // max(claims)
    return Limit(
        "quota",
        quota.name,
        _sessions(cases, cold=cold, lazy=lazy, arrivals=arrivals),
        resource,
        hard=quota.hard[resource],
        used=quota.used.get(resource, 0),
        each=max(each),
        lacking=wanted - left,
        cold=cold,
    )


def _pods_in(rooms: t.Sequence[Amounts], sizes: t.Sequence[Size]) -> float:
    """How many of them are sure to find room."""
    return min((fewest_to_fill(rooms, size.needs, sizes) for size in sizes), default=math.inf)


def _by_nodes(cases: t.Sequence[_Case], around: Surroundings) -> t.Iterator[Limit]:
    if around.nodes is None:
        return
    rooms = room_on(around.nodes, around.pods)
    templates = [pod.template for case in cases for pod in case.pods]
    ours = [node for node in around.nodes if any(takes(node, template) for template in templates)]

    def open_to(pod: Admitted) -> list[dict[str, int]]:
        fitting = [rooms[node.name] for node in ours if takes(node, pod.template)]
        return [{name: room.get(name, 0) for name in _on_node(pod)} for room in fitting]

    rivals = [pod for pod in _admitted(around) if any(_fits(_on_node(pod), room) for room in open_to(pod))]
    coming = [(pod, case.lazy) for case in cases for pod in case.pods]
    coming += [(case.instance, case.wanting(*WAITING)) for case in cases if case.instance]
    coming = [(pod, number) for pod, number in coming if number]
    sizes = [*(Size(_on_node(pod), number) for pod, number in coming), *(Size(_on_node(pod), 1) for pod in rivals)]
    found = min((fewest_to_fill(open_to(pod), _on_node(pod), sizes) for pod, _number in coming), default=math.inf)
    waiting, most_pods = sum(case.wanting(*WAITING) for case in cases), max(1, *(len(case.pods) for case in cases))
    placed, cold, lazy = max(0, found - len(rivals)), math.inf, math.inf
    if placed < waiting:
        cold, lazy = placed, 0
    elif not math.isinf(placed):
        lazy = (placed - waiting) // most_pods
    yield Limit(
        "nodes",
        "",
        _sessions(cases, cold=cold, lazy=lazy),
        resource=str(len(ours)),
        each=most_pods,
        cold=cold,
    )


def _admitted(around: Surroundings, *, exists: bool | None = None) -> list[Admitted]:
    """The competitors that admission lets in, or has let in."""
    chosen = [rival for rival in around.competitors if exists in (None, rival.exists)]
    found = [admit(rival.template, around.limit_ranges, around.quotas) for rival in chosen]
    return [pod for pod in found if isinstance(pod, Admitted)]


def _on_node(pod: Admitted) -> dict[str, int]:
    return {**{name: amount for name, amount in pod.requests.items() if amount}, "pods": ONE}


def _fits(needs: Amounts, room: Amounts) -> bool:
    return all(room.get(name, 0) >= amount for name, amount in needs.items())


def _stuck(cases: t.Sequence[_Case], limits: t.Sequence[Limit]) -> int:
    """Free instances in trouble, and cold ones for whose pods there is no room."""
    waiting = sum(case.wanting(*WAITING) for case in cases)
    starting = min([limit.cold for limit in limits], default=math.inf)
    return sum(case.wanting("stuck") for case in cases) + int(waiting - min(waiting, starting))


def _doubts(cases: t.Sequence[_Case], around: Surroundings) -> t.Iterator[str]:
    yield from around.doubts
    yield from _doubts_about_pods(cases)
    if around.nodes is None:
        yield "the room on nodes is not known"
    if rivals := len(_admitted(around)):
        yield f"{rivals} other pods want to start as well"
    if ending := sum(pod.deleting for pod in around.pods):
        yield f"{ending} pods are ending, and what they take will be free"
    if any(node.autoscaled for node in around.nodes or ()):
        yield "an autoscaler may add nodes"
    if any(scope.name == "PriorityClass" for quota in around.quotas for scope in quota.scopes):
        yield "a quota counts by priority class, of which the cluster may set a default"
    if _several_defaults(around):
        yield "several LimitRanges state defaults, and Kubernetes promises no order"


def _doubts_about_pods(cases: t.Sequence[_Case]) -> t.Iterator[str]:
    if len(cases) > 1:
        yield "students may choose among several app definitions, whose pods differ"
    pods = [pod for case in cases for pod in (*case.pods, *([case.instance] if case.instance else []))]
    for word in sorted({word for pod in pods for word in pod.template.uncertain}):
        yield f"the pods have {word}, which is not worked out"
    if any(pod.template.claims for pod in pods) or any(case.candidate.storage for case in cases):
        yield "volumes may exist on some nodes only"
    if extended := sorted({name for pod in pods for name in pod.requests.keys() - PLAIN_RESOURCES}):
        yield f"the pods ask for {', '.join(extended)}"
    if any(len(case.candidate.session_pods) > 1 for case in cases):
        yield "sidecars have pods of their own, which compete with the others"
    if any(case.refusal and case.wanting("unplaced") for case in cases):
        yield "instances without a node are not counted where no new pod is let in"


def _several_defaults(around: Surroundings) -> bool:
    defaults = [
        {name for item in found.items for name in (*item.default, *item.default_request)}
        for found in around.limit_ranges or ()
    ]
    return sum(map(len, defaults)) > len(set().union(*defaults))
