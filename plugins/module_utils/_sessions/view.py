# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sessions look at of a snapshot."""

from __future__ import annotations

import typing as t

from .._exams.view import shield_of
from .._platform.index import Index
from .._platform.lists import describe_missing
from .._platform.unknown import no_app_definition
from .._safety.clocks import describe_doubt, doubted
from .facts import Thresholds
from .findings import Source
from .record import Context

if t.TYPE_CHECKING:
    from .._common.errors import EduideError
    from .._platform.lists import Lists, Snapshot
    from .._platform.snapshot import Part

Gathered = t.Literal["objects", "usage", "workspaces", "addresses", "exams"]
GATHERED: tuple[Gathered, ...] = t.get_args(Gathered)
OBJECTS: tuple[Part, ...] = ("deployments", "replica_sets", "services", "pods")
REQUIRED: tuple[Part, ...] = ("sessions",)
_ALWAYS: tuple[Part, ...] = ("sessions", "app_definitions", "operator")
_LISTS: t.Mapping[str, tuple[Part, ...]] = {
    "sessions": ("sessions",),
    "app_definitions": ("app_definitions",),
    "workspaces": ("workspaces",),
    "objects": OBJECTS,
    "usage": ("usage",),
    "addresses": ("address_lists",),
    "exams": ("exams",),
}
READABLE = frozenset(_LISTS)
_USUAL = Thresholds()


class Known(t.NamedTuple):
    """Lists arranged so that any session, also one that is read later, is found with what belongs to it."""

    sources: Lists
    by_session: Index
    listed: frozenset[str]
    """The uids of the sessions in it."""

    @classmethod
    def of(cls, sources: Lists) -> Known:
        return cls(sources, Index(sources), frozenset(row.uid for row in sources.sessions))


class SessionView(t.NamedTuple):
    """A snapshot as decisions about sessions look at it."""

    snapshot: Snapshot
    context: Context
    missing: dict[str, str]

    @property
    def sources(self) -> Lists:
        return self.snapshot.lists

    @property
    def unread(self) -> str | None:
        """The warning that parts of it could not be read."""
        return describe_missing(self.missing)

    @property
    def doubt(self) -> str | None:
        """The warning that nobody knows what time it is."""
        return describe_doubt(self.context.now, self.context.machine_now)

    def unknown(self, app_definitions: t.Iterable[str], left: t.Iterable[str] = ()) -> EduideError | None:
        """The error for a mistyped name, which would mean nobody. One that is gone is known by what is left of it."""
        lists = self.snapshot.lists
        if lists.app_definitions is None:
            return None
        known = {app.name for app in lists.app_definitions}
        known.update(session.app_definition for session in lists.sessions)
        known.update(workspace.app_definition for workspace in lists.workspaces or ())
        known.update(left, *(exam.app_definitions for exam in self.context.shield.exams))
        strange = sorted(set(app_definitions) - known)
        return no_app_definition(strange[0], known, self.snapshot.namespace) if strange else None

    def unprotected(self, app_definitions: t.Iterable[str]) -> str | None:
        """The warning that a mistyped name protects nobody."""
        strange = self.unknown(app_definitions)
        return f"protect: {strange}, so that this name protects nothing" if strange else None

    def of(self, snapshot: Snapshot) -> SessionView:
        """The same view of another snapshot."""
        return view_sessions(snapshot, self.context.thresholds)


def view_sessions(snapshot: Snapshot, thresholds: Thresholds = _USUAL) -> SessionView:
    shield = shield_of(snapshot)
    missing = dict(snapshot.missing)
    if shield.unreadable and "exams" not in missing:
        missing["exams"] = "; ".join(f"{record}: {reason}" for record, reason in shield.unreadable)
    context = Context(
        now=snapshot.now,
        machine_now=doubted(snapshot.now, snapshot.skew),
        namespace=snapshot.namespace,
        operator=snapshot.operator,
        leading=snapshot.leading,
        led_seconds=snapshot.led_seconds,
        shield=shield,
        thresholds=thresholds,
    )
    return SessionView(snapshot, context, missing)


def parts_of(gathered: t.Collection[str]) -> frozenset[Part]:
    """What has to be read for what is to be gathered."""
    asked = {part for word in gathered for part in _LISTS.get(word, ())}
    return frozenset(asked.union(_ALWAYS))


def lists_of(sources: t.Iterable[Source]) -> list[Part]:
    """The lists that these findings rest on."""
    return [part for source in sources for part in _LISTS.get(source, ())]
