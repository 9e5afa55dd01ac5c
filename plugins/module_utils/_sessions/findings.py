# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a session deserves attention. Each finding is a function with three answers: yes with evidence, no, unknown."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._common.timestamps import format_time, parse_time
from .._common.units import span
from .._platform.names import INTERNAL_SUFFIX
from .activity import interval, is_idle, reaping_delay, silence_allowed
from .causes import (
    cannot_start,
    crash_loop,
    evicted,
    high_memory,
    image_pull,
    not_ready,
    oom_killed,
    pod_refused,
    unschedulable,
)
from .facts import Answer, SessionFacts, Thresholds

# What has to be read before a finding can be told.
Source = t.Literal["objects", "usage", "addresses", "app_definitions", "workspaces", "sessions", "operator", "lease"]
"""``sessions``: the other ones of the same user."""


class Finding(t.NamedTuple):
    code: str
    evidence: str
    since: datetime | None

    def describe(self) -> dict[str, str | None]:
        return {"code": self.code, "evidence": self.evidence, "since": format_time(self.since) if self.since else None}


class Rule(t.NamedTuple):
    answer: t.Callable[[SessionFacts], Answer]
    needed_lists: frozenset[Source]
    stops: bool = True
    """False: the finding is told, and never a reason to stop a session."""
    passing: bool = True
    """False: it stays true once it was, so reading again cannot tell whether the user is back at work."""
    quotes: bool = False
    """Whether the evidence has names of objects or words of others in it, and so may tell who the user is."""


def failed(facts: SessionFacts) -> Answer:
    if facts.state != "failed":
        return False
    row = facts.parts.session
    told = [text for text in (row.operator_message, row.error) if text]
    return "; ".join(told) or "the operator gave no reason", None


def error_but_working(facts: SessionFacts) -> Answer:
    """The operator gave up on it, and it has its address and its objects all the same."""
    row = facts.parts.session
    if row.operator_status != "ERROR" or not row.url or facts.state == "failed":
        return False
    said = "; ".join(text for text in (row.operator_message, row.error) if text) or "no reason"
    state = {True: "a pod that is ready", False: "a pod that is not ready at the moment", None: "objects of its own"}
    return f"status ERROR ({said}), with its URL and {state[facts.parts.ready]}", None


def terminating(facts: SessionFacts) -> Answer:
    held = facts.parts.session.held
    return (held, None) if held else False


def unseen(facts: SessionFacts) -> Answer:
    limit = timedelta(minutes=facts.thresholds.unseen_minutes)
    row = facts.parts.session
    if row.operator_status or row.url or facts.age < limit:
        return False
    if facts.state != "pending":
        return False if facts.state else None
    if not facts.leading or facts.led_seconds is None:
        return False if facts.leading is False else None
    # An operator that has just taken the lead replays everything it missed, and needs its time for that.
    if facts.led_seconds < limit.total_seconds():
        return False
    return f"the operator leads and has not touched it for {span(facts.age)}", facts.created


def stuck_starting(facts: SessionFacts) -> Answer:
    row = facts.parts.session
    if row.operator_status != "HANDLING" or row.url:
        return False
    since = max(facts.created, parse_time(row.status_written) or facts.created)
    if facts.led_seconds is not None:
        # What it took over when it began to lead has its time from then on.
        since = max(since, facts.now - timedelta(seconds=facts.led_seconds))
    waited = facts.now - since
    if waited < timedelta(minutes=facts.thresholds.stuck_starting_minutes):
        return False
    return f"HANDLING for {span(waited)}", since


def no_url(facts: SessionFacts) -> Answer:
    since = _without_url_since(facts)
    if since is None or facts.parts.ready:
        return False
    return None if facts.parts.ready is None else (f"no URL for {span(facts.now - since)}, and no ready pod", since)


def no_url_but_running(facts: SessionFacts) -> Answer:
    since = _without_url_since(facts)
    if since is None or facts.parts.ready is False:
        return False
    return (
        None
        if facts.parts.ready is None
        else (f"no URL for {span(facts.now - since)}, although its pod is ready", since)
    )


def no_pod(facts: SessionFacts) -> Answer:
    row = facts.parts.session
    if row.operator_status == "ERROR" or not (row.url or row.operator_status == "HANDLED"):
        return False
    return _objects_gone(facts)


def _objects_gone(facts: SessionFacts) -> Answer:
    """Since when is not recorded anywhere, so the latest sign of life counts."""
    row, parts = facts.parts.session, facts.parts
    if parts.owns_objects is not False:
        return False if parts.owns_objects else None
    signs = [facts.created, facts.activity.last, parse_time(row.status_written)]
    since = max(sign for sign in signs if sign)
    if facts.now - since < timedelta(minutes=facts.thresholds.no_pod_minutes):
        return False
    return "Deployment, Service and pod are gone", since


def too_old(facts: SessionFacts) -> Answer:
    if facts.age < timedelta(minutes=facts.thresholds.too_old_minutes):
        return False
    return f"created {span(facts.age)} ago", facts.created


def idle(facts: SessionFacts) -> Answer:
    minutes = facts.thresholds.idle_minutes
    if minutes is None:
        return False
    if not facts.activity.known or facts.operator is None:
        return None
    if not is_idle(facts.activity, minutes, facts.operator):
        return False
    if facts.leading is None:
        return None
    away = timedelta(seconds=facts.activity.idle_seconds or 0)
    return f"last activity {span(away)} ago, polled every {span(interval(facts.operator))}", facts.activity.last


def not_reaped(facts: SessionFacts) -> Answer:
    """The platform should have ended it by now: its own clean-up is dead or blind."""
    app, operator, last = facts.parts.app_definition, facts.operator, facts.activity.last
    if app is None or operator is None:
        return None
    if app.timeout_minutes is not None:
        late = facts.age - timedelta(minutes=app.timeout_minutes)
        if late > reaping_delay(operator):
            return f"past its timeout of {app.timeout_minutes} min by {span(late)}", facts.now - late
    allowed = silence_allowed(app, operator)
    watched = facts.start in ("lazy", "lazy-fallback") and facts.parts.session.operator_status == "HANDLED"
    if not watched or allowed is None or last is None or facts.now - last <= allowed:
        return False
    late = facts.now - last - timedelta(minutes=app.inactive_minutes or 0)
    return f"past its inactivity limit of {app.inactive_minutes} min by {span(late)}", facts.now - late


def orphaned(facts: SessionFacts) -> Answer:
    row, parts = facts.parts.session, facts.parts
    if parts.app_definitions_read and parts.app_definition is None:
        return f"its app definition {row.app_definition} is gone", None
    if parts.workspaces_read and row.workspace and parts.workspace is None:
        return f"its workspace {row.workspace} is gone", None
    return False if parts.app_definitions_read and (parts.workspaces_read or not row.workspace) else None


def locked_out(facts: SessionFacts) -> Answer:
    """A claimed instance whose list of admitted addresses is empty: the login proxy answers 403 to its own user."""
    row = facts.parts.session
    if facts.start != "eager" or not (row.url or row.operator_status == "HANDLED"):
        return False
    if facts.operator is not None and not facts.operator.keycloak:
        return False
    if facts.parts.addresses is None:
        return None
    return False if facts.parts.addresses else ("the address list of its instance is empty", None)


def misrouted(facts: SessionFacts) -> Answer:
    """Older operators take the first Service by name for the instance's own, and that may be a sidecar's."""
    if facts.start in ("lazy", "lazy-fallback"):
        return False
    if not facts.parts.services_read:
        return None
    external = [service for service in facts.parts.services if not service.name.endswith(INTERNAL_SUFFIX)]
    if not external or not all(service.sidecar for service in external):
        return False
    return f"its address leads to Service {external[0].name}, which is that of a sidecar", None


def blocks_user(facts: SessionFacts) -> Answer:
    """Errored and stuck sessions count against the limit like live ones, so a user can be locked out by wrecks."""
    if facts.dead is False:
        return False
    if facts.operator is None:
        return None
    count, limit = facts.parts.sessions_of_user, facts.operator.sessions_per_user
    if limit is None or count < limit:
        return False
    if facts.dead is None:
        return None
    return f"dead, and one of the {count} sessions of a user who may have {limit}", None


def over_user_limit(facts: SessionFacts) -> Answer:
    if facts.operator is None:
        return None
    count, limit = facts.parts.sessions_of_user, facts.operator.sessions_per_user
    if limit is None or count <= limit:
        return False
    return f"its user has {count} sessions and may have {limit}", None


_OBJECTS: frozenset[Source] = frozenset({"objects"})

# From what hurts a user most to what is merely worth knowing: tables are sorted in this order.
RULES: t.Mapping[str, Rule] = {
    "failed": Rule(failed, frozenset(), passing=False, quotes=True),
    "no_pod": Rule(no_pod, _OBJECTS),
    "locked_out": Rule(locked_out, frozenset({"addresses", "app_definitions"})),
    "misrouted": Rule(misrouted, _OBJECTS, stops=False, quotes=True),
    "stuck_starting": Rule(stuck_starting, _OBJECTS),
    "no_url": Rule(no_url, _OBJECTS),
    "unseen": Rule(unseen, frozenset({"objects", "lease"})),
    "blocks_user": Rule(blocks_user, frozenset({"objects", "sessions", "operator"})),
    "terminating": Rule(terminating, frozenset(), stops=False, quotes=True),
    "pod_refused": Rule(pod_refused, _OBJECTS, quotes=True),
    "unschedulable": Rule(unschedulable, _OBJECTS, quotes=True),
    "image_pull": Rule(image_pull, _OBJECTS, quotes=True),
    "crash_loop": Rule(crash_loop, _OBJECTS, quotes=True),
    "cannot_start": Rule(cannot_start, _OBJECTS, quotes=True),
    "not_ready": Rule(not_ready, _OBJECTS, quotes=True),
    "error_but_working": Rule(error_but_working, _OBJECTS, stops=False, quotes=True),
    "evicted": Rule(evicted, _OBJECTS, stops=False, passing=False, quotes=True),
    "oom_killed": Rule(oom_killed, _OBJECTS, passing=False),
    "high_memory": Rule(high_memory, frozenset({"objects", "usage"})),
    "orphaned": Rule(orphaned, frozenset({"app_definitions", "workspaces"}), quotes=True),
    "over_user_limit": Rule(over_user_limit, frozenset({"sessions", "operator"})),
    "not_reaped": Rule(not_reaped, frozenset({"app_definitions", "operator"}), stops=False),
    "no_url_but_running": Rule(no_url_but_running, _OBJECTS, stops=False),
    # It stays true, too, but with a figure of their own somebody said that the age alone is the reason.
    "too_old": Rule(too_old, frozenset()),
    "idle": Rule(idle, frozenset({"app_definitions", "operator", "lease"})),
}
STOPPING: t.Sequence[str] = [code for code, rule in RULES.items() if rule.stops]
"""Those for which a session may be stopped."""
ANY = "any"
"""How an option says all of them."""
SEVERITY: t.Mapping[str, int] = {code: rank for rank, code in enumerate(RULES)}


def assess(facts: SessionFacts) -> tuple[tuple[Finding, ...], frozenset[str]]:
    """All findings of one session, the worst first, and the codes that could not be told."""
    found, unknown = [], []
    for code, rule in RULES.items():
        answer = rule.answer(facts)
        if answer:
            found.append(Finding(code, *answer))
        elif answer is None:
            unknown.append(code)
    return tuple(found), frozenset(unknown)


def is_dead(facts: SessionFacts) -> bool | None:
    """Nobody can be in it: it failed before it had a URL, or waits too long for one without a pod, or all is gone.

    Never with waits shorter than the defaults, whatever was asked for: dead sessions are not shielded.
    """
    if facts.state == "failed" and not facts.parts.session.url:
        return True
    strict = facts._replace(thresholds=facts.thresholds.at_least(Thresholds()))
    handling = stuck_starting(strict)
    if handling and facts.parts.ready is not False:
        handling = False if facts.parts.ready else None
    # One that had a URL before it failed has only lost its last pod when all its objects are gone.
    gone = _objects_gone(strict) if facts.state == "failed" else no_pod(strict)
    answers = (gone, no_url(strict), unseen(strict), handling)
    return True if any(answers) else None if None in answers else False


def _without_url_since(facts: SessionFacts) -> datetime | None:
    """Since when a handled session has waited for its URL, if that is too long; the operator notes when it was done."""
    row = facts.parts.session
    if row.operator_status != "HANDLED" or row.url:
        return None
    handled = facts.activity.last or parse_time(row.status_written) or facts.created
    since = max(facts.created, handled)
    return since if facts.now - since >= timedelta(minutes=facts.thresholds.no_url_minutes) else None
