# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may go under a rule of retention, and who when."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import format_time
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import LAST_SEEN
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.filter import WorkspaceSelection, select
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.retention import Rule, outlook, read_rule
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import log as usage_log
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage.log import Observations
from unit.session_world import NOW, ago
from unit.workspace_world import WorkspaceWorld, looked

RULE = Rule(30)


def record(uid="u", *, unused=None, sessions=(), protected=None):
    """One that was not used for so long."""
    since = ago(seconds=unused.total_seconds()) if unused is not None else None
    return {"uid": uid, "sessions": list(sessions), "protected": protected, "unused_since": since}


def test_those_unused_for_the_whole_time_are_due_the_longest_first():
    records = [
        record("second", unused=timedelta(days=30)),
        record("first", unused=timedelta(days=31)),
        record("not-yet", unused=timedelta(days=30, seconds=-1)),
        record("unknown"),
        record("used", sessions=["s"]),
        record("protected", unused=timedelta(days=90), protected="demo"),
    ]
    assert outlook(records, RULE, NOW) == {
        "due": ["first", "second"],
        "next_at": format_time(NOW + timedelta(seconds=1)),
        "in_use": 1,
        "waiting": 1,
        "unobserved": 1,
        "protected": 1,
    }


def test_where_nobody_looked_time_begins_now():
    found = outlook([record()], RULE, NOW)
    assert (found["due"], found["next_at"]) == ([], format_time(NOW + timedelta(days=30)))


@pytest.mark.parametrize(("seconds", "due"), [(0, True), (1, False)])
def test_before_a_date_nothing_goes(seconds, due):
    rule = Rule(30, NOW + timedelta(seconds=seconds))
    found = outlook([record(unused=timedelta(days=90))], rule, NOW)
    assert (found["due"] == ["u"]) is due
    assert (found["next_at"] is None) is due


def test_without_workspaces_nothing_is_expected():
    assert outlook([], RULE, NOW)["next_at"] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        (None, None),
        ("2027-04-01", datetime(2027, 4, 1, tzinfo=UTC)),
        (date(2027, 4, 1), datetime(2027, 4, 1, tzinfo=UTC)),
        ("2027-04-01T12:00:00+02:00", datetime(2027, 4, 1, 10, tzinfo=UTC)),
        (datetime(2027, 4, 1, 10, tzinfo=UTC), datetime(2027, 4, 1, 10, tzinfo=UTC)),
    ],
)
def test_the_date_may_be_written_as_people_and_files_do(text, expected):
    assert read_rule(7, text).not_before == expected


@pytest.mark.parametrize(("days", "text"), [(0, ""), (-1, ""), (7, "after Easter"), (7, "01.04.2027")])
def test_a_rule_that_makes_no_sense_is_refused(days, text):
    with pytest.raises(ValueError, match=r"unused_days is|Invalid isoformat"):
        read_rule(days, text)


def looks_back(first, gaps):
    """Hours before now at which somebody looked, the latest first."""
    return list(itertools.accumulate(gaps, initial=first))


@example(created=24, first=24, gaps=[27], uses=[], days=1).via("the first look is as old as the rule")
@given(
    created=st.integers(min_value=1, max_value=300),
    first=st.integers(min_value=0, max_value=28),
    gaps=st.lists(st.integers(min_value=1, max_value=28), max_size=20),
    uses=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 48)), max_size=2),
    days=st.integers(min_value=1, max_value=6),
)
def test_whoever_is_due_was_not_seen_in_use_for_the_whole_time_and_somebody_looked(created, first, gaps, uses, days):
    """A history of looks and sessions, in hours before now, replayed as the modules do it."""
    max_gap, looks = timedelta(hours=26), looks_back(first, gaps)
    in_use = {hours for hours in looks if hours <= created and any(b >= hours > b - length for b, length in uses)}
    record = stamp = None
    for hours in reversed(looks):
        now = NOW - timedelta(hours=hours)
        if hours in in_use and (stamp is None or now - stamp >= usage_log.STAMP_EVERY):
            stamp = now
        record = (record.extended(now) or record) if record else Observations(now, now)
    world = WorkspaceWorld()
    world.app_definition()
    world.stored(age=timedelta(hours=created), annotations={LAST_SEEN: format_time(stamp)} if stamp else None)
    assessed = world.assess_workspaces(observation=record.chain(NOW, max_gap))
    due = outlook([each.record for each in assessed], Rule(days), NOW)["due"]
    assert due == [each.row.uid for each in select(assessed, WorkspaceSelection(unused_days=days))]
    event(f"due: {bool(due)}")
    if due:
        assert created >= days * 24
        assert not [hours for hours in in_use if hours <= days * 24]
        within = [hours for hours in looks if hours <= days * 24]
        covered = [0, *within]
        if covered[-1] < days * 24:
            covered.append(min(hours for hours in looks if hours > days * 24))
        assert all(later - earlier <= 26 for earlier, later in itertools.pairwise(covered))


def test_the_garbage_collectors_rule_and_ours_differ_where_something_is_in_use():
    world = WorkspaceWorld()
    world.app_definition()
    for name in ("used", "idle", "left"):
        world.stored(name, age=timedelta(days=90))
    world.running("live", workspace="used")
    world.objects["workspaces"][1]["metadata"]["annotations"] = {LAST_SEEN: ago(days=3)}
    assessed = world.assess_workspaces(observation=looked(since=timedelta(days=60)))
    names = {each.row.uid: each.row.name for each in assessed}
    assert [names[uid] for uid in outlook([j.record for j in assessed], RULE, NOW)["due"]] == ["left"]
