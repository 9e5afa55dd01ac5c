# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is wrong with what C(theia_capacity) is asked for is told before anything is changed."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._service.scaling import Scaling
from integration.module_run import module
from unit.session_world import ARGUMENTS, World

JAVA = "java-17-latest"
EXAM = {"hold": "bad-input-exam"}


@pytest.fixture
def world():
    made = World()
    made.app_definition(JAVA, maxInstances=1000)
    made.app_definition("python-latest", maxInstances=1000)
    return made


@pytest.fixture
def gateway(world):
    return world.gateway()


class Service:
    """What it says of every app definition; nobody asks it for more."""

    @property
    def admin(self):
        return self

    def scaling(self, name):
        return Scaling(name, 3, 1000)

    def scalings(self):
        return [self.scaling(JAVA)]


def desired(name, **values):
    return {"name": name, **values}


def run(name, options, *, check=False):
    reached = {"namespace": "theia-prod", "service_url": "https://service.invalid"}
    return module(name, {**reached, **options}, check=check)


@pytest.fixture
def refused(cluster, through):
    """Runs the module in check mode and for real, and returns the text that both have; nothing was sent."""

    def refused(gateway, *words, asked, **options):
        cluster(gateway)
        through(Service())
        asked = {"app_definitions": asked, **options}
        results = [run("theia_capacity", asked, check=check) for check in (True, False)]
        assert gateway.writes == []
        (text,) = {result["msg"] for result in results}
        assert all(result["failed"] for result in results)
        assert [word for word in words if word not in text] == [], text
        assert "Traceback" not in str(results)
        return text

    return refused


def test_an_unknown_app_definition(gateway, refused, cluster):
    asked = [desired("java-18-latest", min_instances=5)]
    refused(gateway, "'java-18-latest'", JAVA, "python-latest", asked=asked, **EXAM)
    cluster(gateway)
    info = run("theia_capacity_info", {"app_definitions": ["java-18-latest"]})
    assert "'java-18-latest'" in info["msg"]


def test_one_unknown_among_good_ones_keeps_all_as_they_are(gateway, refused):
    refused(
        gateway,
        "'java-18-latest'",
        asked=[desired(JAVA, min_instances=5), desired("java-18-latest", min_instances=5)],
    )


@pytest.mark.parametrize("api", ["kubernetes", "service"])
@pytest.mark.parametrize("asked", [{"warm": 5}, {"min_instances": 5}], ids=["warm", "min_instances"])
def test_a_lazy_operator_keeps_no_pool(world, refused, asked, api):
    lazy = world.gateway(arguments=[argument for argument in ARGUMENTS if argument != "--eagerStart"])
    refused(lazy, JAVA, "--eagerStart", asked=[desired(JAVA, **asked)], api=api, **EXAM)


def test_an_operator_that_is_not_where_it_should_be(gateway, refused, cluster):
    elsewhere = {"operator_deployment": "eduide-operator"}
    refused(gateway, "'eduide-operator'", "operator_deployment", asked=[desired(JAVA, min_instances=5)], **elsewhere)
    cluster(gateway)
    assert run("theia_capacity_info", {"app_definitions": [JAVA], **elsewhere})["operator"] is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param({"warm": 1200}, ["min_instances=1200", "max_instances=1000", "1200"], id="warm above max"),
        pytest.param({"min_instances": 1001}, ["min_instances=1001", "max_instances=1000"], id="min above max"),
        pytest.param({"min_instances": 5, "max_instances": 4}, ["min_instances=5", "max_instances=4"], id="swapped"),
        pytest.param({"min_instances": -1}, ["min_instances=-1", "negative"], id="negative min"),
        pytest.param({"max_instances": -1}, ["max_instances=-1", "unlimited"], id="unlimited"),
        pytest.param({"warm": -1}, ["warm=-1", "negative"], id="negative warm"),
        pytest.param({"timeout_minutes": -1}, ["timeout_minutes=-1", "negative"], id="negative time limit"),
        pytest.param({}, ["nothing is asked for", "min_instances"], id="nothing"),
        pytest.param({"warm": 3, "min_instances": 3}, ["mutually exclusive"], id="two ways of saying it"),
    ],
)
def test_values_that_cannot_be(gateway, refused, asked, words):
    refused(gateway, *words, asked=[desired(JAVA, **asked)])


def test_an_app_definition_named_twice(gateway, refused):
    refused(gateway, JAVA, "more than once", asked=[desired(JAVA, warm=3), desired(JAVA, warm=5)])


@pytest.mark.parametrize("name", ["PGDP Final", "pgdp_final", "-x", "x" * 51])
def test_a_name_that_cannot_be_an_exam(gateway, refused, name):
    refused(gateway, repr(name), asked=[desired(JAVA, warm=3)], hold=name)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        pytest.param("2020-02-11T11:00:00+01:00", "already over", id="past"),
        pytest.param("00:00", "already over", id="over today"),
        pytest.param("2099-02-11T11:00:00", "no offset", id="no offset"),
        pytest.param("after lunch", "after lunch", id="no time"),
    ],
)
def test_an_end_that_cannot_be(gateway, refused, until, said):
    refused(gateway, "hold_until", said, asked=[desired(JAVA, warm=3)], hold_until=until, **EXAM)


def test_an_unknown_time_zone(gateway, refused):
    told = {"hold_until": "23:59", "time_zone": "Europe/Garching"}
    refused(gateway, "'Europe/Garching'", asked=[desired(JAVA, warm=3)], **told, **EXAM)


def test_an_end_without_an_exam(gateway, refused):
    refused(gateway, "hold", asked=[desired(JAVA, warm=3)], hold_until="23:59")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"asked": [desired(JAVA, min_instances=2)]}, ["min_instances", "lowered"], id="lowering"),
        pytest.param({"asked": [desired(JAVA, max_instances=999)]}, ["max_instances", "lowered"], id="lowering max"),
        pytest.param({"asked": [desired(JAVA, warm=5)]}, ["warm", "cluster"], id="warm"),
        pytest.param({"wait": True}, ["wait", "cluster"], id="wait"),
        pytest.param({"repair": ["halves"]}, ["repair", "cluster"], id="repair"),
        pytest.param({"hold": "pgdp-final"}, ["hold", "cluster"], id="hold"),
        pytest.param({"state": "baseline", "all_holds": True}, ["state=baseline", "cluster"], id="baseline"),
        pytest.param({"api": "kubernetes"}, ["api=service"], id="the other way"),
    ],
)
def test_what_needs_the_cluster_is_refused_without_it(gateway, refused, options, words):
    options = {"asked": [desired(JAVA, min_instances=5)], "api": "service", "unchecked": True, **options}
    refused(gateway, *words, **options)
    assert gateway.requests == []
