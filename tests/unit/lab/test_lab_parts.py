# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of the lab that need no control plane."""

from __future__ import annotations

import json
import os
import subprocess
import time
from datetime import UTC, datetime

import pytest

from lab import audit, supervisor
from lab.api import path_of
from lab.chart import app_definitions
from lab.control_plane import env_of
from lab.metrics import Usage
from lab.setup import NodeSize, Options, stages
from lab.startup import crds
from lab.store import key_of


def obj(version, kind, name, namespace=None):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


@pytest.mark.parametrize(
    ("thing", "path", "key"),
    [
        pytest.param(
            obj("theia.cloud/v1beta8", "Session", "s", "n"),
            "/apis/theia.cloud/v1beta8/namespaces/n/sessions/s",
            "/registry/theia.cloud/sessions/n/s",
            id="custom",
        ),
        pytest.param(obj("v1", "Pod", "p", "n"), "/api/v1/namespaces/n/pods/p", "/registry/pods/n/p", id="core"),
        pytest.param(
            obj("v1", "Service", "s", "n"), "/api/v1/namespaces/n/services/s", "/registry/services/specs/n/s", id="odd"
        ),
        pytest.param(obj("v1", "Node", "x"), "/api/v1/nodes/x", "/registry/minions/x", id="cluster-wide"),
        pytest.param(
            obj("apps/v1", "Deployment", "d", "n"),
            "/apis/apps/v1/namespaces/n/deployments/d",
            "/registry/deployments/n/d",
            id="group",
        ),
        pytest.param(
            obj("metrics.k8s.io/v1beta1", "PodMetrics", "p", "n"),
            "/apis/metrics.k8s.io/v1beta1/namespaces/n/pods/p",
            "/registry/metrics.k8s.io/pods/n/p",
            id="metrics",
        ),
        pytest.param(
            obj("storage.k8s.io/v1", "StorageClass", "c"),
            "/apis/storage.k8s.io/v1/storageclasses/c",
            "/registry/storageclasses/c",
            id="plural-with-es",
        ),
    ],
)
def test_where_an_object_is_served_and_stored(thing, path, key):
    assert path_of(thing) == path
    assert key_of(thing) == key


def test_delays_of_pods_are_scaled():
    delays = {stage["metadata"]["name"]: stage["spec"]["delay"] for stage in stages(0.1)}
    assert delays["pod-ready"]["durationMilliseconds"] == 500
    assert delays["pod-ready"]["jitterDurationMilliseconds"] == 4000
    assert delays["node-initialize"] == {}


@pytest.mark.parametrize("variant", ["fork", "upstream"])
def test_every_kind_stores_one_version(variant):
    for crd in crds(variant):
        assert [version["storage"] for version in crd["spec"]["versions"]].count(True) == 1


def test_the_variants_differ_in_one_version():
    served = {
        variant: {
            (crd["metadata"]["name"], version["name"]) for crd in crds(variant) for version in crd["spec"]["versions"]
        }
        for variant in ("fork", "upstream")
    }
    assert served["fork"] - served["upstream"] == {("appdefinitions.theia.cloud", "v1beta11")}
    assert served["upstream"] < served["fork"]


def test_app_definitions_fill_only_fields_that_the_kind_has():
    (crd,) = [crd for crd in crds("fork") if crd["spec"]["names"]["kind"] == "AppDefinition"]
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    for definition in app_definitions():
        assert set(spec["required"]) <= set(definition["spec"]) <= set(spec["properties"])


def test_options_survive_their_description():
    options = Options(api="upstream", ready_scale=1.5, nodes=NodeSize(number=2, cpu="4"))
    described = json.loads(json.dumps({**vars(options)}))
    assert Options.of(described) == options
    assert options.agrees_with({"api": "upstream", "nodes": NodeSize(number=2, cpu="4")})
    assert not options.agrees_with({"ready_scale": 0.05})


def test_an_env_file_is_read_as_a_shell_reads_it(tmp_path):
    file = tmp_path / "env"
    file.write_text("export A='it'\"'\"'s $HOME'\nexport B=plain\nexport C=''\nPATH=/somewhere:\"$PATH\"\n")
    sourced = subprocess.run(
        ["/bin/sh", "-c", f'. {file}; printf "%s|%s|%s" "$A" "$B" "$C"'], capture_output=True, text=True, check=True
    )
    assert env_of(file) == dict(zip("ABC", sourced.stdout.split("|"), strict=True))
    assert env_of(tmp_path / "none") == {}


def event(
    user="system:serviceaccount:n:collection", verb="get", resource="pods", at="2026-01-01T10:00:00.000000Z", **more
):
    return {
        "user": {"username": user},
        "verb": verb,
        "objectRef": {"resource": resource, "namespace": "n", "name": "x"},
        "requestReceivedTimestamp": at,
        "responseStatus": {"code": 201},
        "userAgent": "tests",
        **more,
    }


@pytest.fixture
def log(tmp_path):
    def write(*events, rest=""):
        file = tmp_path / "audit.log"
        file.write_text("".join(json.dumps(e) + "\n" for e in events) + rest)
        return file

    return write


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, 3),
        ({"user": "collection"}, 2),
        ({"user": "system:serviceaccount:n:collection"}, 2),
        ({"user": "lab-admin"}, 1),
        ({"verbs": {"patch"}}, 1),
        ({"resource": "sessions"}, 1),
        ({"namespace": "n"}, 3),
        ({"namespace": "other"}, 0),
        ({"name": "x", "user": "lab-admin"}, 1),
        ({"since": datetime(2026, 1, 1, 10, 0, 1, tzinfo=UTC)}, 1),
        ({"until": datetime(2026, 1, 1, 10, 0, 1, tzinfo=UTC)}, 2),
    ],
)
def test_events_are_chosen_by_what_they_are_about(log, filters, found):
    later = event(user="lab-admin", resource="sessions", at="2026-01-01T10:00:05.000000Z")
    file = log(event(), event(verb="patch"), later, rest='{"half": ')
    assert len(audit.events(file, **filters)) == found


def test_pod_starts_are_those_of_the_replica_set_controller(log):
    agent = {"userAgent": "kube-controller-manager/v1/replicaset-controller"}
    refused = event(verb="create", **agent, responseStatus={"code": 403})
    bound = event(verb="create", **agent, objectRef={"resource": "pods", "namespace": "n", "subresource": "binding"})
    other = event(verb="create")
    elsewhere = event(verb="create", **agent, objectRef={"resource": "pods", "namespace": "other"})
    assert audit.pod_starts(log(event(verb="create", **agent), refused, bound, other, elsewhere), "n") == 1


def test_usage_is_in_nanocores_and_kibibytes():
    assert Usage(1.5, 3 * 1024 * 1024 + 7).quantities() == {"cpu": "1500000n", "memory": "3072Ki"}


def test_a_dead_lab_takes_its_own_volumes_along(tmp_path, monkeypatch):
    volumes = tmp_path / "hostpath_pv"
    ours, theirs = "0b0fe5a4-6c1d-4c8e-9d53-1d1f0c1a0001", "0b0fe5a4-6c1d-4c8e-9d53-1d1f0c1a0002"
    for name in (ours, theirs):
        (volumes / name).mkdir(parents=True)
    monkeypatch.setattr(supervisor, "VOLUMES", volumes)
    state = tmp_path / "eduide-lab-x"
    (state / "etcd" / "member").mkdir(parents=True)
    (state / "etcd" / "member" / "db").write_bytes(b'\0{"path":"/tmp/hostpath_pv/' + ours.encode() + b'"}\0')
    long_ago = time.time() - 60
    os.utime(state, (long_ago, long_ago))
    assert supervisor.remove_stale(tmp_path) == [state]
    assert [folder.name for folder in volumes.iterdir()] == [theirs]


def test_a_lab_that_was_just_made_is_not_stale(tmp_path):
    (tmp_path / "eduide-lab-new").mkdir()
    assert supervisor.remove_stale(tmp_path) == []
