# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ones a task is about, and what it is told of those that do not exist."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._safety.targets import Request, check_request, find_targets


class Row(t.NamedTuple):
    name: str
    uid: str
    resource_version: str = "1"


class There(t.NamedTuple):
    row: Row


class Selection(t.NamedTuple):
    names: frozenset[str] = frozenset()
    uids: frozenset[str] = frozenset()
    any: bool = False

    @property
    def states_anything(self):
        return self != Selection()


class Ref(t.NamedTuple):
    name: str
    uid: str
    notes: tuple[str, ...] = ()

    def joined(self, other):
        return self._replace(notes=self.notes + other.notes)


THERE = [There(Row("a", "1")), There(Row("b", "2"))]


def select(there, wanted, *, sort_by, limit):
    found = [one for one in there if wanted.any or one.row.name in wanted.names or one.row.uid in wanted.uids]
    return (list(reversed(found)) if sort_by else found)[:limit]


def found(request):
    items = find_targets(THERE, request, select, thing="session")
    return [(item.name, item.uid, item.assessed is not None) for item in items], items


def names(*given, uids=()):
    return Request(Selection(frozenset(given), frozenset(uids)))


@pytest.mark.parametrize(
    ("request_", "targets"),
    [
        (names("a"), [("a", "1", True)]),
        (names("a", "z"), [("a", "1", True), ("z", None, False)]),
        (names(uids=("2", "9")), [("b", "2", True), ("9", "9", False)]),
        (Request(Selection(any=True), sort_by="created", limit=1), [("b", "2", True)]),
        (Request(Selection(), (Ref("b", "2"), Ref("a", "7"))), [("b", "2", True), ("a", "7", False)]),
        (Request(Selection(), ()), []),
    ],
)
def test_those_asked_for_come_in_order_and_those_that_are_gone_at_the_end(request_, targets):
    assert found(request_)[0] == targets


def test_what_is_gone_says_so():
    (item,) = found(names("z"))[1]
    assert item.decision[:2] == ("gone", "there is no such session")


@pytest.mark.parametrize(
    ("request_", "alone"),
    [
        (names("a"), [True]),
        (names("a", "b"), [False, False]),
        (Request(Selection(any=True), limit=1), [False]),
        (Request(Selection(), (Ref("a", "1"),)), [True]),
        (Request(Selection(), (Ref("a", "1"), Ref("b", "2"))), [False, False]),
        (Request(Selection(), (Ref("a", "1"), Ref("a", "1"))), [True]),
    ],
)
def test_it_is_known_whether_the_task_states_this_one_and_no_other(request_, alone):
    assert [item.criteria.alone for item in found(request_)[1]] == alone


def test_one_that_is_listed_twice_is_one_with_all_that_was_said_of_it():
    (item,) = found(Request(Selection(), (Ref("a", "1", ("x",)), Ref("a", "1", ("y",)))))[1]
    assert item.criteria.record.notes == ("x", "y")


def test_a_request_for_nothing_in_particular_is_refused():
    with pytest.raises(Misconfigured, match=r"no session is selected: .* an empty selection stops nobody"):
        check_request(Request(Selection()), "session", "stops nobody")
    for request in (names("a"), Request(Selection(), ())):
        check_request(request, "session", "stops nobody")
