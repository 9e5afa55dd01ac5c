# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller of C(theia_session) wants, as its options say it."""

from __future__ import annotations

import typing as t

from ..._common.whoami import who
from ..._platform.options import Installation, read_installation
from ..._safety.execution import Pace
from ..facts import Thresholds
from ..options import read_thresholds
from .options import read_stop_request, read_stop_terms
from .plan import StopRequest, StopTerms


class StopJob(t.NamedTuple):
    """What the caller wants of one task."""

    request: StopRequest
    terms: StopTerms
    thresholds: Thresholds
    installation: Installation
    pace: Pace
    run: str
    """Who is at work, for the history of an exam."""


def read_job(params: t.Mapping[str, t.Any], only_user: str | None) -> StopJob:
    return StopJob(
        request=read_stop_request(params),
        terms=read_stop_terms(params, only_user),
        thresholds=read_thresholds(params),
        installation=read_installation(params),
        pace=Pace(params["concurrency"], params["max_failures"]),
        # Only a history wants it.
        run=(params["run"] or who()) if params["shield_exit"] else "",
    )
