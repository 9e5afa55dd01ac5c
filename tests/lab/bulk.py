# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of sessions at once, written straight into the lab's database.

Through the operator ten thousand sessions would take the better part of an hour. So a few real ones are started and
taken down as patterns, one per app definition, start mode and fault, and copied with other names, uids, ages and
figures. The API server sees the copies as any other objects, but nothing has validated them; therefore one copy of
every pattern is first offered to it in a dry run. What is left out: HTTPRoutes, the addresses of Services, and
whatever would have happened on the way.

A running operator leaves sessions that are settled alone. Cases that are not ("starting", "pending") it takes up at
once: where they are to stay as they are, `record` first, stop it, and `write` then. The controllers of the whole lab
stand still while copies are written, so a lab that others use is no place for this.
"""

from __future__ import annotations

import collections
import contextlib
import json
import re
import signal
import time
import typing as t
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import samples
from lab.api import LabError, Object, path_of, wait_until
from lab.cases import Case
from lab.control_plane import ControlPlane
from lab.installation import Installation
from lab.operator.names import instance_number
from lab.samples import Recorder, Sample, pattern_of
from lab.service.names import ephemeral_session_name
from lab.store import key_of
from lab.world import CLAIM_SECONDS, TIME_FORMAT, memory_limits

UNSETTLED_FAULTS = ("starting", "pending")
FAULTS = (*samples.PATTERN_FAULTS, "failed", "no-url", "no-pod", *UNSETTLED_FAULTS)
RECORDERS = 3
CONTROLLER_SECONDS = 600.0


class Pattern(t.NamedTuple):
    """A text with keys and values of all objects of a session, and what to put in place of which part of it."""

    text: str
    parts: re.Pattern[str]
    tokens: dict[str, str]
    sample: Sample


Kind: t.TypeAlias = tuple[str, str, str]
Patterns: t.TypeAlias = t.Mapping[Kind, Pattern]


def record(installation: Installation, people: t.Sequence[Case]) -> Patterns:
    """Start real sessions of every kind that occurs among the cases, take them down, and stop them.

    Operator and service must be running, and app definitions of eager cases must have one free instance.
    """
    wanted: dict[str, set[tuple[str, str]]] = collections.defaultdict(set)
    for name, start, fault in map(_kind, people):
        wanted[name].add((start, fault))

    def record_one(name: str) -> dict[Kind, Pattern]:
        faults: dict[bool, set[str]] = collections.defaultdict(set)
        for start, fault in wanted[name]:
            faults[start == "eager"] |= {fault} & set(samples.PATTERN_FAULTS)
        recorded = Recorder(installation, name).record(faults)
        return {
            (name, start, fault): _pattern(
                recorded[start == "eager", fault if fault in samples.PATTERN_FAULTS else ""], start, fault
            )
            for start, fault in wanted[name]
        }

    patterns: dict[Kind, Pattern] = {}
    with ThreadPoolExecutor(RECORDERS) as pool:
        for found in pool.map(record_one, wanted):
            patterns |= found
    return patterns


def write(
    installation: Installation, people: t.Sequence[Case], patterns: Patterns | None = None, *, alone: bool = False
) -> list[str]:
    """Sessions with everything that belongs to them; returns their names, in the order of the cases.

    Patterns that were recorded before serve as long as the app definitions are what they were. Alone: there are no
    controllers any more, for they would need more memory than there is to learn of so many.
    """
    _check(people)
    known = record(installation, people) if patterns is None else patterns
    highest = {name: _highest_instance(installation, name) for name, _unused, _unused in known}
    limits = memory_limits(installation)
    written: list[str] = []

    def copies() -> t.Iterator[tuple[str, str]]:
        tried: set[Kind] = set()
        for index, case in enumerate(people):
            kind = _kind(case)
            pattern = known[kind]
            number = None
            if pattern.sample.eager:
                number = highest[case.app_definition] = highest[case.app_definition] + 1
            values = _values(pattern.sample, case, index, number, limits[case.app_definition])
            pairs = _copy(pattern, values)
            if kind not in tried:
                tried.add(kind)
                _offer(installation, [json.loads(value) for _unused, value in pairs])
            written.append(values["name"])
            yield from pairs

    with contextlib.nullcontext() if alone else _without_controllers(installation.control_plane):
        installation.control_plane.store.put_all(copies())
        _raise_bounds(installation, people)
    if not alone:
        _await_controllers(installation)
    return written


@contextlib.contextmanager
def _without_controllers(control_plane: ControlPlane) -> t.Iterator[None]:
    """No controller may see half a session: one that learns of a Deployment first would build it a ReplicaSet.

    A controller manager that starts afterwards has read everything before any of its controllers acts.
    """
    processes, name = control_plane.processes, "kube-controller-manager"
    pid = processes.status()["processes"][name]["pid"]
    command = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    processes.end(name, signal.SIGKILL)
    try:
        yield
    finally:
        processes.run(name, command)


def _await_controllers(installation: Installation) -> None:
    """Until a Deployment is noticed that was created after all the others, and so stands behind them in the queue."""
    api = installation.control_plane.api
    labels = {"app": "bulk-probe"}
    container = {"name": "probe", "image": "registry.lab.invalid/probe:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    probe: Object = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "bulk-probe", "namespace": installation.namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }
    api.create(probe)
    path = path_of(probe)
    noticed = "the controllers have seen all sessions"
    wait_until(noticed, lambda: "observedGeneration" in api.get(path).get("status", {}), CONTROLLER_SECONDS)
    api.delete(path)


def _check(people: t.Sequence[Case]) -> None:
    unknown = {case.fault for case in people} - {None, *FAULTS}
    if unknown:
        raise LabError(f"faults of bulk sessions are {', '.join(FAULTS)}, not {', '.join(map(str, unknown))}")
    twice = [
        name
        for name, count in collections.Counter(
            ephemeral_session_name(case.user, case.app_definition) for case in people
        ).items()
        if count > 1
    ]
    if twice:
        raise LabError(f"two cases would share the session name {twice[0]}")


def _kind(case: Case) -> Kind:
    return case.app_definition, case.start, case.fault or ""


def _pattern(sample: Sample, start: str, fault: str) -> Pattern:
    objects = pattern_of(sample, fault or None, start)
    text = "\n".join(f"{key_of(obj)}\t{json.dumps(obj)}" for obj in objects)
    tokens = samples.model_tokens(sample) | {
        samples.CREATED: "created",
        str(samples.ACTIVITY): "activity",
        samples.INSTANCE: "instance",
        samples.CPU: "cpu",
        samples.MEMORY: "memory",
    }
    longest_first = sorted(tokens, key=len, reverse=True)
    return Pattern(text, re.compile("|".join(map(re.escape, longest_first))), tokens, sample)


def _values(sample: Sample, case: Case, index: int, number: int | None, memory_limit: int) -> dict[str, str]:
    now = time.time()
    created = now - case.age_seconds
    seen = created + CLAIM_SECONDS if case.start == "eager" else now - case.idle_seconds
    name = ephemeral_session_name(case.user, case.app_definition)
    session: Object = {
        "metadata": {"name": name, "uid": str(uuid.uuid4())},
        "spec": {"name": name, "user": case.user, "appDefinition": case.app_definition},
    }
    return {
        **samples.named(sample, session, number),
        "uid": session["metadata"]["uid"],
        "secret": str(uuid.uuid4()),
        # Above the addresses that the lab's nodes hand out.
        "pod_ip": f"10.244.{128 + index // 250}.{1 + index % 250}",
        "created": time.strftime(TIME_FORMAT, time.gmtime(created)),
        "activity": str(int(seen * 1000)),
        "instance": str(number),
        "cpu": f"{round(case.cpu_millicores * 1_000_000)}n",
        "memory": f"{round(case.memory_share * memory_limit) // 1024}Ki",
    }


def _copy(pattern: Pattern, values: t.Mapping[str, str]) -> list[tuple[str, str]]:
    """Keys and values for the database. Uids of everything but the session are new wherever they first occur."""
    uids: dict[str, str] = collections.defaultdict(lambda: str(uuid.uuid4()))

    def put(match: re.Match[str]) -> str:
        what = pattern.tokens[match.group()]
        return values[what] if what in values else uids[what]

    lines = pattern.parts.sub(put, pattern.text).split("\n")
    return [(key, value) for key, _unused, value in (line.partition("\t") for line in lines)]


def _offer(installation: Installation, objects: t.Sequence[Object]) -> None:
    """Let the API server judge a copy, without keeping it."""
    api = installation.control_plane.api
    for obj in objects:
        collection = path_of(obj).rpartition("/")[0]
        answer = api.request("POST", f"{collection}?dryRun=All", obj)
        if answer.status >= 400:
            raise LabError(f"the API server would refuse {key_of(obj)}: {answer.body.decode(errors='replace')}")


def _highest_instance(installation: Installation, name: str) -> int:
    uid = installation.get("appdefinitions", name)["metadata"]["uid"]
    taken = [
        instance_number(service["metadata"]["name"])
        for service in installation.items("services")
        if uid in [owner["uid"] for owner in service["metadata"].get("ownerReferences", ())]
    ]
    return max((number for number in taken if number is not None), default=0)


def _raise_bounds(installation: Installation, people: t.Sequence[Case]) -> None:
    """The pool is as large as its highest instance, as if it had been built so; no generation is raised for it."""
    for name in {case.app_definition for case in people if case.start == "eager"}:
        highest = _highest_instance(installation, name)

        def enlarge(stored: Object, highest: int = highest) -> None:
            stored["spec"]["minInstances"] = max(stored["spec"]["minInstances"], highest)
            stored["spec"]["maxInstances"] = max(stored["spec"]["maxInstances"], highest)

        installation.control_plane.store.change(installation.get("appdefinitions", name), enlarge)
