# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab from the shell: `make lab`, `make seed`, `make lab-down`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab import __main__ as commands
from lab.control_plane import env_of


@pytest.fixture
def lab(monkeypatch, tmp_path, capsys):
    """Runs a command of the lab, and keeps out of the way of the one that `make lab` may have left running."""
    monkeypatch.setattr(commands, "SHARED", tmp_path / "env")
    monkeypatch.setattr(commands, "INVENTORY", tmp_path / "inventory")

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["lab", *arguments])
        code = commands.main()
        said = capsys.readouterr()
        return code, said.out + said.err

    yield run
    run("down")


def sourced(file, script):
    """What a shell says that has read the file."""
    command = ["/bin/bash", "-ec", f"source {file}; {script}"]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": "/usr/bin"}
    ).stdout


def test_a_lab_to_play_with_comes_and_goes(lab, tmp_path):
    code, said = lab("up", "--detach", "--start", "lazy", "--ready-scale", "0.02")
    assert code == 0
    env = env_of(tmp_path / "env")
    assert f"source {tmp_path / 'env'}" in said
    assert {"KUBECONFIG", "THEIA_NAMESPACE", "THEIA_SERVICE_URL", "THEIA_APP_ID", "THEIA_ADMIN_TOKEN"} <= set(env)
    assert Path(env["LAB_AUDIT_LOG"]).is_file()
    assert (tmp_path / "env").stat().st_mode & 0o077 == 0
    definitions = sourced(tmp_path / "env", "kubectl get appdefinitions -o name")
    assert "appdefinition.theia.cloud/java-17-latest" in definitions
    hosts = json.loads((tmp_path / "inventory" / "hosts.json").read_text())["theia_installations"]["hosts"]
    assert hosts["lab"]["theia_connection"]["namespace"] == env["THEIA_NAMESPACE"]

    code, said = lab("seed", "--sessions", "5", "--seed", "1")
    assert code == 0
    assert "5 of 5 sessions" in said

    lab("up", "--detach")
    assert env_of(tmp_path / "env") == env, "a second one is not started"

    code, said = lab("down")
    assert (code, said.strip()) == (0, "The lab has ended.")
    assert not Path(env["LAB_STATE"]).exists()
    assert not (tmp_path / "env").exists()
    assert not (tmp_path / "inventory").exists()


def test_without_a_lab_there_is_nothing_to_end_or_to_seed(lab):
    assert lab("down") == (0, "No lab is running.\n")
    code, said = lab("seed")
    assert code == 1
    assert "make lab" in said
