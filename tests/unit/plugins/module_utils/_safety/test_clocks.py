# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two clocks that disagree: what either of them shields stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Subject
from ansible_collections.eduide.theia.plugins.module_utils._safety.clocks import (
    describe_doubt,
    doubted,
    shielded_by_the_other_clock,
)
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import Shield, ShieldedExam
from unit.safety_case import Case

NOW = datetime(2027, 2, 11, 9, tzinfo=UTC)
EXAM = ShieldedExam("pgdp-final", NOW - timedelta(hours=1), NOW + timedelta(hours=1), frozenset({"java"}), frozenset())
CASE = Case(Subject("session", "s1", "java", "ada@tum.de"), shield=Shield((EXAM,), ()))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("seconds", "doubt"), [(0, False), (300, False), (301, True), (86400, True)])
def test_more_than_five_minutes_are_a_doubt(sign, seconds, doubt):
    skew = timedelta(seconds=sign * seconds)
    assert doubted(NOW, skew) == (NOW - skew if doubt else None)


@pytest.mark.parametrize(
    ("now", "machine_now", "objects"),
    [
        pytest.param(NOW, None, False, id="no-doubt"),
        pytest.param(NOW + timedelta(hours=5), NOW, True, id="the-server-is-ahead"),
        pytest.param(NOW - timedelta(days=1), NOW, True, id="the-server-is-behind"),
        pytest.param(NOW, NOW + timedelta(hours=5), False, id="not-by-this-one"),
    ],
)
def test_what_this_machine_holds_to_be_in_an_exam_stays(now, machine_now, objects):
    objection = shielded_by_the_other_clock(CASE._replace(now=now, machine_now=machine_now))
    assert (objection is not None) is objects
    if objects:
        assert objection.outcome == "kept_shielded"
        assert "min apart" in objection.text


def test_the_warning_says_how_far_they_are_apart():
    assert describe_doubt(NOW, None) is None
    assert "300 min apart" in describe_doubt(NOW, NOW - timedelta(hours=5))
