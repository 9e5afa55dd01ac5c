# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much one run may end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps

WORDS = {"things": "sessions", "counted": "live sessions", "ended": "stopped"}


@pytest.mark.parametrize(
    ("number", "part", "whole", "text"),
    [
        (3, 3, 3, None),
        (4, 4, 20, None),
        (5, 5, 25, None),
        (5, 5, 24, "5 of 24 live sessions (21 %) would be stopped, and max_percent is 20: nothing was stopped"),
        (50, 0, 0, None),
        (51, 0, 0, "51 sessions would be stopped, and max_stop is 50: nothing was stopped"),
    ],
)
def test_beyond_a_cap_it_says_which(number, part, whole, text):
    assert Caps("max_stop").exceeded(number, part, whole, **WORDS) == text


@given(st.integers(0, 60), st.integers(0, 100), st.integers(0, 80), st.integers(0, 80))
def test_a_run_within_both_caps_and_no_other_is_let_through(most, percent, part, rest):
    whole = part + rest
    told = Caps("max_stop", most, percent).exceeded(part, part, whole, **WORDS)
    within = part <= most and (part < 5 or part * 100 <= whole * percent)
    assert (told is None) is within
