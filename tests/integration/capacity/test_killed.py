# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run is killed at any of its requests, before or after the server has heard of it; the next one ends the same."""

from __future__ import annotations

import signal
import typing as t

import pytest

from integration.capacity_site import CapacitySite, desired
from integration.module_run import process
from lab.faults import Kill, Rule
from lab.proxy import FaultProxy

EXAM = "killed-exam"
WRITES = ("create", "update", "patch")


@pytest.fixture(scope="module")
def site(module_installation):
    site = CapacitySite(module_installation(app_definitions=[], running=[]))
    # So that the ledger is there, and every write to it is an update.
    site.set(desired(site.definition(0, wait=False), max_instances=2000), hold="another-exam")
    return site


class Step(t.NamedTuple):
    """One run of a night: what it is asked, and what is there afterwards."""

    options: dict[str, t.Any]
    minimum: int
    in_ledger: bool


RAISE = Step({"hold": EXAM}, 10, in_ledger=True)
RESTORE = Step({"state": "baseline", "hold": EXAM}, 3, in_ledger=False)


def asked(step, name):
    return desired(name, min_instances=10) if step is RAISE else desired(name)


def state(site, name):
    """The bound and the entry of the ledger, without what differs from one app definition and one run to the next."""
    entry = site.ledger().get(name)
    return site.bounds(name)[0], None if entry is None else {**entry, "uid": None, "written_at": None}


def requests_of(site, proxy, through, step, name):
    """Verbs of a run that nobody kills, in the order of their arrival; the server is in the wanted state then."""
    first = len(proxy.requests)
    site.set(asked(step, name), **step.options, **through)
    return [seen.verb for seen in proxy.requests[first:]]


def killed_at(site, proxy, through, step, name, rule_of):
    """Run it in a process of its own and kill that where the rule says."""
    run = process("theia_capacity", site.options(app_definitions=[asked(step, name)], **step.options, **through))
    proxy.add(rule_of(run.pid))
    run.communicate()
    proxy.clear()
    assert run.returncode == -signal.SIGKILL, f"{name} was to be killed"


@pytest.mark.parametrize("step", [RAISE, RESTORE], ids=["raise", "restore"])
def test_killed_anywhere_the_next_run_ends_in_the_same_place(site, control_plane, tmp_path, step):
    with FaultProxy.before(control_plane) as proxy:
        config = proxy.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
        through = {"kubeconfig": str(config)}

        def ready():
            name = site.definition(3, wait=False)
            if step is RESTORE:
                site.set(asked(RAISE, name), **RAISE.options)
            return name

        spared = ready()
        verbs = requests_of(site, proxy, through, step, spared)
        wanted = state(site, spared)
        generation = site.generation(spared)
        assert (wanted[0], wanted[1] is not None) == (step.minimum, step.in_ledger)

        reads = len([verb for verb in verbs if verb not in WRITES])
        writes = [verb for verb in verbs if verb in WRITES]
        assert writes == (["update", "patch"] if step is RAISE else ["update", "patch", "update"])
        cases = [(k, False) for k in range(len(verbs))] + [(reads + k, True) for k in range(len(writes))]
        for k, delivered in cases:
            name = ready()
            killed_at(
                site,
                proxy,
                through,
                step,
                name,
                lambda pid, k=k, delivered=delivered: Rule(Kill(pid, delivered=delivered), skip=k, count=1),
            )
            site.set(asked(step, name), **step.options)
            where = f"killed at request {k} of {len(verbs)}, {'after' if delivered else 'before'} it arrived"
            assert state(site, name) == wanted, where
            # The pool was not rebuilt more often than by a run that nobody kills.
            assert site.generation(name) == generation, where
            again = site.set(asked(step, name), **step.options)
            assert again["changed"] is False, where
