# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions or workspaces a task is about: by records of theirs, or by a selection (names are one)."""

from __future__ import annotations

import typing as t

from .._common.errors import Misconfigured
from .._common.sentences import nearest
from .decision import Decision, Item

if t.TYPE_CHECKING:
    from .guard import Seen


class Selects(t.Protocol):
    """Filters that have to agree; one that is empty states nothing."""

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def uids(self) -> frozenset[str]: ...

    @property
    def states_anything(self) -> bool: ...


class Record(t.Protocol):
    """What the caller hands over of one that was listed before."""

    @property
    def name(self) -> str: ...

    @property
    def uid(self) -> str: ...

    def joined(self, other: t.Any) -> t.Any:
        """The same, listed a second time."""


class Assessed(t.Protocol):
    @property
    def row(self) -> Seen: ...


Ref = t.TypeVar("Ref", bound=Record)
Sel = t.TypeVar("Sel", bound=Selects)
A = t.TypeVar("A", bound=Assessed)

# More pairs of names than these are not compared: that takes seconds, and who names many has not typed them.
MOST_COMPARED = 1000


class Request(t.NamedTuple, t.Generic[Ref, Sel]):
    selection: Sel
    records: tuple[Ref, ...] | None = None
    sort_by: str | None = None
    limit: int | None = None

    @property
    def one_by_one(self) -> bool:
        """Whether the caller stated each of them, rather than a rule that finds them."""
        return self.records is not None or is_by_name(self.selection)


class Criteria(t.NamedTuple, t.Generic[Ref, Sel]):
    """Why one is meant: what has to be true of it, still, when it is ended."""

    selection: Sel | None
    record: Ref | None
    alone: bool
    """Whether the task states this one and no other."""


def is_by_name(selection: Selects) -> bool:
    return bool(selection.names or selection.uids)


def is_asked_for(criteria: Criteria[t.Any, t.Any]) -> bool:
    """Whether a person asked for this one, by name, user or app definition, and not for whatever a rule finds."""
    selection: t.Any = criteria.selection
    nobody: frozenset[str] = frozenset()
    if selection is None:
        return False
    rules = selection._replace(names=nobody, uids=nobody, users=nobody, app_definitions=nobody)
    return selection.states_anything and not rules.states_anything


def is_names_only(request: Request[t.Any, t.Any]) -> bool:
    """Whether it rests on nothing but names, and maybe their users: the REST service alone knows no more."""
    selection = request.selection
    stated = selection._replace(names=frozenset(), users=frozenset()).states_anything
    return bool(selection.names) and not (stated or request.records is not None or request.sort_by)


def check_request(request: Request[t.Any, t.Any], thing: str, nothing: str) -> None:
    """Refuse a request for nothing in particular, before anything is read; ``nothing`` says what it would end."""
    if request.records is None and not request.selection.states_anything:
        raise Misconfigured(
            f"no {thing} is selected: give records, names, uids or filters; an empty selection {nothing}"
        )


def find_targets(
    there: t.Sequence[A],
    request: Request[Ref, Sel],
    select: t.Callable[..., list[A]],
    *,
    thing: str,
    others: t.Collection[str] = (),
) -> list[Item[A, Criteria[Ref, Sel], t.Any]]:
    """Those asked for, in order, then those that do not exist; ``select`` finds those of a selection.

    The others are names of which nothing more was read: one of them may be what a mistyped name was meant to be.
    """
    if request.records is not None:
        return _listed(there, request.records, thing)
    wanted = request.selection
    chosen = select(there, wanted, sort_by=request.sort_by, limit=request.limit)
    criteria: Criteria[Ref, Sel] = Criteria(wanted, None, alone=is_by_name(wanted) and len(chosen) == 1)
    known = {word for assessed in there for word in (assessed.row.name, assessed.row.uid)}
    absent = sorted((wanted.names | wanted.uids) - known)
    names = [*others, *(assessed.row.name for assessed in there)]
    names = names if len(names) * len(absent) <= MOST_COMPARED else []
    return [
        *(_present(assessed, criteria) for assessed in chosen),
        *(
            _missing(name, name if name in wanted.uids else None, criteria, f"{thing}{nearest(name, names)}")
            for name in absent
        ),
    ]


def _listed(there: t.Sequence[A], records: t.Iterable[Ref], thing: str) -> list[Item[A, Criteria[Ref, Sel], t.Any]]:
    by_uid = {assessed.row.uid: assessed for assessed in there}
    joined: dict[str, Ref] = {}
    for record in records:
        before = joined.get(record.uid)
        joined[record.uid] = before.joined(record) if before else record
    items = []
    for record in joined.values():
        criteria: Criteria[Ref, Sel] = Criteria(None, record, alone=len(joined) == 1)
        assessed = by_uid.get(record.uid)
        items.append(_present(assessed, criteria) if assessed else _missing(record.name, record.uid, criteria, thing))
    return items


def _present(assessed: A, criteria: Criteria[Ref, Sel]) -> Item[A, Criteria[Ref, Sel], t.Any]:
    return Item(assessed.row.name, assessed.row.uid, assessed, criteria, Decision("failed", "nobody decided about it"))


def _missing(
    name: str, uid: str | None, criteria: Criteria[Ref, Sel], thing: str
) -> Item[A, Criteria[Ref, Sel], t.Any]:
    return Item(name, uid, None, criteria, Decision("gone", f"there is no such {thing}"))
