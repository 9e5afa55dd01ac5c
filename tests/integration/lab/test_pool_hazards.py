# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an administrator with kubectl runs into: the known problems of pools, each reproduced."""

from __future__ import annotations

import pytest

from integration.lab.operator_site import INSTANCE_ID, Site, annotations_of, eventually, owner_kinds, uid
from lab import pool
from lab.audit import pod_starts

ADA, EVE = "ada@example.org", "eve@example.org"


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(app_definitions=[], running=["operator"]) as installation:
        yield Site(installation)


@pytest.fixture(scope="module")
def old_site(control_plane):
    with control_plane.installation(app_definitions=[], running=["operator"], operator="april") as installation:
        yield Site(installation)


def warm(site, definition, count):
    return site.installation.wait_warm(definition, count, 120)


def code_for(site, user, session):
    """What the auth proxy answers to the user of a running session."""
    token = site.installation.user_token(user)
    return site.browse(session["status"]["url"], token)


# --- a change locks out the users of running warm sessions


def test_a_scaling_patch_locks_out_a_student_who_is_working(old_site):
    definition = old_site.definition(1)
    session = old_site.has_url(old_site.create_session(definition, ADA))
    assert code_for(old_site, ADA, session) == 200
    assert code_for(old_site, EVE, session) == 403
    old_site.patch(definition, minInstances=2)
    warm(old_site, definition, 1)
    assert code_for(old_site, ADA, session) == 403
    status = old_site.session(session["metadata"]["name"])["status"]
    assert status == session["status"]


def test_the_cure_on_an_old_operator_is_to_delete_the_session(old_site):
    definition = old_site.definition(1)
    session = old_site.has_url(old_site.create_session(definition, ADA))
    old_site.patch(definition, maxInstances=500)
    old_site.settled()
    assert code_for(old_site, ADA, session) == 403
    old_site.delete_session(session)
    old_site.built(definition, 1, generation="2")
    again = old_site.has_url(old_site.create_session(definition, ADA))
    assert code_for(old_site, ADA, again) == 200


def test_a_current_operator_lets_the_student_in_again(site):
    definition = site.definition(1)
    session = site.has_url(site.create_session(definition, ADA))
    site.patch(definition, minInstances=2)
    site.settled()
    assert code_for(site, ADA, session) == 200


# --- every change rebuilds the idle pool


def test_one_patch_from_3_to_50_starts_50_pods(site):
    definition = site.definition(3)
    warm(site, definition, 3)
    since = site.now()
    site.patch(definition, minInstances=50)
    warm(site, definition, 50)
    assert pod_starts(site.lab.audit_log, site.namespace, since) == 50
    patches = site.lab.audit(namespace=site.namespace, since=since, verbs={"patch"}, resource="appdefinitions")
    assert len(patches) == 1


def test_a_ramp_from_3_to_50_in_steps_starts_150_pods(site):
    definition = site.definition(3)
    warm(site, definition, 3)
    since = site.now()
    for minimum in (10, 20, 30, 40, 50):
        site.patch(definition, minInstances=minimum)
        warm(site, definition, minimum)
    assert pod_starts(site.lab.audit_log, site.namespace, since) == 150


def test_a_late_correction_makes_the_pool_cold(site):
    definition = site.definition(3)
    warm(site, definition, 3)
    were_warm = {pod for number in (1, 2, 3) for pod in site.instance(definition, number).pod_uids}
    site.patch(definition, maxInstances=999)
    site.settled()
    given = annotations_of(site.start_session(definition, ADA))[INSTANCE_ID]
    assert not site.built(definition, int(given)).pod_uids & were_warm


# --- the minimum is a total


def test_a_minimum_of_n_with_n_claims_is_a_pool_without_warm_instances(site):
    definition = site.definition(2)
    for user in (ADA, EVE):
        site.start_session(definition, user)
    assert pool.warm(site.lab.api, site.installation.here, definition) == []
    third = site.start_session(definition, "third@example.org")
    assert INSTANCE_ID not in annotations_of(third)


# --- lowering under a claim


def test_lowering_under_a_claim_leaves_an_orphan_with_a_running_pod(site):
    definition = site.definition(3)
    sessions = [site.start_session(definition, f"u{number}@example.org") for number in (1, 2, 3)]
    site.patch(definition, minInstances=1)
    site.settled()
    held = site.instance(definition, 3)
    assert owner_kinds(held.deployment) == ["Session"]
    with site.held("kube-controller-manager"):
        site.delete_session(sessions[2])
        eventually("it is released", lambda: owner_kinds(site.instance(definition, 3).deployment) == [])
    eventually("it has a fresh pod", lambda: site.instance(definition, 3).pods)
    # Nobody removes it: neither the pool, which no longer knows it, nor the garbage collector.
    site.touch(definition)
    site.settled()
    orphan = site.instance(definition, 3)
    assert uid(orphan.deployment) == uid(held.deployment)
    assert orphan.pods
    site.kubectl("delete", "appdefinitions.theia.cloud", definition)
    eventually("the rest of the pool is gone", lambda: not site.exists("appdefinitions", definition))
    assert site.exists("deployments", orphan.deployment["metadata"]["name"])
