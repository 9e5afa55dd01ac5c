# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether admission lets a pod in, and what the pod then takes of quotas: LimitRanges first, quotas after them."""

from __future__ import annotations

import typing as t

from ..._platform.room import (
    ONE,
    Amounts,
    Container,
    LimitItem,
    LimitRange,
    PodTemplate,
    Quota,
    pod_limits,
    pod_requests,
)

# A quota on one of these demands that each container states it; others count as nothing where they are not stated.
DEMANDED = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})

# Names by which a quota may count a request without saying so.
_SHORT = ("cpu", "memory", "ephemeral-storage")


class Refusal(t.NamedTuple):
    """Why admission takes no pod of this template, however few there are."""

    code: t.Literal["unlimited_container", "limit_range"]
    name: str
    """Of the ResourceQuota or LimitRange."""
    containers: tuple[str, ...]
    resources: tuple[str, ...]
    text: str


class Admitted(t.NamedTuple):
    """A pod with what LimitRanges added."""

    template: PodTemplate
    requests: Amounts
    limits: Amounts

    @property
    def best_effort(self) -> bool:
        compute = ("cpu", "memory")
        return not any({**c.requests, **c.limits}.get(name) for c in self.template.containers for name in compute)

    @property
    def usage(self) -> dict[str, int]:
        """What a quota counts, under each name that it has."""
        counted = {f"requests.{name}": amount for name, amount in self.requests.items()}
        counted |= {f"limits.{name}": amount for name, amount in self.limits.items()}
        counted |= {name: self.requests[name] for name in _SHORT if name in self.requests}
        return {**counted, "pods": ONE, "count/pods": ONE}


def admit(
    template: PodTemplate, limit_ranges: t.Iterable[LimitRange] | None, quotas: t.Iterable[Quota]
) -> Admitted | Refusal:
    """The pod as it comes out of admission while quotas have room, or why none does.

    Where LimitRanges are not known, they may fill in whatever a quota demands.
    """
    ordered = sorted(limit_ranges or ())
    containers = template.containers
    for limit_range in ordered:
        containers = tuple(_filled(container, limit_range) for container in containers)
    admitted = Admitted(template._replace(containers=containers), pod_requests(containers), pod_limits(containers))
    refusal = _more_than_limit(containers)
    for limit_range in ordered:
        refusal = refusal or _beyond_range(admitted, limit_range)
    for quota in quotas:
        if limit_ranges is not None and counts(quota, admitted):
            refusal = refusal or _unlimited(quota, admitted)
    return refusal or admitted


def counts(quota: Quota, pod: Admitted) -> bool:
    """Whether the quota counts this pod: one without scopes counts everything."""
    return all(_in_scope(scope.name, scope.operator, scope.values, pod) for scope in quota.scopes)


def _in_scope(name: str, operator: str, values: t.Sequence[str], pod: Admitted) -> bool:
    if name == "PriorityClass":
        found = pod.template.priority_class
        if operator == "Exists":
            return found is not None
        if operator == "DoesNotExist":
            return found is None
        return (found in values) == (operator == "In")
    matches = {
        "BestEffort": pod.best_effort,
        "NotBestEffort": not pod.best_effort,
        "Terminating": pod.template.terminating,
        "NotTerminating": not pod.template.terminating,
        "CrossNamespacePodAffinity": False,
    }
    # An unknown scope counts as one that matches: the verdict is then rather too small.
    return matches.get(name, True)


def _filled(container: Container, limit_range: LimitRange) -> Container:
    requests, limits = dict(container.requests), dict(container.limits)
    for item in limit_range.items:
        if item.kind == "Container":
            requests = {**item.default_request, **requests}
            limits = {**item.default, **limits}
    return container._replace(requests=requests, limits=limits)


def _more_than_limit(containers: t.Iterable[Container]) -> Refusal | None:
    """A default limit may be below what a container requests itself."""
    for container in containers:
        for resource, amount in container.requests.items():
            if amount > container.limits.get(resource, amount):
                text = (
                    f"container {container.name} would request more {resource} than its limit, a LimitRange's default"
                )
                return Refusal("limit_range", "", (container.name,), (resource,), text)
    return None


def _beyond_range(pod: Admitted, limit_range: LimitRange) -> Refusal | None:
    for item in limit_range.items:
        if item.kind == "Container":
            parts = [(f"container {c.name}", c.name, c.requests, c.limits) for c in pod.template.containers]
        elif item.kind == "Pod":
            parts = [("the pod", "", pod.requests, pod.limits)]
        else:
            continue
        for what, name, requests, limits in parts:
            if found := _beyond_item(item, requests, limits):
                resource, problem = found
                text = f"LimitRange {limit_range.name} does not allow the {resource} of {what}: {problem}"
                return Refusal("limit_range", limit_range.name, (name,) if name else (), (resource,), text)
    return None


def _beyond_item(item: LimitItem, requests: Amounts, limits: Amounts) -> tuple[str, str] | None:
    for resource, least in item.minimum.items():
        if min(requests.get(resource, -1), limits.get(resource, least)) < least:
            return resource, "below its minimum or not stated"
    for resource, most in item.maximum.items():
        if resource not in limits or max(limits[resource], requests.get(resource, 0)) > most:
            return resource, "above its maximum or without a limit"
    for resource, ratio in item.ratio.items():
        request, limit = requests.get(resource, 0), limits.get(resource, 0)
        if not request or not limit or limit * ONE > ratio * request:
            return resource, "limit and request too far apart, or not both stated"
    return None


def _unlimited(quota: Quota, pod: Admitted) -> Refusal | None:
    """What a quota demands to be stated, and a container does not state."""
    demanded = sorted(quota.hard.keys() & DEMANDED)
    missing = {c.name: [name for name in demanded if not _states(c, name)] for c in pod.template.containers}
    missing = {name: resources for name, resources in missing.items() if resources}
    if not missing:
        return None
    resources = tuple(dict.fromkeys(name for found in missing.values() for name in found))
    text = f"ResourceQuota {quota.name} demands {', '.join(resources)}, and container {', '.join(missing)} states none"
    return Refusal("unlimited_container", quota.name, tuple(missing), resources, text)


def _states(container: Container, demanded: str) -> bool:
    side, _dot, resource = demanded.rpartition(".")
    return resource in (container.limits if side == "limits" else container.requests)
