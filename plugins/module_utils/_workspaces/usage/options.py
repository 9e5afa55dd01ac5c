# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option that says how long a gap between two looks may be."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ..._common.errors import Misconfigured
from .log import DEFAULT_MAX_GAP

# A year.
_MOST_HOURS = 8784

Params = t.Mapping[str, t.Any]


def max_gap_argument_spec() -> dict[str, dict[str, t.Any]]:
    """The option, with the usual gap as its default."""
    return {"max_gap_hours": {"type": "int", "default": DEFAULT_MAX_GAP // timedelta(hours=1)}}


def read_max_gap(params: Params) -> timedelta:
    """The longest time between two looks in which nothing is taken to have been missed."""
    if not 1 <= params["max_gap_hours"] <= _MOST_HOURS:
        raise Misconfigured(
            f"the option max_gap_hours is {params['max_gap_hours']}; it has to be between 1 and {_MOST_HOURS}"
        )
    return timedelta(hours=params["max_gap_hours"])
