# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is interrupted says how far it came, leaves no secret behind, and the same command goes on from there."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile

import pytest

from integration.ansible_run import ROOT, environment
from integration.capacity_site import CapacitySite
from integration.exam_night import Duty
from integration.lab.operator_site import eventually

NEVER_PULLED = "registry.lab.invalid/eduide/ide:missing"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


def children(pid):
    """The processes that this one has started, the youngest last."""
    try:
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [process for child in map(int, found) for process in (child, *children(child))]


class Interrupted:
    """A pre_exam that waits for instances which never become warm."""

    def __init__(self, site, folder, left):
        self.site, self.folder = site, folder
        self.name = site.definition(0, image=NEVER_PULLED)
        self.duty = Duty(folder, production=site.installation)
        self.left = left
        variables = {"app_definition": self.name, "warm": 2, "exam": self.name, "shield": "false"}
        extra = [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]
        self.process = subprocess.Popen(
            ["ansible-playbook", ROOT / "playbooks" / "pre_exam.yml", "-i", self.duty.inventory, *extra],
            cwd=ROOT,
            env=environment(
                HOME=str(self.left), TMPDIR=str(self.left), ANSIBLE_COLLECTIONS_PATH=str(ROOT / "build" / "tree")
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        eventually("it waits", lambda: any(self.progress()), timeout_seconds=240)
        self.started = children(self.process.pid)

    def progress(self):
        return [path.read_text().count("\n") > 1 for path in self.left.rglob("eduide-theia-progress-*")]

    def send(self, number, target):
        if target == "group":
            os.killpg(self.process.pid, number)
        else:
            os.kill(self.process.pid if target == "playbook" else self.started[-1], number)
        return self.process.communicate(timeout=60)[0]

    def secrets_left(self):
        token = self.site.installation.identity.token
        files = [path for path in self.left.rglob("*") if path.is_file()]
        return [path for path in files if token in path.read_text(errors="replace")]

    def running(self):
        return [pid for pid in self.started if not _is_over(pid)]

    def kill_rest(self):
        for pid in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _is_over(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def cases():
    """Which signal reaches whom, the exit code of the run, and what stands in its last lines."""
    far = "interrupted: {name}: 0 of 2 warm, "
    again = "and the same command goes on from there"
    return [
        pytest.param(
            signal.SIGINT, "module", 2, ["interrupted by SIGINT", again, "Retry: ansible-playbook"], id="INT-module"
        ),
        pytest.param(signal.SIGINT, "group", 99, [far, again], id="INT-group"),
        pytest.param(signal.SIGTERM, "module", 2, ["interrupted by SIGTERM", again], id="TERM-module"),
        # Ansible ends before anything can be said.
        pytest.param(signal.SIGTERM, "playbook", -signal.SIGTERM, [], id="TERM-playbook"),
        pytest.param(signal.SIGKILL, "module", 2, ["Retry: ansible-playbook"], id="KILL-module"),
        pytest.param(signal.SIGKILL, "group", -signal.SIGKILL, [], id="KILL-group"),
    ]


@pytest.fixture
def left():
    """A home with a short name: Ansible makes sockets below it, whose names may have 107 characters."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield pathlib.Path(folder)


@pytest.mark.parametrize(("number", "target", "code", "said"), cases())
def test_a_run_that_is_interrupted_leaves_no_secret_and_can_be_ended(site, tmp_path, left, number, target, code, said):
    run = Interrupted(site, tmp_path, left)
    output = run.send(number, target)
    assert run.process.returncode == code, output
    for words in said:
        assert words.format(name=run.name) in output
    assert run.secrets_left() == []
    if number != signal.SIGKILL:
        eventually("nothing runs any more", lambda: not run.running())
        assert run.progress() == []
    assert {path.stat().st_mode & 0o777 for path in run.left.rglob("eduide-theia-progress-*")} <= {0o600}
    run.kill_rest()
    assert site.bounds(run.name)[0] == 2
    run.duty.play("post_exam", exam=run.name).good()
    assert site.bounds(run.name)[0] == 0
