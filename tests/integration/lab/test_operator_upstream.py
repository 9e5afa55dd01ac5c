# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the upstream operator differs. It stores another version of app definitions, so it needs a lab of its own."""

from __future__ import annotations

import pytest

from integration.lab.operator_site import (
    GENERATION,
    SESSION_UUID,
    Site,
    annotations_of,
    eventually,
    labels,
    owner_kinds,
    uid,
)
from lab import ControlPlane

ADA = "ada@example.org"


@pytest.fixture(scope="module")
def upstream():
    with ControlPlane.start(api="upstream") as control_plane:
        yield control_plane


@pytest.fixture(scope="module")
def site(upstream):
    with upstream.installation(app_definitions=[], running=["operator"]) as installation:
        yield Site(installation)


@pytest.fixture(scope="module")
def lazy_site(upstream):
    with upstream.installation(start="lazy", app_definitions=[], running=["operator"]) as installation:
        yield Site(installation)


def test_app_definitions_are_of_the_older_version(site):
    definition = site.installation.get("appdefinitions", site.definition(1))
    assert definition["apiVersion"] == "theia.cloud/v1beta10"
    deployment = site.instance(definition["metadata"]["name"], 1).deployment
    assert deployment["metadata"]["ownerReferences"][0]["apiVersion"] == "theia.cloud/v1beta10"


def test_instances_do_not_tell_their_generation(site):
    definition = site.definition(1)
    assert site.instance(definition, 1).generations == {None}
    assert GENERATION not in labels(site.instance(definition, 1).pods[0])


def test_the_pool_ignores_changes(site):
    definition = site.definition(2)
    before = [site.instance(definition, number) for number in (1, 2)]
    site.patch(definition, minInstances=4, maxInstances=500)
    site.patch(definition, minInstances=1)
    site.definition(1)
    after = [site.instance(definition, number) for number in (1, 2)]
    assert [i.uids for i in after] == [i.uids for i in before]
    assert site.instance(definition, 3).objects == []


def test_a_claim_leaves_no_status_and_no_annotation(site):
    definition = site.definition(1)
    session = site.has_url(site.create_session(definition, ADA))
    assert "operatorStatus" not in session["status"]
    assert annotations_of(session) == {}
    instance = site.instance(definition, 1)
    assert owner_kinds(instance.deployment) == ["AppDefinition", "Session"]
    assert labels(instance.external)[SESSION_UUID] == uid(session)
    assert instance.address == ADA


def test_without_a_free_instance_a_session_stays_as_it_was_created(site):
    definition = site.definition(1)
    site.has_url(site.create_session(definition, ADA))
    late = site.create_session(definition, "late@example.org")
    other = site.definition(1)
    site.has_url(site.create_session(other, ADA))
    session = site.session(late)
    assert "status" not in session
    assert site.owned("deployments", session) == []


def test_a_release_gives_the_instance_back_with_a_fresh_pod(site):
    definition = site.definition(1)
    session = site.has_url(site.create_session(definition, ADA))
    before = site.instance(definition, 1)
    site.delete_session(session)
    eventually("a fresh pod", lambda: not site.built(definition, 1).pod_uids & before.pod_uids)
    after = site.instance(definition, 1)
    assert after.uids == before.uids
    assert after.address is None


def test_a_long_label_is_cut_cleanly(lazy_site):
    session = lazy_site.start_session(lazy_site.definition(), "x" * 62 + ".y@example.org")
    assert labels(lazy_site.owned("services", session)[0])["theia-cloud.io/user"] == "x" * 62


def test_the_volume_of_a_workspace_is_the_one_it_names(lazy_site):
    workspace = lazy_site.workspace(lazy_site.definition(), ADA)
    storage = lazy_site.installation.get("workspaces", workspace)["spec"]["storage"]
    session = lazy_site.start_session(lazy_site.definition(), ADA, workspace=workspace)
    volumes = lazy_site.owned("deployments", session)[0]["spec"]["template"]["spec"]["volumes"]
    assert storage in [v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v]
