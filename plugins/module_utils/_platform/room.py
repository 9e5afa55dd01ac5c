# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What decides how many pods a namespace and its nodes take: quotas, limit ranges, nodes, and what pods ask for.

Amounts are whole thousandths of the resource's unit, so that 500m CPU and 3000M of memory are exact.
"""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t

from .._common.quantities import thousandths
from .fields import Object, Owner, condition, labels_of, number, owners, text
from .names import GENERATION_LABEL, SIDECAR_LABEL
from .pods import container_troubles

Amounts = t.Mapping[str, int]

ONE = 1000
"""One whole pod, object or core."""

# What a sidecar has that states nothing itself.
_SIDECAR_DEFAULTS = {"cpuLimit": "500m", "memoryLimit": "1Gi", "cpuRequest": "100m", "memoryRequest": "256Mi"}

# What is looked at of a pod's spec, and of its containers.
_OF_TEMPLATES = (
    "nodeSelector",
    "affinity",
    "tolerations",
    "priorityClassName",
    "activeDeadlineSeconds",
    "topologySpreadConstraints",
    "resources",
    "overhead",
    "runtimeClassName",
)
_OF_CONTAINERS = ("name", "resources", "restartPolicy", "ports")

PLAIN_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})


class Scope(t.NamedTuple):
    """A condition that a pod has to meet for a quota to count it."""

    name: str
    operator: str
    values: tuple[str, ...]


class Quota(t.NamedTuple):
    """A ResourceQuota as admission sees it."""

    name: str
    hard: Amounts
    used: Amounts
    scopes: tuple[Scope, ...] = ()

    @property
    def left(self) -> dict[str, int]:
        return {resource: hard - self.used.get(resource, 0) for resource, hard in self.hard.items()}


class LimitItem(t.NamedTuple):
    """One entry of a LimitRange: for each container, or for each pod."""

    kind: str
    minimum: Amounts
    maximum: Amounts
    default: Amounts
    default_request: Amounts
    ratio: Amounts


class LimitRange(t.NamedTuple):
    name: str
    items: tuple[LimitItem, ...]


class Container(t.NamedTuple):
    """What a container asks for, and whether it runs before or beside the others."""

    name: str
    requests: Amounts
    limits: Amounts
    init: bool = False
    stays: bool = False
    """An init container that goes on running."""


class Toleration(t.NamedTuple):
    key: str | None
    operator: str
    value: str
    effect: str | None


class Requirement(t.NamedTuple):
    """One expression of a node affinity; a term is several of them."""

    key: str
    operator: str
    values: tuple[str, ...]


class PodTemplate(t.NamedTuple):
    """What admission and the scheduler look at in a pod."""

    containers: tuple[Container, ...]
    requests: Amounts
    """Before LimitRanges of today."""
    node_selector: t.Mapping[str, str] = {}
    node_terms: tuple[tuple[Requirement, ...], ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    priority_class: str | None = None
    terminating: bool = False
    claims: bool = False
    """Whether it mounts a volume, which may exist on some nodes only."""
    uncertain: tuple[str, ...] = ()
    """What the scheduler looks at and this collection does not work out."""


class Taint(t.NamedTuple):
    key: str
    value: str
    effect: str


class Node(t.NamedTuple):
    name: str
    labels: t.Mapping[str, str]
    taints: tuple[Taint, ...]
    allocatable: Amounts
    autoscaled: bool = False


class PodOnNode(t.NamedTuple):
    """A pod that is not over, and what it takes."""

    name: str
    namespace: str
    node: str | None
    deployment: str | None
    requests: Amounts
    ready: bool
    deleting: bool
    troubled: bool
    """Whether it will not become ready by itself."""
    template: PodTemplate


class PodMaker(t.NamedTuple):
    """A Deployment with what it makes its pods from."""

    name: str
    uid: str
    owners: tuple[Owner, ...]
    sidecar: bool
    generation: int | None
    replicas: int
    template: PodTemplate


def amounts(quantities: t.Mapping[str, t.Any] | None) -> dict[str, int]:
    """Without those that are no quantities: an app definition may state anything."""
    found = {}
    for name, value in (quantities or {}).items():
        with contextlib.suppress(ValueError):
            found[name] = thousandths(value)
    return found


def quota_of(obj: Object) -> Quota:
    """From the status, which is what admission looks at; the spec may not be counted yet."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    selected = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    scopes = [Scope(name, "Exists", ()) for name in spec.get("scopes") or []]
    scopes += [Scope(s["scopeName"], s["operator"], tuple(s.get("values") or ())) for s in selected]
    hard = status.get("hard") or spec.get("hard")
    return Quota(obj["metadata"]["name"], amounts(hard), amounts(status.get("used")), tuple(scopes))


def limit_range_of(obj: Object) -> LimitRange:
    fields = ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")
    items = (obj.get("spec") or {}).get("limits") or []
    return LimitRange(
        obj["metadata"]["name"],
        tuple(LimitItem(item["type"], *(amounts(item.get(field)) for field in fields)) for item in items),
    )


def node_of(obj: Object) -> Node:
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    labels, annotations = labels_of(metadata), metadata.get("annotations") or {}
    taints = [Taint(taint["key"], taint.get("value") or "", taint["effect"]) for taint in spec.get("taints") or []]
    if spec.get("unschedulable"):
        taints.append(Taint("node.kubernetes.io/unschedulable", "", "NoSchedule"))
    signs = ("cluster-autoscaler.kubernetes.io/", "karpenter.sh/")
    return Node(
        name=metadata["name"],
        labels=labels,
        taints=tuple(taints),
        allocatable=amounts((obj.get("status") or {}).get("allocatable")),
        autoscaled=any(key.startswith(signs) for key in (*labels, *annotations)),
    )


def pod_template(spec: Object) -> PodTemplate:
    """Of the spec of a pod, or of the template of a Deployment. Those that are alike are one."""
    parts = {field: spec[field] for field in _OF_TEMPLATES if spec.get(field)}
    for field in ("initContainers", "containers"):
        parts[field] = [{name: c[name] for name in _OF_CONTAINERS if name in c} for c in spec.get(field) or []]
    kinds = ("persistentVolumeClaim", "ephemeral")
    parts["volumes"] = [{kind: True} for volume in spec.get("volumes") or [] for kind in kinds if volume.get(kind)]
    return _template(json.dumps(parts, sort_keys=True))


@functools.lru_cache(maxsize=10_000)
def _template(canonical: str) -> PodTemplate:
    spec = json.loads(canonical)
    affinity = spec.get("affinity") or {}
    wanted = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    containers = (
        *(_container(c, init=True) for c in spec["initContainers"]),
        *(_container(c) for c in spec["containers"]),
    )
    return PodTemplate(
        containers=containers,
        requests=pod_requests(containers),
        node_selector=spec.get("nodeSelector") or {},
        node_terms=tuple(_node_term(term) for term in wanted.get("nodeSelectorTerms") or []),
        tolerations=tuple(
            Toleration(o.get("key"), o.get("operator") or "Equal", o.get("value") or "", o.get("effect"))
            for o in spec.get("tolerations") or []
        ),
        priority_class=text(spec.get("priorityClassName")),
        terminating=spec.get("activeDeadlineSeconds") is not None,
        claims=bool(spec["volumes"]),
        uncertain=tuple(_uncertain(spec, affinity)),
    )


def pod_on_node(obj: Object) -> PodOnNode | None:
    """None for a pod that is over: it takes no room any more."""
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return None
    template = pod_template(spec)
    made_by = next((o["name"] for o in metadata.get("ownerReferences") or [] if o["kind"] == "ReplicaSet"), "")
    return PodOnNode(
        name=metadata["name"],
        namespace=metadata["namespace"],
        node=text(spec.get("nodeName")),
        deployment=made_by.rpartition("-")[0] or None,
        requests=template.requests,
        ready=bool(condition(obj, "Ready", "True")),
        deleting=bool(metadata.get("deletionTimestamp")),
        troubled=bool(container_troubles(status)),
        template=template,
    )


def pod_maker(obj: Object) -> PodMaker:
    metadata, spec = obj["metadata"], obj["spec"]
    labels, replicas = labels_of(metadata), number(spec.get("replicas"))
    return PodMaker(
        name=metadata["name"],
        uid=metadata["uid"],
        owners=owners(metadata),
        sidecar=SIDECAR_LABEL in labels,
        generation=number(labels.get(GENERATION_LABEL)),
        replicas=1 if replicas is None else replicas,
        template=pod_template(spec["template"]["spec"]),
    )


def session_pods(spec: Object) -> tuple[PodTemplate, ...]:
    """The pods that the operator's own templates give a session: the IDE without its login proxy, then the sidecars."""
    ide = {
        "name": str(spec.get("name") or ""),
        "resources": {
            "requests": _stated(cpu=spec.get("requestsCpu"), memory=spec.get("requestsMemory")),
            "limits": _stated(cpu=spec.get("limitsCpu"), memory=spec.get("limitsMemory")),
        },
    }
    return tuple(pod_template({"containers": [c]}) for c in (ide, *map(_sidecar, spec.get("sidecars") or [])))


def _sidecar(spec: Object) -> Object:
    figures = {name: spec.get(name) or default for name, default in _SIDECAR_DEFAULTS.items()}
    requests = {"cpu": figures["cpuRequest"], "memory": figures["memoryRequest"]}
    limits = {"cpu": figures["cpuLimit"], "memory": figures["memoryLimit"]}
    return {"name": str(spec.get("name") or ""), "resources": {"requests": requests, "limits": limits}}


def _stated(**quantities: t.Any) -> dict[str, t.Any]:
    """The operator leaves out what is empty."""
    return {name: value for name, value in quantities.items() if value}


def pod_requests(containers: t.Iterable[Container]) -> dict[str, int]:
    """What the scheduler reserves for a pod, and what a quota counts."""
    return _of_pod([(c, c.requests) for c in containers])


def pod_limits(containers: t.Iterable[Container]) -> dict[str, int]:
    return _of_pod([(c, c.limits) for c in containers])


def _of_pod(parts: t.Sequence[tuple[Container, Amounts]]) -> dict[str, int]:
    """Containers run together; each init container runs alone, beside those init containers that stay."""
    names = {name for _unused, found in parts for name in found}
    return {name: _of_resource([(c, found.get(name, 0)) for c, found in parts]) for name in names}


def _of_resource(parts: t.Iterable[tuple[Container, int]]) -> int:
    together, staying, most = 0, 0, 0
    for container, amount in parts:
        if container.init:
            most = max(most, staying + amount)
            staying += amount if container.stays else 0
        else:
            together += amount
    return max(together + staying, most)


def _container(obj: Object, *, init: bool = False) -> Container:
    resources = obj.get("resources") or {}
    limits = amounts(resources.get("limits"))
    # The API server takes a limit for the request where none is stated.
    requests = {**limits, **amounts(resources.get("requests"))}
    return Container(obj["name"], requests, limits, init, init and obj.get("restartPolicy") == "Always")


def _node_term(term: Object) -> tuple[Requirement, ...]:
    expressions = [*(term.get("matchExpressions") or []), *(term.get("matchFields") or [])]
    return tuple(Requirement(e["key"], e["operator"], tuple(e.get("values") or ())) for e in expressions)


def _uncertain(spec: Object, affinity: Object) -> t.Iterator[str]:
    for field, word in (("podAffinity", "pod affinity"), ("podAntiAffinity", "pod anti-affinity")):
        if (affinity.get(field) or {}).get("requiredDuringSchedulingIgnoredDuringExecution"):
            yield word
    if any(s.get("whenUnsatisfiable") != "ScheduleAnyway" for s in spec.get("topologySpreadConstraints") or []):
        yield "topology spread constraints"
    if any(port.get("hostPort") for c in spec.get("containers") or [] for port in c.get("ports") or []):
        yield "host ports"
    if spec.get("resources"):
        yield "resources of the whole pod"
    if spec.get("overhead") or spec.get("runtimeClassName"):
        yield "a runtime class"
