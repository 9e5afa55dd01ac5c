# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list that is read once and then followed; it says the same as a list that is read anew each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.following import FollowedList, PlaceForgotten


class Server:
    """A list and the events of it; ``memory`` is how many of them it still knows."""

    def __init__(self, memory=1000):
        self.objects = {}
        self.events = []
        self.version = 1
        self.memory = memory
        self.reads = self.watches = 0

    def write(self, name, value):
        self.version += 1
        before = self.objects.get(name)
        obj = {"metadata": {"name": name, "resourceVersion": str(self.version)}, "value": value}
        if value is None:
            if before is None:
                return
            del self.objects[name]
            obj["value"] = before["value"]
        else:
            self.objects[name] = obj
        kind = "DELETED" if value is None else "MODIFIED" if before else "ADDED"
        self.events.append((self.version, {"type": kind, "object": obj}))

    def read(self, project):
        self.reads += 1
        return [project(obj) for _name, obj in sorted(self.objects.items())], str(self.version)

    def changes(self, query):
        self.watches += 1
        since = int(query["resourceVersion"])
        assert query["watch"] == "1"
        later = [event for version, event in self.events if version > since]
        if len(later) > self.memory:
            raise PlaceForgotten
        return later

    def followed(self):
        def changes(query):
            """What it is told to say by then."""
            return self.changes(query)

        return FollowedList(self.read, changes, lambda obj: obj["value"] or None)

    def values(self):
        return [obj["value"] for _name, obj in sorted(self.objects.items()) if obj["value"]]


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, 0, 1, 2])), max_size=6), max_size=6),
    st.integers(0, 6),
)
def test_each_look_says_what_is_there(rounds, memory):
    server = Server(memory)
    followed = server.followed()
    for changes in [[], *rounds]:
        for change in changes:
            server.write(*change)
        assert followed.look() == server.values()


def test_the_list_is_read_once():
    server = Server()
    followed = server.followed()
    for number in range(5):
        server.write("a", number + 1)
        assert followed.look() == [number + 1]
    assert (server.reads, server.watches) == (1, 4)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "ERROR", "object": {"kind": "Status", "code": 410, "metadata": {}}},
        {"type": "MODIFIED", "object": {}},
        {"type": "MODIFIED"},
    ],
)
def test_what_cannot_be_followed_is_read_anew(event):
    server = Server()
    followed = server.followed()
    followed.look()
    server.write("a", 1)
    server.changes = lambda _query: [event]
    assert followed.look() == [1]
    assert server.reads == 2


def test_a_bookmark_moves_on_and_changes_nothing():
    server = Server()
    server.write("a", 1)
    followed = server.followed()
    followed.look()
    seen = []

    def changes(query):
        seen.append(query["resourceVersion"])
        return [{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "900"}}}]

    server.changes = changes
    assert [followed.look(), followed.look()] == [[1], [1]]
    assert seen == ["2", "900"]


def test_who_may_not_watch_lists():
    server = Server()
    followed = server.followed()
    followed.look()

    def changes(_query):
        server.watches += 1
        raise Forbidden("not allowed to watch services")

    server.changes = changes
    for number in range(3):
        server.write("a", number + 1)
        assert followed.look() == [number + 1]
    assert (server.reads, server.watches) == (4, 1)
