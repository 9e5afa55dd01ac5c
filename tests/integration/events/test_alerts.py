# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alert rules, read by a parser of PromQL: each is one, and is about metrics and labels that status writes."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import HELP, POOL_STATES
from integration.ansible_run import ROOT
from tools import setup_env

PARSE = "import json, promql_parser, sys; [promql_parser.parse(each) for each in json.load(sys.stdin)]"


def rules():
    content = yaml.safe_load((ROOT / "extensions" / "eda" / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


def parsed(*expressions):
    python = setup_env.make_on_demand("events")
    return subprocess.run([python, "-c", PARSE], input=json.dumps(expressions), text=True, check=False).returncode == 0


def test_every_expression_is_promql():
    assert parsed(*[rule["expr"] for rule in rules()])
    assert not parsed("sum by (installation (theia_operator_leading)")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_is_about_what_status_writes_and_can_be_told(rule):
    named = set(re.findall(r"theia_\w+", rule["expr"]))
    assert named
    assert named <= HELP.keys()
    assert set(re.findall(r'state="(\w+)"', rule["expr"])) <= set(POOL_STATES)
    codes = {code for some in re.findall(r'finding=~?"([^"]+)"', rule["expr"]) for code in some.split("|")}
    assert codes <= RULES.keys()
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert re.fullmatch(r"\d+[mh]", rule.get("for", "0m"))
    # What is summed up has the labels that are named, and no others.
    kept = re.match(r"(?:sum|max) by \(([^)]*)\)", rule["expr"])
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert kept is None or told <= set(kept[1].split(", "))
    assert kept is None or "installation" in kept[1]
