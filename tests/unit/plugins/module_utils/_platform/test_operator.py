# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._platform.operator import (
    Operator,
    led_seconds,
    read_operator,
    renewed,
)

LAZY = Operator(
    eager=False,
    keycloak=False,
    sessions_per_user=None,
    monitor=False,
    activity_tracker=False,
    monitor_interval_minutes=1,
)


def deployment(*args: str, command: list[str] | None = None, name: str = "operator-container") -> dict[str, t.Any]:
    sidecar = {"name": "proxy", "args": ["--eagerStart", "--sessionsPerUser=99"]}
    operator: dict[str, t.Any] = {"name": name, "args": list(args)}
    if command is not None:
        operator["command"] = command
    order = [sidecar, operator] if name == "operator-container" else [operator, sidecar]
    return {"spec": {"template": {"spec": {"containers": order}}}}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param([], LAZY, id="none"),
        pytest.param(["--eagerStart"], LAZY._replace(eager=True), id="switch-at-the-end"),
        pytest.param(["--eagerStart", "--keycloak"], LAZY._replace(eager=True, keycloak=True), id="switches"),
        pytest.param(["--keycloak=true"], LAZY._replace(keycloak=True), id="switch-with-value"),
        pytest.param(["--keycloak=false", "--eagerStart=False"], LAZY, id="switched-off"),
        pytest.param(["--keycloak", "false"], LAZY, id="switched-off-by-the-next-word"),
        pytest.param(["--sessionsPerUser=10"], LAZY._replace(sessions_per_user=10), id="number-with-equals"),
        pytest.param(["--sessionsPerUser", "10"], LAZY._replace(sessions_per_user=10), id="number-as-next-word"),
        pytest.param(["--sessionsPerUser", "0"], LAZY._replace(sessions_per_user=0), id="zero-is-a-limit"),
        pytest.param(["--sessionsPerUser", "-1"], LAZY, id="negative-is-unlimited"),
        pytest.param(["--sessionsPerUser="], LAZY, id="empty-value"),
        pytest.param(["--sessionsPerUser", "--x"], LAZY, id="no-value-before-the-next-argument"),
        pytest.param(
            ["--sessionsPerUser=10", "20"], LAZY._replace(sessions_per_user=10), id="equals-wins-over-next-word"
        ),
        pytest.param(
            ["--enableMonitor", "--enableActivityTracker", "--monitorInterval", "3"],
            LAZY._replace(monitor=True, activity_tracker=True, monitor_interval_minutes=3),
            id="monitor",
        ),
        pytest.param(["--appId", "--eagerStartLater", "eagerStart"], LAZY, id="similar-words"),
    ],
)
def test_the_arguments_tell_the_mode(args: list[str], expected: Operator) -> None:
    assert read_operator(deployment(*args)) == expected


def test_arguments_may_stand_in_the_command() -> None:
    assert read_operator(deployment("--keycloak", command=["java", "-jar", "op.jar", "--eagerStart"])).eager


def test_the_first_container_counts_if_none_has_the_known_name() -> None:
    assert read_operator(deployment("--sessionsPerUser=5", name="main")) == LAZY._replace(sessions_per_user=5)


def test_a_container_without_arguments_is_lazy() -> None:
    bare = {"spec": {"template": {"spec": {"containers": [{"name": "operator-container", "args": None}]}}}}
    assert read_operator(bare) == LAZY


@pytest.mark.parametrize("name", ["sessionsPerUser", "monitorInterval"])
def test_an_argument_that_is_no_number_is_named(name: str) -> None:
    with pytest.raises(
        EduideError, match=rf"argument --{name}=\$\(N\) is no whole number; correct it in .* Deployment"
    ):
        read_operator(deployment(f"--{name}=$(N)"))


def lease(**spec: str | None) -> dict[str, t.Any]:
    return {"metadata": {"name": "theia-cloud-operator-leaders"}, "spec": spec}


EARLY, LATE = "2027-02-11T09:00:00.000001Z", "2027-02-11T09:00:02.000001Z"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(lease(renewTime=EARLY), lease(renewTime=LATE), True, id="moved"),
        pytest.param(lease(renewTime=EARLY), lease(renewTime=EARLY), False, id="stood-still"),
        pytest.param(lease(renewTime=LATE), lease(renewTime=EARLY), True, id="a-new-leader-with-a-slow-clock"),
        pytest.param(None, lease(renewTime=LATE), True, id="appeared"),
        pytest.param(lease(renewTime=EARLY), None, False, id="vanished"),
        pytest.param(lease(renewTime=EARLY), lease(renewTime=None), False, id="released"),
        pytest.param(lease(), lease(), False, id="never-held"),
        pytest.param({"metadata": {}}, {"metadata": {}, "spec": None}, False, id="no-spec"),
    ],
)
def test_a_leader_is_one_who_renews_while_we_watch(first: t.Any, second: t.Any, expected: bool) -> None:
    assert renewed(first, second) is expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(lease(acquireTime=EARLY, renewTime=LATE), 2.0, id="two-seconds"),
        pytest.param(lease(renewTime=LATE), None, id="never-acquired"),
        pytest.param(lease(acquireTime=EARLY), None, id="never-renewed"),
        pytest.param(None, None, id="no-lease"),
    ],
)
def test_how_long_the_leader_has_led(found: t.Any, expected: float | None) -> None:
    assert led_seconds(found) == expected
