# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a workspace, its claim, its volume and the files in it, by every way to delete it."""

from __future__ import annotations

import functools
import itertools
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._workspaces.record import VOLUME_DELETED, VOLUME_RELEASED
from integration.deletion_site import DeletionSite, outcomes
from integration.exam_night import Duty, command, report
from integration.lab.operator_site import eventually
from lab import chart

IDE = "c-latest"
POLICIES = ("Delete", "Retain")
OPTIONS = ("follow", "retain", "reclaim")
USES = ("no session", "live: refuse", "live: stop")
APIS = ("kubernetes", "service")
PVC = "persistentvolumeclaims"


@pytest.fixture(scope="module")
def sites(module_installation):
    """One installation for each reclaim policy: an operator knows one storage class."""
    settings = {"start": "lazy", "sessions_per_user": -1, "app_definitions": [chart.app_definition(IDE)]}
    return {policy: DeletionSite(module_installation(storage_class=policy.lower(), **settings)) for policy in POLICIES}


@pytest.fixture(params=POLICIES)
def site(sites, request):
    return sites[request.param]


class Row(t.NamedTuple):
    """One way to delete a workspace of its own."""

    option: str
    use: str
    api: str

    @property
    def user(self):
        return f"{self.option}-{self.use}-{self.api}@students.lab.invalid".replace(" ", "").replace(":", "-")

    @property
    def stays(self):
        return self.use == "live: refuse"


def facts(site, name, files):
    """What people care about, as it is."""
    phase, content = site.phase(files.volume), files.content()
    return {
        "workspace": "there" if name in site.workspaces() else "gone",
        "claim": "there" if site.exists(PVC, files.claim) else "gone",
        "volume": phase or "gone",
        "content": content,
    }


def foretold(said, before):
    """The same, as check mode says that it will be."""
    if said["outcome"] != "deleted":
        return {"workspace": "there", "claim": "there", "volume": "Bound", "content": before}
    stays = {VOLUME_RELEASED: True, VOLUME_DELETED: False}[said["deletion"]]
    after = {"volume": "Released", "content": before} if stays else {"volume": "gone", "content": None}
    return {"workspace": "gone", "claim": "gone", **after}


def delete(site, row, name, *, check):
    through = {"api": "service", "user_token": site.installation.user_token(row.user)}
    (item,) = site.delete(
        check=check,
        names=[name],
        volume=row.option,
        live_sessions="stop" if row.use == "live: stop" else "refuse",
        **(through if row.api == "service" else {}),
    )["workspaces"]
    return item


def prepared(site, row):
    """A workspace with files, and with a session if there is to be one; its name."""
    name = site.filled(row.user, IDE)
    if row.use != "no session":
        site.open(row.user, name)
    return name


def test_every_way_ends_as_check_mode_said(sites, capsys):
    rows = [Row(*ways) for ways in itertools.product(OPTIONS, USES, APIS)]
    lines = []
    for policy, site in sites.items():
        names = site.each(functools.partial(prepared, site), rows)
        for row, name in sorted(zip(rows, names, strict=True)):
            files = site.files(name)
            before = files.content()
            said = delete(site, row, name, check=True)
            assert facts(site, name, files) == foretold({"outcome": None}, before), "check mode changes nothing"
            done = delete(site, row, name, check=False)
            after = facts(site, name, files)
            lines.append((policy, *row, done["outcome"], *after.values()))
            assert after == foretold(said, before), lines[-1]
            assert (said["outcome"], said["deletion"]) == (done["outcome"], done["deletion"])
            assert done["outcome"] == ("kept_in_use" if row.stays else "deleted"), done["reason"]
            assert done["ending"] == done["deletion"]
            assert bool(done["restore"]) == (after["volume"] == "Released")
    with capsys.disabled():
        print(f"\n{table(lines)}")


def table(lines):
    titles = ("policy", "volume", "session", "api", "outcome", "workspace", "claim", "volume then", "content")
    cells = [titles, *((*line[:-1], "the same" if line[-1] else "gone") for line in lines)]
    widths = [max(len(row[number]) for row in cells) for number in range(len(titles))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def on_duty(site, folder):
    """A person, and the argument by which a run may write to volumes."""
    config = {"kubeconfig": str(site.account.kubeconfig), "namespace": site.namespace}
    (folder / "account.json").write_text(json.dumps({"theia_connection": config}))
    return Duty(folder, lab=site.installation), f"-e@{folder / 'account.json'}"


def test_what_was_to_be_kept_is_kept_by_the_command_that_stops_the_sessions_first(sites, tmp_path):
    site = sites["Delete"]
    name = site.filled("keeper@students.lab.invalid", IDE)
    session, files = site.open("keeper@students.lab.invalid", name), site.files(name)
    before, (duty, account) = files.content(), on_duty(site, tmp_path)
    refused = duty.play("delete_workspaces", account, workspaces=name, volume="retain")
    [line] = [line for line in report(refused) if "To stop the sessions first: " in line]
    assert (refused.code, name in site.workspaces(), session in site.names()) == (2, True, True)
    duty.paste(command(line))
    assert (name in site.workspaces(), session in site.names()) == (False, False)
    assert (site.phase(files.volume), files.content()) == ("Released", before)


def test_what_was_retained_comes_back_by_what_was_printed(site, tmp_path):
    """At one installation a person pastes the shell commands, at the other the playbook."""
    user = "O'Hara+1@students.lab.invalid"
    name = site.filled(user, IDE)
    files = site.files(name)
    before, policy = files.content(), site.volume_of(name)["spec"]["persistentVolumeReclaimPolicy"]
    duty, account = on_duty(site, tmp_path)
    lines = report(duty.play("delete_workspaces", account, workspaces=name, volume="retain").good())
    by_playbook = next(line for line in lines if line.startswith(f"To bring the files of {name} back: "))
    by_hand = lines[lines.index("The same by hand, in one shell:") + 1 :]
    assert (name in site.workspaces(), files.content()) == (False, before)

    left = left_volumes(site) - {files.volume}
    if policy == "Retain":
        told = duty.paste(command(by_playbook))
        assert "restored" in told
    else:
        duty.paste("\n".join([f"PATH={Path(site.lab.description['kubectl']).parent}:$PATH", *by_hand]))
    assert site.volume_of(name)["metadata"]["name"] == files.volume
    assert site.volume_of(name)["spec"]["persistentVolumeReclaimPolicy"] == policy
    assert site.installation.get("workspaces", name)["spec"]["user"] == user
    assert files.content() == before
    eventually("the empty volume is gone", lambda: left_volumes(site) == left)

    # It is used like any other, and goes like any other.
    session = site.open(user, name)
    (pod,) = [pod for pod in site.installation.items("pods") if pod["metadata"]["name"] == pod_name(site, session)]
    mounted = [v["persistentVolumeClaim"]["claimName"] for v in pod["spec"]["volumes"] if "persistentVolumeClaim" in v]
    assert mounted == [site.files(name).claim]
    result = site.delete(names=[name], live_sessions="stop", volume="reclaim")
    assert outcomes(result) == {name: "deleted"}
    assert (site.phase(files.volume), files.content()) == (None, None)


def left_volumes(site):
    return {volume["name"] for volume in site.look(gather=["claims", "volumes"])["orphans"]["volumes"]}


def pod_name(site, session):
    return site.pod_of(session)["metadata"]["name"]


def test_a_volume_that_was_left_is_reclaimed_by_name_or_by_record(site):
    noted, listed = site.filled("noted@x.org", IDE), site.filled("listed@x.org", IDE)
    left = {name: site.files(name) for name in (noted, listed)}
    records = list(site.look(names=[listed])["workspaces"])
    site.delete(names=[noted], volume="retain")
    # Somebody else deletes the other one, so that nothing is noted on its volume.
    # With this policy the volume goes as well, and is Released for a moment on its way.
    stays = {"Delete": None, "Retain": "Released"}[site.volume_of(listed)["spec"]["persistentVolumeReclaimPolicy"]]
    site.kubectl("delete", "workspaces.theia.cloud", listed)
    eventually("its volume is what it will be", lambda: site.phase(left[listed].volume) == stays)
    for name, chosen in ((noted, {"names": [noted]}), (listed, {"records": records})):
        files = left[name]
        released = site.phase(files.volume) == "Released"
        began = site.now()
        predicted = site.delete(check=True, volume="reclaim", **chosen)
        assert site.writes(began) == []
        result = site.delete(volume="reclaim", **chosen)
        assert outcomes(predicted) == outcomes(result) == {name: "reclaimed" if released else "gone"}
        assert (site.phase(files.volume), files.content()) == (None, None)
        writes = site.writes(began)
        assert writes == ([f"patch persistentvolumes {files.volume}"] if released else [])
        again = site.delete(volume="reclaim", **chosen)
        assert (again["changed"], outcomes(again), site.writes(began)) == (False, {name: "gone"}, writes)


def test_without_the_right_to_patch_volumes_nothing_goes(site):
    name = site.filled("kept@x.org", IDE)
    own = {"kubeconfig": str(site.installation.kubeconfig)}
    result = site.delete(names=[name], volume="retain", **own)
    assert (outcomes(result), result["changed"]) == ({name: "failed"}, False)
    assert "persistentvolumes" in result["msg"]
    assert name in site.workspaces()
    assert outcomes(site.delete(names=[name], **own)) == {name: "deleted"}


def test_a_claim_that_a_pod_still_uses_is_told(sites):
    """Somebody else's pod mounts it: the claim stays until that pod goes."""
    site = sites["Delete"]
    name = site.filled("mounted@x.org", IDE)
    files = site.files(name)
    container = {"name": "sleep", "image": "registry.lab.invalid/sleep:1"}
    volumes = [{"name": "files", "persistentVolumeClaim": {"claimName": files.claim}}]
    metadata = {"name": "backup", "namespace": site.namespace}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    site.lab.api.create({**body, "spec": {"containers": [container], "volumes": volumes}})
    eventually("the pod is placed", lambda: site.installation.get("pods", "backup")["spec"].get("nodeName"))
    result = site.delete(names=[name], wait_timeout_seconds=2)
    (item,) = result["workspaces"]
    assert (result["failed"], item["outcome"], item["ending"]) == (True, "deleted", "not_gone")
    assert "a claim stays as long as a pod uses it" in result["msg"]
    site.lab.api.delete(site.installation.here.path("pods", "backup"))
    eventually("its claim is gone", lambda: not site.exists(PVC, files.claim))
