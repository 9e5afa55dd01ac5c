# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits, time limits and activity, as the stand-in operator counts them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lab.operator import limits
from lab.operator.activity import Tracker, judge
from lab.operator.timeouts import expired

MINE = {"spec": {"user": "ada", "appDefinition": "java"}, "status": {"operatorStatus": "HANDLING"}}


def definition(**spec):
    return {"spec": {"name": "java", **spec}}


def other(user="eve", app_definition="java", status="HANDLED"):
    return {"spec": {"user": user, "appDefinition": app_definition}, "status": {"operatorStatus": status}}


@pytest.mark.parametrize(
    ("maximum", "others", "refused"),
    [
        pytest.param(2, [other()], None, id="the last place"),
        pytest.param(1, [other()], "552", id="one too many"),
        pytest.param(1, [other(status="ERROR")], None, id="errored ones do not count"),
        pytest.param(1, [{"spec": other()["spec"]}], "552", id="unseen ones count"),
        pytest.param(1, [other(app_definition="c")], None, id="others do not count"),
        pytest.param(0, [], "552", id="closed"),
        pytest.param(-1, [other()] * 9, None, id="negative: no limit"),
        pytest.param(None, [other()] * 9, None, id="absent: no limit"),
    ],
)
def test_max_instances(maximum, others, refused):
    refusal = limits.refusal(MINE, definition(maxInstances=maximum), [MINE, *others], None)
    assert (refusal.error[:3] if refusal else None) == refused


@pytest.mark.parametrize(
    ("per_user", "others", "refused"),
    [
        pytest.param(2, [other("ada")], None, id="the last one allowed"),
        pytest.param(1, [other("ada")], "553", id="one too many"),
        pytest.param(1, [other("ada", status="ERROR")], "553", id="errored ones count"),
        pytest.param(1, [other("ada", app_definition="c")], "553", id="of whatever app definition"),
        pytest.param(1, [other("eve")], None, id="others' do not count"),
        pytest.param(0, [], "554", id="none allowed"),
        pytest.param(-1, [other("ada")] * 9, None, id="negative: no limit"),
        pytest.param(None, [other("ada")] * 9, None, id="not set: no limit"),
    ],
)
def test_sessions_per_user(per_user, others, refused):
    refusal = limits.refusal(MINE, definition(), [MINE, *others], per_user)
    assert (refusal.error[:3] if refusal else None) == refused


def test_the_app_definitions_limit_comes_first():
    refusal = limits.refusal(MINE, definition(maxInstances=0), [MINE], 0)
    assert refusal == limits.TOO_MANY_INSTANCES


@pytest.mark.parametrize(
    ("minutes", "limit", "ends"),
    [
        pytest.param(30, 30, False, id="at the limit"),
        pytest.param(31, 30, True, id="past the limit"),
        pytest.param(9999, 0, False, id="zero: never"),
        pytest.param(9999, -1, False, id="negative: never"),
        pytest.param(9999, None, False, id="absent: never"),
    ],
)
def test_absolute_time_limit(minutes, limit, ends):
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    created = datetime.fromtimestamp(now.timestamp() - minutes * 60, UTC).isoformat()
    session = {"metadata": {"creationTimestamp": created}}
    assert expired(session, definition(timeout=limit), now, 60.0) is ends


def test_a_session_without_app_definition_never_expires():
    session = {"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}}
    assert not expired(session, None, datetime.now(UTC), 60.0)


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(54, "leave"), (55, "notify"), (59, "notify"), (60, "delete"), (600, "delete")]
)
def test_inactivity(minutes, verdict):
    tracker = Tracker(port=3000, notify_after=55, timeout_after=60)
    now = 1_800_000_000_000
    assert judge(now - minutes * 60_000, now, tracker, 60.0) == verdict


def test_a_shorter_minute_shortens_every_limit():
    now = 1_800_000_000_000
    tracker = Tracker(port=3000, notify_after=1, timeout_after=2)
    assert judge(now - 500, now, tracker, 0.2) == "delete"
