# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command that goes on from a run decides as the run did: it carries all that decided what is destroyed."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from integration.ansible_run import Run, playbook
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


def shown(folder, variables, hosts, *names, **given) -> Run:
    """What these variables of a run are, for each host with variables of its own."""
    tasks = [{"ansible.builtin.debug": {"msg": f"{{{{ {name} }}}}"}} for name in names]
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}
    (folder / "terms.yml").write_text(json.dumps([play]))
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    return playbook(folder, folder / "terms.yml", "-i", folder / "hosts.json", **given).good()


def variables_of(name, role):
    [play] = read("playbooks", f"{name}.yml")
    return {**read("roles", role, "defaults", "main.yml"), **play["vars"], **read("roles", role, "vars", "main.yml")}


def test_what_was_typed_is_carried_in_its_types(tmp_path):
    variables = {}
    for name, role in ROLES.items():
        variables |= variables_of(name, role)
    run = shown(tmp_path, variables, {"localhost": {}}, *(f"__{role}_terms" for role in ROLES.values()), **GIVEN)
    assert [task.result["msg"] for task in run.tasks] == list(TERMS.values())


# A warm-up that failed is on record by then, if it has a shield. The other one has to be told everything again.
STATED = {"app_definition": "java", "warm": 5}
PLANNED = [{"name": "quiz", "app_definitions": [{"name": "java", "warm": 5}]}]
WITHOUT = {"shield": False, "exam": "quiz", **STATED}
RETRIES = {
    "on-record": ({"exam": "quiz"}, {}),
    "in-a-line": ({"exam": "quiz", **STATED, "participants": "40", "end": "23:00"}, {}),
    "late": ({"exam": "quiz", "late": "true"}, {"late": True}),
    "early": ({"exam": "quiz", "early": "yes"}, {"early": True}),
    "drift": ({"exam": "quiz", "drift": "overwrite"}, {"drift": "overwrite"}),
    "accept": ({"exam": "quiz", "accept": "verdict"}, {"accept": "verdict"}),
    "time-limits": ({"exam": "quiz", "extend_time_limits": "no"}, {"extend_time_limits": False}),
    # What changed has changed by then.
    "canary": (
        {"exam": "quiz", "canary": "on_change", "canary_user": "canary@x.org"},
        {"canary": "always", "canary_user": "canary@x.org"},
    ),
    "no-shield": (WITHOUT, {"shield": False, **STATED}),
    "no-shield-more": (
        {**WITHOUT, "participants": "40", "end": "23:00"},
        {"shield": False, **STATED, "participants": 40, "end": "23:00"},
    ),
    "no-shield-several": (
        {**WITHOUT, "app_definition": "java,c"},
        {"shield": False, "app_definition": ["java", "c"], "warm": 5},
    ),
    "no-shield-planned": ({"shield": False, "exam": "quiz", "theia_exams": PLANNED}, {"shield": False}),
    "no-shield-held": ({"shield": False, "exam": "quiz", "drift": "adopt"}, {"shield": False, "drift": "adopt"}),
}
# The inventory says the zone; where a page is left, and under which key, is nothing that decides.
NOT_REPEATED = {"theia_time_zone", "report_dir", "theia_pseudonym_key"}


def test_a_warm_up_is_tried_again_on_the_terms_of_the_one_that_failed(tmp_path):
    hosts = {name: {"theia_connection": {}, **given} for name, (given, _retry) in RETRIES.items()}
    run = shown(tmp_path, variables_of("pre_exam", "exam_warmup"), hosts, "__exam_warmup_retry")
    assert {task.host: task.result["msg"] for task in run.tasks} == {
        name: {"exam": "quiz", **retry} for name, (_given, retry) in RETRIES.items()
    }


def test_every_term_of_a_warm_up_is_tried():
    text = (ROOT / "playbooks" / "pre_exam.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"typed\('(\w+)'", text))
    assert set().union(*(given for given, _retry in RETRIES.values())) - {"theia_exams"} == asked - NOT_REPEATED
