# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles know of findings and thresholds is what the modules know."""

from __future__ import annotations

import collections

import jinja2
import pytest
import yaml

from ansible_collections.eduide.theia.plugins.filter.typed import typed
from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES, Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.options import stop_argument_spec
from tools.checkout import ROOT

STOPPING = [code for code, rule in RULES.items() if rule.stops]


def read(role, *parts):
    return yaml.safe_load(ROOT.joinpath("roles", role, *parts).read_text(encoding="utf-8"))


@pytest.fixture
def policy():
    specs = read("session_sweep", "meta", "argument_specs.yml")["argument_specs"]
    return specs["main"]["options"]["session_sweep_policy"]


@pytest.mark.parametrize(
    ("role", "variable"), [("session_sweep", "__session_sweep_reported"), ("status", "__status_findings")]
)
def test_roles_report_every_finding(role, variable):
    assert read(role, "vars", "main.yml")[variable] == list(RULES)


def test_a_policy_may_name_what_is_a_reason_to_stop(policy):
    assert policy["options"]["findings"]["choices"] == STOPPING
    assert policy["options"]["discard_data"]["choices"] == STOPPING
    assert list(policy["options"]["thresholds"]["options"]) == list(Thresholds._fields)
    assert set(policy["options"]["protect"]["options"]) == set(stop_argument_spec()["protect"]["options"])


def test_the_default_policy_stops_failed_sessions_within_the_limits_of_the_module(policy):
    spec = stop_argument_spec()
    limits = {name: spec[name]["default"] for name in ("max_stop", "max_percent")}
    nothing = {"thresholds": {}, "discard_data": [], "protect": {}}
    assert policy["default"] == {"findings": ["failed"], **nothing, **limits}


def report(role, **facts):
    """The lines of a role's report; its table is the matter of the filter's own tests."""
    rules = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False)
    rules.filters["eduide.theia.command"] = RunContext().command
    rules.filters["eduide.theia.typed"] = typed
    rules.filters["eduide.theia.session_table"] = lambda _sessions, **_options: ["TABLE"]
    template = rules.from_string(ROOT.joinpath("roles", role, "templates", "report.j2").read_text(encoding="utf-8"))
    return [line for line in template.render(**facts).split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("limit", "live", "told"),
    [
        (0, 0, "Nobody may have a session here"),
        (0, 1, "Nobody may have a session here"),
        (1, 1, "One has to end before another starts: ansible-playbook eduide.theia.stop_sessions -e"),
        (2, 1, None),
        (None, 1, None),
    ],
)
@pytest.mark.parametrize("dead", [0, 1])
def test_who_is_at_the_limit_is_told_so(limit, live, told, dead):
    diagnoses = [
        {"dead": number >= live, "code": None, "sentence": "", "remedy": None, "session": {"name": f"s{number}"}}
        for number in range(live + dead)
    ]
    lines = report(
        "user_unlock",
        __user_unlock_found={"operator_leads": True, "sessions_per_user": limit, "diagnoses": diagnoses},
        __user_unlock_live=diagnoses[:live],
        __user_unlock_dead=diagnoses[live:],
        __user_unlock_result={},
    )
    assert [told] == [told for line in lines if told and told in line] or told is None
    assert bool(told) is any("may have" in line for line in lines)
    none_dead = (
        f"This user has {live} session{'s' if live > 1 else ''} and none of them is dead, so nothing was removed."
    )
    assert (none_dead in lines) is bool(live and not dead)
    assert ("This user has no session here; upper and lower case matter." in lines) is (not diagnoses)


def stopping(check_mode, items, lost=None):
    """The report of `session_stop`."""
    outcomes = dict(collections.Counter(item["outcome"] for item in items))
    return report(
        "session_stop",
        ansible_check_mode=check_mode,
        session_stop_rows=30,
        session_stop_names=[],
        __session_stop_result={"sessions": items, "outcomes": outcomes, "data_lost": lost or {}},
    )


@pytest.mark.parametrize(
    ("check_mode", "told"),
    [
        (True, ["1 would be stopped", "The files of 1 session would be lost: they are in the pod."]),
        (False, ["1 stopped", "The files of 1 session are lost: they were in the pod."]),
    ],
)
def test_what_check_mode_says_of_files_is_said_in_the_conditional(check_mode, told):
    assert stopping(check_mode, [{"outcome": "stopped", "data_at": "pod"}], {"pod": 1}) == ["TABLE", *told]


def test_who_is_gone_is_counted_and_whom_nobody_found_is_called_so():
    assert stopping(False, [{"outcome": "gone", "data_at": None}]) == ["TABLE", "1 gone"]
    assert stopping(False, []) == ["There is no such session."]


def test_an_investigation_of_nobody_says_so():
    lines = report(
        "session_investigation",
        __session_investigation_found={"diagnoses": [], "missing": {}},
        session_investigation_names=["nobody-session"],
        session_investigation_users=[],
    )
    assert lines == ["There is no session nobody-session here."]


@pytest.mark.parametrize("role", ["session_stop", "session_sweep"])
@pytest.mark.parametrize(
    ("lost", "told"), [({"unknown": 2, "none": 1}, 1), ({"pod": 1}, 0), ({"pod": 1, "unknown": 1}, 1)]
)
def test_files_that_nobody_could_look_for_are_mentioned(role, lost, told):
    item = {"outcome": "stopped", "data_at": None}
    lines = report(
        role,
        ansible_check_mode=False,
        session_stop_rows=30,
        session_stop_names=[],
        session_sweep_rows=30,
        session_sweep_policy={},
        **{f"__{role}_result": {"sessions": [item], "outcomes": {"stopped": 1}, "data_lost": lost}},
        __session_sweep_seen={"sessions": [{**item, "name": "s0"}], "unknown_findings": []},
        __session_sweep_chosen=[item],
        __session_sweep_noted={},
    )
    assert sum("could not be read" in line for line in lines) == told
    assert sum("in the pod" in line for line in lines) == ("pod" in lost)


def test_a_sweep_says_what_it_could_not_note():
    lines = report(
        "session_sweep",
        __session_sweep_result={},
        __session_sweep_chosen=[],
        __session_sweep_seen={"sessions": [], "unknown_findings": []},
        __session_sweep_noted={"msg": "ws-1: denied by a policy"},
    )
    assert lines[-1] == "Which workspaces are in use could not be noted: ws-1: denied by a policy"
