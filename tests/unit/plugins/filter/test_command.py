# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Printed commands from end to end: a play prints them, a shell and a second play read them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tools.checkout import BUILD, ROOT
from unit.nasty_names import NASTY_NAMES

PRINTING = """
- hosts: theia_installations
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    theia_connection: {kubeconfig: ~/.kube/theia, context: "{{ 'the ' ~ 'lab' }}", namespace: theia}
  tasks:
    - ansible.builtin.set_fact:
        names: "{{ lookup('ansible.builtin.file', 'names.json') | from_json }}"
    - ansible.builtin.copy:
        content: |
          {% for name in names %}
          {{ {'playbook': 'unlock_user', 'variables': {'user' ~ loop.index0: name}} | eduide.theia.command }}
          {% endfor %}
          {{ {'kubectl': ['get', 'pods']} | eduide.theia.command }}
        dest: "{{ playbook_dir }}/printed"
        mode: "0600"
"""
READING = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - ansible.builtin.copy:
        content: "{{ [%s] | to_json }}"
        dest: "{{ playbook_dir }}/read"
        mode: "0600"
"""


def bash(script, cwd, **env):
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    variables = {**os.environ, "PATH": path, "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "tree"), **env}
    return subprocess.run(
        ["bash", "-e"], input=script, cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The lines that a play with an inventory and a file of variables prints for all names, and where it ran."""
    folder = tmp_path_factory.mktemp("a project")
    folder.joinpath("names.json").write_text(json.dumps(NASTY_NAMES))
    folder.joinpath("hosts.ini").write_text("[theia_installations]\nlab\n")
    folder.joinpath("calendar.json").write_text('{"theia_exams": []}')
    folder.joinpath("printing.yml").write_text(PRINTING)
    done = bash("ansible-playbook printing.yml -i hosts.ini -e @calendar.json -e secret=sesame", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, folder.joinpath("printed").read_text().splitlines()


def test_each_line_goes_where_the_run_went(printed):
    folder, lines = printed
    assert len(lines) == len(NASTY_NAMES) + 1
    start = [
        "ansible-playbook",
        str(ROOT / "playbooks" / "unlock_user.yml"),
        *("-i", str(folder / "hosts.ini")),
        *("-e", f"@{folder / 'calendar.json'}"),
        *("--limit", "lab"),
    ]
    assert {tuple(shlex.split(line)[: len(start)]) for line in lines[:-1]} == {tuple(start)}
    config = str(Path("~/.kube/theia").expanduser())
    assert shlex.split(lines[-1]) == ["kubectl", "--kubeconfig", config, "--context", "the lab", "get", "pods"]
    assert not [line for line in lines if "sesame" in line]


def test_all_names_reach_a_playbook_through_a_shell_and_nothing_of_them_is_carried_out(printed, tmp_path):
    _folder, lines = printed
    tmp_path.joinpath("reading.yml").write_text(READING % ", ".join(f"user{n}" for n in range(len(NASTY_NAMES))))
    words = " ".join(line[line.index(" -e '{") :] for line in lines[:-1])
    done = bash(f"ansible-playbook reading.yml -i localhost, {words}", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    read = json.loads(tmp_path.joinpath("read").read_text())
    assert [value[0] if isinstance(value, list) else value for value in read] == list(NASTY_NAMES)
    assert {path.name for path in tmp_path.iterdir()} == {"reading.yml", "read"}


def test_a_run_by_name_prints_names_and_a_job_names_the_job_template(tmp_path):
    """As a playbook of the collection would, which is known by its name only."""
    (tmp_path / "ansible_collections" / "eduide").mkdir(parents=True)
    copy = tmp_path / "ansible_collections" / "eduide" / "theia"
    copy.mkdir()
    for name in ("plugins", "meta", "galaxy.yml"):
        copy.joinpath(name).symlink_to(ROOT / name)
    play = [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [
                {"debug": {"msg": "{{ {'playbook': 'status'} | eduide.theia.command }}"}},
                {"debug": {"msg": "{{ {'kubectl': ['get', 'pods']} | eduide.theia.command }}"}},
            ],
        }
    ]
    copy.joinpath("playbooks").mkdir()
    copy.joinpath("playbooks", "show.yml").write_text(json.dumps(play))
    line = "ansible-playbook eduide.theia.show -i localhost,"
    named = f"""{line} -e awx_job_id=7 -e '{{"awx_job_template_name": "Exams: show {{x}}"}}'"""
    lines = f"{line}\n{line} -e awx_job_id=7\n{named}"
    done = bash(lines, tmp_path, ANSIBLE_COLLECTIONS_PATH=str(tmp_path), K8S_AUTH_KUBECONFIG="/tmp/awx/config")
    assert "ansible-playbook eduide.theia.status -i localhost, --limit localhost" in done.stdout, done.stderr
    assert "launch the job template of status with the limit localhost" in done.stdout
    assert r"launch the job template \"Exams: status {x}\" with the limit localhost" in done.stdout
    # A kubeconfig that AWX injects ends with its job.
    assert done.stdout.count("kubectl --kubeconfig /tmp/awx/config get pods") == 1
    assert done.stdout.count("kubectl get pods") == 2
