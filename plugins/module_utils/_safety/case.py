# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the laws look at: one session or workspace as it is now, and what the caller accepts."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .limits import Caps
from .protection import Protection

if t.TYPE_CHECKING:
    from .shield import Shield


class Subject(t.NamedTuple):
    """What the laws look at, whatever it is that may be ended."""

    kind: t.Literal["session", "workspace"]
    name: str
    app_definition: str
    user: str
    protected: str | None = None
    """Why an annotation protects it."""
    deleting: bool = False
    held: str | None = None
    """Why it is still there although it was deleted."""
    dead: bool = False
    """Whether nobody can be at work in it."""


class Safeguards(t.NamedTuple):
    """What the caller accepts, whatever it is that may be ended."""

    caps: Caps
    protection: Protection = Protection()
    only_user: str | None = None
    """The user in whose name things are ended, if that can be nobody else's."""
    unchecked: bool = False
    """Whether the caller states that what rests on the cluster need not be known: there is only the REST service."""


class Terms(t.Protocol):
    """What the caller accepts of one noun."""

    @property
    def safeguards(self) -> Safeguards: ...


class Moment(t.Protocol):
    """What is the same for all cases of a moment."""

    @property
    def shield(self) -> Shield: ...

    @property
    def now(self) -> datetime: ...

    @property
    def machine_now(self) -> datetime | None:
        """This machine's time if it is too far from the API server's."""


class Case(t.Protocol):
    """One session or workspace as it is now, with all that decides about it."""

    @property
    def subject(self) -> Subject: ...

    @property
    def terms(self) -> Terms: ...

    @property
    def context(self) -> Moment: ...

    @property
    def due_by_both_clocks(self) -> bool:
        """Whether it is meant as well if this machine's clock is the right one."""

    @property
    def let_out(self) -> t.Collection[str | None]:
        """The exams whose shield it is let out of."""
