# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repairs on the stand-in of April's operator, which mends next to nothing by itself."""

from __future__ import annotations

import itertools
import json
import re
import typing as t

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


class Damaged(t.NamedTuple):
    """App definitions with something wrong in their pools."""

    used: str
    """Its first instance has a student and an empty address list, the second one what a departed user left."""
    half: str
    stray: str
    """Nothing owns its second instance any more."""
    old: str
    """It was changed while no operator led."""

    @property
    def told(self):
        """By kind of repair, where it is told of and in which words."""
        return {
            "address_lists": (self.used, "admits nobody"),
            "dirty": (self.used, "still name an earlier user"),
            "ownerless": (self.stray, "nothing owns"),
            "halves": (self.half, "it has no external Service"),
            "outdated": (self.old, "it was built before generation"),
        }


@pytest.fixture(scope="module")
def damaged(site):
    """Made before all else, for what is younger than half a minute may still be built or released."""
    found = Damaged(*(site.definition(minimum) for minimum in (2, 2, 2, 3)))
    site.installation.operator.stop()
    site.patch(found.old, minInstances=2, maxInstances=77)
    # At its start an operator makes what is missing, and leaves what is old and what is too much.
    site.installation.operator.start()
    site.settled()
    site.start_session(found.used, "ada@example.org")
    here = site.installation.here
    for number, address in ((1, ""), (2, "gone@example.org")):
        emails = site.instance(found.used, number).emails["metadata"]["name"]
        site.lab.api.merge(here.path("configmaps", emails), {"data": {EMAILS: address}})
    lose(site, site.instance(found.half, 2), ["external"])
    for part, obj in site.instance(found.stray, 2)._asdict().items():
        if part != "pods":
            path = here.path(PLURALS.get(part, "deployments"), obj["metadata"]["name"])
            site.lab.api.merge(path, {"metadata": {"ownerReferences": None}})
    return found


@pytest.mark.usefixtures("damaged")
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


def test_what_status_prints_mends_each_kind_of_damage(site, account, damaged, tmp_path):
    (tmp_path / "account.json").write_text(json.dumps({"theia_connection": {**account, "namespace": site.namespace}}))
    duty = Duty(tmp_path, lab=site.installation)
    eventually(
        "the traces are old enough", lambda: site.pool(damaged.used)["dirty"] and site.pool(damaged.half)["halves"]
    )
    lines = report(duty.play("status", f"-e@{tmp_path / 'account.json'}").good())
    there, dirty, stray = (site.instance(*of) for of in ((damaged.used, 1), (damaged.used, 2), (damaged.stray, 2)))

    for kind, (name, words) in damaged.told.items():
        [line] = [command(line) for line in lines if f'{{"app_definition": "{name}", "repair": "{kind}"}}' in line]
        told = " ".join(duty.paste(line).split())
        assert re.search(rf"instance \d, {kind}: [^;]*{words}[^;]*; repaired", told), told
        assert site.instance(damaged.used, 1).address == "ada@example.org"

    assert site.instance(damaged.used, 1).uids == there.uids
    fresh = site.built(damaged.used, 2)
    assert (fresh.address, fresh.pod_uids & dirty.pod_uids) == (None, set())
    assert not site.built(damaged.stray, 2).uids & stray.uids
    site.built(damaged.half, 2)
    for number in (1, 2):
        site.built(damaged.old, number, generation=site.generation(damaged.old))
    site.gone(damaged.old, 3)
