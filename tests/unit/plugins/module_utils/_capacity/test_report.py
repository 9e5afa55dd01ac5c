# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read after an exam was warmed or cooled down."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity import report
from ansible_collections.eduide.theia.plugins.module_utils._common.commands import RunContext

COMMAND = RunContext().command
POOL = {"warm": 12, "claimed": 2, "cold": 1, "total": 15}
AFTERWARDS = """Afterwards: ansible-playbook eduide.theia.post_exam -e '{"exam": "quiz"}'"""


def item(before, after, *, draining=(), note=None, seconds=None, pooled=True, inactive=60, **pods):
    """One app definition as `theia_capacity` returns it."""
    limits = {"timeout_minutes": 1440, "inactive_minutes": inactive}
    bounds = [{"min_instances": value, **limits} for value in (before, after)]
    pods = {"starts": 0, "rebuilds": 0, "removes": 0, "warm_lost": 0, "cold_seconds": None, **pods}
    more = {"draining": list(draining), "note": note, "seconds_to_warm": seconds, "pool": POOL if pooled else None}
    return {"name": "java", "before": bounds[0], "after": bounds[1], "pods": pods, **more}


def warmed(*items, would=False, declared=None, verdict=None, canaries=()):
    result = {"app_definitions": items}
    lines = report.warmup_report(
        result, exam="quiz", declared=declared, verdict=verdict, canaries=canaries, would=would, command=COMMAND
    )
    assert lines.pop() == AFTERWARDS
    return [" ".join(line.split()) for line in lines]


@pytest.mark.parametrize(
    ("would", "raised", "counts"),
    [
        (False, "java min 2 -> 15, 13 pods start anew, 2 are rebuilt, warm after 31 s", "12 warm, 2 claimed"),
        (True, "java min 2 -> 15, 13 pods would start anew, 2 would be rebuilt, warm after 31 s", "now 12 warm,"),
    ],
)
def test_a_warm_up_tells_bounds_pods_and_the_pool(would, raised, counts):
    told = warmed(item(2, 15, starts=13, rebuilds=2, seconds=30.9), would=would)
    assert told[0] == raised
    assert told[1].startswith(counts)
    assert told[1].endswith("1 cold of 15 instances")


@pytest.mark.parametrize(
    ("would", "seconds", "told"),
    [
        (False, None, "60 are rebuilt (60 of them were warm), warm after 31 s"),
        (True, 45, "60 would be rebuilt (60 of them are warm now, and then none for about 45 s)"),
        (True, None, "60 would be rebuilt (60 of them are warm now)"),
    ],
)
def test_warm_instances_that_are_thrown_away_are_told_and_for_how_long(would, seconds, told):
    pods = {"starts": 3, "rebuilds": 60, "warm_lost": 60, "cold_seconds": seconds}
    assert warmed(item(60, 63, seconds=None if would else 31, **pods), would=would)[0].endswith(told)


def test_a_second_warm_up_has_nothing_to_do_and_says_first_what_is_on_record():
    told = warmed(item(15, 15, pooled=False), declared="quiz lasts", verdict="java: 12 more students")
    assert told == ["verdict: java: 12 more students", "quiz lasts.", "java min 15, nothing to change"]


def test_a_verdict_from_before_the_change_is_told_as_one():
    told = warmed(item(2, 15), verdict="java: 12 more students, 2 on a warm instance")
    assert told[0] == "verdict before the change: java: 12 more students, 2 on a warm instance"


def test_one_pod_is_told_as_one():
    told = warmed(item(2, 3, starts=1, rebuilds=1))
    assert told[0] == "java min 2 -> 3, 1 pod starts anew, 1 is rebuilt"


def test_the_command_for_afterwards_says_from_when_on_it_needs_no_reason():
    lines = report.warmup_report(
        {"app_definitions": []},
        exam="quiz",
        declared=None,
        verdict=None,
        canaries=(),
        would=False,
        command=COMMAND,
        shield_until="2027-02-11T10:45:00Z",
        time_zone="Europe/Berlin",
    )
    assert lines == [AFTERWARDS.replace(":", ", from 2027-02-11 11:45 CET (10:45 UTC) on:", 1)]


def test_a_plan_has_a_step_for_each_change_and_its_failure_as_a_problem():
    declaration = {"action": "declared", "sentence": "quiz lasts", "exam": {"shield_until": "2027-02-11T10:45:00Z"}}
    changed = {**item(2, 15, starts=13, rebuilds=2), "outcome": "changed"}
    result = {"app_definitions": [changed, {**item(4, 4), "outcome": "unchanged"}]}
    plan = report.warmup_plan(result, exam="quiz", declaration=declaration, now="2027-02-11T08:30:00Z")
    assert plan["steps"] == [
        {"do": "declare", "exam": "quiz", "why": "quiz lasts"},
        {
            "do": "warm",
            "exam": "quiz",
            "why": "java: min 2 -> 15, 13 pods would start anew, 2 would be rebuilt",
        },
    ]
    assert (plan["changes"], plan["problems"], plan["next_change_at"]) == (2, [], "2027-02-11T10:45:00Z")
    # What the role that writes plans is handed by every other way, too.
    assert plan.keys() == {
        *("steps", "changes", "problems", "closed_early", "seen_at"),
        *("next_change_at", "next_change_text"),
    }
    nothing = report.warmup_plan({"msg": "no luck"}, exam="quiz", declaration={}, now="2027-02-11T08:30:00Z")
    assert (nothing["steps"], nothing["changes"], nothing["problems"]) == ([], 0, ["no luck"])


def test_time_limits_that_were_raised_are_told():
    longer = item(2, 15)
    longer["before"] |= {"timeout_minutes": 60}
    longer["after"] |= {"inactive_minutes": 255, "timeout_minutes": 255}
    assert warmed(longer)[1:3] == ["sessions last 255 min instead of 60", "unused ones last 255 min instead of 60"]


@pytest.mark.parametrize(
    ("start", "would", "told"),
    [
        ("eager", False, "canary: usable on an instance, its URL after 1.2 s, and stopped again"),
        ("lazy-fallback", False, "canary: usable on a pod of its own, its URL after 1.2 s, and stopped again"),
        (None, True, "a canary of probe@tum.de would be started, and stopped again"),
    ],
)
def test_what_a_canary_showed_is_told_with_its_pool(start, would, told):
    canary = {"app_definition": "java", "user": "probe@tum.de", "start": start, "seconds_to_url": 1.24}
    other = {**canary, "app_definition": "rust"}
    assert warmed(item(2, 15), canaries=[canary, other], would=would)[2:] == [told]


RETRY = """Retry: ansible-playbook eduide.theia.pre_exam -e '{"exam": "quiz"}'"""


@pytest.mark.parametrize(
    ("result", "known", "shield", "told"),
    [
        ({"applied": "no"}, True, True, "Nothing was changed."),
        ({"applied": "no"}, False, False, "Nothing was changed."),
        ({"applied": "no"}, False, True, "No bound was changed, and the exam is on record."),
        ({"app_definitions": []}, False, True, "What was changed stays in place."),
        ({}, False, True, "It is not known whether anything was changed."),
        ({}, False, False, "It is not known whether anything was changed."),
    ],
)
def test_a_failed_warm_up_says_what_stays_and_how_to_go_on(result, known, shield, told):
    first, *commands = report.warmup_failure(
        {"msg": "not warm. ", **result},
        untouched=known,
        shield=shield,
        retry={"exam": "quiz"},
        undo={"exam": "quiz", "end_early_reason": "cold"},
        command=COMMAND,
    )
    assert first == f"not warm. {told}"
    assert (RETRY in commands) is (told != "Nothing was changed.")
    assert any('"end_early_reason": "cold"' in line for line in commands) is bool(commands)


def test_a_repair_tells_of_each_instance_what_was_wrong_and_what_became_of_it():
    told = {"app_definition": "java", "kind": "halves", "instance_id": 2, "evidence": "it has no external Service"}
    items = [
        {**told, "outcome": "repaired", "note": ""},
        {**told, "instance_id": 4, "outcome": "kept_claimed", "note": "session s is on it"},
    ]
    begin = "java instance 2, halves: it has no external Service; "
    for would, became in ((False, "repaired"), (True, "would be repaired")):
        first, second = report.repair_report({"repairs": items}, would=would)
        assert " ".join(first.split()) == f"{begin}{became}"
        assert second.endswith("; kept_claimed (session s is on it)")
    assert report.repair_report({"repairs": []}, would=False) == ["Nothing of that is damaged."]
    assert report.repair_report({"msg": "no right"}, would=False) == ["Nothing was done."]


def cooled(*items, would=False, holders=(), **terms):
    result = {"app_definitions": items}
    lines = report.cooldown_report(
        result, exam="quiz", declared=None, holders=holders, terms=terms, would=would, command=COMMAND
    )
    return [" ".join(line.split()) for line in lines]


def going(instance_id, user):
    return {"instance_id": instance_id, "user": user}


@pytest.mark.parametrize(
    ("lowered", "told"),
    [
        (item(15, 2, removes=13, rebuilds=1), "java min 15 -> 2, 13 idle instances removed, 1 rebuilt"),
        (item(15, 15, draining=[going(7, "ada")]), "java draining: min stays 15 until 1 session ends"),
        (
            item(2, 2, draining=[going(None, "")] * 2),
            "java draining: timeout_minutes 1440 and inactive_minutes 60 stay until 2 sessions end",
        ),
        (
            item(2, 2, inactive=None, draining=[going(None, "")]),
            "java draining: timeout_minutes 1440 stays until 1 session ends",
        ),
        (
            item(63, 40, draining=[going(40, "ada")], removes=23),
            "java min 63 -> 40, 23 idle instances removed, 0 rebuilt; draining: min stays 40 until 1 session ends",
        ),
        (item(2, 2, note="still held by noon"), "java min 2, nothing to change, still held by noon"),
        (item(2, 2), "java min 2, nothing to change"),
    ],
)  # fmt: skip
def test_a_cool_down_tells_what_became_of_each_bound(lowered, told):
    assert cooled(lowered)[0] == told


def test_a_predicted_cool_down_is_told_in_the_conditional():
    assert cooled(item(15, 2, removes=13), would=True) == [
        "java min 15 -> 2, 13 idle instances would be removed, 0 rebuilt"
    ]


def test_who_is_still_in_is_named_with_the_command_that_finishes():
    told = cooled(item(15, 15, draining=[going(7, "ada"), going(8, None)]))[-1]
    assert told.startswith("The bounds wait for ada, a session that is going. To finish when they have left: ansible")
    assert told.endswith('{"exam": "quiz"}\'')


def test_what_was_let_alone_is_let_alone_by_the_command_that_finishes():
    told = cooled(item(15, 15, draining=[going(7, "ada")]), app_definition=["java"])[-1]
    assert told.endswith('{"exam": "quiz", "app_definition": ["java"]}\'')


def test_an_exam_that_holds_nothing_learns_who_does():
    hold = {"name": "java", "ledger": {"holds": [{"exam": "noon", "ended": False}, {"exam": "old", "ended": True}]}}
    assert cooled(holders=[hold, {"name": "c", "ledger": None}]) == [
        "quiz holds nothing here any more.",
        "java held by noon",
    ]
    assert cooled() == ["quiz holds nothing here, and nor does any other exam."]
