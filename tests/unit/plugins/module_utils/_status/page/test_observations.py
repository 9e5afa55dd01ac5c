# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs saw is put together, and a page draws nothing else."""

from __future__ import annotations

import json

from ansible_collections.eduide.theia.plugins.module_utils._status.page.observations import (
    nothing,
    run_of,
    with_look,
    with_run,
)
from ansible_collections.eduide.theia.plugins.module_utils._status.page.promise import logins_of
from ansible_collections.eduide.theia.plugins.module_utils._status.page.report import by_minute
from unit import page_world as world


def test_the_first_time_counts_by_which_a_session_had_its_url():
    seen = with_look(nothing(), world.found(1, world.app(), logins=[world.login(1, 0, seconds=None)]))
    seen = with_look(seen, world.found(2, world.app(), logins=[world.login(1, 0, seconds=60)]))
    seen = with_look(seen, world.found(9, world.app(), logins=[world.login(1, 0, seconds=500)]))
    assert seen["sessions"]["uid-1"]["url_by"] == world.at(1)
    gone = with_look(seen, world.found(20, world.app()))
    assert gone["sessions"] == seen["sessions"]


def test_looks_of_the_wait_stand_between_the_others():
    result = world.warmed()
    run = run_of("pre_exam", result, at=world.at(-28), exam=world.EXAM, check=False)
    seen = with_run(with_look(nothing(), world.found(-28, world.app())), run, result)
    assert [look["at"] for look in seen["looks"]][:2] == [world.at(-30), world.at(-30 + 10 / 60)]
    assert seen["looks"][1]["pools"] == {world.JAVA: {"warm": 60, "claimed": 0, "cold": 363}}
    assert (run["patched_by"], run["warm_seconds"]) == (world.at(-30), 61.4)
    assert run["bounds"] == {world.JAVA: [3, 423]}


def test_only_looks_at_all_app_definitions_of_the_exam_are_summed():
    two = [{"name": world.JAVA, "warm": 1}, {"name": "c-latest", "warm": 1}]
    found = world.found(9, world.app(), world.app(name="c-latest", warm=4), exams=[world.exam(app_definitions=two)])
    result = world.warmed()
    seen = with_run(
        with_look(nothing(), found), run_of("pre_exam", result, at=world.at(9), exam=None, check=False), result
    )
    report = world.report_of(world.Subject("h", (), "status", world.EXAM, False), found, seen, lines=(), sessions=())
    assert report["pools"] == [{"at": world.at(9), "warm": 7, "claimed": 0, "cold": 0}]


def test_a_minute_without_a_login_is_shown_as_one():
    logins = logins_of(world.exam(), [world.login(1, 0, seconds=2), world.login(2, 0.5, seconds=8), world.login(3, 2)])
    assert [(m["at"], m["logins"], m["slowest_seconds"]) for m in by_minute(logins)] == [
        (world.at(0), 2, 8),
        (world.at(1), 0, None),
        (world.at(2), 1, 4),
    ]


def test_what_is_kept_names_nobody():
    found = world.found(1, world.app(), logins=[world.login(1, 0)], sessions=[world.TROUBLED])
    assert world.TROUBLED["user"] not in json.dumps(with_look(nothing(), found))
