# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether admission lets the pods in that a change of capacity starts, before it ends those that are there."""

from __future__ import annotations

import collections
import typing as t

from ..._platform.room import Amounts, PodTemplate, Quota
from .admission import Admitted, Refusal, admit, counts
from .question import CONFIG_MAP, DEPLOYMENT, SERVICE, Surroundings, times
from .report import limit_range_text, quantity


class Cycle(t.NamedTuple):
    """What a change does to the pool of one app definition."""

    name: str
    template: PodTemplate
    keycloak: bool
    starts: int
    rebuilds: int
    removes: int
    warm: int
    ending: tuple[PodTemplate, ...]
    """Of the pods that end with it."""

    @property
    def new_pods(self) -> int:
        return self.starts + self.rebuilds

    @property
    def objects(self) -> dict[str, int]:
        """What the pool gains beside pods; negative if it loses."""
        each = {**DEPLOYMENT, **times(SERVICE, 2), **(times(CONFIG_MAP, 2) if self.keycloak else {})}
        return times(each, self.starts - self.removes)


def refused(cycles: t.Sequence[Cycle], around: Surroundings) -> dict[str, str]:
    """By app definition, why the change is not to be sent. Together they take what none would take alone."""
    found: dict[str, str] = {}
    left = {quota.name: collections.Counter(quota.left) for quota in around.quotas}
    for cycle in cycles:
        pod = admit(cycle.template, around.limit_ranges, around.quotas)
        if not cycle.new_pods:
            continue
        if isinstance(pod, Refusal):
            found[cycle.name] = f"{_turns(cycle, 0)}: {pod.text}; {_remedy(pod)}"
            continue
        ended = [admit(template, around.limit_ranges, ()) for template in cycle.ending]
        for quota in around.quotas:
            gained = _counted(quota, [e for e in ended if isinstance(e, Admitted)])
            taken = {} if quota.scopes else cycle.objects
            each = _counted(quota, [pod])
            for resource in quota.hard:
                free = left[quota.name][resource] + gained.get(resource, 0) - taken.get(resource, 0)
                needed = each.get(resource, 0) * cycle.new_pods
                left[quota.name][resource] = free - needed
                if needed > free or (free < 0 and taken.get(resource, 0) > 0):
                    start = max(0, free) // each[resource] if each.get(resource) else 0
                    found.setdefault(cycle.name, _short(cycle, quota, resource, needed - free, start))
    return found


def _counted(quota: Quota, pods: t.Iterable[Admitted]) -> Amounts:
    counted: collections.Counter[str] = collections.Counter()
    for pod in pods:
        if counts(quota, pod):
            counted.update(pod.usage)
    return counted


def _turns(cycle: Cycle, start: int) -> str:
    return f"{cycle.name}: its {cycle.warm} warm instances would become {start} of {cycle.new_pods}"


def _remedy(refusal: Refusal) -> str:
    if refusal.code == "limit_range":
        return "change the LimitRange or the app definition first"
    return f"create this first: {limit_range_text(refusal.resources)}"


def _short(cycle: Cycle, quota: Quota, resource: str, more: int, start: int) -> str:
    raised = quantity(resource, quota.hard[resource] + more)
    return (
        f"{_turns(cycle, start)}: ResourceQuota {quota.name} has too little {resource} left; "
        f"raise it to {raised}, or ask for fewer instances"
    )
