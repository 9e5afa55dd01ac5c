# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a deleted workspace has come to its end, and which volumes are reclaimed on the way."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.delete.wait import VolumeLeftovers, settle
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.record import (
    NO_VOLUME,
    VOLUME_DELETED,
    VOLUME_RELEASED,
)
from unit.workspace_world import WorkspaceWorld


def looked_at(world, *, claim="gone", volume="pvc-1", reclaim=False, **options):
    """How it ended after one look, and what was sent."""
    gateway = world.gateway(**options)
    remains = {"ws-1": VolumeLeftovers(claim, volume, reclaim)}
    settled = settle(gateway, remains, timeout_seconds=0, progress=lambda _done, _total: None)
    return settled.endings.get("ws-1"), [name for _verb, _plural, name, _body in gateway.writes]


@pytest.mark.parametrize(
    ("volume", "ending"),
    [
        pytest.param(None, VOLUME_DELETED, id="removed"),
        pytest.param({"policy": "Retain", "phase": "Released"}, VOLUME_RELEASED, id="released"),
        pytest.param({"policy": "Delete", "phase": "Released"}, "not_gone", id="about-to-be-removed"),
        pytest.param({"policy": "Delete", "phase": "Failed"}, "not_gone", id="its-provisioner-failed"),
        pytest.param({"policy": "Retain", "phase": "Bound"}, "not_gone", id="not-yet-released"),
    ],
)
def test_an_ending_is_what_the_volume_is(volume, ending):
    world = WorkspaceWorld()
    if volume:
        world.volume("pvc-1", **volume)
    assert looked_at(world) == (ending, [])


def test_as_long_as_the_claim_is_there_nothing_has_ended():
    world = WorkspaceWorld()
    claim = world.claim("claim-1", volume="pvc-1")
    assert looked_at(world, claim=claim["metadata"]["uid"]) == ("not_gone", [])


def test_without_a_volume_it_ends_with_the_workspace():
    assert looked_at(WorkspaceWorld(), claim=None, volume=None) == (NO_VOLUME, [])


@pytest.mark.parametrize(
    ("volume", "sent"),
    [
        pytest.param({"policy": "Retain", "phase": "Released"}, ["pvc-1"], id="left"),
        pytest.param({"policy": "Delete", "phase": "Released"}, [], id="under-way"),
        pytest.param({"policy": "Retain", "phase": "Bound"}, [], id="bound"),
        pytest.param({"policy": "Retain", "phase": "Available"}, [], id="free-for-anybody"),
    ],
)
def test_only_a_released_volume_is_reclaimed(volume, sent):
    world = WorkspaceWorld()
    world.volume("pvc-1", **volume)
    assert looked_at(world, reclaim=True)[1] == sent


def test_one_that_was_bound_to_another_claim_meanwhile_is_not_reclaimed():
    world = WorkspaceWorld()
    world.volume("pvc-1", policy="Retain", phase="Released")
    assert looked_at(world, claim="another", reclaim=True) == ("not_gone", [])


def test_what_should_be_reclaimed_and_cannot_be_looked_at_has_failed():
    world = WorkspaceWorld()
    gateway = world.gateway(forbidden=[("list", kinds.PVC)])
    remains = {name: VolumeLeftovers("gone", f"pvc-{name}", name == "ws-1") for name in ("ws-1", "ws-2")}
    settled = settle(gateway, remains, timeout_seconds=0, progress=lambda _done, _total: None)
    assert (settled.endings, list(settled.failures)) == ({}, ["ws-1"])
    assert "not allowed to list" in settled.unread


def test_where_nothing_can_be_read_nothing_is_claimed():
    world = WorkspaceWorld()
    world.volume("pvc-1", policy="Retain", phase="Released")
    assert looked_at(world, forbidden=[("list", kinds.PV)]) == (None, [])
    assert looked_at(world, forbidden=[("list", kinds.PVC)]) == (None, [])


def test_what_keeps_it_is_told():
    world = WorkspaceWorld()
    workspace = world.stored("ws-1")
    workspace["metadata"] |= {"deletionTimestamp": "2027-02-11T08:00:00Z", "finalizers": ["policy.example.org/audit"]}
    world.volume("pvc-1", policy="Delete", phase="Failed")["status"]["message"] = "the disk is busy"
    gateway = world.gateway()
    left = {
        "held": VolumeLeftovers(None, None, reclaim=False, workspace=workspace["metadata"]["uid"]),
        "failed": VolumeLeftovers("gone", "pvc-1", reclaim=True, workspace="gone"),
    }
    settled = settle(gateway, left, timeout_seconds=0, progress=lambda _done, _total: None)
    assert settled.endings == dict.fromkeys(left, "not_gone")
    assert settled.delays == {
        "held": "still Terminating since 2027-02-11T08:00:00Z, held by finalizer policy.example.org/audit",
        "failed": "volume pvc-1 is Failed (the disk is busy)",
    }
