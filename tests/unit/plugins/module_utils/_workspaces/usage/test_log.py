# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of looks: what is known of the use of workspaces, and what is not."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import LAST_SEEN
from ansible_collections.eduide.theia.plugins.module_utils._platform.records import Malformed
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import workspace_row
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import log as usage_log
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage.log import Coverage, Observations
from unit.session_world import NOW, ago
from unit.workspace_world import NAMESPACE, WorkspaceWorld

GAP = timedelta(hours=26)
HOUR = timedelta(hours=1)


def history(*hours):
    """The record of looks so many hours before now, the first one first."""
    times = [NOW - hour * HOUR for hour in hours]
    looks = Observations(times[0], times[0])
    for time in times[1:]:
        looks = looks.extended(time) or looks
    return looks


@pytest.mark.parametrize(
    ("hours", "allowed", "expected"),
    [
        pytest.param([0], 26, (0, 0), id="the-first"),
        pytest.param([48, 24, 0], 26, (48, 24), id="one-a-day"),
        pytest.param([48, 22, 0], 26, (48, 26), id="as-long-as-allowed"),
        pytest.param([49, 22, 0], 26, (22, 22), id="too-long"),
        pytest.param([90, 60, 36, 12], 26, (60, 24), id="too-long-before"),
        pytest.param([90, 60, 36, 12], 48, (90, 30), id="whoever-allows-more-knows-more"),
        pytest.param([90, 60, 36, 12], 12, (12, 0), id="whoever-allows-less-knows-less"),
        pytest.param([90, 60, 36, 12], 11, None, id="nobody-looked-for-too-long"),
        pytest.param([3, 2.5, 2], 26, (3, 1), id="faster-ones-are-one"),
    ],
)
def test_what_a_record_says_depends_on_how_long_a_gap_may_be(hours, allowed, expected):
    chain = history(*hours).chain(NOW, allowed * HOUR)
    if expected is None:
        assert chain is None
    else:
        since, gap = expected
        assert (chain.since, chain.longest_gap) == (NOW - since * HOUR, gap * HOUR)


@pytest.mark.parametrize(("minutes", "written"), [(59, False), (60, True)])
def test_a_look_right_after_another_has_nothing_to_write(minutes, written):
    looks = Observations(NOW - timedelta(days=3), NOW - timedelta(minutes=minutes))
    assert (looks.extended(NOW) is not None) is written


@given(
    gaps=st.lists(st.integers(min_value=1, max_value=50), max_size=40),
    since=st.integers(min_value=0, max_value=50),
    allowed=st.integers(min_value=1, max_value=50),
)
def test_the_record_forgets_nothing_that_anybody_may_ask(gaps, since, allowed):
    """Hours between looks: the chain is what a list of all of them gives, and the record stays short."""
    hours = list(itertools.accumulate(gaps, initial=since))[::-1]
    looks = history(*hours)
    chain = looks.chain(NOW, allowed * HOUR)
    inside = [0]
    for hour in reversed(hours):
        if hour - inside[-1] > allowed:
            break
        inside.append(hour)
    if len(inside) == 1:
        assert chain is None
    else:
        longest = max((later - earlier for earlier, later in itertools.pairwise(inside[1:])), default=0)
        assert chain == Coverage(NOW - inside[-1] * HOUR, NOW - inside[1] * HOUR, longest * HOUR)
    assert [gap.length for gap in looks.gaps] == sorted({gap.length for gap in looks.gaps}, reverse=True)


def test_what_is_written_is_read_again():
    looks = history(90, 60, 36, 12)
    assert usage_log.read_looks(usage_log.write_looks(looks, NAMESPACE, None)) == looks
    assert usage_log.read_looks(None) is None


def test_the_record_is_guarded_and_labelled():
    body = usage_log.write_looks(history(25, 1), NAMESPACE, {"metadata": {"resourceVersion": "7"}})
    assert body["metadata"]["resourceVersion"] == "7"
    assert body["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "eduide.theia",
        "eduide-theia/record": "retention",
    }
    assert json.loads(body["data"]["looks"]) == {
        "first": ago(hours=25),
        "last": ago(hours=1),
        "gaps": [[ago(hours=1), 86400]],
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "format version None"),
        ({"version": "2"}, "format version '2'"),
        ({"version": "1"}, "KeyError"),
        ({"version": "1", "looks": "[]"}, "TypeError"),
        ({"version": "1", "looks": "{"}, "JSONDecodeError"),
        ({"version": "1", "looks": '{"first": "x", "last": "x", "gaps": []}'}, "isoformat string: 'x'"),
        ({"version": "1", "looks": json.dumps({"first": ago(), "last": ago(), "gaps": [[ago(), 1e300]]})}, "Overflow"),
    ],
)
def test_a_record_that_cannot_be_read_is_named(data, words):
    with pytest.raises(Malformed, match=words) as raised:
        usage_log.read_looks({"metadata": {"name": names.RETENTION_RECORD}, "data": data})
    assert names.RETENTION_RECORD in str(raised.value)


@pytest.mark.parametrize(
    ("stamp", "due"),
    [
        (None, True),
        ("never", True),
        (ago(hours=24), True),
        (ago(hours=23, minutes=59), False),
        ("2027-02-11T10:00:01+01:00", False),
    ],
)
def test_a_workspace_is_stamped_once_a_day(stamp, due):
    world = WorkspaceWorld()
    row = workspace_row(world.workspace(annotations={LAST_SEEN: stamp} if stamp else None))
    assert usage_log.is_due(row, NOW) is due
    assert usage_log.stamp_patch(row, NOW)["metadata"] == {
        "resourceVersion": row.resource_version,
        "annotations": {LAST_SEEN: ago()},
    }


def test_those_with_a_session_on_them_are_in_use_and_no_others():
    world = WorkspaceWorld()
    for name in ("ws-1", "ws-2", "ws-3", "going"):
        world.workspace(name)
    world.objects["workspaces"][-1]["metadata"]["deletionTimestamp"] = ago()
    world.session("a", workspace="ws-1", operatorStatus="ERROR")
    world.session("ws-2-session")
    world.session("b", workspace="going")
    sources = world.sources()
    assert [row.name for row in usage_log.in_use(sources.workspaces, sources.sessions)] == ["ws-1", "ws-2"]
