# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the open exams shield.

A record of an exam that cannot be read shields everybody: nobody knows whom it was meant to shield.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .decision import Decision
from .protection import person

if t.TYPE_CHECKING:
    from .case import Case

_WORDS = {
    "session": "a live session of the exam {}",
    "workspace": "its user is in the exam {} and may come back to it",
}


class ShieldedExam(t.NamedTuple):
    """Whom one exam shields, and when."""

    name: str
    shield_from: datetime
    shield_until: datetime
    app_definitions: frozenset[str]
    users: frozenset[str]
    """Each as ``person`` has it; empty means everybody on these app definitions."""
    closed: bool = False

    def shields(self, app_definition: str, user: str, now: datetime) -> bool:
        """Whether a live session of this user is part of the open exam."""
        return (
            not self.closed
            and self.shield_from <= now <= self.shield_until
            and app_definition in self.app_definitions
            and (not self.users or person(user) in self.users)
        )


class Unreadable(t.NamedTuple):
    record: str
    reason: str


class Shield(t.NamedTuple):
    """All that is known about who must not be stopped."""

    exams: tuple[ShieldedExam, ...]
    unreadable: tuple[Unreadable, ...]
    untold: str | None = None
    """Why nobody can tell of any record at all, where the cluster was not asked."""

    def exams_of(self, app_definition: str, user: str, now: datetime) -> tuple[str, ...]:
        """Names of the exams that shield a live session, the one that lasts longest first."""
        found = [exam for exam in self.exams if exam.shields(app_definition, user, now)]
        return tuple(exam.name for exam in sorted(found, key=lambda exam: (-exam.shield_until.timestamp(), exam.name)))

    def grown(self, later: Shield) -> Shield:
        """What holds once the records were read again in the same run: only closing an exam makes it smaller."""
        known = {exam.name: exam for exam in self.exams}
        for exam in later.exams:
            known[exam.name] = _union(known[exam.name], exam) if exam.name in known else exam
        return Shield(tuple(known.values()), tuple(dict.fromkeys((*later.unreadable, *self.unreadable))), self.untold)


NOBODY = Shield((), ())


def shielded(case: Case, at: datetime | None = None) -> Decision | None:
    """Whatever somebody in an open exam works with stays, and everything that is alive while a record is unreadable."""
    subject, shield = case.subject, case.context.shield
    if subject.dead:
        return None
    if shield.untold and not case.terms.safeguards.unchecked:
        return Decision("kept_shielded", f"nobody knows whom exams shield: {shield.untold}")
    if shield.unreadable:
        record, reason = shield.unreadable[0]
        return Decision("kept_shielded", f"{record} cannot be read, so nobody knows whom it shields: {reason}")
    exams = shield.exams_of(subject.app_definition, subject.user, at or case.context.now)
    holding = [exam for exam in exams if exam not in case.let_out]
    return Decision("kept_shielded", _WORDS[subject.kind].format(holding[0])) if holding else None


def unlisted(reason: str) -> Shield:
    """The records could not be listed at all."""
    return Shield((), (Unreadable("the exam records", reason),))


def _union(before: ShieldedExam, after: ShieldedExam) -> ShieldedExam:
    if after.closed:
        return after
    return after._replace(
        shield_from=min(before.shield_from, after.shield_from),
        shield_until=max(before.shield_until, after.shield_until),
        app_definitions=before.app_definitions | after.app_definitions,
        users=before.users | after.users if before.users and after.users else frozenset(),
    )
