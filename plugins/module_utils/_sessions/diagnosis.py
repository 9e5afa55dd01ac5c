# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with one session, in one sentence, and the one remedy that would fix it."""

from __future__ import annotations

import json
import re
import typing as t

from .._common.commands import Remedy
from .._common.plain import plain
from .._common.redact import scrub_text
from .._common.units import span
from .._platform.names import EMAILS_KEY, OPERATOR_DEPLOYMENT
from .record import SessionRecord

# From this share of its CPU limit on, a container is slowed down by the limit itself.
BUSY_PERCENT = 90

_QUOTA = re.compile(r"exceeded quota: ([^,\s]+)")


class Facts(t.NamedTuple):
    """A session's record, and what the sentence about it needs beside the findings."""

    record: SessionRecord
    dead: bool
    leading: bool | None
    """None: nobody could tell."""
    sessions_per_user: int | None = None
    address_list: str | None = None
    """The ConfigMap that says who may enter its instance."""
    cpu_percent: int | None = None
    operator_deployment: str = OPERATOR_DEPLOYMENT
    warnings: t.Sequence[str] | None = None
    """What events warn of, the latest last; None if they were not read."""

    def evidence(self, code: str) -> str | None:
        return next((str(f["evidence"]) for f in self.record["findings"] if f["code"] == code), None)

    @property
    def age(self) -> str:
        return span(self.record["age_seconds"])


class Diagnosis(t.NamedTuple):
    code: str | None
    """The finding that explains the others; None if nothing is wrong that could be seen."""
    sentence: str
    remedy: Remedy | None


def diagnose(facts: Facts) -> Diagnosis:
    """The first explanation that holds: causes come before what follows from them."""
    code, (sentence, remedy) = _explanation(facts)
    told = scrub_text(_one_line(sentence))
    return Diagnosis(code, f"{told}." if not told.endswith(".") else told, remedy)


Told: t.TypeAlias = "tuple[str, Remedy | None]"
"""The sentence without its full stop, and the remedy."""


def without_secrets(record: SessionRecord, secrets: t.Collection[str]) -> SessionRecord:
    """The record with what others wrote into it free of the session's own secrets: an error may quote any of them."""

    def clean(text: str | None) -> str | None:
        return None if text is None else scrub_text(text, secrets)

    findings = [{**finding, "evidence": clean(finding["evidence"])} for finding in record["findings"]]
    texts = {"operator_message": clean(record["operator_message"]), "error": clean(record["error"])}
    return t.cast(SessionRecord, {**record, **texts, "findings": findings})


def _explanation(facts: Facts) -> tuple[str | None, Told]:
    for code in ("terminating", "failed", "no_pod", "locked_out", "misrouted", "error_but_working"):
        if facts.evidence(code):
            return code, _EXPLANATIONS[code](facts)
    if facts.leading is False and facts.record["state"] in ("pending", "starting"):
        return "no_operator", _no_operator(facts)
    for code, explain in _EXPLANATIONS.items():
        if facts.evidence(code):
            return code, explain(facts)
    return None, _nothing(facts)


def _failed(facts: Facts) -> Told:
    said = facts.evidence("failed") or ""
    guess = next((text for pattern, text in _FAILURES if re.search(pattern, said, re.IGNORECASE)), None)
    limit = f" ({facts.sessions_per_user})" if facts.sessions_per_user is not None else ""
    meaning = (
        f", which probably means that {guess.format(app=facts.record['app_definition'], limit=limit)}" if guess else ""
    )
    return f"It failed for good; the operator said: {said}{meaning}", _removal(facts)


# The operator's own sentences and codes, and what they mean. One word of a text that others write tells nothing.
_FAILURES = (
    (r"\b554:", "its user may not start any session"),
    (r"\b553:|max sessions", "its user already had as many sessions as allowed{limit}"),
    (r"\b552:|max instances", "{app} already had as many sessions as it may have (max_instances)"),
    ("handling was unexpectedly interrupted", "the operator was restarted while it was at work on it"),
    ("app definition not found", "there is no app definition {app}"),
    (
        "session set-?up",
        "its instance could not be made ready for its user, and stays reserved until the session is removed",
    ),
)


def _terminating(facts: Facts) -> Told:
    return f"It was deleted and cannot go: it is {facts.evidence('terminating')}", _kubectl(
        facts, "get", f"sessions.theia.cloud/{facts.record['name']}", "-o", "yaml"
    )


def _error_but_working(facts: Facts) -> Told:
    return (
        f"It works, although the operator calls it failed: {facts.evidence('error_but_working')}. Nothing has to be "
        "done now; it counts against its user's limit until it ends"
    ), None


def _cannot_start(facts: Facts) -> Told:
    return f"Its pod does not start: {facts.evidence('cannot_start')}", _look_at_pod(facts)


def _evicted(facts: Facts) -> Told:
    return f"It works again, and lost files: {facts.evidence('evicted')}", None


def _no_pod(facts: Facts) -> Told:
    return "Its pod and all its other objects are gone, so its address leads nowhere", _removal(facts)


def _locked_out(facts: Facts) -> Told:
    sentence = "Its own user is refused with 403, because the address list of its instance was emptied"
    if not facts.address_list:
        return sentence, None
    patch = json.dumps({"data": {EMAILS_KEY: facts.record["user"]}})
    return sentence, _kubectl(facts, "patch", f"configmap/{facts.address_list}", "--type=merge", "-p", patch)


def _misrouted(facts: Facts) -> Told:
    told = f"Its user sees a sidecar and not the IDE: {facts.evidence('misrouted')}"
    remedy = "give sidecars names that sort behind the app definition's, and let its user start anew"
    return f"{told}; {remedy}", _edit_app_definition(facts)


def _no_operator(facts: Facts) -> Told:
    return (
        f"No operator leads this installation, so nothing has happened to it for {facts.age}",
        _kubectl(facts, "get", "pods", "-l", "app=operator"),
    )


def _pod_refused(facts: Facts) -> Told:
    message = facts.evidence("pod_refused") or ""
    found = _QUOTA.search(message)
    return (
        f"Its pod was refused{' by a quota' if found else ''}: {message}",
        _kubectl(facts, "edit", f"resourcequota/{found[1]}") if found else None,
    )


def _unschedulable(facts: Facts) -> Told:
    return f"No node takes its pod: {facts.evidence('unschedulable')}", _look_at_pod(facts)


def _image_pull(facts: Facts) -> Told:
    return f"Its image cannot be pulled: {facts.evidence('image_pull')}", _edit_app_definition(facts)


def _crash_loop(facts: Facts) -> Told:
    pod = facts.record["pod"]
    times = f"{pod['restarts']} restarts" if pod else "its pod is gone by now"
    return (
        f"Its IDE crashes again and again ({times}): {facts.evidence('crash_loop')}",
        _kubectl(facts, "logs", f"pod/{pod['name']}", "--all-containers", "--previous") if pod else None,
    )


def _unseen(facts: Facts) -> Told:
    return f"The operator leads, and has overlooked it for {facts.age}", _removal(facts)


def _stuck_starting(facts: Facts) -> Told:
    return f"The operator began with it and does not come to an end: {facts.evidence('stuck_starting')}", _removal(
        facts
    )


def _no_url(facts: Facts) -> Told:
    return f"It waits in vain for an address: {facts.evidence('no_url')}", _removal(facts)


def _no_url_but_running(facts: Facts) -> Told:
    return (
        f"Its IDE runs, but the platform never gave it an address: {facts.evidence('no_url_but_running')}",
        _stop(facts),
    )


def _oom_killed(facts: Facts) -> Told:
    return (
        f"Its IDE was killed for using more memory than its limit: {facts.evidence('oom_killed')}",
        _edit_app_definition(facts),
    )


def _not_ready(facts: Facts) -> Told:
    pod = facts.record["pod"]
    return (
        f"It has an address, but nobody answers there: {facts.evidence('not_ready')}",
        _kubectl(facts, "describe", f"pod/{pod['name']}") if pod else _stop(facts),
    )


def _high_memory(facts: Facts) -> Told:
    return f"It is slow or soon killed, for it uses {facts.evidence('high_memory')}", _edit_app_definition(facts)


def _orphaned(facts: Facts) -> Told:
    return f"Something that it needs was deleted: {facts.evidence('orphaned')}", _stop(facts)


def _over_user_limit(facts: Facts) -> Told:
    return f"It runs, but {facts.evidence('over_user_limit')}, so no other one starts", _stop(facts)


def _not_reaped(facts: Facts) -> Told:
    told = (
        f"The platform should have ended it: it is {facts.evidence('not_reaped')}, so its cleaner is stuck; restart "
        "the operator when nobody is about to start, for it gives up on sessions that it is at work on, and may call "
        "some failed that go on working"
    )
    return told, _kubectl(facts, "rollout", "restart", f"deployment/{facts.operator_deployment}")


def _idle(facts: Facts) -> Told:
    return f"It works, and nobody uses it: {facts.evidence('idle')}", _stop(facts)


def _too_old(facts: Facts) -> Told:
    return f"It works, and is older than sessions should be: {facts.evidence('too_old')}", _stop(facts)


def _nothing(facts: Facts) -> Told:
    record = facts.record
    if facts.cpu_percent is not None and facts.cpu_percent >= BUSY_PERCENT:
        return (
            f"It works, and is slowed down: it uses {facts.cpu_percent} % of the CPU it may use",
            _edit_app_definition(facts),
        )
    if record["state"] in ("pending", "starting"):
        told, remedy = _still_starting(facts)
        return f"It is still starting, {facts.age} after it was created, {told}", remedy
    if record["state"] is None:
        return "Its pods could not be read, so whether it works is not known", None
    return "Nothing is wrong with it that can be seen from here", None


def _still_starting(facts: Facts) -> Told:
    """That there is no reason to worry needs one: everything was looked at, and nothing speaks against it."""
    pod = facts.record["pod"]
    if facts.warnings:
        return f"and the cluster warns: {facts.warnings[-1]}", _look_at_pod(facts)
    if pod and pod["phase"] not in (None, "Pending", "Running"):
        return f"and its pod is {pod['phase']}", _look_at_pod(facts)
    if pod and pod["restarts"]:
        return f"and its containers were started again {pod['restarts']} times", _look_at_pod(facts)
    if facts.record["state"] == "starting" and pod is None:
        return "and it has no pod yet", None
    if facts.warnings is None:
        return "and events, which would tell what it waits for, were not read", None
    return "which is no reason to worry yet", None


# Causes before symptoms: a session without an address because of a quota is a matter of the quota.
_EXPLANATIONS: t.Mapping[str, t.Callable[[Facts], Told]] = {
    "terminating": _terminating,
    "failed": _failed,
    "no_pod": _no_pod,
    "locked_out": _locked_out,
    "misrouted": _misrouted,
    "error_but_working": _error_but_working,
    "pod_refused": _pod_refused,
    "unschedulable": _unschedulable,
    "image_pull": _image_pull,
    "crash_loop": _crash_loop,
    "cannot_start": _cannot_start,
    "unseen": _unseen,
    "stuck_starting": _stuck_starting,
    "no_url": _no_url,
    "no_url_but_running": _no_url_but_running,
    "oom_killed": _oom_killed,
    "not_ready": _not_ready,
    "high_memory": _high_memory,
    "evicted": _evicted,
    "orphaned": _orphaned,
    "over_user_limit": _over_user_limit,
    "not_reaped": _not_reaped,
    "idle": _idle,
    "too_old": _too_old,
}


def _removal(facts: Facts) -> Remedy:
    """Dead ones go with the playbook that takes nothing else; others need somebody who names them."""
    user = facts.record["user"]
    # A name of blanks only counts as not stated wherever people type one.
    return {"playbook": "unlock_user", "variables": {"user": user}} if facts.dead and user.strip() else _stop(facts)


def _stop(facts: Facts) -> Remedy:
    return {"playbook": "stop_sessions", "variables": {"sessions": facts.record["name"]}}


def _edit_app_definition(facts: Facts) -> Remedy:
    return _kubectl(facts, "edit", f"appdefinitions.theia.cloud/{facts.record['app_definition']}")


def _look_at_pod(facts: Facts) -> Remedy | None:
    pod = facts.record["pod"]
    return _kubectl(facts, "describe", f"pod/{pod['name']}") if pod else None


def _kubectl(facts: Facts, *words: str) -> Remedy:
    return {"kubectl": ["-n", facts.record["namespace"], *words]}


def _one_line(text: str) -> str:
    """A session may carry whatever text its user or the operator wrote."""
    return " ".join(plain(text).split())
