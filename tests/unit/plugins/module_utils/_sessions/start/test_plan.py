# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether one session may be started, and what it is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._platform.lists import Snapshot
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CANARY
from ansible_collections.eduide.theia.plugins.module_utils._sessions.start.plan import (
    StartRequest,
    plan_start,
    session_name,
)
from lab.service.names import ephemeral_session_name
from unit.session_world import NOW, OPERATOR, World

APP = "java-17-latest"
ADA = "ada@tum.de"
ADAS = "ws-java-17-latest-ada-tum-de-session"


@given(app=st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?\Z"), user=st.text(min_size=1, max_size=80))
def test_the_name_is_the_one_that_the_platform_gives(app, user):
    assert session_name(app, user) == ephemeral_session_name(user, app)


def plan(world, user=ADA, app=APP, canary=None, per_user=10):
    snapshot = Snapshot(world.sources(), {}, NOW, "theia-prod", operator=OPERATOR._replace(sessions_per_user=per_user))
    return plan_start(StartRequest(user, app, canary), snapshot)


@pytest.fixture
def world():
    made = World()
    made.app_definition(maxInstances=3)
    return made


def test_one_that_is_there_is_no_second_one_and_counts_against_no_limit(world):
    assert plan(world).found is None
    for number in range(2):
        world.running(f"other-{number}")
    world.running(ADAS, user=ADA)
    assert plan(world, per_user=1).found.name == plan(world).name == ADAS


FAILED = {"operatorStatus": "ERROR"}


@pytest.mark.parametrize(
    ("statuses", "refused"),
    [
        pytest.param([{}, {}], False, id="one-is-free"),
        pytest.param([{}, {}, {}], True, id="full"),
        pytest.param([{}, {}, FAILED], True, id="given-up-by-the-operator-and-without-an-error-for-the-service"),
        pytest.param([{}, {}, {**FAILED, "error": "552: full"}], False, id="failed-for-both"),
        pytest.param([{}, {}, {"error": "551: late"}], True, id="an-error-that-the-operator-does-not-know"),
    ],
)
def test_max_instances_counts_as_service_or_operator_whoever_counts_more(world, statuses, refused):
    world.app_definition("c-latest")
    world.running("elsewhere", app="c-latest")
    for number, status in enumerate(statuses):
        world.session(f"s{number}", user=f"user-{number}", **status)
    if refused:
        with pytest.raises(EduideError, match="max_instances is 3, and it has 3 sessions"):
            plan(world)
    else:
        assert plan(world).found is None


@pytest.mark.parametrize(("limit", "words"), [(2, "has 2, failed ones included"), (0, "may have 0 sessions")])
def test_the_limit_of_a_user_counts_failed_sessions(world, limit, words):
    world.app_definition("c-latest")
    world.session("failed", user=ADA, app="c-latest", **FAILED)
    world.running("works", user=ADA, app="c-latest")
    world.running("of-another", user="Ada@tum.de", app="c-latest")
    assert plan(world, per_user=3).found is None
    assert plan(world, per_user=None).found is None
    with pytest.raises(EduideError, match=words):
        plan(world, per_user=limit)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param({"app": "java-17-lates"}, "java-17-latest is the nearest name", id="app-definition"),
        pytest.param({"user": "-x@tum.de"}, "'_x_at_tum_de'", id="label-that-begins-with-no-letter"),
        pytest.param({"user": f"{'x' * 62}@tum.de"}, "begins or ends with no letter", id="label-cut-after-no-letter"),
        pytest.param({"user": "ada.tum@de"}, f"belongs to the session of {ADA!r}", id="name-of-another-user"),
        pytest.param({"canary": "pgdp-final"}, "it is no canary of the exam pgdp-final", id="no-canary"),
        pytest.param({"app": "c-latest"}, "it is being deleted", id="going"),
    ],
)
def test_what_speaks_against_it(world, asked, words):
    world.app_definition("c-latest")
    world.running(ADAS, user=ADA, annotations={CANARY: "another-exam"})
    going = world.running("ws-c-latest-ada-tum-de-session", user=ADA, app="c-latest")
    going["metadata"]["deletionTimestamp"] = "2027-02-11T09:00:00Z"
    with pytest.raises(EduideError, match=words):
        plan(world, **asked)


def test_a_canary_of_this_exam_is_found_again(world):
    world.running(ADAS, user=ADA, annotations={CANARY: "pgdp-final"})
    assert plan(world, canary="pgdp-final").found.canary == "pgdp-final"
