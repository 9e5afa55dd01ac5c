# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pre_exam and post_exam ask of the modules, killed at any of their requests, with all that they can be told.

Whatever comes next, the end of the exam brings the fields of the ledger back and leaves everything else as it was.
Reads that follow each other leave the same behind, so of these the first and the last one are enough.
"""

from __future__ import annotations

import copy

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity import finish, lockout, readmit, settle, wait
from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import read_ledger
from ansible_collections.eduide.theia.plugins.module_utils._common import waiting
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.fakes import app_definition
from unit.pool_world import NAME, PoolWorld

EXAM = "pgdp-final"
OTHER = "rust"
DECLARED = {
    "name": EXAM,
    "start": "2027-02-11T09:00:00Z",
    "end": "2027-02-11T11:00:00Z",
    "participants": 5,
    "app_definitions": [{"name": NAME, "warm": 5}],
}
HELD = {
    "hold": EXAM,
    "hold_from": DECLARED["start"],
    "hold_until": DECLARED["end"],
    "extend_time_limits": 300,
    "app_definitions": [{"name": NAME, "warm": 5, "max_instances": 200}],
    "time_zone": "UTC",
}
CARE = {
    "lockout": "repair",
    "repair": ["address_lists"],
    "quiet_seconds": 1,
    "quiet_wait_seconds": 30,
    "wait": True,
    "wait_timeout_seconds": 60,
}
PRE = [("theia_exam", {**DECLARED, "must_be_due": True}), ("theia_capacity", {**HELD, **CARE, "settle_seconds": 0})]
POST = [
    ("theia_capacity", {"state": "baseline", "hold": EXAM, **CARE}),
    ("theia_exam", {"name": EXAM, "state": "closed", "end_early_reason": "it is over"}),
]
TIMED = (
    settle.wait_until_quiet,
    settle.make_whole,
    readmit.watch_lists,
    finish.finish_draining,
    wait.wait_until_warm,
    waiting.wait_until,
)


class Killed(BaseException):
    """Nothing that a module does can hold this up."""


class Night:
    """An installation with students on it, and with another exam on another app definition."""

    def __init__(self, cluster, world):
        self.world = world.led()
        self.gateway = self.world.gateway
        tracker = {"port": 3000, "activityTracker": {"timeoutAfter": 60, "notifyAfter": 55}}
        self.world.change(timeout=120, monitor=tracker)
        self.world.sleep(60)
        for number, user in ((1, "ada@tum.de"), (2, "ben@tum.de")):
            self.world.claim(number, user)
        self.gateway.put(kinds.APP_DEFINITION, app_definition(OTHER, minInstances=0, maxInstances=10))
        self._cluster = cluster
        self.run([("theia_capacity", {"hold": "eist", "app_definitions": [{"name": OTHER, "max_instances": 20}]})])
        self.before = self.place()

    def run(self, steps, killed_at=None):
        """Its requests; it ends before the one at which it is killed."""
        self._cluster(self.gateway)
        first = len(self.gateway.requests)

        def kill(*_asked):
            if len(self.gateway.requests) - first == killed_at:
                raise Killed

        self.gateway.interceptors.append(kill)
        try:
            for name, options in steps:
                module(name, {"namespace": "theia-prod", **options})
        except Killed:
            pass
        finally:
            self.gateway.interceptors.remove(kill)
        self.world.sleep(10)
        return self.gateway.requests[first:]

    def place(self):
        """All that has to be the same after the exam. The record of the exam itself stays."""
        app = self.gateway.get(kinds.APP_DEFINITION, NAME)
        ledger = read_ledger(self.gateway.get(kinds.CONFIG_MAP, "theia-capacity"))
        return copy.deepcopy(
            {
                "spec": app["spec"],
                "entries": ledger.entries,
                "other": self.gateway.get(kinds.APP_DEFINITION, OTHER),
                "sessions": self.gateway.list(kinds.SESSION),
                "addresses": [self.world.address(number) for number in (1, 2)],
                "parts": [self.world.parts(number) for number in range(1, 9)],
            }
        )


@pytest.fixture
def night(cluster, monkeypatch):
    """Makes installations; the clock of the newest one is everybody's."""
    worlds = [PoolWorld(0)]
    monkeypatch.setattr(lockout, "PATIENCE_SECONDS", 0.1)

    def sleep(seconds):
        worlds[-1].sleep(seconds)

    def clock():
        return worlds[-1].clock()

    for function in TIMED:
        monkeypatch.setitem(function.__kwdefaults__, "sleep", sleep)
        monkeypatch.setitem(function.__kwdefaults__, "clock", clock)

    def make():
        worlds.append(PoolWorld(3))
        return Night(cluster, worlds[-1])

    return make


def moments(requests):
    """Before each write and after it, and before the first request."""
    writes = [k for k, (verb, _plural, _name) in enumerate(requests) if verb not in ("get", "list")]
    return sorted({0, *writes, *(k + 1 for k in writes)} & set(range(len(requests))))


def test_a_night_that_nobody_kills(night):
    one = night()
    one.run(PRE)
    spec = one.gateway.get(kinds.APP_DEFINITION, NAME)["spec"]
    assert (spec["minInstances"], spec["maxInstances"], spec["timeout"]) == (7, 200, 300)
    one.run(POST)
    assert one.place() == one.before


@pytest.mark.parametrize("then", [[*PRE, *POST], POST], ids=["pre-again", "post"])
def test_pre_exam_killed_anywhere(night, then):
    requests = night().run(PRE)
    kills = moments(requests)
    assert len(kills) > 8
    for k in kills:
        one = night()
        one.run(PRE, killed_at=k)
        one.run(then)
        assert one.place() == one.before, f"killed at request {k}: {requests[k]}"


def test_post_exam_killed_anywhere(night):
    whole = night()
    whole.run(PRE)
    requests = whole.run(POST)
    for k in moments(requests):
        one = night()
        one.run(PRE)
        one.run(POST, killed_at=k)
        one.run(POST)
        assert one.place() == one.before, f"killed at request {k}: {requests[k]}"
