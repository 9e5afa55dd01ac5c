# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a session deserves attention. Each finding is a function with three answers: yes with evidence, no, unknown."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._common.timestamps import format_time, parse_time
from .._common.units import span
from .._platform.index import SessionObjects
from .._platform.operator import Operator
from .activity import (
    Activity,
    Start,
    interval,
    is_idle,
    reaping_delay,
    silence_allowed,
)

State = t.Literal["failed", "running", "unready", "starting", "pending"]
# What has to be read before a finding can be told.
Source = t.Literal["objects", "usage", "addresses", "app_definitions", "workspaces", "sessions", "operator", "lease"]
"""``sessions``: the other ones of the same user."""

PULL_TROUBLE = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})


class Thresholds(t.NamedTuple):
    """When a state has lasted long enough to be a finding."""

    unseen_minutes: int = 2
    stuck_starting_minutes: int = 5
    no_url_minutes: int = 10
    no_pod_minutes: int = 5
    high_memory_percent: int = 85
    too_old_minutes: int = 480
    idle_minutes: int | None = None

    def at_least(self, floor: Thresholds) -> Thresholds:
        """The same, but no wait shorter than the floor's: what decides over life and death is not typed in."""
        return self._replace(
            unseen_minutes=max(self.unseen_minutes, floor.unseen_minutes),
            stuck_starting_minutes=max(self.stuck_starting_minutes, floor.stuck_starting_minutes),
            no_url_minutes=max(self.no_url_minutes, floor.no_url_minutes),
            no_pod_minutes=max(self.no_pod_minutes, floor.no_pod_minutes),
        )


class Case(t.NamedTuple):
    """One session with all that the findings look at."""

    parts: SessionObjects
    now: datetime
    created: datetime
    state: State | None
    start: Start | None
    activity: Activity
    operator: Operator | None
    leading: bool | None
    led_seconds: float | None
    """For how long the operator that leads has been leading."""
    thresholds: Thresholds
    dead: bool | None
    """None if that rests on something that was not read."""

    @property
    def age(self) -> timedelta:
        return self.now - self.created


class Finding(t.NamedTuple):
    code: str
    evidence: str
    since: datetime | None

    def describe(self) -> dict[str, str | None]:
        return {"code": self.code, "evidence": self.evidence, "since": format_time(self.since) if self.since else None}


Yes: t.TypeAlias = "tuple[str, datetime | None]"
"""Evidence, and since when."""
Answer: t.TypeAlias = "Yes | t.Literal[False] | None"
"""None: something that this rests on was not read."""


class Rule(t.NamedTuple):
    judge: t.Callable[[Case], Answer]
    rests_on: frozenset[Source]
    stops: bool = True
    """False: the finding is told, and never a reason to stop a session."""
    passing: bool = True
    """False: it stays true once it was, so reading again cannot tell whether the user is back at work."""
    quotes: bool = False
    """Whether the evidence has names of objects or words of others in it, and so may tell who the user is."""


def failed(case: Case) -> Answer:
    if case.state != "failed":
        return False
    row = case.parts.session
    told = [text for text in (row.operator_message, row.error) if text]
    return "; ".join(told) or "the operator gave no reason", None


def unseen(case: Case) -> Answer:
    limit = timedelta(minutes=case.thresholds.unseen_minutes)
    row = case.parts.session
    if row.operator_status or row.url or case.age < limit:
        return False
    if case.state != "pending":
        return False if case.state else None
    if not case.leading or case.led_seconds is None:
        return False if case.leading is False else None
    # An operator that has just taken the lead replays everything it missed, and needs its time for that.
    if case.led_seconds < limit.total_seconds():
        return False
    return f"the operator leads and has not touched it for {span(case.age)}", case.created


def stuck_starting(case: Case) -> Answer:
    row = case.parts.session
    if row.operator_status != "HANDLING" or row.url:
        return False
    since = max(case.created, parse_time(row.status_written) or case.created)
    waited = case.now - since
    if waited < timedelta(minutes=case.thresholds.stuck_starting_minutes):
        return False
    return f"HANDLING for {span(waited)}", since


def no_url(case: Case) -> Answer:
    since = _without_url_since(case)
    if since is None or case.parts.ready:
        return False
    return None if case.parts.ready is None else (f"no URL for {span(case.now - since)}, and no ready pod", since)


def no_url_but_running(case: Case) -> Answer:
    since = _without_url_since(case)
    if since is None or case.parts.ready is False:
        return False
    return (
        None if case.parts.ready is None else (f"no URL for {span(case.now - since)}, although its pod is ready", since)
    )


def no_pod(case: Case) -> Answer:
    row = case.parts.session
    if row.operator_status == "ERROR" or not (row.url or row.operator_status == "HANDLED"):
        return False
    return _objects_gone(case)


def _objects_gone(case: Case) -> Answer:
    """Since when is not recorded anywhere, so the latest sign of life counts."""
    row, parts = case.parts.session, case.parts
    if parts.owns_objects is not False:
        return False if parts.owns_objects else None
    signs = [case.created, case.activity.last, parse_time(row.status_written)]
    since = max(sign for sign in signs if sign)
    if case.now - since < timedelta(minutes=case.thresholds.no_pod_minutes):
        return False
    return "Deployment, Service and pod are gone", since


def not_ready(case: Case) -> Answer:
    row, pod = case.parts.session, case.parts.pod
    if not row.url or row.operator_status == "ERROR" or case.parts.ready:
        return False
    if case.parts.ready is None:
        return None
    if pod is None:
        return "it has a URL, but no pod", None
    return f"pod {pod.name} is {pod.phase or 'in no phase'} and not ready", parse_time(pod.ready_changed)


def unschedulable(case: Case) -> Answer:
    if not (pod := case.parts.pod):
        return _no_pod_to_look_at(case)
    condition = pod.unschedulable
    return (condition.message, parse_time(condition.since)) if condition else False


def quota_blocked(case: Case) -> Answer:
    if not case.parts.deployments_read:
        return None
    condition = case.parts.deployment.refused if case.parts.deployment else None
    if condition is None or "exceeded quota" not in condition.message:
        return False
    return condition.message, parse_time(condition.since)


def image_pull(case: Case) -> Answer:
    return _waiting(case, PULL_TROUBLE)


def crash_loop(case: Case) -> Answer:
    return _waiting(case, frozenset({"CrashLoopBackOff"}))


def oom_killed(case: Case) -> Answer:
    if not (pod := case.parts.pod):
        return _no_pod_to_look_at(case)
    killed = next((c for c in pod.containers if c.killed_at is not None), None)
    if killed is None:
        return False
    return f"container {killed.name} ran out of memory, {killed.restarts} restarts", parse_time(killed.killed_at)


def high_memory(case: Case) -> Answer:
    if not case.parts.pod:
        return _no_pod_to_look_at(case)
    limit = case.parts.container.memory_limit if case.parts.container else None
    used = case.parts.usage.memory_bytes if case.parts.usage else None
    if not limit:
        return False
    if used is None:
        return None
    if used * 100 < limit * case.thresholds.high_memory_percent:
        return False
    return f"{used * 100 // limit} % of its memory limit", None


def too_old(case: Case) -> Answer:
    if case.age < timedelta(minutes=case.thresholds.too_old_minutes):
        return False
    return f"created {span(case.age)} ago", case.created


def idle(case: Case) -> Answer:
    minutes = case.thresholds.idle_minutes
    if minutes is None:
        return False
    if not case.activity.known or case.operator is None:
        return None
    if not is_idle(case.activity, minutes, case.operator):
        return False
    away = timedelta(seconds=case.activity.idle_seconds or 0)
    return f"last activity {span(away)} ago, polled every {span(interval(case.operator))}", case.activity.last


def not_reaped(case: Case) -> Answer:
    """The platform should have ended it by now: its own clean-up is dead or blind."""
    app, operator, last = case.parts.app_definition, case.operator, case.activity.last
    if app is None or operator is None:
        return None
    if app.timeout_minutes is not None:
        late = case.age - timedelta(minutes=app.timeout_minutes)
        if late > reaping_delay(operator):
            return f"past its timeout of {app.timeout_minutes} min by {span(late)}", case.now - late
    allowed = silence_allowed(app, operator)
    watched = case.start in ("lazy", "lazy-fallback") and case.parts.session.operator_status == "HANDLED"
    if not watched or allowed is None or last is None or case.now - last <= allowed:
        return False
    late = case.now - last - timedelta(minutes=app.inactive_minutes or 0)
    return f"past its inactivity limit of {app.inactive_minutes} min by {span(late)}", case.now - late


def orphaned(case: Case) -> Answer:
    row, parts = case.parts.session, case.parts
    if parts.app_definitions_read and parts.app_definition is None:
        return f"its app definition {row.app_definition} is gone", None
    if parts.workspaces_read and row.workspace and parts.workspace is None:
        return f"its workspace {row.workspace} is gone", None
    return False if parts.app_definitions_read and (parts.workspaces_read or not row.workspace) else None


def locked_out(case: Case) -> Answer:
    """A claimed instance whose list of admitted addresses is empty: the login proxy answers 403 to its own user."""
    row = case.parts.session
    if case.start != "eager" or not (row.url or row.operator_status == "HANDLED"):
        return False
    if case.operator is not None and not case.operator.keycloak:
        return False
    if case.parts.addresses is None:
        return None
    return False if case.parts.addresses else ("the address list of its instance is empty", None)


def blocks_user(case: Case) -> Answer:
    """Errored and stuck sessions count against the limit like live ones, so a user can be locked out by wrecks."""
    if case.dead is False:
        return False
    if case.operator is None:
        return None
    count, limit = case.parts.sessions_of_user, case.operator.sessions_per_user
    if limit is None or count < limit:
        return False
    if case.dead is None:
        return None
    return f"dead, and one of the {count} sessions of a user who may have {limit}", None


def over_user_limit(case: Case) -> Answer:
    if case.operator is None:
        return None
    count, limit = case.parts.sessions_of_user, case.operator.sessions_per_user
    if limit is None or count <= limit:
        return False
    return f"its user has {count} sessions and may have {limit}", None


_OBJECTS: frozenset[Source] = frozenset({"objects"})

# From what hurts a user most to what is merely worth knowing: tables are sorted in this order.
RULES: t.Mapping[str, Rule] = {
    "failed": Rule(failed, frozenset(), passing=False, quotes=True),
    "no_pod": Rule(no_pod, _OBJECTS),
    "locked_out": Rule(locked_out, frozenset({"addresses", "app_definitions"})),
    "stuck_starting": Rule(stuck_starting, _OBJECTS),
    "no_url": Rule(no_url, _OBJECTS),
    "unseen": Rule(unseen, frozenset({"objects", "lease"})),
    "blocks_user": Rule(blocks_user, frozenset({"objects", "sessions", "operator"})),
    "quota_blocked": Rule(quota_blocked, _OBJECTS, quotes=True),
    "unschedulable": Rule(unschedulable, _OBJECTS, quotes=True),
    "image_pull": Rule(image_pull, _OBJECTS, quotes=True),
    "crash_loop": Rule(crash_loop, _OBJECTS, quotes=True),
    "not_ready": Rule(not_ready, _OBJECTS, quotes=True),
    "oom_killed": Rule(oom_killed, _OBJECTS, passing=False),
    "high_memory": Rule(high_memory, frozenset({"objects", "usage"})),
    "orphaned": Rule(orphaned, frozenset({"app_definitions", "workspaces"}), quotes=True),
    "over_user_limit": Rule(over_user_limit, frozenset({"sessions", "operator"})),
    "not_reaped": Rule(not_reaped, frozenset({"app_definitions", "operator"}), stops=False),
    "no_url_but_running": Rule(no_url_but_running, _OBJECTS, stops=False),
    # It stays true, too, but with a figure of their own somebody said that the age alone is the reason.
    "too_old": Rule(too_old, frozenset()),
    "idle": Rule(idle, frozenset({"app_definitions", "operator"})),
}
SEVERITY: t.Mapping[str, int] = {code: rank for rank, code in enumerate(RULES)}


def judge(case: Case) -> tuple[tuple[Finding, ...], frozenset[str]]:
    """All findings of one session, the worst first, and the codes that could not be told."""
    found, unknown = [], []
    for code, rule in RULES.items():
        answer = rule.judge(case)
        if answer:
            found.append(Finding(code, *answer))
        elif answer is None:
            unknown.append(code)
    return tuple(found), frozenset(unknown)


def is_dead(case: Case) -> bool | None:
    """Nobody can be in it: it failed before it had a URL, or waits too long for one without a pod, or all is gone.

    Never with waits shorter than the defaults, whatever was asked for: dead sessions are not shielded.
    """
    if case.state == "failed" and not case.parts.session.url:
        return True
    strict = case._replace(thresholds=case.thresholds.at_least(Thresholds()))
    handling = stuck_starting(strict)
    if handling and case.parts.ready is not False:
        handling = False if case.parts.ready else None
    # One that had a URL before it failed has only lost its last pod when all its objects are gone.
    gone = _objects_gone(strict) if case.state == "failed" else no_pod(strict)
    answers = (gone, no_url(strict), unseen(strict), handling)
    return True if any(answers) else None if None in answers else False


def _without_url_since(case: Case) -> datetime | None:
    """Since when a handled session has waited for its URL, if that is too long; the operator notes when it was done."""
    row = case.parts.session
    if row.operator_status != "HANDLED" or row.url:
        return None
    handled = case.activity.last or parse_time(row.status_written) or case.created
    since = max(case.created, handled)
    return since if case.now - since >= timedelta(minutes=case.thresholds.no_url_minutes) else None


def _waiting(case: Case, reasons: frozenset[str]) -> Answer:
    if not (pod := case.parts.pod):
        return _no_pod_to_look_at(case)
    stuck = next((c for c in pod.containers if c.waiting in reasons), None)
    if stuck is None:
        return False
    text = f": {stuck.waiting_message}" if stuck.waiting_message else ""
    return f"container {stuck.name} is in {stuck.waiting}{text}", parse_time(pod.ready_changed)


def _no_pod_to_look_at(case: Case) -> t.Literal[False] | None:
    return False if case.parts.pods_read else None
