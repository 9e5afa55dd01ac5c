# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook delete_workspaces, as a person on duty meets it."""

from __future__ import annotations

import pytest

from integration.deletion_site import DeletionSite
from integration.exam_night import Duty, report
from lab import chart

IDE = "c-latest"
USER = "ada@students.lab.invalid"


@pytest.fixture(scope="module")
def site(module_installation, tmp_path_factory):
    found = DeletionSite(module_installation(start="lazy", app_definitions=[chart.app_definition(IDE)]))
    found.duty = Duty(tmp_path_factory.mktemp("duty"), lab=found.installation)
    return found


def played(site, *arguments, **variables):
    """The run, what it told, and what it wrote."""
    since = site.now()
    run = site.duty.play("delete_workspaces", *arguments, **variables)
    return run, "\n".join(report(run)), site.writes(since)


def test_it_has_to_be_said_which(site):
    run, _told, writes = played(site)
    assert "Say -e workspaces=NAME,NAME or -e user=USER or -e app_definition=NAME" in run.output
    assert (run.code, writes) == (2, [])


def test_what_check_mode_says_is_what_happens_and_the_second_run_does_nothing(site):
    idle, used = site.filled(USER, IDE), site.filled(USER, IDE)
    session = site.open(USER, used)

    predicted, told, writes = played(site, "--check", "--diff", user=USER)
    assert (predicted.code, writes) == (2, [])
    assert "1 would be deleted" in told
    assert "volume is deleted" in told
    assert "1 is in use. To stop the sessions first: ansible-playbook " in told

    done, told, writes = played(site, user=USER)
    assert (done.code, done.changed, writes) == (2, 1, [f"delete workspaces {idle}"])
    assert "1 deleted" in told
    assert f"{used}: in use by the session {session}" in done.output
    assert site.workspaces() == {used}

    again, told, writes = played(site, user=USER)
    assert (again.code, again.changed, writes) == (2, 0, [])

    named, told, writes = played(site, workspaces=used)
    assert (named.code, writes) == (2, [])
    assert f"{used}: in use by the session {session}" in named.output

    stopped, told, writes = played(site, workspaces=used, live_sessions="stop")
    assert writes == [f"delete sessions {session}", f"delete workspaces {used}"]
    assert stopped.good().changed == 1
    assert "Their sessions:" in told
    assert "stopped, gone" in told
    assert site.workspaces() == set()

    gone, told, writes = played(site, workspaces=f"{idle},{used}")
    assert (gone.good().changed, writes) == (0, [])
    assert "2 gone" in told
