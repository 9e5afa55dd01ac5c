# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repairs on the stand-in of April's operator, which mends next to nothing by itself."""

from __future__ import annotations

import itertools
import json

import pytest

from integration.capacity_site import CapacitySite, desired, mender
from integration.exam_night import Duty, command, report
from integration.lab.operator_site import EMAILS, eventually

PARTS = ("external", "internal", "proxy", "emails", "deployment")
SUBSETS = [some for size in range(1, len(PARTS)) for some in itertools.combinations(PARTS, size)]
PLURALS = {"external": "services", "internal": "services", "proxy": "configmaps", "emails": "configmaps"}


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(operator="april", app_definitions=[]))


@pytest.fixture(scope="module")
def account(site):
    return {"kubeconfig": str(mender(site.lab, site.namespace).kubeconfig)}


def lose(site, instance, parts):
    here = site.installation.here
    for part in parts:
        name = getattr(instance, part)["metadata"]["name"]
        site.lab.api.delete(here.path(PLURALS.get(part, "deployments"), name))


def outcomes(result):
    return {each["instance_id"]: (each["kind"], each["outcome"]) for each in result["repairs"]}


def test_whatever_is_left_of_an_instance_becomes_whole_and_a_held_one_is_kept(site, account):
    """Each incomplete, non-empty subset of the five objects of an instance, all in one pool."""
    total = len(SUBSETS) + 1
    name = site.definition(total)
    site.start_session(name, "ada@example.org")
    for number, left in enumerate(SUBSETS, start=2):
        lose(site, site.instance(name, number), set(PARTS) - set(left))
    held = site.instance(name, 1)
    lose(site, held, ["internal"])
    kept = site.instance(name, 1).uids

    foreseen = site.set(desired(name), repair=["halves"], check=True, **account)
    result = site.set(desired(name), repair=["halves"], **account)
    assert result.get("failed") is None, result["msg"]
    wanted = {1: ("halves", "kept_claimed")} | dict.fromkeys(range(2, total + 1), ("halves", "repaired"))
    assert outcomes(result) == outcomes(foreseen) == wanted
    for number in range(2, total + 1):
        assert len(site.built(name, number).objects) == len(PARTS), SUBSETS[number - 2]
    assert site.instance(name, 1).uids == kept


def test_what_a_departed_user_left_and_an_empty_list_of_one_who_is_there(site, account):
    name = site.definition(2)
    site.start_session(name, "ada@example.org")
    there, free = site.instance(name, 1), site.instance(name, 2)
    for instance, address in ((there, ""), (free, "gone@example.org")):
        emails = site.installation.here.path("configmaps", instance.emails["metadata"]["name"])
        site.lab.api.merge(emails, {"data": {EMAILS: address}})
    pods = free.pod_uids

    def repaired():
        """What is younger than half a minute may still be a release."""
        result = site.set(desired(name), repair=["address_lists", "dirty"], **account)
        assert result.get("failed") is None, result["msg"]
        return outcomes(result)

    assert repaired() == {1: ("address_lists", "repaired")}
    assert site.instance(name, 1).address == "ada@example.org"
    assert eventually("the traces are old enough", repaired) == {2: ("dirty", "repaired")}
    fresh = site.built(name, 2)
    assert (fresh.address, fresh.pod_uids & pods) == (None, set())
    assert site.instance(name, 1).address == "ada@example.org"
    assert site.instance(name, 1).uids == there.uids


def test_what_changed_while_no_operator_led_is_made_up_for(site, account):
    """At its start an operator makes what is missing and leaves what is old and what is too much."""
    name = site.definition(3)
    site.installation.operator.stop()
    site.patch(name, minInstances=2, maxInstances=77)
    site.installation.operator.start()
    site.settled()
    result = site.set(desired(name), repair=["outdated"], **account)
    assert result.get("failed") is None, result["msg"]
    assert outcomes(result) == dict.fromkeys((1, 2, 3), ("outdated", "repaired"))
    generation = site.generation(name)
    for number in (1, 2):
        site.built(name, number, generation=generation)
    site.gone(name, 3)


def test_what_status_prints_makes_an_instance_whole(site, account, tmp_path):
    name = site.definition(2)
    site.installation.wait_warm(name, 2)
    lose(site, site.instance(name, 2), ["external"])
    (tmp_path / "account.json").write_text(json.dumps({"theia_connection": {**account, "namespace": site.namespace}}))
    duty = Duty(tmp_path, lab=site.installation)

    def told_of() -> list[str]:
        """What is younger than half a minute may still be built."""
        status = duty.play("status", f"-e@{tmp_path / 'account.json'}").good()
        return [line for line in report(status) if f"{name}: instance 2 has no external Service" in line]

    [line] = eventually("the half is old enough", told_of)
    told = duty.paste(command(line))
    assert "instance 2, halves: it has no external Service; repaired" in told
    assert len(site.built(name, 2).objects) == len(PARTS)
