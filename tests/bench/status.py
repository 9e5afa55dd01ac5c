# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measurement 3: the whole command that people type to see how an installation is, and what it costs when it grows."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CAPACITY_RECORD, OPERATOR_LEASE
from bench import listing
from bench.commands import Command, Workshop
from bench.figures import Wanted
from bench.rounds import Contender
from bench.world import World

WANTED = (
    Wanted("wall_ratio_to_kubectl", "status", "wall_seconds", "at most", 1.0, ("kubectl",)),
    Wanted("wall_ratio_to_trivial_playbook", "status", "wall_seconds", against=("trivial_playbook",)),
)
# What people are shown fits a screen or two, however many there are.
MOST_PRINTED_KIB = 64
WANTED_AT_SCALE = tuple(
    Wanted(f"{name}_kib_printed", name, "kib_printed", "at most", MOST_PRINTED_KIB)
    for name in ("first_fifty", "totals", "sweep", "status")
)


def contenders(world: World, workshop: Workshop) -> list[Contender]:
    status = _playbook(world, workshop, "status")
    by_hand = [
        *listing.kubectl(world),
        world.kubectl("get", "resourcequotas,limitranges", "-o", "json"),
        world.kubectl("get", "leases", OPERATOR_LEASE, "-o", "json"),
        world.kubectl("get", "configmaps", CAPACITY_RECORD, "--ignore-not-found", "-o", "json"),
    ]
    about = "kubectl get -o json of what it looks at, and kubectl top pods; printed to nowhere, not joined"
    return [
        Contender("status", "ansible-playbook eduide.theia.status", lambda: workshop.run(status)),
        Contender("kubectl", about, lambda: workshop.run(*by_hand)),
        Contender("trivial_playbook", "playbook with one ping", lambda: workshop.run(workshop.trivial())),
    ]


def contenders_at_scale(world: World, workshop: Workshop) -> list[Contender]:
    """What is read, joined and judged whole, and told in short."""
    # More of them have failed than a sweep stops without being told so.
    policy = {"session_sweep_policy": {"findings": ["failed"], "max_stop": world.size}}
    commands = {
        "first_fifty": listing.ours(world, workshop, "first_fifty", {"limit": 50}),
        "totals": listing.ours(world, workshop, "totals", {"limit": 0}),
        "sweep": _playbook(world, workshop, "sweep_sessions", "--check", "-e", json.dumps(policy)),
        "status": _playbook(world, workshop, "status"),
    }
    abouts = {
        "first_fifty": "playbook with theia_session_info, 50 records",
        "totals": "playbook with theia_session_info, no records",
        "sweep": "ansible-playbook eduide.theia.sweep_sessions --check",
        "status": "ansible-playbook eduide.theia.status",
    }
    return [
        Contender(name, abouts[name], lambda command=command: workshop.run(command))  # type: ignore[misc]
        for name, command in commands.items()
    ]


def _playbook(world: World, workshop: Workshop, name: str, *words: str) -> Command:
    variables: dict[str, t.Any] = {"theia_connection": world.connection, "ansible_connection": "local"}
    inventory = workshop.folder / "inventory.json"
    inventory.write_text(json.dumps({"theia_installations": {"hosts": {"lab": variables}}}), encoding="utf-8")
    return Command(("ansible-playbook", f"eduide.theia.{name}", "-i", str(inventory), *words))
