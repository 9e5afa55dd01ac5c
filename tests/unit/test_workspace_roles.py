# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the policy of retention allows is what the modules allow."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._workspaces.delete.options import deletion_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.options import selection_argument_spec
from tools.checkout import ROOT

ROLE = ROOT / "roles" / "workspace_retention"


@pytest.fixture
def policy():
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return specs["main"]["options"]["workspace_retention_policy"]


def test_limits_and_choices_are_those_of_the_module(policy):
    spec = {**selection_argument_spec(), **deletion_argument_spec()}
    shared = ("max_gap_hours", "volume", "max_delete", "max_percent", "protect")
    assert {name: policy["default"][name] for name in shared} == {name: spec[name]["default"] for name in shared}
    assert policy["options"]["volume"]["choices"] == spec["volume"]["choices"]
    assert set(policy["options"]["protect"]["options"]) == set(spec["protect"]["options"])
    assert policy["options"].keys() == policy["default"].keys()


def test_what_a_policy_leaves_out_has_its_default_wherever_it_is_used(policy):
    text = (ROLE / "tasks" / "main.yml").read_text(encoding="utf-8")
    typed = r"default\(none\)\s+\| eduide\.theia\.typed\('workspace_retention_policy\.\w+', 'int', default=(\d+)\)"
    found = re.findall(rf"\bworkspace_retention_policy\.(\w+) \| (?:{typed}|default\(([^)]*), true\))", text)
    used = [(name, number or value) for name, number, value in found]
    assert {name for name, _value in used} == set(policy["default"])
    assert {name: yaml.safe_load(value) for name, value in used} == policy["default"]
    assert len(re.findall(r"(?<!')workspace_retention_policy", text)) == len(used)
