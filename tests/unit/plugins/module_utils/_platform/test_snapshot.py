# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import urllib.parse

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import Access
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.client import KubeGateway
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.credentials import fixed
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    POD,
    RESOURCE_QUOTA,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import Transport
from ansible_collections.eduide.theia.plugins.module_utils._platform.lists import Lists, describe_missing
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from ansible_collections.eduide.theia.plugins.module_utils._platform.snapshot import ADDRESS_LISTS, READS, read
from unit.fakes import NOW, FakeGateway
from unit.loopback import Loopback, Say
from unit.session_world import World

HERE = Installation()
FORBIDDEN = Say(403, {"kind": "Status", "status": "Failure", "code": 403, "message": "User cannot list"})


def read_from(server, parts, required=()):
    access = Access(host=server.url, source="context 'exam' of /config", credential=fixed("Bearer sesame"))
    transport = Transport(access, timeout_seconds=5, connections=4, sleep=lambda _seconds: None)
    gateway = KubeGateway(transport, namespace="theia")
    return read(gateway, HERE, parts, required)


def empty(seen):
    kind = urllib.parse.urlsplit(seen.path).path.rpartition("/")[2]
    return Say(body={"kind": f"{kind}List", "metadata": {}, "items": []})


def installation():
    world = World()
    world.app_definition()
    return world.gateway()


def test_only_what_is_asked_for_is_read():
    gateway = installation()
    snapshot = read(gateway, HERE, ("sessions", "operator"), ())
    assert gateway.requests == [("list", "sessions", None), ("get", "deployments", "operator-deployment")]
    assert snapshot.lists == Lists(sessions=[])
    assert snapshot.operator.eager


def test_the_operator_comes_with_the_deployments_and_is_none_of_them():
    gateway = installation()
    snapshot = read(gateway, HERE, ("deployments", "operator"), ())
    assert gateway.requests == [("list", "deployments", None)]
    assert snapshot.lists.deployments == []
    assert snapshot.operator.sessions_per_user == 10


def test_the_same_objects_looked_at_in_two_ways_are_listed_once():
    gateway = installation()
    gateway.put(RESOURCE_QUOTA, {"metadata": {"name": "q"}, "status": {"hard": {"pods": "5", "services": "3"}}})
    parts = ("quotas", "quota_rules", "deployments", "pod_makers")
    lists = read(gateway, HERE, parts, ()).lists
    assert sorted(gateway.requests) == [("list", "deployments", None), ("list", "resourcequotas", None)]
    assert [(row.quota, row.resource) for row in lists.quotas] == [("q", "pods"), ("q", "services")]
    assert [quota.hard for quota in lists.quota_rules] == [{"pods": 5000, "services": 3000}]
    assert ([row.name for row in lists.deployments], [maker.name for maker in lists.pod_makers]) == (
        [],
        ["operator-deployment"],
    )
    alone = read(gateway, HERE, ("quota_rules", "pod_makers"), ()).lists
    assert (alone.quota_rules, alone.pod_makers) == (lists.quota_rules, lists.pod_makers)
    gateway._forbidden.add(("list", "", "resourcequotas"))
    assert set(read(gateway, HERE, parts, ("deployments",)).missing) == {"quotas", "quota_rules"}


def test_address_lists_are_listed_by_their_labels():
    with Loopback(empty) as server:
        read_from(server, ("address_lists",))
    assert [dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(seen.path).query)) for seen in server.seen] == [
        {"labelSelector": ADDRESS_LISTS, "limit": "500"}
    ]


def test_lists_are_read_at_the_same_time():
    together = threading.Barrier(3, timeout=10)

    def answer(seen):
        together.wait()
        return empty(seen)

    with Loopback(answer) as server:
        assert read_from(server, ("pods", "services", "deployments")).missing == {}


@pytest.mark.parametrize("say", [FORBIDDEN, Say(404, {}), Say(503), Say(body="<html>", content_type="text/html")])
def test_what_is_not_required_may_be_missing_with_a_reason(say):
    with Loopback(lambda seen: say if "metrics" in seen.path else empty(seen)) as server:
        snapshot = read_from(server, ("pods", "usage"), required=("pods",))
        assert (snapshot.lists.pods, snapshot.lists.usage) == ([], None)
        assert "pods in namespace 'theia'" in snapshot.missing["usage"]
        with pytest.raises((Forbidden, NotServed, ServerFailed)):
            read_from(server, ("pods", "usage"), required=("usage",))


def test_what_an_account_may_not_list_is_told_in_a_few_words_and_once():
    """By its rules, a dozen of them would fill a terminal; readiness names them."""
    denied = 'configmaps is forbidden: User "ada" cannot list resource'
    say = Say(403, {"kind": "Status", "status": "Failure", "code": 403, "message": denied})
    with Loopback(lambda seen: say if "configmaps" in seen.path else empty(seen)) as server:
        missing = read_from(server, ("pods", "address_lists", "exams")).missing
    assert set(missing.values()) == {"not allowed to list configmaps"}
    told = describe_missing(missing)
    assert told.count("configmaps") == 1
    assert "unknown: address lists, exams (not allowed to list configmaps); the playbook readiness says" in told


def test_usage_is_not_waited_for():
    with Loopback(lambda seen: Say(503) if "metrics" in seen.path else empty(seen)) as server:
        read_from(server, ("pods", "usage"))
    assert len(server.seen) == 2


def test_an_unaccepted_token_is_never_just_missing():
    with Loopback(lambda _seen: Say(401, {})) as server, pytest.raises(Unauthorized):
        read_from(server, ("usage",))


def test_a_snapshot_is_as_old_as_its_first_answer():
    gateway = FakeGateway()
    gateway.interceptors.append(lambda _verb, _kind, _name: gateway.advance(60))
    snapshot = read(gateway, HERE, ("pods", "services", "deployments"), ())
    assert (snapshot.now - NOW).total_seconds() == 60


def test_where_nothing_could_be_read_time_is_known_all_the_same():
    gateway = FakeGateway(forbidden=[("list", POD)])
    assert read(gateway, HERE, ("pods",), ()).now == NOW


def test_a_namespace_without_app_definitions_is_no_installation():
    with pytest.raises(NotFound, match="has no app definitions"):
        read(World().gateway(), HERE, ("sessions", "app_definitions", "ledger"), ())


def test_what_an_exam_left_behind_is_an_installation():
    gateway = World().gateway()
    gateway.put(CONFIG_MAP, {"metadata": {"name": "theia-capacity"}})
    assert read(gateway, HERE, ("sessions", "app_definitions", "ledger"), ()).ledger


def test_the_ledger_is_the_same_before_and_after_the_rest():
    gateway = installation()
    gateway.put(CONFIG_MAP, {"metadata": {"name": "theia-capacity"}, "data": {"n": "0"}})
    left = 2

    def another_run(verb, kind, _name):
        nonlocal left
        if (verb, kind) == ("list", RESOURCE_QUOTA) and left:
            left -= 1
            gateway.change(CONFIG_MAP, "theia-capacity", {"data": {"n": str(left)}})

    gateway.interceptors.append(another_run)
    parts = ("app_definitions", "quotas", "ledger")
    snapshot = read(gateway, HERE, parts, ())
    assert snapshot.ledger == gateway.get(CONFIG_MAP, "theia-capacity")
    assert gateway.requests.count(("list", "resourcequotas", None)) == 3
    left = 2 * READS
    with pytest.raises(Conflict, match=f"changed {READS} times"):
        read(gateway, HERE, parts, ())


def test_the_collector_is_found_by_name():
    gateway = installation()
    container = {"name": "c", "env": [{"name": "WORKSPACE_TTL", "value": "336h"}]}
    spec = {"replicas": 1, "template": {"spec": {"containers": [container]}}}
    gateway.put(DEPLOYMENT, {"metadata": {"name": "garbage-collector"}, "spec": spec})
    assert read(gateway, HERE, ("collector",), ()).collector.ttl_seconds == 336 * 3600
