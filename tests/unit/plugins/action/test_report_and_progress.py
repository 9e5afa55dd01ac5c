# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a play prints for people: reports as they are, and progress while a module is still running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.eduide.theia.plugins.plugin_utils._progress import Follower, following

TREE = Path(__file__).resolve().parents[4] / "build" / "tree"
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - eduide.theia.theia_report:
        title: a table
        lines: {lines}
"""


def play(folder: Path, lines: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "play.yml").write_text(PLAY.format(lines=lines))
    return run(folder, *arguments, **env)


def run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [program, "-i", "localhost,", "play.yml", *arguments],
        cwd=folder,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_COLLECTIONS_PATH": str(TREE), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_report_is_printed_as_it_is(tmp_path):
    done = play(tmp_path, "['java   3', 'c     10']")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "localhost · a table\n  java   3\n  c     10\n" in done.stdout
    assert "changed=0" in done.stdout


def test_a_report_does_not_hand_on_what_commands_a_terminal(tmp_path):
    nasty = {"escape": "\x1b]0;owned\x07", "line": "a\rb\nforged", "order": "\u202eb", "control": "\x9b31m"}
    done = play(tmp_path, json.dumps(list(nasty.values())))
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout.partition("a table\n")[2].split("\n")[: len(nasty)]
    assert [line.split() for line in shown] == [["]0;owned"], ["a", "b", "forged"], ["b"], ["31m"]]
    assert all(character not in done.stdout for character in "\x1b\x07\r\x9b\u202e")


def test_a_report_is_an_artifact_of_a_job_of_awx_and_of_no_other_run(tmp_path):
    shown = {"ANSIBLE_SHOW_CUSTOM_STATS": "1"}
    assert "CUSTOM STATS" not in play(tmp_path, "['java 3']", **shown).stdout
    done = play(tmp_path, "['java 3']", "-e", "awx_job_id=7", **shown)
    assert json.loads(done.stdout.partition("RUN: ")[2]) == {"theia_report": {"localhost": {"a table": ["java 3"]}}}


def test_a_long_line_is_broken_on_the_terminal_alone(tmp_path):
    """Programs get it from AWX, and pages from the result, in one piece."""
    line = "java-17-latest: " + "word " * 30 + "end"
    done = play(tmp_path, json.dumps([line]), "-e", "awx_job_id=7", ANSIBLE_SHOW_CUSTOM_STATS="1")
    report, _unused, artifact = done.stdout.partition("RUN: ")
    shown = report.partition("a table\n")[2].partition("\nok: ")[0].split("\n")
    assert len(shown) == 2
    assert max(map(len, shown)) <= 100
    assert json.loads(artifact) == {"theia_report": {"localhost": {"a table": [line]}}}


def test_a_report_without_lines_is_an_error_that_names_the_option(tmp_path):
    done = play(tmp_path, "null")
    assert done.returncode != 0
    assert "lines" in done.stdout + done.stderr


def test_a_report_can_be_a_template_and_says_which_installation_it_is_about(tmp_path):
    """Lines without words are left out, and the template sees variables."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "table.j2").write_text(
        "{% for n in [1, 2] %}\nrow {{ n }} of {{ count }}\n\n{% endfor %}\n"
    )
    server = {"host": "https://kube.example.org:6443", "api_key": "not-shown", "namespace": "{{ place }}"}
    variables = {"theia_connection": server, "place": "theia-prod", "count": 2}
    play = PLAY.replace("lines: {lines}", "template: table.j2") + f"  vars: {json.dumps(variables)}\n"
    (tmp_path / "play.yml").write_text(play)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    head = "localhost · a table · https://kube.example.org:6443 · theia-prod"
    assert f"{head}\n  row 1 of 2\n  row 2 of 2\n" in done.stdout
    assert "not-shown" not in done.stdout


def render(report: dict[str, object]) -> str:
    return f"{report['name']} {report['seconds']}"


def write(path: Path, *reports: tuple[str, float]) -> None:
    with path.open("a", encoding="utf-8") as file:
        for name, seconds in reports:
            file.write(json.dumps({"name": name, "seconds": seconds}) + "\n")


@pytest.fixture
def progress(tmp_path):
    path, shown = tmp_path / "progress", []
    path.touch()
    return path, Follower(str(path), "name", render, shown.append), shown


def test_short_waits_show_nothing(progress):
    path, follower, shown = progress
    write(path, ("java", 1), ("java", 9.9))
    follower.read()
    assert shown == []


def test_each_subject_is_shown_every_ten_seconds_with_its_latest_state(progress):
    path, follower, shown = progress
    for second in range(0, 31, 5):
        write(path, ("java", second), ("c", second))
        follower.read()
    assert shown == [f"{name} {second}" for second in (10, 20, 30) for name in ("java", "c")]


def test_a_line_that_is_still_being_written_waits_for_its_end(progress):
    path, follower, shown = progress
    path.write_text('{"name": "java", "sec')
    follower.read()
    with path.open("a", encoding="utf-8") as file:
        file.write('onds": 12}\n')
    follower.read()
    assert shown == ["java 12"]


def test_the_progress_file_is_gone_afterwards():
    shown: list[str] = []
    with following("name", render, shown.append) as path:
        write(Path(path), ("java", 11))
        deadline = time.monotonic() + 30
        while not shown and time.monotonic() < deadline:
            time.sleep(0.05)
    assert shown == ["java 11"]
    assert not Path(path).exists()


def test_a_failure_is_printed_once_and_without_an_excerpt(tmp_path):
    sentence = "warm has to be a whole number, not 'sixty'"
    task = {"eduide.theia.theia_report": {"failure": sentence}}
    content = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
    (tmp_path / "play.yml").write_text(json.dumps(content))
    done = run(tmp_path)
    assert done.returncode == 2
    told = (done.stdout + done.stderr).split("TASK [", 1)[1].split("PLAY RECAP", 1)[0].splitlines()[1:]
    assert sum(sentence in line for line in told) == 1
    assert len(told) <= 6


def test_a_command_in_a_failure_can_be_copied(tmp_path):
    """What is printed as JSON has a backslash before each quote."""
    command = """ansible-playbook eduide.theia.post_exam -e '{"exam": "quiz"}'"""
    task = {"eduide.theia.theia_report": {"failure": f"not warm\nUndo: {command}", "lines": [f"Undo: {command}"]}}
    content = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
    (tmp_path / "play.yml").write_text(json.dumps(content))
    done = run(tmp_path)
    assert done.returncode == 2
    assert f"\n  Undo: {command}\n" in done.stdout
