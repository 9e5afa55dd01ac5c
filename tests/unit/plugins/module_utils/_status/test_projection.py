# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an installation will be empty, and what that rests on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._status.projection import Present, project

NOON = datetime(2027, 2, 11, 8, 41, tzinfo=UTC)


def present(minutes, *sessions):
    return Present(NOON + timedelta(minutes=minutes), frozenset(sessions))


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (
            present(0, *range(60)),
            present(12, *range(31, 60)),
            "empty at about 10:04: 31 of 60 sessions ended in 12 minutes, 29 are left",
        ),
        (
            present(0, 1, 2),
            present(10, 2, 3, 4),
            "empty at about 10:21: 1 of 2 sessions ended in 10 minutes, 2 came, 3 are left",
        ),
        (
            present(0, 1),
            present(10, 1),
            "nobody can say when it will be empty: 0 of 1 session ended in 10 minutes, 1 is left",
        ),
        (present(0, 1), present(3), "empty since 09:44: 1 of 1 session ended in 3 minutes"),
        (present(0), present(0), "empty: there is no session"),
    ],
)
def test_the_projection_is_told_with_its_basis(first, last, told):
    assert project(first, last, ZoneInfo("Europe/Berlin"))["sentence"] == told


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0.1, 500))
def test_at_the_rate_that_was_seen_nobody_is_left_at_that_time(ended, left, minutes):
    first, last = present(0, *range(ended + left)), present(minutes, *range(left))
    empty_at = datetime.fromisoformat(project(first, last, None)["empty_at"])
    rate = ended / (last.at - first.at).total_seconds()
    assert abs((empty_at - last.at).total_seconds() * rate - left) <= rate + 1e-6
