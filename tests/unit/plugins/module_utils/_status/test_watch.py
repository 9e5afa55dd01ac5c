# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching goes on until nobody is left or the time is over, and asks no more than it has to."""

from __future__ import annotations

import json

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.progress import ProgressFile
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import SESSION
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import session_row
from ansible_collections.eduide.theia.plugins.module_utils._status.course import url_by
from ansible_collections.eduide.theia.plugins.module_utils._status.watch import WatchJob, watch
from unit.session_world import World


class Clock:
    """Time that passes when somebody sleeps; at each look one more session has ended."""

    def __init__(self, gateway, ending):
        self.seconds, self._gateway, self._ending = 0.0, gateway, list(ending)

    def __call__(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds
        if self._ending:
            self._gateway.delete(SESSION, self._ending.pop())


@pytest.fixture
def see(tmp_path):
    def see(ending, minutes=5):
        world = World()
        world.app_definition()
        for name in ("s1", "s2", "s3"):
            world.running(name)
        gateway = world.gateway()
        clock, path = Clock(gateway, ending), tmp_path / "progress"
        found = watch(
            gateway,
            Installation("operator", "lease"),
            WatchJob(minutes, None, ProgressFile(str(path))),
            clock=clock,
            sleep=clock.sleep,
        )
        return found, [json.loads(line) for line in path.read_text().splitlines()], clock.seconds

    return see


def test_it_ends_when_nobody_is_left(see):
    found, progress, seconds = see(["s1", "s2", "s3"])
    assert (found["ended"], found["came"], found["left"], seconds) == (3, 0, 0, 45.0)
    assert [line["sessions"] for line in progress] == [3, 2, 1, 0]
    assert [sum(look["sessions"].values()) for look in found["looks"]] == [3, 2, 1, 0]


def test_it_ends_when_the_time_is_over_and_looks_once_more_then(see):
    found, progress, seconds = see(["s1"])
    assert (found["ended"], found["left"], seconds) == (1, 2, 300.0)
    assert len(progress) == len(found["looks"]) == 21


@pytest.mark.parametrize(
    ("written", "last_activity", "told"),
    [
        ("2027-02-11T08:00:04Z", 0, "2027-02-11T08:00:04Z"),
        # The start itself is an activity.
        ("2027-02-11T08:00:04Z", 3, "2027-02-11T08:00:04Z"),
        # Written again for an activity long after: nobody knows when the URL came.
        ("2027-02-11T08:30:00Z", 1800, None),
        # Written after the last activity, so not because of it.
        ("2027-02-11T08:30:00Z", 600, "2027-02-11T08:30:00Z"),
        (None, 0, None),
    ],
)
def test_a_time_of_an_activity_is_none_of_the_url(written, last_activity, told):
    created = 1802332800
    activity = (created + last_activity) * 1000 if last_activity else 0
    row = session_row(World().session("s1", url="host/", lastActivity=activity))
    assert url_by(row._replace(created="2027-02-11T08:00:00Z", status_written=written)) == told
    assert url_by(row._replace(created="2027-02-11T08:00:00Z", status_written=written, url=None)) is None
