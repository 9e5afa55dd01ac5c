# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.causes import (
    Podless,
    PoolPod,
    Warned,
    explain,
    project_pool_pod,
    project_warning,
    refusals,
    troubles_of,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.workloads import deployment_row

NAME = "instance-3-java-17-latest-3f1f0c9f6a11-5d9c-x2x4z"
IMAGE = "registry.example.org/java-17:latest"
SCHEDULED = {"type": "PodScheduled", "status": "True"}


def pod(
    number: int = 3, *, conditions: t.Any = (SCHEDULED,), init: t.Any = (), containers: t.Any = (), **status: t.Any
) -> dict[str, t.Any]:
    name = NAME.replace("instance-3", f"instance-{number}")
    told = {"conditions": list(conditions), "initContainerStatuses": list(init), "containerStatuses": list(containers)}
    return {"metadata": {"name": name}, "status": {**told, **status}}


def waiting(reason: str, message: str | None = None, **container: t.Any) -> dict[str, t.Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"name": "java-17-latest", "image": IMAGE, "state": state, **container}


def ended(code: int, **told: t.Any) -> dict[str, t.Any]:
    return {"name": "java-17-latest", "image": IMAGE, "state": {"terminated": {"exitCode": code, **told}}}


def again(code: int, *, ready: bool, **told: t.Any) -> dict[str, t.Any]:
    """A container that ended and runs once more."""
    last = {"terminated": {"exitCode": code, **told}}
    running = {"state": {"running": {}}, "lastState": last, "restartCount": 3, "ready": ready}
    return {"name": "java-17-latest", "image": IMAGE, **running}


INIT = {"name": "copy-extensions", "image": "images.example.org/ide/extensions:1.4"}


def unscheduled(**told: str) -> dict[str, t.Any]:
    return pod(conditions=[{"type": "PodScheduled", "status": "False", **told}])


RUNNING = {"name": "oauth2-proxy", "image": "proxy", "state": {"running": {}}}


@pytest.mark.parametrize(
    ("found", "trouble"),
    [
        pytest.param(pod(containers=[RUNNING]), None, id="well"),
        pytest.param(pod(containers=[waiting("ContainerCreating")]), None, id="still-coming"),
        pytest.param(pod(conditions=[{"type": "Ready", "status": "False", "message": "x"}]), None, id="not-ready-yet"),
        pytest.param(pod(containers=[{"name": "java-17-latest", "image": IMAGE}]), None, id="container-without-state"),
        pytest.param(
            unscheduled(reason="Unschedulable", message="0/3 nodes are available: 3 Insufficient memory."),
            "unschedulable: 0/3 nodes are available: 3 Insufficient memory.",
            id="no-room",
        ),
        pytest.param(unscheduled(reason="SchedulingGated"), "unschedulable: SchedulingGated", id="only-a-reason"),
        pytest.param(
            pod(containers=[RUNNING, waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"')]),
            f'ImagePullBackOff: Back-off pulling image "{IMAGE}"',
            id="image",
        ),
        pytest.param(
            pod(
                containers=[
                    waiting("CrashLoopBackOff", f"back-off 10s restarting failed container=java pod={NAME}_ns(u)")
                ]
            ),
            f"CrashLoopBackOff: {IMAGE}",
            id="crash-loop",
        ),
        pytest.param(pod(containers=[waiting("InvalidImageName")]), f"InvalidImageName: {IMAGE}", id="no-message"),
        pytest.param(
            pod(
                init=[waiting("ImagePullBackOff", "Back-off pulling image", **INIT)],
                containers=[waiting("PodInitializing")],
            ),
            "Init:ImagePullBackOff: copy-extensions (images.example.org/ide/extensions:1.4): Back-off pulling image",
            id="image-of-an-init-container",
        ),
        pytest.param(pod(init=[ended(0)], containers=[RUNNING]), None, id="init-container-done"),
        pytest.param(pod(containers=[ended(137, reason="OOMKilled")]), "OOMKilled: exit code 137", id="out-of-memory"),
        pytest.param(pod(containers=[ended(1)]), "Error: exit code 1", id="ended-for-no-reason"),
        pytest.param(
            pod(containers=[again(137, ready=False, reason="OOMKilled")]),
            f"java-17-latest ({IMAGE}) was started again after OOMKilled, exit code 137",
            id="between-two-crashes",
        ),
        pytest.param(pod(containers=[again(1, ready=True)]), None, id="well-again"),
        pytest.param(pod(containers=[again(0, ready=False)]), None, id="ended-well-before"),
        pytest.param(
            pod(containers=[waiting("RegistryUnavailable", "no route to host")]),
            "RegistryUnavailable: no route to host",
            id="a-reason-nobody-has-heard-of",
        ),
        pytest.param(
            pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory"),
            "Evicted: The node was low on resource: memory",
            id="evicted",
        ),
        pytest.param({"metadata": {"name": NAME}}, None, id="no-status-yet"),
        pytest.param(
            {"metadata": {"name": NAME}, "status": {"containerStatuses": None}}, None, id="null-status-fields"
        ),
    ],
)
def test_the_trouble_of_a_pod_is_told_in_the_words_of_the_cluster(found: t.Any, trouble: str | None) -> None:
    projected = project_pool_pod(found)
    assert projected is not None
    assert (projected.trouble, projected.instance_id) == (trouble, 3)


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "session-ada-java"},
        {"name": "instance-java"},
        {"name": NAME, "deletionTimestamp": "2027-02-11T08:00:00Z"},
    ],
)
def test_other_pods_and_those_that_go_have_no_say(metadata: t.Any) -> None:
    assert project_pool_pod({**unscheduled(message="full"), "metadata": metadata}) is None


def test_equal_troubles_of_many_pods_read_alike() -> None:
    texts = set()
    for number in range(1, 6):
        crashing = pod(number)
        message = f"back-off 10s restarting failed container=java pod={crashing['metadata']['name']}_ns(u{number})"
        crashing["status"]["containerStatuses"] = [waiting("CrashLoopBackOff", message)]
        texts.add(t.cast("PoolPod", project_pool_pod(crashing)).trouble)
    assert texts == {f"CrashLoopBackOff: {IMAGE}"}


def event(message: str | None, *, reason: str = "FailedCreate", name: t.Any = NAME, **more: t.Any) -> dict[str, t.Any]:
    involved = {"kind": "ReplicaSet", "name": name}
    return {"type": "Warning", "reason": reason, "message": message, "involvedObject": involved, **more}


QUOTA = "exceeded quota: exam, requested: limits.memory=3000M, used: limits.memory=598Gi, limited: limits.memory=600Gi"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(
            event(f'Error creating: pods "{NAME}-abcde" is forbidden: {QUOTA}'), f"pods refused: {QUOTA}", id="quota"
        ),
        pytest.param(
            event("Error creating: admission denied"), "pods refused: Error creating: admission denied", id="other"
        ),
        pytest.param(event(None), "pods refused: no reason given", id="no-message"),
        pytest.param(
            event(f"MountVolume.SetUp failed: {NAME} has no such secret", reason="FailedMount"),
            "FailedMount: MountVolume.SetUp failed: the pod has no such secret",
            id="other-reason",
        ),
        pytest.param(event("created", type="Normal"), None, id="no-warning"),
        pytest.param(event("quota", name="session-ada-java"), None, id="not-of-a-pool"),
        pytest.param(event("quota", name=None), None, id="no-name"),
        pytest.param({"type": "Warning", "reason": "FailedCreate", "message": "quota"}, None, id="about-nothing"),
    ],
)
def test_a_warning_is_told_without_names(found: t.Any, told: str | None) -> None:
    warned = project_warning(found)
    assert (warned and warned.text) == told


def test_a_pods_own_status_says_more_than_the_warnings_about_it() -> None:
    pods = [PoolPod("instance-1-x", "ImagePullBackOff: no such image"), PoolPod("instance-2-x", None)]
    warnings = [
        Warned("Pod", "instance-1-x", "Failed: Error: ImagePullBackOff"),
        Warned("Pod", "instance-2-x", "FailedMount: first"),
        Warned("Pod", "instance-2-x", "FailedMount: last"),
        Warned("Pod", "instance-3-gone", "FailedMount: of a pod that is gone"),
        Warned("ReplicaSet", "instance-4-x", "pods refused: quota"),
    ]
    assert troubles_of(pods, warnings) == [
        "ImagePullBackOff: no such image",
        "FailedMount: last",
        "pods refused: quota",
    ]


def deployment(name: str, message: str | None) -> t.Any:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    spec = {"template": {"spec": {"containers": []}}}
    conditions = [failure] if message else []
    return deployment_row({"metadata": {"name": name, "uid": name}, "spec": spec, "status": {"conditions": conditions}})


def test_a_refusal_stands_on_the_deployment_and_is_told_once() -> None:
    """Events are not for everybody, and are gone after an hour."""
    refused = refusals(
        [
            deployment("instance-1-java-x", f'pods "instance-1-java-x-5d9c-a" is forbidden: {QUOTA}'),
            deployment("instance-2-java-x", None),
        ]
    )
    assert troubles_of([], [], refused) == [f"pods refused: {QUOTA}"]
    warnings = [
        Warned("ReplicaSet", "instance-1-java-x-5d9c", f"pods refused: {QUOTA}"),
        Warned("ReplicaSet", "instance-2-java-x-5d9c", "pods refused: a webhook"),
        Warned("ReplicaSet", "instance-11-java-x-5d9c", "pods refused: a webhook"),
    ]
    assert troubles_of([], warnings, refused) == [f"pods refused: {QUOTA}", *["pods refused: a webhook"] * 2]


@pytest.mark.parametrize(
    ("leading", "following", "start"),
    [
        pytest.param(True, True, None, id="all-well"),
        pytest.param(None, True, None, id="lease-unreadable"),
        pytest.param(True, False, "the pool does not follow", id="not-following"),
        pytest.param(None, False, "the pool does not follow", id="not-following-lease-unreadable"),
        pytest.param(False, True, "no operator leads", id="no-leader"),
        pytest.param(False, False, "no operator leads", id="no-leader-explains-it"),
    ],
)
def test_the_operator_is_named_first(leading: bool | None, following: bool, start: str | None) -> None:
    causes = explain(["full"], leading=leading, following=following)
    assert causes[-1] == "1 × full"
    assert len(causes) == (1 if start is None else 2)
    assert causes[0].startswith(start or "1 × full")


def test_equal_causes_are_counted_and_the_most_frequent_comes_first() -> None:
    assert explain(["image", "full", "full"], leading=True, following=True) == ["2 × full", "1 × image"]


def test_only_the_five_most_frequent_causes_are_told() -> None:
    troubles = [str(number) for number in range(8) for _unused in range(number + 1)]
    assert explain(troubles, leading=True, following=True) == ["8 × 7", "7 × 6", "6 × 5", "5 × 4", "4 × 3"]


def test_without_a_visible_cause_patience_is_advised() -> None:
    (cause,) = explain([], leading=True, following=True)
    assert "still starting" in cause


def test_instances_of_which_a_part_is_missing_are_named_before_anything_is_guessed() -> None:
    half = "java: instance 2: it has no external Service"
    (cause,) = explain([], leading=True, following=True, halves=[half], behind=["java 2"])
    assert cause == f"{half}; repair=[halves] makes such instances whole (playbook repair_pools)"


def test_instances_that_are_not_built_are_no_pods_that_start() -> None:
    (cause,) = explain([], leading=True, following=True, behind=["java 4", "java 5"])
    assert cause.startswith("the pool does not follow the app definition: instances java 4; java 5 are not")


def test_deployments_without_pods_are_no_pods_that_start() -> None:
    podless = Podless(["java 1", "java 2"], 45.3, unread=False)
    (cause,) = explain([], leading=True, following=True, podless=podless)
    assert cause == (
        "no pod was created for 45 s for instances java 1; java 2, although their Deployments are there: probably "
        "nobody reconciles Deployments; look at the cluster's kube-controller-manager"
    )
    (cause,) = explain([], leading=True, following=True, podless=podless._replace(seconds=None, unread=True))
    assert "no pod was created for instances" in cause
    assert "nobody reconciles Deployments (events, which would tell of a refusal, could not be read); look" in cause
    refused = ["pods refused: quota"]
    assert explain(refused, leading=True, following=True, podless=podless) == ["1 × pods refused: quota"]
