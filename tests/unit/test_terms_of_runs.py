# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command that goes on from a run decides as the run did: it carries all that decided what is destroyed."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from integration.ansible_run import playbook
from tools.checkout import ROOT

# What the printed command says itself: which ones, and what it is printed for.
SAID = {
    "delete_workspaces": {"workspaces", "user", "app_definition"},
    "stop_sessions": {"sessions", "user", "app_definition", "session", "discard_data"},
}
ROLES = {"delete_workspaces": "workspace_delete", "stop_sessions": "session_stop", "post_exam": "exam_cooldown"}
GIVEN = {
    "volume": "retain",
    "discard_data": "selected",
    "without_operator": "true",
    "max_delete": "0",
    "max_percent": "7",
    "max_stop": "3",
    "app_definition": "java,c",
    "drift": "overwrite",
}
LIMITS = {"without_operator": True, "max_percent": 7}
TERMS = {
    "delete_workspaces": {
        **LIMITS,
        "live_sessions": "refuse",
        "volume": "retain",
        "discard_data": ["selected"],
        "max_delete": 0,
    },
    "stop_sessions": {**LIMITS, "max_stop": 3},
    # Its limits are about leftovers, which the command that finishes does not stop.
    "post_exam": {"app_definition": ["java", "c"], "drift": "overwrite"},
}


def read(*parts):
    return yaml.safe_load(ROOT.joinpath(*parts).read_text(encoding="utf-8")) or {}


@pytest.mark.parametrize("name", SAID)
def test_nothing_that_decides_is_left_out(name):
    asked = set(re.findall(r"typed\('(\w+)'", (ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8")))
    assert TERMS[name].keys() == asked - SAID[name]


def test_what_was_typed_is_carried_in_its_types(tmp_path):
    variables, tasks = {}, []
    for name, role in ROLES.items():
        [play] = read("playbooks", f"{name}.yml")
        variables |= {**read("roles", role, "defaults", "main.yml"), **play["vars"]}
        variables |= read("roles", role, "vars", "main.yml")
        tasks.append({"ansible.builtin.debug": {"msg": f"{{{{ __{role}_terms }}}}"}})
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}
    (tmp_path / "terms.yml").write_text(json.dumps([play]))
    run = playbook(tmp_path, tmp_path / "terms.yml", "-i", "localhost,", **GIVEN).good()
    assert [task.result["msg"] for task in run.tasks] == list(TERMS.values())
