# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace) does with C(volume_from): what it refuses, and that it can be cut off anywhere."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import VOLUME_FROM, WORKSPACE_NOTE
from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, write_note
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.restore import execute
from integration.module_run import module
from unit.workspace_world import WorkspaceWorld

OWNER = FilesOwner("ws-1", "uid-1", "ada@tum.de", "java-17-latest", "Ada's own")
STATED = {"name": "ws-1", "user": "ada@tum.de", "app_definition": "java-17-latest"}


@pytest.fixture
def run(cluster, monkeypatch):
    monkeypatch.setattr(execute, "_BINDS", 0)

    def run(gateway, *, check=False, wanted="ws-1", **options):
        cluster(gateway)
        options = {"namespace": "theia-prod", "state": "present", "volume_from": wanted, **options}
        return module("theia_workspace", {"wait_timeout_seconds": 0, **options}, check=check)

    return run


def kept_volume(*, policy="Retain", phase="Released", noted=True, before="Delete", name="pvc-kept"):
    """An installation in which one volume is left of a workspace that is gone."""
    world = WorkspaceWorld()
    world.app_definition()
    volume = world.volume(name, policy=policy, phase=phase)
    volume["spec"]["accessModes"] = ["ReadWriteOnce"]
    if noted:
        volume["metadata"]["annotations"] = {WORKSPACE_NOTE: write_note(OWNER, "gone", before)}
    return world


def operator(gateway, binds):
    """What the operator and the controllers of volumes do, whenever somebody looks."""

    def act(verb, _kind, _name):
        if verb not in ("get", "list"):
            return
        gateway.interceptors.remove(act)
        claims = {claim["metadata"]["name"]: claim for claim in gateway.list(kinds.PVC)}
        volumes = {volume["metadata"]["name"]: volume for volume in gateway.list(kinds.PV)}
        for workspace in gateway.list(kinds.WORKSPACE):
            if not workspace.get("status"):
                make_claim(gateway, workspace)
        for name, claim in claims.items():
            bind(gateway, name, claim, volumes, binds)
        uids = {claim["metadata"]["uid"] for claim in claims.values()}
        for name, volume in volumes.items():
            if volume["spec"]["claimRef"]["uid"] not in uids and volume["status"]["phase"] == "Bound":
                gateway.change(kinds.PV, name, {"status": {"phase": "Released"}})
        for volume in gateway.list(kinds.PV):
            if (volume["status"]["phase"], volume["spec"]["persistentVolumeReclaimPolicy"]) == ("Released", "Delete"):
                gateway.remove(kinds.PV, volume["metadata"]["name"])
        gateway.interceptors.append(act)

    gateway.interceptors.append(act)
    return gateway


def make_claim(gateway, workspace):
    metadata = workspace["metadata"]
    owner = {"kind": "Workspace", "name": metadata["name"], "uid": metadata["uid"]}
    body = {"name": "claim-new", "ownerReferences": [owner]}
    gateway.put(kinds.PVC, {"metadata": body, "spec": {}, "status": {"phase": "Pending"}})
    patch = {"spec": {"storage": "claim-new"}, "status": {"operatorStatus": "HANDLED"}}
    gateway.change(kinds.WORKSPACE, metadata["name"], patch)


def bind(gateway, name, claim, volumes, binds):
    wanted, uid = claim["spec"].get("volumeName"), claim["metadata"]["uid"]
    if wanted and volumes[wanted]["spec"]["claimRef"]["uid"] == uid:
        gateway.change(kinds.PVC, name, {"status": {"phase": "Bound"}})
        gateway.change(kinds.PV, wanted, {"status": {"phase": "Bound"}})
    elif not wanted and binds:
        reference = {"namespace": "theia-prod", "name": name, "uid": uid}
        spec = {"claimRef": reference, "persistentVolumeReclaimPolicy": "Delete"}
        metadata = {"name": f"pvc-{uid}"}
        gateway.put(kinds.PV, {"metadata": metadata, "spec": spec, "status": {"phase": "Bound"}})
        gateway.change(kinds.PVC, name, {"spec": {"volumeName": f"pvc-{uid}"}, "status": {"phase": "Bound"}})


def volume_of(gateway):
    volume = gateway.get(kinds.PV, "pvc-kept")
    assert volume is not None, "the files are lost"
    return volume["status"]["phase"], volume["spec"]["persistentVolumeReclaimPolicy"]


def item(result):
    (only,) = result["workspaces"]
    return only["outcome"], only["volume"], only["name"], only["user"]


@pytest.mark.parametrize("binds", [True, False], ids=["Immediate", "WaitForFirstConsumer"])
@pytest.mark.parametrize(
    ("noted", "before", "wanted"),
    [(True, "Delete", "ws-1"), (True, "Retain", "pvc-kept"), (True, "Delete", "uid-1"), (False, "Retain", "pvc-kept")],
)
def test_a_kept_volume_gets_its_workspace_back_once(run, binds, noted, before, wanted):
    gateway = operator(kept_volume(noted=noted, before=before).gateway(), binds)
    options = {"wanted": wanted, "wait_timeout_seconds": 1, **({} if noted else STATED)}
    predicted = run(gateway, check=True, **options)
    assert gateway.writes == []
    done = run(gateway, **options)
    assert item(predicted) == item(done) == ("restored", "pvc-kept", "ws-1", "ada@tum.de"), done.get("msg")
    assert (predicted["changed"], done["changed"], done["warnings"]) == (True, True, [])
    assert volume_of(gateway) == ("Bound", before)
    gateway.list(kinds.PV)
    assert [volume["metadata"]["name"] for volume in gateway.list(kinds.PV)] == ["pvc-kept"]
    claim, workspace = gateway.get(kinds.PVC, "claim-new"), gateway.get(kinds.WORKSPACE, "ws-1")
    assert claim["metadata"]["ownerReferences"][0]["uid"] == workspace["metadata"]["uid"]
    assert (claim["spec"]["volumeName"], claim["spec"]["accessModes"]) == ("pvc-kept", ["ReadWriteOnce"])
    writes = len(gateway.writes)
    for again in ("ws-1", "pvc-kept"):
        result = run(gateway, wanted=again)
        assert (result["changed"], item(result)[0], len(gateway.writes)) == (False, "present", writes)


def cut_at(gateway, write, *, applied):
    """Break the connection at that write: before it reaches the server, or before its answer comes back."""
    numbers = iter(range(100))

    def cutting(send):
        def method(*args, **kwargs):
            broken = next(numbers) == write
            if broken and not applied:
                raise Unreachable("cut", applied="no")
            answer = send(*args, **kwargs)
            if broken:
                raise Unreachable("cut", applied="unknown")
            return answer

        return method

    for name in ("create", "merge_patch", "delete"):
        setattr(gateway, name, cutting(getattr(gateway, name)))


@pytest.mark.parametrize("binds", [True, False], ids=["Immediate", "WaitForFirstConsumer"])
@pytest.mark.parametrize("applied", [True, False])
def test_cut_off_at_any_write_it_loses_nothing_and_goes_on(run, binds, applied):
    gateway = operator(kept_volume().gateway(), binds)
    assert item(run(gateway, wait_timeout_seconds=1))[0] == "restored"
    total = len(gateway.writes)
    assert total == (8 if binds else 6)
    for write in range(total):
        gateway = operator(kept_volume().gateway(), binds)
        cut_at(gateway, write, applied=applied)
        first = run(gateway, wait_timeout_seconds=1)
        phase, policy = volume_of(gateway)
        assert policy == "Retain" or phase == "Bound"
        if first.get("failed"):
            assert "the files are still in volume pvc-kept, and the same task goes on from here" in first["msg"]
        result = run(gateway, wait_timeout_seconds=1)
        assert item(result)[0] in ("restored", "present"), (write, result.get("msg"))
        assert volume_of(gateway) == ("Bound", "Delete")


def refused(run, gateway, told, **options):
    for check in (True, False):
        result = run(gateway, check=check, **options)
        assert result["failed"]
        assert told in result["msg"], result["msg"]
    assert gateway.writes == []


@pytest.mark.parametrize(
    ("volume", "told"),
    [
        ({"phase": "Bound"}, "it is Bound, by claim claim-gone; only a Released volume"),
        ({"phase": "Failed"}, "it is Failed"),
        ({"phase": "Available"}, "it is Available"),
        ({"policy": "Delete"}, "its reclaim policy is Delete, so the cluster may be removing it right now"),
        ({"policy": "Recycle"}, "its reclaim policy is Recycle"),
    ],
)
def test_a_volume_that_is_not_safely_kept_is_refused(run, volume, told):
    refused(run, kept_volume(**volume).gateway(), told, wanted="pvc-kept")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"wanted": "ws-2"}, "no volume of theia-prod has this name or says that it holds the files of this workspace"),
        ({"wanted": "ws-2"}, "kept here: pvc-kept"),
        ({"user": "eve@tum.de"}, "holds the files of workspace 'ws-1' of 'ada@tum.de'"),
        ({"name": "ws-2"}, "the task says name='ws-2'; leave name out"),
        ({"app_definition": "gone"}, "app definition 'gone': there is none of this name"),
        ({"api": "service", "service_url": "https://service.invalid"}, "volume_from goes through the cluster"),
        ({"wait": False}, "volume_from waits after each step"),
        ({"state": "absent", "names": ["ws-1"]}, "volume_from cannot be stated with state=absent"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, options, told):
    refused(run, kept_volume().gateway(), told, **options)


def test_a_volume_without_a_note_needs_an_owner(run):
    refused(run, kept_volume(noted=False).gateway(), "state name and user and app_definition", wanted="pvc-kept")


def test_of_several_volumes_one_has_to_be_named(run):
    world = kept_volume()
    other = world.volume("pvc-older", policy="Retain", phase="Released")
    other["metadata"]["annotations"] = {WORKSPACE_NOTE: write_note(OWNER, "gone")}
    refused(run, world.gateway(), "it left the volumes pvc-kept, pvc-older; name one of them in volume_from")


def test_without_an_operator_nothing_is_begun(run):
    refused(run, kept_volume().gateway(leading=False), "no operator leads")


@pytest.mark.parametrize(
    ("workspace", "session", "told"),
    [
        ({}, None, "it is there already, with files of its own"),
        ({"annotations": {VOLUME_FROM: "pvc-other"}}, None, "it is there already, with files of its own"),
        ({"user": "eve@tum.de"}, None, "it belongs to 'eve@tum.de'"),
        ({"annotations": {VOLUME_FROM: "pvc-kept"}}, "s1", "session s1 is on it without the files"),
    ],
)
def test_a_workspace_that_has_other_files_is_not_touched(run, workspace, session, told):
    world = kept_volume()
    world.stored("ws-1", **workspace)
    if session:
        world.running(session, workspace="ws-1", claim="claim-ws-1")
    refused(run, world.gateway(), told)


def test_a_session_that_starts_meanwhile_stops_it_and_keeps_what_it_wrote(run):
    gateway = operator(kept_volume().gateway(), True)

    def begin(verb, kind, _name):
        if (verb, kind) == ("delete", kinds.PVC) and not gateway.get(kinds.SESSION, "s1"):
            spec = {"name": "s1", "user": "ada@tum.de", "appDefinition": "java-17-latest", "workspace": "ws-1"}
            gateway.put(kinds.SESSION, {"metadata": {"name": "s1"}, "spec": spec})

    gateway.interceptors.append(begin)
    result = run(gateway, wait_timeout_seconds=1)
    assert "session s1 is on it without the files; stop it and run this again" in result["msg"]
    assert {v["spec"]["persistentVolumeReclaimPolicy"] for v in gateway.list(kinds.PV)} == {"Retain"}
    assert len(gateway.list(kinds.PV)) == 2
