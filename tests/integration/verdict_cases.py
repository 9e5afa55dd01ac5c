# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters made up from a number, each in a namespace with nodes of its own, to hold verdicts against what starts.

A case is made on the lab: nodes, pods that run already, LimitRanges, quotas. It is read back from the API server and
judged. Then sessions come, as pods and objects like those of the platform, more than the verdict allows. Admission and
the scheduler are the real ones.
"""

from __future__ import annotations

import concurrent.futures
import random
import time
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.judge import Verdict, judge
from ansible_collections.eduide.theia.plugins.module_utils._capacity.verdict.question import Candidate, Surroundings
from ansible_collections.eduide.theia.plugins.module_utils._platform.room import (
    Amounts,
    limit_range_of,
    node_of,
    pod_on_node,
    pod_template,
    quota_of,
)
from lab import ControlPlane
from lab.api import ApiError, Object

CASE = "verdict-case"
MORE = 4
"""So many sessions more come than the verdict allows."""
MOST = 40

GIB = 1024**3


class Kind(t.NamedTuple):
    """One app definition of a case, as the pod that its sessions get."""

    name: str
    containers: list[Object]
    keycloak: bool


class Case(t.NamedTuple):
    seed: int
    name: str
    nodes: list[Object]
    running: list[Object]
    limit_ranges: list[Object]
    quotas: list[Object]
    kinds: list[Kind]
    instances: int
    """How many free ones the first app definition has; those that find no room stay cold."""


class Outcome(t.NamedTuple):
    case: Case
    verdict: Verdict
    started: int
    """Sessions that really got a ready pod."""
    arrivals: list[Amounts]
    """What the pods asked for that came, by the order in which they came."""
    started_needs: list[Amounts]
    nodes: int

    def __str__(self) -> str:
        case = self.case
        limits = [(limit.code, limit.resource, limit.sessions) for limit in self.verdict.limits]
        return (
            f"seed {case.seed}: verdict {self.verdict.sessions}, started {self.started}; limits {limits}; "
            f"nodes {case.nodes}; limit ranges {case.limit_ranges}; quotas {case.quotas}; kinds {case.kinds}; "
            f"{case.instances} instances, {len(case.running)} running"
        )


# --- making them up


def make_case(seed: int, *, kinds: int = 1) -> Case:
    chance = random.Random(seed)
    name = f"case-{seed}"
    return Case(
        seed=seed,
        name=name,
        nodes=[_node(name, number, chance) for number in range(chance.randint(1, 6))],
        running=[_container("other", chance, "sure") for _unused in range(chance.randint(0, 4))],
        limit_ranges=_limit_ranges(chance, several=kinds > 1),
        quotas=_quotas(chance),
        kinds=[_kind(number, chance) for number in range(kinds)],
        instances=chance.choice((0, 0, 1, 2, 5)) if kinds == 1 else 0,
    )


def _node(case: str, number: int, chance: random.Random) -> Object:
    room = {
        "cpu": f"{chance.randint(2, 8)}",
        "memory": f"{chance.randint(2, 16)}Gi",
        "pods": str(chance.randint(2, 12)),
    }
    room["ephemeral-storage"] = f"{chance.randint(4, 40)}Gi"
    taints = [{"key": CASE, "value": case, "effect": "NoSchedule"}]
    labels = {CASE: case}
    # Now and then a node that takes no session: for others, cordoned, or of another pool.
    spoiled = chance.choice((*[None] * 6, "taint", "cordon", "label"))
    if spoiled == "taint":
        taints.append({"key": "others", "value": "only", "effect": chance.choice(("NoSchedule", "NoExecute"))})
    if spoiled == "label":
        labels = {CASE: "none"}
    if chance.random() < 0.3:
        taints.append({"key": "slow", "effect": "PreferNoSchedule"})
    metadata = {"name": f"{case}-{number}", "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    spec = {"taints": taints, "unschedulable": spoiled == "cordon"}
    body = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec}
    return {**body, "status": {"allocatable": room, "capacity": room}}


def _container(name: str, chance: random.Random, how: str = "") -> Object:
    """Requests and limits, or only some of them."""
    memory, cpu = chance.randint(1, 12) * 125, chance.randint(1, 8) * 100
    requests = {"memory": f"{memory}M", "cpu": f"{cpu}m"}
    limits = {"memory": f"{memory + chance.randint(0, 8) * 125}M", "cpu": f"{cpu * chance.randint(1, 3)}m"}
    if chance.random() < 0.2:
        requests["ephemeral-storage"] = f"{chance.randint(1, 4)}Gi"
    stated = how or chance.choice((*["both"] * 9, "requests", "limits", "memory"))
    if stated in ("sure", "requests"):
        limits = {}
    if stated == "limits":
        requests = {}
    if stated == "memory":
        requests.pop("cpu")
        limits.pop("cpu")
    return {"name": name, "image": "registry.lab.invalid/ide:1", "resources": {"requests": requests, "limits": limits}}


def _kind(number: int, chance: random.Random) -> Kind:
    keycloak = chance.random() < 0.5
    proxy = [{"name": "oauth2-proxy", "image": "registry.lab.invalid/proxy:1"}] if keycloak else []
    return Kind(f"app-{number}", [*proxy, _container("ide", chance)], keycloak)


def _limit_ranges(chance: random.Random, *, several: bool) -> list[Object]:
    """Where pods differ, none that makes a login proxy larger than the IDE."""

    def one(**item: t.Any) -> Object:
        body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits"}}
        return {**body, "spec": {"limits": [item]}}

    defaults = {"memory": "64Mi", "cpu": "50m"}
    small = [one(type="Container", default=defaults, defaultRequest={"memory": "32Mi", "cpu": "10m"})]
    same = [one(type="Container", default=defaults, defaultRequest=defaults)]
    large = [one(type="Container", default={"memory": "3Gi", "cpu": "4"}, defaultRequest={"memory": "64Mi"})]
    most = [one(type="Container", max={"memory": f"{chance.choice((1, 2, 4))}Gi"}, default={"memory": "64Mi"})]
    whole = [one(type="Pod", max={"memory": "3Gi"})]
    return chance.choice((*([] if several else [large]), [], small, same, same, same, most, whole))


def _quotas(chance: random.Random) -> list[Object]:
    found = []
    for number in range(chance.choice((0, 1, 1, 2, 2))):
        scope = chance.choice((None, None, None, "NotTerminating", "NotBestEffort", "BestEffort", "Terminating"))
        amounts = {
            "pods": str(chance.randint(4, 20)),
            "requests.memory": f"{chance.randint(4, 20)}Gi",
            "limits.memory": f"{chance.randint(6, 25)}Gi",
            "requests.cpu": str(chance.randint(3, 12)),
            "limits.cpu": str(chance.randint(5, 20)),
        }
        objects = {
            "requests.ephemeral-storage": f"{chance.randint(5, 60)}Gi",
            "count/pods": str(chance.randint(4, 20)),
            "services": str(chance.randint(2, 20)),
            "count/services": str(chance.randint(2, 20)),
            "configmaps": str(chance.randint(4, 20)),
            "count/sessions.theia.cloud": str(chance.randint(1, 12)),
        }
        possible = {"pods": amounts["pods"]} if scope == "BestEffort" else amounts if scope else {**amounts, **objects}
        names = chance.sample(sorted(possible), k=min(len(possible), chance.randint(1, 3)))
        body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": f"quota-{number}"}}
        scopes = {"scopes": [scope]} if scope else {}
        found.append({**body, "spec": {"hard": {name: possible[name] for name in names}, **scopes}})
    return found


# --- playing them


class Stage:
    """Plays cases on one lab, several at the same time; within a case sessions come one after the other."""

    def __init__(self, lab: ControlPlane) -> None:
        self.lab, self.api = lab, lab.api

    def play(self, cases: t.Sequence[Case]) -> list[Outcome]:
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(self._prepare, cases))
            self._settled()
            list(pool.map(self._limit, cases))
            list(pool.map(self._add_instances, cases))
            self._settled()
            judged = list(pool.map(self._judge, cases))
            arrived = list(pool.map(self._arrive, cases, judged))
            self._settled()
            outcomes = list(pool.map(self._count, cases, judged, arrived))
            list(pool.map(self._clear, cases))
        return outcomes

    def _prepare(self, case: Case) -> None:
        self.lab.namespace(case.name)
        for node in case.nodes:
            self.api.create(node)
        for node in case.nodes:
            self._until(lambda name=node["metadata"]["name"]: _is_ready(self.api.get(f"/api/v1/nodes/{name}")))
        for number, container in enumerate(case.running):
            self._pod(case, f"running-{number}", [container])

    def _limit(self, case: Case) -> None:
        for obj in (*case.limit_ranges, *case.quotas):
            self.api.create({**obj, "metadata": {**obj["metadata"], "namespace": case.name}})
        for pod in self._pods(case):
            if not _is_ready(pod):
                # One that waits would make the verdict a bound.
                self.api.delete(f"/api/v1/namespaces/{case.name}/pods/{pod['metadata']['name']}")
        self._until(lambda: all(_is_ready(pod) for pod in self._pods(case)))
        quotas = f"/api/v1/namespaces/{case.name}/resourcequotas"
        self._until(lambda: all(_is_counted(quota, len(self._pods(case))) for quota in self.api.items(quotas)))

    def _add_instances(self, case: Case) -> None:
        for number in range(case.instances):
            self._pod(case, f"instance-{number}", case.kinds[0].containers)

    def _judge(self, case: Case) -> tuple[Verdict, list[int]]:
        """The verdict on what the API server has, and of which kind further sessions are."""
        here = f"/api/v1/namespaces/{case.name}"
        nodes = [self.api.get(f"/api/v1/nodes/{node['metadata']['name']}") for node in case.nodes]
        pods = self._pods(case)
        around = Surroundings(
            quotas=tuple(quota_of(quota) for quota in self.api.items(f"{here}/resourcequotas")),
            limit_ranges=tuple(limit_range_of(found) for found in self.api.items(f"{here}/limitranges")),
            nodes=tuple(node_of(node) for node in nodes),
            pods=tuple(seen for pod in pods if (seen := pod_on_node(pod))),
        )
        by_name = {pod["metadata"]["name"]: pod for pod in pods}
        seats = [_seat(by_name.get(f"instance-{number}")) for number in range(case.instances)]
        candidates = [self._candidate(case, kind, seats if not n else []) for n, kind in enumerate(case.kinds)]
        chance = random.Random(case.seed + 1)
        if len(candidates) == 1:
            verdict = judge(candidates, around)
            return verdict, [0] * min(MOST, (verdict.sessions or 0) - _usable(seats, verdict) + MORE)
        order = [chance.randrange(len(candidates)) for _unused in range(chance.randint(4, 30))]
        demand = {one.name: order.count(number) for number, one in enumerate(candidates)}
        return judge(candidates, around, demand=demand), order

    def _candidate(self, case: Case, kind: Kind, seats: list[t.Any]) -> Candidate:
        template = pod_template(self._spec(case, kind.containers))
        return Candidate(kind.name, tuple(seats), (template,), template, kind.keycloak)

    def _arrive(self, case: Case, judged: tuple[Verdict, list[int]]) -> list[str]:
        """Students claim the free instances first; a cold one's pod is tried again, as its ReplicaSet does."""
        whole = []
        there = {pod["metadata"]["name"] for pod in self._pods(case)}
        for number in range(case.instances):
            if self._session(case, f"claim-{number}") and f"instance-{number}" not in there:
                self._pod(case, f"instance-{number}", case.kinds[0].containers)
            whole.append(f"instance-{number}")
        for number, index in enumerate(judged[1]):
            kind, name = case.kinds[index], f"session-{number}-{index}"
            objects = self._session(case, name) and self._objects(case, name, kind)
            if objects and self._pod(case, name, kind.containers):
                whole.append(name)
        return whole

    def _session(self, case: Case, name: str) -> bool:
        return not _limits(case, "sessions") or self._create(case, "theia.cloud/v1beta8", "Session", name, spec=SESSION)

    def _objects(self, case: Case, name: str, kind: Kind) -> bool:
        """Two Services and, with Keycloak, two ConfigMaps, where a quota counts them."""
        done = True
        if _limits(case, "services"):
            for end in ("", "-int"):
                done = done and self._create(case, "v1", "Service", f"{name}{end}", spec=SERVICE)
        if kind.keycloak and _limits(case, "configmaps"):
            for end in ("-proxy", "-email"):
                done = done and self._create(case, "v1", "ConfigMap", f"{name}{end}")
        return done

    def _count(self, case: Case, judged: tuple[Verdict, list[int]], whole: list[str]) -> Outcome:
        verdict, order = judged
        claimed = self._claims(case)
        ready = [
            pod
            for pod in self._pods(case)
            if pod["metadata"]["name"] in whole and _is_ready(pod) and claimed(pod["metadata"]["name"])
        ]
        needs = [pod_on_node(pod) for pod in ready]
        templates = [pod_template({"containers": case.kinds[index].containers}) for index in order]
        asked = [_needs(template.containers) for template in templates]
        return Outcome(case, verdict, len(ready), asked, [n.requests for n in needs if n], len(case.nodes))

    def _claims(self, case: Case) -> t.Callable[[str], bool]:
        """Whether a session is on the instance, where a quota counts sessions."""
        if not _limits(case, "sessions"):
            return lambda _name: True
        path = f"/apis/theia.cloud/v1beta8/namespaces/{case.name}/sessions"
        names = {session["metadata"]["name"] for session in self.api.items(path)}
        return lambda name: not name.startswith("instance-") or name.replace("instance", "claim") in names

    def _clear(self, case: Case) -> None:
        self.api.delete(f"/api/v1/namespaces/{case.name}")

    def _pods(self, case: Case) -> list[Object]:
        return self.api.items(f"/api/v1/namespaces/{case.name}/pods")

    def _spec(self, case: Case, containers: list[Object]) -> Object:
        toleration = {"key": CASE, "value": case.name, "effect": "NoSchedule"}
        return {"containers": containers, "nodeSelector": {CASE: case.name}, "tolerations": [toleration]}

    def _pod(self, case: Case, name: str, containers: list[Object]) -> bool:
        return self._create(case, "v1", "Pod", name, spec=self._spec(case, containers))

    def _create(self, case: Case, version: str, kind: str, name: str, **content: t.Any) -> bool:
        """Whether admission let it in."""
        annotations = {"lab/start-after": "10ms"}
        metadata = {"name": name, "namespace": case.name, "labels": {CASE: "yes"}, "annotations": annotations}
        try:
            self.api.create({"apiVersion": version, "kind": kind, "metadata": metadata, **content})
        except ApiError as refused:
            if refused.status not in (403, 422):
                raise
            return False
        return True

    def _settled(self) -> None:
        """Wait until each pod is ready, or the scheduler has said that no node takes it."""
        self._until(
            lambda: all(_is_ready(p) or _has_no_node(p) for p in self.api.items("/api/v1/pods", labelSelector=CASE))
        )

    def _until(self, reached: t.Callable[[], bool]) -> None:
        deadline = time.monotonic() + 120
        while not reached():
            assert time.monotonic() < deadline, "the lab is stuck"
            time.sleep(0.2)


SESSION = {"name": "session", "user": "ada@example.org", "appDefinition": "app"}
SERVICE = {"selector": {"app": "x"}, "ports": [{"port": 80}]}


def _limits(case: Case, kind: str) -> bool:
    return any(kind in resource for quota in case.quotas for resource in quota["spec"]["hard"])


def _needs(containers: t.Any) -> Amounts:
    found: dict[str, int] = {}
    for container in containers:
        for name, amount in container.requests.items():
            found[name] = found.get(name, 0) + amount
    return found


def _usable(seats: list[str], verdict: Verdict) -> int:
    return min(len(seats), verdict.sessions or 0)


def _condition(obj: Object, kind: str) -> Object:
    return next((c for c in obj.get("status", {}).get("conditions") or [] if c["type"] == kind), {})


def _is_ready(obj: Object) -> bool:
    tainted = any(taint["key"].startswith("node.kubernetes.io/not-ready") for taint in obj["spec"].get("taints") or [])
    return _condition(obj, "Ready").get("status") == "True" and not tainted


def _has_no_node(pod: Object) -> bool:
    return _condition(pod, "PodScheduled").get("reason") == "Unschedulable"


def _is_counted(quota: Object, pods: int) -> bool:
    status = quota.get("status", {})
    hard, used = status.get("hard", {}), status.get("used", {})
    complete = hard == quota["spec"]["hard"] and used.keys() == hard.keys()
    plain = {"pods", "count/pods"} & hard.keys() if not quota["spec"].get("scopes") else set()
    return complete and all(int(used[name]) == pods for name in plain)


def _seat(pod: Object | None) -> str:
    if pod is None:
        return "missing"
    return "warm" if _is_ready(pod) else "unplaced"
