# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sidecars, and the volume of a pool instance that those share which mount the workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.lab.operator_site import Site, eventually, labels, uid

ADA = "ada@example.org"

SIDECAR = {"name": "ls", "image": "registry.lab.invalid/eduide/ls:1", "port": 4000}
MOUNTING = {**SIDECAR, "mountWorkspace": True}
# The kind admits it, but no Service and no Deployment can be called so.
IMPOSSIBLE = {**SIDECAR, "name": "Not_A_Name"}


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(app_definitions=[], running=["operator"]) as installation:
        yield Site(installation)


def claim_of(site, definition):
    """The claim of instance 1; None if there is none."""
    of_instance = f"theia-cloud.io/workspace-name={definition}-instance-1"
    found = site.installation.items("persistentvolumeclaims", labelSelector=of_instance)
    return found[0] if found else None


def folder_of(site, claim):
    volume = site.lab.api.get(f"/api/v1/persistentvolumes/{claim['spec']['volumeName']}")
    return Path(volume["spec"]["hostPath"]["path"])


def ready(site, definition, *, other_than=frozenset()):
    """The uids of the Deployments of instance 1, IDE and sidecar, once both have a ready pod."""

    def both():
        parts = (site.instance(definition, 1).deployment, *site.sidecars(definition, 1))
        uids = {uid(part) for part in parts if part and part.get("status", {}).get("readyReplicas")}
        return uids if len(uids) == 2 and not uids & other_than else None

    return eventually(f"IDE and sidecar of {definition} are ready", both)


def test_an_instance_that_is_given_back_gets_a_new_volume(site):
    """It is rebuilt whenever a session leaves it, because sidecars never count as up to date."""
    definition = site.definition(1, sidecars=[MOUNTING])
    session = site.start_session(definition, ADA)
    before = ready(site, definition)
    claim = claim_of(site, definition)
    (folder_of(site, claim) / "solution.txt").write_text("42")
    site.delete_session(session)
    ready(site, definition, other_than=before)
    made = claim_of(site, definition)
    assert uid(made) != uid(claim)
    assert not (folder_of(site, made) / "solution.txt").exists()


def test_an_instance_that_is_not_wanted_any_more_takes_its_volume_along(site):
    definition = site.definition(1, sidecars=[MOUNTING])
    session = site.start_session(definition, ADA)
    ready(site, definition)
    site.patch(definition, minInstances=0)
    site.settled()
    assert claim_of(site, definition)
    site.delete_session(session)
    eventually("the volume is gone", lambda: claim_of(site, definition) is None)


def sidecars_of(site, session):
    return [item for item in site.owned("deployments", session) if "theia-cloud.io/sidecar" in labels(item)]


def test_a_sidecar_that_cannot_be_made_does_not_fail_the_session(site):
    definition = site.definition(sidecars=[IMPOSSIBLE, SIDECAR])
    session = site.has_url(site.create_session(definition, ADA))
    assert session["status"]["operatorStatus"] == "HANDLED"
    assert "operatorMessage" not in session["status"]
    assert [labels(item)["theia-cloud.io/sidecar"] for item in sidecars_of(site, session)] == ["ls"]
