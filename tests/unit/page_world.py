# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exam of 420 students as the modules tell of it, without a cluster: what pages are made of."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import format_time
from ansible_collections.eduide.theia.plugins.module_utils._status.page.observations import (
    nothing,
    run_of,
    with_look,
    with_run,
)
from ansible_collections.eduide.theia.plugins.module_utils._status.page.report import Subject, report_of

START = datetime(2027, 2, 11, 8, 0, tzinfo=UTC)
EXAM, JAVA = "pgdp-final", "java-17-latest"
STUDENTS = 420


def at(minutes: float) -> str:
    """So many minutes after the start of the exam."""
    return format_time(START + timedelta(minutes=minutes))


def exam(**changes):
    window = {"start": at(0), "end": at(120), "shield_from": at(-30), "shield_until": at(165)}
    history = [{"at": at(-600), "action": "declared", "run": "root@duty", "outcome": "recorded"}]
    about = {"name": EXAM, "participants": STUDENTS, "app_definitions": [{"name": JAVA, "warm": STUDENTS}]}
    return {**about, **window, "users": [], "closed_at": None, "source": "calendar", "history": history, **changes}


def app(*, name=JAVA, minimum=3, warm=3, claimed=0, cold=0, holds=(), draining_since=None):
    ledger = {"holds": [{"exam": hold, "ended": False} for hold in holds], "draining_since": draining_since}
    pool = {"total": warm + claimed + cold, "warm": warm, "claimed": claimed, "cold": cold, "dirty": 0, "locked_out": 0}
    bounds = {"name": name, "min_instances": minimum, "max_instances": 1000, "sessions": claimed}
    return {**bounds, "pool": pool, "ledger": ledger if holds else None}


def found(minutes: float, *apps, exams=None, logins=(), sessions=(), percent=40.0, **more):
    """What `theia_status` returns."""
    quota = {"quota": "theia", "resource": "pods", "used": str(int(percent * 5)), "hard": "500", "percent": percent}
    capacity = {
        "app_definitions": list(apps),
        "quotas": [quota],
        "operator": {"eager": True, "leading": True},
        "verdicts": [
            {
                "app_definitions": [JAVA],
                "headline": f"{JAVA}: 60 more students, 60 on a warm instance; quota theia pods",
            }
        ],
        "seen_at": at(minutes),
        "missing": {},
    }
    about = {"sessions": {"sessions": list(sessions), "missing": {}}, "watch": None, "logins": list(logins)}
    return {"capacity": capacity, "exams": [exam()] if exams is None else exams, **about, **more}


def login(number: int, minutes: float, seconds: float | None = 4, start="eager", definition=JAVA, ready=-600.0):
    """A session, how long after its creation it had its URL at the latest, and its pod was ready."""
    created = START + timedelta(minutes=minutes)
    ready_at = format_time(created + timedelta(seconds=ready))
    url_by = None if seconds is None else format_time(created + timedelta(seconds=seconds))
    about = {"uid": f"uid-{number}", "app_definition": definition, "start": start}
    return {**about, "created": format_time(created), "url_by": url_by, "ready_at": ready_at}


def warmed(failure=None):
    """What `theia_capacity` returns of a warm-up that took a minute."""
    steps = [(0, 3, 420), (10, 60, 363), (20, 170, 253), (35, 300, 123), (50, 400, 23), (61, 423, 0)]
    looks = [{"at": at(-30 + s / 60), "warm": warm, "claimed": 0, "cold": cold} for s, warm, cold in steps]
    item = {"name": JAVA, "before": {"min_instances": 3}, "after": {"min_instances": 423}, "draining": []}
    return {
        "app_definitions": [{**item, "looks": looks, "seconds_to_warm": 61.4}],
        **({"msg": failure} if failure else {}),
    }


def whole_exam(*, slow: int = 0, over: bool = False, seed: int = 7):
    """The look at the end and all that runs observed: warmed, 420 logins within 20 minutes, looks in between."""
    draw = random.Random(seed)
    logins = [login(n, max(-2.0, draw.gauss(3, 3)), draw.choice((2, 3, 3, 4, 6))) for n in range(STUDENTS)]
    logins[:slow] = [login(n, 4 + n / 100, 48, ready=40) for n in range(slow)]
    seen = nothing()
    first = found(-28, app(minimum=423, warm=423, holds=[EXAM]), percent=88)
    seen = with_run(with_look(seen, first), run_of("pre_exam", warmed(), at=at(-28), exam=EXAM, check=False), warmed())
    for minutes in range(0, 130, 5):
        there = [each for each in logins if each["created"] <= at(minutes)]
        claimed = len(there) if minutes <= 90 else max(0, STUDENTS - (minutes - 90) * 10)
        pool = app(minimum=423, warm=max(0, 423 - claimed - 5), claimed=claimed, cold=5, holds=[EXAM])
        last = found(minutes, pool, logins=there if minutes <= 90 else (), percent=88 + minutes / 20)
        seen = with_look(seen, last)
    if over:
        last = found(170, app(), exams=[exam(closed_at=at(168))])
        lowered = {
            "app_definitions": [
                {"name": JAVA, "before": {"min_instances": 423}, "after": {"min_instances": 3}, "draining": []}
            ]
        }
        seen = with_run(
            with_look(seen, last), run_of("post_exam", lowered, at=at(170), exam=EXAM, check=False), lowered
        )
    return last, seen


TROUBLED = {
    "name": "ws-java-17-latest-a-very-long-name-of-a-session-that-nobody-would-type-0123456789",
    "uid": "uid-1",
    "user": "a.student.with.a.rather.long.name@student.university.example.org",
    "app_definition": JAVA,
    "state": "failed",
    "findings": [{"code": "failed", "evidence": ""}, {"code": "blocks_user", "evidence": ""}],
}


def report(*, host="production", playbook="status", lines=(), sessions=(TROUBLED,), **how):
    """The report of a whole exam."""
    last, seen = whole_exam(**how)
    subject = Subject(host, ("https://cluster.example.org:6443", "theia-prod"), playbook, EXAM, False)
    return report_of(subject, last, seen, lines=lines, sessions=sessions)
