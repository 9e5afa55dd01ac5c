# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run is refused for before it has looked at anything, in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.checkout import BUILD, ROOT

CONNECTION = "theia_connection={'kubeconfig': '/nonexistent', 'namespace': 'theia'}"
THERE = """theia_connection={'host': 'https://kubernetes.example.org', 'namespace': 'theia'}"""
KNOWN = f"[theia_installations]\nlab\n[theia_installations:vars]\n{CONNECTION}\n"


def told_by(playbook, inventory, content, *arguments):
    """What a run says that ends before it has looked at anything."""
    inventory.write_text(content)
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), playbook, "-i", inventory, *arguments],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "tree")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr + done.stdout


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        ("[theia]\nlab\n", [], "there is no host in the group theia_installations of {}"),
        (
            "[theia_installations]\nlab\n[others]\nx\n",
            ["--limit", "x"],
            "--limit x leaves no host of the group theia_installations of {}",
        ),
        (KNOWN, ["--tags", "warm"], "--tags warm leaves nothing to do"),
        (KNOWN, ["--skip-tags", "all"], "--skip-tags all leaves nothing to do"),
        ("[theia_installations]\nlab\n", ["--start-at-task", "x"], "--start-at-task x leaves out the checks"),
        # Ansible ends a value at a blank, though the shell did not.
        (KNOWN, ["-e", "user=Ada Lovelace"], "These words of -e reach no variable: Lovelace."),
        (KNOWN, ["-e", "calendar.yml"], "The variables of a file are given as -e @calendar.yml"),
        (KNOWN, ["-e", "wach=true"], "wach: this playbook has no such variable; watch is perhaps meant"),
        (KNOWN.replace("'namespace'", "'namspace'"), [], "needs a namespace, and has kubeconfig, namspace"),
        (
            f"[theia_installations]\nlab\ntwin\n[theia_installations:vars]\n{THERE}\n",
            [],
            "lab and twin lead to the same installation, namespace theia of one cluster.",
        ),
        (KNOWN, ["-e", '{"theia_notices": [{"kind": "pigeon"}]}'], "theia_notices"),
        # In our words alone, and all of them.
        (
            KNOWN,
            ["-e", "watch=often watch_minutes=four"],
            """: "watch has to be true or false, not 'often'; watch_minutes has to be a whole number, not 'four'.""",
        ),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_an_error_that_says_why(tmp_path, content, arguments, told):
    inventory = tmp_path / "hosts.ini"
    assert told.format(inventory) in told_by(ROOT / "playbooks" / "status.yml", inventory, content, *arguments)


def test_what_only_an_exam_of_a_calendar_has_is_not_left_out_in_silence(tmp_path):
    line = ["-e", "app_definition=java warm=4 end=24:00 extra_time_minutes=30 max_instances=60"]
    told = told_by(ROOT / "playbooks" / "pre_exam.yml", tmp_path / "hosts.ini", KNOWN, *line)
    assert "extra_time_minutes, max_instances: this playbook has no such variable" in told
