# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab from the shell: `make lab`, `make seed`, `make lab-down`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lab import ControlPlane
from lab import __main__ as commands
from lab.control_plane import env_of
from lab.processes import PACKAGES


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

    code, said = lab("up", "--detach")
    assert code == 0
    assert env_of(tmp_path / "env") == env, "a second one is not started"
    assert "stays as it is: --ready-scale is 0.02, not 0.05; --start is lazy, not eager." in said
    assert "stays as it is" not in lab("up", "--detach", "--start", "lazy", "--ready-scale", "0.02")[1]

    code, said = lab("down")
    assert (code, said.strip()) == (0, "The lab has ended.")
    assert not Path(env["LAB_STATE"]).exists()
    assert not (tmp_path / "env").exists()
    assert not (tmp_path / "inventory").exists()


def command_line(control_plane, program):
    pid = control_plane.processes.status()["processes"][program]["pid"]
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def test_each_switch_reaches_what_it_is_about(lab, tmp_path):
    of_lab = ("--api", "upstream", "--ready-scale", "0.02")
    of_installation = ("--start", "lazy", "--keycloak", "off", "--sessions-per-user", "3")
    of_programs = ("--operator", "april", "--minute-seconds", "7.5")
    assert lab("up", "--detach", *of_lab, *of_installation, *of_programs)[0] == 0
    env = env_of(tmp_path / "env")
    namespace = env["THEIA_NAMESPACE"]
    control_plane = ControlPlane.attach(Path(env["LAB_STATE"]))
    try:
        assert (control_plane.options.api, control_plane.options.ready_scale) == ("upstream", 0.02)
        deployment = control_plane.api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/operator-deployment")
        arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        assert "--sessionsPerUser=3" in arguments
        assert not {"--eagerStart", "--keycloak"} & set(arguments)
        common = {"--api=upstream", "--minute-seconds=7.5"}
        assert {*common, "--operator=april"} <= set(command_line(control_plane, f"{namespace}.operator"))
        assert {*common, "--keycloak=off"} <= set(command_line(control_plane, f"{namespace}.service"))
    finally:
        control_plane.close()


# The command as a process of its own, which keeps as far out of the way as the fixture does.
COMMAND = """\
import sys
from pathlib import Path
from lab import __main__ as commands
folder = Path(sys.argv.pop(1))
commands.SHARED, commands.INVENTORY = folder / "env", folder / "inventory"
sys.exit(commands.main())
"""


def test_of_two_who_start_a_lab_at_once_one_uses_that_of_the_other(tmp_path):
    # A path of its own that is short enough for the sockets in it.
    labs = Path(tempfile.mkdtemp(prefix="labs-"))
    command = [sys.executable, "-c", COMMAND, tmp_path, "up", "--detach", "--ready-scale", "0.02"]
    env = {**os.environ, "PYTHONPATH": PACKAGES, "TMPDIR": str(labs)}
    try:
        both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _unused in range(2)]
        first, second = [(process.communicate()[0], process.returncode) for process in both]
        assert first == second
        assert (first[1], "The lab is up" in first[0]) == (0, True)
        assert list(labs.iterdir()) == [Path(env_of(tmp_path / "env")["LAB_STATE"])]
    finally:
        for state in labs.iterdir():
            ControlPlane.attach(state).stop()
        shutil.rmtree(labs)


def test_without_a_lab_there_is_nothing_to_end_or_to_seed(lab):
    assert lab("down") == (0, "No lab is running.\n")
    code, said = lab("seed")
    assert code == 1
    assert "make lab" in said
