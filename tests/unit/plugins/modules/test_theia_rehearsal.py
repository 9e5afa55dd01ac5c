# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where C(theia_rehearsal) is refused, and what it makes of answers; the wave itself is a matter for the lab."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import LimitReached, ServerFailed
from integration.module_run import module
from unit.session_world import World, exam_record

OPTIONS = {
    "namespace": "theia-prod",
    "service_url": "http://service",
    "app_id": "app",
    "allow_rehearsal": True,
    "app_definition": "java-17-latest",
    "over_seconds": 0,
}


class Students:
    """A service that knows what each student gets."""

    def __init__(self, answers):
        self.answers, self.came = answers, []

    def start_session(self, user, app_definition, minutes):
        self.came.append((user, app_definition, minutes))
        if user in self.answers:
            raise self.answers[user]


@pytest.fixture
def world():
    made = World()
    made.app_definition()
    return made


@pytest.fixture
def run(cluster, through):
    def run(world, answers=None, *, check=False, records=(), **options):
        cluster(world.gateway(records=records))
        service = through(Students(answers or {}))
        return module("theia_rehearsal", {**OPTIONS, **options}, check=check), service.came

    return run


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"users": 3, "allow_rehearsal": False}, "allow_rehearsal is not true"),
        ({"users": 0}, "users=0: a rehearsal has from 1 to 2000 of them"),
        ({"users": 3, "over_seconds": 10**6}, "over_seconds=1000000: it has to be between 0 and 7200"),
        ({"users": 3, "curve": [0]}, "curve: it needs numbers"),
        ({"users": 3, "app_definition": "java-18"}, "there is no app definition 'java-18' in namespace"),
        ({"users": 3, "service_url": ""}, "service_url is not set"),
        ({"users": 1, "user_tokens": ["no-token"]}, "user_tokens: each needs the e-mail address"),
    ],
)
def test_it_is_refused_before_anybody_comes(world, run, options, told):
    result, came = run(world, **options)
    assert told in result["msg"]
    assert "no-token" not in str(result)
    assert came == []


@pytest.mark.parametrize(
    ("record", "told"), [(exam_record(), "an exam is under way"), (exam_record(version="9"), "it is not known whether")]
)
def test_it_is_refused_while_a_shield_is_up_or_unknown(world, run, record, told):
    result, came = run(world, users=3, records=[record])
    assert (told in result["msg"], came) == (True, [])


def test_a_student_who_has_a_session_already_is_no_measure(world, run):
    world.running("old", user="r0002@rehearsal.invalid")
    result, came = run(world, users=3)
    assert "1 student, such as r0002@rehearsal.invalid, had a session before" in result["msg"]
    assert came == []


def test_in_check_mode_nobody_comes(world, run):
    result, came = run(world, users=2, check=True)
    assert (result["users"], result["figures"], came) == (
        ["r0001@rehearsal.invalid", "r0002@rehearsal.invalid"],
        None,
        [],
    )


def test_each_student_comes_once_and_a_cut_answer_is_no_failure_if_there_is_a_url(world, run):
    world.running("ws-java-17-latest-r0003-rehearsal-invalid-session", user="somebody-else")
    cut = ServerFailed("the gateway gave up", status=504, applied="unknown")
    answers = {"r0002@rehearsal.invalid": LimitReached("max_instances is 3"), "r0003@rehearsal.invalid": cut}
    result, came = run(world, answers, users=4, launch_timeout_seconds=90)
    assert sorted(came) == [(f"r000{number}@rehearsal.invalid", "java-17-latest", 2) for number in range(1, 5)]
    found = result["figures"]
    assert (found["succeeded"], found["failures"]) == (3, {"max_instances is 3": 1})
    assert result["sentences"][0] == "not kept: 3 of 4 students got a URL (75.0 %, wanted 95 %)"
