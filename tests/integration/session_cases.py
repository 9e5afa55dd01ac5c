# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions made of plain data: on either side of every threshold, and whatever their status lacks.

What has to be found is written down beside how a session is made. Where a status lacks what a finding rests on, that
is: not this one.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ansible_collections.eduide.theia.plugins.module_utils._platform.operator import Operator
from integration.lab.operator_site import EMAILS
from integration.session_corpus import JAVA
from lab.world import is_ready
from unit.session_world import OPERATOR, World, ago, millis

Build = t.Callable[[World], t.Any]
Status = dict[str, t.Any]
Codes = t.Collection[str]

FIELDS = ("operatorStatus", "operatorMessage", "url", "error", "lastActivity")
WELL = {"operatorStatus": "HANDLED", "url": "ide.example.org/x/"}
HANDLED, ERROR = {"operatorStatus": "HANDLED"}, {"operatorStatus": "ERROR"}
THREE_GIGABYTES = 3_000_000_000
INTERVAL, REAPED = 180, 60 * 60 + 2 * 180 + 60
SOON = timedelta(minutes=5)


class Made(t.NamedTuple):
    """One installation with a session in it (or two that are alike)."""

    how: str
    findings: frozenset[str]
    world: World
    operator: Operator = OPERATOR
    about: str | None = None
    """The finding that is to be told from others here."""

    @property
    def occupied(self) -> bool:
        """Whether somebody can be at work in it: its pod is ready, and no empty address list keeps its user out."""
        admitted = [config_map["data"][EMAILS] for config_map in self.world.objects["address_lists"]]
        return any(map(is_ready, self.world.objects["pods"])) and all(admitted)


def made() -> list[Made]:
    return [*beside_thresholds(), *at_work(), *lacking()]


def beside_thresholds() -> t.Iterator[Made]:
    """One second and two on either side of each."""
    for seconds in (-2, -1, 0, 1, 2):
        for code, findings, build in _at(seconds):
            yield Made(f"{code}, {seconds} s from its threshold", frozenset(findings), _world(build), about=code)


def at_work() -> t.Iterator[Made]:
    for number in range(150):
        for start in (lazy, eager):
            build = start({"memory": number * 10**7}, **WELL, age=timedelta(minutes=5 + number))
            yield Made("at work", frozenset(), _world(build))


def lacking() -> t.Iterator[Made]:
    """Each finding, by whatever its session's status may lack."""
    for code, case in CLASSES:
        for words, status, found in _statuses(case):
            world = _world(case.build)
            session = world.objects["sessions"][0]
            del session["status"]
            session.update(status)
            operator = OPERATOR._replace(sessions_per_user=case.sessions_per_user)
            how = f"{code}, {words}" + ("" if code in found else f": nobody can tell that it is {code}")
            yield Made(how, frozenset(found), world, operator, about=code)


def _world(build: Build) -> World:
    world = World()
    world.app_definition(JAVA)
    build(world)
    return world


# --- how sessions are made


def alone(**details: t.Any) -> Build:
    return lambda world: world.session("s1", **details)


def lazy(objects: Status, **details: t.Any) -> Build:
    return lambda world: world.lazy_objects(world.session("s1", **details), **objects)


def eager(objects: Status, **details: t.Any) -> Build:
    def build(world: World) -> None:
        app = world.objects["app_definitions"][0]
        world.claimed_instance(world.session("s1", strategy="eager", instance=1, **details), app, 1, **objects)

    return build


def both(*builds: Build) -> Build:
    return lambda world: [build(world) for build in builds]


# --- beside thresholds

ODDITIES: tuple[Status, ...] = (
    {},
    {"operatorMessage": None},
    {"error": None},
    {"lastActivity": None},
    {"lastActivity": 0},
    {"error": "551:late"},
)


def _at(seconds: int) -> t.Iterator[tuple[str, Codes, Build]]:
    due = seconds >= 0
    for oddity in ODDITIES:
        yield from _at_with(oddity, seconds)
    away = {**WELL, "age": timedelta(hours=4), "lastActivity": millis(seconds=30 * 60 + INTERVAL + seconds)}
    yield "idle", {"idle"} if due else (), lazy({}, **away)
    yield "idle", (), eager({}, **away)
    blind = {**WELL, "age": timedelta(hours=4), "lastActivity": millis(seconds=REAPED + seconds)}
    yield "not_reaped", {"not_reaped"} if seconds > 0 else (() if seconds == 0 else {"idle"}), lazy({}, **blind)
    for start in (lazy, eager):
        used = {"memory": THREE_GIGABYTES * 85 // 100 + seconds}
        yield "high_memory", {"high_memory"} if due else (), start(used, **WELL, age=timedelta(hours=1))


def _at_with(oddity: Status, seconds: int) -> t.Iterator[tuple[str, Codes, Build]]:
    due = seconds >= 0
    yield "unseen", {"unseen"} if due else (), alone(**oddity, age=timedelta(seconds=120 + seconds))
    strategies: tuple[Status, ...] = ({}, {"strategy": "eager", "instance": 1})
    for strategy in strategies:
        started = {**oddity, **strategy, "age": timedelta(seconds=300 + seconds)}
        yield "stuck_starting", {"stuck_starting"} if due else (), alone(**started, operatorStatus="HANDLING")
        yield "no_pod", {"not_ready", "no_pod"} if due else {"not_ready"}, alone(**{**WELL, **started})
    waits = {**oddity, **HANDLED, "age": timedelta(seconds=600 + seconds)}
    yield "no_url", {"no_url"} if due else (), lazy({"pod": False}, **waits)
    yield "no_url_but_running", {"no_url_but_running"} if due else (), lazy({}, **waits)
    old = {**WELL, **oddity, "age": timedelta(minutes=480, seconds=seconds)}
    yield "too_old", {"too_old"} if due else (), lazy({}, **old)
    yield "too_old", {"too_old"} if due else (), eager({}, **old)
    ended = {**WELL, **oddity, "age": timedelta(minutes=1440, seconds=2 * INTERVAL + 60 + seconds)}
    yield "not_reaped", {"too_old", "not_reaped"} if seconds > 0 else {"too_old"}, eager({}, **ended)


# --- what a status may lack


class Class(t.NamedTuple):
    """How one kind of trouble is made, and what is found of it by what its status says."""

    build: Build
    status: Status
    whole: Codes
    """Found with all that the finding rests on, whatever else is missing."""
    less: dict[str, Codes]
    """Found without one of these fields."""
    nothing: Codes
    """Found without any status."""
    sessions_per_user: int = 10


def _whatever(build: Build, status: Status, *codes: str, sessions_per_user: int = 10) -> Class:
    """Trouble that is not read from the status at all."""
    return Class(build, status, codes, {"operatorStatus": codes}, codes, sessions_per_user)


def _statuses(case: Class) -> t.Iterator[tuple[str, Status, Codes]]:
    """In words, the session's field ``status`` if it has any, and what has to be found then."""
    yield "nothing else in its status", {"status": case.status}, case.whole
    yield "all else in its status null", {"status": {**dict.fromkeys(FIELDS), **case.status}}, case.whole
    for field, found in case.less.items():
        others = {name: value for name, value in case.status.items() if name != field}
        yield f"without {field}", {"status": others}, found
        yield f"{field} null", {"status": {**others, field: None}}, found
    yield "all of its status null", {"status": dict.fromkeys(FIELDS)}, case.nothing
    yield "status empty", {"status": {}}, case.nothing
    yield "status null", {"status": None}, case.nothing
    yield "without a status", {}, case.nothing


_REFUSED = 'pods "x" is forbidden: exceeded quota: quota, requested: pods=1, used: pods=9, limited: pods=9'
_IDLE = {**WELL, "lastActivity": millis(minutes=40)}
_SILENT = {**WELL, "lastActivity": millis(seconds=REAPED + 1)}
_NOTHING: Codes = ()
_GONE, _DOWN = ("no_pod", "not_ready"), ("crash_loop", "not_ready")


def _held(world: World) -> None:
    """Its deletion waits for somebody else."""
    metadata = world.objects["sessions"][0]["metadata"]
    metadata |= {"deletionTimestamp": ago(minutes=1), "finalizers": ["lab.invalid/audit"]}


def _evicted(world: World) -> None:
    """It had another pod before."""
    replica_set = world.objects["replica_sets"][0]
    pod = world.pod(replica_set, container="java-17-latest", ready=False, phase="Failed", age=SOON)
    pod["status"] |= {"reason": "Evicted", "message": "The node was low on resource: ephemeral-storage"}
    pod["status"]["conditions"][0]["lastTransitionTime"] = ago(minutes=1)


def _misrouted(world: World) -> None:
    """The operator took the Service of a sidecar for that of the instance."""
    own = next(s for s in world.objects["services"] if not s["metadata"]["name"].endswith("-int"))
    own["metadata"] |= {"name": "instance-1-langserver-java-17-lat", "labels": {"theia-cloud.io/sidecar": "langserver"}}


CLASSES: list[tuple[str, Class]] = [
    ("failed", Class(alone(age=timedelta(minutes=1)), ERROR, ("failed",), {"operatorStatus": _NOTHING}, _NOTHING)),
    (
        "no_pod",
        Class(alone(age=SOON), WELL, _GONE, {"operatorStatus": _GONE, "url": ("no_pod",)}, ("unseen",)),
    ),
    (
        "locked_out",
        Class(
            eager({"addresses": ""}, age=SOON),
            WELL,
            ("locked_out",),
            {"operatorStatus": ("locked_out",), "url": ("locked_out",)},
            _NOTHING,
        ),
    ),
    ("misrouted", _whatever(both(eager({}, age=SOON), _misrouted), WELL, "misrouted")),
    (
        "stuck_starting",
        Class(
            alone(age=SOON),
            {"operatorStatus": "HANDLING"},
            ("stuck_starting",),
            {"operatorStatus": ("unseen",)},
            ("unseen",),
        ),
    ),
    (
        "no_url",
        Class(
            lazy({"pod": False}, age=2 * SOON),
            HANDLED,
            ("no_url",),
            {"operatorStatus": _NOTHING},
            _NOTHING,
        ),
    ),
    ("unseen", Class(alone(age=timedelta(minutes=2)), {}, ("unseen",), {}, ("unseen",))),
    (
        "blocks_user",
        Class(
            alone(age=SOON),
            ERROR,
            ("failed", "blocks_user"),
            {"operatorStatus": ("unseen", "blocks_user")},
            ("unseen", "blocks_user"),
            sessions_per_user=1,
        ),
    ),
    ("pod_refused", _whatever(lazy({"refused": _REFUSED, "pod": False}, age=SOON), HANDLED, "pod_refused")),
    (
        "unschedulable",
        _whatever(
            lazy({"ready": False, "unschedulable": "no node is large enough"}, age=SOON), HANDLED, "unschedulable"
        ),
    ),
    ("image_pull", _whatever(lazy({"ready": False, "waiting": "ImagePullBackOff"}, age=SOON), HANDLED, "image_pull")),
    (
        "crash_loop",
        Class(
            lazy({"ready": False, "waiting": "CrashLoopBackOff"}, age=SOON),
            WELL,
            _DOWN,
            {"operatorStatus": _DOWN, "url": ("crash_loop",)},
            ("crash_loop",),
        ),
    ),
    (
        "cannot_start",
        Class(
            lazy({"ready": False, "waiting": "CreateContainerError"}, age=SOON),
            WELL,
            ("cannot_start", "not_ready"),
            {"operatorStatus": ("cannot_start", "not_ready"), "url": ("cannot_start",)},
            ("cannot_start",),
        ),
    ),
    (
        "error_but_working",
        Class(
            lazy({}, age=SOON),
            {**WELL, **ERROR},
            ("error_but_working",),
            {"operatorStatus": _NOTHING},
            _NOTHING,
        ),
    ),
    ("terminating", _whatever(both(lazy({}, age=SOON), _held), WELL, "terminating")),
    ("evicted", _whatever(both(lazy({}, age=SOON), _evicted), WELL, "evicted")),
    (
        "not_ready",
        Class(
            lazy({"ready": False}, age=SOON),
            WELL,
            ("not_ready",),
            {"operatorStatus": ("not_ready",), "url": _NOTHING},
            _NOTHING,
        ),
    ),
    ("oom_killed", _whatever(lazy({"killed": ago(minutes=3), "restarts": 1}, age=SOON), WELL, "oom_killed")),
    ("high_memory", _whatever(eager({"memory": THREE_GIGABYTES * 9 // 10}, age=SOON), WELL, "high_memory")),
    ("orphaned", _whatever(lazy({}, app="deleted-latest", age=SOON), WELL, "orphaned")),
    (
        "over_user_limit",
        _whatever(
            both(lazy({}, age=SOON), lambda world: world.running("s2")), WELL, "over_user_limit", sessions_per_user=1
        ),
    ),
    (
        "not_reaped",
        _whatever(
            both(
                lazy({}, app="short", age=timedelta(minutes=30, seconds=2 * INTERVAL + 61)),
                lambda world: world.app_definition("short", timeout=30),
            ),
            WELL,
            "not_reaped",
        ),
    ),
    (
        "not_reaped",
        Class(
            lazy({}, age=timedelta(hours=4)),
            _SILENT,
            ("not_reaped",),
            {"operatorStatus": _NOTHING, "lastActivity": _NOTHING},
            _NOTHING,
        ),
    ),
    (
        "no_url_but_running",
        Class(
            lazy({}, age=2 * SOON),
            HANDLED,
            ("no_url_but_running",),
            {"operatorStatus": _NOTHING},
            _NOTHING,
        ),
    ),
    ("too_old", _whatever(lazy({}, age=timedelta(hours=8)), WELL, "too_old")),
    (
        "idle",
        Class(
            lazy({}, age=timedelta(hours=4)),
            _IDLE,
            ("idle",),
            {"operatorStatus": _NOTHING, "lastActivity": _NOTHING},
            _NOTHING,
        ),
    ),
]
