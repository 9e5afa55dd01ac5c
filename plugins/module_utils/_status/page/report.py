# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a page says, as plain data: the same that ``report.json`` holds and that HTML and Markdown are made of."""

from __future__ import annotations

import collections
import typing as t
from datetime import datetime, timedelta

from ..._capacity.report import holding
from ..._common.timestamps import parse_time
from ..._sessions.report import in_trouble
from .promise import Check, Figures, Login, checks_of, figures_of, logins_of, outcome_of
from .timeline import timeline_of

Fields = t.Mapping[str, t.Any]
_POOL = ("warm", "claimed", "cold")
# Neither its users nor its history, in which people are named.
_EXAM = ("name", "start", "end", "participants", "app_definitions", "shield_from", "shield_until", "closed_at")
_LONGEST = timedelta(hours=4)
_LIMITS = (
    "Only what a run with this folder of reports saw is shown; between two looks nothing was measured.",
    "A session that began and ended between two looks is in no figure, and why a session ended is not known.",
    "How long a login waited is counted to the last write of its status, and may have been less.",
)


class Subject(t.NamedTuple):
    """What the page is about, and which run leaves it."""

    host: str
    installation: t.Sequence[str]
    """Server and namespace."""
    playbook: str
    exam: str | None
    """None: the one that is under way, if there is one."""
    check: bool
    """Whether the run only predicted what it would do."""


def report_of(
    subject: Subject, found: Fields, seen: Fields, *, lines: t.Sequence[str], sessions: t.Sequence[Fields]
) -> dict[str, t.Any]:
    """The report of a run: ``found`` is the look at its end, ``seen`` what this and earlier runs observed.

    The sessions are those that people should look at; the lines are what the run printed.
    """
    capacity = found["capacity"]
    exam = _exam(subject, found)
    logins = logins_of(exam, seen["sessions"].values()) if exam else []
    checks = checks_of(exam, capacity, seen["runs"], logins) if exam else []
    figures = figures_of(logins)
    names = {item["name"] for item in exam["app_definitions"]} if exam else None
    return {
        "host": subject.host,
        "installation": list(subject.installation),
        "playbook": subject.playbook,
        "check": subject.check,
        "seen_at": capacity["seen_at"],
        "exam": {field: exam[field] for field in _EXAM} if exam else None,
        "headline": _headline(exam, checks, seen, _verdict(capacity, names), check=subject.check),
        "outcome": outcome_of(checks) if checks else None,
        "failure": seen["runs"][-1]["failure"] if seen["runs"] else None,
        "verdicts": [verdict["headline"] for verdict in capacity["verdicts"]],
        "figures": _figures(figures, capacity, names),
        "checks": [check._asdict() for check in checks],
        "timeline": timeline_of(exam, seen["runs"], logins, capacity),
        "pools": _pools(seen["looks"], names),
        "logins": by_minute(logins),
        "quotas": [{"at": look["at"], **look["quotas"]} for look in seen["looks"] if look["quotas"]],
        "app_definitions": [_app_definition(item) for item in capacity["app_definitions"]],
        "quota_table": [dict(quota) for quota in capacity["quotas"] or ()],
        "sessions": [_session(record) for record in in_trouble(sessions)],
        "lines": list(lines),
        "watch": found["watch"],
        "limits": [*_LIMITS, *(f"Could not be read: {name} ({why})." for name, why in sorted(_missing(found).items()))],
    }


def _exam(subject: Subject, found: Fields) -> Fields | None:
    exams = found["exams"] or ()
    if subject.exam:
        return next((exam for exam in exams if exam["name"] == subject.exam), None)
    now = found["capacity"]["seen_at"]
    # Times in UTC of one form, which sort as text.
    on = [exam for exam in exams if not exam["closed_at"] and exam["shield_from"] <= now <= exam["shield_until"]]
    return max(on, key=lambda exam: str(exam["start"]), default=None)


def _verdict(capacity: Fields, names: t.Collection[str] | None) -> str | None:
    """How many more students get a session of the exam."""
    return next(
        (v["headline"] for v in capacity["verdicts"] if names and set(v["app_definitions"]) <= set(names)), None
    )


def _headline(exam: Fields | None, checks: t.Sequence[Check], seen: Fields, verdict: str | None, *, check: bool) -> str:
    run = seen["runs"][-1] if seen["runs"] else None
    if check:
        return "Only a prediction: nothing was changed"
    if exam:
        promise = f"{exam['name']}: promise {outcome_of(checks)}"
        return f"{promise}. {verdict}" if verdict and not exam["closed_at"] else promise
    if run and run["failure"]:
        return "The run failed"
    return "No exam is under way"


def _figures(figures: Figures, capacity: Fields, names: t.Collection[str] | None) -> list[dict[str, str]]:
    """The numbers that people ask for first."""
    apps = [item for item in capacity["app_definitions"] if names is None or item["name"] in names]
    waited = "not measured" if figures.slowest is None else f"{figures.slowest:.0f} s"
    told = [("logins seen", str(figures.logins)), ("slowest URL", waited)] if names is not None else []
    told.append(("sessions now", str(sum(item["sessions"] for item in apps))))
    if operator_has_pools(capacity):
        told += [(f"{state} now", str(sum(item["pool"][state] for item in apps))) for state in ("warm", "cold")]
    return [{"name": name, "value": value} for name, value in told]


def operator_has_pools(capacity: Fields) -> bool:
    """Whether instances are kept ready; also where the operator could not be found."""
    return capacity["operator"] is None or bool(capacity["operator"]["eager"])


def _pools(looks: t.Iterable[Fields], names: t.Collection[str] | None) -> list[dict[str, t.Any]]:
    """Sums over the app definitions of the exam, of the looks that saw all of them."""
    found = []
    for look in looks:
        wanted = names if names is not None else look["pools"].keys()
        if look["pools"] and look["pools"].keys() >= set(wanted):
            counts = {state: sum(look["pools"][name][state] for name in wanted) for state in _POOL}
            found.append({"at": look["at"], **counts})
    return found


def by_minute(logins: t.Iterable[Login]) -> list[dict[str, t.Any]]:
    """Logins of each minute from the first one to the last one, and how long the slowest waited."""
    minutes: dict[datetime, list[Login]] = collections.defaultdict(list)
    for login in logins:
        minutes[login.created.replace(second=0, microsecond=0)].append(login)
    if minutes and (last := max(minutes)) - (first := min(minutes)) <= _LONGEST:
        # A minute without a login is shown as one.
        for number in range(round((last - first).total_seconds() / 60)):
            minutes.setdefault(first + timedelta(minutes=number), [])
    return [
        {
            "at": f"{minute:%Y-%m-%dT%H:%M:%SZ}",
            "logins": len(some),
            "median_seconds": figures_of(some).median,
            "slowest_seconds": figures_of(some).slowest,
        }
        for minute, some in sorted(minutes.items())
    ]


def _app_definition(item: Fields) -> dict[str, t.Any]:
    pool = item["pool"]
    counts = {state: pool[state] for state in ("total", "claimed", "warm", "cold", "dirty")}
    held = holding(item) if item["ledger"] else []
    bounds = {field: item[field] for field in ("name", "min_instances", "max_instances", "sessions")}
    return {**bounds, **counts, "held_by": held}


def _session(record: Fields) -> dict[str, t.Any]:
    findings = [finding["code"] for finding in record.get("findings") or ()]
    known = {field: record.get(field) for field in ("name", "user", "app_definition", "state", "outcome", "reason")}
    return {**known, "findings": findings}


def _missing(found: Fields) -> dict[str, str]:
    return {**found["capacity"]["missing"], **found["sessions"]["missing"]}


def when(text: str) -> datetime:
    """A time of a report."""
    return t.cast(datetime, parse_time(text))
