# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods of the lab that fail on request, and what one sees of it."""

from __future__ import annotations

import pytest

from lab.api import wait_until

SECONDS = 60.0

# fault: phase, ready, reason of waiting, reason of the last end, restarts
LOOKS = {
    "image-pull": ("Pending", False, "ImagePullBackOff", None, 0),
    "crash-loop": ("Running", False, "CrashLoopBackOff", "Error", 5),
    "oom": ("Running", True, None, "OOMKilled", 1),
    "not-ready": ("Running", False, None, None, 0),
}


def pod(namespace, name, image="ide:1", **annotations):
    containers = [{"name": "oauth2-proxy", "image": "proxy:1"}, {"name": "ide", "image": image}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {"containers": containers},
    }


def create(control_plane, namespace, name, image="ide:1", **annotations):
    control_plane.api.create(pod(namespace, name, image, **annotations))


def read(control_plane, namespace, name):
    return control_plane.api.get(f"/api/v1/namespaces/{namespace}/pods/{name}")


def look(control_plane, namespace, name):
    status = read(control_plane, namespace, name)["status"]
    statuses = {container["name"]: container for container in status.get("containerStatuses", [])}
    if not statuses:
        return None
    ide = statuses["ide"]
    return (
        status["phase"],
        ide["ready"],
        ide["state"].get("waiting", {}).get("reason"),
        ide.get("lastState", {}).get("terminated", {}).get("reason"),
        ide["restartCount"],
    )


def wait_for(control_plane, namespace, name, expected):
    wait_until(f"{name} looks like {expected}", lambda: look(control_plane, namespace, name) == expected, SECONDS)


@pytest.mark.parametrize("fault", LOOKS)
def test_a_fault_shows_as_a_kubelet_would_report_it(control_plane, namespace, fault):
    create(control_plane, namespace, "faulty", **{"lab/fault": fault})
    wait_for(control_plane, namespace, "faulty", LOOKS[fault])
    proxy = read(control_plane, namespace, "faulty")["status"]["containerStatuses"][0]
    assert (proxy["name"], proxy["ready"]) == ("oauth2-proxy", True), "only the IDE is struck"


@pytest.mark.parametrize("fault", LOOKS)
def test_a_fault_can_strike_a_running_pod_and_go_again(control_plane, namespace, fault):
    well = ("Running", True, None, None, 0)
    create(control_plane, namespace, "later", **{"lab/start-after": "0s"})
    wait_for(control_plane, namespace, "later", well)
    address = read(control_plane, namespace, "later")["status"]["podIP"]
    control_plane.kubectl("annotate", "pod", "later", "-n", namespace, f"lab/fault={fault}")
    wait_for(control_plane, namespace, "later", LOOKS[fault])
    assert read(control_plane, namespace, "later")["status"]["podIP"] == address
    control_plane.kubectl("annotate", "pod", "later", "-n", namespace, "lab/fault-")
    if fault == "oom":
        return  # an end of the past stays in the record of a pod that runs
    wait_for(control_plane, namespace, "later", well)


def test_stages_come_to_rest(control_plane, namespace):
    for fault in LOOKS:
        create(control_plane, namespace, fault, **{"lab/fault": fault, "lab/start-after": "0s"})
    for fault, expected in LOOKS.items():
        wait_for(control_plane, namespace, fault, expected)
    versions = {fault: read(control_plane, namespace, fault)["metadata"]["resourceVersion"] for fault in LOOKS}
    # As long as a pod takes to start at most, a stage that fired again would have done so.
    create(control_plane, namespace, "clock", **{"lab/start-after": "3s"})
    wait_for(control_plane, namespace, "clock", ("Running", True, None, None, 0))
    assert versions == {f: read(control_plane, namespace, f)["metadata"]["resourceVersion"] for f in LOOKS}


def test_an_image_that_is_missing_is_never_pulled(control_plane, namespace):
    create(control_plane, namespace, "wrong", image="registry.lab.invalid/ide:missing")
    wait_for(control_plane, namespace, "wrong", LOOKS["image-pull"])

    def reasons():
        events = control_plane.api.items(f"/api/v1/namespaces/{namespace}/events")
        return {"Failed", "BackOff"} <= {e["reason"] for e in events if e["involvedObject"]["name"] == "wrong"}

    wait_until("the events", reasons, SECONDS)


def test_a_deleted_pod_goes(control_plane, namespace):
    create(control_plane, namespace, "short", **{"lab/start-after": "0s"})
    wait_for(control_plane, namespace, "short", ("Running", True, None, None, 0))
    control_plane.kubectl("delete", "pod", "short", "-n", namespace, "--wait=false")
    path = f"/api/v1/namespaces/{namespace}/pods/short"
    wait_until("the pod is gone", lambda: control_plane.api.find(path) is None, SECONDS)
