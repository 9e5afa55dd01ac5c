# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions brought into trouble by acting on a real control plane, each labelled by what was done to it.

Nothing here asks our own code what is wrong with a session: the label follows from the act.

`CORPUS=whole` makes more than a thousand of them (`make corpus-proof`), else it is an eighth of each group.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import typing as t
from datetime import UTC, datetime

from integration.lab.operator_site import EMAILS, STRATEGY, Object
from integration.session_site import SessionSite
from lab import chart, metrics, world
from lab.api import wait_until

PATIENCE = 240.0
JAVA, C = "java-17-latest", "c-latest"
WHOLE = os.environ.get("CORPUS") == "whole"


def some(count: int) -> int:
    """How many there are of a group that has so many in the whole corpus."""
    return count if WHOLE else max(2, count // 8)


# Whoever sits on an instance of its own, and those who have three; the pool is as large.
_GROUPS = {"well": 40, "locked": 20, "crash": 20, "oom": 20, "unready": 15, "large": 20, "failing": 10}
EAGER = {group: some(count) for group, count in _GROUPS.items()}
CROWDS = some(10)
POOL = sum(EAGER.values()) + 3 * CROWDS


class Label(t.NamedTuple):
    """What has to be found of a session, and whether somebody can be at work in it, whatever is found."""

    how: str
    findings: frozenset[str]
    occupied: bool


class Scene:
    """One installation and the labels of its sessions, by uid."""

    def __init__(self, site: SessionSite) -> None:
        self.site = site
        self.labels: dict[str, Label] = {}

    def label(self, names: t.Iterable[str], how: str, *findings: str, occupied: bool = False) -> None:
        uids = {session["metadata"]["name"]: session["metadata"]["uid"] for session in self._sessions()}
        for name in names:
            self.labels[uids[name]] = Label(how, frozenset(findings), occupied)

    def create(
        self, group: str, count: int, definition: str, user: str = "{name}@students.lab.invalid", **spec: str
    ) -> list[str]:
        """New sessions, as the service would create them; returns at once."""
        names = [f"{group}-{number}" for number in range(count)]

        def one(name: str) -> None:
            body = {
                "name": name,
                "user": user.format(name=name),
                "appDefinition": definition,
                "sessionSecret": f"secret-{name}",
                **spec,
            }
            metadata = {"name": name, "namespace": self.site.namespace}
            self.site.lab.api.create(
                {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "metadata": metadata, "spec": body}
            )

        self.site.each(one, names)
        return names

    def started(self, group: str, count: int, definition: str, **details: str) -> list[str]:
        """New sessions in which somebody could be at work."""
        names = self.create(group, count, definition, **details)
        self.site.with_url(*names)
        self.until_ready(names)
        return names

    def until(self, what: str, names: t.Collection[str], reached: t.Callable[[Object], bool]) -> None:
        """Wait until all these sessions are so."""
        wanted = set(names)

        def all_are() -> bool:
            found = [s for s in self._sessions() if s["metadata"]["name"] in wanted]
            return len(found) == len(wanted) and all(map(reached, found))

        wait_until(f"{len(wanted)} sessions {what}", all_are, PATIENCE, pause_seconds=0.5)

    def until_handled(self, names: t.Collection[str], word: str = "HANDLED") -> None:
        self.until(f"are {word}", names, lambda s: (s.get("status") or {}).get("operatorStatus") == word)

    def until_ready(self, names: t.Collection[str], *, ready: bool = True) -> None:
        def all_are() -> bool:
            pods = self.pods(names)
            return len(pods) == len(names) and all(world.is_ready(pod) is ready for pod in pods.values())

        wait_until(f"{len(names)} pods are {'' if ready else 'not '}ready", all_are, PATIENCE, pause_seconds=0.5)

    def pods(self, names: t.Collection[str]) -> dict[str, Object]:
        """The pods of sessions, by session name."""
        places = world.places_of(self.site.installation).values()
        return {
            place.session["metadata"]["name"]: place.pod
            for place in places
            if place.pod is not None and place.session["metadata"]["name"] in names
        }

    def fault(self, names: t.Collection[str], fault: str) -> None:
        """Let the kubelets treat the pods of these sessions so."""
        for pod in self.pods(names).values():
            path = self.site.installation.here.path("pods", pod["metadata"]["name"])
            self.site.lab.api.merge(path, {"metadata": {"annotations": {"lab/fault": fault}}})

    def older(self, names: t.Collection[str], *, minutes: float) -> None:
        """Let it all have happened so long ago: creation, writes, and the activity that was noted."""
        seconds = minutes * 60

        def earlier(stored: Object) -> None:
            stored.update(world.aged(stored, seconds))
            if (stored.get("status") or {}).get("lastActivity"):
                stored["status"]["lastActivity"] -= int(seconds * 1000)

        wanted = set(names)
        for session in self._sessions():
            if session["metadata"]["name"] in wanted:
                self.site.lab.store.change(session, earlier)

    def last_used(self, names: t.Iterable[str], *, minutes: float) -> None:
        """As the operator's monitor would have noted it."""
        moment = int((time.time() - minutes * 60) * 1000)
        self.site.each(lambda name: self.site.write_status(name, lastActivity=moment), names)

    def delete_owned(self, names: t.Collection[str], *plurals: str) -> None:
        """Take away what belongs to these sessions, and wait until no pod is left."""
        uids = {s["metadata"]["uid"] for s in self._sessions() if s["metadata"]["name"] in set(names)}
        for plural in plurals:
            for item in self.site.installation.items(plural):
                if uids & {owner["uid"] for owner in item["metadata"].get("ownerReferences", [])}:
                    self.site.lab.api.delete(self.site.installation.here.path(plural, item["metadata"]["name"]))
        gone = f"no pod of {len(uids)} sessions is left"
        labels = [f"theia-cloud.io/session-uuid={uid}" for uid in uids]
        wait_until(
            gone,
            lambda: not any(self.site.installation.items("pods", labelSelector=label) for label in labels),
            PATIENCE,
            pause_seconds=1,
        )

    def _sessions(self) -> list[Object]:
        return t.cast(list[Object], self.site.installation.items("sessions"))


def eager_scene(site: SessionSite) -> Scene:
    """A pool with students in it, some of whom are in trouble."""
    scene = Scene(site)
    site.installation.wait_warm(JAVA, POOL, PATIENCE)
    groups = {group: scene.started(group, count, JAVA) for group, count in EAGER.items()}
    crowded = [scene.started(f"crowd-{number}", 3, JAVA, user=f"crowd-{number}") for number in range(CROWDS)]
    assert {s["metadata"]["annotations"][STRATEGY] for s in site.installation.items("sessions")} == {"eager"}
    for session in site.installation.items("sessions"):
        if session["metadata"]["name"] in groups["locked"]:
            blank_address_list(scene, session)
    scene.fault(groups["crash"], "crash-loop")
    scene.fault(groups["oom"], "oom")
    scene.fault(groups["unready"], "not-ready")
    for pod in scene.pods(groups["large"]).values():
        metrics.set_usage(site.lab.api, pod, {JAVA: metrics.Usage(cpu_millicores=900, memory_bytes=2_700_000_000)})
    for name in groups["failing"]:
        site.write_status(name, operatorStatus="ERROR", operatorMessage="Reserving the prewarmed instance failed.")
    scene.until_ready([*groups["crash"], *groups["unready"]], ready=False)
    wait_until("pods ran out of memory", lambda: all(map(ran_out, scene.pods(groups["oom"]).values())), PATIENCE)
    scene.label(groups["well"], "at work on an instance", occupied=True)
    scene.label(groups["locked"], "address list blanked", "locked_out")
    scene.label(groups["crash"], "container crashes", "crash_loop", "not_ready")
    scene.label(groups["oom"], "ran out of memory and runs again", "oom_killed", occupied=True)
    scene.label(groups["unready"], "pod not ready", "not_ready")
    scene.label(groups["large"], "uses nearly all its memory", "high_memory", occupied=True)
    scene.label(groups["failing"], "called failed, with a URL and a ready pod", "error_but_working", occupied=True)
    for names in crowded:
        scene.label(names, "more sessions than allowed", "over_user_limit", occupied=True)
    return scene


def misrouted_scene(site: SessionSite) -> Scene:
    """April's operator, a pool that was raised, and a sidecar whose name sorts before that of the app definition."""
    scene, count = Scene(site), 5
    site.known(JAVA)
    site.patch(JAVA, minInstances=count)
    site.installation.wait_warm(JAVA, count, PATIENCE)
    names = scene.create("misled", count, JAVA)
    for name in names:
        site.reaches(name, "HANDLED")
        # As the operator would once the sidecar answers. Here it does not: it was deleted when the pool was raised.
        site.write_status(name, url=f"ide.lab.invalid/{name}/")
    scene.until_ready(names)
    scene.label(names, "address of a sidecar", "misrouted", occupied=True)
    return scene


def blank_address_list(scene: Scene, session: Object) -> None:
    number = session["metadata"]["annotations"]["theia-cloud.io/instance-id"]
    for config_map in scene.site.installation.items("configmaps"):
        if config_map["metadata"]["name"].startswith(f"instance-{number}-email-"):
            path = scene.site.installation.here.path("configmaps", config_map["metadata"]["name"])
            scene.site.lab.api.merge(path, {"data": {EMAILS: ""}})


def ran_out(pod: Object) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses", [])
    ends = [(status.get("lastState") or {}).get("terminated") or {} for status in statuses]
    return any(end.get("reason") == "OOMKilled" for end in ends)


def lazy_scene(site: SessionSite) -> Scene:
    """Pods of their own: what images, nodes, routes and other people's deletes do to sessions."""
    scene = Scene(site)
    for name, changes in {
        "missing": {"image": "registry.lab.invalid/eduide/ide:missing"},
        "giant": {"requestsCpu": "1000", "limitsCpu": "1000"},
        "doomed": {},
        "closed": {"maxInstances": 0},
    }.items():
        site.installation.add(chart.app_definition(name, minInstances=0, **changes))
        site.known(name)
    well = scene.started("well", some(40), C)
    gone = scene.started("gone", some(25), C)
    doomed = scene.started("doomed", some(25), "doomed")
    drained = scene.started("drained", some(15), C)
    held, odd, evicted = (scene.started(group, 5, C) for group in ("held", "odd", "evicted"))
    hold(scene, held)
    mistreat(scene, odd)
    evict(scene, evicted)
    image = scene.create("image", some(80), "missing")
    giant = scene.create("giant", some(70), "giant")
    scene.until_handled([*image, *giant])
    unknown, full = scene.create("unknown", some(50), "never-was"), scene.create("full", some(50), "closed")
    scene.until_handled([*unknown, *full], "ERROR")
    hide_urls(site)
    hidden = scene.create("hidden", some(25), C)
    scene.until_handled(hidden)
    scene.until_ready(hidden)
    wait_until("images are missing", lambda: all(map(pulls, scene.pods(image).values())), PATIENCE)
    scene.delete_owned(gone, "deployments", "services")
    site.lab.api.delete(site.installation.here.path("appdefinitions", "doomed"))
    drain(scene, drained)
    waited, just_begun = image[: len(image) // 2], image[len(image) // 2 :]
    scene.older([*waited, *giant, *hidden], minutes=11)
    scene.older([*gone, *drained], minutes=6)
    scene.label(well, "at work in a pod of its own", occupied=True)
    scene.label(held, "deleted and held by a finalizer", "terminating", occupied=True)
    scene.label(odd, "container waits for what does not pass", "cannot_start", "not_ready")
    scene.label(evicted, "evicted, and at work in another pod", "evicted", occupied=True)
    scene.label(gone, "objects deleted", "no_pod", "not_ready")
    scene.label(doomed, "app definition deleted", "orphaned", occupied=True)
    scene.label(drained, "node drained, no other has room", "not_ready", "unschedulable", "evicted")
    scene.label(waited, "image missing for eleven minutes", "image_pull", "no_url")
    scene.label(just_begun, "image missing", "image_pull")
    scene.label(giant, "no node is large enough", "unschedulable", "no_url")
    scene.label(hidden, "its URL cannot be reached from inside", "no_url_but_running", occupied=True)
    scene.label(unknown, "of an app definition that never was", "failed", "orphaned")
    scene.label(full, "its app definition takes no sessions", "failed")
    return scene


def hold(scene: Scene, names: t.Iterable[str]) -> None:
    """Delete them, and let something else not agree."""
    for name in names:
        scene.site.lab.api.merge(scene.site.path(name), {"metadata": {"finalizers": ["lab.invalid/audit"]}})
        scene.site.lab.api.delete(scene.site.path(name))


def mistreat(scene: Scene, names: t.Collection[str], reason: str = "CreateContainerError") -> None:
    """Their containers wait, for something that the collection has no word for or for what this reason says."""
    scene.fault(names, "not-ready")
    scene.until_ready(names, ready=False)
    waiting = {"waiting": {"reason": reason, "message": "as the kubelet says"}}
    for pod in scene.pods(names).values():
        statuses = [{**status, "ready": False, "state": waiting} for status in pod["status"]["containerStatuses"]]
        write_pod(scene, pod, {"containerStatuses": statuses})


def evict(scene: Scene, names: t.Collection[str]) -> None:
    """Their nodes have no room left; their Deployments make other pods."""
    pods = scene.pods(names).values()
    for pod in pods:
        conditions = [
            {**condition, "status": "False"} if condition["type"] == "Ready" else condition
            for condition in pod["status"]["conditions"]
        ]
        reason = {"reason": "Evicted", "message": "The node was low on resource: ephemeral-storage"}
        write_pod(scene, pod, {"phase": "Failed", "conditions": conditions, **reason})
    apps = {pod["metadata"]["labels"]["app"] for pod in pods}

    def others_are_ready() -> bool:
        ready = [pod for pod in scene.site.installation.items("pods") if world.is_ready(pod)]
        return apps <= {pod["metadata"]["labels"].get("app") for pod in ready}

    wait_until("other pods are ready", others_are_ready, PATIENCE, pause_seconds=0.5)


def write_pod(scene: Scene, pod: Object, status: Object) -> None:
    """As its kubelet would."""
    path = scene.site.installation.here.path("pods", pod["metadata"]["name"])
    scene.site.lab.api.merge(f"{path}/status", {"status": status})


def hide_urls(site: SessionSite) -> None:
    path = site.installation.here.path("httproutes", chart.SHARED_ROUTE)
    site.lab.api.merge(path, {"metadata": {"annotations": {"lab/unreachable": "true"}}})


def pulls(pod: Object) -> bool:
    states = [status.get("state") or {} for status in pod.get("status", {}).get("containerStatuses", [])]
    return any((state.get("waiting") or {}).get("reason") == "ImagePullBackOff" for state in states)


def drain(scene: Scene, names: t.Collection[str]) -> None:
    """Cordon all nodes and evict; nobody else may start pods until it is over."""
    api = scene.site.lab.api
    nodes = [node["metadata"]["name"] for node in api.items("/api/v1/nodes")]
    cordon(scene.site, nodes, unschedulable=True)
    for pod in scene.pods(names).values():
        api.delete(scene.site.installation.here.path("pods", pod["metadata"]["name"]))

    def waits(pod: Object) -> bool:
        conditions = pod.get("status", {}).get("conditions", [])
        return any(c["type"] == "PodScheduled" and c["status"] == "False" for c in conditions)

    def all_wait() -> bool:
        pods = scene.pods(names)
        return len(pods) == len(names) and all(map(waits, pods.values()))

    wait_until("evicted pods find no node", all_wait, PATIENCE, pause_seconds=0.5)


def cordon(site: SessionSite, nodes: t.Iterable[str], *, unschedulable: bool) -> None:
    for node in nodes:
        site.lab.api.merge(f"/api/v1/nodes/{node}", {"spec": {"unschedulable": unschedulable}})


def quota_scene(site: SessionSite) -> Scene:
    """A namespace in which no pod is allowed any more."""
    scene = Scene(site)
    names = scene.create("blocked", some(120), C)
    scene.until_handled(names)

    def refused() -> bool:
        said = [
            condition.get("message", "")
            for deployment in site.installation.items("deployments")
            for condition in deployment.get("status", {}).get("conditions", [])
        ]
        return sum("exceeded quota" in message for message in said) >= len(names)

    wait_until("pods are refused", refused, PATIENCE, pause_seconds=1)
    half = len(names) // 2
    scene.older(names[:half], minutes=11)
    scene.label(names[:half], "quota filled eleven minutes ago", "pod_refused", "no_url")
    scene.label(names[half:], "quota filled", "pod_refused")
    return scene


def limit_scene(site: SessionSite) -> Scene:
    """Users who may have one session, and start another."""
    scene = Scene(site)
    first = [scene.started(f"first-{n}", 1, C, user=f"user-{n}")[0] for n in range(2)]
    first += scene.started("first", some(18), C, user="{name}")
    second = [f"second-{name}" for name in first]
    for name in first:
        user = site.session(name)["spec"]["user"]
        site.create_session(C, user, f"second-{name}")
    scene.until_handled(second, "ERROR")
    scene.label(first, "a second one was started", "over_user_limit", occupied=True)
    scene.label(second, "limit per user reached", "failed", "blocks_user", "over_user_limit")
    return scene


def restarted_scene(site: SessionSite) -> Scene:
    """The operator dies in the middle of its work, and another takes over what it can."""
    scene = Scene(site)
    interrupt(scene)
    # Also the few of an attempt that did not catch enough of them.
    begun = [*named(site, "HANDLING"), *named(site, "ERROR")]
    lost, others = named(site, "HANDLED", url=False), [*named(site, "HANDLED", url=True), *named(site, None)]
    site.installation.operator.start()
    scene.until_handled(begun, "ERROR")
    scene.until_handled(others)
    site.with_url(*others)
    scene.until_ready([*others, *lost])
    scene.older(lost, minutes=11)
    scene.label(begun, "operator restarted in the middle", "failed")
    scene.label(lost, "operator restarted while it waited for the page", "no_url_but_running", occupied=True)
    scene.label(others, "handled by the successor", occupied=True)
    return scene


def abandoned_scene(site: SessionSite) -> Scene:
    """The operator dies in the middle of its work, and nobody comes after it. To be looked at with a blind leader."""
    scene = Scene(site)
    interrupt(scene)
    scene.create("late", some(60), C)
    begun, untouched = named(site, "HANDLING"), named(site, None)
    # What it had finished may or may not have got its URL: that is not what this scene is about.
    finished = [*named(site, "HANDLED"), *named(site, "ERROR")]
    site.each(lambda name: site.lab.api.delete(site.path(name)), finished)
    scene.older(begun, minutes=6)
    scene.older(untouched, minutes=3)
    scene.label(begun, "operator died in the middle", "stuck_starting")
    scene.label(untouched, "an operator that leads and does not look", "unseen")
    return scene


def neglected_scene(site: SessionSite) -> Scene:
    """Nobody clears away what people left: the operator that did so is gone. The monitor's last words are written."""
    scene = Scene(site)
    well = scene.started("well", some(10), C)
    away = scene.started("away", some(25), C)
    silent = scene.started("silent", some(20), C)
    old = scene.started("old", some(25), C)
    overdue = scene.started("overdue", some(20), C)
    homeless = [
        scene.started(f"homeless-{n}", 1, C, workspace=site.workspace(C, f"h-{n}"), user=f"h-{n}")[0]
        for n in range(some(5))
    ]
    site.installation.operator.kill()
    for name in homeless:
        # The operator would end the session first; without it, the session is left behind.
        site.lab.api.delete(site.installation.here.path("workspaces", site.session(name)["spec"]["workspace"]))
    scene.older([*well, *away, *silent], minutes=3 * 60)
    scene.older(old, minutes=8 * 60 + 1)
    scene.older(overdue, minutes=24 * 60 + 10)
    scene.last_used([*well, *old, *overdue], minutes=1)
    scene.last_used(away, minutes=40)
    scene.last_used(silent, minutes=70)
    scene.label(well, "at work for three hours", occupied=True)
    scene.label(away, "not used for forty minutes", "idle", occupied=True)
    scene.label(silent, "not used for longer than the platform allows", "not_reaped", occupied=True)
    scene.label(old, "at work for eight hours", "too_old", occupied=True)
    scene.label(overdue, "older than the platform allows", "too_old", "not_reaped", occupied=True)
    scene.label(homeless, "workspace deleted", "orphaned", occupied=True)
    return scene


def interrupt(scene: Scene, at_least: int = 4) -> None:
    """Create sessions until the operator is killed with some of them in hand."""
    site = scene.site
    for attempt in range(10):
        creator = threading.Thread(target=scene.create, args=(f"begun-{attempt}", 60, C))
        creator.start()
        while creator.is_alive() or not named(site, "HANDLING"):
            if len(named(site, "HANDLING")) >= at_least:
                break
        site.installation.operator.kill()
        creator.join()
        if len(named(site, "HANDLING")) >= at_least:
            return
        site.installation.operator.start()
    raise AssertionError("the operator was always faster")


def named(site: SessionSite, word: str | None, *, url: bool | None = None) -> list[str]:
    """The sessions of which the operator says so, with or without a URL."""
    statuses = {s["metadata"]["name"]: s.get("status") or {} for s in site.installation.items("sessions")}
    return [
        name
        for name, status in statuses.items()
        if status.get("operatorStatus") == word and url in (None, bool(status.get("url")))
    ]


@contextlib.contextmanager
def blind_leader(site: SessionSite) -> t.Iterator[None]:
    """A process that renews its Lease and does nothing else: an operator whose watches are dead."""
    over = threading.Event()
    path = site.installation.here.path("leases", chart.LEASE)

    def renew(**more: str) -> None:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        site.lab.api.merge(path, {"spec": {"renewTime": now, **more}})

    def lead() -> None:
        while not over.wait(0.5):
            renew()

    hour_ago = datetime.fromtimestamp(time.time() - 3600, UTC).isoformat().replace("+00:00", "Z")
    renew(acquireTime=hour_ago, holderIdentity="blind")
    thread = threading.Thread(target=lead)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
