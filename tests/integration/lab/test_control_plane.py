# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab's control plane does: Kubernetes' own behaviour, on which the tests of everything else rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab import ApiError, ControlPlane, LabError, NodeSize, audit, identities, metrics
from lab.api import wait_until

SECONDS = 60.0


def config_map(namespace, name="notes", **metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, **metadata}}


def session(namespace, name="one", **spec):
    return {
        "apiVersion": "theia.cloud/v1beta8",
        "kind": "Session",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"name": name, "user": "anna@example.org", "appDefinition": "java", **spec},
    }


def deployment(namespace, name="web", replicas=1, **pod):
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "ide", "image": "ide:1", **pod}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


def pods(control_plane, namespace):
    return control_plane.api.items(f"/api/v1/namespaces/{namespace}/pods")


def start(control_plane, namespace, replicas=1, **pod):
    """Some pods, all ready."""
    control_plane.api.create(deployment(namespace, replicas=replicas, **pod))

    def ready():
        found = pods(control_plane, namespace)
        return len(found) == replicas and all(is_ready(pod) for pod in found) and found

    return wait_until("the pods are ready", ready, SECONDS)


def is_ready(pod):
    conditions = pod.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def test_what_a_deleted_session_owned_is_collected(control_plane, namespace):
    owner = control_plane.api.create(session(namespace))
    reference = {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "name": "one", "uid": owner["metadata"]["uid"]}
    control_plane.api.create(config_map(namespace, ownerReferences=[reference]))
    control_plane.kubectl("delete", "session", "one", "-n", namespace)
    path = f"/api/v1/namespaces/{namespace}/configmaps/notes"
    wait_until("the ConfigMap is collected", lambda: control_plane.api.find(path) is None, SECONDS)


def test_a_quota_counts_sessions(control_plane, namespace):
    metadata = {"name": "few", "namespace": namespace}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
    control_plane.api.create({**quota, "spec": {"hard": {"count/sessions.theia.cloud": "1"}}})
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/few"
    wait_until("the quota is in force", lambda: control_plane.api.get(path)["status"].get("used"), SECONDS)
    control_plane.api.create(session(namespace, "one"))
    with pytest.raises(ApiError, match="exceeded quota") as refused:
        control_plane.api.create(session(namespace, "two"))
    assert refused.value.status == 403


def test_a_quota_on_memory_shows_only_as_an_event_of_the_replica_set(control_plane, namespace):
    metadata = {"name": "small", "namespace": namespace}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
    control_plane.api.create({**quota, "spec": {"hard": {"limits.memory": "1Gi"}}})
    control_plane.api.create(deployment(namespace, resources={"limits": {"memory": "2Gi", "cpu": "1"}}))

    def failed():
        events = control_plane.api.items(f"/api/v1/namespaces/{namespace}/events")
        return [e for e in events if e["reason"] == "FailedCreate" and e["involvedObject"]["kind"] == "ReplicaSet"]

    assert "exceeded quota: small" in wait_until("the event", failed, SECONDS)[0]["message"]
    assert pods(control_plane, namespace) == []


def seconds_to_ready(pod):
    """From scheduling to Ready. Both times have whole seconds, so it is off by less than one."""
    times = {c["type"]: datetime.fromisoformat(c["lastTransitionTime"]) for c in pod["status"]["conditions"]}
    return (times["Ready"] - times["PodScheduled"]).total_seconds()


def test_pods_are_ready_5_to_40_seconds_after_scheduling_times_the_scale():
    """The only test that is about such a time, and it has slack for a slow machine above, none below."""
    with ControlPlane.start(ready_scale=0.2, nodes=NodeSize(number=1)) as lab:
        seconds = sorted(seconds_to_ready(pod) for pod in start(lab, lab.namespace(), replicas=30))
    assert seconds[0] >= 0.2 * 5
    assert seconds[-1] <= 0.2 * 40 + 10
    # Drawn by chance: that thirty of them lie within four of seven seconds is one case in a million.
    assert seconds[-1] - seconds[0] >= 3


def test_a_pod_that_asks_for_more_than_a_node_has_stays_pending(control_plane, namespace):
    control_plane.api.create(deployment(namespace, resources={"requests": {"cpu": "5000"}}))

    def reason():
        for pod in pods(control_plane, namespace):
            for condition in pod["status"].get("conditions", []):
                if condition.get("reason") == "Unschedulable":
                    return condition["message"]
        return None

    assert "Insufficient cpu" in wait_until("the scheduler gives up", reason, SECONDS)


def test_pods_have_addresses_of_their_own(control_plane, namespace):
    addresses = [pod["status"]["podIP"] for pod in start(control_plane, namespace, replicas=10)]
    assert len(set(addresses)) == 10


def test_top_shows_what_was_set(control_plane, namespace):
    pod = start(control_plane, namespace)[0]
    metrics.set_usage(control_plane.api, pod, {"ide": metrics.Usage(250, 300 * 1024**2)})
    line = control_plane.kubectl("top", "pods", "-n", namespace, "--no-headers").stdout.split()
    assert line == [pod["metadata"]["name"], "250m", "300Mi"]


def test_usage_is_written_in_the_units_of_metrics_server(control_plane, namespace):
    pod = start(control_plane, namespace)[0]
    entry = metrics.set_usage(control_plane.api, pod, {"ide": metrics.Usage(0.5, 2048)})
    assert entry["containers"] == [{"name": "ide", "usage": {"cpu": "500000n", "memory": "2Ki"}}]


def test_a_pod_without_an_entry_has_no_usage_yet(control_plane, namespace):
    pod = start(control_plane, namespace)[0]
    metrics.set_usage(control_plane.api, pod, {"ide": metrics.Usage(1, 1024)})
    assert metrics.forget_usage(control_plane.api, pod)
    answer = control_plane.kubectl("top", "pod", pod["metadata"]["name"], "-n", namespace, check=False)
    assert "NotFound" in answer.stderr


def test_usage_goes_with_its_pod(control_plane, namespace):
    pod = start(control_plane, namespace)[0]
    metrics.set_usage(control_plane.api, pod, {"ide": metrics.Usage(1, 1024)})
    control_plane.kubectl("delete", "deployment", "web", "-n", namespace)
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods"
    wait_until("the entry is collected", lambda: not control_plane.api.items(path), SECONDS)


def test_top_shows_nodes(control_plane):
    metrics.set_node_usage(control_plane.api, "node-01", metrics.Usage(16_000, 64 * 1024**3))
    line = control_plane.kubectl("top", "node", "node-01", "--no-headers").stdout.split()
    assert line == ["node-01", "16000m", "50%", "65536Mi", "50%"]


def test_requests_are_in_the_audit_log_once_they_are_answered(control_plane, namespace):
    since = datetime.now(UTC)
    who = control_plane.identity("reader", namespace=namespace, rules=[identities.rule("", "pods", "list")])
    control_plane.kubectl("get", "pods", "-n", namespace, as_=who)
    assert [(e["verb"], e["objectRef"]["resource"]) for e in control_plane.audit(user=who.user, since=since)] == [
        ("list", "pods")
    ]
    assert control_plane.audit(user="reader", namespace=namespace) == control_plane.audit(user=who.user)


def test_a_refused_write_is_logged_as_one(control_plane, namespace):
    who = control_plane.identity("reader", namespace=namespace, rules=[identities.rule("", "pods", "list")])
    control_plane.kubectl("create", "configmap", "x", "-n", namespace, as_=who, check=False)
    writes = audit.writes(control_plane.audit_log, user=who.user)
    assert [(e["verb"], e["responseStatus"]["code"]) for e in writes] == [("create", 403)]


def test_a_change_of_an_app_definition_is_logged_with_its_body(control_plane, installation):
    inst = installation(running=())
    patch = json.dumps({"spec": {"minInstances": 4}})
    since = datetime.now(UTC)
    control_plane.kubectl(
        "patch", "appdefinition", "java-17-latest", "-n", inst.namespace, "--type=merge", "-p", patch, as_=inst.identity
    )
    (event,) = control_plane.audit(user=inst.user, since=since, verbs={"patch"})
    assert event["requestObject"] == {"spec": {"minInstances": 4}}


def test_secrets_of_sessions_are_not_logged(control_plane, installation):
    inst = installation(running=())
    control_plane.kubectl("create", "-f", "-", stdin=session(inst.namespace, sessionSecret="not-for-the-log"))
    assert control_plane.audit(namespace=inst.namespace, resource="sessions", verbs={"create"})
    assert b"not-for-the-log" not in control_plane.audit_log.read_bytes()


def test_the_labs_own_errands_are_not_logged(control_plane, namespace):
    control_plane.api.create(config_map(namespace))
    assert control_plane.audit(namespace=namespace, resource="configmaps") == []


def test_pod_starts_are_counted(control_plane, namespace):
    start(control_plane, namespace, replicas=7)
    assert audit.pod_starts(control_plane.audit_log, namespace) == 7
    wrong = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "own", "namespace": namespace}}
    control_plane.api.create({**wrong, "spec": {"containers": [{"name": "ide", "image": "ide:1"}]}})
    assert audit.pod_starts(control_plane.audit_log, namespace) == 7


def test_rights_are_enforced(control_plane, namespace):
    who = control_plane.identity("reader", namespace=namespace, rules=[identities.rule("", "pods", "list")])
    assert control_plane.kubectl("get", "pods", "-n", namespace, as_=who).returncode == 0
    with pytest.raises(LabError, match="cannot list resource"):
        control_plane.kubectl("get", "secrets", "-n", namespace, as_=who)
    with pytest.raises(LabError, match="cannot list resource"):
        control_plane.kubectl("get", "pods", "-n", "default", as_=who)


def test_nobody_under_test_has_a_client_certificate(control_plane, namespace):
    who = control_plane.identity("reader", namespace=namespace)
    for file in (who.kubeconfig, control_plane.admin_kubeconfig):
        assert "client-certificate" not in file.read_text()
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("storage_class", "kept"), [("delete", False), ("retain", True)])
def test_a_volume_is_a_real_folder(control_plane, namespace, storage_class, kept):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "work", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "250Mi"}},
        },
    }
    control_plane.api.create(claim)
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/work"
    bound = wait_until("the claim is bound", lambda: control_plane.api.get(path)["spec"].get("volumeName"), SECONDS)
    volume = control_plane.api.get(f"/api/v1/persistentvolumes/{bound}")
    folder = Path(volume["spec"]["hostPath"]["path"])
    assert folder.is_dir()
    control_plane.kubectl("delete", "pvc", "work", "-n", namespace)

    def settled():
        left = control_plane.api.find(f"/api/v1/persistentvolumes/{bound}")
        return left["status"]["phase"] == "Released" if kept and left else left is None

    wait_until("the volume is released or gone", settled, SECONDS)
    assert folder.is_dir() is kept


def test_a_request_to_a_pod_ends_at_the_stand_in(control_plane, namespace):
    pod = start(control_plane, namespace)[0]
    path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:3000/proxy/"
    assert control_plane.kubectl("get", "--raw", path).stdout


def test_a_request_to_where_nobody_stands_in_never_leaves_the_machine(control_plane, namespace):
    pod = start(control_plane, namespace)[0]
    path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:9999/proxy/"
    assert control_plane.kubectl("get", "--raw", path, check=False).returncode != 0
    assert f"{pod['status']['podIP']}:9999" in control_plane.processes.status()["refused"]


def test_an_object_can_be_made_older_than_it_is(control_plane, namespace):
    made = control_plane.api.create(session(namespace))
    control_plane.store.backdate(made, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    path = f"/apis/theia.cloud/v1beta8/namespaces/{namespace}/sessions"
    assert control_plane.api.get(f"{path}/one")["metadata"]["creationTimestamp"] == "2026-01-02T03:04:05Z"

    def listed():
        return control_plane.api.items(path)[0]["metadata"]["creationTimestamp"]

    wait_until("the cache has seen it", lambda: listed() == "2026-01-02T03:04:05Z", SECONDS)
    control_plane.kubectl("delete", "session", "one", "-n", namespace)


def test_pods_and_services_can_be_made_older_too(control_plane, namespace):
    then = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": namespace}}
    control_plane.api.create({**service, "spec": {"ports": [{"port": 80}]}})
    (pod,) = start(control_plane, namespace)
    for obj in (service, {**pod, "apiVersion": "v1", "kind": "Pod"}):
        control_plane.store.backdate(obj, then)
    for path in ("services/s", f"pods/{pod['metadata']['name']}"):
        found = control_plane.api.get(f"/api/v1/namespaces/{namespace}/{path}")
        assert found["metadata"]["creationTimestamp"] == "2026-01-02T03:04:05Z"
