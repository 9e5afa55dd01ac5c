# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The samples for pipelines: a request is only planned, a merge is applied, and the plan becomes a comment."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import yaml

from tools.checkout import ROOT

PLAN = '# production\n\n- **warm** final: its lead began on "Monday"\n'


def sample(name):
    return yaml.safe_load((ROOT / "extensions" / "gitops" / f"{name}.yml").read_text(encoding="utf-8"))


def gitlab():
    """Variables, what a request runs, what a merge runs, and the command that comments."""
    content = sample("gitlab-ci")
    plan, apply = content["plan"], content["apply"]
    assert "merge_request_event" in str(plan["rules"])
    assert "CI_DEFAULT_BRANCH" in str(apply["rules"])
    return content["variables"], plan["script"], apply["script"], plan["after_script"][0]


def github():
    content = sample("github-actions")
    plan, apply = content["jobs"]["plan"], content["jobs"]["apply"]
    assert (plan["if"], apply["if"]) == ("github.event_name == 'pull_request'", "github.event_name == 'push'")
    steps = [[step["run"] for step in job["steps"] if "run" in step] for job in (plan, apply)]
    return content["env"], steps[0][:-1], steps[1], steps[0][-1]


def run(command, folder, **variables):
    """Run a command with an `ansible-playbook` and a `curl` that only tell how they were called."""
    for name in ("ansible-playbook", "curl"):
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/{name}.called\ntest {name} = curl && cat > {folder}/sent\n'
        )
        program.chmod(0o755)
    env = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", **variables}
    subprocess.run(["bash", "-c", command], cwd=folder, env=env, check=False, timeout=60)
    called = folder / ("curl.called" if "curl" in command else "ansible-playbook.called")
    return called.read_text().splitlines()


@pytest.mark.parametrize("pipeline", [gitlab, github])
def test_a_request_is_planned_and_a_merge_is_applied(pipeline, tmp_path):
    variables, plan, apply, _comment = pipeline()
    common = ["--inventory=inventory", "--extra-vars=@calendar.yml", "eduide.theia.converge_exams"]
    converge = {"CONVERGE": variables["CONVERGE"]}
    assert run(plan[-1], tmp_path, **converge) == [*common, "--check", "--diff", "--extra-vars=report_dir=plans"]
    assert run(apply[-1], tmp_path, **converge) == [*common, "--diff"]


@pytest.mark.parametrize("pipeline", [gitlab, github])
def test_the_plan_of_each_installation_becomes_a_comment(pipeline, tmp_path):
    for host in ("production", "staging"):
        (tmp_path / "plans" / host).mkdir(parents=True)
        (tmp_path / "plans" / host / "plan").with_suffix(".md").write_text(PLAN)
    secrets = {"PLAN_TOKEN": "t", "TOKEN": "t", "COMMENTS": "https://api.example.org/comments"}
    place = {"CI_API_V4_URL": "https://git.example.org/api/v4", "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "3"}
    *arguments, address = run(pipeline()[3], tmp_path, **secrets, **place)
    sent = (tmp_path / "sent").read_text()
    if pipeline is gitlab:
        assert address == "https://git.example.org/api/v4/projects/7/merge_requests/3/notes"
        assert (sent, "body@-" in arguments) == (PLAN * 2, True)
    else:
        assert address == "https://api.example.org/comments"
        assert (json.loads(sent)["body"], "@-" in arguments) == (PLAN * 2, True)
