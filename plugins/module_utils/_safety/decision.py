# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the sessions and workspaces of a task: decided for each by the first objection, then for all."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .._common.batch import Attempt

Outcome = t.Literal[
    "stopped",
    "deleted",
    "reclaimed",
    "gone",
    "kept_active",
    "kept_in_use",
    "kept_shielded",
    "kept_protected",
    "refused",
    "skipped_cap",
    "failed",
]
ENDINGS = frozenset({"stopped", "deleted", "reclaimed"})

_NONE: frozenset[str] = frozenset()


class Decision(t.NamedTuple):
    outcome: Outcome
    text: str
    reasons: frozenset[str] = _NONE
    """What it is ended for: codes of findings, and how it was chosen."""
    consequence: str | None = None
    """What becomes of the files; None if nothing does, or if nobody knows."""


C = t.TypeVar("C")
Law: t.TypeAlias = "t.Callable[[C], Decision | None]"
"""A law objects to the end of a session or workspace, or it does not."""


def first_objection(laws: t.Iterable[Law[C]], case: C) -> Decision | None:
    """The objection that counts: there is none behind it that would be looked at."""
    return next((objection for law in laws if (objection := law(case))), None)


A = t.TypeVar("A")
Chosen = t.TypeVar("Chosen")
Left = t.TypeVar("Left")


class Item(t.NamedTuple, t.Generic[A, Chosen, Left]):
    """One session or workspace of a run and what becomes of it."""

    name: str
    uid: str | None
    assessed: A | None
    """None: it does not exist."""
    criteria: Chosen
    """Why it is meant, which has to be true still when it is ended."""
    decision: Decision
    left: Left | None = None
    """What it left behind when it went, if that is ended, too."""

    @property
    def acts(self) -> bool:
        return self.decision.outcome in ENDINGS

    def ended(self, outcome: Outcome, text: str) -> t.Self:
        """The same with another outcome than was decided."""
        return self._replace(decision=Decision(outcome, text, self.decision.reasons))


I = t.TypeVar("I", bound=Item[t.Any, t.Any, t.Any])  # noqa: E741 (the items of a plan)


class Plan(t.NamedTuple, t.Generic[I]):
    items: tuple[I, ...]
    over_cap: str | None = None
    """Why nothing at all is ended, if the plan is larger than it may be."""

    @property
    def acts(self) -> list[I]:
        return [item for item in self.items if item.acts]

    def skipped(self, over_cap: str | None) -> Plan[I]:
        """Nothing is ended if there is such a reason."""
        if over_cap is None:
            return self
        return Plan(tuple(item.ended("skipped_cap", over_cap) if item.acts else item for item in self.items), over_cap)

    def carried_out(self, attempts: t.Iterable[Attempt[I, I]]) -> Plan[I]:
        """What became of those that were to be ended, in their order."""
        done = iter([attempt.settle(_ended) for attempt in attempts])
        return self._replace(items=tuple(next(done) if item.acts else item for item in self.items))


def _ended(item: I, outcome: Outcome, text: str) -> I:
    return item.ended(outcome, text)
