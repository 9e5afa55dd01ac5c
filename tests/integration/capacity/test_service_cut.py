# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through the REST service: the bounds are set, and the answer that would say so gets lost on the way."""

from __future__ import annotations

import pytest

from integration.capacity_site import CapacitySite, desired
from lab.faults import Cut, Reset, Rule
from lab.proxy import FaultProxy

EXAM = "cut-exam"


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(running=["service"], app_definitions=[]))


@pytest.mark.parametrize("lost", [Reset(delivered=True), Cut(20)], ids=["no answer", "half an answer"])
@pytest.mark.parametrize(
    "access", [{"hold": EXAM}, {"unchecked": True, "kubeconfig": None}], ids=["with the cluster", "alone"]
)
def test_the_run_fails_and_the_next_one_finds_everything_done(site, lost, access):
    name = site.definition(3, wait=False)
    asked = desired(name, min_instances=10)
    with FaultProxy(site.installation.service_url) as proxy:
        proxy.add(Rule(lost, verb="patch", path=f"/admin/appdefinition/{name}$", count=1))
        through = {"api": "service", "service_url": proxy.url, **access}
        first = site.set(asked, **through)
        assert first["failed"] is True
        assert name in first["msg"]
        assert "may have been carried out all the same" in first["msg"]
        assert site.bounds(name) == (10, 1000)
        since = site.now()
        second = site.set(asked, **through)
        assert second["changed"] is False, second
        assert len([seen for seen in proxy.requests if seen.verb == "patch"]) == 1
    assert site.writes(since) == []
    assert site.generation(name) == "2"
    if "hold" in access:
        assert site.set(desired(name), state="baseline", api="service", hold=EXAM)["changed"] is True
        assert site.bounds(name) == (3, 1000)
        assert site.ledger() == {}
