# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.causes import (
    explain,
    project_pod_trouble,
    project_refused_pod,
)

NAME = "instance-3-java-17-latest-3f1f0c9f6a11-5d9c-x2x4z"
IMAGE = "registry.example.org/java-17:latest"
SCHEDULED = {"type": "PodScheduled", "status": "True"}


def pod(number: int = 3, *, conditions: t.Any = (SCHEDULED,), containers: t.Any = ()) -> dict[str, t.Any]:
    name = NAME.replace("instance-3", f"instance-{number}")
    return {
        "metadata": {"name": name},
        "status": {"conditions": list(conditions), "containerStatuses": list(containers)},
    }


def waiting(reason: str, message: str | None = None) -> dict[str, t.Any]:
    return {"name": "java-17-latest", "image": IMAGE, "state": {"waiting": {"reason": reason, "message": message}}}


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
        pytest.param({"metadata": {"name": NAME}}, None, id="no-status-yet"),
        pytest.param(
            {"metadata": {"name": NAME}, "status": {"containerStatuses": None}}, None, id="null-status-fields"
        ),
        pytest.param(
            {**unscheduled(message="full"), "metadata": {"name": "session-ada-java"}}, None, id="not-of-a-pool"
        ),
    ],
)
def test_the_trouble_of_a_pod_is_told_in_the_words_of_the_cluster(found: t.Any, trouble: str | None) -> None:
    assert project_pod_trouble(found) == trouble


def test_equal_troubles_of_many_pods_read_alike() -> None:
    texts = set()
    for number in range(1, 6):
        crashing = pod(number)
        message = f"back-off 10s restarting failed container=java pod={crashing['metadata']['name']}_ns(u{number})"
        crashing["status"]["containerStatuses"] = [waiting("CrashLoopBackOff", message)]
        texts.add(project_pod_trouble(crashing))
    assert texts == {f"CrashLoopBackOff: {IMAGE}"}


def event(message: str | None, *, reason: str = "FailedCreate", name: t.Any = NAME) -> dict[str, t.Any]:
    return {"reason": reason, "message": message, "involvedObject": {"kind": "ReplicaSet", "name": name}}


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
        pytest.param(event("quota", reason="SuccessfulCreate"), None, id="other-reason"),
        pytest.param(event("quota", name="session-ada-java"), None, id="not-of-a-pool"),
        pytest.param(event("quota", name=None), None, id="no-name"),
        pytest.param({"reason": "FailedCreate", "message": "quota"}, None, id="about-nothing"),
    ],
)
def test_a_refused_pod_is_told_without_its_name(found: t.Any, told: str | None) -> None:
    assert project_refused_pod(found) == told


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
