# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that were kept come back: for each kind of storage, by hand and by the module, with an operator and without."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from integration.deletion_site import DeletionSite
from integration.lab.operator_site import eventually
from integration.module_run import module
from lab import chart

IDE = "c-latest"
CLASSES = [(binding, policy) for binding in ("Immediate", "WaitForFirstConsumer") for policy in ("Delete", "Retain")]


class RestoreSite(DeletionSite):
    """One installation whose storage class is given."""

    def written(self, user):
        """A workspace in which a student has worked, which takes a pod where volumes wait for the first one."""
        body = {"appId": self.installation.app_id, "user": user, "appDefinition": IDE}
        name = str(self.installation.rest("POST", "/service/workspace", body, user=user).json()["name"])
        session = self.open(user, name)
        eventually(f"the claim of {name} is bound", lambda: self.claim_of(name)["status"]["phase"] == "Bound")
        (self.files(name).folder / "notes.txt").write_text(f"what {user} learned\n")
        pod = self.pod_of(session)["metadata"]["name"]
        answer = self.installation.stop_session(user, session)
        assert answer.status == 200, answer
        eventually("its pod is gone", lambda: not self.exists("pods", pod))
        return name

    def restore(self, wanted, *, check=False, **options):
        options = {"kubeconfig": str(self.account.kubeconfig), "wait_timeout_seconds": 30, **options}
        return module("theia_workspace", self.options(state="present", volume_from=wanted, **options), check=check)

    def by_hand(self, steps):
        """As an administrator pastes them into a shell, except that nobody here waits long for an operator."""
        kubectl = Path(self.lab.description["kubectl"])
        config = {"KUBECONFIG": str(self.lab.admin_kubeconfig), "PATH": f"{kubectl.parent}:{os.environ['PATH']}"}
        script = "\n".join(steps).replace("=HANDLED --timeout=120s", "=HANDLED --timeout=3s")
        return subprocess.run(
            ["bash", "-c", script],
            check=False,
            env={**os.environ, **config},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def volume(self, name):
        return self.lab.api.get(f"/api/v1/persistentvolumes/{name}")

    def volumes(self):
        """All that are, or were, bound to a claim here."""
        found = self.lab.api.get("/api/v1/persistentvolumes")["items"]
        return {v["metadata"]["name"] for v in found if v["spec"]["claimRef"]["namespace"] == self.namespace}


@pytest.fixture(params=CLASSES, ids=["-".join(each) for each in CLASSES])
def storage(request, control_plane, module_installation):
    """An installation with a storage class of this kind, and the class's reclaim policy."""
    binding, policy = request.param
    name = f"{binding}-{policy}".lower()
    control_plane.api.apply(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "provisioner": "kubernetes.io/host-path",
            "reclaimPolicy": policy,
            "volumeBindingMode": binding,
        }
    )
    settings = {"start": "lazy", "sessions_per_user": -1, "app_definitions": [chart.app_definition(IDE)]}
    return RestoreSite(module_installation(storage_class=name, **settings)), policy


def kept(site, files, before):
    """The files are there, and nothing can remove them."""
    volume = site.volume(files.volume)
    assert (files.content(), volume["spec"]["persistentVolumeReclaimPolicy"]) == (before, "Retain")
    return volume["status"]["phase"]


def back(site, name, files, before, policy):
    """The workspace has its files as if nothing had happened, and nothing else was left."""
    claim, volume = site.claim_of(name), site.volume(files.volume)
    assert (claim["spec"]["volumeName"], claim["status"]["phase"]) == (files.volume, "Bound")
    assert (volume["status"]["phase"], volume["spec"]["persistentVolumeReclaimPolicy"]) == ("Bound", policy)
    assert files.content() == before
    assert (
        claim["metadata"]["ownerReferences"][0]["uid"] == site.installation.get("workspaces", name)["metadata"]["uid"]
    )


def test_kept_files_come_back_or_stay_where_they_are(storage):
    site, policy = storage
    users = [f"{word}@students.lab.invalid" for word in ("hand", "module", "hand-later", "module-later")]
    names = site.each(site.written, users)
    files = [site.files(name) for name in names]
    before = [each.content() for each in files]
    deleted = {item["name"]: item for item in site.delete(names=names, volume="retain")["workspaces"]}
    assert len(set(before)) == 4
    assert [kept(site, *each) for each in zip(files, before, strict=True)] == ["Released"] * 4
    steps = [deleted[name]["restore"] for name in names]
    own = {each.volume for each in files}

    # An operator leads.
    done = site.by_hand(steps[0])
    assert done.returncode == 0, done.stdout
    back(site, names[0], files[0], before[0], policy)
    began = site.now()
    predicted = site.restore(names[1], check=True)
    assert (predicted["changed"], site.writes(began)) == (True, [])
    result = site.restore(names[1])
    assert not result.get("failed"), result["msg"]
    assert (result["outcomes"], result["warnings"]) == ({"restored": 1}, [])
    back(site, names[1], files[1], before[1], policy)
    began = site.now()
    for wanted in (names[1], files[1].volume):
        again = site.restore(wanted)
        assert (again["changed"], again["outcomes"]) == (False, {"present": 1})
    assert site.writes(began) == []
    assert site.by_hand(steps[0]).returncode != 0, "the volume is in use by now"
    eventually("the empty volumes are gone", lambda: site.volumes() == own)

    # No operator leads.
    site.installation.operator.stop()
    done = site.by_hand(steps[2])
    assert done.returncode != 0
    assert kept(site, files[2], before[2]) == "Released"
    began = site.now()
    refused = site.restore(names[3])
    assert refused["failed"]
    assert "no operator leads" in refused["msg"]
    assert (kept(site, files[3], before[3]), site.writes(began)) == ("Released", [])

    # One does again: the steps go on from where they stopped.
    site.installation.operator.start()
    done = site.by_hand(steps[2])
    assert done.returncode == 0, done.stdout
    back(site, names[2], files[2], before[2], policy)
    assert site.restore(files[3].volume)["outcomes"] == {"restored": 1}
    back(site, names[3], files[3], before[3], policy)
    eventually("the empty volumes are gone", lambda: site.volumes() == own)

    # A student finds the files there.
    site.open(users[0], names[0])
    assert files[0].content() == before[0]


def test_whichever_step_fails_no_later_one_runs_and_the_files_stay(storage):
    site, policy = storage
    if policy == "Retain":
        pytest.skip("the steps are those for the other policy, without one of the last")
    name = site.written("steps@students.lab.invalid")
    files = site.files(name)
    before = files.content()
    (item,) = site.delete(names=[name], volume="retain")["workspaces"]
    steps = item["restore"]
    given = next(number for number, step in enumerate(steps) if "claimRef" in step and "patch" in step)
    for number in range(given + 1):
        began = site.now()
        done = site.by_hand([*steps[:number], "false &&", "echo went on &&", *steps[number + 1 :]])
        assert done.returncode != 0, done.stdout
        assert "went on" not in done.stdout
        assert kept(site, files, before) == "Released", (number, began)
        assert files.volume in {
            volume["name"] for volume in site.look(gather=["claims", "volumes"])["orphans"]["volumes"]
        }
    done = site.by_hand(steps)
    assert done.returncode == 0, done.stdout
    back(site, name, files, before, policy)
