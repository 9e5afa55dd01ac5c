# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line of the card that says whether an exam may come, and all that such lines are drawn from."""

from __future__ import annotations

import typing as t
from datetime import tzinfo

from ..._exams.calendar import Broken
from ..._exams.record import Recorded
from ..._safety.shield import Unreadable

if t.TYPE_CHECKING:
    from ..._capacity.view import CapacityView
    from ..._common.commands import Remedy
    from ..._platform.lists import Snapshot
    from ..._platform.rights import Right

Result = t.Literal["no_go", "unknown", "warning", "go"]
RESULTS: tuple[Result, ...] = t.get_args(Result)
"""The gravest first."""
Code = t.Literal[
    "verdict",
    "exams",
    "time_limits",
    "collector",
    "pools",
    "seats",
    "ledger",
    "ownership",
    "operator",
    "arguments",
    "kinds",
    "rights",
    "service",
    "quotas",
    "metrics",
    "clocks",
]
CODES: tuple[Code, ...] = t.get_args(Code)
EXAM_PLAYBOOKS = ("pre_exam", "post_exam", "status")


class Check(t.NamedTuple):
    code: Code
    result: Result
    evidence: str
    """What was seen."""
    remedy: str | None = None
    """What to do about it; None where nothing has to be done."""
    run: Remedy | None = None
    """The playbook that does it, where there is one."""


class ServiceLook(t.NamedTuple):
    """What the REST service says to us."""

    url: str
    unreachable: str | None
    refused: str | None
    """Why it does not take the token for administrators; None if it does, or if there is none."""
    asked: bool
    """Whether there is a token to ask with."""


class Facts(t.NamedTuple):
    """What was seen of an installation, and of what we may do there."""

    snapshot: Snapshot
    capacity: CapacityView | None
    """None if a list that it rests on could not be read."""
    ledger_trouble: str | None = None
    """Why the ledger cannot be understood."""
    exams: tuple[Recorded, ...] = ()
    """Those that are not over, on record or ahead in the calendar."""
    undeclared: frozenset[str] = frozenset()
    """Those of them that are not on record as the calendar has them."""
    closed_early: tuple[Recorded, ...] = ()
    """Those that somebody closed while the calendar still has them ahead."""
    broken: tuple[Broken, ...] = ()
    """Entries of the calendar that declare no exam."""
    unreadable: tuple[Unreadable, ...] = ()
    verdicts: t.Mapping[str, t.Mapping[str, t.Any]] = {}
    """By exam: whether all of its participants get a session."""
    alone: t.Sequence[t.Mapping[str, t.Any]] = ()
    """The verdict on each app definition."""
    versions: t.Mapping[str, t.Sequence[str]] = {}
    """By kind of Theia Cloud, the versions in which it is served."""
    denied: t.Mapping[str, t.Sequence[Right]] | None = None
    """By playbook, what the account may not do of what it needs or could use; None if nobody could tell."""
    collected: t.Mapping[str, t.Any] | None = None
    """What the platform's garbage collector would do; None if there is none."""
    service: ServiceLook | None = None
    """None if no service is configured."""

    zone: tzinfo | None = None
    """In which times are told; None: in UTC alone."""

    def unread(self, *parts: str) -> str | None:
        """Why one of these could not be read; None if all were."""
        reasons = [self.snapshot.missing[part] for part in parts if part in self.snapshot.missing]
        return reasons[0] if reasons else None


Rule: t.TypeAlias = "t.Callable[[Facts], t.Iterable[Check]]"


def unknown(code: Code, reason: str) -> Check:
    """What could not be read is never go."""
    return Check(code, "unknown", reason, "give the account the right that is named, or look at the server")
