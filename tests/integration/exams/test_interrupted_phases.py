# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals that meet a run in each of its phases: nothing of it is left, and the next run ends right.

`make interruptions-proof` tries all and prints a table; else there are two of them.
"""

from __future__ import annotations

import itertools
import os
import signal
import tempfile
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest

from integration.exam_night import Duty
from integration.interrupted_play import InterruptedPlay
from integration.lab.operator_site import eventually
from integration.session_site import SessionSite
from lab.faults import Hold, Rule
from lab.proxy import FaultProxy

NEVER_PULLED = "registry.lab.invalid/eduide/ide:missing"
STUDENTS = 12
NUMBERS = itertools.count(1)
PRE, STOP = "pre_exam", "stop_sessions"


class Phase(t.NamedTuple):
    """In which playbook, and the request that is under way when the signal comes."""

    playbook: str
    request: dict[str, t.Any]


PHASES = {
    "before the first read": Phase(PRE, {}),
    "between ledger and patch": Phase(PRE, {"verb": "patch", "path": "/appdefinitions/"}),
    "while it waits": Phase(PRE, {"verb": "watch"}),
    "before the first stop": Phase(STOP, {"verb": "delete"}),
    "among the stops": Phase(STOP, {"verb": "delete", "skip": STUDENTS // 2}),
}
SENT = [
    (number, target)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    for target in ("module", "playbook", "group")
]
ALL = [(phase, number, target) for phase in PHASES for number, target in SENT]
SOME = [
    ("between ledger and patch", signal.SIGTERM, "module"),
    ("among the stops", signal.SIGINT, "group"),
]


@pytest.fixture(scope="module")
def site(module_installation):
    made = SessionSite(module_installation(app_definitions=[]))
    made.table = []
    yield made
    print("\n" + "\n".join(made.table))


@pytest.fixture
def proxy(control_plane):
    with FaultProxy.before(control_plane) as proxy:
        yield proxy


@pytest.fixture
def home():
    """One with a short name: Ansible makes sockets below it, whose names may have 107 characters."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Work:
    """What a playbook is to do, and whether it is done."""

    def __init__(self, site: SessionSite, playbook: str) -> None:
        self.site, self.playbook = site, playbook
        self.name = site.definition(0, image=NEVER_PULLED) if playbook == PRE else site.definition(0)
        if playbook == PRE:
            self.variables = {"app_definition": self.name, "warm": 2, "exam": self.name, "shield": "false"}
        else:
            site.many(STUDENTS, self.name, user=lambda number: f"{self.name}-{number}@x.org")
            self.variables = {"app_definition": self.name, "discard_data": "selected", "max_percent": 100}

    def left(self) -> str:
        """What is in place."""
        if self.playbook == PRE:
            return f"min {self.site.bounds(self.name)[0]}, ledger {'yes' if self.name in self.site.ledger() else 'no'}"
        return f"{sum(self.name in name for name in self.site.names())} of {STUDENTS} sessions"

    def finish(self, duty: Duty) -> str:
        """The next run; for an exam whose instances never become warm that is its end."""
        if self.playbook == PRE and self.name not in self.site.ledger():
            return "nothing to undo"
        next_one, variables = ("post_exam", {"exam": self.name}) if self.playbook == PRE else (STOP, self.variables)
        duty.play(next_one, **variables).good()
        assert self.left() in ("min 0, ledger no", f"0 of {STUDENTS} sessions")
        return f"{next_one}: {self.left()}"


@pytest.mark.parametrize(
    ("phase", "number", "target"),
    ALL if os.environ.get("INTERRUPTIONS") == "all" else SOME,
    ids=lambda value: value.name if isinstance(value, signal.Signals) else str(value).replace(" ", "-"),
)
def test_a_signal_leaves_nothing_and_the_next_run_ends_right(site, proxy, home, tmp_path, phase, number, target):
    playbook, request = PHASES[phase]
    work = Work(site, playbook)
    token, installation = site.installation.identity.token, site.installation
    config = proxy.write_kubeconfig(tmp_path / "config", token, site.namespace)
    reached = {name: getattr(installation, name) for name in ("namespace", "service_url", "app_id", "admin_token")}
    through = Duty(tmp_path / "through", production=t.cast("t.Any", SimpleNamespace(kubeconfig=config, **reached)))
    rule = Rule(Hold(), count=1, **request)
    proxy.add(rule)
    play = InterruptedPlay(home, through.inventory, playbook, **work.variables)
    eventually("it is at its request", rule.fault.arrived.is_set, timeout_seconds=240)
    play.send(number, target)
    rule.fault.release.set()
    # What nobody told to end goes on: a module outlives the playbook that was killed, and ends with its work.
    output = play.output()
    proxy.clear()
    outlived = len(play.running())
    if number != signal.SIGKILL and target != "playbook":
        eventually("nothing runs any more", lambda: not play.running())
    play.kill_rest()
    secrets, progress = play.files_with(token), play.progress()
    assert secrets == []
    assert {path.stat().st_mode & 0o777 for path in progress} <= {0o600}
    place = work.left()
    after = work.finish(Duty(tmp_path / "direct", production=installation))
    said = [line.strip() for line in output.splitlines() if "interrupted" in line or "Retry" in line]
    row = (
        phase,
        number.name,
        target,
        play.process.returncode,
        outlived,
        len(progress),
        place,
        after,
        (said or ["-"])[-1],
    )
    site.table.append(" | ".join(map(str, row))[:300])
