# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a task must not touch, whatever it selects: what the caller adds to the annotations."""

from __future__ import annotations

import typing as t
import unicodedata

from .decision import Decision

if t.TYPE_CHECKING:
    from .case import Case

_NONE: frozenset[str] = frozenset()


class Protection(t.NamedTuple):
    """Users are protected whatever the case of their name."""

    names: frozenset[str] = _NONE
    app_definitions: frozenset[str] = _NONE
    users: frozenset[str] = _NONE

    def of(self, thing: str, name: str, app_definition: str, user: str) -> str | None:
        """Why a session or a workspace is protected, if it is."""
        if name in self.names:
            return f"the {thing} is protected by this task"
        if app_definition in self.app_definitions:
            return f"the app definition {app_definition} is protected by this task"
        if person(user) in map(person, self.users):
            return "its user is protected by this task"
        return None


def protected(case: Case) -> Decision | None:
    """By an annotation, which has its reason as its value, or by the caller."""
    subject = case.subject
    if subject.protected:
        return Decision("kept_protected", f"protected: {subject.protected}")
    why = case.terms.safeguards.protection.of(subject.kind, subject.name, subject.app_definition, subject.user)
    return Decision("kept_protected", why) if why else None


def person(user: str) -> str:
    """The same for all ways to write one name: nobody loses a shield to a space in a list that people typed."""
    return unicodedata.normalize("NFC", user.strip()).casefold()


def protection_argument_spec(things: str) -> dict[str, dict[str, t.Any]]:
    """The option ``protect``; ``things`` are what the module calls those that a name stands for."""
    names = (things, "app_definitions", "users")
    return {
        "protect": {
            "type": "dict",
            "default": {},
            "options": {name: {"type": "list", "elements": "str"} for name in names},
        }
    }


def read_protection(params: t.Mapping[str, t.Any], things: str) -> Protection:
    stated = params["protect"]
    return Protection(*(frozenset(stated.get(name) or ()) for name in (things, "app_definitions", "users")))
