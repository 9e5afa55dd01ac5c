# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy leaves blank is as good as not stated, and what it says is kept, also where that is nothing."""

from __future__ import annotations

import json

import yaml

from integration.ansible_run import playbook
from tools.checkout import ROOT

FIELDS = {
    "session_sweep": ["findings", "thresholds", "discard_data", "protect", "max_stop", "max_percent"],
    "workspace_retention": ["unused_days", "max_gap_hours", "protect", "volume", "max_delete", "max_percent"],
}
# What a task takes from elsewhere.
ELSEWHERE = ("records", "wait")


def arguments(role):
    """What the modules of a role are given that comes from its policy."""
    [tasks] = [yaml.safe_load((ROOT / "roles" / role / "tasks" / "main.yml").read_text(encoding="utf-8"))]
    flat = [inner for task in tasks for inner in task.get("block", [task])]
    modules = [module for task in flat for name, module in task.items() if name.startswith("eduide.theia.theia_")]
    policy = [{key: value for key, value in module.items() if f"{role}_policy" in str(value)} for module in modules]
    return [given for given in policy if given]


def test_blank_is_not_stated_and_nothing_is_something(tmp_path):
    variables = yaml.safe_load((ROOT / "roles/session_sweep/vars/main.yml").read_text(encoding="utf-8"))
    tasks = []
    for role, fields in FIELDS.items():
        shown = arguments(role) + ([variables["__session_sweep_stops"]] if role == "session_sweep" else [])
        policies = [{f"{role}_policy": policy} for policy in ({}, None, dict.fromkeys(fields))]
        tasks += [{"ansible.builtin.debug": {"msg": shown}, "vars": policy} for policy in policies]
    nothing = {"findings": [], "max_stop": 0, "max_percent": 0}
    last = [variables["__session_sweep_stops"], *arguments("session_sweep")]
    tasks.append({"ansible.builtin.debug": {"msg": last}, "vars": {"session_sweep_policy": nothing}})
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    (tmp_path / "policies.yml").write_text(json.dumps([play]))
    run = playbook(tmp_path, tmp_path / "policies.yml", "-i", "localhost,").good()
    *blank, stated = [task.result["msg"] for task in run.tasks]
    for same in (blank[:3], blank[3:]):
        assert same == [same[0]] * 3
    assert blank[0][-1] == ["failed"]
    assert (str(blank[3][-1]["max_delete"]), blank[3][-1]["volume"]) == ("50", "follow")
    assert (stated[0], str(stated[-1]["max_stop"]), str(stated[-1]["max_percent"])) == ([], "0", "0")
