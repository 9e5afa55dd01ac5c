# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is interrupted says how far it came, leaves no secret behind, and the same command goes on from there."""

from __future__ import annotations

import pathlib
import signal
import tempfile

import pytest

from integration.capacity_site import CapacitySite
from integration.exam_night import Duty
from integration.interrupted_play import InterruptedPlay
from integration.lab.operator_site import eventually

NEVER_PULLED = "registry.lab.invalid/eduide/ide:missing"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[]))


def waiting(site, folder, home):
    """A pre_exam that waits for instances which never become warm, and the app definition it is about."""
    name = site.definition(0, image=NEVER_PULLED)
    duty = Duty(folder, production=site.installation)
    play = InterruptedPlay(home, duty.inventory, "pre_exam", app_definition=name, warm=2, exam=name, shield="false")

    def waits():
        return any('"warm"' in path.read_text() for path in play.progress())

    eventually("it waits", waits, timeout_seconds=240)
    return duty, play, name


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
    duty, play, name = waiting(site, tmp_path, left)
    play.send(number, target)
    output = play.output()
    assert play.process.returncode == code, output
    for words in said:
        assert words.format(name=name) in output
    assert play.files_with(site.installation.identity.token) == []
    if number != signal.SIGKILL:
        eventually("nothing runs any more", lambda: not play.running())
        assert play.progress() == []
    assert {path.stat().st_mode & 0o777 for path in play.progress()} <= {0o600}
    play.kill_rest()
    assert site.bounds(name)[0] == 2
    duty.play("post_exam", exam=name).good()
    assert site.bounds(name)[0] == 0
