# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles know of findings and thresholds is what the modules know."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._sessions.facts import Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from ansible_collections.eduide.theia.plugins.module_utils._sessions.options import (
    read_selection,
    selection_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.options import stop_argument_spec
from tools.checkout import ROOT


def read(role, *parts):
    return yaml.safe_load(ROOT.joinpath("roles", role, *parts).read_text(encoding="utf-8"))


@pytest.fixture
def policy():
    specs = read("session_sweep", "meta", "argument_specs.yml")["argument_specs"]
    return specs["main"]["options"]["session_sweep_policy"]


def test_the_sweep_reports_every_finding():
    look = next(
        task for task in read("session_sweep", "tasks", "main.yml") if "eduide.theia.theia_session_info" in task
    )
    asked = {**dict.fromkeys(selection_argument_spec()), **look["eduide.theia.theia_session_info"]}
    assert read_selection(asked).findings == set(RULES)


def test_a_policy_may_name_what_the_module_knows(policy):
    assert list(policy["options"]["thresholds"]["options"]) == list(Thresholds._fields)
    assert set(policy["options"]["protect"]["options"]) == set(stop_argument_spec()["protect"]["options"])


def test_the_default_policy_stops_failed_sessions_within_the_limits_of_the_module(policy):
    spec = stop_argument_spec()
    limits = {name: spec[name]["default"] for name in ("max_stop", "max_percent")}
    nothing = {"thresholds": {}, "discard_data": [], "protect": {}}
    assert policy["default"] == {"findings": ["failed"], **nothing, **limits}
