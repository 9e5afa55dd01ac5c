# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a run leaves, and what becomes of a run that cannot leave them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.eduide.theia.plugins.filter.folder_name import folder_name
from ansible_collections.eduide.theia.plugins.plugin_utils import _page
from tools.checkout import BUILD
from unit import page_world as world

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    look: "{{ lookup('ansible.builtin.file', 'look.json') | from_json }}"
    nowhere: {kubeconfig: missing, namespace: theia-prod}
    theia_connection: {namespace: theia-prod}
  tasks:
    - eduide.theia.theia_page: {folder: reports, playbook: status, look: "{{ look }}", time_zone: Europe/Berlin}
      register: left
    - eduide.theia.theia_page:
      args: "{{ nowhere | combine({'folder': 'reports', 'playbook': 'pre_exam', 'result': {'msg': 'not warm'}}) }}"
      register: failed_before
    - eduide.theia.theia_page:
      args: "{{ nowhere | combine({'folder': 'reports', 'playbook': 'pre_exam'}) }}"
      register: unseen
      ignore_errors: true
    - ansible.builtin.copy:
        content: "{{ {'left': left, 'failed_before': failed_before, 'unseen': unseen} | to_json }}"
        dest: told.json
        mode: "0600"
"""


@pytest.fixture
def leave(tmp_path):
    warnings = []

    def leave(found, result=None, *, playbook="status", check=False, exam=world.EXAM, **how):
        folder = _page.Folder(str(tmp_path / "reports"), "arn:aws/one", playbook)
        subject = world.Subject("arn:aws/one", ("https://host", "theia"), playbook, exam, check)
        options = {"lines": ["as printed"], "pseudonym_key": None, "time_zone": None, "warn": warnings.append, **how}
        return Path(_page.leave_page(folder, subject, found, result or {}, **options))

    leave.folder, leave.warnings = tmp_path / "reports" / folder_name("arn:aws/one"), warnings
    return leave


def test_each_playbook_has_a_page_and_all_of_them_share_what_they_saw(leave):
    first = leave(
        world.found(-28, world.app(warm=423, minimum=423, holds=[world.EXAM])), world.warmed(), playbook="pre_exam"
    )
    second = leave(world.found(10, world.app(), logins=[world.login(1, 1)]))
    assert (first, second) == (leave.folder / "pre_exam" / "report.html", leave.folder / "status" / "report.html")
    report = json.loads(second.with_suffix(".json").read_text())
    assert [event["what"] for event in report["timeline"]][:3] == ["exam declared", "bounds raised", "everything warm"]
    assert len(report["pools"]) == 8
    files = [Path(folder) / name for folder, _folders, names in os.walk(leave.folder) for name in names]
    assert {path.name for path in files} == {"report.html", "report.md", "report.json", "observations.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in files} == {0o700}


def test_a_prediction_says_so_and_is_no_event(leave):
    page = leave(world.found(-28, world.app()), world.warmed(), playbook="pre_exam", check=True)
    report = json.loads(page.with_suffix(".json").read_text())
    assert report["headline"] == "Only a prediction: nothing was changed"
    assert "bounds raised" not in [event["what"] for event in report["timeline"]]


def test_without_an_exam_the_page_is_about_the_installation(leave):
    page = leave(world.found(-28, world.app(), exams=[]), exam=None).read_text()
    assert "No exam is under way</h1>" in page
    assert "The promise" not in page


def test_a_page_that_names_nobody_has_neither_lines_nor_reasons(leave):
    who = {**dict.fromkeys(("workspace", "pod")), **world.TROUBLED}
    done = {"msg": f"{who['name']} stays", "sessions": [{**who, "outcome": "failed", "reason": f"{who['user']} works"}]}
    leave(world.found(1, world.app(), sessions=[who]), done, pseudonym_key="key", lines=[who["user"]])
    for path in leave.folder.rglob("*.*"):
        assert who["user"] not in path.read_text(), path
        assert who["name"] not in path.read_text(), path


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 2}'])
def test_what_cannot_be_read_is_neither_used_nor_replaced(leave, content):
    leave(world.found(1, world.app()))
    kept = leave.folder / "observations.json"
    kept.write_text(content)
    with pytest.raises(_page.Unwritable, match=r"observations\.json: it .*; move it away to begin anew"):
        leave(world.found(2, world.app()))
    assert kept.read_text() == content


def test_a_folder_that_cannot_be_is_an_error(leave, tmp_path):
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(_page.Unwritable, match=r"it cannot be .*; (name another report_dir|move it away)"):
        leave(world.found(1, world.app()))


def test_without_the_library_of_charts_there_is_a_warning_and_a_page(leave, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygal", None)
    page = leave(world.found(1, world.app())).read_text()
    assert leave.warnings == [_page._NO_CHARTS]
    assert "<svg" not in page


def test_a_play_leaves_a_page_and_fails_only_with_its_own_words(tmp_path):
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "look.json").write_text(json.dumps(world.found(1, world.app())))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "play.yml"],
        cwd=tmp_path,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "tree")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "told.json").read_text())
    page = tmp_path / "reports" / "localhost" / "status" / "report.html"
    assert (told["left"]["page"], told["left"]["changed"]) == (str(page), False)
    assert f"[localhost] page: {page}" in done.stdout
    assert "CET" in page.read_text()
    assert told["failed_before"]["page"] is None
    assert "no page was written: " in done.stderr
    assert told["unseen"]["failed"]
    assert told["unseen"]["msg"].startswith("no page was written: looking at the installation in theia-prod: ")
