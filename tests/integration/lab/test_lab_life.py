# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a lab starts, is shared, and ends: with nothing left behind, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from lab import ApiError, ControlPlane, LabError, NodeSize, supervisor
from lab.api import wait_until
from lab.processes import PACKAGES, Processes

SECONDS = 60.0
SMALL = NodeSize(number=1)


def alive(pid):
    """Whether a process runs; one that is only waiting to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def processes_of(control_plane):
    return [process["pid"] for process in control_plane.processes.status()["processes"].values()]


def volume_of(control_plane, namespace):
    """The folder of a volume that outlives its claim."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "work", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "retain",
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }
    control_plane.api.create(claim)
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/work"
    bound = wait_until("the claim is bound", lambda: control_plane.api.get(path)["spec"].get("volumeName"), SECONDS)
    return Path(control_plane.api.get(f"/api/v1/persistentvolumes/{bound}")["spec"]["hostPath"]["path"])


def test_nothing_is_left_when_a_lab_ends():
    with ControlPlane.start(nodes=SMALL) as lab:
        pids, folder = processes_of(lab), volume_of(lab, lab.namespace())
        assert folder.is_dir()
        assert all(map(alive, pids))
    assert not any(map(alive, pids))
    assert not lab.state.exists()
    assert not folder.exists()


def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    lab = ControlPlane.start(nodes=SMALL)
    pids, folder = processes_of(lab), volume_of(lab, lab.namespace())
    os.kill(lab.processes.supervisor_pid, signal.SIGKILL)
    wait_until("all its processes are gone", lambda: not any(map(alive, pids)), SECONDS)
    lab.close()
    assert lab.state.exists()
    assert folder.exists()
    long_ago = time.time() - 60
    os.utime(lab.state, (long_ago, long_ago))
    assert supervisor.remove_stale(tmp_path) == [lab.state]
    assert not lab.state.exists()
    assert not folder.exists()


def test_a_lab_ends_with_the_process_that_started_it():
    program = (
        "import os, signal; from lab import ControlPlane, NodeSize\n"
        "lab = ControlPlane.start(nodes=NodeSize(number=1))\n"
        "print(lab.state, *(p['pid'] for p in lab.processes.status()['processes'].values()), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": PACKAGES},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    state, *pids = done.stdout.split()
    wait_until("the lab is gone", lambda: not Path(state).exists() and not any(map(alive, pids)), SECONDS)


def test_the_sweep_leaves_labs_that_live(control_plane):
    long_ago = time.time() - 60
    os.utime(control_plane.state, (long_ago, long_ago))
    assert control_plane.state not in supervisor.remove_stale(control_plane.state.parent)
    assert control_plane.state.exists()


def test_two_labs_know_nothing_of_each_other(control_plane):
    with ControlPlane.start(nodes=SMALL) as other:
        namespace = other.namespace()
        assert control_plane.api.find(f"/api/v1/namespaces/{namespace}") is None
        assert len(other.api.items("/api/v1/nodes")) == 1
        stranger = other.kubectl("--server", control_plane.url, "get", "nodes", check=False)
        assert "certificate signed by unknown authority" in stranger.stderr


def test_a_lab_lives_until_its_last_user_has_gone(tmp_path):
    shared = tmp_path / "lab.env"
    first = ControlPlane.attach_or_start(among=shared, nodes=SMALL)
    second = ControlPlane.attach_or_start(among=shared, nodes=SMALL)
    assert first.state == second.state
    first.close()
    assert second.api.items("/api/v1/nodes")
    second.close()
    assert not second.state.exists()
    with pytest.raises(LabError, match="no lab answers"):
        ControlPlane.attach(second.state)


def test_a_lab_with_other_options_is_not_shared(tmp_path):
    shared = tmp_path / "lab.env"
    with (
        ControlPlane.attach_or_start(among=shared, nodes=SMALL) as fork,
        ControlPlane.attach_or_start(among=shared, nodes=SMALL, api="upstream") as upstream,
    ):
        assert fork.state != upstream.state


def test_a_program_that_ends_at_once_fails_the_start_with_its_last_words(monkeypatch):
    monkeypatch.setattr("lab.startup.Setup.scheduler", lambda _: ["/bin/sh", "-c", "echo I cannot go on; exit 3"])
    with pytest.raises(LabError, match=r"(?s)kube-scheduler ended.*I cannot go on"):
        ControlPlane.start(nodes=SMALL)


def test_a_start_is_tried_again_with_other_ports(monkeypatch):
    taken = []
    launch = Processes.launch

    def first_time_without_etcd():
        processes = launch()
        taken.append(processes.state)
        if len(taken) == 1:
            run = processes.run
            monkeypatch.setattr(processes, "run", lambda name, _argv, env=None: run(name, ["/bin/false"], env))
        return processes

    monkeypatch.setattr(Processes, "launch", first_time_without_etcd)
    with ControlPlane.start(nodes=SMALL) as lab:
        assert [lab.state == state for state in taken] == [False, True]
        assert not taken[0].exists()


def test_the_upstream_variant_does_not_serve_the_newest_app_definition():
    with ControlPlane.start(nodes=SMALL, api="upstream") as lab:
        crd = lab.api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/appdefinitions.theia.cloud")
        assert {v["name"]: v["storage"] for v in crd["spec"]["versions"]} == {
            "v1beta10": True,
            "v1beta9": False,
            "v1beta8": False,
        }
        with pytest.raises(LabError, match="needs a lab of its own"):
            lab.installation(api="fork")


def test_another_minor_version_can_be_emulated():
    with ControlPlane.start(nodes=SMALL, emulated_version="1.35") as lab:
        version = lab.api.get("/version")
        assert (version["minor"], version["emulationMinor"]) == ("36", "35")
        lab.namespace()


def test_a_lab_can_lack_the_metrics_api():
    with ControlPlane.start(nodes=SMALL, metrics=False) as lab:
        assert "Metrics API not available" in lab.kubectl("top", "pods", check=False).stderr


def test_a_list_that_was_begun_before_a_compaction_expires():
    with ControlPlane.start(nodes=SMALL, cached_snapshots=False) as lab:
        namespace = lab.namespace()
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        for number in range(4):
            metadata = {"name": f"c{number}", "namespace": namespace}
            lab.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        page = lab.api.get(path, limit="2")
        lab.store.compact()
        with pytest.raises(ApiError) as expired:
            lab.api.get(path, limit="2", **{"continue": page["metadata"]["continue"]})
        assert (expired.value.status, expired.value.reason) == (410, "Expired")


def test_an_unknown_variant_is_refused():
    with pytest.raises(LabError, match="fork, upstream"):
        ControlPlane.start(api="sideways")


def test_a_program_that_does_not_listen_is_killed_in_the_end(control_plane):
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(99)"
    )
    control_plane.processes.run("stubborn", [sys.executable, "-c", stubborn])
    wait_until("it ignores us", lambda: "on" in control_plane.processes.last_lines("stubborn"), SECONDS)
    assert control_plane.processes.end("stubborn") == -signal.SIGKILL
    assert not control_plane.processes.running("stubborn")
