# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measurement 1: who is there and who is in trouble, asked in every way there is."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ansible_collections.eduide.theia.plugins.module_utils._exams.record import SELECTOR as EXAM_RECORDS
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
    DEPLOYMENT,
    POD,
    POD_METRICS,
    REPLICA_SET,
    SERVICE,
    SESSION,
    WORKSPACE,
    Kind,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.snapshot import ADDRESS_LISTS
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from bench.commands import Command, Workshop
from bench.figures import Taken, Wanted
from bench.rounds import Contender
from bench.world import World
from integration.module_run import module
from lab import LabError

# What the module reads by default; ConfigMaps by these labels.
KINDS = (SESSION, APP_DEFINITION, WORKSPACE, DEPLOYMENT, REPLICA_SET, SERVICE, POD)
LABELS = (ADDRESS_LISTS, EXAM_RECORDS)

# What the playbooks `status` and `sweep_sessions` ask for.
TROUBLE: dict[str, t.Any] = {
    "findings": list(RULES),
    "fields": [
        "name",
        "uid",
        "user",
        "app_definition",
        "state",
        "start",
        "age_seconds",
        "idle_seconds",
        "pod",
        "findings",
    ],
}

WANTED = (
    Wanted("wall_ratio_to_kubectl", "trouble", "wall_seconds", "at most", 0.4, ("kubectl",)),
    Wanted("wall_ratio_to_limit", "trouble", "wall_seconds", "at most", 1.5, ("bare_client", "trivial_playbook")),
    Wanted("times_as_fast_as_k8s_info", "trouble", "wall_seconds", "at least", 6, ("k8s_info",), inverse=True),
    Wanted("peak_rss_mib", "trouble", "peak_rss_mib", "at most", 90),
    Wanted("everything_wall_ratio_to_limit", "everything", "wall_seconds", against=("bare_client", "trivial_playbook")),
    Wanted("everything_peak_rss_mib", "everything", "peak_rss_mib"),
)


def contenders(world: World, workshop: Workshop) -> list[Contender]:
    def runs(*commands: Command) -> t.Callable[[], Taken]:
        return lambda: workshop.run(*commands)

    return [
        Contender(
            "trouble",
            "playbook with theia_session_info: reads, joins and judges all sessions; returns the ten fields that the "
            "playbook status shows of those with a finding, and their totals",
            runs(trouble(world, workshop)),
        ),
        Contender(
            "everything",
            "the same, but returns the whole record of every session",
            runs(ours(world, workshop, "everything", {})),
        ),
        Contender(
            "kubectl",
            "kubectl get -o json of the same kinds and labels, and kubectl top pods; printed to nowhere, not joined",
            runs(*kubectl(world)),
        ),
        Contender(
            "k8s_info",
            "playbook with a kubernetes.core.k8s_info for each kind",
            runs(_k8s_info(world, workshop)),
            slow=True,
        ),
        Contender(
            "bare_client",
            "pages of 500 over 8 kept-alive connections, parsed and dropped",
            runs(_bare(world, workshop)),
        ),
        Contender("trivial_playbook", "playbook with one ping", runs(workshop.trivial())),
    ]


def trouble(world: World, workshop: Workshop) -> Command:
    """What is asked for most."""
    return ours(world, workshop, "trouble", TROUBLE)


def ours(world: World, workshop: Workshop, name: str, options: dict[str, t.Any]) -> Command:
    """A playbook that lists sessions with these options."""
    task = {"name": "List", "eduide.theia.theia_session_info": {**world.connection, **options}}
    return workshop.playbook(name, task)


def verify(world: World) -> None:
    """Whoever is measured has to be right first; this also lets the API server fill its caches."""
    seen = module("theia_session_info", {**world.connection, "limit": 0})
    if seen.get("failed") or seen["missing"] or seen["summary"]["total"] != world.size:
        raise LabError(f"of {world.size} sessions were seen: {seen.get('msg') or seen['summary'] | seen['missing']}")


def kubectl(world: World) -> list[Command]:
    """The commands that read what listing reads."""
    kinds = ",".join(f"{kind.plural}.{kind.version}.{kind.group}" if kind.group else kind.plural for kind in KINDS)
    return [
        world.kubectl("get", kinds, "-o", "json"),
        *(world.kubectl("get", CONFIG_MAP.plural, "-l", labels, "-o", "json") for labels in LABELS),
        world.kubectl("top", "pods", "--containers"),
    ]


def _k8s_info(world: World, workshop: Workshop) -> Command:
    def task(kind: Kind, labels: str = "") -> dict[str, t.Any]:
        options = {
            "api_version": kind.api_version,
            "kind": kind.kind,
            "label_selectors": labels.split(",") if labels else [],
        }
        return {"name": f"List {kind.plural}", "kubernetes.core.k8s_info": options}

    tasks = [*map(task, (*KINDS, POD_METRICS)), *(task(CONFIG_MAP, labels) for labels in LABELS)]
    return workshop.playbook("k8s_info", *tasks, defaults=world.defaults)


def _bare(world: World, workshop: Workshop) -> Command:
    paths = [world.path(kind) for kind in (*KINDS, POD_METRICS)]
    paths += [f"{world.path(CONFIG_MAP)}?labelSelector={quote(labels)}" for labels in LABELS]
    return workshop.bare(world.installation, "list", paths)
