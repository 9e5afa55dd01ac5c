# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller of C(theia_workspace) wants, as its options say it."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ..._platform.options import read_installation
from ..._safety.execution import Pace
from ..._safety.targets import Request
from ..._sessions.facts import Thresholds
from ..._sessions.filter import Selection
from ..._sessions.stop.job import StopJob
from ..usage.options import read_max_gap
from .options import read_deletion_request, read_deletion_terms, read_session_terms
from .plan import DeletionRequest, DeletionTerms


class DeletionJob(t.NamedTuple):
    """What the caller wants of one task."""

    request: DeletionRequest
    terms: DeletionTerms
    stop: StopJob
    """How sessions are stopped, if they are; which ones is found out."""
    max_gap: timedelta
    """How long nobody may have looked at workspaces that were not used meanwhile."""


def read_job(params: t.Mapping[str, t.Any], only_user: str | None) -> DeletionJob:
    terms = read_deletion_terms(params, only_user)
    stop = StopJob(
        request=Request(Selection()),
        terms=read_session_terms(params, terms),
        thresholds=Thresholds(),
        installation=read_installation(params),
        pace=Pace(params["concurrency"], params["max_failures"]),
        # No session leaves the shield of an exam this way, so that nothing is signed.
        run="",
    )
    return DeletionJob(read_deletion_request(params), terms, stop, read_max_gap(params))
