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


# What these can fail of is a matter of seconds: everything was looked at before, or is looked at no more.
LATE = {
    ("exam_cooldown", "Wait until the bounds can be restored"),
    ("exam_cooldown", "Look who holds anything, if this exam does not"),
    ("exam_warmup", "Declare the exam, so that from now on nobody in it is stopped"),
}


def tasks_of(items):
    for item in items:
        for part in ("block", "rescue", "always"):
            yield from tasks_of(item.get(part, ()))
        if "block" not in item:
            yield item


def test_no_check_of_ours_is_an_assertion():
    """As below: its sentence, an excerpt, and its sentence with the condition."""
    files = [path for folder in ("playbooks", "roles") for path in (ROOT / folder).rglob("*.yml")]
    found = {path.name for path in files if "builtin.assert:" in path.read_text(encoding="utf-8")}
    assert not found


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir() if path.name != "rehearsal"))
def test_no_module_of_ours_fails_by_itself(role):
    """Ansible prints the sentence twice then, and in between an excerpt of a file that nobody who runs it knows."""
    text = (ROOT / "roles" / role / "tasks" / "main.yml").read_text(encoding="utf-8")
    own = [
        task
        for task in tasks_of(yaml.safe_load(text))
        if any(key.startswith("eduide.theia.") and not key.endswith(("_report", "_page")) for key in task)
    ]
    assert [t["name"] for t in own if t.get("failed_when") is not False and (role, t["name"]) not in LATE] == []


@pytest.mark.parametrize(
    ("name", "variables", "told"),
    [
        ("stop_sessions", {"sessions": "s1"}, "stopping sessions in theia: "),
        ("status", {}, "looking at the installation in theia: "),
        (
            "pre_exam",
            {"exam": "quiz", "app_definition": "java", "warm": 1, "end": "24:00"},
            "keeping the record of an exam in theia: ",
        ),
        ("post_exam", {"exam": "quiz"}, "keeping the record of an exam in theia: "),
    ],
)
def test_a_failure_is_printed_once_and_below_the_report(tmp_path, name, variables, told):
    connection = json.dumps({"kubeconfig": "/nonexistent/config", "namespace": "theia"})
    inventory = f"[theia_installations]\nlab\n[theia_installations:vars]\ntheia_connection={connection}\n"
    (tmp_path / "inventory.ini").write_text(inventory)
    run = playbook(tmp_path, ROOT / "playbooks" / f"{name}.yml", "-i", tmp_path / "inventory.ini", **variables)
    told += "no kubeconfig found: /nonexistent/config does not exist"
    assert run.code == 2
    assert run.output.count(told) == 1
    assert name != "stop_sessions" or run.output.index("Nothing was done.") < run.output.index(told)
    assert "Origin:" not in run.output
    # Between the head of the task and the recap.
    assert len(run.output.rpartition("TASK [")[2].partition("PLAY RECAP")[0].splitlines()) <= 7
