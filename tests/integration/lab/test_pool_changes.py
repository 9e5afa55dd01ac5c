# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of an app definition does to its pool: each cell of the table, on free and on claimed instances."""

from __future__ import annotations

import pytest

from integration.lab.operator_site import INSTANCE_ID, REFRESH, Site, annotations_of, eventually, owner_kinds, uid

ADA = "ada@example.org"


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(app_definitions=[], running=["operator"]) as installation:
        yield Site(installation)


@pytest.fixture(scope="module")
def old_site(control_plane):
    """An operator that does not give addresses back."""
    with control_plane.installation(app_definitions=[], running=["operator"], operator="april") as installation:
        yield Site(installation)


# --- free instances


def test_free_and_current_is_kept(site):
    definition = site.definition(2)
    before = [site.instance(definition, number) for number in (1, 2)]
    site.touch(definition)
    site.settled()
    after = [site.instance(definition, number) for number in (1, 2)]
    assert [i.uids for i in after] == [i.uids for i in before]
    assert [i.pod_uids for i in after] == [i.pod_uids for i in before]


def test_free_and_outdated_is_deleted_and_rebuilt(site):
    definition = site.definition(1)
    before = site.instance(definition, 1)
    site.patch(definition, image="registry.lab.invalid/eduide/other:2")
    after = site.built(definition, 1, generation="2")
    assert not after.uids & before.uids
    assert not after.pod_uids & before.pod_uids


def test_free_above_the_minimum_is_deleted(site):
    definition = site.definition(2)
    site.patch(definition, minInstances=1)
    site.gone(definition, 2)
    assert site.built(definition, 1, generation="2")


# --- claimed instances: Services and Deployment


def test_claimed_and_current_is_kept(site):
    definition = site.definition(1)
    site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.touch(definition)
    site.settled()
    after = site.instance(definition, 1)
    assert (after.uids, after.pod_uids, after.address) == (before.uids, before.pod_uids, ADA)


def test_claimed_and_outdated_is_kept_until_release_then_rebuilt(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.patch(definition, maxInstances=500)
    site.settled()
    held = site.instance(definition, 1)
    for part in ("external", "internal", "deployment"):
        assert uid(getattr(held, part)) == uid(getattr(before, part))
    assert held.pod_uids == before.pod_uids
    site.delete_session(session)
    after = site.built(definition, 1, generation="2")
    assert not after.uids & before.uids
    assert not after.pod_uids & before.pod_uids


def test_claimed_above_the_minimum_loses_the_app_definition_as_owner_and_its_session_goes_on(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.patch(definition, minInstances=0)
    site.settled()
    after = site.instance(definition, 1)
    for part in ("external", "internal", "deployment"):
        assert uid(getattr(after, part)) == uid(getattr(before, part))
        assert owner_kinds(getattr(after, part)) == ["Session"]
    assert after.pod_uids == before.pod_uids
    assert site.session(session["metadata"]["name"])["status"]["operatorStatus"] == "HANDLED"


# --- claimed instances: ConfigMaps, which only the app definition owns


def test_config_maps_of_a_claimed_instance_above_the_minimum_are_deleted(site):
    definition = site.definition(1)
    site.start_session(definition, ADA)
    site.patch(definition, minInstances=0)
    site.settled()
    after = site.instance(definition, 1)
    assert after.proxy is None
    assert after.emails is None


def test_that_an_address_list_is_missing_is_only_logged(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    site.patch(definition, minInstances=0)
    site.settled()
    assert "claimed instance 1 has no address list" in site.installation.operator.log.read_text()
    assert site.instance(definition, 1).emails is None
    assert site.session(session["metadata"]["name"])["status"]["operatorStatus"] == "HANDLED"


def test_outdated_config_maps_of_a_claimed_instance_are_rebuilt_with_an_empty_list(old_site):
    definition = old_site.definition(1)
    old_site.start_session(definition, ADA)
    before = old_site.instance(definition, 1)
    old_site.patch(definition, maxInstances=500)
    old_site.settled()
    after = old_site.instance(definition, 1)
    assert uid(after.emails) != uid(before.emails)
    assert uid(after.proxy) != uid(before.proxy)
    assert (before.address, after.address) == (ADA, None)


def test_a_current_operator_writes_the_address_back_and_touches_the_pod(site):
    definition = site.definition(1)
    site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.patch(definition, maxInstances=500)
    site.settled()
    after = site.instance(definition, 1)
    assert uid(after.emails) != uid(before.emails)
    assert after.address == ADA
    assert annotations_of(after.pods[0])[REFRESH] > annotations_of(before.pods[0])[REFRESH]


def test_there_is_a_gap_between_the_rebuild_of_a_list_and_its_return(site):
    definition = site.definition(1)
    site.start_session(definition, ADA)
    since = site.now()
    site.patch(definition, maxInstances=500)
    site.settled()
    name = site.instance(definition, 1).emails["metadata"]["name"]
    events = site.lab.audit(user=site.installation.operator.user, namespace=site.namespace, since=since, name=name)
    assert [event["verb"] for event in events if event["verb"] != "get"] == ["delete", "create", "patch"]


# --- missing instances and changes that change nothing


def test_missing_up_to_the_minimum_is_created(site):
    definition = site.definition(1)
    site.patch(definition, minInstances=3)
    assert site.built(definition, 2, generation="2")
    assert site.built(definition, 3, generation="2")


def test_a_change_of_metadata_creates_what_is_missing_and_cycles_nothing(site):
    definition = site.definition(2)
    before = site.instance(definition, 1)
    site.kubectl("delete", "deployment", site.instance(definition, 2).deployment["metadata"]["name"])
    site.touch(definition)
    assert site.built(definition, 2, generation="1")
    assert site.instance(definition, 1).uids == before.uids


def test_a_change_of_the_maximum_alone_cycles_the_free_instances(site):
    definition = site.definition(1)
    before = site.instance(definition, 1)
    site.patch(definition, maxInstances=999)
    assert not site.built(definition, 1, generation="2").uids & before.uids


def test_setting_the_same_value_again_does_nothing(site):
    definition = site.definition(1)
    before = site.instance(definition, 1)
    since = site.now()
    site.patch(definition, minInstances=1, maxInstances=1000)
    site.settled()
    assert site.generation(definition) == "1"
    assert site.instance(definition, 1).uids == before.uids
    # The only write is the reference of the marker in the shared route.
    assert site.writes_of_operator(since) == ["update httproutes"]


def test_the_maximum_is_not_used_by_the_pool(site):
    definition = site.definition(2, maxInstances=2)
    site.start_session(definition, ADA)
    site.patch(definition, minInstances=4, maxInstances=4)
    assert site.built(definition, 4, generation="2")


def test_a_claim_is_not_refilled(site):
    definition = site.definition(2)
    for user in (ADA, "eve@example.org"):
        site.start_session(definition, user)
    site.touch(definition)
    site.settled()
    assert site.instance(definition, 3).objects == []


def test_changes_are_worked_off_one_after_the_other(site):
    definition = site.definition(1)
    for minimum in (2, 3, 4):
        site.patch(definition, minInstances=minimum)
    assert site.built(definition, 4, generation="4")
    names = {
        uid(d): d["metadata"]["name"]
        for d in site.owned("deployments", site.installation.get("appdefinitions", definition))
    }
    assert len(names) == 4


# --- the end of a session above the minimum: two ways, depending on who is faster


def claimed_above(site):
    definition = site.definition(1)
    session = site.start_session(definition, ADA)
    site.patch(definition, minInstances=0)
    site.settled()
    return definition, session


def test_if_the_garbage_collector_is_faster_the_instance_goes_with_its_session(site):
    definition, session = claimed_above(site)
    with site.held(site.operator_process):
        site.delete_session(session)
        site.gone(definition, 1)
    site.settled()
    site.gone(definition, 1)


def test_if_the_operator_is_faster_the_instance_stays_without_any_owner(site):
    definition, session = claimed_above(site)
    with site.held("kube-controller-manager"):
        site.delete_session(session)
        eventually(
            "the operator has released the instance",
            lambda: owner_kinds(site.instance(definition, 1).deployment) == [],
        )
    eventually("it has a fresh pod", lambda: site.instance(definition, 1).pods)
    orphan = site.instance(definition, 1)
    for part in ("external", "internal", "deployment"):
        assert owner_kinds(getattr(orphan, part)) == []
    site.touch(definition)
    site.settled()
    assert site.instance(definition, 1).uids == orphan.uids


def test_a_raise_collides_with_what_a_living_session_above_the_old_minimum_holds(site):
    definition, session = claimed_above(site)
    held = site.instance(definition, 1)
    site.patch(definition, minInstances=2)
    assert site.built(definition, 2, generation="3")
    site.settled()
    collided = site.instance(definition, 1)
    assert uid(collided.deployment) == uid(held.deployment)
    assert owner_kinds(collided.external) == ["Session"]
    with site.held(site.operator_process):
        site.delete_session(session)
        eventually("the old objects are gone", lambda: site.instance(definition, 1).deployment is None)
    site.settled()
    assert site.instance(definition, 1).deployment is None
    site.touch(definition)
    assert site.built(definition, 1, generation="3")


# --- sidecars

SIDECAR = {"name": "ls", "image": "registry.lab.invalid/eduide/ls:1", "port": 4000}


def test_sidecars_are_rebuilt_on_every_reconcile(site):
    definition = site.definition(1, sidecars=[SIDECAR])
    before = {uid(item) for item in site.sidecars(definition, 1)}
    ide = site.instance(definition, 1)
    assert len(before) == 2
    site.touch(definition)
    site.settled()
    after = {uid(item) for item in site.sidecars(definition, 1)}
    assert len(after) == 2
    assert not after & before
    assert site.instance(definition, 1).uids == ide.uids


def test_sidecars_of_claimed_instances_are_rebuilt_too(site):
    definition = site.definition(1, sidecars=[SIDECAR])
    site.start_session(definition, ADA)
    before = {uid(item) for item in site.sidecars(definition, 1)}
    site.touch(definition)
    site.settled()
    assert not {uid(item) for item in site.sidecars(definition, 1)} & before


def test_instances_have_a_claim_only_for_sidecars_that_mount_the_workspace(site):
    without = site.definition(1, sidecars=[SIDECAR])
    mounting = site.definition(1, sidecars=[{**SIDECAR, "mountWorkspace": True}])
    claims = {
        item["metadata"]["labels"]["theia-cloud.io/workspace-name"]: item
        for item in site.installation.items("persistentvolumeclaims")
    }
    assert f"{without}-instance-1" not in claims
    claim = claims[f"{mounting}-instance-1"]
    assert claim["metadata"]["name"].endswith("-pvc")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


# --- the shared route


def test_app_definitions_become_owners_of_the_shared_route(site):
    definition = site.definition(1)
    route = site.installation.get("httproutes", "theia-cloud-demo-ws-route")
    assert uid(site.installation.get("appdefinitions", definition)) in {
        owner["uid"] for owner in route["metadata"]["ownerReferences"]
    }


def test_without_the_shared_route_nothing_is_built_and_nothing_is_said(site):
    definition = site.definition(1, wait=False, ingressname="no-such-route")
    site.settled()
    assert site.instance(definition, 1).objects == []
    assert "status" not in site.installation.get("appdefinitions", definition)


def test_a_deleted_app_definition_takes_its_free_instances_along(site):
    definition = site.definition(2)
    session = site.start_session(definition, ADA)
    number = int(annotations_of(session)[INSTANCE_ID])
    deployment = site.instance(definition, number).deployment
    tail = site.tail(definition)
    site.kubectl("delete", "appdefinitions.theia.cloud", definition)

    def left():
        return {d["metadata"]["name"] for d in site.installation.items("deployments") if tail in d["metadata"]["name"]}

    eventually("only the claimed instance is left", lambda: left() == {deployment["metadata"]["name"]})
