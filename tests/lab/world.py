# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People in the lab: they log in through the REST service as users do, work, idle, and run into trouble.

What the API cannot do is done in the lab's database: nobody can create an object that is older than it is, so ages
are made by rewriting `creationTimestamp`, and the times inside `status`, of objects that exist (`backdate`).
Everything else here is real: sessions, pods and pools are what operator, controllers and scheduler made of them.
"""

from __future__ import annotations

import collections
import re
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from lab import metrics
from lab.api import LabError, Object
from lab.cases import INTERRUPTED, POD_FAULTS, Case, cases, users
from lab.installation import Installation
from lab.operator import labels
from lab.service.names import ephemeral_session_name

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
QUANTITY = re.compile(r"(\d+)(k|Ki|M|Mi|G|Gi)?")
UNITS = {"k": 10**3, "Ki": 2**10, "M": 10**6, "Mi": 2**20, "G": 10**9, "Gi": 2**30, None: 1}

CLAIM_SECONDS = 2
WORKERS = 8
TELL_SECONDS = 5.0
PROXY_USAGE = metrics.Usage(cpu_millicores=1.5, memory_bytes=24 * 2**20)


Tell: t.TypeAlias = t.Callable[[str], None]


def _silent(_unused: str) -> None:
    """For callers who wait in peace."""


class Login(t.NamedTuple):
    """What came of one launch."""

    user: str
    app_definition: str
    status: int
    seconds: float
    session: str | None = None
    uid: str | None = None
    start: str | None = None
    instance_id: int | None = None
    warm: bool = False

    @property
    def outcome(self) -> str:
        """`warm`; `cold`: an instance whose pod was not ready; `lazy`: a pod of its own; or `failed`."""
        if self.status != 200 or self.uid is None:
            return "failed"
        if self.start != "eager":
            return "lazy"
        return "warm" if self.warm else "cold"


class Place(t.NamedTuple):
    """A session with the objects it runs on, as far as they exist."""

    session: Object
    deployment: Object | None
    pod: Object | None


def login_wave(
    installation: Installation, who: t.Sequence[str], app_definition: str, *, concurrency: int = 20
) -> list[Login]:
    """Everybody at once, so many at a time. One record each, in the order of the users.

    Warm means: an instance of the pool, whose pod was ready before the session was created. Times have whole
    seconds, so a pod that became ready within the second of the creation, and after the wave began, counts as cold.
    """
    return _log_in(installation, [(user, app_definition) for user in who], concurrency)


def students(
    installation: Installation, count: int, *, seed: int = 0, first: int = 1, concurrency: int = WORKERS
) -> list[Login]:
    """So many students who started over the last two hours and are at work, spread over the app definitions."""
    definitions = [definition["metadata"]["name"] for definition in installation.items("appdefinitions")]
    people = cases(count, seed, app_definitions=definitions, faults=())
    at_work = [
        case._replace(user=user, age_seconds=300 + case.age_seconds % 6900, idle_seconds=0)
        for case, user in zip(people, users(count, first), strict=True)
    ]
    return populate(installation, at_work, concurrency=concurrency)


def populate(
    installation: Installation, people: t.Sequence[Case], *, concurrency: int = WORKERS, tell: Tell = _silent
) -> list[Login]:
    """Let people start their sessions, and then make the sessions look as their cases say.

    How a session starts is the operator's choice, not the case's.
    """
    logins = _log_in(installation, [(case.user, case.app_definition) for case in people], concurrency, tell)
    places = places_of(installation)
    limits = memory_limits(installation)

    def settle(case: Case, login: Login) -> None:
        if login.uid is not None and login.uid in places:
            dress(installation, case, places[login.uid], limits[case.app_definition])

    with ThreadPoolExecutor(WORKERS) as pool:
        collections.deque(pool.map(settle, people, logins), maxlen=0)
    return logins


def dress(installation: Installation, case: Case, place: Place, memory_limit: int) -> None:
    """Make a running session look as its case says: age, activity, usage, fault."""
    if place.pod is not None:
        backdate(installation, place.pod, case.age_seconds)
        _set_usage(installation, place.pod, case, memory_limit)
        _annotate(installation, place.pod, case)
    backdate(installation, place.session, case.age_seconds)
    path = installation.here.path("sessions", place.session["metadata"]["name"])
    installation.control_plane.api.merge(f"{path}/status", {"status": _status(place.session, case)})


def backdate(installation: Installation, obj: Object, seconds: float) -> None:
    """Make an object older: when it was created, and the times in its status that are written as text."""
    installation.control_plane.store.change(obj, lambda stored: stored.update(aged(stored, seconds)))


def seed(installation: Installation, *, sessions: int, seed: int, tell: Tell = _silent) -> str:
    """Put students into an installation; the answer says what is there now, `tell` hears how far it is."""
    definitions = [definition["metadata"]["name"] for definition in installation.items("appdefinitions")]
    if not definitions:
        raise LabError(f"{installation.namespace} has no app definitions, so nobody can start a session")
    java_first = sorted(definitions, key=lambda name: (not name.startswith("java"), name))
    people = cases(sessions, seed, app_definitions=java_first)
    started = time.monotonic()
    logins = populate(installation, people, concurrency=2 * WORKERS, tell=tell)
    return _summary(people, logins, time.monotonic() - started)


def places_of(installation: Installation) -> dict[str, Place]:
    """All sessions by uid, each with its Deployment and the oldest of its pods."""
    deployments = {
        owner["uid"]: deployment
        for deployment in installation.items("deployments")
        for owner in deployment["metadata"].get("ownerReferences", ())
        if owner["kind"] == "Session" and labels.SIDECAR not in labels.labels_of(deployment)
    }
    # Lists of built-in kinds leave out what their items are.
    pods = [{"apiVersion": "v1", "kind": "Pod", **pod} for pod in installation.items("pods")]
    newest_first = sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), reverse=True)
    by_app = {pod["metadata"]["labels"].get("app"): pod for pod in newest_first}
    places = {}
    for session in installation.items("sessions"):
        own = deployments.get(session["metadata"]["uid"])
        pod = by_app.get(own["spec"]["selector"]["matchLabels"]["app"]) if own else None
        places[session["metadata"]["uid"]] = Place(session, own, pod)
    return places


def aged(obj: Object, seconds: float) -> Object:
    """The same object, created and written earlier, with every time in its status earlier by as much."""
    past = timedelta(seconds=seconds)
    times = {key: obj["metadata"][key] for key in ("creationTimestamp", "managedFields") if key in obj["metadata"]}
    metadata = {**obj["metadata"], **_earlier(times, past)}
    return {**obj, "metadata": metadata, **({"status": _earlier(obj["status"], past)} if "status" in obj else {})}


def _earlier(value: t.Any, past: timedelta) -> t.Any:
    if isinstance(value, dict):
        return {key: _earlier(item, past) for key, item in value.items()}
    if isinstance(value, list):
        return [_earlier(item, past) for item in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return (datetime.strptime(value, TIME_FORMAT).replace(tzinfo=UTC) - past).strftime(TIME_FORMAT)
    return value


def _log_in(
    installation: Installation, wanted: t.Sequence[tuple[str, str]], concurrency: int, tell: Tell = _silent
) -> list[Login]:
    ready_before = {pod["metadata"]["uid"] for pod in installation.items("pods") if is_ready(pod)}

    def launch(user: str, app_definition: str) -> Login:
        began = time.monotonic()
        answer = installation.launch(user, app_definition)
        return Login(user, app_definition, answer.status, time.monotonic() - began)

    with ThreadPoolExecutor(concurrency) as pool:
        logins = list(_told(pool.map(lambda one: launch(*one), wanted), len(wanted), tell))
    by_name = {place.session["metadata"]["name"]: place for place in places_of(installation).values()}
    return [_with_place(login, by_name, ready_before) for login in logins]


def _told(logins: t.Iterable[Login], total: int, tell: Tell) -> t.Iterator[Login]:
    last = time.monotonic()
    for number, login in enumerate(logins, start=1):
        if time.monotonic() - last > TELL_SECONDS:
            last = time.monotonic()
            tell(f"{number} of {total} launches are answered.")
        yield login


def _with_place(login: Login, by_name: t.Mapping[str, Place], ready_before: t.Collection[str]) -> Login:
    place = by_name.get(ephemeral_session_name(login.user, login.app_definition))
    if place is None:
        return login
    metadata = place.session["metadata"]
    number = labels.annotations_of(place.session).get(labels.INSTANCE_ID)
    start = start_of(place.session)
    return login._replace(
        session=metadata["name"],
        uid=metadata["uid"],
        start=start,
        instance_id=None if number is None else int(number),
        warm=start == "eager" and place.pod is not None and _was_ready(place.pod, metadata, ready_before),
    )


def _was_ready(pod: Object, session: Object, ready_before: t.Collection[str]) -> bool:
    since = _ready_since(pod)
    if since is None:
        return False
    return pod["metadata"]["uid"] in ready_before or since < session["creationTimestamp"]


def start_of(session: Object) -> str:
    """`eager`, `lazy-fallback`, or `lazy`, which the operator does not write down."""
    return labels.annotations_of(session).get(labels.START_STRATEGY, "lazy")


def is_ready(pod: Object) -> bool:
    return _ready_since(pod) is not None


def _ready_since(pod: Object) -> str | None:
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "Ready" and condition["status"] == "True":
            return t.cast(str, condition["lastTransitionTime"])
    return None


def _status(session: Object, case: Case) -> Object:
    """The activity of a pool instance's session stays at its claim: the platform never learns more."""
    now = datetime.now(UTC).timestamp()
    eager = start_of(session) == "eager"
    seen = now - case.age_seconds + CLAIM_SECONDS if eager else now - case.idle_seconds
    status: Object = {"lastActivity": int(seen * 1000)}
    if case.fault == "no-url":
        status["url"] = None
    if case.fault == "failed":
        status |= {"url": None, "operatorStatus": "ERROR", "operatorMessage": INTERRUPTED}
    return status


def _annotate(installation: Installation, pod: Object, case: Case) -> None:
    """What the IDE stand-in will say of its user, and what the nodes will do to the pod."""
    seen = datetime.now(UTC) - timedelta(seconds=case.idle_seconds)
    annotations = {"lab/last-activity": str(int(seen.timestamp() * 1000)) if case.idle_seconds else "now"}
    if case.fault in POD_FAULTS:
        annotations["lab/fault"] = case.fault
    path = installation.here.path("pods", pod["metadata"]["name"])
    installation.control_plane.api.merge(path, {"metadata": {"annotations": annotations}})


def _set_usage(installation: Installation, pod: Object, case: Case, memory_limit: int) -> None:
    ide = metrics.Usage(case.cpu_millicores, round(case.memory_share * memory_limit))
    names = [container["name"] for container in pod["spec"]["containers"]]
    usage = {name: ide if name == case.app_definition else PROXY_USAGE for name in names}
    metrics.set_usage(installation.control_plane.api, pod, usage)


def memory_limits(installation: Installation) -> dict[str, int]:
    definitions = installation.items("appdefinitions")
    return {found["metadata"]["name"]: _bytes(found["spec"]["limitsMemory"]) for found in definitions}


def _bytes(quantity: str) -> int:
    match = QUANTITY.fullmatch(quantity)
    if match is None:
        raise LabError(f"{quantity} is not a quantity of memory that the world builder knows")
    return int(match[1]) * UNITS[match[2]]


def _summary(people: t.Sequence[Case], logins: t.Sequence[Login], seconds: float) -> str:
    starts = collections.Counter((login.app_definition, login.start or "failed") for login in logins)
    faults = collections.Counter(case.fault for case in people if case.fault)
    started = sum(1 for login in logins if login.uid is not None)
    lines = [f"{started} of {len(logins)} sessions are there, after {seconds:.0f} s."]
    lines += [f"  {count:>5}  {name}  {start}" for (name, start), count in sorted(starts.items())]
    if faults:
        lines.append("In trouble: " + ", ".join(f"{count} {fault}" for fault, count in sorted(faults.items())))
    return "\n".join(lines)
