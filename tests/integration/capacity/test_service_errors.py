# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through the REST service: each way in which it refuses has a text of its own, and nothing was changed before."""

from __future__ import annotations

import pytest

from integration.capacity_site import CapacitySite, desired

JAVA = "java-17-latest"
ALONE = {"unchecked": True, "kubeconfig": None}


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(running=["service"]))


@pytest.fixture(scope="module")
def tokenless(module_installation):
    """A service that nobody has given an admin token."""
    return CapacitySite(module_installation(running=["service"], admin_token=None))


def refused(site, *words, asked=None, **options):
    """With access to the cluster and without, in check mode and for real; returns the text."""
    since = site.now()
    asked = asked or [desired(JAVA, max_instances=1500)]
    texts = []
    for access in ({"hold": "service-exam"}, ALONE):
        for check in (True, False):
            result = site.set(*asked, api="service", check=check, **{**access, **options})
            assert result.get("failed") is True, result
            for word in words:
                assert word in result["msg"], result["msg"]
            texts.append(result["msg"])
    assert site.writes(since) == []
    assert site.bounds(JAVA) == (3, 1000)
    assert site.ledger() == {}
    return texts[0]


def test_each_token_error_has_its_own_text(site, tokenless):
    missing = refused(site, "admin_token is not set", admin_token=None)
    wrong = refused(site, "(403)", "not the one that the service was started with", admin_token="a-wrong-token")
    unconfigured = refused(tokenless, "(403)", "no admin token configured", "ADMIN_API_TOKEN", admin_token="any-token")
    assert len({missing, wrong, unconfigured}) == 3
    assert "a-wrong-token" not in wrong


def test_reading_bounds_names_the_same_causes(site, tokenless):
    assert "admin_token is not set" in site.info(api="service", admin_token=None)["msg"]
    assert "started with" in site.info(api="service", admin_token="a-wrong-token")["msg"]
    assert "no admin token configured" in tokenless.info(api="service", admin_token="any")["msg"]


def test_an_unknown_name(site):
    refused(site, "'java-18-latest'", JAVA, asked=[desired("java-18-latest", max_instances=1500)])
    assert JAVA in site.info("java-18-latest", api="service")["msg"]


def test_min_above_max(site):
    refused(site, "min_instances=1001", "max_instances=1000", asked=[desired(JAVA, min_instances=1001)])
    refused(site, "min_instances=9", "max_instances=8", asked=[desired(JAVA, min_instances=9, max_instances=8)])


def test_negative_values(site):
    refused(site, "min_instances=-1", "negative", asked=[desired(JAVA, min_instances=-1)])


def test_the_removal_of_a_maximum(site):
    refused(site, "max_instances=-1", "unlimited is not offered", asked=[desired(JAVA, max_instances=-1)])


def test_time_limits(site):
    refused(site, "timeout_minutes", "service", asked=[desired(JAVA, timeout_minutes=2000)])


def test_restoring_a_time_limit_is_no_job_for_the_service(site):
    name = site.definition(3, wait=False)
    site.set(desired(name, timeout_minutes=2000), hold="limits")
    since = site.now()
    result = site.set(desired(name), state="baseline", hold="limits", api="service")
    assert result["failed"] is True
    assert "timeout_minutes" in result["msg"]
    assert "api=kubernetes" in result["msg"]
    assert site.writes(since) == []
    assert site.set(desired(name), state="baseline", hold="limits")["changed"] is True
    assert site.ledger() == {}


def test_no_url(site):
    refused(site, "service_url", service_url=None)


def test_a_service_that_is_somewhere_else(site):
    refused(site, "http://127.0.0.1:9", service_url="http://127.0.0.1:9", timeout_seconds=1)


def test_a_service_that_is_down(site):
    site.installation.service.stop()
    try:
        refused(site, site.installation.service_url, timeout_seconds=1)
        assert site.installation.service_url in site.info(api="service", timeout_seconds=1)["msg"]
    finally:
        site.installation.service.start()


# --- what goes without the cluster, and what does not


def test_without_the_cluster_bounds_can_be_raised_and_the_result_says_what_was_not_checked(site):
    name = site.definition(0, wait=False)
    since = site.now()
    result = site.set(desired(name, max_instances=2000), api="service", **ALONE)
    assert (result["changed"], result["precondition"]) == (True, "none")
    assert {"claimed instances", "ledger"} <= set(result["not_checked"])
    assert site.bounds(name) == (0, 2000)
    assert site.set(desired(name, max_instances=2000), api="service", **ALONE)["changed"] is False
    assert site.writes(since) == []
