# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stand-in operator reads from its Deployment."""

from __future__ import annotations

import pytest

from lab.operator.arguments import ArgumentsError, container_args, parse


def test_both_ways_of_writing_a_value_are_read():
    arguments = parse(["--instancesHost", "host", "--sessionsPerUser=10", "--leaderLeaseDuration", "6"])
    assert (arguments.instances_host, arguments.sessions_per_user, arguments.leader_lease_duration) == ("host", 10, 6)


def test_flags_are_off_unless_given():
    arguments = parse(["--instancesHost=host", "--eagerStart"])
    assert arguments.eager_start
    assert not arguments.keycloak
    assert not arguments.enable_monitor


def test_a_negative_number_is_a_value():
    assert parse(["--instancesHost=host", "--sessionsPerUser", "-1"]).sessions_per_user == -1


def test_unknown_arguments_are_passed_over():
    assert parse(["--cloudProvider", "K8S", "--instancesHost=host", "--wondershaperImage=x"]).instances_host == "host"


@pytest.mark.parametrize("args", [[], ["--instancesHost=host", "--monitorInterval=often"]])
def test_what_cannot_be_read_is_an_error(args):
    with pytest.raises(ArgumentsError):
        parse(args)


def test_threads_are_twice_the_cores_within_bounds():
    assert 4 <= parse(["--instancesHost=host"]).threads <= 32
    assert parse(["--instancesHost=host", "--sessionHandlerThreads=7"]).threads == 7


def test_the_arguments_are_those_of_the_operator_container():
    pod = {"containers": [{"name": "other"}, {"name": "operator-container", "args": ["--eagerStart"]}]}
    assert container_args({"spec": {"template": {"spec": pod}}}) == ["--eagerStart"]
    with pytest.raises(ArgumentsError):
        container_args({"spec": {"template": {"spec": {"containers": [{"name": "other"}]}}}})
