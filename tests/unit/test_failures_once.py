# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role does may fail; the report comes all the same, and the failure is told once, below it."""

from __future__ import annotations

import json

import pytest
import yaml

from integration.ansible_run import playbook
from tools.checkout import ROOT

ROLES = (
    "pool_repair",
    "session_stop",
    "session_sweep",
    "user_unlock",
    "workspace_delete",
    "workspace_restore",
    "workspace_retention",
)


@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_not_failed_at_once_fails_at_the_end(role):
    tasks = yaml.safe_load((ROOT / "roles" / role / "tasks" / "main.yml").read_text(encoding="utf-8"))
    [(act, report, *_page, failure)] = [task["block"] for task in tasks if "block" in task]
    result = act["register"]
    assert act["failed_when"] is False
    assert result in str(report)
    assert failure["eduide.theia.theia_report"] == {"failure": f"{{{{ {result}.msg }}}}"}
    assert failure["when"] == f"{result}.msg is defined"


def test_a_failure_is_printed_once_and_below_the_report(tmp_path):
    connection = json.dumps({"kubeconfig": "/nonexistent/config", "namespace": "theia"})
    inventory = f"[theia_installations]\nlab\n[theia_installations:vars]\ntheia_connection={connection}\n"
    (tmp_path / "inventory.ini").write_text(inventory)
    run = playbook(tmp_path, ROOT / "playbooks" / "stop_sessions.yml", "-i", tmp_path / "inventory.ini", sessions="s1")
    told = "stopping sessions in theia: no kubeconfig found: /nonexistent/config does not exist"
    assert run.code == 2
    assert run.output.count(told) == 1
    assert run.output.index("Nothing was done.") < run.output.index(told)
    assert "Origin:" not in run.output
