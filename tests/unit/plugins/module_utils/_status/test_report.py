# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read after a look at a whole installation."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext
from ansible_collections.eduide.theia.plugins.module_utils._status import report

POOL = {"total": 3, "claimed": 1, "warm": 2, "cold": 0, "dirty": 0, "locked_out": 0, "abandoned": [], "ownerless": []}
POOL |= {"outdated": 0, "halves": [], "surplus": [], "missing": []}
COLLECTOR = {"ttl_seconds": 129600, "would_delete_in_use": ["ws-1", "ws-2", "ws-3"]}


POST = {"java": ({"playbook": "post_exam", "variables": {"exam": "quiz"}}, None)}
PRE = {"java": ({"playbook": "pre_exam", "variables": {"exam": "quiz", "drift": "overwrite"}}, None)}


def app(ledger=None, drift=(), **pool):
    return {
        "name": "java",
        "min_instances": 3,
        "max_instances": None,
        "sessions": 1,
        "pool": {**POOL, **pool},
        "ledger": ledger,
        "drift": drift,
    }


def quota(used):
    return {"quota": "q", "resource": "pods", "used": used, "hard": 10, "percent": used * 10.0}


def holds(**ended):
    return {"holds": [{"exam": exam, "ended": over} for exam, over in ended.items()]}


def found(*apps, operator=None, quotas=(), sessions=(), collector=None, failure=None, back=None):
    operator = {"eager": True, "leading": True} if operator is None else operator
    return {
        "capacity": {"app_definitions": apps, "quotas": quotas, "verdicts": [], "operator": operator or None},
        "sessions": {"sessions": sessions},
        "workspaces": {"summary": {"total": 0, "in_use": 0}, "garbage_collector": collector},
        "use": {"failure": failure},
        "ways_back": {name: {"run": run, "note": note} for name, (run, note) in (back or {}).items()},
        "watch": None,
    }


def told(what):
    return report.status_report(what, rows=2, command=RunContext().command)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (
            found(app(holds(quiz=True, noon=True)), back=POST),
            "java is not back at its baseline, and no exam holds it any more: ansible-playbook eduide.theia.post_exam",
        ),
        (found(app(locked_out=2)), '{"app_definition": "java", "repair": "address_lists"}'),
        (found(app(dirty=1)), '{"app_definition": "java", "repair": "dirty"}'),
        (found(app(abandoned=[7, 9])), "lowered below (7, 9)"),
        (
            found(app(halves=[{"instance_id": 2, "lacks": ["external Service"], "held": False}])),
            "java: instance 2 has no external Service: ansible-playbook eduide.theia.repair_pools -e",
        ),
        (
            found(app(halves=[{"instance_id": 2, "lacks": ["external Service"], "held": True}])),
            "java: instance 2 has no external Service: sessions are on them, so leave them until these have ended",
        ),
        (found(app(outdated=2, missing=[4])), "the app definition says: 2 of an earlier generation, 1 missing; if"),
        (found(app(ownerless=["Service/a"])), "java: nothing owns Service/a: ansible-playbook eduide.theia.repair"),
        (found(operator={}), "the operator's Deployment was not found"),
        (found(operator={"eager": True, "leading": False}), "no operator leads: nothing is started"),
        (found(failure="no right"), "could not be noted: no right"),
        (found(quotas=[quota(9)]), "quota q: 9 of 10 pods used"),
        (found(collector=COLLECTOR), "3 of those it would delete are in use: ws-1, ws-2, …"),
    ],
)  # fmt: skip
def test_what_deserves_attention_is_a_warning(what, words):
    (warning,) = [line for line in told(what) if line.startswith("warning: ")]
    assert words in warning


@pytest.mark.parametrize(
    "what",
    [
        found(app(holds(quiz=False, noon=True))),
        found(operator={"eager": True, "leading": None}),
        found(collector={**COLLECTOR, "would_delete_in_use": []}),
        found(quotas=[quota(8)]),
    ],
)
def test_what_is_in_order_is_none(what):
    assert not [line for line in told(what) if line.startswith("warning: ")]


def test_why_verdicts_are_not_exact_is_said_once_for_all_of_them():
    nodes = "the room on nodes is not known"
    what = found()
    what["capacity"]["verdicts"] = [
        {"headline": "java: at least 3 more students", "reasons": [nodes]},
        {"headline": "rust: at least 5 more students", "reasons": [nodes, "2 other pods want to start as well"]},
        {"headline": "c: 7 more students", "reasons": []},
    ]
    *verdicts, why, _head = told(what)
    assert [line.partition(":")[0] for line in verdicts] == ["verdict"] * 3
    assert why == f"verdicts are not exact: {nodes}; 2 other pods want to start as well"
    what["capacity"]["verdicts"] = what["capacity"]["verdicts"][2:]
    assert "exact" not in str(told(what))


def test_a_lazy_operator_has_no_pools():
    _head, row, lazy = told(found(app(holds(quiz=False)), operator={"eager": False, "leading": True}))
    assert row.split() == ["java", "3", "None", "1", "-", "-", "-", "-", "-", "quiz"]
    assert "starts sessions one by one" in lazy


def test_what_a_change_of_the_operator_left_is_one_event_and_not_one_for_each_session():
    names = [f"s{number}" for number in range(4)]
    sessions = [{"name": name, "findings": [{"code": "error_but_working", "evidence": "ERROR"}]} for name in names]
    operator = {"eager": True, "leading": True, "led_seconds": 240}
    lines = told(found(operator=operator, sessions=sessions))
    (warning,) = [line for line in lines if line.startswith("warning: ")]
    assert "4 sessions work although the operator says ERROR" in warning
    assert "(the one that leads took over 4m ago): nothing has to be done about s0, s1, …" in warning
    assert not [line for line in lines if "In need of attention" in line]


def test_what_an_exam_needs_and_lost_names_who_took_it_when_and_what_to_do():
    """One client reverts what it keeps in git; another app definition waits for a run that did not get so far."""
    lost = {"field": "min_instances", "path": "/spec/minInstances", "wanted": 63, "live": 3}
    who = {"by_another_client": True, "manager": "argocd-controller", "at": "2027-02-11T03:17:51Z"}
    nobody = {"by_another_client": False, "manager": None, "at": None}
    apps = [app(holds(quiz=False, old=True), drift=[{**lost, **each}]) for each in (who, nobody)]
    taken, late = [line for line in told(found(*apps, back=PRE)) if line.startswith("warning: ")]
    start = "warning: java: quiz needs min_instances 63, "
    assert taken.startswith(f"{start}and it is 3, set by argocd-controller at 2027-02-11T03:17:51Z; have it leave ")
    assert "/spec/minInstances alone (Argo CD: ignoreDifferences with RespectIgnoreDifferences=true)" in taken
    assert late.startswith(f"{start}it is 3, and an earlier run did not get so far: ansible-playbook ")
    for line in (taken, late):
        assert line.endswith('-e \'{"exam": "quiz", "drift": "overwrite"}\'')


@pytest.mark.parametrize(
    ("ended", "drift", "words"),
    [
        (
            False,
            [{"manager": "helm", "at": None}],
            "quiz needs min_instances 63, and it is 3, set by helm at an unknown",
        ),
        (True, [], "java is not back at its baseline, and no exam holds it any more; "),
    ],
)
def test_what_to_know_before_a_bound_is_brought_back_stands_before_the_command(ended, drift, words):
    lost = {"field": "min_instances", "path": "/spec/minInstances", "wanted": 63, "live": 3, "by_another_client": True}
    seen = app(holds(quiz=ended), drift=[{**lost, **each} for each in drift])
    [warning] = [line for line in told(found(seen, back={"java": (POST["java"][0], "quiz is over")})) if "warn" in line]
    assert words in warning
    assert "; quiz is over: ansible-playbook eduide.theia.post_exam " in warning
