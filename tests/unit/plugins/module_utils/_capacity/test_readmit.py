# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 3: a change empties the address lists of instances that sessions hold, and nobody stays locked out."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.lockout import seats
from ansible_collections.eduide.theia.plugins.module_utils._capacity.readmit import watch_lists
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden, Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from unit.pool_world import NAME, PoolWorld


def claimed(**options):
    world = PoolWorld(3, **options)
    for number, user in ((1, "ada@tum.de"), (2, "ben@tum.de")):
        world.claim(number, user)
    world.sleep(60)
    world.time = 0.0
    return world


def changed(world):
    """Change the spec; returns who would be locked out."""
    locked = seats(world.look(), rebuilt_by="change")
    world.change(maxInstances=7)
    return locked


def watch(world, locked, timeout_seconds=60):
    generations = {NAME: world.generation()}
    return watch_lists(world.gateway, locked, generations, timeout_seconds=timeout_seconds, **world.timing)


def test_each_list_gets_the_user_of_its_session_back():
    world = claimed()
    gaps = watch(world, changed(world))
    assert [(gap.seat.instance_id, gap.seat.user, gap.outcome, gap.filled_by, gap.note) for gap in gaps] == [
        (1, "ada@tum.de", "restored", "eduide.theia", ""),
        (2, "ben@tum.de", "restored", "eduide.theia", ""),
    ]
    assert [world.address(number) for number in (1, 2, 3)] == ["ada@tum.de", "ben@tum.de", ""]
    assert all(2 <= gap.gap_seconds <= 3 for gap in gaps)
    pods = [write for write in world.gateway.writes if write[1] == "pods"]
    assert [set(write[3]["metadata"]["annotations"]) for write in pods] == [{"theia-cloud.io/eager-start-refresh"}] * 2


def test_an_operator_that_does_it_itself_is_left_to_it():
    world = claimed(restores=True)
    gaps = watch(world, changed(world))
    assert [(gap.filled_by, gap.gap_seconds) for gap in gaps] == [(None, 0.0)] * 2
    assert world.gateway.writes == []


def test_for_a_session_that_ends_meanwhile_nothing_is_written():
    world = claimed()
    locked = changed(world)
    world.end(1)
    world.gateway.change(kinds.SESSION, "session-2", {"metadata": {"deletionTimestamp": "2027-02-11T08:31:00Z"}})
    gaps = watch(world, locked)
    assert [(gap.filled_by, gap.note) for gap in gaps] == [
        (None, "its session ended meanwhile, so nothing was written")
    ] * 2
    assert world.gateway.writes == []


def test_another_session_of_the_same_name_is_not_let_in():
    world = claimed()
    locked = changed(world)
    world.end(1)
    spec = {"name": "session-1", "user": "eve@tum.de", "appDefinition": "java"}
    world.gateway.put(kinds.SESSION, {"metadata": {"name": "session-1"}, "spec": spec})
    assert watch(world, locked)[0].filled_by is None
    assert not world.address(1)


def test_nothing_is_written_before_the_list_is_rebuilt():
    """It would be lost with the list."""
    world = claimed()
    world.works = False
    gaps = watch(world, changed(world))
    assert [(gap.gap_seconds, gap.note) for gap in gaps] == [
        (0.0, "the operator has not rebuilt its address list yet")
    ] * 2
    assert world.gateway.writes == []


def test_a_list_that_is_gone_and_not_made_anew_is_told():
    world = claimed()
    locked = changed(world)
    world.works = False
    world.lose(1, "email")
    [gap, _other] = watch(world, locked)
    assert (gap.gap_seconds, gap.note) == (None, "the operator has not made its address list anew yet")
    assert world.gateway.writes == []


def test_a_list_that_somebody_else_writes_at_that_moment_is_looked_at_again():
    world = claimed()
    locked = changed(world)

    def clear(verb, kind, name):
        if (verb, kind, name) == ("patch", kinds.CONFIG_MAP, world.name(1, "email")):
            world.gateway.interceptors.clear()
            world._write(1, "email", {"data": {"authenticated-emails-list": ""}})

    world.gateway.interceptors.append(clear)
    assert [gap.filled_by for gap in watch(world, locked)] == ["eduide.theia"] * 2


def test_a_touch_rebuilds_only_lists_of_an_earlier_generation():
    world = claimed()
    assert seats(world.look(), rebuilt_by="touch") == []
    world.works = False
    world.change(maxInstances=7)
    assert [seat.instance_id for seat in seats(world.look(), rebuilt_by="touch")] == [1, 2]


@pytest.mark.parametrize("trouble", [Unreachable("the connection broke"), Forbidden("not allowed to patch pods")])
def test_pods_that_cannot_be_told_do_not_take_the_address_back(trouble):
    world = claimed()
    locked = changed(world)

    def fail(_verb, kind, _name):
        if kind == kinds.POD:
            raise trouble

    world.gateway.interceptors.append(fail)
    [gap, _other] = watch(world, locked)
    assert (gap.filled_by, world.address(1)) == ("eduide.theia", "ada@tum.de")
    assert gap.note.startswith("its pod may take a minute to notice, because it could not be annotated")


def test_looks_that_fail_are_no_end():
    world = claimed()
    locked = changed(world)
    failures = iter([True, True, False, True])

    def fail(verb, kind, _name):
        if (verb, kind) == ("list", kinds.CONFIG_MAP) and next(failures, False):
            raise Unreachable("the connection broke")

    world.gateway.interceptors.append(fail)
    assert [gap.filled_by for gap in watch(world, locked)] == ["eduide.theia"] * 2
