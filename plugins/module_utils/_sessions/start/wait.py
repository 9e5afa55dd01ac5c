# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until a started session can be used: it has its URL, and its pod is ready."""

from __future__ import annotations

import typing as t

from ..._common.errors import LostSight
from ..._common.waiting import wait_until
from ..._platform.index import Index
from ..._platform.snapshot import read, read_row, with_leader
from ..record import AssessedSession, assess_session
from ..view import SessionView, parts_of, view_sessions
from .report import why_not_usable

if t.TYPE_CHECKING:
    from ..._common.errors import EduideError
    from ..._common.progress import Reporter
    from ..._common.waiting import Deadline
    from ..._kubernetes.gateway import Gateway
    from ..._platform.options import Installation
    from ..._platform.rows import SessionRow
    from ..._platform.snapshot import Part
    from ..facts import Thresholds

PARTS = parts_of(("objects", "exams"))
REQUIRED: tuple[Part, ...] = ("sessions", "app_definitions")
# A URL often comes within a second, and how long it took is to be told.
_URL_INTERVAL_SECONDS = 0.25


class Seen(t.NamedTuple):
    """The session when it was last looked at."""

    view: SessionView
    assessed: AssessedSession | None
    """None: it is gone."""

    @property
    def usable(self) -> bool:
        """Where pods cannot be read, the URL has to do; that they are not is warned of."""
        if self.assessed is None:
            return False
        record = self.assessed.record
        return record["state"] == "running" or (record["state"] is None and bool(record["url"]))

    @property
    def over(self) -> bool:
        return self.usable or self.assessed is None or self.assessed.record["state"] == "failed"


class WaitResult(t.NamedTuple):
    """How a wait ended."""

    seen: Seen
    seconds_to_url: float | None = None
    """Since the start; None without a URL, or if nobody waited."""
    failure: EduideError | None = None
    """Why the session cannot be used."""


class SessionWatch:
    """Looks at one session of an installation."""

    def __init__(
        self, gateway: Gateway, installation: Installation, thresholds: Thresholds, progress: Reporter
    ) -> None:
        self._gateway, self._installation, self._thresholds = gateway, installation, thresholds
        self._progress = progress

    def until_usable(self, row: SessionRow, deadline: Deadline) -> WaitResult:
        has_url = self._until_url(row, deadline)
        seconds_to_url = round(deadline.elapsed, 1) if has_url else None
        seen = self._until_over(row.uid, max(deadline.remaining, 0) if has_url else 0)
        if seen.usable:
            return WaitResult(seen, seconds_to_url)
        seen = self._with_leader(seen)
        return WaitResult(seen, seconds_to_url, why_not_usable(row.name, seen, deadline.elapsed))

    def view(self, gateway: Gateway | None = None) -> SessionView:
        """What there is now; a gateway that follows lists reads less."""
        return view_sessions(read(gateway or self._gateway, self._installation, PARTS, REQUIRED), self._thresholds)

    def look(self, uid: str, gateway: Gateway | None = None) -> Seen:
        """One session among what there is now."""
        view = self.view(gateway)
        row = next((row for row in view.sources.sessions if row.uid == uid), None)
        return Seen(view, assess_session(Index(view.sources).parts(row), view.context) if row else None)

    def _until_url(self, row: SessionRow, deadline: Deadline) -> bool:
        """Whether it gets a URL. One that failed, or is gone, gets none."""

        def look() -> SessionRow | None:
            self._progress.report(0, 1)
            return read_row(self._gateway, "sessions", row)

        seen, _ended = wait_until(
            look,
            lambda now: now is None or bool(now.url) or now.operator_status == "ERROR",
            timeout_seconds=deadline.left(),
            interval_seconds=_URL_INTERVAL_SECONDS,
            troubled=self._progress.troubled,
        )
        return seen is not None and bool(seen.url)

    def _until_over(self, uid: str, seconds: float) -> Seen:
        """Look until it can be used or never will be; with no seconds left, look once."""
        following = self._gateway.following()

        def look() -> Seen:
            seen = self.look(uid, following)
            self._progress.report(int(seen.usable), 1)
            return seen

        try:
            seen, _reached = wait_until(
                look, lambda now: now.over, timeout_seconds=seconds, troubled=self._progress.troubled
            )
        except LostSight as exc:
            if exc.seen is None:
                raise
            seen = exc.seen
        return seen

    def _with_leader(self, seen: Seen) -> Seen:
        """The same, and whether an operator leads, which takes a while to see."""
        view = seen.view
        return seen._replace(view=view.of(with_leader(self._gateway, self._installation, view.snapshot)))
