# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 15: a change of an app definition meets sessions that are being released, on April's operator.

Six sessions end within 0.3 s around an exam's end. `ROUNDS` says how often that is tried (`make releases-proof`: 30).
"""

from __future__ import annotations

import os
import random
import secrets
import threading
import time

import pytest

from integration.capacity_site import CapacitySite, desired, mender
from integration.lab.operator_site import eventually
from integration.module_run import module
from lab.faults import Hold, Rule
from lab.proxy import FaultProxy

ROUNDS = int(os.environ.get("EDUIDE_RELEASE_ROUNDS", "2"))
EXAM = "release-exam"
STUDENTS = 6
TOTAL = 10


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(operator="april", app_definitions=[]))


class Night:
    """One exam on an app definition of its own, at whose end six students leave at once."""

    def __init__(self, site, number):
        self.site = site
        self.random = random.Random(number)
        self.name = site.definition(STUDENTS)
        self.path = site.installation.here.path("appdefinitions", self.name)

    def raised(self):
        """The exam is on, and six students are in."""
        site = self.site
        site.set(desired(self.name, min_instances=TOTAL), hold=EXAM)
        for number in range(1, TOTAL + 1):
            site.built(self.name, number)
        api = site.lab.api
        site.known(self.name)
        self.sessions = [f"s-{secrets.token_hex(4)}" for _student in range(STUDENTS)]
        for name in self.sessions:
            spec = {"name": name, "user": f"{name}@x.org", "appDefinition": self.name, "sessionSecret": name}
            body = {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "spec": spec}
            body["metadata"] = {"name": name, "namespace": site.namespace}
            api.create(body)
        for name in self.sessions:
            site.reaches(name, "HANDLED")

    def leave(self, seconds):
        """All of them within 0.3 s, beginning after so many seconds."""
        time.sleep(seconds)
        api, here = self.site.lab.api, self.site.installation.here
        for name in self.sessions:
            api.delete(here.path("sessions", name))
            time.sleep(0.3 / STUDENTS)

    def with_leaving(self, change, before_seconds):
        """The change, while they begin to leave so many seconds before it."""
        leaving = threading.Thread(target=self.leave, args=(max(0.0, -before_seconds),))
        leaving.start()
        time.sleep(max(0.0, before_seconds))
        result = change()
        leaving.join()
        return result

    def incomplete(self, total):
        found = {number: self.site.instance(self.name, number) for number in range(1, total + 1)}
        return {number: len(parts.objects) for number, parts in found.items() if len(parts.objects) != 5}


def rounds(site, change):
    """In how many nights the operator ended, and what was left incomplete, by the number of the night."""
    ended, left = [], {}
    for number in range(ROUNDS):
        night = Night(site, number)
        night.raised()
        ends = len(site.installation.operator.ends)
        night.with_leaving(lambda night=night: change(night), night.random.uniform(-0.2, 0.8))
        eventually("an operator works", site.installation.operator.running)
        site.settled()
        if len(site.installation.operator.ends) > ends:
            ended.append(number)
        if incomplete := night.incomplete(STUDENTS):
            left[number] = incomplete
        # An operator that starts again looks at every pool there is, and would take longer from round to round.
        site.lab.api.delete(night.path)
        print(f"round {number}: ended {number in ended}, incomplete {left.get(number, {})}", flush=True)
    return ended, left


def ours(night):
    result = night.site.set(desired(night.name), state="baseline", hold=EXAM, quiet_seconds=5)
    assert result.get("failed") is None, result["msg"]
    assert result["app_definitions"][0]["outcome"] == "changed"
    return result


def test_a_change_that_meets_releases_leaves_a_whole_pool(site):
    assert rounds(site, ours) == ([], {})


def test_a_stop_of_all_and_the_end_of_their_exam_right_after_it_leave_a_whole_pool(site):
    night = Night(site, 0)
    night.raised()
    ends = len(site.installation.operator.ends)
    stopped = module("theia_session", site.options(names=night.sessions, discard_data=["named"], max_percent=100))
    assert stopped.get("failed") is None, stopped["msg"]
    assert stopped["outcomes"] == {"stopped": STUDENTS}
    ours(night)
    site.settled()
    assert (len(site.installation.operator.ends) - ends, night.incomplete(STUDENTS)) == (0, {})


@pytest.mark.skipif(
    ROUNDS < 10, reason="whether an operator ends is a matter of chance; make releases-proof asks often"
)
def test_a_plain_patch_ends_the_operator(site):
    def plain(night):
        site.lab.api.merge(night.path, {"spec": {"minInstances": STUDENTS}})
        time.sleep(4)

    ended, left = rounds(site, plain)
    print(f"kubectl: the operator ended in {len(ended)} of {ROUNDS}, instances stay incomplete in {len(left)}")
    assert ended


def test_after_an_operator_has_ended_all_the_same_the_pool_becomes_whole(site, control_plane, tmp_path):
    """It ends right after our patch and leaves a single Service, a single ConfigMap, and an id without a Deployment."""
    name = site.definition(3)
    operator = site.installation.operator

    def end():
        operator.kill()
        parts = {number: site.instance(name, number) for number in (1, 2, 3)}
        lost = {
            "service": [parts[1].external, parts[2].external, parts[2].internal],
            "configmap": [parts[2].proxy],
            "deployment": [parts[2].deployment, parts[3].deployment],
        }
        for kind, items in lost.items():
            site.kubectl("delete", kind, *(item["metadata"]["name"] for item in items))
        operator.start(wait=False)

    with FaultProxy.before(control_plane) as proxy:
        config = proxy.write_kubeconfig(tmp_path / "config", mender(site.lab, site.namespace).token, site.namespace)
        proxy.add(Rule(Hold(end, delivered=True), verb="patch", path=f"/appdefinitions/{name}", count=1))
        result = site.set(desired(name, min_instances=4), kubeconfig=str(config))
    assert result.get("failed") is None, result["msg"]
    assert any("the operator ended while the pools were changed" in text for text in result["warnings"])
    assert {number: len(site.instance(name, number).objects) for number in range(1, 5)} == dict.fromkeys(range(1, 5), 5)
