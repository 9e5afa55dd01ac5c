# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On upstream Theia Cloud, whose operator ignores changed bounds, and on a cluster without any Theia Cloud.

Both need a lab of their own, which loses its kinds in the end.
"""

from __future__ import annotations

import pytest

from integration.capacity_site import CapacitySite, desired
from lab import ControlPlane
from lab.api import wait_until

KINDS = ("sessions", "workspaces", "appdefinitions")


@pytest.fixture(scope="module")
def upstream():
    with ControlPlane.start(api="upstream") as control_plane, control_plane.installation(app_definitions=[]) as made:
        yield CapacitySite(made)


def test_a_pool_is_counted_although_nothing_carries_a_generation(upstream):
    name = upstream.definition(3)
    upstream.installation.wait_warm(name, 3)
    pool = upstream.pool(name)
    assert (pool["total"], pool["warm"], pool["outdated"]) == (3, 3, 0)


def test_bounds_are_written_in_the_version_that_is_served(upstream):
    name = upstream.definition(1)
    since = upstream.now()
    assert upstream.set(desired(name, max_instances=50))["changed"] is True
    [event] = upstream.lab.audit(
        user=upstream.installation.user, since=since, verbs={"patch"}, resource="appdefinitions", name=name
    )
    assert event["objectRef"]["apiVersion"] == "v1beta10"
    assert upstream.set(desired(name, max_instances=50))["changed"] is False


@pytest.mark.parametrize("minimum", [0, 2], ids=["no pool yet", "a pool"])
def test_a_pool_that_does_not_follow_is_told_when_the_wait_is_over(upstream, minimum):
    name = upstream.definition(minimum)
    result = upstream.set(desired(name, min_instances=4), hold="exam", wait=True, wait_timeout_seconds=2)
    assert result["failed"] is True
    assert "the pool does not follow the app definition" in result["msg"]
    assert "upstream" in result["msg"]
    assert upstream.bounds(name)[0] == 4
    assert upstream.set(desired(name), state="baseline", hold="exam")["changed"] is True
    assert upstream.bounds(name)[0] == minimum


def test_scaling_through_the_service_is_refused_with_a_way_out(upstream):
    name = upstream.definition(1)
    since = upstream.now()
    result = upstream.set(desired(name, max_instances=50), hold="exam", api="service")
    assert result["failed"] is True
    assert "upstream" in result["msg"]
    assert "api=kubernetes" in result["msg"]
    assert upstream.writes(since) == []
    assert "api=kubernetes" in upstream.info(api="service")["msg"]


def test_on_a_cluster_without_the_kinds_both_modules_say_so(upstream):
    """Last, for nothing of Theia Cloud is left afterwards."""
    upstream.installation.operator.stop()
    upstream.installation.service.stop()
    for plural in KINDS:
        upstream.kubectl("delete", "customresourcedefinition", f"{plural}.theia.cloud")
    discovered = "/apis/theia.cloud"
    wait_until("the kinds are gone", lambda: upstream.lab.api.find(discovered) is None, 30)
    since = upstream.now()
    for result in (upstream.set(desired("java-17-latest", min_instances=5)), upstream.info()):
        assert result["failed"] is True
        for words in ("does not serve", "theia.cloud", "custom resource definitions", "option context"):
            assert words in result["msg"]
    assert upstream.writes(since) == []
