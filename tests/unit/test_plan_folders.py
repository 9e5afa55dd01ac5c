# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the plan of a host is written, whatever the host is called."""

from __future__ import annotations

import json
import sys

from ansible_collections.eduide.theia.plugins.filter.folder_name import folder_name
from integration.ansible_run import playbook

# What else a host may be called.
HOSTS = ("production", "../../outside", "arn:aws:eks:eu/theia", "/etc", "..")
PLAN = {
    "steps": [],
    "changes": 0,
    "problems": [],
    "closed_early": [],
    "seen_at": "now",
    "next_change_at": None,
    "next_change_text": None,
}


def test_no_plan_is_written_beside_the_folder_of_plans(tmp_path):
    plans = tmp_path / "work" / "plans"
    role = {"name": "eduide.theia.exam_convergence", "tasks_from": "plan"}
    said = {"exam_convergence_plan": PLAN, "exam_convergence_report_dir": str(plans)}
    task = {"ansible.builtin.include_role": role, "vars": said}
    file, inventory = tmp_path / "play.json", tmp_path / "inventory.json"
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory.write_text(json.dumps({"all": {"hosts": dict.fromkeys(HOSTS, here)}}))
    file.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    playbook(tmp_path, file, "-i", inventory, "--check").good()

    written = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("plan.json")}
    folders = {host: folder_name(host) for host in HOSTS}
    assert sorted(written) == sorted(f"work/plans/{folder}/plan.json" for folder in folders.values())
    for host, folder in folders.items():
        assert json.loads((plans / folder / "plan.json").read_text())["host"] == host
        assert (plans / folder / "plan.md").exists()
