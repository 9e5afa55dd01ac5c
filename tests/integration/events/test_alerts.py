# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alert rules, read by a parser of PromQL: each is one, and is about metrics and labels that playbooks write.

Where promtool is on PATH, it reads the rules as well, and tells which alerts fire.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import (
    ANOTHER_CLIENT,
    EARLIER_RUN,
    POOL_STATES,
)
from integration.ansible_run import ROOT
from integration.docs.blocks import blocks
from tools import setup_env
from unit.metrics_world import everything, samples

HERE = Path(__file__).parent
ALERTS = ROOT / "extensions" / "eda" / "alerts.yml"
RULEBOOKS = ROOT / "extensions" / "eda" / "rulebooks"
PAGE = ROOT / "docs" / "docsite" / "rst" / "events.rst"
# Labels of which some values only are written.
VALUES = {
    "state": set(POOL_STATES),
    "finding": set(RULES),
    "by": {ANOTHER_CLIENT, EARLIER_RUN},
    "playbook": {"converge_exams", "pre_exam"},
}


def rules():
    content = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


def written():
    """The labels of each metric that is written."""
    found = samples(everything({"installation": "production"}))
    return {name: sorted(re.findall(r'(\w+)="', labels)) for name, labels in found}


@functools.cache
def answers(*expressions):
    """What a parser says of each expression: why it is none, or the labels of its answer."""
    python = setup_env.make_on_demand("events")
    asked = json.dumps({"metrics": written(), "expressions": expressions})
    done = subprocess.run(
        [python, HERE / "promql.py"], input=asked, stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    found = dict(zip(expressions, json.loads(done.stdout), strict=True))
    for answer in found.values():
        for label, pattern in answer.get("matched", ()):
            if not set(pattern.split("|")) <= VALUES.get(label, {pattern}):
                answer["refused"] = f"{pattern}: no {label}"
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_is_about_what_is_written_and_can_be_told(rule):
    answer = answers(*(each["expr"] for each in rules()))[rule["expr"]]
    assert "refused" not in answer, answer["refused"]
    # With it a rulebook finds the host.
    assert "installation" in answer["labels"]
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= set(answer["labels"])
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert re.fullmatch(r"\d+[mh]", rule.get("for", "0m"))


WRONG = {
    "sum by (installation (theia_operator_leading)": "unclosed left parenthesis",
    "theia_operator_leading == 'no'": "must contain only scalar and instant vector types",
    "rate(theia_operator_leading)": "expected type matrix",
    "theia_operator_leads == 0": "theia_operator_leads: no metric that is written",
    "operator_leading == 0": "operator_leading: no metric that is written",
    'theia_operator_leading{app_definition="java"} == 0': "app_definition: no label of theia_operator_leading",
    'theia_pool_instances{state="hot"} > 0': "hot: no state",
    'theia_sessions_in_trouble{finding=~"failed|sad"} > 0': "failed|sad: no finding",
    'theia_app_definition_drifted_fields{by="argocd"} > 0': "argocd: no by",
    'theia_run_last_success_timestamp_seconds{playbook="status"} > 0': "status: no playbook",
    "sum by (exam) (theia_pool_instances) > 0": "exam: no label of what is summed up",
    "theia_exam_ended > theia_operator_leading": "app_definition, exam: no label of both sides of >",
}


@pytest.mark.parametrize("expression", WRONG)
def test_an_expression_that_would_never_fire_is_refused(expression):
    assert WRONG[expression] in answers(*WRONG)[expression].get("refused", "")


def test_the_page_has_a_row_for_each_alert():
    rows = re.findall(r"^   \* - ``(Theia\w+)``$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(rows) == sorted(rule["alert"] for rule in rules())
    # The page calls them the last three.
    assert sorted(rows[-3:]) == sorted(rule["alert"] for rule in rules() if "theia_remedy" in rule["labels"])


def test_alertmanager_posts_where_the_rulebooks_listen():
    [text] = [block.text for block in blocks(PAGE) if block.file == "alertmanager.yml"]
    [receiver] = yaml.safe_load(text)["receivers"]
    listening = [
        re.findall(r"theia_webhook_\w+ \| default\('?([\w.]+)'?\)", path.read_text(encoding="utf-8"))
        for path in RULEBOOKS.glob("*.yml")
    ]
    wanted = {f"http://{host}:{port}/alerts" for host, port in listening}
    assert {config["url"] for config in receiver["webhook_configs"]} == wanted


PROMTOOL = shutil.which("promtool")
CHECKS = {"check": ("check", "rules", "--lint-fatal", ALERTS), "test": ("test", "rules", HERE / "alerts_fire.yml")}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not on PATH")
@pytest.mark.parametrize("check", CHECKS)
def test_promtool_agrees(check):
    done = subprocess.run(
        [PROMTOOL, *CHECKS[check]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
