# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the promise of an exam is kept: four questions, each answered from what was seen, and from nothing else."""

from __future__ import annotations

import statistics
import typing as t
from datetime import datetime

from ..._common.sentences import counted
from ..._common.timestamps import parse_time

Fields = t.Mapping[str, t.Any]
Answer = t.Literal["yes", "no", "open", "unknown"]
"""Open is what is so as far as it has come."""

# EduIDE's own line for a login: within so many seconds it has a URL.
PROMPT_SECONDS = 15
_OUTCOMES = {"yes": "kept", "no": "not kept", "open": "kept so far", "unknown": "not known"}


class Check(t.NamedTuple):
    """One part of the promise."""

    question: str
    answer: Answer
    evidence: str


class Login(t.NamedTuple):
    """A session that a student of an exam began."""

    created: datetime
    start: str | None
    seconds: float | None
    """From its creation until it had its URL, at most; None if that is not known."""
    found_ready: bool
    """Whether its pod was ready when it was created."""


class Figures(t.NamedTuple):
    """What all logins of an exam say together."""

    logins: int
    from_pool: int
    own: int
    """Sessions for which the pool had no instance."""
    slow: int
    unmeasured: int
    unproven: int
    """Of the unmeasured, those of whom it is not known either that their pod was ready when they came."""
    median: float | None
    slowest: float | None


def logins_of(exam: Fields, sessions: t.Iterable[Fields]) -> list[Login]:
    """The sessions of its app definitions that began while it was on, the first ones first."""
    names = {item["name"] for item in exam["app_definitions"]}
    # Nothing was promised to those who came before it was declared.
    declared = [entry["at"] for entry in exam["history"] if entry["action"] in ("declared", "reopened")]
    # Times in UTC of one form, which sort as text.
    first, last = (
        t.cast(datetime, parse_time(at)) for at in (max([exam["shield_from"], *declared]), exam["shield_until"])
    )
    found = []
    for session in sessions:
        created = t.cast(datetime, parse_time(session["created"]))
        if session["app_definition"] in names and first <= created <= last:
            url_by, ready_at = parse_time(session["url_by"]), parse_time(session["ready_at"])
            ready = ready_at is not None and ready_at <= created
            found.append(Login(created, session["start"], _waited(created, ready_at, url_by), ready))
    return sorted(found, key=lambda login: login.created)


def _waited(created: datetime, ready_at: datetime | None, url_by: datetime | None) -> float | None:
    """The seconds until the URL at the latest. Its status may have been written again since, so that they say nothing
    of a prompt start; but who got a pod that was not ready before that has waited for it. One that became ready after
    the URL did so again.
    """
    if url_by is None:
        return None
    most = (url_by - created).total_seconds()
    waited_for_pod = (
        ready_at is not None and ready_at <= url_by and (ready_at - created).total_seconds() > PROMPT_SECONDS
    )
    return most if waited_for_pod or most <= PROMPT_SECONDS else None


def figures_of(logins: t.Sequence[Login]) -> Figures:
    """Totals over logins."""
    measured = [login.seconds for login in logins if login.seconds is not None]
    return Figures(
        logins=len(logins),
        from_pool=sum(login.start == "eager" for login in logins),
        own=sum(login.start not in ("eager", None) for login in logins),
        slow=sum(seconds > PROMPT_SECONDS for seconds in measured),
        unmeasured=len(logins) - len(measured),
        unproven=sum(login.seconds is None and not login.found_ready for login in logins),
        median=statistics.median(measured) if measured else None,
        slowest=max(measured, default=None),
    )


def checks_of(exam: Fields, capacity: Fields, runs: t.Sequence[Fields], logins: t.Sequence[Login]) -> list[Check]:
    """The four parts of the promise, as far as anybody looked."""
    now = t.cast(datetime, parse_time(capacity["seen_at"]))
    names = {item["name"] for item in exam["app_definitions"]}
    apps = [item for item in capacity["app_definitions"] if item["name"] in names]
    own = [run for run in runs if run["exam"] == exam["name"] and not run["check"]]
    over = exam["closed_at"] is not None or now > t.cast(datetime, parse_time(exam["shield_until"]))
    return [
        _warm(exam, apps, own, logins, now, over=over),
        _nobody_out(exam, apps, over=over),
        _no_files_lost(runs, over=over),
        _as_before(exam, apps, over=over),
    ]


def outcome_of(checks: t.Sequence[Check]) -> str:
    """One answer for all: the worst one counts."""
    answers = {check.answer for check in checks}
    return next(_OUTCOMES[answer] for answer in ("no", "unknown", "open", "yes") if answer in answers)


def _warm(
    exam: Fields,
    apps: t.Sequence[Fields],
    runs: t.Sequence[Fields],
    logins: t.Sequence[Login],
    now: datetime,
    *,
    over: bool,
) -> Check:
    question = "Every student gets a warm IDE"
    if logins:
        return Check(question, *_logins_told(figures_of(logins), over=over))
    if over or now > t.cast(datetime, parse_time(exam["end"])):
        return Check(question, "unknown", "No login was seen, because no run looked while students were in.")
    failed = next((bool(run["failure"]) for run in reversed(runs) if run["playbook"] == "pre_exam"), False)
    wanted = sum(item["warm"] for item in exam["app_definitions"])
    warm, cold = (sum(item["pool"][state] for item in apps) for state in ("warm", "cold"))
    told = f"{counted(warm, 'instance')} {'is' if warm == 1 else 'are'} warm, {cold} cold; {wanted} were asked for"
    if failed and warm < wanted:
        return Check(question, "no", f"{told}. The last warm-up failed.")
    return Check(question, "open", f"{told}. Nobody was seen to log in yet.")


def _logins_told(figures: Figures, *, over: bool) -> tuple[Answer, str]:
    told = f"{counted(figures.logins, 'login')} seen, {figures.from_pool} of them on an instance of the pool"
    told += f", {figures.own} without one" if figures.own else ""
    if figures.slowest is not None:
        told += f"; the slowest had a URL after {figures.slowest:.0f} s"
    if figures.slow:
        told += f", and {figures.slow} waited longer than {PROMPT_SECONDS} s"
    if figures.unmeasured:
        told += f"; of {figures.unmeasured} it is not known how long they waited"
        ready = figures.unmeasured - figures.unproven
        told += f", {ready} of them on an instance that was ready when they came" if ready else ""
    if figures.own or figures.slow:
        return "no", f"{told}."
    if figures.from_pool < figures.logins or (over and figures.unproven):
        return "unknown", f"{told}."
    return ("yes" if over else "open"), f"{told}."


def _nobody_out(exam: Fields, apps: t.Sequence[Fields], *, over: bool) -> Check:
    question = "Nobody is thrown out of a running IDE"
    exits = [entry for entry in exam["history"] or () if entry["action"] == "shield_exit"]
    locked = sum(item["pool"]["locked_out"] for item in apps)
    if exits or locked:
        stopped = f"{counted(len(exits), 'session')} stopped on purpose" if exits else ""
        refused = f"{counted(locked, 'session')} refusing the own user (403)" if locked else ""
        return Check(question, "no", f"{' and '.join(part for part in (stopped, refused) if part)}.")
    told = "No playbook stopped a live session of the exam, and no session refuses its user."
    return Check(question, "yes" if over else "open", told)


def _no_files_lost(runs: t.Sequence[Fields], *, over: bool) -> Check:
    question = "No work is lost"
    lost, unknown = (sum(run[field] for run in runs if not run["check"]) for field in ("files_lost", "files_unknown"))
    if lost:
        return Check(question, "no", f"The files of {counted(lost, 'session')} ended with their pods.")
    if unknown:
        return Check(question, "unknown", f"Where {counted(unknown, 'stopped session')} had files could not be read.")
    return Check(question, "yes" if over else "open", "No run that reports here ended a session with files in its pod.")


def _as_before(exam: Fields, apps: t.Sequence[Fields], *, over: bool) -> Check:
    question = "Afterwards the platform is what it was before"
    held = [item for item in apps if item["ledger"] and any(h["exam"] == exam["name"] for h in item["ledger"]["holds"])]
    if held:
        # What drains is held by nobody: its bound may be back, and a time limit still wait for a session.
        states = ["draining" if item["ledger"]["draining_since"] else "held" for item in held]
        told = [
            f"{item['name']} is {state} at min {item['min_instances']}"
            for item, state in zip(held, states, strict=True)
        ]
        return Check(question, "open", f"{', '.join(told)}.")
    if not over:
        return Check(question, "open", "The exam holds nothing now.")
    return Check(question, "yes", ", ".join(f"{item['name']} is at min {item['min_instances']}" for item in apps) + ".")
